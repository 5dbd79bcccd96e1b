// SPDX-License-Identifier: Apache-2.0
/*
 * fentry and fexit at all functions that a pattern matches. A program is bound to one function when it is
 * loaded, so each function gets a copy of its own, made of the instructions that libbpf has relocated: the
 * maps and variables are the same in all. The first function that matches has the program itself.
 */
#include <linux/bpf.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../internal.h"
#include "functions.h"
#include "many.h"
#include "tracing.h"

/* Only what is in the kernel's BTF too can be bound to; names keep their order. */
static int find_functions(struct bee__attach *at, const struct btf *btf,
			  struct bee__functions *ret_functions)
{
	struct bee__kfunction pattern;
	size_t kept = 0;
	int err = bee__kfunction_split(at, &pattern);

	if (!err && *pattern.module)
		err = bee__attach_fail(at, -EINVAL, "its functions of modules have no patterns");
	err = err ?: bee__functions_find(at, &pattern, ret_functions);
	if (err)
		return err;
	for (size_t i = 0; i < ret_functions->len; i++)
		if (btf__find_by_name_kind(btf, ret_functions->list[i], BTF_KIND_FUNC) > 0)
			ret_functions->list[kept++] = ret_functions->list[i];
	ret_functions->len = kept;
	if (!kept)
		err = bee__attach_fail(at, -ENOENT, "no function in the kernel's BTF matches '%s'",
				       at->rest);
	err = err ?: bee__many_check(at, kept, BEE_MANY_MAX, "functions", "fentry:tcp_send*");
	if (err)
		bee__functions_free(ret_functions);
	return err;
}

/* NULL: recorded. */
static struct btf *load_btf(struct bee__attach *at, int *ret_err)
{
	struct btf *btf = btf__load_vmlinux_btf();

	*ret_err = btf ? 0 : -errno;
	if (!btf)
		bee__attach_fail(at, *ret_err, "the kernel's BTF: %s", strerror(-*ret_err));
	return btf;
}

/* ---- at load ----------------------------------------------------------------------------- */

static bool is_cloned(const struct bee_program *prog)
{
	unsigned int type = bpf_program__expected_attach_type(prog->bpf);

	return type == BPF_TRACE_FENTRY || type == BPF_TRACE_FEXIT;
}

static int choose(struct bee__attach *at)
{
	struct bee__functions functions;
	struct btf *btf;
	int err;

	if (!is_cloned(at->prog))
		return bee__attach_fail(at, -EINVAL, "a pattern is no target of %s",
					at->hook->name);
	btf = load_btf(at, &err);
	if (!btf)
		return err;
	err = find_functions(at, btf, &functions);
	if (!err) {
		err = bpf_program__set_attach_target(at->prog->bpf, 0, functions.list[0]);
		bee__functions_free(&functions);
	}
	btf__free(btf);
	return err;
}

int bee__clones_choose(struct bee_program *prog)
{
	struct bee__attach at = { .bee = prog->mod->bee, .prog = prog, .hook = prog->hook };
	const char *reason;
	char target[1024];

	if (!at.hook || at.hook->attach != bee__attach_tracing ||
	    !bee__hook_by_section(bee_program_section(prog), &at.rest) ||
	    !bee__is_pattern(at.rest) ||
	    bee__hook_target(bee_program_section(prog), target, sizeof(target)))
		return 0;
	at.target = target;
	/* What the kernel lacks is told by the load that fails for it. */
	return bee__feature(at.hook->needs, &reason) ? 0 : choose(&at);
}

/* ---- at attach --------------------------------------------------------------------------- */

/* The descriptor of a copy that is bound to a function, or the verifier's or the kernel's refusal. */
static int load_copy(const struct bee_program *prog, int function)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .attach_btf_id = function,
		    .expected_attach_type = bpf_program__expected_attach_type(prog->bpf),
		    .prog_flags = bpf_program__flags(prog->bpf));
	const struct bee_module *mod = prog->mod;
	const char *license;
	size_t size;
	int fd;

	/* The object was loaded by it, so it is there and is text. */
	if (bee__elf_section(mod->elf, mod->elf_size, "license", &license, &size))
		return -EINVAL;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, bee_program_name(prog), license,
			   bpf_program__insns(prog->bpf), bpf_program__insn_cnt(prog->bpf), &opts);
	return fd < 0 ? -errno : fd;
}

/* A link keeps its program, whose descriptor goes. */
static int attach_copy(struct bee__attach *at, int function)
{
	int prog = load_copy(at->prog, function), link;

	if (prog < 0)
		return prog;
	link = bee__tracing_link(at, prog);
	close(prog);
	return link < 0 ? link : bee__attach_fd(at, link);
}

static int attach_copies(struct bee__attach *at, const struct btf *btf,
			 const struct bee__functions *functions)
{
	int link = bee__tracing_link(at, bee_program_fd(at->prog));
	struct bee__many many;
	int err;

	bee__many_begin(&many, functions->len);
	err = bee__many_step(at, &many, link < 0 ? link : bee__attach_fd(at, link));
	for (size_t i = 1; i < functions->len && !err; i++) {
		int id = btf__find_by_name_kind(btf, functions->list[i], BTF_KIND_FUNC);

		err = bee__many_step(at, &many, attach_copy(at, id));
	}
	if (!err && !many.made)
		err = many.refusal;
	if (!err && many.made < many.done)
		bee__log(at->bee, BEE_LOG_INFO, "%s: attached to %zu of %zu functions: %s",
			 at->target, many.made, many.done, strerror(-many.refusal));
	return err ? bee__attach_refused(at, err) : 0;
}

int bee__attach_clones(struct bee__attach *at)
{
	struct bee__functions functions;
	int err;
	struct btf *btf = load_btf(at, &err);

	if (!btf)
		return err;
	err = find_functions(at, btf, &functions);
	if (!err) {
		err = attach_copies(at, btf, &functions);
		bee__functions_free(&functions);
	}
	btf__free(btf);
	return err;
}
