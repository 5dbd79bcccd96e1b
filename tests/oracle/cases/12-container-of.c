// From a member back to the struct around it.
// probe reads
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct list_head *list)
{
	struct task_struct *task = container_of(list, struct task_struct, tasks);
	struct task_struct *leader = task->group_leader;
	struct task_struct *next = container_of(leader->tasks.next, struct task_struct, tasks);

	return next->pid ^ task->tgid;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	char *list = (void *)PT_REGS_PARM1(ctx);
	struct task_struct *task = (void *)(list - offsetof(struct task_struct, tasks));
	struct task_struct *leader = GET(task, group_leader);
	char *next_list = (void *)GET(leader, tasks.next);
	struct task_struct *next = (void *)(next_list - offsetof(struct task_struct, tasks));

	return GET(next, pid) ^ GET(task, tgid);
}
#endif
