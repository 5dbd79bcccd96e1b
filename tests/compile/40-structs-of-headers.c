/* Structs that headers for programs have and BTF lacks; constants in letters of both cases. */
_Static_assert(sizeof(struct rt2_hdr) == 24 && __builtin_offsetof(struct rt2_hdr, addr) == 8, "RFC 6275");
_Static_assert(sizeof(struct ipv6_destopt_hao) == 18, "RFC 6275");
_Static_assert(sizeof(struct can_frame) == 16 && sizeof(((struct can_frame *)0)->data) == 8, "");
_Static_assert(sizeof(struct timespec) == 16 && sizeof(struct timeval) == 16, "");
_Static_assert(VIRTIO_NET_RSS_HASH_TYPE_TCPv4 == 2, "");
_Static_assert(_LINUX_CAPABILITY_U32S_3 == 2, "");
#ifdef __x86_64__
_Static_assert(SYS_openat == 257, "");
#endif

/* The kernel's, not the one of headers for programs, which is always 100. */
#ifdef CONFIG_HZ
_Static_assert(HZ == CONFIG_HZ, "");
#endif

/* The user's own win. */
struct canfd_frame { int mine; };
_Static_assert(sizeof(struct canfd_frame) == 4, "");
#define MAY_READ 40
_Static_assert(MAY_READ == 40 && MAY_WRITE == 2, "");

struct header {
	__aligned_u64 first;
	char last;
};
_Static_assert(sizeof(struct header) == 16, "");

int xdp_prog(struct xdp_md *ctx)
{
	struct can_frame *frame = (void *)(long)ctx->data;
	int MAY_EXEC = 3;

	return (void *)(frame + 1) > (void *)(long)ctx->data_end ? MAY_EXEC : frame->can_id & 3;
}
