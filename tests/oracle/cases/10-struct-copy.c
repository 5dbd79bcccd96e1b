// A struct is copied whole, and a struct within a struct.
// probe reads
#ifndef PLAIN
BPF_PERF_OUTPUT(events);
int kprobe__f(struct pt_regs *ctx, struct inode *inode)
{
	struct {
		struct qstr q;
		struct list_head list;
	} out = {};
	struct dentry *dentry = (struct dentry *)inode->i_private;

	out.q = dentry->d_name;
	out.list = inode->i_lru;
	events.perf_submit(ctx, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct inode *inode = (void *)PT_REGS_PARM1(ctx);
	struct dentry *dentry = GET(inode, i_private);
	struct {
		struct qstr q;
		struct list_head list;
	} out = {};

	bpf_probe_read_kernel(&out.q, sizeof(out.q),
			      (char *)dentry + offsetof(struct dentry, d_name));
	bpf_probe_read_kernel(&out.list, sizeof(out.list), &inode->i_lru);
	SUBMIT(events, &out);
	return 0;
}
#endif
