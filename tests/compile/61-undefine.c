// No macro of these names, whoever defines it: an option, clang itself, the headers of moonbee.
// define: MINE=1
// undefine: MINE
// undefine: __BPF__
// undefine: TASK_COMM_LEN
#if defined(MINE) || defined(__BPF__) || defined(TASK_COMM_LEN)
#error something is still defined
#endif

int kprobe__vfs_read(struct pt_regs *ctx)
{
	return 0;
}
