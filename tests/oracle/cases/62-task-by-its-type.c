// The current task as a typed pointer: what it leads to, and what of that is read by a helper all the same.
// probe reads
// no casts
#ifndef PLAIN
BPF_HASH(kept, u32, struct task_struct *);
int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task(), *parent, *either;
	struct rseq *rseq = (void *)task->rseq;
	struct uts_namespace *uts = task->nsproxy->uts_ns;
	char comm[16];
	u32 key = 1;
	u64 sum = task->pid + task->real_parent->tgid + task->real_parent->real_parent->pid;

	sum += task->sched_reset_on_fork + (task->in_execve << 2) + rseq->cpu_id_start;
	sum += uts->name.nodename[1] + task->comm[key] + *(u16 *)(task->comm + 3);
	sum += task->signal->rlim[3].rlim_cur + task->mm->exe_file->f_flags;
	sum += task->mm->exe_file->f_inode->i_nlink + task->se.run_node.__rb_parent_color;
	__builtin_memcpy(comm, task->real_parent->comm, 16);
	sum += comm[0] + ((u64)task->real_parent & 0xfff);
	either = ctx->di & 1 ? task->group_leader : (struct task_struct *)ctx->si;
	sum += either->tgid;
	for (int i = 0; i < 4; i++)
		task = task->real_parent;
	parent = task->real_parent;
	kept.update(&key, &parent);
	return sum + (parent == task ? 7 : parent->exit_code);
}
#else
HASH(kept, u32, struct task_struct *);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct task_struct *first = GET(task, real_parent), *parent, *either;
	struct rseq *rseq = (void *)GET(task, rseq);
	struct uts_namespace *uts = GET(GET(task, nsproxy), uts_ns);
	struct file *exe = GET(GET(task, mm), exe_file);
	char comm[16];
	u32 key = 1;
	u64 sum = GET(task, pid) + GET(first, tgid) + GET(GET(first, real_parent), pid);

	sum += BPF_CORE_READ_BITFIELD_PROBED(task, sched_reset_on_fork) +
	       (BPF_CORE_READ_BITFIELD_PROBED(task, in_execve) << 2) + GET(rseq, cpu_id_start);
	sum += GET(uts, name.nodename[1]) + GET(task, comm[1]) + AT(u16, task->comm + 3);
	sum += GET(GET(task, signal), rlim[3].rlim_cur) + GET(exe, f_flags);
	sum += GET(GET(exe, f_inode), i_nlink) + GET(task, se.run_node.__rb_parent_color);
	bpf_probe_read_kernel(comm, sizeof(comm), first->comm);
	sum += comm[0] + ((u64)first & 0xfff);
	either = ctx->di & 1 ? GET(task, group_leader) : (struct task_struct *)ctx->si;
	sum += GET(either, tgid);
	for (int i = 0; i < 4; i++)
		task = GET(task, real_parent);
	parent = GET(task, real_parent);
	bpf_map_update_elem(&kept, &key, &parent, BPF_ANY);
	return sum + (parent == task ? 7 : GET(parent, exit_code));
}
#endif
