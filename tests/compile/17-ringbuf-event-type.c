// The type of what is submitted is found, though no map names it.
struct event {
	u32 pid;
	char comm[TASK_COMM_LEN];
	u64 when;
};
BPF_RINGBUF_OUTPUT(events, 8);

int kprobe__vfs_read(struct pt_regs *ctx)
{
	struct event *e = events.ringbuf_reserve(sizeof(*e));

	if (!e)
		return 0;
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->when = bpf_ktime_get_ns();
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	events.ringbuf_submit(e, 0);
	return 0;
}
// show: struct event
// show: calls
