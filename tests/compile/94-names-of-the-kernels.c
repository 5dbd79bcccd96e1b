/* What the kernel's headers call by other names, and what a source does to these names. */

/* The kernel's value, kept under a name of one's own. */
enum { KERNELS_LENGTH = DNAME_INLINE_LEN };
#undef DNAME_INLINE_LEN
#define DNAME_INLINE_LEN KERNELS_LENGTH

struct named {
	char name[DNAME_INLINE_LEN];
};
_Static_assert(sizeof(struct named) >= 32, "include/linux/dcache.h: 32 to 44");

/* A member may be called as its struct is, which is a macro. */
struct mine {
	struct rcu_head rcu_head;
	struct sockaddr_storage address;
};
_Static_assert(sizeof(struct mine) == 2 * sizeof(void *) + 128, "RFC 3493 has 128 bytes");

/* A struct of one's own is no other's. */
struct blk_mq_tags;
struct tcp_hdr {
	int of_mine;
};

RAW_TRACEPOINT_PROBE(sys_enter)
{
	struct mine mine = {};
	struct tcp_hdr own = { .of_mine = 1 };

	bpf_trace_printk("%d %d", mine.address.ss_family, own.of_mine);
	return 0;
}
