// A record that is reserved, filled and submitted, or discarded.
struct event {
	u32 pid, parent;
	char comm[16];
};
#ifndef PLAIN
BPF_RINGBUF_OUTPUT(ring, 8);
int kprobe__f(struct pt_regs *ctx, struct task_struct *task)
{
	struct event *event = ring.ringbuf_reserve(sizeof(struct event));

	if (!event)
		return 1;
	event->pid = task->pid;
	event->parent = task->real_parent->pid;
	bpf_probe_read_kernel(event->comm, sizeof(event->comm), task->comm);
	if (event->pid & 1)
		ring.ringbuf_discard(event, 0);
	else
		ring.ringbuf_submit(event, 0);
	return 0;
}
#else
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 * 4096);
} ring SEC(".maps");
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx), *parent;
	struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event)
		return 1;
	event->pid = GET(task, pid);
	parent = GET(task, real_parent);
	event->parent = GET(parent, pid);
	bpf_probe_read_kernel(event->comm, sizeof(event->comm), task->comm);
	if (event->pid & 1)
		bpf_ringbuf_discard(event, 0);
	else
		bpf_ringbuf_submit(event, 0);
	return 0;
}
#endif
