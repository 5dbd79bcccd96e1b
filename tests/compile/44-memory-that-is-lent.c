// A process may lend the kernel memory, by a pointer in a task's storage: the verifier lets programs write to it.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct lent {
	int a, sum;
};

struct kept {
	struct lent __uptr *lent;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct kept);
} storage SEC(".maps");

SEC("tp_btf/sys_enter")
int on_enter(unsigned long long *ctx)
{
	struct kept *kept = bpf_task_storage_get(&storage, bpf_get_current_task_btf(), 0, 0);

	if (kept && kept->lent)
		kept->lent->sum += kept->lent->a;
	return 0;
}
