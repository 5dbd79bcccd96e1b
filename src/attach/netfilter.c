// SPDX-License-Identifier: Apache-2.0
/*
 * netfilter: packets at the five places where a firewall sees them.
 * "netfilter:ipv4:prerouting", "netfilter:ipv6:output:-150", "netfilter:blue/ipv4:input:filter".
 */
#include <linux/bpf.h>
#include <linux/netfilter.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "place.h"

/* The kernel's numbers, which are newer than the header. */
#define ATTACH_NETFILTER    45
#define LINK_TYPE_NETFILTER 10

struct word {
	const char *name;
	int number;
};

static const struct word families[] = {
	{ "ipv4", NFPROTO_IPV4 },
	{ "ipv6", NFPROTO_IPV6 },
	{ NULL, 0 },
};

static const struct word hooks[] = {
	{ "prerouting", NF_INET_PRE_ROUTING },   { "input", NF_INET_LOCAL_IN },
	{ "forward", NF_INET_FORWARD },          { "output", NF_INET_LOCAL_OUT },
	{ "postrouting", NF_INET_POST_ROUTING }, { NULL, 0 },
};

/* As nft(8) has them. */
static const struct word priorities[] = {
	{ "raw", -300 },    { "mangle", -150 }, { "dstnat", -100 }, { "filter", 0 },
	{ "security", 50 }, { "srcnat", 100 },  { NULL, 0 },
};

static bool find_word(const struct word *list, const char *text, size_t len, int *ret_number)
{
	for (; list->name; list++) {
		if (strlen(list->name) != len || strncmp(list->name, text, len))
			continue;
		*ret_number = list->number;
		return true;
	}
	return false;
}

/* The part of bpf(2)'s argument that BPF_LINK_CREATE reads. */
struct request {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint32_t family, hook;
	int32_t priority;
	uint32_t own_flags;
};

/* ---- the words --------------------------------------------------------------------------- */

static int fail_words(struct bee__attach *at, const char *text, size_t len, const char *what)
{
	bee__attach_fail(at, -EINVAL, "'%.*s' is no %s", (int)len, text, what);
	bee__hint(at->bee, "netfilter:ipv4:prerouting, or with a priority: "
			   "netfilter:ipv6:output:-150");
	return -EINVAL;
}

static int read_priority(struct bee__attach *at, const char *text, int *ret_priority)
{
	char *end;
	long value;

	if (find_word(priorities, text, strlen(text), ret_priority))
		return 0;
	value = strtol(text, &end, 10);
	if (end == text || *end || value != (int)value)
		return fail_words(
			at, text, strlen(text),
			"priority: a number, raw, mangle, dstnat, filter, security or srcnat");
	*ret_priority = value;
	return 0;
}

static int read_words(struct bee__attach *at, const struct bee__place *place, struct request *req)
{
	size_t len = strcspn(place->words, ":");
	int family, hook, priority = 0;

	if (!find_word(families, place->word, strlen(place->word), &family))
		return fail_words(at, place->word, strlen(place->word), "family: ipv4 or ipv6");
	if (!find_word(hooks, place->words, len, &hook))
		return fail_words(at, place->words, len,
				  "hook: prerouting, input, forward, output or postrouting");
	req->family = family;
	req->hook = hook;
	if (place->words[len]) {
		int err = read_priority(at, place->words + len + 1, &priority);

		if (err)
			return err;
	}
	req->priority = priority;
	return 0;
}

/* ---- refusals ---------------------------------------------------------------------------- */

/* What the kernel tells of a link of this kind, behind the head that all have. */
struct info {
	uint32_t type, id, prog_id, pad;
	uint32_t family, hook;
	int32_t priority;
	uint32_t flags, rest[8];
};

/* The program of the link that stands in this place; 0: none is found. */
static uint32_t find_holder(const struct request *req)
{
	uint32_t id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		struct info info = { 0 };
		uint32_t size = sizeof(info);
		int fd = bpf_link_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &size))
			info.type = 0;
		close(fd);
		if (info.type == LINK_TYPE_NETFILTER && info.family == req->family &&
		    info.hook == req->hook && info.priority == req->priority)
			return info.prog_id;
	}
	return 0;
}

static int refuse(struct bee__attach *at, const struct request *req, int err)
{
	struct bee__text text = { 0 };
	uint32_t holder = err == -EBUSY ? find_holder(req) : 0;

	if (err == -ERANGE)
		return bee__attach_fail(at, err, "the kernel keeps the priority %d for itself",
					req->priority);
	if (err != -EBUSY)
		return bee__attach_fail(at, err, "%s", strerror(-err));
	if (holder)
		bee__holder_text(&text, holder);
	bee__attach_fail(at, err, "the priority %d is taken by %s", req->priority,
			 text.data ? text.data : "another program");
	bee__text_free(&text);
	bee__hint(at->bee, "one more or one less is free, most likely: %s:%d", "priority",
		  req->priority + 1);
	return err;
}

/* ---- attach ------------------------------------------------------------------------------ */

static int attach(struct bee__attach *at, const struct bee__place *place)
{
	struct request req = {
		.prog_fd = bee_program_fd(at->prog),
		.attach_type = ATTACH_NETFILTER,
	};
	int err = read_words(at, place, &req), fd;

	if (err)
		return err;
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &req, sizeof(req));
	return fd < 0 ? refuse(at, &req, -errno) : bee__attach_fd(at, fd);
}

int bee__attach_netfilter(struct bee__attach *at)
{
	struct bee__place place;
	int err = bee__place_enter(at, &place);

	err = err ?: attach(at, &place);
	bee__place_leave(&place);
	return err;
}
