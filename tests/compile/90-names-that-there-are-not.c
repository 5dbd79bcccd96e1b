BPF_HASH(start, u32, u64);
BPF_HSAH(other, u32, u64);
int kprobe__vfs_read(struct pt_regs *ctx, struct file *file)
{
	struct task_strct *task = (void *)bpf_get_current_task();
	struct qdisc_nowhere_at_all *q = (void *)ctx;
	inod_t number;
	int type = BPF_MAP_TYPE_HSAH;
	char comm[16];

	bpf_get_curent_comm(comm, 16);
	if (task->pid == FILTER_PID || q->len)
		return 0;
	printf("%d", PT_REGS_RETURN(ctx));
	if (strstr(comm, "x") || malloc(8))
		start.lokup(&type);
	return BPF_CORE_READ(file, f_inod) + file->f_flagz;
}
class counter;
int kprobe__vfs_write(struct pt_regs *ctx)
{
	FILTER
	return 0;
}
