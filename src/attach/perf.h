/* SPDX-License-Identifier: Apache-2.0 */
/* Perf events, which several hooks are made of. */
#ifndef BEE_ATTACH_PERF_H
#define BEE_ATTACH_PERF_H

#include <stdbool.h>
#include <stdint.h>

struct bee__attach;
struct perf_event_attr;

/*
 * Open a perf event on one CPU for one process (-1: all), and attach the program to it. The error is
 * not recorded.
 */
int bee__perf_try(struct bee__attach *at, struct perf_event_attr *attr, int pid, int cpu);
/*
 * The same for a probe: pmu is "kprobe" or "uprobe", what its function or file, and offset stands in
 * it.
 */
int bee__perf_probe(struct bee__attach *at, const char *pmu, const char *what, uint64_t offset,
		    bool is_return, int pid);

/* Whose events: of one process, on one CPU; -1: of all. */
struct bee__perf_scope {
	int pid;
	int cpu;
};

/* Read "pid:1234:" and "cpu:0:" off the front of text, and give what stands behind. */
const char *bee__perf_scope_read(const char *text, struct bee__perf_scope *scope);
/* Read "hz:99" or "ms:100" into attr; -ENOENT, unrecorded: text does not begin with a unit. */
int bee__perf_rate(struct bee__attach *at, const char *text, struct perf_event_attr *attr);
/* An event for each CPU, or for each thread of the process. */
int bee__perf_attach_all(struct bee__attach *at, struct perf_event_attr *attr,
			 const struct bee__perf_scope *scope);

#endif
