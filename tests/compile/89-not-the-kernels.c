// A header of both worlds: what it has for the kernel's own build is not this program's.
#ifndef __KERNEL__
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#else
struct task_struct { int mine; };
typedef unsigned int u32;
#define SEC(name)
#endif
#if defined(__KERNEL__)
enum bpf_map_type { BPF_MAP_TYPE_HASH };
#endif

SEC("raw_tp/sched_switch") int f(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u32 pid = task->pid;

	return pid + BPF_MAP_TYPE_HASH;
}
