// show: calls
// wish: by_wish kprobe:vfs_read
// wish: returns kretprobe:vfs_read
// wish: sampled profile:hz:99
// wish: user uprobe:/bin/sh:main
BPF_HASH(seen, u64);

int kprobe__vfs_write(struct pt_regs *ctx, struct file *file, const char *buf, size_t count, loff_t *pos, bool flag, int six)
{
	seen.increment(six + count + flag);
	return 0;
}

int kretprobe__vfs_write(struct pt_regs *ctx, struct file *unused)
{
	seen.increment(PT_REGS_RC(ctx));
	return 0;
}

int syscall__openat(struct pt_regs *ctx, int dfd, const char __user *name, int flags, umode_t mode)
{
	char text[16];

	bpf_probe_read_str(text, sizeof(text), name);
	seen.increment(mode + text[0]);
	return 0;
}

int by_wish(struct pt_regs *ctx, struct file *file)
{
	seen.increment(file->f_flags);
	return 0;
}

int returns(struct pt_regs *ctx)
{
	seen.increment(PT_REGS_RC(ctx) + PT_REGS_IP(ctx) + PT_REGS_SP(ctx) + PT_REGS_FP(ctx));
	return 0;
}

int sampled(struct bpf_perf_event_data *ctx)
{
	seen.increment(ctx->sample_period + PT_REGS_IP(&ctx->regs));
	return 0;
}

int user(struct pt_regs *ctx)
{
	seen.increment(PT_REGS_PARM1(ctx));
	return 0;
}

TRACEPOINT_PROBE(sched, sched_switch)
{
	seen.increment(args->next_pid);
	return 0;
}

RAW_TRACEPOINT_PROBE(sched_switch)
{
	struct task_struct *next = (struct task_struct *)ctx->args[2];

	seen.increment(next->pid);
	return 0;
}

KFUNC_PROBE(vfs_open, const struct path *path, struct file *file)
{
	seen.increment(path->dentry->d_inode->i_ino);
	return 0;
}

KRETFUNC_PROBE(vfs_open, const struct path *path, struct file *file, int ret)
{
	seen.increment(ret);
	return 0;
}

MODULE_KFUNC_PROBE(vmlinux, vfs_read, struct file *file)
{
	return 0;
}

KMOD_RET(security_file_open, struct file *file, int ret)
{
	return ret;
}

LSM_PROBE(bpf, int cmd, union bpf_attr *attr, unsigned int size)
{
	return cmd == 77 ? -EPERM : 0;
}

BPF_ITER(task)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;

	if (task)
		BPF_SEQ_PRINTF(seq, "%d\n", task->pid);
	return 0;
}
