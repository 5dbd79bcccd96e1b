int kprobe__vfs_read(struct pt_regs *ctx, struct no_such_struct *p)
{
	return p->field;
}
