// SPDX-License-Identifier: GPL-2.0
/* The kernel's struct has gaps, which must be no members: libbpf looks each up in the kernel's. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("struct_ops")
unsigned int BPF_PROG(bee_threshold, struct sock *sk)
{
	return 2;
}

SEC("struct_ops")
void BPF_PROG(bee_avoid, struct sock *sk, unsigned int ack, unsigned int acked)
{
}

SEC("struct_ops")
unsigned int BPF_PROG(bee_undo, struct sock *sk)
{
	return 2;
}

SEC(".struct_ops")
struct tcp_congestion_ops bee_still = {
	.ssthresh = (void *)bee_threshold,
	.cong_avoid = (void *)bee_avoid,
	.undo_cwnd = (void *)bee_undo,
	.name = "bee_still",
};
