// SPDX-License-Identifier: Apache-2.0
/* kprobe, kretprobe: kernel functions; ksyscall, kretsyscall: that of a system call. */
#include <linux/bpf.h>

#include <bpf/libbpf.h>

#include "../disasm.h"
#include "../internal.h"
#include "functions.h"
#include "many.h"
#include "perf.h"

static bool is_return(const struct bee__attach *at)
{
	return !strncmp(at->hook->name, "kret", 4);
}

/*
 * BCC calls the function of a system call sys_NAME, as kernels did before Linux 4.17; where there is no
 * such function, that of this machine's calls is meant.
 */
static void name_syscall(struct bee__kfunction *function)
{
#if defined(__aarch64__)
	static const char own[] = "__arm64_sys_";
#else
	static const char own[] = "__x64_sys_";
#endif
	char name[sizeof(function->name)];

	if (strncmp(function->name, "sys_", 4) || bee__is_pattern(function->name) ||
	    bee__ksym_address(function->name))
		return;
	if ((size_t)snprintf(name, sizeof(name), "%s%s", own, function->name + 4) < sizeof(name) &&
	    bee__ksym_address(name))
		strcpy(function->name, name);
}

/* 0, or a negative errno, unrecorded. */
static int try_one(struct bee__attach *at, const struct bee__kfunction *function, const char *name)
{
	char whole[330];

	snprintf(whole, sizeof(whole), "%s%s%s", function->module, *function->module ? ":" : "",
		 name);
	return bee__perf_probe(at, "kprobe", whole, function->offset, is_return(at), -1);
}

static int attach_one(struct bee__attach *at, const struct bee__kfunction *function)
{
	int err = try_one(at, function, function->name);

	return err && err != -ENOMEM ? bee__kfunction_refuse(at, err, function) : err;
}

/* ---- many at once ------------------------------------------------------------------------ */

/* The program was loaded for kprobe.multi, which attaches it to all functions in one go. */
static int attach_multi(struct bee__attach *at, const struct bee__kfunction *function,
			const char **list, size_t len)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .syms = list, .cnt = len,
		    .retprobe = is_return(at));
	struct bpf_link *part;
	uint64_t *cookies;
	int err = bee__many_check(at, len, BEE_MULTI_MAX, "functions", "kprobe:tcp_*");

	err = err ?: bee__many_cookies(at, len, &cookies);
	if (err)
		return err;
	opts.cookies = (const __u64 *)cookies;
	part = bpf_program__attach_kprobe_multi_opts(at->prog->bpf, NULL, &opts);
	free(cookies);
	if (part)
		return bee__attach_part(at, part);
	return len == 1 ? bee__kfunction_refuse(at, -errno, function)
			: bee__attach_refused(at, -errno);
}

/* What the kernel lets nobody probe is passed over, as long as something remains. */
static int attach_one_by_one(struct bee__attach *at, const struct bee__kfunction *pattern,
			     const struct bee__functions *functions)
{
	struct bee__many many;
	int err = bee__many_check(at, functions->len, BEE_MANY_MAX, "functions", "kprobe:tcp_*");

	if (err)
		return err;
	bee__many_begin(&many, functions->len);
	for (size_t i = 0; i < functions->len && !err; i++)
		err = bee__many_step(at, &many, try_one(at, pattern, functions->list[i]));
	if (!err && !many.made)
		err = many.refusal;
	return err ? bee__attach_refused(at, err) : 0;
}

static bool is_for_multi(const struct bee_program *prog)
{
	return bpf_program__expected_attach_type(prog->bpf) == BPF_TRACE_KPROBE_MULTI;
}

int bee__attach_kprobe(struct bee__attach *at)
{
	struct bee__functions functions;
	struct bee__kfunction function;
	const char *name = function.name;
	int err = bee__kfunction_split(at, &function);

	if (err)
		return err;
	name_syscall(&function);
	if (!bee__is_pattern(function.name))
		return is_for_multi(at->prog) ? attach_multi(at, &function, &name, 1)
					      : attach_one(at, &function);
	err = bee__functions_find(at, &function, &functions);
	if (err)
		return err;
	err = is_for_multi(at->prog) ? attach_multi(at, &function, functions.list, functions.len)
				     : attach_one_by_one(at, &function, &functions);
	bee__functions_free(&functions);
	return err;
}

/* ---- system calls ------------------------------------------------------------------------ */

/* The tracepoints of system calls have their names. */
static int add_near(void *ctx, const char *category, const char *event)
{
	bee__near_add(ctx, event + strlen("sys_enter_"));
	return 0;
}

int bee__attach_ksyscall(struct bee__attach *at)
{
	LIBBPF_OPTS(bpf_ksyscall_opts, opts, .retprobe = is_return(at),
		    .bpf_cookie = at->opts.cookie);
	struct bpf_link *part = bpf_program__attach_ksyscall(at->prog->bpf, at->rest, &opts);
	struct bee__near near;

	if (part)
		return bee__attach_part(at, part);
	if (errno != ENOENT)
		return bee__attach_refused(at, -errno);
	bee__attach_fail(at, -ENOENT, "no such system call: '%s'", at->rest);
	bee__near_begin(&near, at->rest);
	bee__tracepoints_each(at->bee, "syscalls", "sys_enter_*", add_near, &near);
	bee__hint_near(at->bee, &near, "");
	return -ENOENT;
}
