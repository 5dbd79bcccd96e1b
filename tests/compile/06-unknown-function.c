int kprobe__vfs_read(struct pt_regs *ctx)
{
	return no_such_function(1);
}
