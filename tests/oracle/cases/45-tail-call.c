// A tail call hands on the context and leaves.
#ifndef PLAIN
BPF_PROG_ARRAY(next, 4);
BPF_HASH(seen, u32, u64);
int kprobe__f(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 one = 1;

	seen.update(&tid, &one);
	next.call(ctx, 2);
	one = 2;
	seen.update(&tid, &one);
	return 0;
}
#else
MAP(next, BPF_MAP_TYPE_PROG_ARRAY, u32, u32, 4);
HASH(seen, u32, u64);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 one = 1;

	bpf_map_update_elem(&seen, &tid, &one, 0);
	bpf_tail_call(ctx, &next, 2);
	return 0;
}
#endif
