// SPDX-License-Identifier: Apache-2.0
/* Attaching one program to many places: the limit, the progress, and which errors end it. */
#include <linux/bpf.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "../internal.h"
#include "many.h"
#include "uprobe.h"

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

int bee__many_cookies(const struct bee__attach *at, size_t len, uint64_t **ret_cookies)
{
	uint64_t *cookies;

	*ret_cookies = NULL;
	if (!at->opts.cookie)
		return 0;
	cookies = malloc(len * sizeof(*cookies));
	if (!cookies)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++)
		cookies[i] = at->opts.cookie;
	*ret_cookies = cookies;
	return 0;
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

bool bee__many_is_ours(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -EPERM ||
	       err == -EACCES || err == -EEXIST;
}

int bee__many_step(struct bee__attach *at, struct bee__many *many, int err)
{
	uint64_t now = now_ns();

	if (bee__many_is_ours(err))
		return err;
	many->done++;
	many->made += !err;
	if (err)
		many->refusal = err;
	if (now < many->due_ns)
		return 0;
	many->due_ns = now + NSEC_PER_SEC;
	bee__log(at->bee, BEE_LOG_PROGRESS, "attaching '%s' to %s: %zu of %zu",
		 bee_program_name(at->prog), at->target, many->done, many->len);
	return 0;
}

/* ---- links of many places ---------------------------------------------------------------- */

static const struct family {
	int (*attach)(struct bee__attach *at);
	unsigned int
		attach_type; /* of a program that is to have such a link, and can have no other */
	enum bee__feature needs;
	bool has_offsets;
} families[] = {
	{ bee__attach_kprobe, BPF_TRACE_KPROBE_MULTI, BEE_FEATURE_KPROBE_MULTI, false },
	{ bee__attach_uprobe, BEE_TRACE_UPROBE_MULTI, BEE_FEATURE_UPROBE_MULTI, true },
};

/* What one target asks for: nothing that such a link does, something, or more than it can. */
static bool fits(const struct family *family, const char *target, bool *wanted)
{
	const char *rest;
	const struct bee__hook *hook = bee__hook_by_target(target, &rest);

	if (!hook || hook->attach != family->attach || (strchr(rest, '+') && !family->has_offsets))
		return false;
	*wanted |= strstr(hook->name, ".multi") || bee__is_pattern(rest);
	return true;
}

static bool wants(const struct family *family, const struct bee_program *prog)
{
	char target[1024];
	bool wanted = false;

	if (!prog->targets_len)
		return !bee__hook_target(bee_program_section(prog), target, sizeof(target)) &&
		       fits(family, target, &wanted) && wanted;
	for (size_t i = 0; i < prog->targets_len; i++)
		if (!fits(family, prog->targets[i].text, &wanted))
			return false;
	return wanted;
}

bool bee__wants_multi(const struct bee_program *prog, unsigned int *ret_attach_type)
{
	for (size_t i = 0; i < BEE_LEN(families); i++) {
		const char *reason;

		if (!wants(&families[i], prog))
			continue;
		*ret_attach_type =
			bee__feature(families[i].needs, &reason) ? 0 : families[i].attach_type;
		return true;
	}
	return false;
}

bool bee__multi_serves(const struct bee_program *prog, const struct bee__hook *hook)
{
	unsigned int attach_type = bpf_program__expected_attach_type(prog->bpf);

	for (size_t i = 0; i < BEE_LEN(families); i++)
		if (attach_type == families[i].attach_type)
			return hook->attach == families[i].attach;
	return true;
}
