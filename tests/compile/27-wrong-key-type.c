struct key { u32 pid; u32 cpu; };
BPF_HASH(counts, struct key, u64);

int kprobe__vfs_read(struct pt_regs *ctx)
{
	u32 pid = 1;

	return counts.lookup(&pid) != NULL;
}
