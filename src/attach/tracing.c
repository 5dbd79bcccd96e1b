// SPDX-License-Identifier: Apache-2.0
/* fentry, fexit, fmod_ret, lsm, tp_btf: the target is part of the program, and chosen at load. */
#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../internal.h"
#include "many.h"
#include "tracing.h"

/* As for libbpf, kernels without links for these (before Linux 5.19, but for raw tracepoints) do as well. */
int bee__tracing_link(const struct bee__attach *at, int prog)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .tracing.cookie = at->opts.cookie);
	enum bpf_attach_type type = bpf_program__expected_attach_type(at->prog->bpf);

	if (type == BPF_TRACE_RAW_TP)
		return bee__raw_tracepoint_open(prog, NULL, at->opts.cookie);
	return bpf_link_create(prog, 0, type, &opts);
}

int bee__attach_tracing(struct bee__attach *at)
{
	const char *rest = "";
	int fd;

	bee__hook_by_section(bee_program_section(at->prog), &rest);
	if (strcmp(rest, at->rest))
		return bee__attach_fail(at, -EINVAL, "the program was loaded for '%s'", rest);
	if (bee__is_pattern(rest))
		return bee__attach_clones(at);
	fd = bee__tracing_link(at, bee_program_fd(at->prog));
	return fd < 0 ? bee__attach_refused(at, fd) : bee__attach_fd(at, fd);
}
