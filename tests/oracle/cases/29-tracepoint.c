// Arguments of a tracepoint are plain loads from the context, pointers among them kernel's.
#ifndef PLAIN
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(sched, sched_switch)
{
	struct {
		char prev[16];
		int prev_pid, next_pid;
	} out = {};

	memcpy(out.prev, args->prev_comm, sizeof(out.prev));
	out.prev_pid = args->prev_pid;
	out.next_pid = args->next_pid;
	events.perf_submit(args, &out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("tracepoint/sched/sched_switch")
int tracepoint__sched__sched_switch(struct trace_event_raw_sched_switch *ctx)
{
	struct {
		char prev[16];
		int prev_pid, next_pid;
	} out = {};

	__builtin_memcpy(out.prev, ctx->prev_comm, sizeof(out.prev));
	out.prev_pid = ctx->prev_pid;
	out.next_pid = ctx->next_pid;
	SUBMIT(events, &out);
	return 0;
}
#endif
