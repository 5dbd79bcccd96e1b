// SPDX-License-Identifier: Apache-2.0
/* Functions of the kernel, called; casts to kernel types that the verifier believes. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;

int tgid, priority;

SEC("tp_btf/task_newtask")
int BPF_PROG(on_new, struct task_struct *task, u64 clone_flags)
{
	struct task_struct *other = bpf_task_from_pid(1);
	struct task_struct *untyped =
		bpf_core_cast((void *)bpf_get_current_task(), struct task_struct);

	if (other) {
		tgid = other->tgid;
		bpf_task_release(other);
	}
	bpf_rcu_read_lock();
	priority = untyped->prio;
	bpf_rcu_read_unlock();
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
