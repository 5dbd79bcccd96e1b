// x86-64 passes six arguments in registers; BCC refuses a seventh too.
int kprobe__vfs_read(struct pt_regs *ctx, int a, int b, int c, int d, int e, int f, int g)
{
	return a + g;
}
