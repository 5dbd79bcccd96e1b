// SPDX-License-Identifier: Apache-2.0
/* Packets, read directly between their ends. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define ETH_P_IP   0x0800
#define ETH_P_IPV6 0x86DD

struct flow {
	__be32 saddr, daddr;
	__be16 sport, dport;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct flow);
	__type(value, u64);
} flows SEC(".maps");

static __always_inline int count(struct flow *flow, u64 len)
{
	u64 *old = bpf_map_lookup_elem(&flows, flow);

	if (old)
		__sync_fetch_and_add(old, len);
	else
		bpf_map_update_elem(&flows, flow, &len, BPF_NOEXIST);
	return XDP_PASS;
}

SEC("xdp")
int on_packet(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct flow flow = {};
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if (ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	udp = (void *)ip + ip->ihl * 4;
	if ((void *)(udp + 1) > end)
		return XDP_DROP;
	flow.saddr = ip->saddr;
	flow.daddr = ip->daddr;
	flow.sport = udp->source;
	flow.dport = udp->dest;
	return count(&flow, bpf_ntohs(ip->tot_len));
}

SEC("tc")
int on_frame(struct __sk_buff *skb)
{
	__u16 proto;

	if (bpf_skb_load_bytes(skb, 12, &proto, sizeof(proto)))
		return 0;
	skb->cb[0] = bpf_ntohs(proto);
	if (proto == bpf_htons(ETH_P_IPV6))
		return 2 + (skb->len > 100) + bpf_ntohl(skb->mark) +
		       (bpf_cpu_to_be64(skb->tstamp) & 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
