// SPDX-License-Identifier: Apache-2.0
/* Formatted text: few arguments, many, into a buffer, into a seq_file. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("tp/sched/sched_process_fork")
int on_fork(void *ctx)
{
	u64 id = bpf_get_current_pid_tgid();
	char text[32];

	bpf_printk("no arguments\n");
	bpf_printk("%d", (int)id);
	bpf_printk("%d %u %llu", (int)id, (u32)(id >> 32), id);
	bpf_printk("%d %u %llu %d", (int)id, (u32)(id >> 32), id, 4);
	bpf_printk("%d %d %d %d %d %d", 1, 2, 3, 4, 5, (int)id);
	BPF_SNPRINTF(text, sizeof(text), "%d-%d", (int)id, 7);
	return text[0];
}

SEC("iter/task")
int dump_task(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;

	if (!task)
		return 0;
	if (ctx->meta->seq_num == 0)
		BPF_SEQ_PRINTF(seq, "tgid pid\n");
	BPF_SEQ_PRINTF(seq, "%d %d %s\n", task->tgid, task->pid, task->comm);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
