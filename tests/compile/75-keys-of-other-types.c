struct big { u64 a[3]; };
BPF_HASH(counts, u32, u64);
BPF_HASH(sums, u32, struct big);
BPF_HASH(names, char[16]);
BPF_QUEUE(queue, struct big, 4);

RAW_TRACEPOINT_PROBE(sys_enter)
{
	struct big big = {};
	u64 wide = 2;
	char c = 1;
	s32 same = 3;

	counts.lookup(&c);
	counts.lookup(&wide);
	counts.lookup(wide);
	counts.lookup(&same);
	counts.increment(&wide);
	counts.update(&same, &same);
	sums.increment(3);
	names.increment("name");
	queue.push(&wide, 0);
	queue.push(&big, 0);
	return 0;
}
