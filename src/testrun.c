// SPDX-License-Identifier: Apache-2.0
/* A program run once, on a context and a packet of the caller's: how a tool's C is tested. */
#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "internal.h"

const struct bee_type *bee_program_context(const struct bee_program *prog)
{
	const struct btf *btf = bpf_object__btf(prog->mod->obj);
	int id = btf ? btf__find_by_name_kind(btf, bee_program_name(prog), BTF_KIND_FUNC) : -1;
	const struct btf_type *at;

	if (id < 0)
		return NULL;
	at = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	if (!btf_vlen(at))
		return NULL;
	at = btf__type_by_id(btf, btf_params(at)->type);
	if (!at || !btf_is_ptr(at))
		return NULL;
	id = btf__resolve_type(btf, at->type);
	at = id < 0 ? NULL : btf__type_by_id(btf, id);
	return at && btf_is_composite(at) ? bee__type(prog->mod->types, id) : NULL;
}

static bool is_syscall(const struct bee_program *prog)
{
	return bpf_program__type(prog->bpf) == BPF_PROG_TYPE_SYSCALL;
}

/* Raw tracepoints refuse a test that asks for the context back. */
static bool gives_context(const struct bee_program *prog)
{
	return bpf_program__type(prog->bpf) != BPF_PROG_TYPE_RAW_TRACEPOINT;
}

static int refuse(const struct bee_program *prog, int err)
{
	struct bee *bee = prog->mod->bee;

	if (err == -BEE_ENOTSUPP || err == -EOPNOTSUPP) {
		err = bee__fail(bee, BEE_STAGE_TEST, -EOPNOTSUPP,
				"the kernel cannot run '%s' for a test", bee_program_name(prog));
		bee__hint(bee, "it can run socket, tc, xdp, cgroup and lwt programs, raw "
			       "tracepoints, sk_lookup, flow dissectors and syscall programs");
		return err;
	}
	bee__fail(bee, BEE_STAGE_TEST, err, "cannot run '%s' for a test: %s",
		  bee_program_name(prog), strerror(-err));
	if (err == -EINVAL)
		bee__hint(bee, "packets begin with an Ethernet header of 14 bytes; a context sets "
			       "only fields that a test may set; raw tracepoints take no packet "
			       "and no repeat");
	if (err == -ENOSPC)
		bee__hint(bee, "the program made the packet longer than the room for it");
	return err;
}

int bee_program_test(struct bee_program *prog, const struct bee_test_opts *opts,
		     struct bee_test_result *ret_result)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	struct bee *bee = prog->mod->bee;
	struct bee_test_opts asked;
	void *own = NULL;
	int err;

	bee__diags_clear(bee);
	err = bee__copy_opts(bee, BEE_STAGE_TEST, BEE__SIZED(bee_test_opts, repeat), &asked, opts);
	if (err)
		return err;
	if (bee_program_fd(prog) < 0)
		return bee__fail(bee, BEE_STAGE_TEST, -EBADF, "'%s' was left out at load",
				 bee_program_name(prog));
	run.ctx_in = asked.ctx;
	run.ctx_size_in = asked.ctx_size;
	if (is_syscall(prog) && asked.ctx) {
		/* It writes into the context that it is given. */
		own = malloc(asked.ctx_size + 1);
		if (!own)
			return -ENOMEM;
		run.ctx_in = memcpy(own, asked.ctx, asked.ctx_size);
	} else if (asked.ctx_out && gives_context(prog)) {
		run.ctx_out = asked.ctx_out;
		run.ctx_size_out = asked.ctx_size;
	}
	run.data_in = asked.data;
	run.data_size_in = asked.data_size;
	run.data_out = asked.data_out;
	run.data_size_out = asked.data_out_size;
	run.repeat = asked.repeat;
	err = bpf_prog_test_run_opts(bee_program_fd(prog), &run);
	if (own && asked.ctx_out) {
		memcpy(asked.ctx_out, own, asked.ctx_size);
		run.ctx_size_out = asked.ctx_size;
	}
	free(own);
	if (err)
		return refuse(prog, err);
	*ret_result = (struct bee_test_result){
		.retval = (int32_t)run.retval,
		.duration_ns = run.duration,
		.data_size = run.data_size_out,
		.ctx_size = run.ctx_size_out,
	};
	return 0;
}
