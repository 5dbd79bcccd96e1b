/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes that run a program, which stay when their process is killed. Ours are known by the name that
 * the program has there, "moonbee:12:PROGRAM", where 12 is its id.
 */
#ifndef BEE_LWT_H
#define BEE_LWT_H

#include <net/if.h>
#include <stdint.h>

/* One route, in the network namespace of this thread. */
struct bee__route {
	const char *hook; /* "lwt_xmit" */
	unsigned char family, prefix_len;
	unsigned char prefix[16], gateway[16];
	bool has_gateway;
	int ifindex;
	uint32_t prog_id;
	char name[64]; /* the mark */
};

/* Call fn for each route of ours; non-zero ends it. */
int bee__routes_each(int (*fn)(void *ctx, const struct bee__route *route), void *ctx);
/* Take a route away, if it still has the program. -ENOENT: it is not there. */
int bee__route_remove(const struct bee__route *route);
/* "10.9.0.0/24" */
void bee__route_text(const struct bee__route *route, char *buf, size_t size);
/* The program's name in the mark. */
const char *bee__route_program(const struct bee__route *route);

#endif
