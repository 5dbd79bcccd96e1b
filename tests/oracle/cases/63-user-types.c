// What the types say is a process's is read as that: variables, members, casts, parameters, what is behind
// such a pointer, and what is made of it. What they do not say is the kernel's here.
// two spaces
// probe reads
struct own_node {
	u64 number;
	struct own_node *next;
	char text[24];
};
#ifndef PLAIN
BPF_ARRAY(out, u64, 16);
#else
MAP(out, BPF_MAP_TYPE_ARRAY, u32, u64, 16);
#endif
static __always_inline void put(u32 at, u64 value)
{
	bpf_map_update_elem((void *)&out, &at, &value, 0);
}
#ifndef PLAIN
struct own_request {
	const struct own_node __user *node;
	struct task_struct *task;
};
BPF_HASH(kept, u32, struct own_request);
static __noinline u64 number_of(const struct own_node __user *node)
{
	return node->number;
}
static __noinline u64 second_of(const char *text)
{
	return text[1];
}
static const char __user *text_of(const struct own_node __user *node)
{
	return node->text;
}
int kprobe__f(struct pt_regs *ctx, const struct own_node __user *node, struct task_struct *task)
{
	struct own_request request = { node, task }, *found;
	struct own_node __attribute__((btf_type_tag("user"))) *tagged = (void *)node;
	const char *text = text_of(node);
	struct own_node copy = *node;
	u32 key = 0;

	put(0, node->number);
	put(1, node->next->number);
	put(2, number_of(node->next));
	put(3, second_of(text));
	put(4, text[2] + node->text[key + 3]);
	put(5, copy.number + copy.text[5]);
	put(6, tagged->text[4]);
	put(7, *(u64 __user *)((void *)task + 8));
	kept.update(&key, &request);
	found = kept.lookup(&key);
	if (!found)
		return 0;
	put(8, found->node->number);
	put(9, strnlen(text, 24) * 4 + !memcmp(text, node->next->text, 8));
	put(10, task->pid);
	return (request.node + 1)->number;
}
#else
struct own_request {
	const struct own_node *node;
	struct task_struct *task;
};
HASH(kept, u32, struct own_request);
#define USER(type, address)                                                                    \
	({                                                                                     \
		type user_value;                                                               \
		bpf_probe_read_user(&user_value, sizeof(user_value), (const void *)(address)); \
		user_value;                                                                    \
	})
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct own_node *node = (void *)PT_REGS_PARM1(ctx);
	struct own_node *next = USER(struct own_node *, &node->next);
	struct task_struct *task = (void *)PT_REGS_PARM2(ctx);
	struct own_request request = { node, task };
	u32 key = 0;
	int len = 0;

	bpf_map_update_elem(&kept, &key, &request, 0);
	put(0, USER(u64, node));
	put(1, USER(u64, next));
	put(2, USER(u64, next));
	put(3, USER(char, node->text + 1));
	put(4, USER(char, node->text + 2) + USER(char, node->text + 3));
	put(5, USER(u64, node) + USER(char, node->text + 5));
	put(6, USER(char, node->text + 4));
	put(7, USER(u64, (void *)task + 8));
	put(8, USER(u64, node));
	while (len < 24 && USER(char, node->text + len))
		len++;
	put(9, len * 4 + (USER(u64, node->text) == USER(u64, next->text)));
	put(10, GET(task, pid));
	return USER(u64, node + 1);
}
#endif
