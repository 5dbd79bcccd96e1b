/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names in a source, and what the source does with each: the only thing that decides which
 * kernel types, constants and macros its header needs.
 */
#ifndef BEE_WORDS_H
#define BEE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lex.h"

enum bee__word_flag {
	BEE_WORD_TAG = 1 << 0,     /* used as the name of a struct, union or enum */
	BEE_WORD_PLAIN = 1 << 1,   /* used other than as a tag or a member */
	BEE_WORD_MEMBER = 1 << 2,  /* used behind a dot or an arrow */
	BEE_WORD_FORWARD = 1 << 3, /* a tag that needs to be declared, not more */
	BEE_WORD_USER = 1 << 4,    /* stands in the user's own text */
	/* What the user defines wins over what kernel and prelude have by that name. */
	BEE_WORD_OWN = 1 << 5, /* a macro, type, enumerator, function or variable */
	BEE_WORD_OWN_TAG = 1 << 6,
	BEE_WORD_OWN_LOCAL = 1 << 7,   /* a member of a struct, a parameter, a local variable */
	BEE_WORD_IN_BTF = 1 << 8,      /* BTF has an enumerator of the name */
	BEE_WORD_FLAVOR = 1 << 9,      /* the user has a struct by the name and a suffix ___x */
	BEE_WORD_DEFINED = 1 << 15,    /* the user has a #define of it, if only under a condition */
	BEE_WORD_TAG_IN_BTF = 1 << 10, /* BTF or the prelude has a struct, union or enum of it */
};

/* Whose text is read. */
enum bee__words_mode {
	BEE_WORDS_USER,
	BEE_WORDS_PRELUDE, /* only what is written as a tag is one */
	BEE_WORDS_FORWARD, /* the same, and tags are only declared */
};

struct bee__word {
	const char *text; /* borrowed from the text that was read; not NUL-terminated */
	uint32_t len;
	uint32_t hash;
	uint32_t flags;
};

/* TRACEPOINT_PROBE(category, event), or a name tracepoint__category__event. */
struct bee__word_tracepoint {
	struct bee__token category; /* of kind END when event is the whole "category__event" */
	struct bee__token event;
	const char *file;
	uint32_t file_len;
	bool is_called; /* by TRACEPOINT_PROBE: it must exist */
};

/* A name in #if, #ifdef or #elif. */
struct bee__word_condition {
	struct bee__token name;
	const char *file;
	uint32_t file_len;
};

struct bee__words {
	struct bee__word *list; /* in order of appearance */
	uint32_t len, room;
	uint32_t *slots;       /* hash table of index + 1 */
	uint32_t slots_len;    /* a power of two */
	uint64_t filter[1024]; /* a bit for each hash of a word's first characters */
	struct bee__word_tracepoint *tracepoints;
	size_t tracepoints_len;
	struct bee__word_condition *conditions;
	size_t conditions_len;
	char *made[64]; /* names that stand in no text, but are put together by macros */
	size_t made_len;
	struct bee__token
		prefixes[32]; /* what macros of the user's paste before words: BPF_FUNC_ */
	size_t prefixes_len;
	bool is_kernel;     /* __KERNEL__ is defined */
	bool makes_tags;    /* one of the user's macros has "struct" in it: any word may be a tag */
	bool makes_members; /* one of them pastes names: any member may be meant */
	bool has_flavors;   /* the user declares structs that BTF has too */
	bool failed;        /* out of memory */
};

/* Read a text, which must outlive the words. */
void bee__words_read(struct bee__words *words, const char *text, size_t size,
		     enum bee__words_mode mode);
void bee__words_free(struct bee__words *words);

/* The word, or NULL. Borrowed until more text is read. */
struct bee__word *bee__words_find(const struct bee__words *words, const char *name);
/* The flags of a name, 0 when the source does not hold it. Cheap for the many that it does not. */
uint32_t bee__words_flags(const struct bee__words *words, const char *name);
/* Is a struct's member of this name one that the source may mean? "" is not. */
bool bee__words_has_member(const struct bee__words *words, const char *name);
/* Is a name one that the user's macros may make of a word and what they paste before it? */
bool bee__words_make(const struct bee__words *words, const char *name);
/* Add flags to a word, which need not be there yet. */
void bee__words_mark(struct bee__words *words, const char *text, uint32_t len, uint32_t flags);

#endif
