TRACEPOINT_PROBE(sched, no_such_event)
{
	return args->pid;
}
