/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching one program to all the places that a pattern matches. */
#ifndef BEE_ATTACH_MANY_H
#define BEE_ATTACH_MANY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bee__attach;

/* Links of a pattern that is attached one by one: each takes a descriptor or two, and its time. */
#define BEE_MANY_MAX 1000
/* Places of one link, which the kernel takes in one go. */
#define BEE_MULTI_MAX 20000

/* One by one: how far it has come. */
struct bee__many {
	size_t len; /* places in all */
	size_t done;
	size_t made;
	int refusal;     /* what the kernel said last to a place that it refused */
	uint64_t due_ns; /* when the next word on the progress is due */
};

/* Has a name a `*` or `?` in it? */
bool bee__is_pattern(const char *name);
/*
 * -E2BIG, with the count of places and how to name fewer of them: these are more than the limit.
 * things is what they are, in the plural; example is a narrower target.
 */
int bee__many_check(struct bee__attach *at, size_t len, size_t limit, const char *things,
		    const char *example);
void bee__many_begin(struct bee__many *many, size_t len);
/*
 * Note what came of one place, and tell the log every now and then. What the kernel refuses is passed
 * over; an error that the next place would get too is returned.
 */
int bee__many_step(struct bee__attach *at, struct bee__many *many, int err);
/* A cookie for each of many places of one link, which the caller frees; NULL: they have none. */
int bee__many_cookies(const struct bee__attach *at, size_t len, uint64_t **ret_cookies);
/* Does an error say something about this process, and not about the place? */
bool bee__many_is_ours(int err);

#endif
