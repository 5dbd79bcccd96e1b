/* SPDX-License-Identifier: Apache-2.0 */
/* What tc's hooks share: the kinds of places on a device where a program sees packets. */
#ifndef BEE_TC_H
#define BEE_TC_H

#include "place.h"

/* clsact.c: in the namespace of the place, which was entered. */
int bee__attach_filter(struct bee__attach *at, const struct bee__place *place, int ifindex,
		       bool is_egress);

#endif
