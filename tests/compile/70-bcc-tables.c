struct ev { u32 pid; u64 ts; };
struct bkey { u32 a:4; u32 b:28; char comm[16]; };
struct lpm { u32 prefixlen; u32 addr; };
BPF_HASH(h1);
BPF_HASH(h2, struct bkey);
BPF_HASH(h3, u32, struct ev);
BPF_HASH(h4, u32, struct ev, 16);
BPF_PERCPU_HASH(ph, u32);
BPF_ARRAY(a1);
BPF_ARRAY(a2, struct ev);
BPF_ARRAY(a3, u32, 4);
BPF_PERCPU_ARRAY(pa, u64, 2);
BPF_HISTOGRAM(hist);
BPF_HISTOGRAM(hist2, struct bkey);
BPF_HISTOGRAM(hist3, u32, 128);
BPF_LPM_TRIE(trie, struct lpm);
BPF_TABLE("lru_hash", u32, u64, lru, 32);
BPF_TABLE("lru_percpu_hash", u32, u64, lrup, 32);
BPF_F_TABLE("hash", u32, u64, fhash, 32, BPF_F_NO_PREALLOC);
BPF_TABLE("histogram", int, u64, hist4, 64);
BPF_STACK_TRACE(stacks, 1000);
BPF_STACK_TRACE_BUILDID(bstacks, 128);
BPF_PERF_OUTPUT(events);
BPF_PERF_ARRAY(counters, 8);
BPF_RINGBUF_OUTPUT(rb, 3);
BPF_CGROUP_ARRAY(cg, 1);
BPF_PROG_ARRAY(progs, 4);
BPF_QUEUE(q, struct ev, 16);
BPF_STACK(st, u64, 16, 0);
BPF_QUEUESTACK("queue", q2, u32, 4, 0);
BPF_TABLE("hash", u32, u32, inner, 8);
BPF_ARRAY_OF_MAPS(am, "inner", 4);
BPF_HASH_OF_MAPS(hm, u32, "inner", 4);
BPF_HASH_OF_MAPS(hm2, "inner");
BPF_TABLE_PUBLIC("hash", u32, u32, pub, 8);
BPF_TABLE_SHARED("hash", u32, u32, shr, 8);
BPF_TASK_STORAGE(ts, struct ev);
BPF_SK_STORAGE(sks, struct ev);

static __always_inline u64 *bump(u32 k) { u64 z = 0; return lru.lookup_or_init(&k, &z); }

RAW_TRACEPOINT_PROBE(sys_enter)
{
	u64 k = 1, z = 0, *v;
	u32 k32 = 1, one = 1;
	struct bkey bk = { .a = 1, .b = 2 };
	struct ev e = { .pid = 1 }, *pe;
	struct lpm l = { 32, 0x01020304 };

	h1.update(&k, &z); h1.increment(k); h1.increment(k, 5); h1.atomic_increment(k, 2);
	h2.increment(bk); h2.atomic_increment((struct bkey){ .a = 3, .comm = "x" });
	h3.insert(&k32, &e); h3.delete(&k32);
	pe = h4.lookup_or_try_init(&k32, &e); if (pe) pe->ts++;
	ph.increment(k32); a1.increment(3); a3.atomic_increment(1);
	pe = a2.lookup(&(int){ 0 }); if (pe) pe->pid = 2;
	hist.increment(bpf_log2l(k)); hist2.increment(bk); hist3.increment(k32);
	hist4.increment(2); pa.increment(1, 3);
	v = trie.lookup(&l);
	v = bump(4); if (v) (*v)++;
	lrup.increment(k32);
	fhash.increment(k32);
	e.pid = stacks.get_stackid(ctx, 0);
	e.ts = bstacks.get_stackid(ctx, BPF_F_USER_STACK);
	events.perf_submit(ctx, &e, sizeof(e));
	rb.ringbuf_output(&e, sizeof(e), 0);
	pe = rb.ringbuf_reserve(sizeof(*pe));
	if (pe) { pe->pid = rb.ringbuf_query(0); if (pe->pid) rb.ringbuf_submit(pe, 0); else rb.ringbuf_discard(pe, 0); }
	z = counters.perf_read(CUR_CPU_IDENTIFIER);
	e.pid += cg.check_current_task(0);
	q.push(&e, BPF_EXIST); q.peek(&e); q.pop(&e);
	st.push(&k, 0); q2.push(&k32, 0);
	void *in = am.lookup(&(int){ 0 });
	if (in) { u32 *n = bpf_map_lookup_elem(in, &k32); if (n) (*n)++; bpf_map_update_elem(in, &k32, &one, 0); }
	in = hm.lookup(&k32);
	if (in) bpf_map_delete_elem(in, &k32);
	pub.increment(k32); shr.increment(k32);
	if (h1.max_entries == 10240 && h1.flags == 0) e.pid++;
	progs.call(ctx, 2);
	return e.pid + z;
}
