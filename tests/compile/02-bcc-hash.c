// BCC's BPF_HASH and the methods that its reference guide lists.
BPF_HASH(counts, u32, u64);

int kprobe__vfs_read(struct pt_regs *ctx)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	u64 zero = 0, *n;

	n = counts.lookup(&pid);
	if (n && *n > 100)
		counts.delete(&pid);
	n = counts.lookup_or_try_init(&pid, &zero);
	if (n)
		(*n)++;
	counts.update(&pid, &zero);
	counts.insert(&pid, &zero);
	counts.increment(pid);
	counts.increment(pid, 2);
	counts.atomic_increment(pid);
	return 0;
}
// show: calls
