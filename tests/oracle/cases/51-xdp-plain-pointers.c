// In XDP the packet is memory that the verifier checks: plain loads, and counters in an array.
#ifndef PLAIN
BPF_ARRAY(protocols, u64, 256);
int on_packet(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	u32 protocol;

	if ((void *)(ip + 1) > end || eth->h_proto != htons(ETH_P_IP))
		return XDP_PASS;
	protocol = ip->protocol;
	protocols.increment(protocol);
	return ip->ihl == 5 ? XDP_DROP : XDP_PASS;
}
#else
MAP(protocols, BPF_MAP_TYPE_ARRAY, u32, u64, 256);
SEC("xdp") int on_packet(struct xdp_md *ctx)
{
	u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	u32 protocol;
	u64 *count;

	if (data + 34 > end || data[12] != 8 || data[13] != 0)
		return XDP_PASS;
	protocol = data[23];
	count = bpf_map_lookup_elem(&protocols, &protocol);
	if (count)
		*count += 1;
	return (data[14] & 15) == 5 ? XDP_DROP : XDP_PASS;
}
#endif
// wish: on_packet=xdp:lo
