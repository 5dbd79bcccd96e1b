// Stacks are asked for with the flags given.
#ifndef PLAIN
BPF_STACK_TRACE(stacks, 1024);
BPF_HASH(counts, int, u64);
int on_tick(struct bpf_perf_event_data *ctx)
{
	int kernel = stacks.get_stackid(ctx, 0), user = stacks.get_stackid(ctx, BPF_F_USER_STACK);

	counts.increment(kernel);
	counts.increment(user);
	return 0;
}
#else
MAP(stacks, BPF_MAP_TYPE_STACK_TRACE, u32, u64[127], 1024);
HASH(counts, int, u64);
static __always_inline void add(int key)
{
	u64 one = 1, *value = bpf_map_lookup_elem(&counts, &key);

	if (value)
		*value += 1;
	else
		bpf_map_update_elem(&counts, &key, &one, 1);
}
SEC("perf_event") int on_tick(struct bpf_perf_event_data *ctx)
{
	int kernel = bpf_get_stackid(ctx, &stacks, 0),
	    user = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);

	add(kernel);
	add(user);
	return 0;
}
#endif
// wish: on_tick=profile:hz:99
