// Functions whose type nothing tells: one that others use is a function like any other.
int helper(void *ctx)
{
	return ctx != 0;
}

int on_something(void *ctx)
{
	return helper(ctx);
}

int kprobe__vfs_read(struct pt_regs *ctx)
{
	return helper(ctx);
}
