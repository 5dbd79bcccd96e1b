// Functions of C's library that read as they go, on kernel memory, with the cure.
int kprobe__a(struct pt_regs *ctx, struct task_struct *task, const char *name, size_t len)
{
	if (!__builtin_memcmp(task->comm, name, len))
		return 1;
	if (!__builtin_strcmp(task->comm, "sshd"))
		return 2;
	if (!__builtin_strncmp(task->comm, "sshd", 4))
		return 3;
	if (!__builtin_memcmp(task, name, 513))
		return 4;
	return __builtin_strlen(name);
}
