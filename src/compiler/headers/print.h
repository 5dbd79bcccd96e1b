/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Formatted text, in both dialects. */

/* Behind a literal its size is put in its place; libbpf's form gives the size itself. */
static long (*const bpf_trace_printk)(const char *fmt, unsigned int size, ...) = (void *)6;
#define bpf_trace_printk(...) __bee_trace(__VA_ARGS__)
#define __bee_trace(fmt, ...)								\
	(__bee_text(fmt)[0] == '"' ?							\
		 (bpf_trace_printk)(fmt, sizeof(fmt), ##__VA_ARGS__) :			\
		 ((long (*)(const char *, ...))bpf_trace_printk)(fmt, ##__VA_ARGS__))
#define __bee_text(x) __bee_text_(x)
#define __bee_text_(x) #x

/* What LLVM makes a copy of; of the rest it says that BPF has no C library. */
#define sprintf(to, fmt, args...) __builtin_sprintf(to, fmt, ##args)

#define snprintf(to, size, fmt, args...) __builtin_snprintf(to, size, fmt, ##args)

#define __bpf_vprintk(fmt, args...) __bee_long_printk(fmt, ##args)
#define __bpf_printk(fmt, args...) __bee_short_printk(fmt, ##args)

#define bpf_printk(fmt, args...) __bee_cat(__bee_printk, __bee_count(args))(fmt, ##args)
#define __bee_printk0(fmt, args...) __bee_short_printk(fmt, ##args)
#define __bee_printk1(fmt, args...) __bee_short_printk(fmt, ##args)
#define __bee_printk2(fmt, args...) __bee_short_printk(fmt, ##args)
#define __bee_printk3(fmt, args...) __bee_short_printk(fmt, ##args)
#define __bee_printk4(fmt, args...) __bee_long_printk(fmt, ##args)
#define __bee_printk5(fmt, args...) __bee_long_printk(fmt, ##args)
#define __bee_printk6(fmt, args...) __bee_long_printk(fmt, ##args)
#define __bee_printk7(fmt, args...) __bee_long_printk(fmt, ##args)
#define __bee_printk8(fmt, args...) __bee_long_printk(fmt, ##args)
#define __bee_printk9(fmt, args...) __bee_long_printk(fmt, ##args)
#define __bee_printk10(fmt, args...) __bee_long_printk(fmt, ##args)
#define __bee_printk11(fmt, args...) __bee_long_printk(fmt, ##args)
#define __bee_printk12(fmt, args...) __bee_long_printk(fmt, ##args)
#define __bee_short_printk(fmt, args...) ({						\
	static const char __bee_fmt[] = fmt;						\
	(bpf_trace_printk)(__bee_fmt, sizeof(__bee_fmt), ##args);			\
})
#define __bee_long_printk(fmt, args...) ({						\
	static const char __bee_fmt[] = fmt;						\
	unsigned long long __bee_args[] = { __bee_words(args) };			\
	bpf_trace_vprintk(__bee_fmt, sizeof(__bee_fmt), __bee_args, sizeof(__bee_args));	\
})

#define BPF_SEQ_PRINTF(seq, fmt, args...) ({						\
	static const char __bee_fmt[] = fmt;						\
	unsigned long long __bee_args[] = { __bee_words(args) };			\
	bpf_seq_printf(seq, __bee_fmt, sizeof(__bee_fmt), __bee_args, sizeof(__bee_args));	\
})

/* Into a program's own stream, 1 for output and 2 for errors, which `bpftool prog tracelog` shows. */
extern int bpf_stream_vprintk(int stream, const char *fmt__str, const void *args,
			      unsigned int len__sz) __attribute__((section(".ksyms"), weak));

#define bpf_stream_printk(stream, fmt, args...) ({					\
	static const char __bee_fmt[] = fmt;						\
	unsigned long long __bee_args[] = { __bee_words(args) };			\
	bpf_stream_vprintk(stream, __bee_fmt, __bee_args, sizeof(__bee_args));		\
})

#define BPF_SNPRINTF(out, size, fmt, args...) ({					\
	static const char __bee_fmt[] = fmt;						\
	unsigned long long __bee_args[] = { __bee_words(args) };			\
	bpf_snprintf(out, size, __bee_fmt, __bee_args, sizeof(__bee_args));		\
})

#define __bee_words(args...) __bee_cat(__bee_words, __bee_count(args))(args)
#define __bee_words0()
#define __bee_words1(a) (unsigned long long)(a)
#define __bee_words2(a, rest...) (unsigned long long)(a), __bee_words1(rest)
#define __bee_words3(a, rest...) (unsigned long long)(a), __bee_words2(rest)
#define __bee_words4(a, rest...) (unsigned long long)(a), __bee_words3(rest)
#define __bee_words5(a, rest...) (unsigned long long)(a), __bee_words4(rest)
#define __bee_words6(a, rest...) (unsigned long long)(a), __bee_words5(rest)
#define __bee_words7(a, rest...) (unsigned long long)(a), __bee_words6(rest)
#define __bee_words8(a, rest...) (unsigned long long)(a), __bee_words7(rest)
#define __bee_words9(a, rest...) (unsigned long long)(a), __bee_words8(rest)
#define __bee_words10(a, rest...) (unsigned long long)(a), __bee_words9(rest)
#define __bee_words11(a, rest...) (unsigned long long)(a), __bee_words10(rest)
#define __bee_words12(a, rest...) (unsigned long long)(a), __bee_words11(rest)
