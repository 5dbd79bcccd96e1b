// syscall__: the wrapper's one argument points to the registers of the system call.
#ifndef PLAIN
BPF_PERF_OUTPUT(events);
int syscall__openat(struct pt_regs *ctx, int dfd, const char *path, int flags, u32 mode)
{
	struct {
		u64 path;
		int dfd, flags;
		u32 mode, pad;
	} out = { (u64)path, dfd, flags, mode, 0 };

	events.perf_submit(ctx, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/openat") int syscall__openat(struct pt_regs *ctx)
{
	struct pt_regs *regs = (void *)PT_REGS_PARM1(ctx);
	struct {
		u64 path;
		int dfd, flags;
		u32 mode, pad;
	} out = { GET(regs, si), GET(regs, di), GET(regs, dx), GET(regs, r10), 0 };

	SUBMIT(events, &out);
	return 0;
}
#endif
