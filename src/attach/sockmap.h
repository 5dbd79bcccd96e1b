/* SPDX-License-Identifier: Apache-2.0 */
/* Finding maps, for the hooks that have one. */
#ifndef BEE_ATTACH_SOCKMAP_H
#define BEE_ATTACH_SOCKMAP_H

struct bee__attach;

/* A map of the module by its name, or a pinned one by its path; recorded when there is none. The caller closes it. */
int bee__map_open(struct bee__attach *at, const char *name);

#endif
