// A reserve may stand in a condition, behind a comma, in a block with a value, in a function's return.
struct first { u32 a; };
struct second { u32 a, b; };
struct third { u32 a, b, c; };
struct fourth { u32 a, b, c, d; };
BPF_RINGBUF_OUTPUT(one, 8);
BPF_RINGBUF_OUTPUT(two, 8);
BPF_RINGBUF_OUTPUT(three, 8);
BPF_RINGBUF_OUTPUT(four, 8);
BPF_RINGBUF_OUTPUT(five, 8);

#define RESERVE(map, type) ({ u64 size = sizeof(type); map.ringbuf_reserve(sizeof(type)); })

static inline struct fourth *reserve(void)
{
	return four.ringbuf_reserve(sizeof(struct fourth));
}

int kprobe__vfs_read(struct pt_regs *ctx)
{
	struct first *e = PT_REGS_PARM3(ctx) > 4096 ? one.ringbuf_reserve(sizeof(*e)) : NULL;
	struct second *f = (bpf_ktime_get_ns(), two.ringbuf_reserve(sizeof(*f)));
	struct third *g = RESERVE(three, struct third);
	struct fourth *h = reserve();
	struct first *i = NULL ?: five.ringbuf_reserve(sizeof(*i));

	if (e)
		one.ringbuf_submit(e, 0);
	if (f)
		two.ringbuf_submit(f, 0);
	if (g)
		three.ringbuf_submit(g, 0);
	if (h)
		four.ringbuf_submit(h, 0);
	if (i)
		five.ringbuf_submit(i, 0);
	return 0;
}
