// The address of a member is a number, not a read; what it points to is read.
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct task_struct *task)
{
	int *pid = &task->pid;
	struct list_head *list = &task->real_parent->children;

	return *pid + (list == list->next) + (int)(long)list;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx), *parent = GET(task, real_parent);
	struct list_head *list = &parent->children;

	return GET(task, pid) + (list == GET(list, next)) + (int)(long)list;
}
#endif
