// lookup_or_init() ends the function with 0 where there is no room; here there always is.
#ifndef PLAIN
BPF_HASH(counts, u32, u64);
int kprobe__f(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 zero = 0, *count = counts.lookup_or_init(&tid, &zero);

	(*count) += 3;
	return 9;
}
#else
HASH(counts, u32, u64);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 three = 3, *count = bpf_map_lookup_elem(&counts, &tid);

	if (count)
		*count += 3;
	else
		bpf_map_update_elem(&counts, &tid, &three, 0);
	return 9;
}
#endif
