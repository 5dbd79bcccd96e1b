// BCC's form takes the size itself; %s reads a string.
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, struct file *file, int n)
{
	bpf_trace_printk("n %d inode %lu\\n", n, file->f_inode->i_ino);
	bpf_trace_printk("alone\\n");
	return 0;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct file *file = (void *)PT_REGS_PARM1(ctx);
	struct inode *inode = GET(file, f_inode);
	static const char with[] = "n %d inode %lu\\n", alone[] = "alone\\n";

	bpf_trace_printk(with, sizeof(with), (int)PT_REGS_PARM2(ctx), GET(inode, i_ino));
	bpf_trace_printk(alone, sizeof(alone));
	return 0;
}
#endif
