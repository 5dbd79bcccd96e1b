/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What C's and the kernel's headers give to every program. Blank lines part the blocks; where macros
 * of one line stand one under the other, each is a block.
 */

#define NULL ((void *)0)
#define true 1
#define false 0
#define offsetof(type, member) __builtin_offsetof(type, member)
#define sizeof_field(type, member) sizeof(((type *)0)->member)

#define container_of(ptr, type, member) \
	((type *)((void *)(ptr) - __builtin_offsetof(type, member)))

/* libbpf's, which are relocated where the type is (bpf_helpers.h puts them in the place of the others). */
#define __bee_offset(type, member) ((unsigned long)&((type *)0)->member)

#define __bee_container(ptr, type, member) ({						\
	void *__bee_part = (void *)(ptr);						\
	(type *)(__bee_part - __bee_offset(type, member));				\
})

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(list, type, member) container_of((list)->next, type, member)
#define list_last_entry(list, type, member) container_of((list)->prev, type, member)
#define hlist_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define IS_ERR_VALUE(x) ((unsigned long)(x) >= (unsigned long)-4095)
#define IS_ERR(ptr) ((unsigned long)(ptr) >= (unsigned long)-4095)
#define IS_ERR_OR_NULL(ptr) (!(ptr) || (unsigned long)(ptr) >= (unsigned long)-4095)
#define PTR_ERR(ptr) ((long)(ptr))
#define ERR_PTR(error) ((void *)(long)(error))
#define FIELD_SIZEOF(type, member) sizeof(((type *)0)->member)
#define atomic_read(v) ((v)->counter)
#define atomic64_read(v) ((v)->counter)
#define atomic_long_read(v) ((v)->counter)
#define __stringify(words...) __stringify_1(words)
#define __stringify_1(words...) #words
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define ACCESS_ONCE(x) (*(volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier() __asm__ volatile("" ::: "memory")
#define barrier_var(var) __asm__ volatile("" : "+r"(var))
#define memcpy(dst, src, size) __builtin_memcpy(dst, src, size)
#define memset(dst, value, size) __builtin_memset(dst, value, size)
#define memmove(dst, src, size) __builtin_memmove(dst, src, size)
#define static_assert _Static_assert
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), "BUILD_BUG_ON failed: " #condition)
#define BIT(n) (1ul << (n))
#define BIT_ULL(n) (1ull << (n))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define clamp(x, low, high) min(max(x, low), high)
#define clamp_t(type, x, low, high) min_t(type, max_t(type, x, low), high)
#define abs(x) ((x) < 0 ? -(x) : (x))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d) (((unsigned long long)(n) + (d) - 1) / (unsigned long long)(d))
#define ALIGN(x, size) (((x) + (typeof(x))(size) - 1) & ~((typeof(x))(size) - 1))
#define ALIGN_DOWN(x, size) ((x) & ~((typeof(x))(size) - 1))
#define IS_ALIGNED(x, size) (((x) & ((typeof(x))(size) - 1)) == 0)
#define round_up(x, size) (((x) + (typeof(x))(size) - 1) & ~((typeof(x))(size) - 1))
#define round_down(x, size) ((x) & ~((typeof(x))(size) - 1))
#define roundup(x, n) (((x) + (n) - 1) / (n) * (n))
#define rounddown(x, n) ((x) / (n) * (n))
#define GENMASK(high, low) (~0ul << (low) & ~0ul >> (63 - (high)))
#define GENMASK_ULL(high, low) (~0ull << (low) & ~0ull >> (63 - (high)))
#define BITS_TO_LONGS(n) (((n) + 63) / 64)
#define upper_32_bits(n) ((unsigned int)((unsigned long long)(n) >> 32))
#define lower_32_bits(n) ((unsigned int)(n))
#define ilog2(n) (63 - __builtin_clzll(n))
#define div_u64(a, b) ((unsigned long long)(a) / (unsigned int)(b))
#define div64_u64(a, b) ((unsigned long long)(a) / (unsigned long long)(b))

#define roundup_pow_of_two(n) \
	((n) <= 1 ? 1ull : 1ull << (64 - __builtin_clzll((unsigned long long)(n) - 1)))

/*
 * The number of the highest bit that is set; 0 for 0. Three instructions for each halving, which LLVM
 * makes eight of when it is written in C.
 */
#define __bee_log2_step(value, log, half, power) \
	__asm__("if %0 < " power " goto +2\n%0 >>= " half "\n%1 += " half : "+r"(value), "+r"(log))
static inline __attribute__((always_inline)) int __bee_log2(unsigned long value, unsigned long log)
{
	__bee_log2_step(value, log, "16", "65536");
	__bee_log2_step(value, log, "8", "256");
	__bee_log2_step(value, log, "4", "16");
	__bee_log2_step(value, log, "2", "4");
	__bee_log2_step(value, log, "1", "2");
	return log;
}

static inline __attribute__((always_inline, unused)) unsigned int bpf_log2(unsigned int value)
{
	if (__builtin_constant_p(value))
		return value ? 31 - __builtin_clz(value) : 0;
	return __bee_log2(value, 0);
}

/* BCC's slot of a value in a histogram: 1 for 0 and 1, 2 for 2 and 3, 3 for 4 to 7. */
static inline __attribute__((always_inline, unused)) unsigned int bpf_log2l(unsigned long value)
{
	unsigned long high = value >> 32;
	if (__builtin_constant_p(value))
		return value ? 64 - __builtin_clzl(value) : 1;
	return __bee_log2(high ? high : value, high ? 33 : 1);
}

#define lock_xadd(ptr, n) ((void)__sync_fetch_and_add(ptr, n))
#define bpf_num_cpus() ((int)__bee_num_cpus)
#define ntohs(x) ((unsigned short)__builtin_bswap16(x))
#define htons(x) ((unsigned short)__builtin_bswap16(x))
#define ntohl(x) ((unsigned int)__builtin_bswap32(x))
#define htonl(x) ((unsigned int)__builtin_bswap32(x))
#define be16_to_cpu(x) ((unsigned short)__builtin_bswap16(x))
#define be32_to_cpu(x) ((unsigned int)__builtin_bswap32(x))
#define be64_to_cpu(x) ((unsigned long long)__builtin_bswap64(x))
#define cpu_to_be16(x) ((unsigned short)__builtin_bswap16(x))
#define cpu_to_be32(x) ((unsigned int)__builtin_bswap32(x))
#define cpu_to_be64(x) ((unsigned long long)__builtin_bswap64(x))
#define __cpu_to_be16(x) ((unsigned short)__builtin_bswap16(x))
#define __cpu_to_be32(x) ((unsigned int)__builtin_bswap32(x))
#define __cpu_to_be64(x) ((unsigned long long)__builtin_bswap64(x))
#define __be16_to_cpu(x) ((unsigned short)__builtin_bswap16(x))
#define __be32_to_cpu(x) ((unsigned int)__builtin_bswap32(x))
#define __be64_to_cpu(x) ((unsigned long long)__builtin_bswap64(x))
#define __cpu_to_le16(x) ((unsigned short)(x))
#define __cpu_to_le32(x) ((unsigned int)(x))
#define __cpu_to_le64(x) ((unsigned long long)(x))
#define __le16_to_cpu(x) ((unsigned short)(x))
#define __le32_to_cpu(x) ((unsigned int)(x))
#define __le64_to_cpu(x) ((unsigned long long)(x))
#define le16_to_cpu(x) ((unsigned short)(x))
#define le32_to_cpu(x) ((unsigned int)(x))
#define le64_to_cpu(x) ((unsigned long long)(x))
#define cpu_to_le16(x) ((unsigned short)(x))
#define cpu_to_le32(x) ((unsigned int)(x))
#define cpu_to_le64(x) ((unsigned long long)(x))
#define __constant_htons(x) ((unsigned short)__builtin_bswap16(x))
#define __constant_ntohs(x) ((unsigned short)__builtin_bswap16(x))
#define __constant_htonl(x) ((unsigned int)__builtin_bswap32(x))
#define __constant_ntohl(x) ((unsigned int)__builtin_bswap32(x))
#define ___constant_swab16(x) ((unsigned short)__builtin_bswap16(x))
#define ___constant_swab32(x) ((unsigned int)__builtin_bswap32(x))
#define swab16(x) ((unsigned short)__builtin_bswap16(x))
#define swab32(x) ((unsigned int)__builtin_bswap32(x))
#define swab64(x) ((unsigned long long)__builtin_bswap64(x))
#define __swab16(x) ((unsigned short)__builtin_bswap16(x))
#define __swab32(x) ((unsigned int)__builtin_bswap32(x))
#define __swab64(x) ((unsigned long long)__builtin_bswap64(x))
#define asmlinkage
#define __must_check
#define __cold
#define __uint8_t unsigned char
#define __uint16_t unsigned short
#define __uint32_t unsigned int
#define __uint64_t unsigned long
#define __int8_t signed char
#define __int16_t short
#define __int32_t int
#define __int64_t long
#define __user __attribute__((noderef))
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __force
#define __bitwise
#define __init
#define __exit
#define __read_mostly
#define __randomize_layout
#define __seg_gs
#define __seg_fs
#define __packed __attribute__((packed))
#define __aligned(size) __attribute__((aligned(size)))
#define __maybe_unused __attribute__((unused))
#define __always_unused __attribute__((unused))
#define __section(name) __attribute__((section(name), used))
#define BCC_SEC(name) __attribute__((section(name), used))
#define __always_inline inline __attribute__((always_inline))
#define noinline __attribute__((__noinline__))
#define fallthrough __attribute__((__fallthrough__))
#define KBUILD_MODNAME "moonbee"
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))

/* IS_ENABLED(CONFIG_X): types.c defines __bee_on_CONFIG_X as "0," where the kernel has X. */
#define IS_ENABLED(option) __bee_enabled(__bee_on_##option)
#define __bee_enabled(mark) __bee_enabled_(mark)
#define __bee_enabled_(mark) __bee_second(mark 1, 0)
#define __bee_second(a, b, ...) b
