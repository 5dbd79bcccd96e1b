// SPDX-License-Identifier: Apache-2.0
/* Structs around a member, whose place in them is relocated. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

SEC("kprobe/tcp_close")
int BPF_KPROBE(on_close, struct sock *sk)
{
	struct inet_connection_sock *icsk =
		container_of(sk, struct inet_connection_sock, icsk_inet.sk);
	struct socket_alloc *alloc =
		container_of(BPF_CORE_READ(sk, sk_socket), struct socket_alloc, socket);

	return BPF_CORE_READ(icsk, icsk_rto) + BPF_CORE_READ(alloc, vfs_inode.i_ino) +
	       offsetof(struct dentry, d_inode);
}

char LICENSE[] SEC("license") = "GPL";
