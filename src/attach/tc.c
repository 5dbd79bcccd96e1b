// SPDX-License-Identifier: Apache-2.0
/*
 * tc: packets on their way into and out of a device. "tc:eth0:ingress" is tcx where the kernel has
 * it, and clsact where not; "tcx:" and "clsact:" are just that. "netkit:nk0:primary" is the same for
 * a pair of netkit.
 */
#include <linux/bpf.h>

#include <bpf/bpf.h>

#include "tc.h"

/* The kernel's numbers, which are newer than the header. */
#define TCX_INGRESS    46
#define TCX_EGRESS     47
#define NETKIT_PRIMARY 54
#define NETKIT_PEER    55

static const struct side {
	const char *name;
	unsigned int tcx;
} sides[] = {
	{ "ingress", TCX_INGRESS },
	{ "egress", TCX_EGRESS },
};

static const struct side netkit_sides[] = {
	{ "primary", NETKIT_PRIMARY },
	{ "peer", NETKIT_PEER },
};

static int find_side(struct bee__attach *at, const struct bee__place *place,
		     const struct side *list, const struct side **ret_side)
{
	for (size_t i = 0; i < 2; i++) {
		if (strcmp(place->words, list[i].name))
			continue;
		*ret_side = &list[i];
		return 0;
	}
	bee__attach_fail(at, -EINVAL, "'%s' is no side of a device: %s or %s", place->words,
			 list[0].name, list[1].name);
	bee__hint(at->bee, "%s:%s:%s", at->hook->name, place->word, list[0].name);
	return -EINVAL;
}

/* ---- by link ----------------------------------------------------------------------------- */

static int attach_link(struct bee__attach *at, const struct bee__place *place, int ifindex,
		       const struct side *side)
{
	int fd = bpf_link_create(bee_program_fd(at->prog), ifindex, side->tcx, NULL);

	if (fd >= 0)
		return bee__attach_fd(at, fd);
	if (fd == -ENXIO)
		return bee__attach_fail(at, fd, "%s is no netkit device", place->word);
	if (fd == -EACCES)
		return bee__attach_fail(
			at, fd, "%s is the peer: the primary device takes the programs of both",
			place->word);
	return bee__attach_fail(at, fd, "%s", strerror(-fd));
}

/* ---- the hooks --------------------------------------------------------------------------- */

enum by { BY_ANY, BY_LINK, BY_FILTER };

static int attach_side(struct bee__attach *at, const struct side *list, enum by by)
{
	const struct side *side;
	struct bee__place place;
	const char *reason;
	int index, err;

	err = bee__place_enter(at, &place);
	err = err ?: find_side(at, &place, list, &side);
	if (!err) {
		index = bee__place_device(at, &place);
		if (index < 0)
			err = index;
		else if (by == BY_FILTER ||
			 (by == BY_ANY && bee__feature(BEE_FEATURE_TCX, &reason)))
			err = bee__attach_filter(at, &place, index, side != list);
		else
			err = attach_link(at, &place, index, side);
	}
	bee__place_leave(&place);
	return err;
}

int bee__attach_tc(struct bee__attach *at)
{
	return attach_side(at, sides, BY_ANY);
}

int bee__attach_tcx(struct bee__attach *at)
{
	return attach_side(at, sides, BY_LINK);
}

int bee__attach_clsact(struct bee__attach *at)
{
	return attach_side(at, sides, BY_FILTER);
}

int bee__attach_netkit(struct bee__attach *at)
{
	return attach_side(at, netkit_sides, BY_LINK);
}
