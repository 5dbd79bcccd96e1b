// Arguments of a raw tracepoint are numbers in the context.
#ifndef PLAIN
RAW_TRACEPOINT_PROBE(sched_switch)
{
	struct task_struct *prev = (struct task_struct *)ctx->args[1];
	struct task_struct *next = (struct task_struct *)ctx->args[2];

	return prev->pid * 7 + next->se.vruntime + next->comm[0];
}
#else
SEC("raw_tracepoint/sched_switch")
int raw_tracepoint__sched_switch(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *prev = (void *)ctx->args[1], *next = (void *)ctx->args[2];

	return GET(prev, pid) * 7 + GET(next, se.vruntime) + GET(next, comm[0]);
}
#endif
