// Bytes of the kernel compared with a constant, and with one another.
// probe reads
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct task_struct *task, struct task_struct *other)
{
	char want[4] = { 0, 0, 0, 0 };
	int result = 0;

	if (!memcmp(task->comm, want, sizeof(want)))
		result |= 1;
	if (!memcmp(task->comm, other->comm, 16))
		result |= 2;
	if (!memcmp(task->comm, task->comm, 8))
		result |= 4;
	return result;
}
#else
static __always_inline int is_same(const char *a, const char *b, int len)
{
	for (int i = 0; i < len; i++)
		if (AT(char, a + i) != AT(char, b + i))
			return 0;
	return 1;
}
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx), *other = (void *)PT_REGS_PARM2(ctx);
	int result = 0;

	if (AT(u32, task->comm) == 0)
		result |= 1;
	if (is_same(task->comm, other->comm, 16))
		result |= 2;
	return result | 4;
}
#endif
