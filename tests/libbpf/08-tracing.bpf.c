// SPDX-License-Identifier: Apache-2.0
/* Functions by trampoline, and security hooks: plain reads that the verifier checks. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

u64 sum;

SEC("fentry/do_unlinkat")
int BPF_PROG(enter_unlink, int dfd, struct filename *name)
{
	sum += dfd + name->refcnt.counter;
	return 0;
}

SEC("fexit/vfs_read")
int BPF_PROG(leave_read, struct file *file, char *buf, size_t count, loff_t *pos, ssize_t ret)
{
	if (ret > 0)
		__sync_fetch_and_add(&sum, ret + file->f_inode->i_ino);
	return 0;
}

SEC("lsm/file_open")
int BPF_PROG(on_open, struct file *file)
{
	return file->f_flags & 0x80000000 ? -1 : 0;
}

SEC("fmod_ret/security_file_open")
int BPF_PROG(on_mod, struct file *file, int ret)
{
	return ret;
}

SEC("?fentry/vfs_write")
int BPF_PROG(not_loaded, struct file *file)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
