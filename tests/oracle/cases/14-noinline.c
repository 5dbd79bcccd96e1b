// A pointer given to a function that is not inlined, and one that comes back from it.
// probe reads
#ifndef PLAIN
static noinline struct task_struct *parent_of(struct task_struct *task)
{
	return task->real_parent;
}
static noinline int flags_of(struct task_struct *task, int times)
{
	return task->flags * times + task->pid;
}
int kprobe__f(struct pt_regs *ctx, struct task_struct *task)
{
	struct task_struct *parent = parent_of(parent_of(task));

	return flags_of(parent, 3) + parent->exit_code;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx);
	struct task_struct *parent = GET(task, real_parent);

	parent = GET(parent, real_parent);
	return GET(parent, flags) * 3 + GET(parent, pid) + GET(parent, exit_code);
}
#endif
