// The kernel's own bitfields: their places come from its BTF.
// probe reads
#ifndef PLAIN
BPF_PERF_OUTPUT(events);
int kprobe__f(struct pt_regs *ctx, struct sk_buff *skb, struct task_struct *task,
	      struct tcphdr *tcp)
{
	u32 out[8] = { skb->pkt_type, skb->ip_summed,  skb->encapsulation,
		       skb->cloned,   task->in_execve, task->sched_contributes_to_load,
		       tcp->doff,     tcp->syn };

	events.perf_submit(ctx, out, sizeof(out));
	return 0;
}
#else
EVENTS(events);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct sk_buff *skb = (void *)PT_REGS_PARM1(ctx);
	struct task_struct *task = (void *)PT_REGS_PARM2(ctx);
	struct tcphdr *tcp = (void *)PT_REGS_PARM3(ctx);
	u32 out[8] = { BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type),
		       BPF_CORE_READ_BITFIELD_PROBED(skb, ip_summed),
		       BPF_CORE_READ_BITFIELD_PROBED(skb, encapsulation),
		       BPF_CORE_READ_BITFIELD_PROBED(skb, cloned),
		       BPF_CORE_READ_BITFIELD_PROBED(task, in_execve),
		       BPF_CORE_READ_BITFIELD_PROBED(task, sched_contributes_to_load),
		       BITS(tcp, 100, 4),
		       BITS(tcp, 105, 1) };

	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, out, sizeof(out));
	return 0;
}
#endif
