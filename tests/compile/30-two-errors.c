int kprobe__vfs_read(struct pt_regs *ctx)
{
	first = 1;
	second = 2;
	return 0;
}
