BPF_HASH(counts, u32, u64);
BPF_PERF_OUTPUT(events);
RAW_TRACEPOINT_PROBE(sys_enter)
{
	u32 k = 1;
	counts.lookup();
	counts.update(&k);
	counts.lookup(&k, 1);
	events.perf_submit(&k, sizeof(k));
	counts.increment();
	counts.push(&k, 0);
	events.lookup(&k);
	counts.lokup(&k);
	return 0;
}
int events;
