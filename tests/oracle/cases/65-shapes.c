// Pointers in all the shapes that C has for them: chosen, copied, computed, kept, passed on and returned; and what
// is behind them: bitfields, unions, arrays of structs and of pointers, structs in structs.
// probe reads
struct own_leaf {
	u64 a;
	u32 b;
	u8 c[4];
};
struct own_pair {
	struct own_leaf x, y[3];
	struct own_leaf *p;
	struct own_leaf *q[4];
	struct own_leaf **pp;
	int (*fn)(int);
	u32 f1 : 3, f2 : 13, f3 : 16;
	s32 g1 : 5;
	union {
		u64 w;
		u8 b[8];
		struct own_leaf *u;
	};
};
#ifndef PLAIN
BPF_ARRAY(out, u64, 64);
BPF_HASH(kept, u32, struct own_pair *);
BPF_HASH(copies, u32, struct own_pair);
#else
MAP(out, BPF_MAP_TYPE_ARRAY, u32, u64, 64);
HASH(copies, u32, struct own_pair);
HASH(kept, u32, struct own_pair *);
#endif
static __always_inline void put(u32 at, u64 value)
{
	bpf_map_update_elem((void *)&out, &at, &value, 0);
}
#ifndef PLAIN
#define LEAF(p, i) ((p)->q[(i)&3])
static __noinline struct own_leaf *pick(struct own_pair *p, int i)
{
	if (i & 1)
		return p->p;
	return &p->y[i & 1];
}
static __noinline u64 sum(const struct own_leaf *l)
{
	return l->a + l->b + l->c[2];
}
static void both(struct own_pair *p, struct own_leaf **first, struct own_leaf **second)
{
	*first = p->p;
	*second = LEAF(p, 2);
}
static u64 by_value(struct own_leaf l)
{
	return l.a * 3 + l.c[1];
}
struct holder {
	struct own_pair *pair;
	struct {
		struct own_leaf *leaf;
	} in;
};
int kprobe__f(struct pt_regs *ctx, struct own_pair *p, u32 n, unsigned long raw,
	      struct own_pair **list)
{
	struct own_leaf *first, *second, copy, *some;
	struct own_pair whole, *found;
	struct holder h = { .pair = p, .in.leaf = p->p }, h2;
	u32 key = n & 3, i;
	u64 total = 0;

	put(0, p->x.a + p->y[1].b + p->y[n & 1].c[n & 3]);
	put(1, p->q[n & 3]->a + LEAF(p, 1)->b);
	put(2, (*p->pp)->a + p->pp[1]->b + (**p->pp).c[0]);
	put(3, (u64)p->fn);
	put(4, p->f1 + p->f2 * 8 + p->f3);
	put(5, (s64)p->g1);
	put(6, p->w ^ p->b[3] ^ p->u->a);
	put(7, sum(pick(p, n)) + sum(pick(p, n + 1)));
	both(p, &first, &second);
	put(8, first->a + second->b);
	put(9, by_value(p->x) + by_value(*p->p) + by_value(p->y[2]));
	copy = n & 4 ? p->x : *p->q[1];
	put(10, copy.a + copy.c[3]);
	some = n & 8 ? &p->x : n & 16 ? p->p : &copy;
	put(11, some->a + some->c[1]);
	put(12, ((struct own_leaf *)(raw + 8))->a + *(u16 *)(raw + 3));
	put(13, list[0]->x.a + (*list)->x.b + list[n & 1]->p->c[1]);
	whole = *p;
	put(14, whole.x.a + whole.y[2].b + whole.p->a + whole.f2);
	h2 = h;
	put(15, h2.pair->x.b + h2.in.leaf->a + h.pair->p->b);
	found = p;
	kept.update(&key, &found);
	struct own_pair **slot = kept.lookup(&key);
	if (slot)
		put(16, (*slot)->x.a + (*slot)->p->b + (*slot)->y[1].c[n & 3]);
	copies.update(&key, &whole);
	struct own_pair *mine = copies.lookup(&key);
	if (mine) {
		mine->x = p->y[0];
		mine->y[1] = *mine->p;
		put(17, mine->x.a + mine->y[1].b + mine->p->a + mine->q[1]->a);
		if (n & 32)
			mine->x.b = p->x.b;
		mine->w = p->u->a;
		mine->p = NULL;
		put(18, mine->x.b);
	}
	for (i = 0; i < 3; i++)
		total += p->y[i].a + p->q[i]->b;
	put(19, total);
	for (i = 0, some = p->p; i < 4 && some; i++)
		some = (struct own_leaf *)some->a;
	put(20, (u64)some);
	put(21, (p->x.a > p->p->a ? p->x : *p->p).b);
	put(22, (struct own_leaf){ .a = p->x.a, .b = p->p->b }.b +
			((struct own_leaf[]){ *p->p, p->x })[1].a);
	put(23, container_of(p->p, struct own_pair, y[1])->x.a);
	put(24, ((u8 *)p)[n & 63] + *((u32 *)p + 2) + *(&p->x.b + (n & 1)));
	u64 v1, v2 = 0;
	__builtin_memcpy(&v1, &p->x.a, 8);
	bpf_probe_read_kernel(&v2, sizeof(v2), &p->p->a);
	put(25, v1 + v2);
	u8 text[8];
	__builtin_memcpy(text, p->p->c, 4);
	__builtin_memcpy(text + 4, &p->y[1].c, 4);
	put(26, *(u64 *)text);
	switch (p->x.b & 3) {
	case 0:
		total = p->x.a;
		break;
	case 1:
		total = p->p->a;
		break;
	case 2:
		some = &p->y[0];
		total = some->a;
		break;
	default:
		total = p->q[3]->a;
	}
	put(27, total);
	u64 acc = 0;
	struct own_leaf *arr[3] = { p->p, &p->x, p->q[0] };
	for (i = 0; i < 3; i++)
		acc += arr[i]->a;
	put(28, acc);
	put(29, p->p && p->p->a && p->q[1]->b ? 1 : 2);
	put(30, !!p->p->b + (p->x.a == p->p->a) + (p->p == p->q[0]));
	volatile u32 *vp = &p->x.b;
	put(31, *vp + *vp);
	put(32, *(u64 *)__builtin_assume_aligned(&p->x, 8));
	unsigned long addr = (unsigned long)p;
	addr += offsetof(struct own_pair, p);
	put(33, (*(struct own_leaf **)addr)->a);
	addr &= ~7ul;
	put(34, *(u64 *)addr);
	put(35, ((struct own_leaf *)((addr & ~0xffful) | 0x10))->a);
	put(36, ({
			struct own_leaf *t = p->p;
			t->a;
		}) + (p->x.a, p->p->b));
	return p->p->c[p->x.c[0] & 3];
}
#else
#define G(ptr, f) GET(ptr, f)
static u64 sum(struct own_leaf *l)
{
	return G(l, a) + G(l, b) + G(l, c[2]);
}
static struct own_leaf *pick(struct own_pair *p, int i)
{
	if (i & 1)
		return G(p, p);
	return &p->y[i & 1];
}
static u64 by_value(struct own_leaf *l)
{
	return G(l, a) * 3 + G(l, c[1]);
}
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	struct own_pair *p = (void *)PT_REGS_PARM1(ctx), **list = (void *)PT_REGS_PARM4(ctx);
	u32 n = PT_REGS_PARM2(ctx), key = n & 3, i;
	unsigned long raw = PT_REGS_PARM3(ctx);
	struct own_leaf *pp = G(p, p), *q[4], **ppp = G(p, pp), *some;
	struct own_pair whole, *mine;
	struct own_leaf copy;
	u64 total = 0;
	for (i = 0; i < 4; i++)
		q[i] = G(p, q[i]);
	put(0, G(p, x.a) + G(p, y[1].b) + AT(u8, &p->y[n & 1].c[n & 3]));
	put(1, G(q[n & 3], a) + G(q[1], b));
	put(2, G(AT(struct own_leaf *, ppp), a) + G(AT(struct own_leaf *, ppp + 1), b) +
		       G(AT(struct own_leaf *, ppp), c[0]));
	put(3, AT(u64, &p->fn));
	u64 o = (u64) & ((struct own_pair *)0)->fn + 8;
	put(4, BITS((char *)p + o, 0, 3) + BITS((char *)p + o, 3, 13) * 8 +
		       BITS((char *)p + o, 16, 16));
	put(5, SIGNED_BITS((char *)p + o + 4, 0, 5));
	put(6, G(p, w) ^ G(p, b[3]) ^ G(G(p, u), a));
	put(7, sum(pick(p, n)) + sum(pick(p, n + 1)));
	put(8, G(pp, a) + G(q[2], b));
	put(9, by_value(&p->x) + by_value(pp) + by_value(&p->y[2]));
	some = n & 4 ? &p->x : q[1];
	put(10, G(some, a) + G(some, c[3]));
	struct own_leaf *s3 = n & 8 ? &p->x : n & 16 ? pp : some;
	put(11, G(s3, a) + G(s3, c[1]));
	put(12, AT(u64, raw + 8) + AT(u16, raw + 3));
	struct own_pair *l0 = AT(struct own_pair *, list),
			*l1 = AT(struct own_pair *, list + (n & 1));
	put(13, G(l0, x.a) + G(l0, x.b) + G(G(l1, p), c[1]));
	bpf_probe_read_kernel(&whole, sizeof(whole), p);
	put(14, whole.x.a + whole.y[2].b + G(whole.p, a) + whole.f2);
	put(15, G(p, x.b) + G(pp, a) + G(pp, b));
	bpf_map_update_elem(&kept, &key, &p, 0);
	put(16, G(p, x.a) + G(pp, b) + AT(u8, &p->y[1].c[n & 3]));
	bpf_map_update_elem(&copies, &key, &whole, 0);
	mine = bpf_map_lookup_elem(&copies, &key);
	if (mine) {
		bpf_probe_read_kernel(&mine->x, sizeof(mine->x), &p->y[0]);
		bpf_probe_read_kernel(&mine->y[1], sizeof(mine->y[1]), pp);
		put(17, mine->x.a + mine->y[1].b + G(pp, a) + G(q[1], a));
		if (n & 32)
			mine->x.b = G(p, x.b);
		mine->w = G(G(p, u), a);
		mine->p = NULL;
		put(18, mine->x.b);
	}
	for (i = 0; i < 3; i++)
		total += G(&p->y[i], a) + G(q[i], b);
	put(19, total);
	for (i = 0, some = pp; i < 4 && some; i++)
		some = (void *)G(some, a);
	put(20, (u64)some);
	put(21, G(p, x.a) > G(pp, a) ? G(p, x.b) : G(pp, b));
	put(22, G(pp, b) + G(p, x.a));
	put(23, AT(u64, (char *)pp - (u64) & ((struct own_pair *)0)->y[1]));
	put(24, AT(u8, (char *)p + (n & 63)) + AT(u32, (char *)p + 8) + AT(u32, &p->x.b + (n & 1)));
	put(25, G(p, x.a) + G(pp, a));
	put(26, AT(u32, pp->c) + ((u64)AT(u32, p->y[1].c) << 32));
	switch (G(p, x.b) & 3) {
	case 0:
		total = G(p, x.a);
		break;
	case 1:
		total = G(pp, a);
		break;
	case 2:
		total = G(p, y[0].a);
		break;
	default:
		total = G(q[3], a);
	}
	put(27, total);
	put(28, G(pp, a) + G(p, x.a) + G(q[0], a));
	put(29, pp && G(pp, a) && G(q[1], b) ? 1 : 2);
	put(30, !!G(pp, b) + (G(p, x.a) == G(pp, a)) + (pp == q[0]));
	put(31, G(p, x.b) * 2);
	put(32, G(p, x.a));
	put(33, G(pp, a));
	u64 addr = ((u64)p + (u64) & ((struct own_pair *)0)->p) & ~7ul;
	put(34, AT(u64, addr));
	put(35, AT(u64, (addr & ~0xffful) | 0x10));
	put(36, G(pp, a) + G(pp, b));
	return G(pp, c[G(p, x.c[0]) & 3]);
}
#endif
