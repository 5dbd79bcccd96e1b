// Methods give what the helpers give.
struct v {
	u64 a;
	u32 b, c;
};
#ifndef PLAIN
BPF_HASH(table, u32, struct v, 16);
int kprobe__f(struct pt_regs *ctx)
{
	u32 one = 1, two = 2;
	struct v v = { 5, 6, 7 }, *found;
	int result = 0;

	result |= table.insert(&one, &v) ? 1 : 0;
	result |= table.insert(&one, &v) ? 2 : 0;
	v.a = 50;
	result |= table.update(&two, &v) ? 4 : 0;
	found = table.lookup(&one);
	if (found)
		found->c += 1;
	found = table.lookup_or_try_init(&two, &v);
	if (found)
		found->b ^= 0xff;
	result |= table.delete(&one) ? 8 : 0;
	result |= table.delete(&one) ? 16 : 0;
	return result;
}
#else
MAP(table, BPF_MAP_TYPE_HASH, u32, struct v, 16);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u32 one = 1, two = 2;
	struct v v = { 5, 6, 7 }, *found;
	int result = 0;

	result |= bpf_map_update_elem(&table, &one, &v, BPF_NOEXIST) ? 1 : 0;
	result |= bpf_map_update_elem(&table, &one, &v, BPF_NOEXIST) ? 2 : 0;
	v.a = 50;
	result |= bpf_map_update_elem(&table, &two, &v, BPF_ANY) ? 4 : 0;
	found = bpf_map_lookup_elem(&table, &one);
	if (found)
		found->c += 1;
	found = bpf_map_lookup_elem(&table, &two);
	if (found)
		found->b ^= 0xff;
	result |= bpf_map_delete_elem(&table, &one) ? 8 : 0;
	result |= bpf_map_delete_elem(&table, &one) ? 16 : 0;
	return result;
}
#endif
