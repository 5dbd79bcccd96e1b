// SPDX-License-Identifier: Apache-2.0
/* BPF_CORE_READ in its forms, from raw tracepoints. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct event {
	pid_t pid, ppid;
	unsigned int inum;
	u64 start;
	char comm[16], parent[16], exe[32];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	const char *filename;

	if (!e)
		return 0;
	e->pid = BPF_CORE_READ(p, tgid);
	e->ppid = BPF_CORE_READ(p, real_parent, tgid);
	e->inum = BPF_CORE_READ(p, nsproxy, pid_ns_for_children, ns.inum);
	BPF_CORE_READ_INTO(&e->start, p, start_time);
	BPF_CORE_READ_STR_INTO(&e->parent, p, real_parent, comm);
	filename = BPF_CORE_READ(bprm, filename);
	bpf_probe_read_kernel_str(e->exe, sizeof(e->exe), filename);
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("raw_tp/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct mm_struct *mm;
	int sum = 0;

	bpf_core_read(&mm, sizeof(mm), &next->mm);
	if (mm)
		sum = BPF_CORE_READ(mm, exe_file, f_inode, i_sb, s_dev);
	return BPF_CORE_READ(prev, pid) + sum;
}
