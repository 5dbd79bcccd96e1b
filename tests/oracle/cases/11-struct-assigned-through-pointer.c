// `struct x copy = *ptr`, and its members afterwards.
// probe reads
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct timespec64 *ts, struct path *path)
{
	struct timespec64 t = *ts;
	struct path p = *path;

	return t.tv_sec + 3 * t.tv_nsec + p.dentry->d_flags;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct timespec64 *ts = (void *)PT_REGS_PARM1(ctx);
	struct path *path = (void *)PT_REGS_PARM2(ctx);
	struct dentry *dentry = GET(path, dentry);

	return GET(ts, tv_sec) + 3 * GET(ts, tv_nsec) + GET(dentry, d_flags);
}
#endif
