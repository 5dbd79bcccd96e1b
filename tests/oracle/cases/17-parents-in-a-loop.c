// A chain whose length is not known when it is compiled.
// probe reads
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct task_struct *task)
{
	int depth = 0;

	for (int i = 0; i < 10; i++) {
		if (!task || task->pid == 1)
			break;
		task = task->real_parent;
		depth += task->exit_state + 1;
	}
	return depth;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx);
	int depth = 0;

	for (int i = 0; i < 10; i++) {
		if (!task || GET(task, pid) == 1)
			break;
		task = GET(task, real_parent);
		depth += GET(task, exit_state) + 1;
	}
	return depth;
}
#endif
