// A return probe's one number.
#ifndef PLAIN
int kretprobe__f(struct pt_regs *ctx)
{
	struct sock *sk = (struct sock *)PT_REGS_RC(ctx);
	int err = PT_REGS_RC(ctx);

	if (!sk)
		return -1;
	return sk->__sk_common.skc_family + (err < 0);
}
#else
SEC("kretprobe/f") int kretprobe__f(struct pt_regs *ctx)
{
	struct sock *sk = (void *)PT_REGS_RC(ctx);

	if (!sk)
		return -1;
	return GET(sk, __sk_common.skc_family) + ((int)PT_REGS_RC(ctx) < 0);
}
#endif
