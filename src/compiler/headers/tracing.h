/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Programs that trace: how both dialects write their functions, and where arguments come from. */

/*
 * As bpf_get_current_pid_tgid(), by the numbers of the process's own namespace: those that it has inside of
 * its container. The kernel's helper for it wants the namespace's device and inode, and serves no other.
 */
#define BPF_NS_PID_TGID() __bee_ns_pid_tgid()

static inline __attribute__((always_inline, unused)) unsigned long long __bee_ns_pid_tgid(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct pid *thread = task->thread_pid, *group = task->signal->pids[PIDTYPE_TGID];
	unsigned int level = thread->level;
	return (unsigned long long)group->numbers[level].nr << 32 |
	       (unsigned int)thread->numbers[level].nr;
}

#if defined(__TARGET_ARCH_arm64)
#define __bee_reg1 regs[0]
#define __bee_reg2 regs[1]
#define __bee_reg3 regs[2]
#define __bee_reg4 regs[3]
#define __bee_reg5 regs[4]
#define __bee_reg6 regs[5]
#define __bee_sys1 orig_x0
#define __bee_sys4 regs[3]
#define __bee_reg_return regs[30]
#define __bee_reg_frame regs[29]
#define __bee_reg_result regs[0]
#define __bee_reg_stack sp
#define __bee_reg_insn pc
#else
#define __bee_reg1 di
#define __bee_reg2 si
#define __bee_reg3 dx
#define __bee_reg4 cx
#define __bee_reg5 r8
#define __bee_reg6 r9
#define __bee_sys1 di
#define __bee_sys4 r10
#define __bee_reg_return sp
#define __bee_reg_frame bp
#define __bee_reg_result ax
#define __bee_reg_stack sp
#define __bee_reg_insn ip
#endif

#define PT_REGS_PARM1(x) ((x)->__bee_reg1)
#define PT_REGS_PARM2(x) ((x)->__bee_reg2)
#define PT_REGS_PARM3(x) ((x)->__bee_reg3)
#define PT_REGS_PARM4(x) ((x)->__bee_reg4)
#define PT_REGS_PARM5(x) ((x)->__bee_reg5)
#define PT_REGS_PARM6(x) ((x)->__bee_reg6)
#define PT_REGS_RET(x) ((x)->__bee_reg_return)
#define PT_REGS_FP(x) ((x)->__bee_reg_frame)
#define PT_REGS_RC(x) ((x)->__bee_reg_result)
#define PT_REGS_SP(x) ((x)->__bee_reg_stack)
#define PT_REGS_IP(x) ((x)->__bee_reg_insn)
#define PT_REGS_PARM1_SYSCALL(x) ((x)->__bee_sys1)
#define PT_REGS_PARM2_SYSCALL(x) ((x)->__bee_reg2)
#define PT_REGS_PARM3_SYSCALL(x) ((x)->__bee_reg3)
#define PT_REGS_PARM4_SYSCALL(x) ((x)->__bee_sys4)
#define PT_REGS_PARM5_SYSCALL(x) ((x)->__bee_reg5)
#define PT_REGS_PARM6_SYSCALL(x) ((x)->__bee_reg6)
#define PT_REGS_PARM1_CORE(x) __bee_read_reg(x, __bee_reg1)
#define PT_REGS_PARM2_CORE(x) __bee_read_reg(x, __bee_reg2)
#define PT_REGS_PARM3_CORE(x) __bee_read_reg(x, __bee_reg3)
#define PT_REGS_PARM4_CORE(x) __bee_read_reg(x, __bee_reg4)
#define PT_REGS_PARM5_CORE(x) __bee_read_reg(x, __bee_reg5)
#define PT_REGS_PARM6_CORE(x) __bee_read_reg(x, __bee_reg6)
#define PT_REGS_RET_CORE(x) __bee_read_reg(x, __bee_reg_return)
#define PT_REGS_FP_CORE(x) __bee_read_reg(x, __bee_reg_frame)
#define PT_REGS_RC_CORE(x) __bee_read_reg(x, __bee_reg_result)
#define PT_REGS_SP_CORE(x) __bee_read_reg(x, __bee_reg_stack)
#define PT_REGS_IP_CORE(x) __bee_read_reg(x, __bee_reg_insn)
#define PT_REGS_PARM1_CORE_SYSCALL(x) __bee_read_reg(x, __bee_sys1)
#define PT_REGS_PARM2_CORE_SYSCALL(x) __bee_read_reg(x, __bee_reg2)
#define PT_REGS_PARM3_CORE_SYSCALL(x) __bee_read_reg(x, __bee_reg3)
#define PT_REGS_PARM4_CORE_SYSCALL(x) __bee_read_reg(x, __bee_sys4)
#define PT_REGS_PARM5_CORE_SYSCALL(x) __bee_read_reg(x, __bee_reg5)
#define PT_REGS_PARM6_CORE_SYSCALL(x) __bee_read_reg(x, __bee_reg6)

#define __bee_read_reg(x, reg) BPF_CORE_READ(x, reg)

#define __PT_REGS_CAST(x) (x)

/* A system call's function gets one argument: where the registers of the caller were saved. */
#define PT_REGS_SYSCALL_REGS(x) ((struct pt_regs *)PT_REGS_PARM1(x))
#define PT_REGS_SYSCALL_CTX(x) ((struct pt_regs *)PT_REGS_PARM1(x))

/* Where the traced function was called from. */
#if defined(__TARGET_ARCH_arm64)
#define BPF_KPROBE_READ_RET_IP(ip, x) ({ (ip) = PT_REGS_RET(x); })
#define BPF_KRETPROBE_READ_RET_IP(ip, x) ({ (ip) = PT_REGS_RET(x); })
#else
#define BPF_KPROBE_READ_RET_IP(ip, x) \
	({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)PT_REGS_RET(x)); })
#define BPF_KRETPROBE_READ_RET_IP(ip, x) \
	({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)(PT_REGS_FP(x) + sizeof(ip))); })
#endif

/* ---- libbpf's functions: an inlined one, whose parameters come from the context ---- */

#define __bee_program(name, ctx_type, values, args...)					\
	name(ctx_type *ctx);								\
	static inline __attribute__((always_inline)) typeof(name(0))			\
	____##name(ctx_type *ctx, ##args);					\
	typeof(name(0)) name(ctx_type *ctx)						\
	{										\
		return ____##name(values);					\
	}										\
	static inline __attribute__((always_inline)) typeof(name(0))			\
	____##name(ctx_type *ctx, ##args)

/* Not by __bee_cat(), which the values may use in turn. */
#define __bee_pass(values, args...) __bee_pass_to(values, __bee_count(args))
#define __bee_pass_to(values, n) __bee_pass_by(values, n)
#define __bee_pass_by(values, n) values##n

#define BPF_PROG(name, args...)								\
	__bee_program(name, unsigned long long, __bee_pass(__bee_slots, args), ##args)
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

/* The same of pairs `type, name`, where the type may be a small struct, of two words at most. */
#define BPF_PROG2(name, args...)							\
	__bee_program(name, unsigned long long, __bee_pass(__bee_words_of, args)(args)	\
		      __VA_OPT__(,) __bee_pass(__bee_decls, args)(args))
#define __bee_decls0()
#define __bee_decls2(t, a) t a
#define __bee_decls4(t, a, rest...) t a, __bee_decls2(rest)
#define __bee_decls6(t, a, rest...) t a, __bee_decls4(rest)
#define __bee_decls8(t, a, rest...) t a, __bee_decls6(rest)
#define __bee_decls10(t, a, rest...) t a, __bee_decls8(rest)
#define __bee_decls12(t, a, rest...) t a, __bee_decls10(rest)
#define __bee_decls14(t, a, rest...) t a, __bee_decls12(rest)
#define __bee_decls16(t, a, rest...) t a, __bee_decls14(rest)
#define __bee_decls18(t, a, rest...) t a, __bee_decls16(rest)
#define __bee_decls20(t, a, rest...) t a, __bee_decls18(rest)
#define __bee_decls22(t, a, rest...) t a, __bee_decls20(rest)
#define __bee_decls24(t, a, rest...) t a, __bee_decls22(rest)
#define __bee_slots_in(t) ((sizeof(t) + 7) / 8)
#define __bee_words_of0() ctx
#define __bee_words_of2(args...) ctx, __bee_from2(0, args)
#define __bee_words_of4(args...) ctx, __bee_from4(0, args)
#define __bee_words_of6(args...) ctx, __bee_from6(0, args)
#define __bee_words_of8(args...) ctx, __bee_from8(0, args)
#define __bee_words_of10(args...) ctx, __bee_from10(0, args)
#define __bee_words_of12(args...) ctx, __bee_from12(0, args)
#define __bee_words_of14(args...) ctx, __bee_from14(0, args)
#define __bee_words_of16(args...) ctx, __bee_from16(0, args)
#define __bee_words_of18(args...) ctx, __bee_from18(0, args)
#define __bee_words_of20(args...) ctx, __bee_from20(0, args)
#define __bee_words_of22(args...) ctx, __bee_from22(0, args)
#define __bee_words_of24(args...) ctx, __bee_from24(0, args)
#define __bee_from2(n, t, a) __bee_from_slot(n, t)
#define __bee_from4(n, t, a, rest...) \
	__bee_from_slot(n, t), __bee_from2(n + __bee_slots_in(t), rest)
#define __bee_from6(n, t, a, rest...) \
	__bee_from_slot(n, t), __bee_from4(n + __bee_slots_in(t), rest)
#define __bee_from8(n, t, a, rest...) \
	__bee_from_slot(n, t), __bee_from6(n + __bee_slots_in(t), rest)
#define __bee_from10(n, t, a, rest...) \
	__bee_from_slot(n, t), __bee_from8(n + __bee_slots_in(t), rest)
#define __bee_from12(n, t, a, rest...) \
	__bee_from_slot(n, t), __bee_from10(n + __bee_slots_in(t), rest)
#define __bee_from14(n, t, a, rest...) \
	__bee_from_slot(n, t), __bee_from12(n + __bee_slots_in(t), rest)
#define __bee_from16(n, t, a, rest...) \
	__bee_from_slot(n, t), __bee_from14(n + __bee_slots_in(t), rest)
#define __bee_from18(n, t, a, rest...) \
	__bee_from_slot(n, t), __bee_from16(n + __bee_slots_in(t), rest)
#define __bee_from20(n, t, a, rest...) \
	__bee_from_slot(n, t), __bee_from18(n + __bee_slots_in(t), rest)
#define __bee_from22(n, t, a, rest...) \
	__bee_from_slot(n, t), __bee_from20(n + __bee_slots_in(t), rest)
#define __bee_from24(n, t, a, rest...) \
	__bee_from_slot(n, t), __bee_from22(n + __bee_slots_in(t), rest)
/* A struct lies in its words as in memory; a number, in the lower part of one. */
#define __bee_from_slot(n, t) ({							\
	union {										\
		unsigned long long words[2];						\
		typeof(t) value;							\
	} __bee_arg = { .words = { ctx[n], sizeof(t) > 8 ? ctx[(n) + 1] : 0 } };	\
	__bee_arg.value;								\
})

#define BPF_KPROBE(name, args...)							\
	__bee_program(name, struct pt_regs, __bee_pass(__bee_parms, args), ##args)
#define __bee_parms0 ctx
#define __bee_parms1 __bee_parms0, (void *)PT_REGS_PARM1(ctx)
#define __bee_parms2 __bee_parms1, (void *)PT_REGS_PARM2(ctx)
#define __bee_parms3 __bee_parms2, (void *)PT_REGS_PARM3(ctx)
#define __bee_parms4 __bee_parms3, (void *)PT_REGS_PARM4(ctx)
#define __bee_parms5 __bee_parms4, (void *)PT_REGS_PARM5(ctx)
#define __bee_parms6 __bee_parms5, (void *)PT_REGS_PARM6(ctx)

#define BPF_UPROBE(name, args...) BPF_KPROBE(name, ##args)

#define BPF_KRETPROBE(name, args...)							\
	__bee_program(name, struct pt_regs, __bee_pass(__bee_result, args), ##args)
#define __bee_result0 ctx
#define __bee_result1 ctx, (void *)PT_REGS_RC(ctx)

#define BPF_URETPROBE(name, args...) BPF_KRETPROBE(name, ##args)

/*
 * System calls have functions that get no more than where the caller's registers were saved. Of kernels
 * that an object may travel to, libbpf tells at load whether that is so.
 */
extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;
#define BPF_KSYSCALL(name, args...)							\
	name(struct pt_regs *ctx);							\
	static inline __attribute__((always_inline)) typeof(name(0))			\
	____##name(struct pt_regs *ctx, ##args);				\
	typeof(name(0)) name(struct pt_regs *ctx)					\
	{										\
		struct pt_regs *__bee_regs __attribute__((unused)) =			\
			__bee_has_wrapper ? PT_REGS_SYSCALL_REGS(ctx) : ctx;		\
		if (__bee_has_wrapper)							\
			return ____##name(__bee_pass(__bee_saved, args));	\
		return ____##name(__bee_pass(__bee_direct, args));		\
	}										\
	static inline __attribute__((always_inline)) typeof(name(0))			\
	____##name(struct pt_regs *ctx, ##args)
#define __bee_saved0 ctx
#define __bee_saved1 __bee_saved0, (void *)PT_REGS_PARM1_CORE_SYSCALL(__bee_regs)
#define __bee_saved2 __bee_saved1, (void *)PT_REGS_PARM2_CORE_SYSCALL(__bee_regs)
#define __bee_saved3 __bee_saved2, (void *)PT_REGS_PARM3_CORE_SYSCALL(__bee_regs)
#define __bee_saved4 __bee_saved3, (void *)PT_REGS_PARM4_CORE_SYSCALL(__bee_regs)
#define __bee_saved5 __bee_saved4, (void *)PT_REGS_PARM5_CORE_SYSCALL(__bee_regs)
#define __bee_saved6 __bee_saved5, (void *)PT_REGS_PARM6_CORE_SYSCALL(__bee_regs)
#define __bee_direct0 ctx
#define __bee_direct1 __bee_direct0, (void *)PT_REGS_PARM1_SYSCALL(ctx)
#define __bee_direct2 __bee_direct1, (void *)PT_REGS_PARM2_SYSCALL(ctx)
#define __bee_direct3 __bee_direct2, (void *)PT_REGS_PARM3_SYSCALL(ctx)
#define __bee_direct4 __bee_direct3, (void *)PT_REGS_PARM4_SYSCALL(ctx)
#define __bee_direct5 __bee_direct4, (void *)PT_REGS_PARM5_SYSCALL(ctx)
#define __bee_direct6 __bee_direct5, (void *)PT_REGS_PARM6_SYSCALL(ctx)

#define BPF_KPROBE_SYSCALL(name, args...) BPF_KSYSCALL(name, ##args)

/* ---- BCC's functions: the compiler makes parameters of the context ---- */

#define TRACEPOINT_PROBE(category, event) \
	int tracepoint__##category##__##event(struct tracepoint__##category##__##event *args)

#define RAW_TRACEPOINT_PROBE(event) \
	int raw_tracepoint__##event(struct bpf_raw_tracepoint_args *ctx)

#define KFUNC_PROBE(function, args...) \
	int kfunc__vmlinux__##function(unsigned long long *ctx, ##args)

#define KRETFUNC_PROBE(function, args...) \
	int kretfunc__vmlinux__##function(unsigned long long *ctx, ##args)

/* A function is looked for in vmlinux, and then in all modules: its name tells its own. */
#define MODULE_KFUNC_PROBE(module, function, args...)					\
	__attribute__((section("fentry/" #function), used))				\
	int kfunc__##module##__##function(unsigned long long *ctx, ##args)

#define MODULE_KRETFUNC_PROBE(module, function, args...)				\
	__attribute__((section("fexit/" #function), used))				\
	int kretfunc__##module##__##function(unsigned long long *ctx, ##args)

#define KMOD_RET(function, args...) int kmod_ret__##function(unsigned long long *ctx, ##args)
#define LSM_PROBE(hook, args...) int lsm__##hook(unsigned long long *ctx, ##args)
#define BPF_ITER(type) int bpf_iter__##type(struct bpf_iter__##type *ctx)

/* A field of changing length: its place in the lower half, its length in the upper. */
#define TP_DATA_LOC_READ_CONST(dst, field, size)					\
	do {										\
		bpf_probe_read_kernel((void *)(dst), size,				\
				      (char *)args + (args->data_loc_##field & 0xffff));	\
	} while (0)

#define TP_DATA_LOC_READ(dst, field)							\
	do {										\
		bpf_probe_read_kernel((void *)(dst),					\
				      (unsigned short)(args->data_loc_##field >> 16),	\
				      (char *)args + (args->data_loc_##field & 0xffff));	\
	} while (0)

#define TP_DATA_LOC_READ_STR(dst, field, size)						\
	do {										\
		bpf_probe_read_kernel_str((void *)(dst), size,				\
					  (char *)args + (args->data_loc_##field & 0xffff));	\
	} while (0)
