// What BCC's reference guide says that the names mean.
int kprobe__vfs_read(struct pt_regs *ctx)
{
	return 0;
}

int kretprobe__vfs_read(struct pt_regs *ctx)
{
	return PT_REGS_RC(ctx);
}

int tracepoint__sched__sched_switch(struct tracepoint__sched__sched_switch *args)
{
	return args->next_pid;
}

int syscall__openat(struct pt_regs *ctx, int dfd, const char __user *name, int flags)
{
	return flags;
}

int raw_tracepoint__sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	return ctx->args[1];
}
