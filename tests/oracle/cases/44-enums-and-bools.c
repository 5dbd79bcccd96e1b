// Enums, bools and pointers compared as conditions.
// probe reads
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct sock *sk, struct request *rq)
{
	int result = 0;

	if (sk->sk_socket && sk->sk_socket->state == SS_CONNECTED)
		result |= 1;
	if (!rq->bio)
		result |= 2;
	if (sk->sk_socket->file != NULL)
		result |= 4;
	return result;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct sock *sk = (void *)PT_REGS_PARM1(ctx);
	struct request *rq = (void *)PT_REGS_PARM2(ctx);
	struct socket *socket = GET(sk, sk_socket);
	int result = 0;

	if (socket && GET(socket, state) == SS_CONNECTED)
		result |= 1;
	if (!GET(rq, bio))
		result |= 2;
	if (GET(socket, file))
		result |= 4;
	return result;
}
#endif
