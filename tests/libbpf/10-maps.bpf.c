// SPDX-License-Identifier: Apache-2.0
/* Maps in maps, programs in maps, storage, pinned ones; calls through them. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} inner_a SEC(".maps"), inner_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [0] = &inner_a, [1] = &inner_b } };

int tail(void *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(u32));
	__array(values, int(void *));
} jumps SEC(".maps") = { .values = { [1] = (void *)&tail } };

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} storage SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 128);
	__uint(key_size, sizeof(u32));
	__uint(value_size, 127 * sizeof(u64));
} stacks SEC(".maps");

SEC("raw_tp/sys_exit")
int tail(void *ctx)
{
	return bpf_get_stackid(ctx, &stacks, 0);
}

static int each(struct bpf_map *map, const u32 *key, u64 *value, void *sum)
{
	*(u64 *)sum += *value;
	return 0;
}

SEC("raw_tp/sys_exit")
int on_exit(void *ctx)
{
	u32 slot = bpf_get_smp_processor_id() & 1;
	void *map = bpf_map_lookup_elem(&outer, &slot);
	u64 *value, sum = 0;

	if (map) {
		value = bpf_map_lookup_elem(map, &slot);
		if (value)
			*value += 1;
	}
	bpf_for_each_map_elem(&inner_a, each, &sum, 0);
	bpf_tail_call(ctx, &jumps, 1);
	return sum;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	u64 *value = bpf_task_storage_get(&storage, next, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (value)
		*value = bpf_ktime_get_ns();
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
