/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters of tc on a device's clsact, which stay when their process is killed. Ours are known by their
 * names, "moonbee:PROGRAM", or "moonbee+:PROGRAM" where the clsact too is ours.
 */
#ifndef BEE_CLSACT_H
#define BEE_CLSACT_H

#include <stdint.h>

#define BEE_MARK       "moonbee:"
#define BEE_MARK_WHOLE "moonbee+:"

/* One filter, in the network namespace of this thread. */
struct bee__filter {
	int ifindex;
	uint32_t parent; /* TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS or _EGRESS) */
	uint32_t handle;
	uint32_t info; /* priority and protocol */
	uint32_t prog_id;
	char name[64];
};

/* Call fn for each filter of BPF at parent, and with parent 0 at all of the clsact's. */
int bee__filters_each(int ifindex, uint32_t parent,
		      int (*fn)(void *ctx, const struct bee__filter *filter), void *ctx);
/* Take a filter away if it still is what it was, and the clsact when it is ours and empty. */
int bee__filter_remove(const struct bee__filter *filter);
/* The program's name, when a filter is ours; else NULL. */
const char *bee__filter_is_ours(const struct bee__filter *filter);

#endif
