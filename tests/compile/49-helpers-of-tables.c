/* A table's address is its map, of which helpers and their callbacks take any. */
BPF_HASH(seen, u32, u64);
BPF_PERF_OUTPUT(events);

struct sum {
	u64 values;
};

static int add(void *map, u32 *key, u64 *value, struct sum *sum)
{
	sum->values += *value;
	return 0;
}

static int step(u32 index, struct sum *sum)
{
	u64 *value = seen.lookup(&index);

	sum->values += value ? *value : 0;
	return 0;
}

TRACEPOINT_PROBE(sched, sched_switch)
{
	struct sum sum = {};
	u32 key = 1;
	u64 *value = bpf_map_lookup_elem(&seen, &key);

	bpf_for_each_map_elem(&seen, add, &sum, 0);
	bpf_loop(100, step, &sum, 0);
	bpf_perf_event_output(args, &events, BPF_F_CURRENT_CPU, &sum, sizeof(sum));
	return value != 0;
}
