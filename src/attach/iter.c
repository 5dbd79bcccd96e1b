// SPDX-License-Identifier: Apache-2.0
/*
 * Iterators: a program that is run for each task, socket or element of a map whenever the link is read.
 * "iter:task" is about all tasks, "iter:task:pid:12" about one process, "iter:bpf_map_elem:counts" about
 * a map, "iter:cgroup:/path:descendants_pre" about cgroups.
 */
#include <limits.h>
#include <linux/bpf.h>
#include <signal.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "../internal.h"
#include "cgroup.h"
#include "sockmap.h"

/* What an iterator is about, and a descriptor of it, if any, that is open until the link is made. */
struct about {
	union bpf_iter_link_info info;
	int fd;
};

static int about_task(struct bee__attach *at, char *place, struct about *about)
{
	char *word = strchr(place, ':'), *end;
	long number;

	if (!*place)
		return 0;
	number = word ? strtol(word + 1, &end, 10) : 0;
	if (number <= 0 || *end || number > INT_MAX)
		return bee__attach_fail(at, -EINVAL, "'%s' is neither pid:12 nor tid:12", place);
	*word = '\0';
	if (!strcmp(place, "pid"))
		about->info.task.pid = number;
	else if (!strcmp(place, "tid"))
		about->info.task.tid = number;
	else
		return bee__attach_fail(at, -EINVAL, "'%s' is neither pid nor tid", place);
	if (kill(number, 0) && errno == ESRCH)
		return bee__attach_fail(at, -ESRCH, "there is no process %ld", number);
	return 0;
}

static int about_map(struct bee__attach *at, char *place, struct about *about)
{
	if (!*place) {
		bee__attach_fail(at, -EINVAL, "it names no map");
		bee__hint(at->bee, "say which, as in iter:bpf_map_elem:counts");
		return -EINVAL;
	}
	about->fd = bee__map_open(at, place);
	about->info.map.map_fd = about->fd;
	return about->fd < 0 ? about->fd : 0;
}

/* The ways through a hierarchy, in the order of the kernel's numbers, which begin with 1. */
static int read_order(struct bee__attach *at, const char *word)
{
	static const char *const orders[] = { "self_only", "descendants_pre", "descendants_post",
					      "ancestors_up" };

	for (size_t i = 0; i < BEE_LEN(orders); i++)
		if (!strcmp(word, orders[i]))
			return i + 1;
	return bee__attach_fail(at, -EINVAL, "'%s' is none of %s, %s, %s, %s", word, orders[0],
				orders[1], orders[2], orders[3]);
}

static int about_cgroup(struct bee__attach *at, char *place, struct about *about)
{
	char *word = strrchr(place, ':');
	int order = read_order(at, word ? word + 1 : "descendants_pre");

	if (order < 0)
		return order;
	if (word)
		*word = '\0';
	about->fd = bee__cgroup_open(at, *place ? place : "/");
	about->info.cgroup.cgroup_fd = about->fd;
	about->info.cgroup.order = order;
	return about->fd < 0 ? about->fd : 0;
}

/* Iterators that can be about less than all, or must be about something. */
static const struct {
	const char *name;
	int (*read)(struct bee__attach *at, char *place, struct about *about);
} kinds[] = {
	{ "task", about_task },     { "task_file", about_task },
	{ "task_vma", about_task }, { "bpf_map_elem", about_map },
	{ "sockmap", about_map },   { "bpf_sk_storage_map", about_map },
	{ "cgroup", about_cgroup },
};

static int read_place(struct bee__attach *at, const char *name, char *place, struct about *about)
{
	for (size_t i = 0; i < BEE_LEN(kinds); i++)
		if (!strcmp(name, kinds[i].name))
			return kinds[i].read(at, place, about);
	if (*place)
		return bee__attach_fail(at, -EINVAL, "'%s' iterates over all, not over '%s'", name,
					place);
	return 0;
}

static int refuse(struct bee__attach *at, const char *place, int err)
{
	if (err == -E2BIG) /* the kernel does not know so long an option */
		return bee__attach_fail(at, -EOPNOTSUPP,
					"this kernel iterates over all tasks, not "
					"those of '%s' (since Linux 6.1)",
					place);
	if (err == -EINVAL && *place) {
		bee__attach_fail(at, err, "the kernel does not iterate over '%s' so", place);
		bee__hint(at->bee, "bpf_map_elem takes hashes and arrays; sockmap and "
				   "bpf_sk_storage_map what they are called");
		return err;
	}
	return bee__attach_refused(at, err);
}

static int attach_place(struct bee__attach *at, char *place)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	struct about about = { .fd = -1 };
	const char *name = "";
	char asked[256];
	int err;

	snprintf(asked, sizeof(asked), "%s", place);
	bee__hook_by_section(bee_program_section(at->prog), &name);
	err = read_place(at, name, place, &about);
	if (err)
		return err;
	if (*asked) {
		opts.iter_info = &about.info;
		opts.iter_info_len = sizeof(about.info);
	}
	err = bee__attach_link(at, 0, &opts);
	if (about.fd >= 0)
		close(about.fd);
	return err ? refuse(at, asked, err) : 0;
}

int bee__attach_iter(struct bee__attach *at)
{
	char *place = NULL;
	int err = bee__attach_place(at, &place);

	err = err ?: attach_place(at, place);
	free(place);
	return err;
}
