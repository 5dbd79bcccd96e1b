// Every width, both signs, extended as C does it.
struct out {
	s64 a, b, c, d;
	u64 e, f, g, h;
};
// probe reads
#ifndef PLAIN
BPF_PERF_OUTPUT(events);
struct wide {
	signed char a;
	short b;
	int c;
	long d;
	u8 e;
	u16 f;
	u32 g;
	u64 h;
};
int kprobe__f(struct pt_regs *ctx, struct wide *w)
{
	struct out out = { w->a, w->b, w->c, w->d, w->e, w->f, w->g, w->h };

	events.perf_submit(ctx, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	char *w = (void *)PT_REGS_PARM1(ctx);
	struct out out = { AT(s8, w),      AT(s16, w + 2),  AT(s32, w + 4),  AT(s64, w + 8),
			   AT(u8, w + 16), AT(u16, w + 18), AT(u32, w + 20), AT(u64, w + 24) };

	SUBMIT(events, &out);
	return 0;
}
#endif
