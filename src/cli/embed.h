/* SPDX-License-Identifier: Apache-2.0 */
/* The Lua files below lua/, as embed.lua writes them into the program. */
#ifndef BEE_EMBED_H
#define BEE_EMBED_H

#include <stddef.h>

struct embedded {
	const char *module; /* "moonbee.load" */
	const char *chunk;  /* "=moonbee/load.lua", as in error messages */
	const unsigned char *text;
	size_t size;
};

extern const struct embedded embedded[];
extern const size_t embedded_len;

#endif
