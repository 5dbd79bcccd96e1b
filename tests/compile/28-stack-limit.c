int kprobe__vfs_read(struct pt_regs *ctx)
{
	char big[600] = { 0 };

	bpf_probe_read_kernel(big, sizeof(big), (void *)PT_REGS_PARM1(ctx));
	return big[3];
}
