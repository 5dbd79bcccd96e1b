/* SPDX-License-Identifier: Apache-2.0 */
/* Programs and libraries, in which several hooks put their probes. */
#ifndef BEE_ATTACH_BINARY_H
#define BEE_ATTACH_BINARY_H

#include <stddef.h>

struct bee__attach;

/* Make a path of a name without a slash: "libc.so.6". What is not there is recorded. */
int bee__attach_binary(struct bee__attach *at, char *path, size_t size);

#endif
