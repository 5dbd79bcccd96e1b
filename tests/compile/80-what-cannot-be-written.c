// Kernel memory and a process's are read-only; the map is the program's own, whatever it holds.
struct pair { u32 a, b; };
BPF_HASH(kept, u32, struct pair);

int kprobe__a(struct pt_regs *ctx, struct sock *sk)
{
	sk->sk_priority = 1;
	__sync_fetch_and_add(&sk->sk_mark, 1);
	__builtin_memset(sk, 0, sizeof(*sk));
	return 0;
}

int in_process(struct pt_regs *ctx, struct pair *pair)
{
	u32 key = 0;
	struct pair *mine = kept.lookup(&key);

	if (mine)
		mine->b = pair->a;
	pair->b = 2;
	return 0;
}
// wish: in_process uprobe:libc.so.6:getenv
