// A key that is filled from kernel memory and the context.
struct my_key {
	u32 pid;
	u16 port;
	u16 zero;
	u64 inode;
};
#ifndef PLAIN
BPF_HASH(bytes, struct my_key);
int kprobe__f(struct pt_regs *ctx, struct sock *sk, struct file *file, size_t size)
{
	struct my_key key = { .pid = bpf_get_current_pid_tgid() >> 32 };
	u64 zero = 0, *value;

	key.port = sk->__sk_common.skc_num;
	key.inode = file->f_inode->i_ino;
	value = bytes.lookup_or_try_init(&key, &zero);
	if (value)
		*value += size;
	return 0;
}
#else
HASH(bytes, struct my_key, u64);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct sock *sk = (void *)PT_REGS_PARM1(ctx);
	struct file *file = (void *)PT_REGS_PARM2(ctx);
	struct inode *inode = GET(file, f_inode);
	struct my_key key = { bpf_get_current_pid_tgid() >> 32, GET(sk, __sk_common.skc_num), 0,
			      GET(inode, i_ino) };
	u64 size = PT_REGS_PARM3(ctx), *value = bpf_map_lookup_elem(&bytes, &key);

	if (value)
		*value += size;
	else
		bpf_map_update_elem(&bytes, &key, &size, 0);
	return 0;
}
#endif
