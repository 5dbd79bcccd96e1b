/* The kernel returns an error for these, and prints nothing; what it prints is said of nowhere. */
RAW_TRACEPOINT_PROBE(sys_enter)
{
	u64 n = ctx->args[1];
	char comm[16];

	bpf_get_current_comm(comm, sizeof(comm));
	bpf_trace_printk("%d %5u %-8llx", (int)n, (u32)n, n);
	bpf_trace_printk("%s %c 100%% %pks\n", comm, 'x', (void *)n);
	bpf_trace_printk("%p, %pI4 %pS", (void *)n, &n, (void *)n);
	bpf_trace_printk("%0.2f\n", 1);
	bpf_trace_printk("%hhd", (int)n);
	bpf_trace_printk("%d %d\n", (int)n);
	bpf_trace_printk("\033[1m%d", 0);
	bpf_printk("%d %d %d %d %o", 1, 2, 3, 4, 5);
	bpf_printk("%d %d %d %d %s", 1, 2, 3, 4, comm);
	bpf_trace_printk("%zu at %", n);
	return 0;
}

/* Nothing is returned where a program must return something: 0 is. */
void kprobe__vfs_read(struct pt_regs *ctx, struct file *file)
{
	if (file->f_flags)
		return;
	bpf_trace_printk("%llu", file->f_pos);
}

void kretprobe__vfs_read(struct pt_regs *ctx)
{
}
