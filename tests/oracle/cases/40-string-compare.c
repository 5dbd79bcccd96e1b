// A text of the kernel's compared byte by byte, and a name by a helper of the user's own.
#ifndef PLAIN
static inline bool is_named(struct task_struct *task, const char *name, int len)
{
	for (int i = 0; i < len; i++)
		if (task->comm[i] != name[i])
			return false;
	return true;
}
int kprobe__f(struct pt_regs *ctx, struct task_struct *task)
{
	char none[4] = "", mine[16];

	bpf_get_current_comm(mine, sizeof(mine));
	return is_named(task, none, 3) * 2 + (mine[0] == 'b' && mine[3] == 'h');
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx);

	return (!GET(task, comm[0]) && !GET(task, comm[1]) && !GET(task, comm[2])) * 2 + 1;
}
#endif
