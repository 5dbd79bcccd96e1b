// A source in libbpf's style is left as it is: CO-RE reads, a ring buffer, BPF_KPROBE.
struct record {
	u32 pid, tgid;
	u64 inode;
	char comm[16];
};
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
#ifndef PLAIN
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
SEC("kprobe/f") int BPF_KPROBE(on_f, struct task_struct *task, struct file *file)
{
	struct record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record)
		return 0;
	record->pid = BPF_CORE_READ(task, pid);
	record->tgid = BPF_CORE_READ(task, real_parent, tgid);
	record->inode = BPF_CORE_READ(file, f_inode, i_ino);
	bpf_core_read_str(record->comm, sizeof(record->comm), &task->comm);
	bpf_ringbuf_submit(record, 0);
	return 0;
}
#else
SEC("kprobe/f") int on_f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx), *parent;
	struct file *file = (void *)PT_REGS_PARM2(ctx);
	struct record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	struct inode *inode;

	if (!record)
		return 0;
	record->pid = GET(task, pid);
	parent = GET(task, real_parent);
	record->tgid = GET(parent, tgid);
	inode = GET(file, f_inode);
	record->inode = GET(inode, i_ino);
	bpf_probe_read_kernel_str(record->comm, sizeof(record->comm), task->comm);
	bpf_ringbuf_submit(record, 0);
	return 0;
}
#endif
