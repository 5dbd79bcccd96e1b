// SPDX-License-Identifier: Apache-2.0
/* Loops that the kernel runs, whose macros came after libbpf 1.1. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

int total;

static int step(u32 index, int *sum)
{
	*sum += index;
	return *sum > 1000;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_enter, struct pt_regs *regs, long id)
{
	int sum = 0;

	bpf_loop(id & 15, step, &sum, 0);
	return sum;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_exit, struct pt_regs *regs, long ret)
{
	int sum = 0, i;

	bpf_for(i, 0, (int)ret & 7) sum += i;
	total = sum;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
