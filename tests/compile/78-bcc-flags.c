/* What BCC defines for every source. */
#if !defined(__KERNEL__) || !defined(__BPF_TRACING__) || LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#error not as BCC compiles
#endif
#if !defined(CONFIG_BPF_SYSCALL) || defined(CONFIG_NOTHING_OF_THE_KIND)
#error not this kernel
#endif

int kprobe__vfs_read(struct pt_regs *ctx)
{
	bpf_trace_printk("%s\n", KBUILD_MODNAME);
	return 0;
}
