/* The source's own names for integers and function types, as a vmlinux.h of its own has them. */
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef __u64 filler_t(__u32 *);
typedef int irqreturn_t;
typedef irqreturn_t irq_handler_t(int, void *);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct odd {
	char c;
	__u32 n;
} __packed;

struct odd odd;

SEC("raw_tp/sched_switch")
int count(void *ctx)
{
	irq_handler_t *handler = 0;
	__u32 key = bpf_get_smp_processor_id();
	__u64 *value = bpf_map_lookup_elem(&counts, &key);

	odd.n = key;
	return value ? *value : handler != 0;
}
// show: struct odd
