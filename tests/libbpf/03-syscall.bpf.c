// SPDX-License-Identifier: Apache-2.0
/* System calls by kprobe, whose arguments lie in a second set of registers. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} events SEC(".maps");

struct event {
	u32 pid;
	int flags;
	char name[64];
};

SEC("kprobe/__x64_sys_openat")
int on_openat(struct pt_regs *ctx)
{
	struct pt_regs *regs = PT_REGS_SYSCALL_REGS(ctx);
	struct event e = { .pid = bpf_get_current_pid_tgid() >> 32 };

	e.flags = PT_REGS_PARM3_CORE_SYSCALL(regs);
	bpf_probe_read_user_str(e.name, sizeof(e.name), (void *)PT_REGS_PARM2_CORE_SYSCALL(regs));
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e, sizeof(e));
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_kill")
int on_kill(struct trace_event_raw_sys_enter *ctx)
{
	return ctx->args[0] + ctx->args[1] + ctx->id;
}

SEC("tp/sched/sched_process_exit")
int on_exit(struct trace_event_raw_sched_process_template *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, exit_code) + ctx->pid + ctx->prio;
}

char LICENSE[] SEC("license") = "GPL";
