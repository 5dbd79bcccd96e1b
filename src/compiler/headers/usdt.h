/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The arguments of USDT probes, in both dialects. Each place that a probe is compiled into may hold
 * its arguments elsewhere. libbpf reads in the program's ELF notes where, when it attaches, and
 * leaves it in two maps, whose names and layout are its own: __bpf_usdt_specs, a description by
 * number, and __bpf_usdt_ip_to_spec_id, the number by address, for kernels without cookies.
 */

struct __bpf_usdt_arg_spec {
	unsigned long long val_off;
	unsigned int arg_type;	/* 0: val_off is the value; 1: a register has it, 2: points to it */
	short reg_off;		/* in struct pt_regs */
	_Bool arg_signed;
	char arg_bitshift;	/* 64 less the argument's bits */
};

struct __bpf_usdt_spec {
	struct __bpf_usdt_arg_spec args[12];
	unsigned long long usdt_cookie;
	short arg_cnt;
};

extern const _Bool LINUX_HAS_BPF_COOKIE __kconfig;
struct {
	int (*type)[2]; /* array */
	int (*max_entries)[256];
	int *key;
	struct __bpf_usdt_spec *value;
} __bpf_usdt_specs __attribute__((section(".maps"), used));
struct {
	int (*type)[1]; /* hash */
	int (*max_entries)[1024];
	long *key;
	unsigned int *value;
} __bpf_usdt_ip_to_spec_id __attribute__((section(".maps"), used));
static __always_inline struct __bpf_usdt_spec *__bee_usdt_spec(struct pt_regs *ctx)
{
	unsigned int number, *found = &number;
	long ip = PT_REGS_IP(ctx);
	if (LINUX_HAS_BPF_COOKIE)
		number = bpf_get_attach_cookie(ctx);
	else
		found = bpf_map_lookup_elem(&__bpf_usdt_ip_to_spec_id, &ip);
	return found ? bpf_map_lookup_elem(&__bpf_usdt_specs, found) : NULL;
}

/* Argument n, counted from 0 and widened by its own sign; 0 where there is none. */
static noinline int bpf_usdt_arg(struct pt_regs *ctx, unsigned long long n, long *value)
{
	struct __bpf_usdt_spec *spec = __bee_usdt_spec(ctx);
	struct __bpf_usdt_arg_spec *arg;
	unsigned long word;
	int err = 0;
	*value = 0;
	if (!spec)
		return -ESRCH;
	if (n >= 12 || n >= spec->arg_cnt)
		return -ENOENT;
	arg = &spec->args[n];
	word = arg->val_off;
	if (arg->arg_type)
		err = bpf_probe_read_kernel(&word, sizeof(word), (void *)ctx + arg->reg_off);
	if (!err && arg->arg_type == 2)
		err = bpf_probe_read_user(&word, sizeof(word), (void *)word + arg->val_off);
	if (err)
		return err;
	word <<= arg->arg_bitshift;
	*value = arg->arg_signed ? (long)word >> arg->arg_bitshift : word >> arg->arg_bitshift;
	return 0;
}

/* The bytes of argument n, counted from 0. */
static noinline int bpf_usdt_arg_size(struct pt_regs *ctx, unsigned long long n)
{
	struct __bpf_usdt_spec *spec = __bee_usdt_spec(ctx);
	if (!spec)
		return -ESRCH;
	if (n >= 12 || n >= spec->arg_cnt)
		return -ENOENT;
	return (unsigned int)(64 - spec->args[n].arg_bitshift) / 8;
}

static noinline int bpf_usdt_arg_cnt(struct pt_regs *ctx)
{
	struct __bpf_usdt_spec *spec = __bee_usdt_spec(ctx);
	return spec ? spec->arg_cnt : -ESRCH;
}

static noinline long bpf_usdt_cookie(struct pt_regs *ctx)
{
	struct __bpf_usdt_spec *spec = __bee_usdt_spec(ctx);
	return spec ? spec->usdt_cookie : 0;
}

#define BPF_USDT(name, args...)								\
	__bee_program(name, struct pt_regs, __bee_pass(__bee_usdts, args), ##args)
#define __bee_usdts0 ctx
#define __bee_usdts1 __bee_usdts0, __bee_usdt(0)
#define __bee_usdts2 __bee_usdts1, __bee_usdt(1)
#define __bee_usdts3 __bee_usdts2, __bee_usdt(2)
#define __bee_usdts4 __bee_usdts3, __bee_usdt(3)
#define __bee_usdts5 __bee_usdts4, __bee_usdt(4)
#define __bee_usdts6 __bee_usdts5, __bee_usdt(5)
#define __bee_usdts7 __bee_usdts6, __bee_usdt(6)
#define __bee_usdts8 __bee_usdts7, __bee_usdt(7)
#define __bee_usdts9 __bee_usdts8, __bee_usdt(8)
#define __bee_usdts10 __bee_usdts9, __bee_usdt(9)
#define __bee_usdts11 __bee_usdts10, __bee_usdt(10)
#define __bee_usdts12 __bee_usdts11, __bee_usdt(11)
#define __bee_usdt(n) ({								\
	long __bee_value;								\
	bpf_usdt_arg(ctx, n, &__bee_value);						\
	(void *)__bee_value;								\
})

/* BCC's: counted from 1, into a variable of any integer or pointer type. */
#define bpf_usdt_readarg(n, ctx, to) ({							\
	long __bee_value;								\
	int __bee_err = bpf_usdt_arg((struct pt_regs *)(ctx), (n) - 1, &__bee_value);	\
	if (!__bee_err)									\
		*(to) = (typeof(*(to)))__bee_value;					\
	__bee_err;									\
})

/* What the argument points to, in the process's memory. */
#define bpf_usdt_readarg_p(n, ctx, to, size) ({						\
	long __bee_from;								\
	int __bee_err = bpf_usdt_arg((struct pt_regs *)(ctx), (n) - 1, &__bee_from);	\
	__bee_err ? __bee_err : (int)bpf_probe_read_user(to, size, (void *)__bee_from);	\
})
