// SPDX-License-Identifier: Apache-2.0
/* Locks and timers in values; memory of a ring buffer through a dynptr. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct locked {
	struct bpf_spin_lock lock;
	u64 count;
};

struct timed {
	struct bpf_timer timer;
	u64 fired;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct locked);
} locks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct timed);
} timers SEC(".maps");

static int fire(void *map, u32 *key, struct timed *value)
{
	value->fired++;
	return 0;
}

SEC("tc")
int on_packet(struct __sk_buff *skb)
{
	struct locked *one;
	struct timed *timed;
	u32 zero = 0;

	one = bpf_map_lookup_elem(&locks, &zero);
	timed = bpf_map_lookup_elem(&timers, &zero);
	if (!one || !timed)
		return 0;
	bpf_spin_lock(&one->lock);
	one->count++;
	bpf_spin_unlock(&one->lock);
	bpf_timer_init(&timed->timer, &timers, 1);
	bpf_timer_set_callback(&timed->timer, fire);
	bpf_timer_start(&timed->timer, 1000000, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
