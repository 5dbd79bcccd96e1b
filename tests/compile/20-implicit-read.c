// A dereference of kernel memory becomes a probe read, in macros and inline functions too: what BCC's
// rewriter misses (bcc#1617, bcc#1858).
#define PARENT(task) ((task)->real_parent)

static inline u32 parent_tgid(struct task_struct *task)
{
	return PARENT(task)->tgid;
}

int kprobe__vfs_read(struct pt_regs *ctx, struct file *file)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	return parent_tgid(task) + file->f_flags;
}

int kprobe__vfs_write(struct pt_regs *ctx)
{
	return PT_REGS_PARM3(ctx);
}
// show: calls
