// What bpf_helpers.h defines it defines anew, whatever a source undefined before; names that libbpf's headers
// and the kernel's stringify.h have for sources that call the builtins themselves.
#undef container_of
#undef offsetof
#include <linux/stringify.h>
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define CALL(name) "__x64_" __stringify(name)

char LICENSE[] SEC("license") = "GPL";
unsigned long sum;
const int place = offsetof(struct list_head, prev);

SEC("kprobe/" CALL(sys_getuid))
int BPF_KPROBE(on_getuid, struct list_head *entry)
{
	struct task_struct *task = container_of(entry, struct task_struct, tasks);
	unsigned long from;

	if (__builtin_preserve_field_info(task->pid, BPF_FIELD_EXISTS))
		sum += BPF_CORE_READ(task, pid);
	sum += __CORE_RELO(task, tgid, BYTE_OFFSET);
	sum += __builtin_preserve_enum_value(*(enum bpf_map_type *)BPF_MAP_TYPE_HASH, BPF_ENUMVAL_VALUE);
	BPF_KPROBE_READ_RET_IP(from, ctx);
	sum += from;
	return 0;
}

SEC("kretprobe/" CALL(sys_getuid))
int BPF_KRETPROBE(on_result)
{
	unsigned long from;

	BPF_KRETPROBE_READ_RET_IP(from, ctx);
	sum += from;
	return 0;
}

struct kept {
	struct task_struct __uptr *task;
};

__weak int callee(void *at __arg_arena, struct task_struct *task __arg_untrusted)
{
	return at && task;
}
