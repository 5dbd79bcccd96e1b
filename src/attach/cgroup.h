/* SPDX-License-Identifier: Apache-2.0 */
/* Finding cgroups, for the hooks that have one. */
#ifndef BEE_ATTACH_CGROUP_H
#define BEE_ATTACH_CGROUP_H

struct bee__attach;

/* Open a folder of cgroup v2, or record why there is none. The caller closes the descriptor. */
int bee__cgroup_open(struct bee__attach *at, const char *path);

#endif
