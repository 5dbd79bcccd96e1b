BPF_HASH(counts, u32, u64, 10, 7);
BPF_HASH();
BPF_STACK_TRACE(stacks);
BPF_QUEUE(q, u32);
RAW_TRACEPOINT_PROBE(sys_enter)
{
	return 0;
}
