// A switch, a conditional expression and a short circuit, each of which must read what it needs alone.
// probe reads
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct sock *sk)
{
	switch (sk->__sk_common.skc_family & 3) {
	case 0:
		return sk->__sk_common.skc_num;
	case 1:
		return sk->sk_type ? sk->sk_protocol : -5;
	case 2:
		return sk->sk_socket && sk->sk_socket->type == 1;
	}
	return -1;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct sock *sk = (void *)PT_REGS_PARM1(ctx);
	u32 kind = GET(sk, __sk_common.skc_family) & 3;
	struct socket *socket = GET(sk, sk_socket);

	if (kind == 0)
		return GET(sk, __sk_common.skc_num);
	if (kind == 1)
		return GET(sk, sk_type) ? GET(sk, sk_protocol) : -5;
	if (kind == 2)
		return socket && GET(socket, type) == 1;
	return -1;
}
#endif
