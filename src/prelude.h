/* SPDX-License-Identifier: Apache-2.0 */
/* The prelude: what a source may use without including it, in blocks that are taken when named. */
#ifndef BEE_PRELUDE_H
#define BEE_PRELUDE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Rows hold places in this text and not pointers, each of which would have to be filled in at every start
 * of a program.
 */
extern const char bee__prelude_text[];

struct bee__prelude_name {
	uint32_t name, block; /* a place in the text; an index of blocks */
};

/* The blocks, in the order in which they must stand. */
extern const uint32_t bee__prelude_blocks[];
extern const size_t bee__prelude_blocks_len;
/* From this index on they are structs of headers for programs, for kernels whose BTF has none of the name. */
extern const uint32_t bee__prelude_first_record;

/* The names that they define, sorted. */
extern const struct bee__prelude_name bee__prelude_names[];
extern const size_t bee__prelude_names_len;

static inline const char *bee__prelude_block(uint32_t index)
{
	return bee__prelude_text + bee__prelude_blocks[index];
}

static inline const char *bee__prelude_name(const struct bee__prelude_name *name)
{
	return bee__prelude_text + name->name;
}

#endif
