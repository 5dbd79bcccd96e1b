int kprobe__vfs_read(struct pt_regs *ctx)
{
	char small[100] = {};
	char large[600] = {};

	bpf_get_current_comm(small, sizeof(small));
	bpf_get_current_comm(large, sizeof(large));
	return small[3] + large[5];
}

int kprobe__vfs_write(struct pt_regs *ctx)
{
	double ratio = bpf_ktime_get_ns() * 1.5;

	return ratio > 3 ? 1 : (int)ratio;
}

int kprobe__vfs_open(struct pt_regs *ctx)
{
	bpf_trace_printk("%d %d %d %d", 1, 2, 3, 4);
	return 0;
}
