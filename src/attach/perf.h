/* SPDX-License-Identifier: Apache-2.0 */
/* Perf events, which several hooks are made of. */
#ifndef BEE_ATTACH_PERF_H
#define BEE_ATTACH_PERF_H

struct bee__attach;
struct perf_event_attr;

/* Open a perf event on one CPU, and attach the program to it. */
int bee__attach_perf(struct bee__attach *at, struct perf_event_attr *attr, int cpu);

#endif
