// wish: on_connect kprobe:tcp_v4_connect
// optional: on_close fentry:tcp_close
int on_connect(struct pt_regs *ctx, struct sock *sk)
{
	return sk->__sk_common.skc_family;
}

int on_close(u64 *ctx)
{
	return 0;
}
