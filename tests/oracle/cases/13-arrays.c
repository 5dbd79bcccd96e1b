// Constant and variable indexes, and arrays of structs and of pointers.
// probe reads
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct task_struct *task, u64 raw)
{
	u32 i = raw & 7;
	u64 sum = task->comm[3] + task->comm[i];

	sum += task->signal->rlim[i].rlim_max;
	sum += task->signal->pids[i & 1]->level;
	return sum;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx);
	struct signal_struct *signal = GET(task, signal);
	u32 i = PT_REGS_PARM2(ctx) & 7;
	u64 sum = GET(task, comm[3]) + AT(char, task->comm + i);
	struct pid *pid;

	sum += AT(u64, &signal->rlim[i].rlim_max);
	pid = AT(struct pid *, &signal->pids[i & 1]);
	return sum + GET(pid, level);
}
#endif
