// Both dialects of USDT programs: the maps of libbpf's that hold the places of arguments are there,
// whether a program reads one or not, and the user's memory is read by the helper for both.
#include <bpf/usdt.bpf.h>

u64 sum;

SEC("usdt")
int counts(struct pt_regs *ctx)
{
	return 0;
}

SEC("usdt/libc.so.6:libc:setjmp")
int BPF_USDT(reads, char *text, long number)
{
	sum += *text + number;
	return 0;
}

int bcc(struct pt_regs *ctx)
{
	short number = 0;

	bpf_usdt_readarg(2, ctx, &number);
	sum += number;
	return 0;
}
// wish: bcc usdt:/bin/sh:shell:start
// show: calls
