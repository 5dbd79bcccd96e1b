/* A name or an attach target says no ".s"; what waits for a page is let sleep where there is such a hook. */
// wish: on_write uprobe:/bin/sh:main
struct text {
	char bytes[16];
};
BPF_ARRAY(texts, struct text, 1);

static int copy(const void *from)
{
	int zero = 0;
	struct text *text = texts.lookup(&zero);

	return text ? bpf_copy_from_user(text, sizeof(*text), from) : 0;
}

KMOD_RET(__x64_sys_openat, struct pt_regs *regs, int ret)
{
	copy((void *)PT_REGS_PARM2_SYSCALL(regs));
	return 0;
}

KFUNC_PROBE(__x64_sys_close, struct pt_regs *regs)
{
	return bpf_copy_from_user(&(struct text){}, 16, (void *)PT_REGS_PARM1_SYSCALL(regs));
}

KRETFUNC_PROBE(__x64_sys_close, struct pt_regs *regs, int ret)
{
	return ret;
}

LSM_PROBE(bprm_committed_creds, struct linux_binprm *bprm)
{
	return copy((void *)bprm->p);
}

int on_write(struct pt_regs *ctx)
{
	return copy((void *)PT_REGS_PARM2(ctx));
}

int kprobe__vfs_read(struct pt_regs *ctx)
{
	return copy(0);
}

SEC("fentry/vfs_write") int own(void *ctx)
{
	return copy(0);
}
