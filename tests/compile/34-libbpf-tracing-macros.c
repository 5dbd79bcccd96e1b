#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

u64 sum;

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	sum += next->pid;
	return 0;
}

SEC("kprobe/vfs_read")
int BPF_KPROBE(on_read, struct file *file, char *buf, size_t count)
{
	sum += BPF_CORE_READ(file, f_inode, i_ino) + count;
	return 0;
}

SEC("kretprobe/vfs_read")
int BPF_KRETPROBE(on_return, long ret)
{
	sum += ret;
	return 0;
}
// show: calls
