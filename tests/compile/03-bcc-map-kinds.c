// The kinds and sizes that BCC's reference guide gives each macro when arguments are left out.
struct key { u64 slot; u32 pid; };

BPF_HASH(hash_default);
BPF_HASH(hash_struct, struct key);
BPF_ARRAY(array_default);
BPF_ARRAY(array_sized, u32, 16);
BPF_PERCPU_HASH(percpu_hash, u32, u64);
BPF_PERCPU_ARRAY(percpu_array, struct key, 4);
BPF_HISTOGRAM(hist_default);
BPF_HISTOGRAM(hist_struct, struct key);
BPF_STACK_TRACE(stacks, 1024);
BPF_PERF_OUTPUT(perf);
BPF_RINGBUF_OUTPUT(ring, 8);

int kprobe__vfs_read(struct pt_regs *ctx)
{
	int slot = 0;

	array_default.increment(slot);
	hist_default.increment(bpf_log2l(100));
	return 0;
}
