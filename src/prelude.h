/* SPDX-License-Identifier: Apache-2.0 */
/* The prelude: what a source may use without including it, in blocks that are taken when named. */
#ifndef BEE_PRELUDE_H
#define BEE_PRELUDE_H

#include <stddef.h>
#include <stdint.h>

struct bee__prelude_name {
	const char *name;
	uint32_t block;
};

/* The blocks, in the order in which they must stand. */
extern const char *const bee__prelude_blocks[];
extern const size_t bee__prelude_blocks_len;

/* The names that they define, sorted. */
extern const struct bee__prelude_name bee__prelude_names[];
extern const size_t bee__prelude_names_len;

#endif
