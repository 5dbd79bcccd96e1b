/* SPDX-License-Identifier: Apache-2.0 */
/* An event of 40 bytes for each close() of a descriptor that nobody has. */
struct event {
	u64 ts;
	u32 pid, cpu;
	char comm[TASK_COMM_LEN];
	u64 id;
};
u64 produced;

BPF_RINGBUF_OUTPUT(events, 2048);

TRACEPOINT_PROBE(syscalls, sys_enter_close)
{
	struct event *e;

	if (args->fd != 0x6d6f6f6e)
		return 0;
	produced++;
	e = events.ringbuf_reserve(sizeof(*e));
	if (!e)
		return 0;
	e->ts = bpf_ktime_get_ns();
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->cpu = bpf_get_smp_processor_id();
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	e->id = produced;
	events.ringbuf_submit(e, 0);
	return 0;
}
