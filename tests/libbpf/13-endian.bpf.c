// SPDX-License-Identifier: Apache-2.0
/* Byte order of variables and of constants; cgroup and socket programs. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *ctx)
{
	if (ctx->user_ip4 == bpf_htonl(0x7f000001) && ctx->user_port == bpf_htons(80)) {
		ctx->user_port = bpf_htons(8080);
		return 1;
	}
	return bpf_ntohl(ctx->user_ip4) >> 24 != 10;
}

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	u64 cookie = bpf_get_socket_cookie(skb);

	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	return !sk || bpf_be64_to_cpu(cookie) != sk->src_port;
}

SEC("sockops")
int on_sock(struct bpf_sock_ops *ctx)
{
	if (ctx->op == BPF_SOCK_OPS_TCP_CONNECT_CB)
		bpf_sock_ops_cb_flags_set(ctx, BPF_SOCK_OPS_STATE_CB_FLAG);
	return 1;
}

SEC("socket")
int on_raw(struct __sk_buff *skb)
{
	return skb->protocol == __bpf_constant_htons(0x0806) ? skb->len : 0;
}

char LICENSE[] SEC("license") = "GPL";
