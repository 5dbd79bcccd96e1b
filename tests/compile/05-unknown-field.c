struct event { u32 pid; };

int kprobe__vfs_read(struct pt_regs *ctx)
{
	struct event e = { 0 };

	e.pidd = 1;
	return e.pid;
}
