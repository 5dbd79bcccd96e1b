// Signed bitfields carry their sign into the wider type.
struct out {
	s64 v[8];
};
// probe reads
#ifndef PLAIN
struct packed {
	int a : 1, b : 2, c : 7, d : 22;
	long e : 40, f : 24;
	short g : 9, h : 7;
};
BPF_PERF_OUTPUT(events);
int kprobe__f(struct pt_regs *ctx, struct packed *p)
{
	struct out out = { { p->a, p->b, p->c, p->d, p->e, p->f, p->g, p->h } };

	events.perf_submit(ctx, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	void *p = (void *)PT_REGS_PARM1(ctx);
	struct out out = { { SIGNED_BITS(p, 0, 1), SIGNED_BITS(p, 1, 2), SIGNED_BITS(p, 3, 7),
			     SIGNED_BITS(p, 10, 22), SIGNED_BITS(p, 64, 40),
			     SIGNED_BITS(p, 104, 24), SIGNED_BITS(p, 128, 9),
			     SIGNED_BITS(p, 137, 7) } };

	SUBMIT(events, &out);
	return 0;
}
#endif
