// Small functions of the kernel's own headers: on numbers, and on what the kernel's memory holds.
#ifndef PLAIN
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/etherdevice.h>
#include <net/ipv6.h>
#include <asm/unaligned.h>
BPF_HASH(out, u32, u64);
static inline void put(u32 at, u64 what)
{
	out.update(&at, &what);
}
int kprobe__f(struct pt_regs *ctx, struct task_struct *task, struct inode *inode)
{
	u32 half = task->flags;
	u64 word = inode->i_ino, left = word;
	struct in6_addr a = {}, b = {};

	put(0, fls(half));
	put(1, fls64(word));
	put(2, hweight32(half) + hweight64(word));
	put(3, test_bit(37, &inode->i_state) + test_bit(3, &word));
	put(4, do_div(left, 10));
	put(5, left);
	put(6, div_s64((s64)word, -7));
	put(7, min3(half, 5u, 9u) + max3(half, 5u, 9u));
	put(8, DIV_ROUND_CLOSEST(half, 10u));
	put(9, ktime_to_us((s64)word));
	put(10, time_after(word, (u64)half));
	put(11, get_unaligned_be32((char *)&word + 1) + get_unaligned((u16 *)((char *)&word + 3)));
	a.in6_u.u6_addr32[3] = half;
	b.in6_u.u6_addr8[15] = 1;
	put(12, ipv6_addr_equal(&a, &b) + 2 * ipv6_addr_any(&b) + 4 * ipv6_addr_loopback(&b));
	put(13, is_multicast_ether_addr((u8 *)&word) + is_zero_ether_addr((u8 *)&word));
	put(14, ipv4_is_loopback(half) + ipv4_is_multicast(htonl(0xe0000001)));
	put(15, new_encode_dev(MKDEV(8, 1000)) + i_size_read(inode) + i_uid_read(inode));
	put(16, (u64)SOCKET_I(inode));
	put(17, task_nice(task) + pid_nr(task_pid(task)));
	put(18, offsetofend(struct task_struct, pid));
	put(19, clamp_val(half, 10, 20));
	return 0;
}
#else
HASH(out, u32, u64);
static __always_inline void put(u32 at, u64 what)
{
	bpf_map_update_elem(&out, &at, &what, 0);
}
static __always_inline int bits(u64 word)
{
	int n = 0;

	for (int i = 0; i < 64; i++)
		n += word >> i & 1;
	return n;
}
static __always_inline int highest(u64 word)
{
	int n = 0;

	for (int i = 0; i < 64; i++)
		if (word >> i & 1)
			n = i + 1;
	return n;
}
/* Of numbers with a sign, by those without. */
static __always_inline u64 divide(s64 a, u64 d, int is_negative)
{
	u64 n = a < 0 ? -(u64)a : a;

	return (a < 0) != is_negative ? -(n / d) : n / d;
}
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx);
	struct inode *inode = (void *)PT_REGS_PARM2(ctx);
	u32 half = GET(task, flags), *uid = (void *)&inode->i_uid;
	u64 word = GET(inode, i_ino);
	u8 *byte = (void *)&word;
	struct pid *pid = GET(task, thread_pid);

	put(0, highest(half));
	put(1, highest(word));
	put(2, bits(half) + bits(word));
	put(3, BITS(&inode->i_state, 37, 1) + (word >> 3 & 1));
	put(4, word % 10);
	put(5, word / 10);
	put(6, divide(word, 7, 1));
	put(7, (half < 5 ? half : 5) + (half > 9 ? half : 9));
	put(8, (half + 5) / 10);
	put(9, divide(word, 1000, 0));
	put(10, (s64)(half - word) < 0);
	put(11, ((u32)byte[1] << 24 | byte[2] << 16 | byte[3] << 8 | byte[4]) +
			(byte[3] | byte[4] << 8));
	put(12, (half == 0x01000000) + 4);
	put(13, (byte[0] & 1) + !(word << 16));
	put(14, ((half & 0xff) == 127) + 1);
	put(15,
	    (1000 & 0xff) + 8 * 256 + ((1000 & ~0xff) << 12) + GET(inode, i_size) + AT(u32, uid));
	put(16, (u64)inode - __builtin_offsetof(struct socket_alloc, vfs_inode));
	put(17, (s64)(GET(task, static_prio) - 120 + GET(pid, numbers[0].nr)));
	put(18, __builtin_offsetof(struct task_struct, pid) + 4);
	put(19, half < 10 ? 10 : half > 20 ? 20 : half);
	return 0;
}
#endif
