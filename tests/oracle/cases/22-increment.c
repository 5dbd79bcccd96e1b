// increment() with a variable, a literal, a struct literal with commas, and by more than 1.
struct my_key {
	u32 a, b;
};
#ifndef PLAIN
BPF_HASH(by_number, u32);
BPF_HASH(by_struct, struct my_key, u64);
BPF_HISTOGRAM(hist);
int kprobe__f(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();

	by_number.increment(tid);
	by_number.increment(17, 5);
	by_struct.increment((struct my_key){ tid, 2 });
	by_struct.increment((struct my_key){ tid, 2 }, 40);
	hist.increment(bpf_log2l(tid));
	hist.increment(64);
	by_number.atomic_increment(tid, 7);
	by_number.atomic_increment(18);
	return 0;
}
#else
HASH(by_number, u32, u64);
HASH(by_struct, struct my_key, u64);
MAP(hist, BPF_MAP_TYPE_ARRAY, u32, u64, 64);
static __always_inline void add(void *map, void *key, u64 n)
{
	u64 *value = bpf_map_lookup_elem(map, key);

	if (value)
		*value += n;
	else
		bpf_map_update_elem(map, key, &n, 1);
}
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid(), seventeen = 17, eighteen = 18, slot = 0;
	struct my_key key = { tid, 2 };

	add(&by_number, &tid, 1);
	add(&by_number, &seventeen, 5);
	add(&by_struct, &key, 1);
	add(&by_struct, &key, 40);
	while (tid >> slot && slot < 32)
		slot++;
	add(&hist, &slot, 1);
	add(&by_number, &tid, 7);
	add(&by_number, &eighteen, 1);
	return 0;
}
#endif
