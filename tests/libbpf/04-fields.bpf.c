// SPDX-License-Identifier: Apache-2.0
/* What a program asks about fields, types and enumerators, with structs of other kernels. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct task_struct___old {
	long state;
} __attribute__((preserve_access_index));

struct never_there___x {
	int value;
} __attribute__((preserve_access_index));

/* Just what is looked at of it, elsewhere than in any kernel. */
struct socket_alloc___part {
	struct inode *unused;
	struct socket socket;
	struct inode vfs_inode;
} __attribute__((preserve_access_index));

enum bpf_map_type___x { BPF_MAP_TYPE_NOT_YET___x = 1000 };

const volatile bool wants_state = false;
int found, missing;

SEC("raw_tp/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *p)
{
	struct task_struct___old *old = (void *)p;
	unsigned int state;

	if (bpf_core_field_exists(p->__state))
		state = BPF_CORE_READ(p, __state);
	else
		state = BPF_CORE_READ(old, state);
	if (bpf_core_field_exists(struct task_struct___old, state))
		missing++;
	if (bpf_core_type_exists(struct never_there___x))
		missing += BPF_CORE_READ((struct never_there___x *)p, value);
	if (bpf_core_enum_value_exists(enum bpf_map_type, BPF_MAP_TYPE_RINGBUF))
		found += bpf_core_enum_value(enum bpf_map_type, BPF_MAP_TYPE_RINGBUF);
	if (bpf_core_enum_value_exists(enum bpf_map_type___x, BPF_MAP_TYPE_NOT_YET___x))
		missing++;
	found += bpf_core_field_size(p->comm) + bpf_core_type_size(struct cred) +
		 bpf_core_field_offset(struct task_struct, pid);
	return wants_state ? state : 0;
}

SEC("raw_tp/sock_rcvqueue_full")
int BPF_PROG(on_full, struct socket *socket)
{
	struct socket_alloc___part *part = container_of(socket, struct socket_alloc___part, socket);

	return BPF_CORE_READ(part, vfs_inode.i_ino) +
	       offsetof(struct socket_alloc___part, vfs_inode) +
	       __builtin_preserve_field_info(part->socket, BPF_FIELD_EXISTS);
}

char LICENSE[] SEC("license") = "GPL";
