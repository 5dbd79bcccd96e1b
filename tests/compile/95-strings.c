// C's functions of strings by helpers: a constant's bytes at once (45 reads both memories on x86), the
// program's own by the kernel's (115), also where there is no kernel memory; a small memcmp() of own
// memory needs none.
#define MOONBEE_PROBE_READS 1

int kprobe__a(struct pt_regs *ctx, struct task_struct *task)
{
	return strcmp(task->comm, "sshd");
}

int kprobe__b(struct pt_regs *ctx, struct task_struct *task)
{
	char mine[16] = "", other[16] = "";

	bpf_get_current_comm(mine, sizeof(mine));
	return memcmp(mine, other, sizeof(mine)) + __builtin_memcmp("a", "b", 1) + strlen("ab");
}

int in_process(struct pt_regs *ctx, const char *name)
{
	return strcmp(name, "sshd");
}

SEC("xdp")
int packet(struct xdp_md *ctx)
{
	char mine[16] = "", other[16] = "";

	bpf_get_current_comm(mine, sizeof(mine));
	return strcmp(mine, other);
}
// wish: in_process uprobe:libc.so.6:getenv
// show: calls
