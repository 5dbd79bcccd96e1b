// sk_daddr and its like are macros of the kernel's headers.
struct out {
	u32 saddr, daddr;
	u16 dport, num, family;
	u8 state;
	u8 pad;
};
// probe reads
#ifndef PLAIN
#include <net/sock.h>
BPF_PERF_OUTPUT(events);
int kprobe__f(struct pt_regs *ctx, struct sock *sk)
{
	struct out out = { sk->sk_rcv_saddr,
			   sk->sk_daddr,
			   ntohs(sk->sk_dport),
			   sk->sk_num,
			   sk->__sk_common.skc_family,
			   sk->sk_state,
			   0 };

	events.perf_submit(ctx, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct sock *sk = (void *)PT_REGS_PARM1(ctx);
	u16 port = GET(sk, __sk_common.skc_dport);
	struct out out = { GET(sk, __sk_common.skc_rcv_saddr),
			   GET(sk, __sk_common.skc_daddr),
			   (u16)(port >> 8 | port << 8),
			   GET(sk, __sk_common.skc_num),
			   GET(sk, __sk_common.skc_family),
			   GET(sk, __sk_common.skc_state),
			   0 };

	SUBMIT(events, &out);
	return 0;
}
#endif
