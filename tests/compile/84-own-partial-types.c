// A project's own part of vmlinux.h: a struct that the kernel holds by value under a typedef's name, an enum of
// libbpf's, and a macro that is defined only where the headers have none.
#pragma once
struct pt_regs {
	unsigned long di;
};
enum libbpf_tristate { TRI_NO = 0, TRI_YES = 1, TRI_MODULE = 2 };

static __always_inline int first(struct bpf_perf_event_data *ctx)
{
	return ctx->regs.r15;
}
#ifdef NOWHERE_DEFINED
#ifndef offsetof
#define offsetof(type, member) 0
#endif
#endif
#ifndef __always_inline
#define __always_inline inline
#endif
static __attribute__((noinline)) int second(int n)
{
	return n + 1;
}
SEC("perf_event")
int on_sample(struct bpf_perf_event_data *ctx)
{
	return second(first(ctx)) + offsetof(struct pt_regs, di) + bpf_get_current_task_btf()->pid;
}

/* A helper that the source declares itself. */
static __u64 (*my_clock)(void) = (void *)5;
SEC("perf_event")
int on_clock(void *ctx)
{
	return my_clock();
}
