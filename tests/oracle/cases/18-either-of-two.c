// A pointer that is one of two, and one that may be null.
// probe reads
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct task_struct *a, struct task_struct *b, int which)
{
	struct task_struct *task = which & 1 ? a : b;
	struct mm_struct *mm = task->mm ? task->mm : task->active_mm;

	return mm->map_count;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (int)PT_REGS_PARM3(ctx) & 1 ? (void *)PT_REGS_PARM1(ctx)
							       : (void *)PT_REGS_PARM2(ctx);
	struct mm_struct *mm = GET(task, mm);

	if (!mm)
		mm = GET(task, active_mm);
	return GET(mm, map_count);
}
#endif
