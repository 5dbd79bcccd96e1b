// A pointer that is the stack's or the kernel's.
struct pair {
	u32 a, b;
};
// probe reads
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct pair *theirs)
{
	struct pair mine = { 3, bpf_get_smp_processor_id() };
	struct pair *pair = theirs->a & 1 ? theirs : &mine;

	return pair->a + 2 * pair->b;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct pair *theirs = (void *)PT_REGS_PARM1(ctx);

	if (GET(theirs, a) & 1)
		return GET(theirs, a) + 2 * GET(theirs, b);
	return 3 + 2 * bpf_get_smp_processor_id();
}
#endif
