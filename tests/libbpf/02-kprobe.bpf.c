// SPDX-License-Identifier: Apache-2.0
/* Probes of functions and system calls, with their arguments and results. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u64);
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u64));
} bytes SEC(".maps");

SEC("kprobe/vfs_read")
int BPF_KPROBE(enter_read, struct file *file, char *buf, size_t count)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 now = bpf_ktime_get_ns();
	umode_t mode = BPF_CORE_READ(file, f_inode, i_mode);

	if ((mode & 0170000) == 0100000 && count > 16)
		bpf_map_update_elem(&starts, &tid, &now, BPF_ANY);
	return 0;
}

SEC("kretprobe/vfs_read")
int BPF_KRETPROBE(leave_read, ssize_t ret)
{
	u32 tid = bpf_get_current_pid_tgid(), zero = 0;
	u64 *sum;

	if (!bpf_map_lookup_elem(&starts, &tid))
		return 0;
	bpf_map_delete_elem(&starts, &tid);
	sum = bpf_map_lookup_elem(&bytes, &zero);
	if (sum && ret > 0)
		*sum += ret;
	return 0;
}

SEC("kprobe/tcp_sendmsg")
int six_arguments(struct pt_regs *ctx)
{
	u64 sum = PT_REGS_PARM1(ctx) + PT_REGS_PARM2(ctx) + PT_REGS_PARM3(ctx) +
		  PT_REGS_PARM4(ctx) + PT_REGS_PARM5(ctx);

	return sum + PT_REGS_SP(ctx) + PT_REGS_IP(ctx) + PT_REGS_FP(ctx) + PT_REGS_RET(ctx);
}

SEC("uprobe")
int BPF_KPROBE(in_user, int fd, const char *text)
{
	char start[8];

	bpf_probe_read_user_str(start, sizeof(start), text);
	return start[0] + fd;
}

char LICENSE[] SEC("license") = "GPL";
