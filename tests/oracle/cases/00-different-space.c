// The oracle itself: a read of the other address space is seen.
// two spaces
// must differ
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, void *p)
{
	u32 value;

	bpf_probe_read_user(&value, sizeof(value), p);
	return value;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	return AT(u32, PT_REGS_PARM1(ctx));
}
#endif
