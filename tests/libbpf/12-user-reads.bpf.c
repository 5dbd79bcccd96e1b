// SPDX-License-Identifier: Apache-2.0
/* User memory, and reads without relocation. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct link_of_user {
	struct link_of_user *next;
	int value;
	char name[16];
};

SEC("uprobe")
int BPF_KPROBE(walk, struct link_of_user *first, struct iovec *iov)
{
	char name[16];
	int value = BPF_PROBE_READ_USER(first, next, next, value);
	size_t len = BPF_CORE_READ_USER(iov, iov_len);
	void *base;

	BPF_PROBE_READ_USER_STR_INTO(&name, first, next, name);
	BPF_CORE_READ_USER_INTO(&base, iov, iov_base);
	return value + name[0] + len + (long)base;
}

SEC("kprobe/vfs_write")
int BPF_KPROBE(on_write, struct file *file)
{
	struct link_of_user copy;
	unsigned int flags = BPF_PROBE_READ(file, f_flags);
	unsigned long ino;

	BPF_PROBE_READ_INTO(&ino, file, f_inode, i_ino);
	bpf_probe_read_kernel(&copy, sizeof(copy), file);
	return flags + ino + copy.value;
}

char LICENSE[] SEC("license") = "GPL";
