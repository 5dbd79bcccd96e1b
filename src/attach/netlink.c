// SPDX-License-Identifier: Apache-2.0
/* Messages of rtnetlink: made, sent, and their answers read. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

#define ANSWER_SIZE (32u << 10) /* no kernel's message of a dump is longer */

#define DATA_OF(attr) ((const char *)(attr) + NLA_HDRLEN)

/* ---- requests ---------------------------------------------------------------------------- */

static void *reserve(struct bee__request *req, size_t size)
{
	size_t at = NLMSG_ALIGN(req->head.nlmsg_len) - NLMSG_HDRLEN;

	if (req->failed || at >= sizeof(req->rest) || size > sizeof(req->rest) - at) {
		req->failed = true;
		return NULL;
	}
	req->head.nlmsg_len = NLMSG_HDRLEN + at + size;
	return req->rest + at;
}

void bee__request_begin_with(struct bee__request *req, uint16_t type, uint16_t flags,
			     const void *body, size_t size)
{
	void *at;

	memset(req, 0, sizeof(*req));
	req->head.nlmsg_len = NLMSG_HDRLEN;
	req->head.nlmsg_type = type;
	req->head.nlmsg_flags = NLM_F_REQUEST | flags;
	at = reserve(req, size);
	if (at)
		memcpy(at, body, size);
}

void bee__request_put(struct bee__request *req, uint16_t type, const void *data, size_t size)
{
	const struct nlattr attr = { .nla_type = type, .nla_len = NLA_HDRLEN + size };
	char *at = reserve(req, NLA_HDRLEN + size);

	if (!at)
		return;
	memcpy(at, &attr, sizeof(attr));
	if (size)
		memcpy(at + NLA_HDRLEN, data, size);
}

void bee__request_put_u32(struct bee__request *req, uint16_t type, uint32_t value)
{
	bee__request_put(req, type, &value, sizeof(value));
}

void bee__request_put_text(struct bee__request *req, uint16_t type, const char *text)
{
	bee__request_put(req, type, text, strlen(text) + 1);
}

size_t bee__request_nest(struct bee__request *req, uint16_t type)
{
	size_t at = NLMSG_ALIGN(req->head.nlmsg_len);

	bee__request_put(req, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void bee__request_unnest(struct bee__request *req, size_t nest)
{
	struct nlattr *attr = (struct nlattr *)(req->rest + nest - NLMSG_HDRLEN);

	if (!req->failed)
		attr->nla_len = req->head.nlmsg_len - nest;
}

/* ---- answers ----------------------------------------------------------------------------- */

const struct nlattr *bee__attr_find(const void *data, size_t size, uint16_t type)
{
	const char *at = data;

	while (size >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)at;
		size_t step = NLA_ALIGN(attr->nla_len);

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > size)
			return NULL;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		if (step >= size)
			return NULL;
		at += step;
		size -= step;
	}
	return NULL;
}

const struct nlattr *bee__answer_attr(const struct nlmsghdr *answer, size_t body_size,
				      uint16_t type)
{
	size_t from = NLMSG_HDRLEN + NLMSG_ALIGN(body_size);

	if (answer->nlmsg_len < from)
		return NULL;
	return bee__attr_find((const char *)answer + from, answer->nlmsg_len - from, type);
}

const struct nlattr *bee__attr_inner(const struct nlattr *outer, uint16_t type)
{
	return outer ? bee__attr_find(DATA_OF(outer), outer->nla_len - NLA_HDRLEN, type) : NULL;
}

uint16_t bee__attr_u16(const struct nlattr *attr)
{
	uint16_t value = 0;

	if (attr && attr->nla_len >= NLA_HDRLEN + sizeof(value))
		memcpy(&value, DATA_OF(attr), sizeof(value));
	return value;
}

uint32_t bee__attr_u32(const struct nlattr *attr)
{
	uint32_t value = 0;

	if (attr && attr->nla_len >= NLA_HDRLEN + sizeof(value))
		memcpy(&value, DATA_OF(attr), sizeof(value));
	return value;
}

const char *bee__attr_text(const struct nlattr *attr)
{
	size_t len = attr ? attr->nla_len - NLA_HDRLEN : 0;

	return len && !DATA_OF(attr)[len - 1] ? DATA_OF(attr) : "";
}

/* ---- the talk ---------------------------------------------------------------------------- */

/* What the kernel says beside its errno stands behind the head of the message that it refuses. */
static int read_error(struct bee__request *req, const struct nlmsghdr *answer)
{
	const struct nlmsgerr *error = NLMSG_DATA(answer);
	size_t size = sizeof(*error);

	if (answer->nlmsg_len < NLMSG_HDRLEN + sizeof(*error))
		return -EPROTO;
	if (!(answer->nlmsg_flags & NLM_F_CAPPED) && error->error)
		size += NLMSG_ALIGN(error->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (answer->nlmsg_flags & NLM_F_ACK_TLVS)
		strncpy(req->words,
			bee__attr_text(bee__answer_attr(answer, size, NLMSGERR_ATTR_MSG)),
			sizeof(req->words) - 1);
	return error->error;
}

/* Whether that was the end of it, with *ret_err. */
static bool read_answer(struct bee__request *req, const struct nlmsghdr *answer, bee__answer_fn fn,
			void *ctx, int *ret_err)
{
	if (answer->nlmsg_seq != req->head.nlmsg_seq)
		return false;
	if (answer->nlmsg_type == NLMSG_ERROR)
		*ret_err = read_error(req, answer);
	else if (answer->nlmsg_type != NLMSG_DONE && fn)
		*ret_err = fn(ctx, answer);
	return *ret_err || answer->nlmsg_type == NLMSG_ERROR || answer->nlmsg_type == NLMSG_DONE;
}

/* The same of what came at once. */
static bool read_answers(struct bee__request *req, const char *data, size_t size, bee__answer_fn fn,
			 void *ctx, int *ret_err)
{
	while (size >= NLMSG_HDRLEN) {
		const struct nlmsghdr *answer = (const struct nlmsghdr *)data;
		size_t step = NLMSG_ALIGN(answer->nlmsg_len);

		if (answer->nlmsg_len < NLMSG_HDRLEN || answer->nlmsg_len > size)
			return false;
		if (read_answer(req, answer, fn, ctx, ret_err))
			return true;
		if (step >= size)
			return false;
		data += step;
		size -= step;
	}
	return false;
}

static int receive(struct bee__request *req, int fd, bee__answer_fn fn, void *ctx)
{
	char data[ANSWER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	int err = 0;
	ssize_t size;

	do {
		size = recv(fd, data, sizeof(data), 0);
		if (size < 0 && errno != EINTR)
			return -errno;
	} while (size < 0 || !read_answers(req, data, size, fn, ctx, &err));
	return err;
}

int bee__request_send(struct bee__request *req, bee__answer_fn fn, void *ctx)
{
	int fd, err = 0, one = 1;

	if (req->failed)
		return -EMSGSIZE;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	req->head.nlmsg_seq = 1;
	req->head.nlmsg_flags |= NLM_F_ACK;
	if (send(fd, &req->head, req->head.nlmsg_len, 0) < 0)
		err = -errno;
	err = err ?: receive(req, fd, fn, ctx);
	close(fd);
	return err;
}
