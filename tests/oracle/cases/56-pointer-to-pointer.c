// A pointer is changed in a loop through another one, and compared with the end of a list.
// probe reads
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct list_head *head)
{
	struct list_head *at = head->next, **step = &at;
	int count = 0;

	for (int i = 0; i < 8 && at != head; i++) {
		count += container_of(at, struct task_struct, children)->pid & 7;
		*step = at->next;
	}
	return count;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct list_head *head = (void *)PT_REGS_PARM1(ctx), *at = GET(head, next);
	int count = 0;

	for (int i = 0; i < 8 && at != head; i++) {
		struct task_struct *task = (void *)at - offsetof(struct task_struct, children);

		count += GET(task, pid) & 7;
		at = GET(at, next);
	}
	return count;
}
#endif
