// A parameter takes as much of its register as its type has, with its sign.
struct out {
	s64 a;
	u64 b, c;
	s64 d;
};
#ifndef PLAIN
BPF_PERF_OUTPUT(events);
int kprobe__f(struct pt_regs *ctx, short a, unsigned char b, bool c, int d)
{
	struct out out = { a, b, c, d };

	events.perf_submit(ctx, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct out out = { (s16)PT_REGS_PARM1(ctx), (u8)PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx) != 0,
			   (s32)PT_REGS_PARM4(ctx) };

	SUBMIT(events, &out);
	return 0;
}
#endif
