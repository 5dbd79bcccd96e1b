// C's functions of strings, where one cannot be made: with the cure.
struct pair { char a[16], *b; };
int kprobe__a(struct pt_regs *ctx, struct task_struct *task, const char *name, size_t len, int count)
{
	char mine[16];
	u32 key = 0;

	if (!memcmp(task->comm, name, len))
		return 1;
	if (count < 16 && !memcmp(task->comm, name, count))
		return 2;
	if (!__builtin_memcmp(task, name, 5000))
		return 3;
	strncpy(mine, task->comm, len);
	strcpy((char *)ctx->di, mine);
	return len < 16 && !memcmp(task->comm, name, len) && !strcmp(mine, name);
}
