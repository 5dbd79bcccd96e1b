// memcpy of an array, of a struct within a struct, and of what a member points to.
struct out {
	char comm[16];
	struct timespec64 time;
	char name[32];
};
// probe reads
#ifndef PLAIN
BPF_PERF_OUTPUT(events);
int kprobe__f(struct pt_regs *ctx, struct task_struct *task, struct dentry *dentry,
	      struct kstat *stat)
{
	struct out out = {};

	__builtin_memcpy(out.comm, task->comm, sizeof(out.comm));
	out.time = stat->mtime;
	__builtin_memcpy(out.name, dentry->d_name.name, sizeof(out.name));
	events.perf_submit(ctx, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx);
	struct dentry *dentry = (void *)PT_REGS_PARM2(ctx);
	struct kstat *stat = (void *)PT_REGS_PARM3(ctx);
	struct out out = {};

	bpf_probe_read_kernel(out.comm, sizeof(out.comm), task->comm);
	bpf_probe_read_kernel(&out.time, sizeof(out.time), &stat->mtime);
	bpf_probe_read_kernel(out.name, sizeof(out.name), GET(dentry, d_name.name));
	SUBMIT(events, &out);
	return 0;
}
#endif
