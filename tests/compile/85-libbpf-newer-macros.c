// What libbpf's and the kernel's headers for programs have beside helpers: iterators, structs as arguments,
// bitfields that are written, prototypes of kfuncs, function-like constants, helpers by address.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";
struct bits { u32 low : 3, high : 7; } bits;
long sum;
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

SEC("fentry/bpf_fentry_test1")
int BPF_PROG2(pairs, int, a, struct bits, b)
{
	sum = a + b.high;
	BPF_CORE_WRITE_BITFIELD(&bits, high, a);
	return 0;
}

SEC("fentry/bpf_fentry_test2")
int BPF_PROG2(no_pairs)
{
	sum++;
	return 0;
}

SEC("ksyscall/openat")
int BPF_KSYSCALL(on_open, int dfd, const char *path, int flags)
{
	sum += dfd + flags;
	return 0;
}

SEC("syscall")
int loops(void *ctx)
{
	long (*print)(const char *, unsigned int, ...) = bpf_trace_printk;
	struct task_struct *task;
	int i, *n;

	bpf_rcu_read_lock();
	bpf_for_each(task, task, NULL, BPF_TASK_ITER_ALL_PROCS)
		sum += task->pid;
	bpf_rcu_read_unlock();
	bpf_for_each(num, n, 0, 5)
		sum += *n;
	bpf_for(i, 0, 5)
		sum += i;
	bpf_repeat(3)
		sum++;
	print("five", 5);
	return BPF_F_ADJ_ROOM_ENCAP_L2(14) == 14ull << 56 && BPF_DEVCG_DEV_CHAR == 2 &&
	       bpf_htons(0x0102) == __bpf_htons(0x0102) && GRE_VERSION == __bpf_constant_htons(7);
}

static int each(u32 i, long **at)
{
	**at += i;
	return 0;
}

SEC("kprobe/vfs_read")
int BPF_KPROBE(callback)
{
	u32 zero = 0;
	long *at = bpf_map_lookup_elem(&counts, &zero);

	if (at)
		bpf_loop(10, each, &at, 0);
	return 0;
}

/* Names that a macro puts together, of BTF and of the headers. */
#define HELPER(name) BPF_FUNC_##name
#define SAMPLED(bit) (1ull << PERF_SAMPLE_##bit)
SEC("tc")
int made(struct __sk_buff *skb)
{
	return HELPER(map_lookup_elem) + SAMPLED(IP);
}
