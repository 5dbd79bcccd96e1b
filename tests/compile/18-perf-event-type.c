// clang itself drops the type of a local struct that only a helper sees.
struct sample {
	u64 when;
	u32 cpu;
	u32 pid;
};
BPF_PERF_OUTPUT(samples);

int kprobe__vfs_read(struct pt_regs *ctx)
{
	struct sample s = { .when = bpf_ktime_get_ns() };

	s.cpu = bpf_get_smp_processor_id();
	samples.perf_submit(ctx, &s, sizeof(s));
	return 0;
}
// show: struct sample
// show: calls
