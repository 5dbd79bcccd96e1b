// SPDX-License-Identifier: Apache-2.0
/* Memory of every kind: arenas, dynptrs, sections of the user's own, jumps to constant slots. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define __arena __attribute__((address_space(1)))

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 10);
} arena SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} jumps SEC(".maps");

struct in_arena {
	struct in_arena __arena *next;
	u64 value;
};

struct in_arena __arena *first;
const char word[] SEC(".rodata.words") = "word";
static volatile u32 numbers[4] SEC(".data.numbers") = { 1, 2, 3 };
u64 hidden_sum __attribute__((visibility("hidden")));

extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_not_there(int x) __ksym __weak;

SEC("syscall")
int walk(void *ctx)
{
	struct in_arena __arena *node;
	u64 sum = 0;
	int i;

	bpf_for(i, 0, 4)
	{
		node = first;
		if (!node)
			break;
		sum += node->value;
		node->value = i;
		first = node->next;
	}
	bpf_repeat(3) sum += numbers[sum & 3]++;
	hidden_sum += sum + word[sum & 3];
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct bpf_dynptr ptr;
	u64 value = task->pid, *slot;

	if (bpf_ksym_exists(bpf_not_there))
		bpf_not_there(task->pid);
	if (bpf_ringbuf_reserve_dynptr(&events, sizeof(value), 0, &ptr)) {
		bpf_ringbuf_discard_dynptr(&ptr, 0);
		return 0;
	}
	bpf_dynptr_write(&ptr, 0, &value, sizeof(value), 0);
	slot = bpf_dynptr_data(&ptr, 0, sizeof(value));
	if (slot)
		*slot += 1;
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
}

__noinline int chosen(struct __sk_buff *skb, u32 slot)
{
	return skb->len + slot;
}

SEC("tc")
int jump(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &jumps, 1);
	return chosen(skb, 1);
}

char LICENSE[] SEC("license") = "GPL";
