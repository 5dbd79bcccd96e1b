// Indexes that comparisons bound, and what is done for the verifier's sake, mean what they say.
// probe reads
#ifndef PLAIN
struct kept {
	u64 len;
	u32 short_len;
	u64 list[8];
};
BPF_ARRAY(map, struct kept, 1);
int kprobe__f(struct pt_regs *ctx, struct task_struct *task)
{
	u32 half = task->start_time;
	int zero = 0;
	struct kept *kept = map.lookup(&zero);

	if (!kept)
		return 1;
	kept->len = task->pid & 7;
	kept->short_len = task->tgid & 3;
	if (kept->len < 1 || kept->len >= 6)
		return 2;
	kept->list[kept->len - 1] = 3;
	if (kept->short_len)
		kept->list[kept->short_len - 1] += 5;
	half &= 15;
	if (half < 8)
		kept->list[half]++;
	return half;
}
#else
struct kept {
	u64 len;
	u32 short_len;
	u64 list[8];
};
MAP(map, BPF_MAP_TYPE_ARRAY, u32, struct kept, 1);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx);
	u32 half = GET(task, start_time) & 15, zero = 0;
	struct kept *kept = bpf_map_lookup_elem(&map, &zero);

	if (!kept)
		return 1;
	kept->len = GET(task, pid) & 7;
	kept->short_len = GET(task, tgid) & 3;
	if (kept->len == 0 || kept->len > 5)
		return 2;
	kept->list[(kept->len - 1) & 7] = 3;
	if (kept->short_len > 0)
		kept->list[(kept->short_len - 1) & 7] += 5;
	if (half <= 7)
		kept->list[half & 7] += 1;
	return half;
}
#endif
