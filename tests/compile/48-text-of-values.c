TRACEPOINT_PROBE(sched, sched_switch)
{
	char text[16];

	sprintf(text, "%d", args->prev_pid);
	bpf_trace_printk("%s", text);
	snprintf(text, sizeof(text), "%s", args->prev_comm);
	sprintf(text, "%s", args->next_comm);
	return text[0];
}
