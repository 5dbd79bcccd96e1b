// SPDX-License-Identifier: Apache-2.0
/* tracepoint: through perf; raw_tracepoint: at the source, with the kernel's own arguments. */
#include <linux/perf_event.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "../internal.h"
#include "perf.h"

int bee__attach_tracepoint(struct bee__attach *at)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.wakeup_events = 1,
	};
	char category[128];
	const char *colon = strchr(at->rest, ':');
	int id;

	if (!colon || colon == at->rest || !colon[1] ||
	    (size_t)(colon - at->rest) >= sizeof(category))
		return bee__attach_fail(at, -EINVAL, "expected tracepoint:category:event");
	memcpy(category, at->rest, colon - at->rest);
	category[colon - at->rest] = '\0';
	id = bee__tracepoint_id(at->bee, category, colon + 1);
	if (id == -ENOENT)
		return bee__attach_fail(at, id, "no such tracepoint");
	if (id < 0)
		return bee__attach_fail(at, id, "tracefs: %s", strerror(-id));
	attr.config = id;
	/* One CPU is enough: a program on a tracepoint sees all of them. */
	return bee__attach_perf(at, &attr, 0);
}

int bee__attach_raw_tracepoint(struct bee__attach *at)
{
	struct bpf_link *part = bpf_program__attach_raw_tracepoint(at->prog->bpf, at->rest);

	if (!part && errno == ENOENT)
		return bee__attach_fail(at, -ENOENT, "no such tracepoint");
	return bee__attach_part(at, part);
}
