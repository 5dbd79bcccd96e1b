// Anonymous structs and unions within one another.
struct out {
	u64 a, b, c, d;
};
// probe reads
#ifndef PLAIN
struct nest {
	u32 kind;
	union {
		struct {
			u16 low, high;
		};
		u32 whole;
		struct {
			u8 x;
			union {
				u8 y;
				s8 z;
			};
		};
	};
	u64 end;
};
BPF_PERF_OUTPUT(events);
int kprobe__f(struct pt_regs *ctx, struct nest *n)
{
	struct out out = { n->high, n->whole, n->y, n->z };

	if (n->kind & 1)
		out.a += n->end;
	events.perf_submit(ctx, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	char *n = (void *)PT_REGS_PARM1(ctx);
	struct out out = { AT(u16, n + 6), AT(u32, n + 4), AT(u8, n + 5), AT(s8, n + 5) };

	if (AT(u32, n) & 1)
		out.a += AT(u64, n + 8);
	SUBMIT(events, &out);
	return 0;
}
#endif
