// SPDX-License-Identifier: Apache-2.0
/* Bitfields, read by their relocated widths. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(on_retransmit, struct sock *sk, struct sk_buff *skb)
{
	u64 sum = BPF_CORE_READ_BITFIELD_PROBED(skb, cloned);

	sum += BPF_CORE_READ_BITFIELD_PROBED(sk, sk_no_check_tx);
	sum += BPF_CORE_READ_BITFIELD(sk, sk_no_check_rx);
	return sum;
}

char LICENSE[] SEC("license") = "GPL";
