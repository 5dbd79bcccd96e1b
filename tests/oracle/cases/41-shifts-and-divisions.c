// Arithmetic of unsigned and signed numbers of 32 and 64 bits.
struct out {
	u64 a, b, c, d;
	s64 e, f;
	u32 g, h;
};
#ifndef PLAIN
BPF_PERF_OUTPUT(events);
int kprobe__f(struct pt_regs *ctx, u64 x, u32 y, long s, int t)
{
	struct out out = { x / (y | 1), x % (y | 1), x >> (y & 63), x * y,
			   s >> 3,      t >> 5,      y / 7,         y << (x & 31) };

	events.perf_submit(ctx, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u64 x = PT_REGS_PARM1(ctx);
	u32 y = PT_REGS_PARM2(ctx);
	long s = PT_REGS_PARM3(ctx);
	int t = PT_REGS_PARM4(ctx);
	struct out out = { x / (y | 1), x % (y | 1), x >> (y & 63), x * y,
			   s >> 3,      t >> 5,      y / 7,         y << (x & 31) };

	SUBMIT(events, &out);
	return 0;
}
#endif
