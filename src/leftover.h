/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a killed process leaves behind, since the kernel keeps it without a link: filters of tc on a
 * clsact, and routes with programs. Ours bear a mark; what a living process still has is none.
 * XDP, tcx, netkit and netfilter are attached by links, which go with their process.
 */
#ifndef BEE_LEFTOVER_H
#define BEE_LEFTOVER_H

#include <stdbool.h>

#include "attach/clsact.h"
#include "attach/lwt.h"

struct bee__leftover {
	char target
		[192]; /* "clsact:eth0:ingress", "clsact:blue/eth0:egress", "lwt_xmit:10.9.0.0/24" */
	const char *program; /* its name */
	uint32_t prog_id;
	char netns[64]; /* a name below /run/netns; "": this thread's own */
	bool is_route;
	union {
		struct bee__filter filter;
		struct bee__route route;
	};
};

/*
 * Call fn for each leftover in this network namespace and in the named ones; non-zero ends it, and is
 * returned. -EPERM: no privilege to ask.
 */
int bee__leftovers_each(int (*fn)(void *ctx, const struct bee__leftover *left), void *ctx);
/* Take it away, and the clsact with it that was made for it. -ENOENT: it is gone, or another's. */
int bee__leftover_remove(const struct bee__leftover *left);

#endif
