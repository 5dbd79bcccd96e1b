/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to rtnetlink: what libbpf does not ask of it, such as filters by name, and routes. */
#ifndef BEE_NETLINK_H
#define BEE_NETLINK_H

#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bee__request {
	struct nlmsghdr head;
	char rest[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool failed;     /* something did not fit */
	char words[128]; /* of the kernel, when it refuses; "" where it has none */
};

/* Begin a message of a type (RTM_), with the struct that follows the head. */
void bee__request_begin_with(struct bee__request *req, uint16_t type, uint16_t flags,
			     const void *body, size_t size);
void bee__request_put(struct bee__request *req, uint16_t type, const void *data, size_t size);
void bee__request_put_u32(struct bee__request *req, uint16_t type, uint32_t value);
void bee__request_put_text(struct bee__request *req, uint16_t type, const char *text);
/* Attributes inside of one, between these two calls. */
size_t bee__request_nest(struct bee__request *req, uint16_t type);
void bee__request_unnest(struct bee__request *req, size_t nest);

/* A message of the answer. Non-zero ends the talk, and is returned. */
typedef int (*bee__answer_fn)(void *ctx, const struct nlmsghdr *answer);

/* Send, in the network namespace of this thread, and wait until the kernel has done it. fn may be NULL. */
int bee__request_send(struct bee__request *req, bee__answer_fn fn, void *ctx);

/* The attribute of a type among those that stand in size bytes at data; NULL: there is none. */
const struct nlattr *bee__attr_find(const void *data, size_t size, uint16_t type);
/* The same behind the struct of body_size bytes that an answer begins with. */
const struct nlattr *bee__answer_attr(const struct nlmsghdr *answer, size_t body_size,
				      uint16_t type);
/* The same inside of an attribute; outer may be NULL. */
const struct nlattr *bee__attr_inner(const struct nlattr *outer, uint16_t type);
/* The value: 0 or "" when the attribute is NULL or not of that form. */
uint16_t bee__attr_u16(const struct nlattr *attr);
uint32_t bee__attr_u32(const struct nlattr *attr);
const char *bee__attr_text(const struct nlattr *attr);

#endif
