/* SPDX-License-Identifier: Apache-2.0 */
/* Perf events, which several hooks are made of. */
#ifndef BEE_ATTACH_PERF_H
#define BEE_ATTACH_PERF_H

struct bee__attach;
struct perf_event_attr;

/*
 * Open a perf event on one CPU for one process (-1: all), and attach the program to it. The error is
 * not recorded.
 */
int bee__perf_try(struct bee__attach *at, struct perf_event_attr *attr, int pid, int cpu);
/* The same, with the error recorded. */
int bee__perf_attach(struct bee__attach *at, struct perf_event_attr *attr, int pid, int cpu);

#endif
