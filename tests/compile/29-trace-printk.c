// BCC's form, without the size of the format, and libbpf's, with it.
int kprobe__vfs_read(struct pt_regs *ctx)
{
	char text[] = "read %d\n";

	bpf_trace_printk("hello %d\n", 42);
	bpf_trace_printk(text, sizeof(text), 42);
	return 0;
}
// show: calls
