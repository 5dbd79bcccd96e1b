// A macro that names itself in its body stands before what the name meant; a function that replaces another has
// the parameters of that one; C's own header of atomics.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <stdatomic.h>

#define bpf_map_lookup_elem(map, key) bpf_map_lookup_elem(&(map), &(key))
#define bpf_task_from_pid(pid) ((struct task_struct *)bpf_task_from_pid((int)(pid)))
#define TASK_COMM_LEN \
	(TASK_COMM_LEN + 0)

char LICENSE[] SEC("license") = "GPL";
char name[TASK_COMM_LEN];
_Atomic unsigned long bits;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

SEC("syscall")
int own(void *ctx)
{
	struct task_struct *task = bpf_task_from_pid(1ull);
	u32 zero = 0;
	u64 *count = bpf_map_lookup_elem(counts, zero);

	if (count)
		*count += atomic_fetch_or_explicit(&bits, 4, memory_order_relaxed);
	if (task)
		bpf_task_release(task);
	return atomic_exchange(&bits, 7);
}

SEC("freplace/choose")
int other(int first, struct __sk_buff *skb, long last)
{
	return first + last + skb->len;
}

static inline int IS_ERR_OR_NULL(const void *at)
{
	return !at || (unsigned long)at >= -4095ul;
}

SEC("raw_tp/sched_switch")
int on_switch(void *ctx)
{
	return IS_ERR_OR_NULL((void *)bpf_get_current_task());
}
