// A callback that a helper calls, with a pointer of the kernel's in its context.
struct walk {
	struct task_struct *task;
	u32 sum;
};
#ifndef PLAIN
static long step(u32 i, struct walk *walk)
{
	walk->task = walk->task->real_parent;
	walk->sum += walk->task->pid;
	return i == 3;
}
int kprobe__f(struct pt_regs *ctx, struct task_struct *task)
{
	struct walk walk = { task, 0 };

	bpf_loop(10, step, &walk, 0);
	return walk.sum;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx);
	u32 sum = 0;

	for (int i = 0; i < 4; i++) {
		task = GET(task, real_parent);
		sum += GET(task, pid);
	}
	return sum;
}
#endif
