/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's functions, and those that a pattern matches. */
#ifndef BEE_ATTACH_FUNCTIONS_H
#define BEE_ATTACH_FUNCTIONS_H

#include <stddef.h>

struct bee;
struct bee__attach;

struct bee__functions {
	char *text;        /* what the names stand in */
	const char **list; /* sorted */
	size_t len;
};

/* What a target names: "vfs_read", "vfs_read+0x10", "fuse:fuse_open". */
struct bee__kfunction {
	char module[64]; /* "": the kernel itself */
	char name[256];  /* or a pattern */
	size_t offset;
};

/* Take at->rest apart, and see that the module is there. */
int bee__kfunction_split(struct bee__attach *at, struct bee__kfunction *function);
/*
 * The functions of a module, or of the kernel itself, whose names match. A name that several functions
 * have is left out, since it tells none of them. -ENOENT: recorded, with the names that come near.
 */
int bee__functions_find(struct bee__attach *at, const struct bee__kfunction *pattern,
			struct bee__functions *ret_functions);
void bee__functions_free(struct bee__functions *functions);
/*
 * ftrace's list: lines "vfs_read", and "fuse_open [fuse]" of modules. -EOPNOTSUPP: the kernel has none;
 * else tracefs's errors. Not recorded, but by fail, which returns err.
 */
int bee__functions_read(struct bee *bee, char **ret_text);
int bee__functions_fail(struct bee__attach *at, int err);
/* Record why the kernel does not attach to a function, and give the error that this is. */
int bee__kfunction_refuse(struct bee__attach *at, int err, const struct bee__kfunction *function);

#endif
