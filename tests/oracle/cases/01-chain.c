// Pointers are followed one after another, each by a read of its own.
// probe reads
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct task_struct *task)
{
	return task->mm->owner->real_parent->tgid;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx);
	struct mm_struct *mm = GET(task, mm);
	struct task_struct *owner = GET(mm, owner), *parent = GET(owner, real_parent);

	return GET(parent, tgid);
}
#endif
