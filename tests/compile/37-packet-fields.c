// show: calls
// Fields of protocol structs in BCC's style, in a socket filter: http-parse-simple's way to the payload.
int http_filter(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));

	if (!(ethernet->type == 0x0800))
		return 0;
	struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
	if (ip->nextp != 6)
		return 0;
	struct tcp_t *tcp = cursor_advance(cursor, sizeof(*tcp));
	return load_byte(skb, 14 + (ip->hlen << 2) + (tcp->offset << 2)) == 'H' ? -1 : 0;
}
