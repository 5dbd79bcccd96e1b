// What BCC's rewriter does not see: dereferences in macros and in inline functions.
// probe reads
#ifndef PLAIN
#define MM(task)    ((task)->mm)
#define OWNER(task) (MM(task)->owner)
static inline struct task_struct *up(struct task_struct *task)
{
	return task->group_leader;
}
static inline int sum(struct task_struct *a, struct task_struct *b)
{
	return a->pid + b->tgid;
}
int kprobe__f(struct pt_regs *ctx, struct task_struct *task)
{
	return sum(OWNER(task), up(up(task)));
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx), *leader = GET(task, group_leader),
			   *owner;
	struct mm_struct *mm = GET(task, mm);

	owner = GET(mm, owner);
	leader = GET(leader, group_leader);
	return GET(owner, pid) + GET(leader, tgid);
}
#endif
