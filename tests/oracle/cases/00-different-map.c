// The oracle itself: a map that is left with one byte more is seen.
// must differ
#ifndef PLAIN
BPF_HASH(counts, u32, u64);
int kprobe__f(struct pt_regs *ctx)
{
	u32 key = 1;
	u64 value = 256;

	counts.update(&key, &value);
	return 0;
}
#else
HASH(counts, u32, u64);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u32 key = 1;
	u64 value = 257;

	bpf_map_update_elem(&counts, &key, &value, 0);
	return 0;
}
#endif
