// A pointer that was kept in a map at entry is followed at return.
#ifndef PLAIN
BPF_HASH(kept, u32, struct file *);
BPF_HASH(sizes, u64, u64);
int kprobe__f(struct pt_regs *ctx, struct file *file)
{
	u32 tid = bpf_get_current_pid_tgid();

	kept.update(&tid, &file);
	return 0;
}
int kretprobe__f(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct file **found = kept.lookup(&tid);
	u64 inode, size;

	if (!found)
		return 0;
	struct file *file = *found;
	inode = file->f_inode->i_ino;
	size = (*found)->f_inode->i_size;
	sizes.update(&inode, &size);
	kept.delete(&tid);
	return 0;
}
#else
HASH(kept, u32, struct file *);
HASH(sizes, u64, u64);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct file *file = (void *)PT_REGS_PARM1(ctx);

	bpf_map_update_elem(&kept, &tid, &file, 0);
	return 0;
}
SEC("kretprobe/f") int kretprobe__f(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct file **found = bpf_map_lookup_elem(&kept, &tid);
	struct inode *inode;
	u64 number, size;

	if (!found)
		return 0;
	inode = GET(*found, f_inode);
	number = GET(inode, i_ino);
	size = GET(inode, i_size);
	bpf_map_update_elem(&sizes, &number, &size, 0);
	bpf_map_delete_elem(&kept, &tid);
	return 0;
}
#endif
