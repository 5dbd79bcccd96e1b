/* SPDX-License-Identifier: Apache-2.0 */
/* Which blocks of the prelude does a source need? */
#ifndef BEE_BLOCKS_H
#define BEE_BLOCKS_H

#include "reach.h"
#include "words.h"

struct bee__text;

struct bee__blocks {
	bool *is_taken; /* by the blocks' index */
};

/*
 * Take the blocks of all words, and of the words in those blocks in turn, which join the list.
 * Running out of memory is told by words->failed.
 */
void bee__blocks_take(struct bee__blocks *blocks, struct bee__words *words);
/*
 * Take the structs of headers for programs whose names are words, and not of the user or in BTF. How
 * many there are: what they hold may be BTF's, which is to be looked at again.
 */
size_t bee__blocks_take_records(struct bee__blocks *blocks, struct bee__words *words);
/* Print those. */
void bee__blocks_print_records(const struct bee__blocks *blocks, struct bee__text *out);
/* Print what else was taken, but for the constants and names that the kernel's BTF turned out to have. */
void bee__blocks_print(const struct bee__blocks *blocks, const struct bee__words *words,
		       const struct bee__reach *reach, struct bee__text *out);
/* Is a name one of the prelude's? */
bool bee__blocks_have(const char *name);
/* Is it a macro with parameters? */
bool bee__blocks_define(const char *name);
/* How many names of the prelude begin so? */
size_t bee__blocks_count_family(const char *start, size_t len);
void bee__blocks_free(struct bee__blocks *blocks);

#endif
