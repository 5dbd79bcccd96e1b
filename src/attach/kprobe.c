// SPDX-License-Identifier: Apache-2.0
/* kprobe, kretprobe: kernel functions; ksyscall, kretsyscall: that of a system call. */
#include <linux/bpf.h>

#include <bpf/libbpf.h>

#include "../internal.h"
#include "functions.h"

#define ONE_BY_ONE_MAX 1000 /* probes of one pattern: each takes two descriptors, and its time */

static bool is_return(const struct bee__attach *at)
{
	return !strncmp(at->hook->name, "kret", 4);
}

/* "vfs_read" or "vfs_read+0x10" */
static int split_offset(struct bee__attach *at, char *name, size_t size, size_t *ret_offset)
{
	const char *plus = strchr(at->rest, '+');
	size_t len = plus ? (size_t)(plus - at->rest) : strlen(at->rest);
	char *end = NULL;

	if (!len || len >= size)
		return bee__attach_fail(at, -EINVAL, "it names no function");
	memcpy(name, at->rest, len);
	name[len] = '\0';
	*ret_offset = plus ? strtoul(plus + 1, &end, 0) : 0;
	if (plus && (end == plus + 1 || *end))
		return bee__attach_fail(at, -EINVAL, "'%s' is no offset", plus + 1);
	return 0;
}

static int refuse(struct bee__attach *at, int err, const char *name)
{
	if (err == -ENOENT)
		return bee__attach_fail(at, err, "no such function: '%s'", name);
	if (err == -EINVAL)
		return bee__attach_fail(at, err, "the kernel does not let '%s' be probed", name);
	return bee__attach_fail(at, err, "%s", strerror(-err));
}

static int attach_one(struct bee__attach *at)
{
	LIBBPF_OPTS(bpf_kprobe_opts, opts, .retprobe = is_return(at));
	struct bpf_link *part;
	char name[256];
	int err;

	err = split_offset(at, name, sizeof(name), &opts.offset);
	if (err)
		return err;
	part = bpf_program__attach_kprobe_opts(at->prog->bpf, name, &opts);
	return part ? bee__attach_part(at, part) : refuse(at, -errno, name);
}

/* ---- many at once ------------------------------------------------------------------------ */

/* The program was loaded for kprobe.multi, which attaches it to all functions in one go. */
static int attach_multi(struct bee__attach *at, const struct bee__functions *functions)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .syms = functions->list, .cnt = functions->len,
		    .retprobe = is_return(at));
	struct bpf_link *part = bpf_program__attach_kprobe_multi_opts(at->prog->bpf, NULL, &opts);

	if (part)
		return bee__attach_part(at, part);
	if (functions->len == 1)
		return refuse(at, errno == ESRCH ? -ENOENT : -errno, functions->list[0]);
	return bee__attach_part(at, NULL);
}

/* What the kernel lets nobody probe is passed over, as long as something remains. */
static int attach_one_by_one(struct bee__attach *at, const struct bee__functions *functions)
{
	LIBBPF_OPTS(bpf_kprobe_opts, opts, .retprobe = is_return(at));
	int refusal = 0, err = 0;

	if (functions->len > ONE_BY_ONE_MAX)
		return bee__attach_fail(at, -E2BIG,
					"it matches %zu functions, and this program can "
					"be attached to at most %d",
					functions->len, ONE_BY_ONE_MAX);
	for (size_t i = 0; i < functions->len && !err; i++) {
		struct bpf_link *part =
			bpf_program__attach_kprobe_opts(at->prog->bpf, functions->list[i], &opts);

		if (part)
			err = bee__attach_part(at, part);
		else if (errno == EMFILE || errno == ENOMEM || errno == EPERM)
			err = refuse(at, -errno, functions->list[i]);
		else
			refusal = -errno;
	}
	if (!err && !at->link->parts_len)
		err = refuse(at, refusal, functions->list[functions->len - 1]);
	return err;
}

static bool is_for_multi(const struct bee_program *prog)
{
	return bpf_program__expected_attach_type(prog->bpf) == BPF_TRACE_KPROBE_MULTI;
}

int bee__attach_kprobe(struct bee__attach *at)
{
	struct bee__functions functions = { .list = &at->rest, .len = 1 };
	int err;

	if (!bee__is_pattern(at->rest))
		return is_for_multi(at->prog) ? attach_multi(at, &functions) : attach_one(at);
	err = bee__functions_find(at, at->rest, &functions);
	if (err)
		return err;
	err = is_for_multi(at->prog) ? attach_multi(at, &functions)
				     : attach_one_by_one(at, &functions);
	bee__functions_free(&functions);
	return err;
}

/* What one target asks for: nothing that kprobe.multi does, something, or more than it can. */
static bool fits_multi(const char *target, bool *wanted)
{
	const char *rest;
	const struct bee__hook *hook = bee__hook_by_target(target, &rest);

	if (!hook || !hook->attach || hook->attach != bee__attach_kprobe || strchr(rest, '+'))
		return false;
	*wanted |= strstr(hook->name, ".multi") || bee__is_pattern(rest);
	return true;
}

bool bee__wants_kprobe_multi(const struct bee_program *prog)
{
	char target[1024];
	bool wanted = false;

	if (!prog->targets_len)
		return !bee__hook_target(bee_program_section(prog), target, sizeof(target)) &&
		       fits_multi(target, &wanted) && wanted;
	for (size_t i = 0; i < prog->targets_len; i++)
		if (!fits_multi(prog->targets[i], &wanted))
			return false;
	return wanted;
}

/* ---- system calls ------------------------------------------------------------------------ */

int bee__attach_ksyscall(struct bee__attach *at)
{
	LIBBPF_OPTS(bpf_ksyscall_opts, opts, .retprobe = is_return(at));
	struct bpf_link *part = bpf_program__attach_ksyscall(at->prog->bpf, at->rest, &opts);

	if (part)
		return bee__attach_part(at, part);
	if (errno == ENOENT)
		return bee__attach_fail(at, -ENOENT, "no such system call: '%s'", at->rest);
	return refuse(at, -errno, at->rest);
}
