// SPDX-License-Identifier: Apache-2.0
/* System calls by their names, where libbpf finds the function; functions of processes. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

u64 written, opened;

SEC("ksyscall/write")
int BPF_KSYSCALL(on_write, int fd, const char *buf, size_t count)
{
	char first = 0;

	bpf_probe_read_user(&first, sizeof(first), buf);
	if (fd > 2 && first)
		written += count;
	return 0;
}

SEC("ksyscall/mmap")
int BPF_KPROBE_SYSCALL(on_mmap, void *at, size_t len, int prot, int flags, int fd)
{
	return (long)at + len + prot + flags + fd;
}

SEC("kretsyscall/openat")
int BPF_KRETPROBE(on_opened, long ret)
{
	if (ret >= 0)
		opened++;
	return 0;
}

SEC("ksyscall/getpid")
int BPF_KSYSCALL(on_getpid)
{
	return PT_REGS_IP(ctx) & 1;
}

SEC("uprobe//proc/self/exe:main")
int BPF_UPROBE(in_main, int argc, char **argv)
{
	return argc + (argv != NULL);
}

SEC("uretprobe")
int BPF_URETPROBE(out_of_main, int ret)
{
	return ret;
}

char LICENSE[] SEC("license") = "GPL";
