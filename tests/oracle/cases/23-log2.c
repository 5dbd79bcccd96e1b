// The slot of a histogram for every power of two, and its neighbours.
struct out {
	u8 slots[3 * 64];
};
#ifndef PLAIN
BPF_PERF_OUTPUT(events);
int kprobe__f(struct pt_regs *ctx)
{
	struct out out;

	for (int i = 0; i < 64; i++) {
		u64 power = 1ull << i;

		out.slots[3 * i] = bpf_log2l(power - 1);
		out.slots[3 * i + 1] = bpf_log2l(power);
		out.slots[3 * i + 2] = bpf_log2l(power + 1);
	}
	events.perf_submit(ctx, &out, sizeof(out));
	return bpf_log2(1000) * 100 + bpf_log2(1);
}
#else
EVENTS(events);
/* The number of bits, but at least 1. */
static __always_inline u8 slot_of(u64 value)
{
	u8 slot = 1;

	while (value >>= 1)
		slot++;
	return slot;
}
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct out out;

	for (int i = 0; i < 64; i++) {
		out.slots[3 * i] = slot_of((1ull << i) - 1);
		out.slots[3 * i + 1] = slot_of(1ull << i);
		out.slots[3 * i + 2] = slot_of((1ull << i) + 1);
	}
	SUBMIT(events, &out);
	return 900;
}
#endif
