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

/* The functions that a pattern matches, with their numbers in the kernel's BTF. */
struct bound {
	struct bee__functions functions;
	int *ids;
};

static void free_bound(struct bound *bound)
{
	bee__functions_free(&bound->functions);
	free(bound->ids);
}

static int compare(const void *name, const void *entry)
{
	return strcmp(name, *(const char *const *)entry);
}

/* One pass over the BTF, which is many times longer than the list. */
static void find_ids(const struct btf *btf, struct bound *bound)
{
	struct bee__functions *functions = &bound->functions;

	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *const *found;

		if (!btf_is_func(type))
			continue;
		found = bsearch(btf__name_by_offset(btf, type->name_off), functions->list,
				functions->len, sizeof(*functions->list), compare);
		if (found)
			bound->ids[found - functions->list] = id;
	}
}

/* Only what is in the BTF can be bound to. */
static void keep_found(struct bound *bound)
{
	size_t kept = 0;

	for (size_t i = 0; i < bound->functions.len; i++) {
		if (!bound->ids[i])
			continue;
		bound->functions.list[kept] = bound->functions.list[i];
		bound->ids[kept++] = bound->ids[i];
	}
	bound->functions.len = kept;
}

static int load_ids(struct bee__attach *at, struct bound *bound)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return bee__attach_fail(at, -errno, "the kernel's BTF: %s", strerror(errno));
	bound->ids = calloc(bound->functions.len, sizeof(*bound->ids));
	if (bound->ids) {
		find_ids(btf, bound);
		keep_found(bound);
	}
	btf__free(btf);
	if (!bound->ids)
		return -ENOMEM;
	return bound->functions.len
		       ? 0
		       : bee__attach_fail(at, -ENOENT,
					  "no function in the kernel's BTF matches '%s'", at->rest);
}

static int find_bound(struct bee__attach *at, struct bound *ret_bound)
{
	struct bound bound = { 0 };
	struct bee__kfunction pattern;
	int err = bee__kfunction_split(at, &pattern);

	if (!err && *pattern.module)
		err = bee__attach_fail(at, -EINVAL, "no pattern names functions of modules here");
	err = err ?: bee__functions_find(at, &pattern, &bound.functions);
	if (err)
		return err;
	err = bee__many_check(at, bound.functions.len, BEE_MANY_MAX, "functions",
			      "fentry:tcp_send*");
	err = err ?: load_ids(at, &bound);
	if (err)
		free_bound(&bound);
	else
		*ret_bound = bound;
	return err;
}

/* ---- at load ----------------------------------------------------------------------------- */

static bool is_cloned(const struct bee_program *prog)
{
	unsigned int type = bpf_program__expected_attach_type(prog->bpf);

	return type == BPF_TRACE_FENTRY || type == BPF_TRACE_FEXIT;
}

static int choose(struct bee__attach *at)
{
	struct bound bound;
	int err;

	if (!is_cloned(at->prog))
		return bee__attach_fail(at, -EINVAL, "a pattern is no target of %s",
					at->hook->name);
	err = find_bound(at, &bound);
	if (err)
		return err;
	err = bpf_program__set_attach_target(at->prog->bpf, 0, bound.functions.list[0]);
	free_bound(&bound);
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

static int attach_copies(struct bee__attach *at, const struct bound *bound)
{
	int link = bee__tracing_link(at, bee_program_fd(at->prog));
	struct bee__many many;
	int err;

	/* The program itself is at its place already, and copies would double what its links have. */
	if (link == -EBUSY || link == -EEXIST)
		return bee__attach_refused(at, link);
	bee__many_begin(&many, bound->functions.len);
	err = bee__many_step(at, &many, link < 0 ? link : bee__attach_fd(at, link));
	for (size_t i = 1; i < bound->functions.len && !err; i++)
		err = bee__many_step(at, &many, attach_copy(at, bound->ids[i]));
	if (!err && !many.made)
		err = many.refusal;
	if (!err && many.made < many.done)
		bee__log(at->bee, BEE_LOG_INFO, "%s: attached to %zu of %zu functions: %s",
			 at->target, many.made, many.done, strerror(-many.refusal));
	return err ? bee__attach_refused(at, err) : 0;
}

int bee__attach_clones(struct bee__attach *at)
{
	struct bound bound;
	int err = find_bound(at, &bound);

	if (err)
		return err;
	err = attach_copies(at, &bound);
	free_bound(&bound);
	return err;
}
