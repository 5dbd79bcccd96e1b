#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#if defined(__KERNEL__) || defined(__BPF_TRACING__)
#error a source of libbpf's is told nothing of the kind
#endif

SEC("kprobe/vfs_read")
int f(struct pt_regs *ctx)
{
	return 0;
}
