#ifdef CAP_OPT_NOTHING
#endif
#if defined(SOCK_NOTHING) || BPF_NOTHING > 3
#elif PF_NOTHING
#endif
/* What is the user's own, or an option of the kernel, or was once known, needs no word. */
#if defined(MY_OPTION) || defined(KERNEL_STACKS) || defined(CONFIG_NOTHING) || defined(REQ_WRITE)
#define SOCK_MINE 1
#endif
#if defined(SOCK_MINE) || defined(SOCK_STREAM) || LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#endif
#ifndef CAP_MINE
#define CAP_MINE 1
#endif
#ifdef CAP_OPT_NOTHING
#endif

RAW_TRACEPOINT_PROBE(sys_enter)
{
	return CAP_MINE;
}
