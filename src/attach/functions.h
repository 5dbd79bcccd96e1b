/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's functions that a pattern matches. */
#ifndef BEE_ATTACH_FUNCTIONS_H
#define BEE_ATTACH_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct bee__attach;

struct bee__functions {
	char *text;        /* what the names stand in */
	const char **list; /* sorted */
	size_t len;
};

/* Has the name of a function a `*` or `?` in it? */
bool bee__is_pattern(const char *name);
/*
 * The functions whose names match. Those of modules are left out, and so is a name that several
 * functions have, since it tells none of them.
 */
int bee__functions_find(struct bee__attach *at, const char *pattern,
			struct bee__functions *ret_functions);
void bee__functions_free(struct bee__functions *functions);

#endif
