// Beyond the end of an array there is nothing to find: the helper returns 0, the program goes on.
#ifndef PLAIN
BPF_ARRAY(slots, u64, 4);
static int bump(int slot)
{
	u64 zero = 0, *value = slots.lookup_or_init(&slot, &zero);

	(*value)++;
	return 5;
}
int kprobe__f(struct pt_regs *ctx)
{
	int a = bump(2), b = bump(100), c = bump(3);

	return a * 100 + b * 10 + c;
}
#else
MAP(slots, BPF_MAP_TYPE_ARRAY, u32, u64, 4);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u32 two = 2, three = 3;
	u64 *value = bpf_map_lookup_elem(&slots, &two);

	if (value)
		(*value)++;
	value = bpf_map_lookup_elem(&slots, &three);
	if (value)
		(*value)++;
	return 505;
}
#endif
