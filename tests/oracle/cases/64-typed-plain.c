// Where the verifier knows types it knows none behind a pointer to a plain char, a number, or at an index
// that varies; what is read there is the same.
#ifndef PLAIN
#include <bpf/bpf_tracing.h>
#include <linux/skbuff.h>
#include <linux/ip.h>
BPF_ARRAY(out, u64, 16);
#else
MAP(out, BPF_MAP_TYPE_ARRAY, u32, u64, 16);
#endif
static __always_inline void put(u32 at, u64 value)
{
	bpf_map_update_elem((void *)&out, &at, &value, 0);
}
#ifndef PLAIN
SEC("tp_btf/netif_receive_skb")
int BPF_PROG(receive, struct sk_buff *skb)
{
	put(0, ip_hdr(skb)->saddr);
	put(1, *skb->data);
	put(2, ((struct iphdr *)skb->head)->daddr);
	return skb->dev->name[skb->len & 7];
}
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state, struct sock *sk, int old, int new)
{
	put(10, tcp_sk(sk)->snd_cwnd);
	return ((u8 *)sk)[new & 7] + sk->sk_v6_daddr.in6_u.u6_addr32[old & 3];
}
SEC("tp_btf/task_rename")
int BPF_PROG(rename, struct task_struct *task, const char *comm)
{
	put(3, comm[0]);
	put(4, task->comm[task->pid & 7]);
	put(5, *(u32 *)task->mm->arg_start);
	put(6, task->fs->pwd.dentry->d_name.name[3]);
	put(7, !strcmp(comm, task->comm));
	put(11, task->files->fdt[1].max_fds);
	put(8, container_of(task->children.next, struct task_struct, sibling)->tgid);
	return task->real_parent->tgid;
}
#else
SEC("tp_btf/netif_receive_skb")
int receive(u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	unsigned char *head = GET(skb, head);
	struct iphdr *ip = (void *)(head + GET(skb, network_header));
	struct net_device *dev = GET(skb, dev);

	put(0, GET(ip, saddr));
	put(1, AT(u8, GET(skb, data)));
	put(2, GET((struct iphdr *)head, daddr));
	return AT(char, dev->name + (GET(skb, len) & 7));
}
SEC("tp_btf/inet_sock_set_state")
int state(u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];

	put(10, GET((struct tcp_sock *)sk, snd_cwnd));
	return AT(u8, (u8 *)sk + (ctx[2] & 7)) +
	       AT(u32, (char *)&sk->__sk_common.skc_v6_daddr + 4 * (ctx[1] & 3));
}
SEC("tp_btf/task_rename")
int rename(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0], *parent = GET(task, real_parent);
	const char *comm = (void *)ctx[1];
	struct mm_struct *mm = GET(task, mm);
	struct fs_struct *fs = GET(task, fs);
	struct dentry *dentry = GET(fs, pwd.dentry);
	int i = 0;

	put(3, AT(char, comm));
	put(4, AT(char, task->comm + (GET(task, pid) & 7)));
	put(5, AT(u32, GET(mm, arg_start)));
	put(6, AT(u8, GET(dentry, d_name.name) + 3));
	while (i < 4095 && AT(char, comm + i) && AT(char, comm + i) == AT(char, task->comm + i))
		i++;
	put(7, AT(char, comm + i) == AT(char, task->comm + i));
	put(11, GET(GET(GET(task, files), fdt) + 1, max_fds));
	put(8, AT(s32, (char *)GET(task, children.next) - offsetof(struct task_struct, sibling) +
			       offsetof(struct task_struct, tgid)));
	return GET(parent, tgid);
}
#endif
