// SPDX-License-Identifier: Apache-2.0
/* clsact: a program as a filter of tc, in direct action mode. Every kernel has it, and without a link. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <unistd.h>

#include "clsact.h"
#include "netlink.h"
#include "tc.h"

/* ---- filters that are there -------------------------------------------------------------- */

struct each {
	int (*fn)(void *ctx, const struct bee__filter *filter);
	void *ctx;
};

static bool read_filter(const struct nlmsghdr *answer, struct bee__filter *ret_filter)
{
	const struct tcmsg *head = NLMSG_DATA(answer);
	const struct nlattr *options = bee__answer_attr(answer, sizeof(*head), TCA_OPTIONS);

	/* A priority without a filter in it is told too, without a handle. */
	if (answer->nlmsg_type != RTM_NEWTFILTER || !head->tcm_handle ||
	    strcmp(bee__attr_text(bee__answer_attr(answer, sizeof(*head), TCA_KIND)), "bpf"))
		return false;
	*ret_filter = (struct bee__filter){
		.ifindex = head->tcm_ifindex,
		.parent = head->tcm_parent,
		.handle = head->tcm_handle,
		.info = head->tcm_info,
		.prog_id = bee__attr_u32(bee__attr_inner(options, TCA_BPF_ID)),
	};
	snprintf(ret_filter->name, sizeof(ret_filter->name), "%s",
		 bee__attr_text(bee__attr_inner(options, TCA_BPF_NAME)));
	return true;
}

static int on_filter(void *ctx, const struct nlmsghdr *answer)
{
	struct bee__filter filter;
	struct each *each = ctx;

	return read_filter(answer, &filter) ? each->fn(each->ctx, &filter) : 0;
}

static int each_at(int ifindex, uint32_t parent, struct each *each)
{
	const struct tcmsg head = { .tcm_ifindex = ifindex, .tcm_parent = parent };
	struct bee__request req;

	bee__request_begin_with(&req, RTM_GETTFILTER, NLM_F_DUMP, &head, sizeof(head));
	return bee__request_send(&req, on_filter, each);
}

static const uint32_t parents[] = {
	TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
	TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
};

int bee__filters_each(int ifindex, uint32_t parent,
		      int (*fn)(void *ctx, const struct bee__filter *filter), void *ctx)
{
	struct each each = { fn, ctx };
	int err = 0;

	for (size_t i = 0; !err && i < BEE_LEN(parents); i++)
		if (!parent || parents[i] == parent)
			err = each_at(ifindex, parents[i], &each);
	return err;
}

const char *bee__filter_is_ours(const struct bee__filter *filter)
{
	size_t len = strcspn(filter->name, ":") + 1;

	if (strncmp(filter->name, BEE_MARK, len) && strncmp(filter->name, BEE_MARK_WHOLE, len))
		return NULL;
	return filter->name + len;
}

/* ---- the clsact itself ------------------------------------------------------------------- */

static int ask_clsact(int ifindex, uint16_t type, uint16_t flags, char *words, size_t size)
{
	const struct tcmsg head = {
		.tcm_ifindex = ifindex,
		.tcm_parent = TC_H_CLSACT,
		.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
	};
	struct bee__request req;
	int err;

	bee__request_begin_with(&req, type, flags, &head, sizeof(head));
	bee__request_put_text(&req, TCA_KIND, "clsact");
	err = bee__request_send(&req, NULL, NULL);
	snprintf(words, size, "%s", req.words);
	return err;
}

static int is_whole(void *ctx, const struct bee__filter *filter)
{
	return !strncmp(filter->name, BEE_MARK_WHOLE, strlen(BEE_MARK_WHOLE));
}

/* Filters of another kind keep a clsact too: the kernel tells of each priority. */
static int on_anything(void *ctx, const struct nlmsghdr *answer)
{
	return answer->nlmsg_type == RTM_NEWTFILTER;
}

static bool is_empty(int ifindex)
{
	for (size_t i = 0; i < BEE_LEN(parents); i++) {
		const struct tcmsg head = { .tcm_ifindex = ifindex, .tcm_parent = parents[i] };
		struct bee__request req;

		bee__request_begin_with(&req, RTM_GETTFILTER, NLM_F_DUMP, &head, sizeof(head));
		if (bee__request_send(&req, on_anything, NULL))
			return false;
	}
	return true;
}

/* ---- one filter -------------------------------------------------------------------------- */

static int same_filter(void *ctx, const struct bee__filter *filter)
{
	const struct bee__filter *ours = ctx;

	return filter->handle == ours->handle && filter->info == ours->info &&
	       filter->prog_id == ours->prog_id && !strcmp(filter->name, ours->name);
}

int bee__filter_remove(const struct bee__filter *filter)
{
	struct tcmsg head = {
		.tcm_ifindex = filter->ifindex,
		.tcm_parent = filter->parent,
		.tcm_handle = filter->handle,
		.tcm_info = filter->info,
	};
	struct bee__request req;
	int err = bee__filters_each(filter->ifindex, filter->parent, same_filter, (void *)filter);

	if (err <= 0)
		return err ?: -ENOENT;
	bee__request_begin_with(&req, RTM_DELTFILTER, 0, &head, sizeof(head));
	bee__request_put_text(&req, TCA_KIND, "bpf");
	err = bee__request_send(&req, NULL, NULL);
	if (!err && is_whole(NULL, filter) && is_empty(filter->ifindex))
		ask_clsact(filter->ifindex, RTM_DELQDISC, 0, req.words, sizeof(req.words));
	return err;
}

/* The kernel echoes the filter that it made, with the handle and the priority that it chose. */
static int on_made(void *ctx, const struct nlmsghdr *answer)
{
	struct bee__filter *filter = ctx;
	struct bee__filter made;

	if (read_filter(answer, &made))
		*filter = made;
	return 0;
}

static int put_filter(struct bee__filter *filter, int prog_fd, uint16_t flags, char *words,
		      size_t size)
{
	struct tcmsg head = {
		.tcm_ifindex = filter->ifindex,
		.tcm_parent = filter->parent,
		.tcm_handle = filter->handle,
		.tcm_info = filter->info ?: TC_H_MAKE(0, htons(ETH_P_ALL)),
	};
	struct bee__request req;
	size_t nest;
	int err;

	bee__request_begin_with(&req, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_ECHO | flags, &head,
				sizeof(head));
	bee__request_put_text(&req, TCA_KIND, "bpf");
	nest = bee__request_nest(&req, TCA_OPTIONS);
	bee__request_put_u32(&req, TCA_BPF_FD, prog_fd);
	bee__request_put_text(&req, TCA_BPF_NAME, filter->name);
	bee__request_put_u32(&req, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	bee__request_unnest(&req, nest);
	err = bee__request_send(&req, on_made, filter);
	snprintf(words, size, "%s", req.words);
	return err;
}

/* ---- as a part of a link ----------------------------------------------------------------- */

struct own {
	struct bee__kept kept;
	struct bee__filter filter;
};

static int put_own(void *ctx, int prog_fd)
{
	char words[128];

	return put_filter(&((struct own *)ctx)->filter, prog_fd, 0, words, sizeof(words));
}

static int remove_own(void *ctx, int nothing)
{
	return bee__filter_remove(&((struct own *)ctx)->filter);
}

/* The clsact that is there, or a new one. The filter's name tells which. */
static int name_filter(struct bee__attach *at, const struct bee__place *place,
		       struct bee__filter *filter)
{
	char words[128];
	int err = ask_clsact(filter->ifindex, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, words,
			     sizeof(words));
	bool is_ours = !err;

	if (err == -EEXIST) {
		is_ours = bee__filters_each(filter->ifindex, 0, is_whole, NULL) > 0;
		/* An older ingress stands in the same place, and takes what is meant for egress too. */
		err = filter->parent == parents[0]
			      ? 0
			      : ask_clsact(filter->ifindex, RTM_NEWQDISC, 0, words, sizeof(words));
	}
	if (err == -EINVAL)
		return bee__attach_fail(at, err,
					"%s has a qdisc 'ingress', and egress takes a 'clsact'",
					place->word);
	if (err == -EPERM)
		return bee__attach_unprivileged(at);
	if (err)
		return bee__attach_fail(at, err, "%s takes no clsact: %s", place->word,
					*words ? words : strerror(-err));
	snprintf(filter->name, sizeof(filter->name), "%s%s", is_ours ? BEE_MARK_WHOLE : BEE_MARK,
		 bee_program_name(at->prog));
	return 0;
}

static int add_filter(struct bee__attach *at, const struct bee__place *place, struct own *own)
{
	char words[128];
	int err = name_filter(at, place, &own->filter);

	if (err)
		return err;
	err = put_filter(&own->filter, bee_program_fd(at->prog), NLM_F_EXCL, words, sizeof(words));
	if (!err)
		return 0;
	/* Who took the clsact away, or put an old ingress there, is told by the kernel itself. */
	bee__attach_fail(at, err, "%s", *words ? words : strerror(-err));
	if (is_whole(NULL, &own->filter) && is_empty(own->filter.ifindex))
		ask_clsact(own->filter.ifindex, RTM_DELQDISC, 0, words, sizeof(words));
	return err;
}

int bee__attach_filter(struct bee__attach *at, const struct bee__place *place, int ifindex,
		       bool is_egress)
{
	struct own *own = calloc(1, sizeof(*own));
	int err;

	if (!own)
		return -ENOMEM;
	own->kept = (struct bee__kept){ .put = put_own, .remove = remove_own, .ns_fd = -1 };
	own->filter.ifindex = ifindex;
	own->filter.parent = parents[is_egress];
	err = bee__netns_open(at, "", 0, &own->kept.ns_fd);
	err = err ?: add_filter(at, place, own);
	if (!err)
		return bee__attach_kept(at, &own->kept);
	bee__kept_free(&own->kept);
	return err;
}
