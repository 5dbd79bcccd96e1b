/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* libbpf's dialect: sections, map definitions, attributes, loops, byte order. */

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int (*name)[value]
#define __type(name, value) typeof(value) *name
#define __array(name, value) typeof(value) *name[]

#define __ulong(name, value) \
	enum { __bee_cat(__bee_ulong, __COUNTER__) = value } name

#define __noinline __attribute__((__noinline__))
#define __weak __attribute__((weak))
#define __hidden __attribute__((visibility("hidden")))
#define __ksym __attribute__((section(".ksyms")))
#define __kconfig __attribute__((section(".kconfig")))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __kptr_ref __attribute__((btf_type_tag("kptr_ref")))
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __uptr __attribute__((btf_type_tag("uptr")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#define __arg_untrusted __attribute__((btf_decl_tag("arg:untrusted")))
#define __arg_arena __attribute__((btf_decl_tag("arg:arena")))
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))

enum libbpf_pin_type {
	LIBBPF_PIN_NONE,
	LIBBPF_PIN_BY_NAME,
};

enum libbpf_tristate {
	TRI_NO = 0,
	TRI_YES = 1,
	TRI_MODULE = 2,
};

#define bpf_ksym_exists(symbol) (!!(symbol))
#define __bpf_unreachable() __builtin_trap()

/*
 * The kernel makes a jump of a call whose map and slot are constant on all paths: written as instructions,
 * no two calls are merged into one.
 */
static __always_inline void bpf_tail_call_static(void *ctx, const void *map, unsigned int slot)
{
	if (!__builtin_constant_p(slot))
		__builtin_trap();
	__asm__ volatile("r1 = %[from]; r2 = %[jumps]; r3 = %[to]; call 12"
			 :: [from]"r"(ctx), [jumps]"r"(map), [to]"i"(slot)
			 : "r0", "r1", "r2", "r3", "r4", "r5");
}


/* ---- loops that the kernel runs ---- */

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end)
	__attribute__((section(".ksyms"), weak));

extern int *bpf_iter_num_next(struct bpf_iter_num *it) __attribute__((section(".ksyms"), weak));

extern void bpf_iter_num_destroy(struct bpf_iter_num *it)
	__attribute__((section(".ksyms"), weak));

/* The functions of an iterator follow its name: bpf_iter_task_new() and its like. */
#define bpf_for_each(type, cur, args...)						\
	for (struct bpf_iter_##type __bee_it						\
		     __attribute__((aligned(8), cleanup(bpf_iter_##type##_destroy))),	\
	     *__bee_unused __attribute__((unused)) =					\
		     (bpf_iter_##type##_new(&__bee_it, ##args), (void *)0);		\
	     (((cur) = bpf_iter_##type##_next(&__bee_it)));)

/* The verifier knows of i only what is compared here. */
#define bpf_for(i, start, end) \
	__bee_loop(((i) = *__bee_next, (i) >= (start) && (i) < (end)), start, end)
#define bpf_repeat(n) __bee_loop(1, 0, n)

#define __bee_loop(step, start, end)							\
	for (struct bpf_iter_num __bee_it						\
		     __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))),	\
	     *__bee_unused __attribute__((unused)) =					\
		     (bpf_iter_num_new(&__bee_it, (start), (end)), (void *)0);		\
	     ({ int *__bee_next = bpf_iter_num_next(&__bee_it);				\
		__bee_next && (step); });)

/* ---- macros on the number of arguments ---- */

#define __bee_cat(a, b) __bee_cat_(a, b)
#define __bee_cat_(a, b) a##b

#define __bee_count(...)								\
	__bee_count_(0, ##__VA_ARGS__, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11,	\
		     10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define __bee_count_(z, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x,	\
		     count, ...)							\
	count

#define __bee_pick(name, ...) __bee_cat(name, __bee_count(__VA_ARGS__))(__VA_ARGS__)

/* libbpf's own names for these, which headers of others use. */
#define ___bpf_concat(a, b) __bee_cat(a, b)
#define ___bpf_apply(name, n) __bee_cat(name, n)
#define ___bpf_narg(...) __bee_count(__VA_ARGS__)

#define ___bpf_nth(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _a, _b, _c, N, ...) N

/* ---- byte order: BPF programs for x86 and arm64 are little-endian ---- */

#define bpf_htons(x) ((unsigned short)__builtin_bswap16(x))
#define bpf_ntohs(x) ((unsigned short)__builtin_bswap16(x))
#define bpf_htonl(x) ((unsigned int)__builtin_bswap32(x))
#define bpf_ntohl(x) ((unsigned int)__builtin_bswap32(x))
#define bpf_htonll(x) ((unsigned long long)__builtin_bswap64(x))
#define bpf_ntohll(x) ((unsigned long long)__builtin_bswap64(x))
#define bpf_hton128(x) __bee_swap128(x)
#define bpf_ntoh128(x) __bee_swap128(x)

#define __bee_swap128(x) ({								\
	unsigned __int128 __bee_wide = (x);						\
	(unsigned __int128)__builtin_bswap64((unsigned long long)__bee_wide) << 64 |	\
		__builtin_bswap64((unsigned long long)(__bee_wide >> 64));		\
})

#define bpf_cpu_to_be64(x) ((unsigned long long)__builtin_bswap64(x))
#define bpf_be64_to_cpu(x) ((unsigned long long)__builtin_bswap64(x))
#define __bpf_htons(x) ((unsigned short)__builtin_bswap16(x))
#define __bpf_ntohs(x) ((unsigned short)__builtin_bswap16(x))
#define __bpf_htonl(x) ((unsigned int)__builtin_bswap32(x))
#define __bpf_ntohl(x) ((unsigned int)__builtin_bswap32(x))
#define __bpf_cpu_to_be64(x) ((unsigned long long)__builtin_bswap64(x))
#define __bpf_be64_to_cpu(x) ((unsigned long long)__builtin_bswap64(x))
#define ___bpf_swab16(x) ((unsigned short)__builtin_bswap16(x))
#define ___bpf_swab32(x) ((unsigned int)__builtin_bswap32(x))
#define ___bpf_swab64(x) ((unsigned long long)__builtin_bswap64(x))
#define __bpf_constant_htons(x) ((unsigned short)__builtin_bswap16(x))
#define __bpf_constant_ntohs(x) ((unsigned short)__builtin_bswap16(x))
#define __bpf_constant_htonl(x) ((unsigned int)__builtin_bswap32(x))
#define __bpf_constant_ntohl(x) ((unsigned int)__builtin_bswap32(x))
#define __bpf_constant_cpu_to_be64(x) ((unsigned long long)__builtin_bswap64(x))
#define __bpf_constant_be64_to_cpu(x) ((unsigned long long)__builtin_bswap64(x))
#define bpf_cpu_to_be16(x) ((unsigned short)__builtin_bswap16(x))
#define bpf_cpu_to_be32(x) ((unsigned int)__builtin_bswap32(x))
