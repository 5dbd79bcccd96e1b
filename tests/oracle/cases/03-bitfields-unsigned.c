// Unsigned bitfields of many widths and places, within a byte and across several.
struct out {
	u64 v[12];
};
// probe reads
#ifndef PLAIN
struct packed {
	u32 a : 1, b : 2, c : 3, d : 5, e : 7, f : 14;
	u64 g : 9, h : 33, i : 22;
	u16 j : 15, k : 1;
	u8 l : 4;
};
BPF_PERF_OUTPUT(events);
int kprobe__f(struct pt_regs *ctx, struct packed *p)
{
	struct out out = { { p->a, p->b, p->c, p->d, p->e, p->f, p->g, p->h, p->i, p->j, p->k,
			     p->l } };

	events.perf_submit(ctx, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	void *p = (void *)PT_REGS_PARM1(ctx);
	struct out out = { { BITS(p, 0, 1), BITS(p, 1, 2), BITS(p, 3, 3), BITS(p, 6, 5),
			     BITS(p, 11, 7), BITS(p, 18, 14), BITS(p, 32, 9), BITS(p, 64, 33),
			     BITS(p, 97, 22), BITS(p, 128, 15), BITS(p, 143, 1),
			     BITS(p, 144, 4) } };

	SUBMIT(events, &out);
	return 0;
}
#endif
