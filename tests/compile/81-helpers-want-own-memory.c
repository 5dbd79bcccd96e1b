// A helper takes no number for memory: the verifier says "type=scalar expected=fp" of each of these.
BPF_HASH(by_pid, u32);
BPF_PERF_OUTPUT(events);

int kprobe__a(struct pt_regs *ctx, struct task_struct *task)
{
	u64 one = 1;

	by_pid.lookup(&task->pid);
	by_pid.update(&task->pid, &one);
	events.perf_submit(ctx, task->comm, 16);
	return bpf_strncmp(task->comm, 4, "sshd");
}
