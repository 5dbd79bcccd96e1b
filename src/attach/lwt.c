// SPDX-License-Identifier: Apache-2.0
/*
 * lwt: packets that take a route. The words are those of `ip route`, and the route is made with the
 * program in it: "lwt_xmit:10.9.0.0/24 dev eth0 via 10.0.0.1 netns blue". It goes with the link.
 */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/lwtunnel.h>
#include <linux/seg6_local.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lwt.h"
#include "netlink.h"
#include "place.h"

#define MARK "moonbee:"

/* How a hook's program is told to the kernel, and named in what the kernel tells. */
static const struct kind {
	const char *hook;
	uint16_t encap;
	uint16_t program; /* the attribute that holds the two below */
	uint16_t fd, name;
} kinds[] = {
	{ "lwt_in", LWTUNNEL_ENCAP_BPF, LWT_BPF_IN, LWT_BPF_PROG_FD, LWT_BPF_PROG_NAME },
	{ "lwt_out", LWTUNNEL_ENCAP_BPF, LWT_BPF_OUT, LWT_BPF_PROG_FD, LWT_BPF_PROG_NAME },
	{ "lwt_xmit", LWTUNNEL_ENCAP_BPF, LWT_BPF_XMIT, LWT_BPF_PROG_FD, LWT_BPF_PROG_NAME },
	{ "lwt_seg6local", LWTUNNEL_ENCAP_SEG6_LOCAL, SEG6_LOCAL_BPF, SEG6_LOCAL_BPF_PROG,
	  SEG6_LOCAL_BPF_PROG_NAME },
};

static const struct kind *find_kind(const char *hook)
{
	const struct kind *kind = kinds;

	while (strcmp(kind->hook, hook))
		kind++;
	return kind;
}

static size_t address_size(const struct bee__route *route)
{
	return route->family == AF_INET ? 4 : 16;
}

void bee__route_text(const struct bee__route *route, char *buf, size_t size)
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(route->family, route->prefix, address, sizeof(address));
	snprintf(buf, size, "%s/%u", address, route->prefix_len);
}

const char *bee__route_program(const struct bee__route *route)
{
	const char *id = route->name + strlen(MARK);

	return id + strspn(id, "0123456789") + 1;
}

/* ---- requests ---------------------------------------------------------------------------- */

static void put_program(struct bee__request *req, const struct bee__route *route, int prog_fd)
{
	const struct kind *kind = find_kind(route->hook);
	size_t encap, program;

	bee__request_put(req, RTA_ENCAP_TYPE, &kind->encap, sizeof(kind->encap));
	encap = bee__request_nest(req, RTA_ENCAP);
	if (kind->encap == LWTUNNEL_ENCAP_SEG6_LOCAL)
		bee__request_put_u32(req, SEG6_LOCAL_ACTION, SEG6_LOCAL_ACTION_END_BPF);
	program = bee__request_nest(req, kind->program);
	bee__request_put_u32(req, kind->fd, prog_fd);
	bee__request_put_text(req, kind->name, route->name);
	bee__request_unnest(req, program);
	bee__request_unnest(req, encap);
}

static int ask_route(const struct bee__route *route, uint16_t type, uint16_t flags, int prog_fd,
		     char *words, size_t size)
{
	const struct rtmsg head = {
		.rtm_family = route->family,
		.rtm_dst_len = route->prefix_len,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = route->has_gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	struct bee__request req;
	int err;

	bee__request_begin_with(&req, type, flags, &head, sizeof(head));
	bee__request_put(&req, RTA_DST, route->prefix, address_size(route));
	if (route->has_gateway)
		bee__request_put(&req, RTA_GATEWAY, route->gateway, address_size(route));
	bee__request_put_u32(&req, RTA_OIF, route->ifindex);
	put_program(&req, route, prog_fd);
	err = bee__request_send(&req, NULL, NULL);
	snprintf(words, size, "%s", req.words);
	return err;
}

/* ---- routes that are there --------------------------------------------------------------- */

struct each {
	int (*fn)(void *ctx, const struct bee__route *route);
	void *ctx;
};

static void copy_address(unsigned char *to, const struct nlattr *attr)
{
	if (attr && attr->nla_len <= NLA_HDRLEN + 16)
		memcpy(to, (const char *)attr + NLA_HDRLEN, attr->nla_len - NLA_HDRLEN);
}

static int on_route(void *ctx, const struct nlmsghdr *answer)
{
	const struct rtmsg *head = NLMSG_DATA(answer);
	const struct nlattr *encap = bee__answer_attr(answer, sizeof(*head), RTA_ENCAP);
	const struct nlattr *gateway = bee__answer_attr(answer, sizeof(*head), RTA_GATEWAY);
	uint16_t type = bee__attr_u16(bee__answer_attr(answer, sizeof(*head), RTA_ENCAP_TYPE));
	struct bee__route route = {
		.family = head->rtm_family,
		.prefix_len = head->rtm_dst_len,
		.has_gateway = gateway,
		.ifindex = bee__attr_u32(bee__answer_attr(answer, sizeof(*head), RTA_OIF)),
	};
	struct each *each = ctx;

	for (size_t i = 0; answer->nlmsg_type == RTM_NEWROUTE && i < BEE_LEN(kinds); i++) {
		const struct nlattr *program = bee__attr_inner(encap, kinds[i].program);
		const char *name = bee__attr_text(bee__attr_inner(program, kinds[i].name));

		if (type != kinds[i].encap || strncmp(name, MARK, strlen(MARK)))
			continue;
		route.hook = kinds[i].hook;
		route.prog_id = atoi(name + strlen(MARK));
		snprintf(route.name, sizeof(route.name), "%s", name);
		copy_address(route.prefix, bee__answer_attr(answer, sizeof(*head), RTA_DST));
		copy_address(route.gateway, gateway);
		return each->fn(each->ctx, &route);
	}
	return 0;
}

int bee__routes_each(int (*fn)(void *ctx, const struct bee__route *route), void *ctx)
{
	static const unsigned char families[] = { AF_INET, AF_INET6 };
	struct each each = { fn, ctx };
	int err = 0;

	for (size_t i = 0; !err && i < BEE_LEN(families); i++) {
		const struct rtmsg head = { .rtm_family = families[i] };
		struct bee__request req;

		bee__request_begin_with(&req, RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));
		err = bee__request_send(&req, on_route, &each);
	}
	return err;
}

static int same_route(void *ctx, const struct bee__route *route)
{
	const struct bee__route *ours = ctx;

	return route->family == ours->family && route->prefix_len == ours->prefix_len &&
	       route->ifindex == ours->ifindex && !strcmp(route->name, ours->name) &&
	       !memcmp(route->prefix, ours->prefix, address_size(ours));
}

int bee__route_remove(const struct bee__route *route)
{
	int err = bee__routes_each(same_route, (void *)route), fd;
	char words[128];

	if (err <= 0)
		return err ?: -ENOENT;
	fd = bpf_prog_get_fd_by_id(route->prog_id);
	if (fd < 0)
		return fd;
	err = ask_route(route, RTM_DELROUTE, 0, fd, words, sizeof(words));
	close(fd);
	return err;
}

/* ---- the words --------------------------------------------------------------------------- */

/* What a target says, as text: parts of copy, or NULL. */
struct words {
	char copy[512];
	char *prefix, *dev, *via, *netns;
};

static int split_words(struct bee__attach *at, struct words *words)
{
	char *save, *word;

	*words = (struct words){ 0 };
	if (strlen(at->rest) >= sizeof(words->copy))
		return bee__attach_fail(at, -ENAMETOOLONG, "too many words");
	strcpy(words->copy, at->rest);
	words->prefix = strtok_r(words->copy, " ", &save);
	while ((word = strtok_r(NULL, " ", &save))) {
		char **value = !strcmp(word, "dev")     ? &words->dev
			       : !strcmp(word, "via")   ? &words->via
			       : !strcmp(word, "netns") ? &words->netns
							: NULL;

		if (!value)
			return bee__attach_fail(at, -EINVAL, "'%s' is none of dev, via, netns",
						word);
		*value = strtok_r(NULL, " ", &save);
		if (!*value)
			return bee__attach_fail(at, -EINVAL, "nothing is said behind '%s'", word);
	}
	if (words->prefix && words->dev)
		return 0;
	bee__attach_fail(at, -EINVAL, "it names no %s", words->prefix ? "device" : "destination");
	bee__hint(at->bee, "%s:10.9.0.0/24 dev eth0", at->hook->name);
	return -EINVAL;
}

static int read_address(struct bee__attach *at, const char *text, unsigned char *address,
			int family)
{
	if (inet_pton(family, text, address) == 1)
		return 0;
	return bee__attach_fail(at, -EINVAL, "'%s' is no address of %s", text,
				family == AF_INET ? "IPv4" : "IPv6");
}

static int read_prefix(struct bee__attach *at, char *text, struct bee__route *route)
{
	char *slash = strchr(text, '/'), *end = NULL;
	unsigned long len, most;

	if (slash)
		*slash = '\0';
	route->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	most = address_size(route) * 8;
	len = slash ? strtoul(slash + 1, &end, 10) : most;
	if (len > most || (slash && (end == slash + 1 || *end)))
		return bee__attach_fail(at, -EINVAL, "'%s' is no length of a prefix", slash + 1);
	route->prefix_len = len;
	return read_address(at, text, route->prefix, route->family);
}

static int read_route(struct bee__attach *at, const struct words *words, struct bee__route *route)
{
	struct bee__place place = { .home_fd = -1 };
	int err = read_prefix(at, words->prefix, route);

	if (err)
		return err;
	if (words->via)
		err = read_address(at, words->via, route->gateway, route->family);
	if (err)
		return err;
	route->has_gateway = words->via;
	snprintf(place.word, sizeof(place.word), "%s", words->dev);
	route->ifindex = bee__place_device(at, &place);
	return route->ifindex < 0 ? route->ifindex : 0;
}

/* ---- as a part of a link ----------------------------------------------------------------- */

struct own {
	struct bee__kept kept;
	struct bee__route route;
};

/* The mark has the id of the program that runs. */
static int name_route(struct bee__route *route, int prog_fd, const char *name)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int err = bpf_obj_get_info_by_fd(prog_fd, &info, &size);

	if (err)
		return err;
	route->prog_id = info.id;
	snprintf(route->name, sizeof(route->name), MARK "%u:%s", info.id, name ?: info.name);
	return 0;
}

static int put_own(void *ctx, int prog_fd)
{
	struct bee__route route = ((struct own *)ctx)->route;
	char words[128];
	int err = name_route(&route, prog_fd, NULL);

	err = err
		      ?: ask_route(&route, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, prog_fd,
				   words, sizeof(words));
	if (!err)
		((struct own *)ctx)->route = route;
	return err;
}

static int remove_own(void *ctx, int nothing)
{
	return bee__route_remove(&((struct own *)ctx)->route);
}

static int add_route(struct bee__attach *at, struct bee__route *route)
{
	int prog_fd = bee_program_fd(at->prog), err;
	char words[128];

	route->hook = at->hook->name;
	err = name_route(route, prog_fd, bee_program_name(at->prog));
	if (err)
		return bee__attach_fail(at, err, "%s", strerror(-err));
	err = ask_route(route, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, prog_fd, words,
			sizeof(words));
	if (err == -EPERM)
		return bee__attach_unprivileged(at);
	if (err == -EEXIST)
		return bee__attach_fail(at, -EBUSY, "there is a route of this destination");
	if (err)
		return bee__attach_fail(at, err, "%s", *words ? words : strerror(-err));
	return 0;
}

static int attach(struct bee__attach *at, const struct words *words, struct own *own)
{
	int home = -1, err;

	err = bee__netns_open(at, words->netns ?: "", strlen(words->netns ?: ""), &own->kept.ns_fd);
	if (!err && words->netns)
		err = bee__netns_go(at, own->kept.ns_fd, words->netns, strlen(words->netns), &home);
	err = err ?: read_route(at, words, &own->route);
	err = err ?: add_route(at, &own->route);
	if (home >= 0)
		bee__netns_leave(home);
	return err;
}

int bee__attach_lwt(struct bee__attach *at)
{
	struct own *own = calloc(1, sizeof(*own));
	struct words words;
	int err;

	if (!own)
		return -ENOMEM;
	own->kept = (struct bee__kept){ .put = put_own, .remove = remove_own, .ns_fd = -1 };
	err = split_words(at, &words);
	err = err ?: attach(at, &words, own);
	if (!err)
		return bee__attach_kept(at, &own->kept);
	bee__kept_free(&own->kept);
	return err;
}
