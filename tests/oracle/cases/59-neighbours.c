// Neighbours that one read serves: their order, overlaps, gaps and limits, and stores between them.
// probe reads
#ifndef PLAIN
struct out {
	u64 a, b, c, d, e, f, g, h, i;
};
BPF_ARRAY(map, struct out, 1);
struct own {
	u32 x, y;
};
int kprobe__f(struct pt_regs *ctx, struct task_struct *task, struct sock *sk)
{
	struct own own = { 1, 2 }, *either = task->pid & 1 ? &own : (struct own *)task;
	char *comm = task->comm;
	struct out out = {};
	int zero = 0;
	u32 x;

	out.a = task->tgid;
	out.b = sk->__sk_common.skc_num;
	out.c = (u64)task->pid << 32 | sk->__sk_common.skc_dport;
	out.d = *(u64 *)(comm + 3) + *(u16 *)(comm + 1) + comm[15];
	x = either->x;
	own.x = 77;
	own.y = 78;
	out.e = x + ((u64)either->x << 8) + ((u64)either->y << 16);
	out.f = *(u64 *)((char *)sk + 1) + *(u32 *)((char *)sk + 61) + *(u8 *)((char *)sk + 65);
	out.g = *(u32 *)((char *)sk + 66) + *(u32 *)((char *)sk - 2);
	out.h = task->real_parent->tgid + task->real_parent->pid;
	out.i = *(u8 *)8 + *(u32 *)12;
	map.update(&zero, &out);
	return 0;
}
#else
struct out {
	u64 a, b, c, d, e, f, g, h, i;
};
struct own {
	u32 x, y;
};
MAP(map, BPF_MAP_TYPE_ARRAY, u32, struct out, 1);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM1(ctx);
	struct sock *sk = (void *)PT_REGS_PARM2(ctx);
	struct task_struct *parent = GET(task, real_parent);
	char *comm = task->comm, *bytes = (char *)sk;
	bool is_own = GET(task, pid) & 1;
	struct out out = {};
	u32 zero = 0;

	out.a = GET(task, tgid);
	out.b = GET(sk, __sk_common.skc_num);
	out.c = (u64)GET(task, pid) << 32 | GET(sk, __sk_common.skc_dport);
	out.d = AT(u64, comm + 3) + AT(u16, comm + 1) + AT(char, comm + 15);
	out.e = is_own ? 1 + (77 << 8) + (78 << 16)
		       : AT(u32, task) + ((u64)AT(u32, task) << 8) +
				 ((u64)AT(u32, (char *)task + 4) << 16);
	out.f = AT(u64, bytes + 1) + AT(u32, bytes + 61) + AT(u8, bytes + 65);
	out.g = AT(u32, bytes + 66) + AT(u32, bytes - 2);
	out.h = GET(parent, tgid) + GET(parent, pid);
	out.i = AT(u8, 8) + AT(u32, 12);
	bpf_map_update_elem(&map, &zero, &out, 0);
	return 0;
}
#endif
