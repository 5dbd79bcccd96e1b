// A header that the program shares with the one that loads it: what is behind __BPF__ is known to be compiled or not.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#ifdef __BPF__
#define FIRST 1
#else
#include <stdint.h>
typedef uint8_t u8;
typedef uint32_t u32;
#endif
#if !defined(__bpf__)
typedef uint64_t u64;
struct task_struct;
#endif
#ifdef __cplusplus
typedef bool s32;
#endif

/* What the headers define is asked for, and there. */
#ifndef bpf_core_cast
void *bpf_rdonly_cast(const void *, __u32) __ksym;
#endif

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/sched_switch")
int f(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u8 first = FIRST;
	u32 pid = task->pid;
	u64 both = pid + first;
	s32 sum = both;

	task = bpf_rdonly_cast(task, bpf_core_type_id_kernel(struct task_struct));
	return sum + task->tgid;
}
