// First in, first out; last in, first out.
#ifndef PLAIN
BPF_QUEUE(queue, u64, 3);
BPF_STACK(stack, u64, 3);
int kprobe__f(struct pt_regs *ctx, u64 n)
{
	u64 a = 1, b = 2, c = 0, d = 0, e = 0;

	queue.push(&a, 0);
	queue.push(&b, 0);
	stack.push(&a, 0);
	stack.push(&b, 0);
	queue.pop(&c);
	stack.pop(&d);
	queue.peek(&e);
	return c * 100 + d * 10 + e;
}
#else
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 3);
	__type(value, u64);
} queue SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 3);
	__type(value, u64);
} stack SEC(".maps");
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u64 a = 1, b = 2, c = 0, d = 0, e = 0;

	bpf_map_push_elem(&queue, &a, 0);
	bpf_map_push_elem(&queue, &b, 0);
	bpf_map_push_elem(&stack, &a, 0);
	bpf_map_push_elem(&stack, &b, 0);
	bpf_map_pop_elem(&queue, &c);
	bpf_map_pop_elem(&stack, &d);
	bpf_map_peek_elem(&queue, &e);
	return c * 100 + d * 10 + e;
}
#endif
