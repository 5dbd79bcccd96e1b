/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Small functions and numbers that the kernel has in headers of its own, where programs find them by
 * an #include. What they read of the kernel's memory is read as anything else in the source is.
 */

/* Bits, counted from 1 by fls() and ffs(), and from 0 by the others. */
#define fls(x) ((unsigned int)(x) ? 32 - __builtin_clz(x) : 0)
#define fls64(x) ((unsigned long long)(x) ? 64 - __builtin_clzll(x) : 0)
#define ffs(x) ((unsigned int)(x) ? __builtin_ctz(x) + 1 : 0)
#define __fls(x) (63 - __builtin_clzll(x))
#define __ffs(x) __builtin_ctzll(x)
#define hweight8(x) __builtin_popcount((unsigned char)(x))
#define hweight16(x) __builtin_popcount((unsigned short)(x))
#define hweight32(x) __builtin_popcount(x)
#define hweight64(x) __builtin_popcountll(x)
#define hweight_long(x) __builtin_popcountll(x)

#define test_bit(n, bits) \
	(((const unsigned long *)(bits))[(n) / 64] >> ((n) % 64) & 1)

/* Arithmetic. BPF divides what has no sign. */
#define min3(a, b, c) min(min(a, b), c)
#define max3(a, b, c) max(max(a, b), c)
#define clamp_val(x, low, high) clamp_t(typeof(x), x, low, high)
#define DIV_ROUND_CLOSEST(n, d) (((n) + (d) / 2) / (d))
#define DIV_ROUND_DOWN_ULL(n, d) ((unsigned long long)(n) / (d))
#define div_s64(a, b) __bee_divide_signed(a, b)
#define div64_s64(a, b) __bee_divide_signed(a, b)
#define div64_ul(a, b) ((unsigned long)(a) / (unsigned long)(b))

#define do_div(n, base) ({								\
	unsigned int __bee_base = (base), __bee_rest = (n) % __bee_base;		\
	(n) /= __bee_base;								\
	__bee_rest;									\
})

static __always_inline long long __bee_divide_signed(long long a, long long b)
{
	unsigned long long n = a < 0 ? -(unsigned long long)a : (unsigned long long)a;
	unsigned long long d = b < 0 ? -(unsigned long long)b : (unsigned long long)b;
	return (a < 0) != (b < 0) ? -(long long)(n / d) : (long long)(n / d);
}

/* Types. */

#define offsetofend(type, member) \
	(__builtin_offsetof(type, member) + sizeof(((type *)0)->member))

#define typeof_member(type, member) typeof(((type *)0)->member)
#define __same_type(a, b) __builtin_types_compatible_p(typeof(a), typeof(b))

#define __stringify(x...) __bee_stringify(x)

#define __bee_stringify(x...) #x

/* Memory that others write, or that no number is aligned to. */
#define rcu_dereference(p) (p)
#define rcu_dereference_raw(p) (p)
#define rcu_dereference_check(p, condition) (p)
#define rcu_dereference_protected(p, condition) (p)
#define rcu_access_pointer(p) (p)
#define smp_load_acquire(p) READ_ONCE(*(p))
#define smp_rmb() barrier()
#define refcount_read(r) ((r)->refs.counter)
#define kref_read(kref) ((kref)->refcount.refs.counter)

#define get_unaligned(p) ({								\
	const struct { typeof(*(p)) value; } __attribute__((packed)) *__bee_p =		\
		(const void *)(p);							\
	__bee_p->value;									\
})

#define put_unaligned(from, p) ({							\
	struct { typeof(*(p)) value; } __attribute__((packed)) *__bee_p = (void *)(p);	\
	__bee_p->value = (from);							\
})

#define get_unaligned_be16(p) be16_to_cpu(get_unaligned((const unsigned short *)(p)))
#define get_unaligned_be32(p) be32_to_cpu(get_unaligned((const unsigned int *)(p)))
#define get_unaligned_be64(p) be64_to_cpu(get_unaligned((const unsigned long long *)(p)))
#define get_unaligned_le16(p) get_unaligned((const unsigned short *)(p))
#define get_unaligned_le32(p) get_unaligned((const unsigned int *)(p))
#define get_unaligned_le64(p) get_unaligned((const unsigned long long *)(p))

/* Order of bytes. */
#define be16_to_cpup(p) be16_to_cpu(*(p))
#define be32_to_cpup(p) be32_to_cpu(*(p))
#define be64_to_cpup(p) be64_to_cpu(*(p))
#define __constant_cpu_to_be16(x) cpu_to_be16(x)
#define __constant_cpu_to_be32(x) cpu_to_be32(x)
#define __constant_cpu_to_be64(x) cpu_to_be64(x)
#define __constant_be16_to_cpu(x) be16_to_cpu(x)
#define __constant_be32_to_cpu(x) be32_to_cpu(x)
#define __constant_be64_to_cpu(x) be64_to_cpu(x)
#define htobe16(x) cpu_to_be16(x)
#define htobe32(x) cpu_to_be32(x)
#define htobe64(x) cpu_to_be64(x)
#define be16toh(x) be16_to_cpu(x)
#define be32toh(x) be32_to_cpu(x)
#define be64toh(x) be64_to_cpu(x)
#define htole16(x) cpu_to_le16(x)
#define htole32(x) cpu_to_le32(x)
#define htole64(x) cpu_to_le64(x)
#define le16toh(x) le16_to_cpu(x)
#define le32toh(x) le32_to_cpu(x)
#define le64toh(x) le64_to_cpu(x)
#define __aligned_u64 unsigned long long __attribute__((aligned(8)))
#define __aligned_s64 long long __attribute__((aligned(8)))
#define __aligned_be64 unsigned long long __attribute__((aligned(8)))
#define __aligned_le64 unsigned long long __attribute__((aligned(8)))

/* Time. HZ is not what headers for programs say. */
#define HZ CONFIG_HZ
#define jiffies_to_msecs(n) ((unsigned int)((unsigned long)(n) * 1000 / CONFIG_HZ))
#define jiffies_to_usecs(n) ((unsigned int)((unsigned long)(n) * 1000000 / CONFIG_HZ))
#define jiffies_to_nsecs(n) ((unsigned long long)(n) * (1000000000ul / CONFIG_HZ))
#define msecs_to_jiffies(n) (((unsigned long)(n) * CONFIG_HZ + 999) / 1000)
#define usecs_to_jiffies(n) (((unsigned long)(n) * CONFIG_HZ + 999999) / 1000000)
#define nsecs_to_jiffies(n) ((unsigned long)(n) / (1000000000ul / CONFIG_HZ))
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) ((long)((a) - (b)) < 0)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) ((long)((b) - (a)) >= 0)
#define time_after64(a, b) ((long long)((b) - (a)) < 0)
#define time_before64(a, b) ((long long)((a) - (b)) < 0)
#define ktime_to_us(time) div_s64(time, 1000)
#define ktime_to_ms(time) div_s64(time, 1000000)
#define ktime_sub(a, b) ((a) - (b))

/* Numbers that the configuration says, and types that the kernel no longer has. */
#define NR_CPUS CONFIG_NR_CPUS
#define time_t long
#define u_char unsigned char
#define in_addr_t unsigned int
#define in_port_t unsigned short
#define socklen_t unsigned int

/* Addresses. Those of IPv4 are as the wire has them. */
#define ipv4_is_loopback(a) (((a) & htonl(0xff000000)) == htonl(0x7f000000))
#define ipv4_is_multicast(a) (((a) & htonl(0xf0000000)) == htonl(0xe0000000))
#define ipv4_is_zeronet(a) (((a) & htonl(0xff000000)) == 0)
#define ipv4_is_lbcast(a) ((a) == 0xffffffff)
#define ipv4_is_private_10(a) (((a) & htonl(0xff000000)) == htonl(0x0a000000))
#define ipv4_is_private_172(a) (((a) & htonl(0xfff00000)) == htonl(0xac100000))
#define ipv4_is_private_192(a) (((a) & htonl(0xffff0000)) == htonl(0xc0a80000))
#define ipv4_is_linklocal_169(a) (((a) & htonl(0xffff0000)) == htonl(0xa9fe0000))

#define __bee_word6(a, n) (((const struct in6_addr *)(a))->in6_u.u6_addr32[n])

#define ipv6_addr_any(a) \
	((__bee_word6(a, 0) | __bee_word6(a, 1) | __bee_word6(a, 2) | __bee_word6(a, 3)) == 0)

#define ipv6_addr_loopback(a) \
	((__bee_word6(a, 0) | __bee_word6(a, 1) | __bee_word6(a, 2) | \
	  (__bee_word6(a, 3) ^ htonl(1))) == 0)

#define ipv6_addr_v4mapped(a) \
	((__bee_word6(a, 0) | __bee_word6(a, 1) | (__bee_word6(a, 2) ^ htonl(0xffff))) == 0)

#define ipv6_addr_is_multicast(a) ((__bee_word6(a, 0) & htonl(0xff000000)) == htonl(0xff000000))

#define ipv6_addr_equal(a, b) \
	(((__bee_word6(a, 0) ^ __bee_word6(b, 0)) | (__bee_word6(a, 1) ^ __bee_word6(b, 1)) | \
	  (__bee_word6(a, 2) ^ __bee_word6(b, 2)) | (__bee_word6(a, 3) ^ __bee_word6(b, 3))) == 0)

#define __bee_mac(a, n) (((const unsigned char *)(a))[n])

#define is_multicast_ether_addr(a) (__bee_mac(a, 0) & 1)

#define is_zero_ether_addr(a) \
	((__bee_mac(a, 0) | __bee_mac(a, 1) | __bee_mac(a, 2) | __bee_mac(a, 3) | __bee_mac(a, 4) | \
	  __bee_mac(a, 5)) == 0)

#define is_broadcast_ether_addr(a) \
	((__bee_mac(a, 0) & __bee_mac(a, 1) & __bee_mac(a, 2) & __bee_mac(a, 3) & __bee_mac(a, 4) & \
	  __bee_mac(a, 5)) == 0xff)

#define ether_addr_equal(a, b) \
	(((__bee_mac(a, 0) ^ __bee_mac(b, 0)) | (__bee_mac(a, 1) ^ __bee_mac(b, 1)) | \
	  (__bee_mac(a, 2) ^ __bee_mac(b, 2)) | (__bee_mac(a, 3) ^ __bee_mac(b, 3)) | \
	  (__bee_mac(a, 4) ^ __bee_mac(b, 4)) | (__bee_mac(a, 5) ^ __bee_mac(b, 5))) == 0)

#define ether_addr_copy(to, from) ((void)__builtin_memcpy(to, from, 6))

/* Sockets and what they send. */
#define tcp_rsk(req) ((struct tcp_request_sock *)(req))
#define inet_twsk(sk) ((struct inet_timewait_sock *)(sk))

#define SOCKET_I(inode) \
	((struct socket *)((void *)(inode) - (unsigned long)&((struct socket_alloc *)0)->vfs_inode + \
			   (unsigned long)&((struct socket_alloc *)0)->socket))

#define SOCK_INODE(sock) \
	((struct inode *)((void *)(sock) - (unsigned long)&((struct socket_alloc *)0)->socket + \
			  (unsigned long)&((struct socket_alloc *)0)->vfs_inode))

#define sk_fullsock(sk) ((1 << (sk)->__sk_common.skc_state & ~(1 << 6 | 1 << 12)) != 0)
#define arp_hdr(skb) ((struct arphdr *)((skb)->head + (skb)->network_header))
#define skb_vlan_eth_hdr(skb) ((struct vlan_ethhdr *)(skb)->data)
#define skb_vlan_tag_get(skb) ((skb)->vlan_tci)
#define skb_end_pointer(skb) ((skb)->head + (skb)->end)
#define skb_tail_pointer(skb) ((skb)->head + (skb)->tail)
#define skb_is_nonlinear(skb) ((skb)->data_len)
#define skb_headroom(skb) ((skb)->data - (skb)->head)
#define CMSG_DATA(cmsg) ((void *)((char *)(cmsg) + sizeof(struct cmsghdr)))

/* Files. */
#define EXT4_I(inode) \
	((struct ext4_inode_info *)((void *)(inode) - (unsigned long)&((struct ext4_inode_info *)0)->vfs_inode))

#define BTRFS_I(inode) \
	((struct btrfs_inode *)((void *)(inode) - (unsigned long)&((struct btrfs_inode *)0)->vfs_inode))

#define PROC_I(inode) \
	((struct proc_inode *)((void *)(inode) - (unsigned long)&((struct proc_inode *)0)->vfs_inode))

#define real_mount(vfs) \
	((struct mount *)((void *)(vfs) - (unsigned long)&((struct mount *)0)->mnt))

#define file_dentry(file) ((file)->f_path.dentry)
#define i_size_read(inode) ((inode)->i_size)
#define i_uid_read(inode) ((inode)->i_uid.val)
#define i_gid_read(inode) ((inode)->i_gid.val)
#define __kuid_val(uid) ((uid).val)
#define __kgid_val(gid) ((gid).val)
#define from_kuid(ns, uid) ((uid).val)
#define from_kgid(ns, gid) ((gid).val)
#define uid_eq(a, b) ((a).val == (b).val)
#define gid_eq(a, b) ((a).val == (b).val)

#define new_encode_dev(dev) \
	((MINOR(dev) & 0xff) | MAJOR(dev) << 8 | (MINOR(dev) & ~0xffu) << 12)

#define huge_encode_dev(dev) new_encode_dev(dev)
#define old_encode_dev(dev) ((unsigned short)(MAJOR(dev) << 8 | MINOR(dev)))

/* Tasks. */
#define smp_processor_id() bpf_get_smp_processor_id()
#define task_pid(task) ((task)->thread_pid)
#define task_tgid(task) ((task)->signal->pids[PIDTYPE_TGID])
#define task_pgrp(task) ((task)->signal->pids[PIDTYPE_PGID])
#define task_session(task) ((task)->signal->pids[PIDTYPE_SID])
#define task_nice(task) ((task)->static_prio - 120)
#define task_thread_info(task) (&(task)->thread_info)
#define task_stack_page(task) ((task)->stack)
#define thread_group_leader(task) ((task)->exit_signal >= 0)
#define rt_task(task) ((unsigned int)(task)->prio < 100)
#define pid_nr(pid) ((pid)->numbers[0].nr)
#define ns_of_pid(pid) ((pid)->numbers[(pid)->level].ns)
#define cgroup_id(cgroup) ((cgroup)->kn->id)
#define vma_pages(vma) (((vma)->vm_end - (vma)->vm_start) >> PAGE_SHIFT)
#define page_count(page) ((page)->_refcount.counter)
#define instruction_pointer(regs) PT_REGS_IP(regs)
#define regs_return_value(regs) PT_REGS_RC(regs)
#define kernel_stack_pointer(regs) PT_REGS_SP(regs)
#define user_stack_pointer(regs) PT_REGS_SP(regs)
