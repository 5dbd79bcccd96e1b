// Counters in maps and in global variables.
#ifndef PLAIN
BPF_ARRAY(slots, u64, 2);
u32 total;
int kprobe__f(struct pt_regs *ctx, u64 n)
{
	int zero = 0, one = 1;
	u64 *a = slots.lookup(&zero), *b = slots.lookup(&one), old;

	if (!a || !b)
		return 0;
	__sync_fetch_and_add(a, n);
	lock_xadd(b, 3);
	old = __sync_fetch_and_or(b, 0x100);
	__sync_fetch_and_xor(a, old);
	old += __sync_val_compare_and_swap(b, 0x103, 77);
	old += __sync_lock_test_and_set(a, n + 1);
	__sync_fetch_and_add(&total, 2);
	return old;
}
#else
MAP(slots, BPF_MAP_TYPE_ARRAY, u32, u64, 2);
u32 total;
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u32 zero = 0, one = 1;
	u64 n = PT_REGS_PARM1(ctx), *a = bpf_map_lookup_elem(&slots, &zero), old, swapped;
	u64 *b = bpf_map_lookup_elem(&slots, &one);

	if (!a || !b)
		return 0;
	*a += n;
	*b += 3;
	old = *b;
	*b |= 0x100;
	*a ^= old;
	swapped = *b;
	if (swapped == 0x103)
		*b = 77;
	old += swapped;
	old += *a;
	*a = n + 1;
	total += 2;
	return old;
}
#endif
