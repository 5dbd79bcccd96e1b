/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's own lists of its functions. */
#ifndef BEE_ATTACH_LIST_FUNCTIONS_H
#define BEE_ATTACH_LIST_FUNCTIONS_H

#include "../list.h"

/*
 * All functions that ftrace can stand in, unsorted. The caller frees *ret_text, in which their names
 * and modules lie, and the list. Errors, which are not recorded, as of bee__functions_read().
 */
int bee__ftrace_functions(struct bee *bee, char **ret_text, struct bee__candidates *ret_found);
/* The functions of a list in debugfs, sorted, all as those of no module. Not recorded either. */
int bee__debugfs_functions(const char *path, char **ret_text, struct bee__candidates *ret_found);

#endif
