/* Numbers of the kernel's headers for programs, which no BTF holds. */
_Static_assert(IPPROTO_ICMPV6 == 58, "RFC 4443");
_Static_assert(ETH_P_8021Q == 0x8100, "IEEE 802.1Q");
_Static_assert(TC_ACT_SHOT == 2 && IFF_UP == 1 && SO_REUSEPORT == 15, "");
_Static_assert(CLONE_NEWNET == 0x40000000 && MS_RDONLY == 1 && O_TMPFILE == 020200000, "");
#ifdef __x86_64__
_Static_assert(__NR_openat == 257 && __NR_close == 3, "");
#endif
#if PTRACE_SEIZE != 0x4206
#error PTRACE_SEIZE
#endif

/* The user's own win. */
#define MS_NOSUID 77
enum { MAJOR_OF_MINE = 1, TCP_NODELAY = 99 };

RAW_TRACEPOINT_PROBE(sys_enter)
{
	int IFF_DEBUG = 5;

	return MS_NOSUID + TCP_NODELAY + IFF_DEBUG + MAJOR_OF_MINE;
}
