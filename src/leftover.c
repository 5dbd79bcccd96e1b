// SPDX-License-Identifier: Apache-2.0
/* Finding and removing what killed processes left in the network. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/pkt_sched.h>
#include <unistd.h>

#include "attach/netlink.h"
#include "attach/place.h"
#include "leftover.h"

#define NAMED "/run/netns"

struct search {
	int (*fn)(void *ctx, const struct bee__leftover *left);
	void *ctx;
	const char *netns;
	int *devices; /* those with a clsact */
	size_t devices_len;
};

static int give(struct search *search, struct bee__leftover *left)
{
	int held = bee__is_held(left->prog_id);

	if (held)
		return 0; /* or nobody can tell */
	snprintf(left->netns, sizeof(left->netns), "%s", search->netns);
	return search->fn(search->ctx, left);
}

/* ---- filters ----------------------------------------------------------------------------- */

static int on_filter(void *ctx, const struct bee__filter *filter)
{
	struct search *search = ctx;
	struct bee__leftover left = { .filter = *filter, .prog_id = filter->prog_id };
	char device[IF_NAMESIZE];

	left.program = bee__filter_is_ours(&left.filter);
	if (!left.program || !if_indextoname(filter->ifindex, device))
		return 0;
	snprintf(left.target, sizeof(left.target), "clsact:%s%s%s:%s", search->netns,
		 *search->netns ? "/" : "", device,
		 filter->parent == TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) ? "egress" : "ingress");
	return give(search, &left);
}

static int on_qdisc(void *ctx, const struct nlmsghdr *answer)
{
	const struct tcmsg *head = NLMSG_DATA(answer);
	struct search *search = ctx;
	int *devices;

	if (answer->nlmsg_type != RTM_NEWQDISC || head->tcm_parent != TC_H_CLSACT)
		return 0;
	devices = realloc(search->devices, (search->devices_len + 1) * sizeof(*devices));
	if (!devices)
		return -ENOMEM;
	search->devices = devices;
	devices[search->devices_len++] = head->tcm_ifindex;
	return 0;
}

static int each_filter(struct search *search)
{
	const struct tcmsg head = { 0 };
	struct bee__request req;
	int err;

	search->devices = NULL;
	search->devices_len = 0;
	bee__request_begin_with(&req, RTM_GETQDISC, NLM_F_DUMP, &head, sizeof(head));
	err = bee__request_send(&req, on_qdisc, search);
	for (size_t i = 0; !err && i < search->devices_len; i++)
		err = bee__filters_each(search->devices[i], 0, on_filter, search);
	free(search->devices);
	return err;
}

/* ---- routes ------------------------------------------------------------------------------ */

static int on_route(void *ctx, const struct bee__route *route)
{
	struct search *search = ctx;
	struct bee__leftover left = { .is_route = true,
				      .route = *route,
				      .prog_id = route->prog_id };
	char prefix[64], device[IF_NAMESIZE];

	if (!if_indextoname(route->ifindex, device))
		return 0;
	left.program = bee__route_program(&left.route);
	bee__route_text(route, prefix, sizeof(prefix));
	snprintf(left.target, sizeof(left.target), "%s:%s dev %s%s%s", route->hook, prefix, device,
		 *search->netns ? " netns " : "", search->netns);
	return give(search, &left);
}

/* ---- namespaces -------------------------------------------------------------------------- */

static int search_here(struct search *search)
{
	int err = each_filter(search);

	return err ?: bee__routes_each(on_route, search);
}

/* A namespace that cannot be entered is passed over. */
static int search_there(struct search *search, int folder)
{
	int fd = openat(folder, search->netns, O_RDONLY | O_CLOEXEC), home, err;

	if (fd < 0)
		return 0;
	err = bee__netns_enter(fd, &home);
	close(fd);
	if (err)
		return 0;
	err = search_here(search);
	bee__netns_leave(home);
	return err;
}

int bee__leftovers_each(int (*fn)(void *ctx, const struct bee__leftover *left), void *ctx)
{
	struct search search = { .fn = fn, .ctx = ctx, .netns = "" };
	int err = search_here(&search);
	DIR *folder = err ? NULL : opendir(NAMED);
	struct dirent *entry;

	while (folder && !err && (entry = readdir(folder))) {
		search.netns = entry->d_name;
		if (entry->d_name[0] != '.')
			err = search_there(&search, dirfd(folder));
	}
	if (folder)
		closedir(folder);
	return err;
}

static int remove_here(void *ctx, int nothing)
{
	const struct bee__leftover *left = ctx;

	return left->is_route ? bee__route_remove(&left->route) : bee__filter_remove(&left->filter);
}

int bee__leftover_remove(const struct bee__leftover *left)
{
	char path[sizeof(NAMED) + sizeof(left->netns) + 1];
	int fd, err;

	if (!*left->netns)
		return remove_here((void *)left, -1);
	snprintf(path, sizeof(path), NAMED "/%s", left->netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = bee__netns_visit(fd, remove_here, (void *)left, -1);
	close(fd);
	return err;
}
