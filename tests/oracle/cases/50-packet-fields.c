// Fields of a packet, big-endian, by BCC's protocol structs: ports, flags, nibbles and addresses.
struct out {
	u32 source, dest;
	u16 sport, dport;
	u8 ttl, flags, words, version;
};
#ifndef PLAIN
BPF_PERF_OUTPUT(events);
int on_packet(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
	struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
	struct tcp_t *tcp = cursor_advance(cursor, sizeof(*tcp));
	struct out out = { ip->src,       ip->dst, tcp->src_port,
			   tcp->dst_port, ip->ttl, tcp->flag_ack << 1 | tcp->flag_psh,
			   tcp->offset,   ip->ver };

	if (ethernet->type != 0x0800)
		return 0;
	events.perf_submit(skb, &out, sizeof(out));
	return -1;
}
#else
EVENTS(events);
static __always_inline u64 bytes(struct __sk_buff *ctx, u32 offset, u32 len)
{
	u8 byte;
	u64 value = 0;

	for (u32 i = 0; i < len; i++) {
		bpf_skb_load_bytes(ctx, offset + i, &byte, 1);
		value = value << 8 | byte;
	}
	return value;
}
SEC("socket") int on_packet(struct __sk_buff *ctx)
{
	struct out out = { bytes(ctx, 26, 4),
			   bytes(ctx, 30, 4),
			   bytes(ctx, 34, 2),
			   bytes(ctx, 36, 2),
			   bytes(ctx, 22, 1),
			   (bytes(ctx, 47, 1) >> 4 & 1) << 1 | (bytes(ctx, 47, 1) >> 3 & 1),
			   bytes(ctx, 46, 1) >> 4,
			   bytes(ctx, 14, 1) >> 4 };

	if (ctx->len < 54 || bytes(ctx, 12, 2) != 0x0800)
		return 0;
	SUBMIT(events, &out);
	return -1;
}
#endif
// wish: on_packet=socket
