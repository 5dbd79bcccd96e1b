// Headers of the kernel, libbpf and BCC are there, and hold nothing that BTF does not.
#include <uapi/linux/ptrace.h>
#include <linux/sched.h>
#include <linux/fs.h>
#include <net/sock.h>
#include <bcc/proto.h>
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

int kprobe__vfs_read(struct pt_regs *ctx)
{
	return 0;
}
