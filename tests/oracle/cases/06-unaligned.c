// Members of a packed struct stand at odd addresses.
struct out {
	u64 a, b, c;
};
// probe reads
#ifndef PLAIN
struct tight {
	u8 x;
	u64 a;
	u16 b;
	u8 y;
	u32 c;
} __attribute__((packed));
BPF_PERF_OUTPUT(events);
int kprobe__f(struct pt_regs *ctx, struct tight *t)
{
	struct out out = { t->a, t->b, t->c };

	events.perf_submit(ctx, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	char *t = (void *)PT_REGS_PARM1(ctx);
	struct out out = { AT(u64, t + 1), AT(u16, t + 9), AT(u32, t + 12) };

	SUBMIT(events, &out);
	return 0;
}
#endif
