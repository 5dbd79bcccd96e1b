// SPDX-License-Identifier: Apache-2.0
/* tracepoint: through perf; raw_tracepoint: at the source, with the kernel's own arguments. */
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../internal.h"
#include "many.h"
#include "perf.h"

/* Patterns of the two names, and what has come of them. */
struct walk {
	struct bee__attach *at;
	char category[128];
	const char *event;
	bool is_raw;
	struct bee__many many;
};

static int split(struct walk *walk)
{
	struct bee__attach *at = walk->at;
	const char *colon = strchr(at->rest, ':');
	size_t len = colon ? (size_t)(colon - at->rest) : 0;

	if (!len || !colon[1] || len >= sizeof(walk->category)) {
		bee__attach_fail(at, -EINVAL, "expected %s:category:event", at->hook->name);
		if (!colon && *at->rest)
			bee__hint(at->bee, "\"moonbee list %s\" tells its category", at->rest);
		return -EINVAL;
	}
	memcpy(walk->category, at->rest, len);
	walk->category[len] = '\0';
	walk->event = colon + 1;
	return 0;
}

/* 0 or a negative errno, unrecorded. One CPU is enough: a program on a tracepoint sees all of them. */
static int try_event(struct bee__attach *at, const char *category, const char *event)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.wakeup_events = 1,
	};
	int id = bee__tracepoint_id(at->bee, category, event);

	if (id < 0)
		return id;
	attr.config = id;
	return bee__perf_try(at, &attr, -1, 0);
}

int bee__raw_tracepoint_open(int prog_fd, const char *name, uint64_t cookie)
{
	/* The end of this part of union bpf_attr, with what came to it in Linux 6.10. */
	struct {
		uint64_t name;
		uint32_t prog_fd, unused;
		uint64_t cookie;
	} attr = { .name = (uintptr_t)name, .prog_fd = prog_fd, .cookie = cookie };
	int fd = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

static int try_raw_event(struct bee__attach *at, const char *event)
{
	int fd = bee__raw_tracepoint_open(bee_program_fd(at->prog), event, at->opts.cookie);

	return fd < 0 ? fd : bee__attach_fd(at, fd);
}

static int refuse(struct bee__attach *at, int err)
{
	return err == -ENOENT ? bee__attach_fail(at, err, "no such tracepoint")
			      : bee__attach_refused(at, err);
}

/* ---- patterns ---------------------------------------------------------------------------- */

static int count_event(void *ctx, const char *category, const char *event)
{
	struct walk *walk = ctx;

	walk->many.len++;
	return 0;
}

static int attach_event(void *ctx, const char *category, const char *event)
{
	struct walk *walk = ctx;

	return bee__many_step(walk->at, &walk->many,
			      walk->is_raw ? try_raw_event(walk->at, event)
					   : try_event(walk->at, category, event));
}

static int fail_pattern(struct walk *walk)
{
	int err = bee__attach_fail(walk->at, -ENOENT, "no tracepoint matches '%s'", walk->at->rest);

	bee__hint_tracepoint(walk->at->bee, walk->category, walk->event);
	return err;
}

static int attach_pattern(struct walk *walk)
{
	struct bee__attach *at = walk->at;
	int err = bee__tracepoints_each(at->bee, walk->category, walk->event, count_event, walk);

	if (!walk->many.len)
		return err && err != -ENOENT ? refuse(at, err) : fail_pattern(walk);
	err = bee__many_check(at, walk->many.len, BEE_MANY_MAX, "tracepoints",
			      walk->is_raw ? "raw_tracepoint:sched_*" : "tracepoint:sched:sched_*");
	if (err)
		return err;
	bee__many_begin(&walk->many, walk->many.len);
	err = bee__tracepoints_each(at->bee, walk->category, walk->event, attach_event, walk);
	if (!err && !walk->many.made)
		err = walk->many.refusal;
	return err ? refuse(at, err) : 0;
}

/* ---- the hooks --------------------------------------------------------------------------- */

int bee__attach_tracepoint(struct bee__attach *at)
{
	struct walk walk = { .at = at };
	int err = split(&walk);

	if (err)
		return err;
	if (bee__is_pattern(at->rest))
		return attach_pattern(&walk);
	err = try_event(at, walk.category, walk.event);
	if (!err)
		return 0;
	refuse(at, err);
	if (err == -ENOENT)
		bee__hint_tracepoint(at->bee, walk.category, walk.event);
	return err;
}

/*
 * A name alone, or behind its category, which the kernel does not ask for. tracefs lists most of them:
 * those that are there only raw have no other name than the one that is asked for.
 */
int bee__attach_raw_tracepoint(struct bee__attach *at)
{
	const char *colon = strchr(at->rest, ':');
	struct walk walk = { .at = at, .category = "*", .event = at->rest, .is_raw = true };
	int err = colon ? split(&walk) : 0;

	if (err)
		return err;
	if (bee__is_pattern(at->rest))
		return attach_pattern(&walk);
	err = try_raw_event(at, walk.event);
	if (!err)
		return 0;
	refuse(at, err);
	if (err == -ENOENT)
		bee__hint_tracepoint(at->bee, "*", walk.event);
	return err;
}
