static inline int twice(int n)
{
	return n * 2;
}

int kprobe__vfs_read(struct pt_regs *ctx)
{
	return twice(1, 2);
}
