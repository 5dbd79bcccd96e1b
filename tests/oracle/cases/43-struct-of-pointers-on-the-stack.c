// Pointers kept in a struct on the stack, and written to a map with it.
struct kept {
	struct task_struct *task;
	struct mm_struct *mm;
	u64 when;
};
// probe reads
#ifndef PLAIN
BPF_HASH(entries, u32, struct kept);
int kprobe__f(struct pt_regs *ctx, struct task_struct *task)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct kept kept = { task, task->mm, bpf_ktime_get_ns() }, *old = entries.lookup(&tid);
	int result = 0;

	if (old)
		result = old->task->pid + old->mm->map_count + kept.mm->map_count;
	entries.update(&tid, &kept);
	return result;
}
#else
HASH(entries, u32, struct kept);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx);
	struct kept kept = { task, GET(task, mm), bpf_ktime_get_ns() },
		    *old = bpf_map_lookup_elem(&entries, &tid);
	int result = 0;

	if (old)
		result = GET(old->task, pid) + GET(old->mm, map_count) + GET(kept.mm, map_count);
	bpf_map_update_elem(&entries, &tid, &kept, 0);
	return result;
}
#endif
