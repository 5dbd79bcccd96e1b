// The same function is given kernel memory once, and the stack once.
struct pair {
	u32 a, b;
};
// probe reads
#ifndef PLAIN
static noinline int sum(struct pair *pair)
{
	return pair->a * 5 + pair->b;
}
int kprobe__f(struct pt_regs *ctx, struct pair *pair)
{
	struct pair mine = { bpf_get_smp_processor_id(), 7 };

	return sum(pair) + 11 * sum(&mine);
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct pair *pair = (void *)PT_REGS_PARM1(ctx);

	return GET(pair, a) * 5 + GET(pair, b) + 11 * (bpf_get_smp_processor_id() * 5 + 7);
}
#endif
