// SPDX-License-Identifier: Apache-2.0
/* Attaching one program to many places: the limit, the progress, and which errors end it. */
#include <time.h>

#include "../internal.h"
#include "many.h"

#define NSEC_PER_SEC 1000000000ull

bool bee__is_pattern(const char *name)
{
	return strpbrk(name, "*?") != NULL;
}

int bee__many_check(struct bee__attach *at, size_t len, size_t limit, const char *things,
		    const char *example)
{
	if (len <= limit)
		return 0;
	bee__attach_fail(at, -E2BIG,
			 "it matches %zu %s, and at most %zu can be attached to at once", len,
			 things, limit);
	bee__hint(at->bee, "narrow it, as %s", example);
	return -E2BIG;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

void bee__many_begin(struct bee__many *many, size_t len)
{
	*many = (struct bee__many){ .len = len, .due_ns = now_ns() + NSEC_PER_SEC };
}

/* What says something about this process, and not about the place. */
static bool is_ours(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -EPERM ||
	       err == -EACCES || err == -EEXIST;
}

int bee__many_step(struct bee__attach *at, struct bee__many *many, int err)
{
	uint64_t now = now_ns();

	if (is_ours(err))
		return err;
	many->done++;
	many->made += !err;
	if (err)
		many->refusal = err;
	if (now < many->due_ns)
		return 0;
	many->due_ns = now + NSEC_PER_SEC;
	bee__log(at->bee, BEE_LOG_INFO, "attaching '%s' to %s: %zu of %zu",
		 bee_program_name(at->prog), at->target, many->done, many->len);
	return 0;
}
