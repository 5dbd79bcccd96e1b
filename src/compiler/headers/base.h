/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What C and the kernel's own headers give to every program. Blank lines part the blocks. */

#define NULL ((void *)0)

#define true 1

#define false 0

#define offsetof(type, member) __builtin_offsetof(type, member)

#define container_of(ptr, type, member) \
	((type *)((void *)(ptr) - __builtin_offsetof(type, member)))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))

#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))

#define likely(x) __builtin_expect(!!(x), 1)

#define unlikely(x) __builtin_expect(!!(x), 0)

#define barrier() __asm__ volatile("" ::: "memory")

#define barrier_var(var) __asm__ volatile("" : "+r"(var))

#define memcpy(dst, src, size) __builtin_memcpy(dst, src, size)

#define memset(dst, value, size) __builtin_memset(dst, value, size)

#define memmove(dst, src, size) __builtin_memmove(dst, src, size)

#define memcmp(a, b, size) __builtin_memcmp(a, b, size)

#define min(a, b) ((a) < (b) ? (a) : (b))

#define max(a, b) ((a) > (b) ? (a) : (b))

#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))

#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))

#define div_u64(a, b) ((unsigned long long)(a) / (unsigned int)(b))

#define ntohs(x) __builtin_bswap16(x)

#define htons(x) __builtin_bswap16(x)

#define ntohl(x) __builtin_bswap32(x)

#define htonl(x) __builtin_bswap32(x)

#define be16_to_cpu(x) __builtin_bswap16(x)

#define be32_to_cpu(x) __builtin_bswap32(x)

#define be64_to_cpu(x) __builtin_bswap64(x)

#define cpu_to_be16(x) __builtin_bswap16(x)

#define cpu_to_be32(x) __builtin_bswap32(x)

#define cpu_to_be64(x) __builtin_bswap64(x)

#define __constant_htons(x) __builtin_bswap16(x)

#define __constant_ntohs(x) __builtin_bswap16(x)

#define __user

#define __kernel

#define __iomem

#define __percpu

#define __rcu

#define __force

#define __init

#define __read_mostly

#define __randomize_layout

#define __packed __attribute__((packed))

#define __aligned(size) __attribute__((aligned(size)))

#define __maybe_unused __attribute__((unused))

#define __always_inline inline __attribute__((always_inline))

#define noinline __attribute__((noinline))

#define __noinline __attribute__((noinline))

#define KBUILD_MODNAME "moonbee"

#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))

#define tcp_sk(sk) ((struct tcp_sock *)(sk))

#define inet_sk(sk) ((struct inet_sock *)(sk))

#define udp_sk(sk) ((struct udp_sock *)(sk))

#define unix_sk(sk) ((struct unix_sock *)(sk))

#define inet_csk(sk) ((struct inet_connection_sock *)(sk))
