// wish: no_such_program kprobe:tcp_v4_connect
int kprobe__vfs_read(struct pt_regs *ctx)
{
	return 0;
}
