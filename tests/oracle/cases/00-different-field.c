// The oracle itself: another field of the same width is seen.
// must differ
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct task_struct *task)
{
	return task->pid;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx);

	return GET(task, tgid);
}
#endif
