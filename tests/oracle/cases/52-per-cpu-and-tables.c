// BPF_TABLE by its word, per-CPU maps, an LRU, and a leaf that is a struct.
struct leaf {
	u64 hits;
	u32 last;
	u32 pad;
};
#ifndef PLAIN
BPF_TABLE("percpu_hash", u32, struct leaf, by_cpu, 128);
BPF_TABLE("lru_hash", u64, u64, recent, 16);
BPF_PERCPU_ARRAY(totals, u64, 4);
int kprobe__f(struct pt_regs *ctx, u32 which)
{
	struct leaf zero = {}, *leaf = by_cpu.lookup_or_try_init(&which, &zero);
	int slot = which & 3;
	u64 key = which, *total = totals.lookup(&slot);

	if (leaf) {
		leaf->hits++;
		leaf->last = bpf_get_smp_processor_id();
	}
	if (total)
		*total += key;
	recent.update(&key, &key);
	return 0;
}
#else
MAP(by_cpu, BPF_MAP_TYPE_PERCPU_HASH, u32, struct leaf, 128);
MAP(recent, BPF_MAP_TYPE_LRU_HASH, u64, u64, 16);
MAP(totals, BPF_MAP_TYPE_PERCPU_ARRAY, u32, u64, 4);
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u32 which = PT_REGS_PARM1(ctx), slot = which & 3;
	u64 key = which, *total = bpf_map_lookup_elem(&totals, &slot);
	struct leaf fresh = {}, *leaf = bpf_map_lookup_elem(&by_cpu, &which);

	if (!leaf) {
		bpf_map_update_elem(&by_cpu, &which, &fresh, BPF_NOEXIST);
		leaf = bpf_map_lookup_elem(&by_cpu, &which);
	}
	if (leaf) {
		leaf->hits += 1;
		leaf->last = bpf_get_smp_processor_id();
	}
	if (total)
		*total += key;
	bpf_map_update_elem(&recent, &key, &key, BPF_ANY);
	return 0;
}
#endif
