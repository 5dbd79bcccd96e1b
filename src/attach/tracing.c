// SPDX-License-Identifier: Apache-2.0
/* fentry, fexit, fmod_ret, lsm, tp_btf: the target is part of the program, and chosen at load. */
#include <bpf/libbpf.h>

#include "../internal.h"

int bee__attach_tracing(struct bee__attach *at)
{
	const char *rest = "";

	bee__hook_by_section(bee_program_section(at->prog), &rest);
	if (strcmp(rest, at->rest))
		return bee__attach_fail(at, -EINVAL, "the program was loaded for '%s'", rest);
	return bee__attach_part(at, bpf_program__attach(at->prog->bpf));
}
