// Which address space is read: what the two hold differs here.
// two spaces
struct out {
	char path[16];
	char comm[16];
	u64 word;
};
// probe reads
#ifndef PLAIN
BPF_PERF_OUTPUT(events);
int kprobe__f(struct pt_regs *ctx, const char __user *path, const char *name)
{
	struct out out = {};

	bpf_probe_read_user_str(out.path, sizeof(out.path), path);
	bpf_probe_read_kernel_str(out.comm, sizeof(out.comm), name);
	bpf_probe_read_user(&out.word, sizeof(out.word), (void *)path + 16);
	events.perf_submit(ctx, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	const char *path = (void *)PT_REGS_PARM1(ctx), *name = (void *)PT_REGS_PARM2(ctx);
	struct out out = {};

	bpf_probe_read_user_str(out.path, sizeof(out.path), path);
	bpf_probe_read_kernel_str(out.comm, sizeof(out.comm), name);
	bpf_probe_read_user(&out.word, sizeof(out.word), path + 16);
	SUBMIT(events, &out);
	return 0;
}
#endif
