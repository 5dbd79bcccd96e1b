/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* libbpf's dialect: sections, map definitions, program macros, CO-RE reads, byte order. */

#define SEC(name) __attribute__((section(name), used))

#define __uint(name, val) int (*name)[val]

#define __type(name, val) typeof(val) *name

#define __array(name, val) typeof(val) *name[]

#define __ulong(name, val) enum { __bee_ulong_##name##__LINE__ = val } name

#define __weak __attribute__((weak))

#define __hidden __attribute__((visibility("hidden")))

#define __ksym __attribute__((section(".ksyms")))

#define __kconfig __attribute__((section(".kconfig")))

#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))

#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))

enum libbpf_pin_type {
	LIBBPF_PIN_NONE,
	LIBBPF_PIN_BY_NAME,
};
#define LIBBPF_PIN_NONE LIBBPF_PIN_NONE
#define LIBBPF_PIN_BY_NAME LIBBPF_PIN_BY_NAME

#define bpf_ksym_exists(symbol) (!!(symbol))

#define __bee_cat(a, b) __bee_cat_(a, b)
#define __bee_cat_(a, b) a##b

#define __bee_count(...) __bee_count_(0, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define __bee_count_(z, a, b, c, d, e, f, g, h, i, j, k, l, n, ...) n

#define __bee_pick(name, ...) __bee_cat(name, __bee_count(__VA_ARGS__))(__VA_ARGS__)

#define bpf_printk(fmt, args...) __bee_cat(__bee_printk, __bee_count(args))(fmt, ##args)
#define __bee_printk0(fmt) __bee_printk3(fmt, 0, 0, 0)
#define __bee_printk1(fmt, a) __bee_printk3(fmt, a, 0, 0)
#define __bee_printk2(fmt, a, b) __bee_printk3(fmt, a, b, 0)
#define __bee_printk3(fmt, a, b, c) ({						\
	static const char __bee_fmt[] = fmt;					\
	__bee_trace_printk(__bee_fmt, sizeof(__bee_fmt), a, b, c);		\
})
#define __bee_printk4(fmt, args...) __bee_vprintk(fmt, args)
#define __bee_printk5(fmt, args...) __bee_vprintk(fmt, args)
#define __bee_printk6(fmt, args...) __bee_vprintk(fmt, args)
#define __bee_printk7(fmt, args...) __bee_vprintk(fmt, args)
#define __bee_printk8(fmt, args...) __bee_vprintk(fmt, args)
#define __bee_printk9(fmt, args...) __bee_vprintk(fmt, args)
#define __bee_printk10(fmt, args...) __bee_vprintk(fmt, args)
#define __bee_printk11(fmt, args...) __bee_vprintk(fmt, args)
#define __bee_printk12(fmt, args...) __bee_vprintk(fmt, args)
#define __bee_vprintk(fmt, args...) ({						\
	static const char __bee_fmt[] = fmt;					\
	unsigned long long __bee_args[] = { __bee_words(args) };		\
	bpf_trace_vprintk(__bee_fmt, sizeof(__bee_fmt), __bee_args, sizeof(__bee_args)); \
})

#define __bee_words(args...) __bee_cat(__bee_words, __bee_count(args))(args)
#define __bee_words0()
#define __bee_words1(a) (unsigned long long)(a)
#define __bee_words2(a, args...) (unsigned long long)(a), __bee_words1(args)
#define __bee_words3(a, args...) (unsigned long long)(a), __bee_words2(args)
#define __bee_words4(a, args...) (unsigned long long)(a), __bee_words3(args)
#define __bee_words5(a, args...) (unsigned long long)(a), __bee_words4(args)
#define __bee_words6(a, args...) (unsigned long long)(a), __bee_words5(args)
#define __bee_words7(a, args...) (unsigned long long)(a), __bee_words6(args)
#define __bee_words8(a, args...) (unsigned long long)(a), __bee_words7(args)
#define __bee_words9(a, args...) (unsigned long long)(a), __bee_words8(args)
#define __bee_words10(a, args...) (unsigned long long)(a), __bee_words9(args)
#define __bee_words11(a, args...) (unsigned long long)(a), __bee_words10(args)
#define __bee_words12(a, args...) (unsigned long long)(a), __bee_words11(args)

#define BPF_SEQ_PRINTF(seq, fmt, args...) ({					\
	static const char __bee_fmt[] = fmt;					\
	unsigned long long __bee_args[] = { __bee_words(args) };		\
	bpf_seq_printf(seq, __bee_fmt, sizeof(__bee_fmt), __bee_args, sizeof(__bee_args)); \
})

#define BPF_SNPRINTF(out, size, fmt, args...) ({				\
	static const char __bee_fmt[] = fmt;					\
	unsigned long long __bee_args[] = { __bee_words(args) };		\
	bpf_snprintf(out, size, __bee_fmt, __bee_args, sizeof(__bee_args));	\
})

#define PT_REGS_PARM1(x) ((x)->di)
#define PT_REGS_PARM2(x) ((x)->si)
#define PT_REGS_PARM3(x) ((x)->dx)
#define PT_REGS_PARM4(x) ((x)->cx)
#define PT_REGS_PARM5(x) ((x)->r8)
#define PT_REGS_PARM6(x) ((x)->r9)
#define PT_REGS_PARM4_SYSCALL(x) ((x)->r10)

#define PT_REGS_RET(x) ((x)->sp)

#define PT_REGS_FP(x) ((x)->bp)

#define PT_REGS_RC(x) ((x)->ax)

#define PT_REGS_SP(x) ((x)->sp)

#define PT_REGS_IP(x) ((x)->ip)

#define PT_REGS_SYSCALL_CTX(x) ((struct pt_regs *)PT_REGS_PARM1(x))

#define PT_REGS_SYSCALL_REGS(x) ((struct pt_regs *)PT_REGS_PARM1(x))

#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1(x)
#define PT_REGS_PARM2_SYSCALL(x) PT_REGS_PARM2(x)
#define PT_REGS_PARM3_SYSCALL(x) PT_REGS_PARM3(x)
#define PT_REGS_PARM5_SYSCALL(x) PT_REGS_PARM5(x)
#define PT_REGS_PARM6_SYSCALL(x) PT_REGS_PARM6(x)

#define PT_REGS_PARM1_CORE(x) __bee_core_reg(x, di)
#define PT_REGS_PARM2_CORE(x) __bee_core_reg(x, si)
#define PT_REGS_PARM3_CORE(x) __bee_core_reg(x, dx)
#define PT_REGS_PARM4_CORE(x) __bee_core_reg(x, cx)
#define PT_REGS_PARM5_CORE(x) __bee_core_reg(x, r8)
#define PT_REGS_RC_CORE(x) __bee_core_reg(x, ax)
#define PT_REGS_PARM1_CORE_SYSCALL(x) __bee_core_reg(x, di)
#define PT_REGS_PARM2_CORE_SYSCALL(x) __bee_core_reg(x, si)
#define PT_REGS_PARM3_CORE_SYSCALL(x) __bee_core_reg(x, dx)
#define PT_REGS_PARM4_CORE_SYSCALL(x) __bee_core_reg(x, r10)
#define PT_REGS_PARM5_CORE_SYSCALL(x) __bee_core_reg(x, r8)
#define __bee_core_reg(x, reg) ({						\
	unsigned long __bee_reg;						\
	bpf_probe_read_kernel(&__bee_reg, sizeof(__bee_reg), &(x)->reg);	\
	__bee_reg;								\
})

#define BPF_PROG(name, args...)							\
	name(unsigned long long *ctx);						\
	static inline __attribute__((always_inline)) typeof(name(0))		\
	__bee_prog_##name(unsigned long long *ctx, ##args);			\
	typeof(name(0)) name(unsigned long long *ctx)				\
	{									\
		return __bee_prog_##name(__bee_cat(__bee_slots, __bee_count(args))); \
	}									\
	static inline __attribute__((always_inline)) typeof(name(0))		\
	__bee_prog_##name(unsigned long long *ctx, ##args)
#define __bee_slots0 ctx
#define __bee_slots1 __bee_slots0, (void *)ctx[0]
#define __bee_slots2 __bee_slots1, (void *)ctx[1]
#define __bee_slots3 __bee_slots2, (void *)ctx[2]
#define __bee_slots4 __bee_slots3, (void *)ctx[3]
#define __bee_slots5 __bee_slots4, (void *)ctx[4]
#define __bee_slots6 __bee_slots5, (void *)ctx[5]
#define __bee_slots7 __bee_slots6, (void *)ctx[6]
#define __bee_slots8 __bee_slots7, (void *)ctx[7]
#define __bee_slots9 __bee_slots8, (void *)ctx[8]
#define __bee_slots10 __bee_slots9, (void *)ctx[9]
#define __bee_slots11 __bee_slots10, (void *)ctx[10]
#define __bee_slots12 __bee_slots11, (void *)ctx[11]

#define BPF_KPROBE(name, args...)						\
	name(struct pt_regs *ctx);						\
	static inline __attribute__((always_inline)) typeof(name(0))		\
	__bee_prog_##name(struct pt_regs *ctx, ##args);				\
	typeof(name(0)) name(struct pt_regs *ctx)				\
	{									\
		return __bee_prog_##name(__bee_cat(__bee_regs, __bee_count(args))); \
	}									\
	static inline __attribute__((always_inline)) typeof(name(0))		\
	__bee_prog_##name(struct pt_regs *ctx, ##args)
#define __bee_regs0 ctx
#define __bee_regs1 __bee_regs0, (void *)PT_REGS_PARM1(ctx)
#define __bee_regs2 __bee_regs1, (void *)PT_REGS_PARM2(ctx)
#define __bee_regs3 __bee_regs2, (void *)PT_REGS_PARM3(ctx)
#define __bee_regs4 __bee_regs3, (void *)PT_REGS_PARM4(ctx)
#define __bee_regs5 __bee_regs4, (void *)PT_REGS_PARM5(ctx)
#define __bee_regs6 __bee_regs5, (void *)PT_REGS_PARM6(ctx)

#define BPF_UPROBE(name, args...) BPF_KPROBE(name, ##args)

#define BPF_KRETPROBE(name, args...)						\
	name(struct pt_regs *ctx);						\
	static inline __attribute__((always_inline)) typeof(name(0))		\
	__bee_prog_##name(struct pt_regs *ctx, ##args);				\
	typeof(name(0)) name(struct pt_regs *ctx)				\
	{									\
		return __bee_prog_##name(__bee_cat(__bee_returned, __bee_count(args))); \
	}									\
	static inline __attribute__((always_inline)) typeof(name(0))		\
	__bee_prog_##name(struct pt_regs *ctx, ##args)
#define __bee_returned0 ctx
#define __bee_returned1 ctx, (void *)PT_REGS_RC(ctx)

#define BPF_URETPROBE(name, args...) BPF_KRETPROBE(name, ##args)

#define BPF_KSYSCALL(name, args...)						\
	name(struct pt_regs *ctx);						\
	static inline __attribute__((always_inline)) typeof(name(0))		\
	__bee_prog_##name(struct pt_regs *ctx, ##args);				\
	typeof(name(0)) name(struct pt_regs *ctx)				\
	{									\
		struct pt_regs *__bee_inner = PT_REGS_SYSCALL_REGS(ctx);	\
		return __bee_prog_##name(__bee_cat(__bee_sys, __bee_count(args))); \
	}									\
	static inline __attribute__((always_inline)) typeof(name(0))		\
	__bee_prog_##name(struct pt_regs *ctx, ##args)
#define __bee_sys0 ctx
#define __bee_sys1 __bee_sys0, (void *)__bee_core_reg(__bee_inner, di)
#define __bee_sys2 __bee_sys1, (void *)__bee_core_reg(__bee_inner, si)
#define __bee_sys3 __bee_sys2, (void *)__bee_core_reg(__bee_inner, dx)
#define __bee_sys4 __bee_sys3, (void *)__bee_core_reg(__bee_inner, r10)
#define __bee_sys5 __bee_sys4, (void *)__bee_core_reg(__bee_inner, r8)
#define __bee_sys6 __bee_sys5, (void *)__bee_core_reg(__bee_inner, r9)

#define BPF_KPROBE_SYSCALL BPF_KSYSCALL

#define bpf_core_read(dst, size, src) bpf_probe_read_kernel(dst, size, __bee_core(src))

#define bpf_core_read_user(dst, size, src) bpf_probe_read_user(dst, size, __bee_core(src))

#define bpf_core_read_str(dst, size, src) bpf_probe_read_kernel_str(dst, size, __bee_core(src))

#define bpf_core_read_user_str(dst, size, src) bpf_probe_read_user_str(dst, size, __bee_core(src))

#define bpf_core_field_exists(field...) __builtin_preserve_field_info(__bee_field(field), 2)

#define bpf_core_field_size(field...) __builtin_preserve_field_info(__bee_field(field), 1)

#define bpf_core_field_offset(field...) __builtin_preserve_field_info(__bee_field(field), 0)

#define __bee_field(args...) __bee_pick(__bee_field, args)
#define __bee_field1(field) field
#define __bee_field2(type, field) ((typeof(type) *)0)->field

#define bpf_core_type_exists(type) __builtin_preserve_type_info(*(typeof(type) *)0, 0)

#define bpf_core_type_size(type) __builtin_preserve_type_info(*(typeof(type) *)0, 1)

#define bpf_core_type_matches(type) __builtin_preserve_type_info(*(typeof(type) *)0, 2)

#define bpf_core_enum_value_exists(type, value) __builtin_preserve_enum_value(*(typeof(type) *)value, 0)

#define bpf_core_enum_value(type, value) __builtin_preserve_enum_value(*(typeof(type) *)value, 1)

#define bpf_core_type_id_kernel(type) __builtin_btf_type_id(*(typeof(type) *)0, 1)

#define bpf_core_cast(ptr, type) ((typeof(type) *)bpf_rdonly_cast(ptr, bpf_core_type_id_kernel(type)))

#define BPF_CORE_READ(src, first, rest...) ({					\
	typeof((src)->__bee_path(first, ##rest)) __bee_value;			\
	__bee_read(bpf_core_read, &__bee_value, sizeof(__bee_value), src, first, ##rest); \
	__bee_value;								\
})

#define BPF_CORE_READ_INTO(dst, src, first, rest...) \
	__bee_read(bpf_core_read, dst, sizeof(*(dst)), src, first, ##rest)

#define BPF_CORE_READ_STR_INTO(dst, src, first, rest...) \
	__bee_read(bpf_core_read_str, dst, sizeof(*(dst)), src, first, ##rest)

#define BPF_CORE_READ_USER(src, first, rest...) ({				\
	typeof((src)->__bee_path(first, ##rest)) __bee_value;			\
	__bee_read(bpf_core_read_user, &__bee_value, sizeof(__bee_value), src, first, ##rest); \
	__bee_value;								\
})

#define BPF_PROBE_READ(src, first, rest...) BPF_CORE_READ(src, first, ##rest)

#define BPF_PROBE_READ_INTO(dst, src, first, rest...) \
	__bee_read(bpf_core_read, dst, sizeof(*(dst)), src, first, ##rest)

#define BPF_PROBE_READ_STR_INTO(dst, src, first, rest...) \
	__bee_read(bpf_core_read_str, dst, sizeof(*(dst)), src, first, ##rest)

#define __bee_path(args...) __bee_pick(__bee_path, args)
#define __bee_path1(a) a
#define __bee_path2(a, b) a->b
#define __bee_path3(a, b, c) a->b->c
#define __bee_path4(a, b, c, d) a->b->c->d
#define __bee_path5(a, b, c, d, e) a->b->c->d->e
#define __bee_path6(a, b, c, d, e, f) a->b->c->d->e->f
#define __bee_path7(a, b, c, d, e, f, g) a->b->c->d->e->f->g
#define __bee_path8(a, b, c, d, e, f, g, h) a->b->c->d->e->f->g->h
#define __bee_path9(a, b, c, d, e, f, g, h, i) a->b->c->d->e->f->g->h->i

#define __bee_read(fn, dst, size, src, path...) \
	__bee_cat(__bee_read, __bee_count(path))(fn, dst, size, src, path)
#define __bee_read1(fn, dst, size, src, a) fn((void *)(dst), size, &(src)->a)
#define __bee_read2(fn, dst, size, src, a, b) ({				\
	typeof((src)->a) __bee_p1;						\
	bpf_core_read(&__bee_p1, sizeof(__bee_p1), &(src)->a);			\
	__bee_read1(fn, dst, size, __bee_p1, b);				\
})
#define __bee_read3(fn, dst, size, src, a, rest...) ({				\
	typeof((src)->a) __bee_p2;						\
	bpf_core_read(&__bee_p2, sizeof(__bee_p2), &(src)->a);			\
	__bee_read2(fn, dst, size, __bee_p2, rest);				\
})
#define __bee_read4(fn, dst, size, src, a, rest...) ({				\
	typeof((src)->a) __bee_p3;						\
	bpf_core_read(&__bee_p3, sizeof(__bee_p3), &(src)->a);			\
	__bee_read3(fn, dst, size, __bee_p3, rest);				\
})
#define __bee_read5(fn, dst, size, src, a, rest...) ({				\
	typeof((src)->a) __bee_p4;						\
	bpf_core_read(&__bee_p4, sizeof(__bee_p4), &(src)->a);			\
	__bee_read4(fn, dst, size, __bee_p4, rest);				\
})
#define __bee_read6(fn, dst, size, src, a, rest...) ({				\
	typeof((src)->a) __bee_p5;						\
	bpf_core_read(&__bee_p5, sizeof(__bee_p5), &(src)->a);			\
	__bee_read5(fn, dst, size, __bee_p5, rest);				\
})
#define __bee_read7(fn, dst, size, src, a, rest...) ({				\
	typeof((src)->a) __bee_p6;						\
	bpf_core_read(&__bee_p6, sizeof(__bee_p6), &(src)->a);			\
	__bee_read6(fn, dst, size, __bee_p6, rest);				\
})
#define __bee_read8(fn, dst, size, src, a, rest...) ({				\
	typeof((src)->a) __bee_p7;						\
	bpf_core_read(&__bee_p7, sizeof(__bee_p7), &(src)->a);			\
	__bee_read7(fn, dst, size, __bee_p7, rest);				\
})
#define __bee_read9(fn, dst, size, src, a, rest...) ({				\
	typeof((src)->a) __bee_p8;						\
	bpf_core_read(&__bee_p8, sizeof(__bee_p8), &(src)->a);			\
	__bee_read8(fn, dst, size, __bee_p8, rest);				\
})

#define bpf_htons(x) ((__u16)__builtin_bswap16(x))

#define bpf_ntohs(x) ((__u16)__builtin_bswap16(x))

#define bpf_htonl(x) ((__u32)__builtin_bswap32(x))

#define bpf_ntohl(x) ((__u32)__builtin_bswap32(x))

#define bpf_cpu_to_be64(x) ((__u64)__builtin_bswap64(x))

#define bpf_be64_to_cpu(x) ((__u64)__builtin_bswap64(x))
