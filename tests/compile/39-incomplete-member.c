// A type with a mistake in it has no layout, which nothing may ask for.
SEC("tc")
int f(struct __sk_buff *skb)
{
	struct {
		struct iphdr ip;
		struct not_there x;
	} header;

	header.ip.tot_len = sizeof(header) + sizeof(header.x);
	return 0;
}
