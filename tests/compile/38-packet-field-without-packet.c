int kprobe__ip_rcv(struct pt_regs *ctx, struct sk_buff *skb)
{
	struct ip_t *ip = (void *)14;

	return ip->ttl;
}
