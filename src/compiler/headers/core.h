/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * libbpf's kernel reads. Offsets in the header are this kernel's own, so that a plain access needs
 * no relocation; where the user declares partial kernel structs, types.c defines __bee_core(x) as
 * the builtin that records one. What asks about a field or a type is always a relocation.
 */

#define bpf_core_read(dst, size, src) bpf_probe_read_kernel(dst, size, __bee_core(src))
#define bpf_core_read_user(dst, size, src) bpf_probe_read_user(dst, size, __bee_core(src))

#define bpf_core_read_str(dst, size, src) \
	bpf_probe_read_kernel_str(dst, size, __bee_core(src))

#define bpf_core_read_user_str(dst, size, src) \
	bpf_probe_read_user_str(dst, size, __bee_core(src))

#define __bee_plain_read(dst, size, src) bpf_probe_read(dst, size, src)

#define __bee_plain_read_str(dst, size, src) bpf_probe_read_str(dst, size, src)

#define __bee_plain_read_user(dst, size, src) bpf_probe_read_user(dst, size, src)

#define __bee_plain_read_user_str(dst, size, src) bpf_probe_read_user_str(dst, size, src)

/*
 * Follow pointers by read; the last step is by last, which may be the reader of a string. One pointer
 * of no type serves all steps; what it points to is told by an expression that is never evaluated.
 */
#define __bee_chain(read, last, dst, src, path...) ({					\
	const void *__bee_at __attribute__((unused));					\
	__bee_cat(__bee_chain, __bee_count(path))(read, last, dst, src, src, path);	\
})
#define __bee_chain1(read, last, dst, type, at, a) \
	last((void *)(dst), sizeof(*(dst)), &((typeof(type))(at))->a)
#define __bee_chain2(read, last, dst, type, at, a, rest...)				\
	__bee_hop(read, type, at, a);							\
	__bee_chain1(read, last, dst, (type)->a, __bee_at, rest)
#define __bee_chain3(read, last, dst, type, at, a, rest...)				\
	__bee_hop(read, type, at, a);							\
	__bee_chain2(read, last, dst, (type)->a, __bee_at, rest)
#define __bee_chain4(read, last, dst, type, at, a, rest...)				\
	__bee_hop(read, type, at, a);							\
	__bee_chain3(read, last, dst, (type)->a, __bee_at, rest)
#define __bee_chain5(read, last, dst, type, at, a, rest...)				\
	__bee_hop(read, type, at, a);							\
	__bee_chain4(read, last, dst, (type)->a, __bee_at, rest)
#define __bee_chain6(read, last, dst, type, at, a, rest...)				\
	__bee_hop(read, type, at, a);							\
	__bee_chain5(read, last, dst, (type)->a, __bee_at, rest)
#define __bee_chain7(read, last, dst, type, at, a, rest...)				\
	__bee_hop(read, type, at, a);							\
	__bee_chain6(read, last, dst, (type)->a, __bee_at, rest)
#define __bee_chain8(read, last, dst, type, at, a, rest...)				\
	__bee_hop(read, type, at, a);							\
	__bee_chain7(read, last, dst, (type)->a, __bee_at, rest)
#define __bee_chain9(read, last, dst, type, at, a, rest...)				\
	__bee_hop(read, type, at, a);							\
	__bee_chain8(read, last, dst, (type)->a, __bee_at, rest)
#define __bee_hop(read, type, at, a) \
	read((void *)&__bee_at, sizeof(__bee_at), &((typeof(type))(at))->a)

/* The value at the end of a chain. */
#define __bee_fetch(read, src, path...) ({						\
	typeof((src)->__bee_path(path)) __bee_value;					\
	__bee_chain(read, read, &__bee_value, src, path);				\
	__bee_value;									\
})
#define __bee_path(path...) __bee_cat(__bee_path, __bee_count(path))(path)
#define __bee_path1(a) a
#define __bee_path2(a, b) a->b
#define __bee_path3(a, b, c) a->b->c
#define __bee_path4(a, b, c, d) a->b->c->d
#define __bee_path5(a, b, c, d, e) a->b->c->d->e
#define __bee_path6(a, b, c, d, e, f) a->b->c->d->e->f
#define __bee_path7(a, b, c, d, e, f, g) a->b->c->d->e->f->g
#define __bee_path8(a, b, c, d, e, f, g, h) a->b->c->d->e->f->g->h
#define __bee_path9(a, b, c, d, e, f, g, h, i) a->b->c->d->e->f->g->h->i

#define ___type(src, path...) typeof((src)->__bee_path(path))
#define ___arrow(src, path...) (src)->__bee_path(path)

#define BPF_CORE_READ(src, path...) __bee_fetch(bpf_core_read, src, path)

#define BPF_CORE_READ_INTO(dst, src, path...) \
	__bee_chain(bpf_core_read, bpf_core_read, dst, src, path)

#define BPF_CORE_READ_STR_INTO(dst, src, path...) \
	__bee_chain(bpf_core_read, bpf_core_read_str, dst, src, path)

#define BPF_CORE_READ_USER(src, path...) __bee_fetch(bpf_core_read_user, src, path)

#define BPF_CORE_READ_USER_INTO(dst, src, path...) \
	__bee_chain(bpf_core_read_user, bpf_core_read_user, dst, src, path)

#define BPF_CORE_READ_USER_STR_INTO(dst, src, path...) \
	__bee_chain(bpf_core_read_user, bpf_core_read_user_str, dst, src, path)

#define BPF_PROBE_READ(src, path...) __bee_fetch(__bee_plain_read, src, path)

#define BPF_PROBE_READ_INTO(dst, src, path...) \
	__bee_chain(__bee_plain_read, __bee_plain_read, dst, src, path)

#define BPF_PROBE_READ_STR_INTO(dst, src, path...) \
	__bee_chain(__bee_plain_read, __bee_plain_read_str, dst, src, path)

#define BPF_PROBE_READ_USER(src, path...) __bee_fetch(__bee_plain_read_user, src, path)

#define BPF_PROBE_READ_USER_INTO(dst, src, path...) \
	__bee_chain(__bee_plain_read_user, __bee_plain_read_user, dst, src, path)

#define BPF_PROBE_READ_USER_STR_INTO(dst, src, path...) \
	__bee_chain(__bee_plain_read_user, __bee_plain_read_user_str, dst, src, path)

/* A field, written as an expression or as a type and a name. */
#define __bee_field(field...) __bee_cat(__bee_field, __bee_count(field))(field)
#define __bee_field1(field) field
#define __bee_field2(type, field) ((typeof(type) *)0)->field

/* What the builtins ask about. */
enum bpf_field_info_kind {
	BPF_FIELD_BYTE_OFFSET = 0,
	BPF_FIELD_BYTE_SIZE = 1,
	BPF_FIELD_EXISTS = 2,
	BPF_FIELD_SIGNED = 3,
	BPF_FIELD_LSHIFT_U64 = 4,
	BPF_FIELD_RSHIFT_U64 = 5,
};

enum bpf_type_id_kind {
	BPF_TYPE_ID_LOCAL = 0,
	BPF_TYPE_ID_TARGET = 1,
};

enum bpf_type_info_kind {
	BPF_TYPE_EXISTS = 0,
	BPF_TYPE_SIZE = 1,
	BPF_TYPE_MATCHES = 2,
};

enum bpf_enum_value_kind {
	BPF_ENUMVAL_EXISTS = 0,
	BPF_ENUMVAL_VALUE = 1,
};

#define __CORE_RELO(src, field, info) \
	__builtin_preserve_field_info((src)->field, BPF_FIELD_##info)

#define bpf_core_field_exists(field...) __builtin_preserve_field_info(__bee_field(field), 2)
#define bpf_core_field_size(field...) __builtin_preserve_field_info(__bee_field(field), 1)
#define bpf_core_field_offset(field...) __builtin_preserve_field_info(__bee_field(field), 0)
#define bpf_core_type_exists(type) __builtin_preserve_type_info(*(typeof(type) *)0, 0)
#define bpf_core_type_size(type) __builtin_preserve_type_info(*(typeof(type) *)0, 1)
#define bpf_core_type_matches(type) __builtin_preserve_type_info(*(typeof(type) *)0, 2)
#define bpf_core_type_id_local(type) __builtin_btf_type_id(*(typeof(type) *)0, 0)
#define bpf_core_type_id_kernel(type) __builtin_btf_type_id(*(typeof(type) *)0, 1)

#define bpf_core_enum_value_exists(type, value) \
	__builtin_preserve_enum_value(*(typeof(type) *)value, 0)

#define bpf_core_enum_value(type, value) __builtin_preserve_enum_value(*(typeof(type) *)value, 1)

extern void *bpf_rdonly_cast(const void *obj, unsigned int type_id)
	__attribute__((section(".ksyms"), weak));

#define bpf_core_cast(ptr, type) \
	((typeof(type) *)bpf_rdonly_cast(ptr, bpf_core_type_id_kernel(type)))

/* Bitfields: the bytes around them, then shifts whose widths are relocated too. */
#define BPF_CORE_READ_BITFIELD(src, field) ({						\
	unsigned long long __bee_bits;						\
	const void *__bee_at = (const void *)(src) +					\
		__builtin_preserve_field_info((src)->field, 0);				\
	/* One relocation of the place, not one in each of the loads. */		\
	__asm__ volatile("" : "+r"(__bee_at));						\
	switch (__builtin_preserve_field_info((src)->field, 1)) {			\
	case 1: __bee_bits = *(const unsigned char *)__bee_at; break;			\
	case 2: __bee_bits = *(const unsigned short *)__bee_at; break;			\
	case 4: __bee_bits = *(const unsigned int *)__bee_at; break;			\
	case 8: __bee_bits = *(const unsigned long long *)__bee_at; break;		\
	}										\
	__bee_shift_bits(__bee_bits, src, field);					\
})

#define BPF_CORE_READ_BITFIELD_PROBED(src, field) ({					\
	unsigned long long __bee_bits = 0;						\
	bpf_probe_read_kernel(&__bee_bits, __builtin_preserve_field_info((src)->field, 1),	\
			      (const void *)(src) +					\
			      __builtin_preserve_field_info((src)->field, 0));		\
	__bee_shift_bits(__bee_bits, src, field);					\
})

/* Put a value into a bitfield of memory that the program may write to. */
#define BPF_CORE_WRITE_BITFIELD(src, field, new_value) ({				\
	void *__bee_at = (void *)(src) + __builtin_preserve_field_info((src)->field, 0);	\
	unsigned int __bee_up = __builtin_preserve_field_info((src)->field, 4);		\
	unsigned int __bee_down = __builtin_preserve_field_info((src)->field, 5);	\
	unsigned long long __bee_mask = ~0ull << __bee_down >> __bee_up;		\
	unsigned long long __bee_bits =							\
		(unsigned long long)(new_value) << __bee_down >> __bee_up;		\
	__asm__ volatile("" : "+r"(__bee_at));						\
	switch (__builtin_preserve_field_info((src)->field, 1)) {			\
	case 1: __bee_put_bits(unsigned char); break;					\
	case 2: __bee_put_bits(unsigned short); break;					\
	case 4: __bee_put_bits(unsigned int); break;					\
	case 8: __bee_put_bits(unsigned long long); break;				\
	}										\
})
#define __bee_put_bits(type) \
	(*(type *)__bee_at = (*(type *)__bee_at & ~__bee_mask) | __bee_bits)

#define __bee_shift_bits(bits, src, field) ({						\
	(bits) <<= __builtin_preserve_field_info((src)->field, 4);			\
	__builtin_preserve_field_info((src)->field, 3) ?				\
		(unsigned long long)((long long)(bits) >>				\
				     __builtin_preserve_field_info((src)->field, 5)) :	\
		(bits) >> __builtin_preserve_field_info((src)->field, 5);		\
})
