// By hook and root: a process's probe reads what its context holds as the process's memory (112), the
// task as the kernel's (4 reads both on x86, as BCC does); a typed program loads, but for what it got
// from elsewhere (113).
#define MOONBEE_PROBE_READS 1

struct pair { struct pair *next; u32 n; };
BPF_HASH(kept, u32, struct task_struct *);

int in_process(struct pt_regs *ctx, struct pair *pair)
{
	return pair->next->n;
}

int of_task(struct pt_regs *ctx)
{
	return ((struct task_struct *)bpf_get_current_task())->tgid;
}

TRACEPOINT_PROBE(syscalls, sys_enter_chdir)
{
	return args->filename[0];
}

TRACEPOINT_PROBE(sched, sched_process_exit)
{
	return ((struct task_struct *)bpf_get_current_task())->real_parent->tgid;
}

SEC("tp_btf/task_rename")
int typed(u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];

	return task->real_parent->tgid;
}

SEC("tp_btf/task_rename")
int typed_and_kept(u64 *ctx)
{
	u32 key = 0;
	struct task_struct **task = kept.lookup(&key);

	return task ? (*task)->tgid : 0;
}

SEC("tp_btf/task_rename")
int typed_to_no_struct(u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];

	return task->fs->pwd.dentry->d_name.name[0] + task->comm[task->tgid & 7];
}

KFUNC_PROBE(vfs_read, struct file *file, char *buf)
{
	return buf[0] + file->f_flags;
}

int by_type(struct pt_regs *ctx, const struct pair __user *pair)
{
	return pair->n;
}

int both(struct pt_regs *ctx, struct pair *pair)
{
	return pair->n;
}
// wish: in_process uprobe:libc.so.6:getenv
// wish: of_task uprobe:libc.so.6:getenv
// wish: both uprobe:libc.so.6:getenv
// wish: by_type kprobe:vfs_read
// wish: both kprobe:vfs_read
// show: calls
