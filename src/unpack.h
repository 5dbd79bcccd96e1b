/* SPDX-License-Identifier: Apache-2.0 */
/* Files that may be compressed, as their names say: .gz, .xz or .zst. */
#ifndef BEE_UNPACK_H
#define BEE_UNPACK_H

#include <stddef.h>

/*
 * Read such a file. -ENOENT: it is another; -EINVAL: it is damaged; -ELIBACC: bee__unpack_library() is
 * not there. The caller frees *ret_data.
 */
int bee__unpack(const char *path, char **ret_data, size_t *ret_size);
/* What unpacks such a file; NULL: no more than is linked. */
const char *bee__unpack_library(const char *path);

#endif
