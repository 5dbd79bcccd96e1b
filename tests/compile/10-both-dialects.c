// One source in both dialects: a BCC method on one map, a libbpf helper on each.
#include <bpf/bpf_helpers.h>

BPF_HASH(bcc_map, u32, u64);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} libbpf_map SEC(".maps");

SEC("raw_tracepoint/sys_enter")
int libbpf_program(struct bpf_raw_tracepoint_args *ctx)
{
	u32 key = 1;
	u64 *value = bpf_map_lookup_elem(&libbpf_map, &key);

	if (value)
		bcc_map.update(&key, value);
	return 0;
}

TRACEPOINT_PROBE(sched, sched_switch)
{
	u32 key = args->next_pid;

	bcc_map.increment(key);
	return 0;
}
