/* Of sprintf(), a copy is left where the text is known; MASK() is of the dialect's packets. */
_Static_assert(MASK(4) == 15 && MASK(64) == ~0ull && MASK128(100) >> 99 == 1, "");

struct event {
	char name[30], other[8];
	u64 bits;
};
BPF_PERF_OUTPUT(events);

TRACEPOINT_PROBE(sched, sched_switch)
{
	struct event event = { .bits = args->prev_pid & MASK(5) };

	sprintf(event.name, "%s", "sched_switch");
	snprintf(event.other, sizeof(event.other), "%s", "abc");
	events.perf_submit(args, &event, sizeof(event));
	return 0;
}
