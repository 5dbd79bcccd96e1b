/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * BCC's dialect as plain C. A map `counts` is two variables, whose names in the object differ from
 * those in C: the map itself, __bee_map_counts, which the object calls "counts"; and `counts`, a
 * constant struct of inlined functions, so that counts.lookup(&key) is nothing but a call of the
 * helper. The compiler drops the struct, and makes `return 0` of __bee_return_zero().
 */

#define __bee_inline static inline __attribute__((always_inline, unused))

void __bee_return_zero(void) __attribute__((noreturn));
#define __bee_return_zero __bee_return_zero

#define __bee_map(name) __bee_map_##name

#define __bee_methods(name) name __asm__("__bee_tbl_" #name) __attribute__((unused))

#define __bee_round_up(n) ((n) <= 1 ? 1 : 1ull << (64 - __builtin_clzll((n) - 1ull)))

#define __bee_add(value, n)							\
	(sizeof(*(value)) == 8 ? (void)(*(unsigned long long *)(value) += (n)) :	\
	 sizeof(*(value)) == 4 ? (void)(*(unsigned int *)(value) += (n)) :	\
	 sizeof(*(value)) == 2 ? (void)(*(unsigned short *)(value) += (n)) :	\
				 (void)(*(unsigned char *)(value) += (n)))

#define __bee_atomic_add(value, n)						\
	(sizeof(*(value)) == 8 ?						\
		 (void)__sync_fetch_and_add((unsigned long long *)(value), (n)) :	\
		 (void)__sync_fetch_and_add((unsigned int *)(value), (n)))

#define __bee_is_array(kind) ((kind) == 2 || (kind) == 6)

#define __bee_table(_name, _kind, _key, _leaf, _size, _flags)			\
	typedef typeof(_key) __bee_key_##_name;					\
	typedef typeof(_leaf) __bee_leaf_##_name;				\
	struct {								\
		__uint(type, _kind);						\
		__uint(max_entries, _size);					\
		__uint(map_flags, _flags);					\
		__type(key, __bee_key_##_name);					\
		__type(value, __bee_leaf_##_name);				\
	} __bee_map(_name) __asm__(#_name) SEC(".maps");			\
	__bee_inline __bee_leaf_##_name *__bee_lookup_##_name(const void *key)	\
	{									\
		return bpf_map_lookup_elem(&__bee_map(_name), key);		\
	}									\
	__bee_inline int __bee_update_##_name(const void *key, const void *leaf)	\
	{									\
		return bpf_map_update_elem(&__bee_map(_name), key, leaf, 0);	\
	}									\
	__bee_inline int __bee_insert_##_name(const void *key, const void *leaf)	\
	{									\
		return bpf_map_update_elem(&__bee_map(_name), key, leaf, 1);	\
	}									\
	__bee_inline int __bee_delete_##_name(const void *key)			\
	{									\
		return bpf_map_delete_elem(&__bee_map(_name), key);		\
	}									\
	__bee_inline __bee_leaf_##_name *					\
	__bee_try_init_##_name(const void *key, const void *leaf)		\
	{									\
		__bee_leaf_##_name *found = __bee_lookup_##_name(key);		\
		if (found)							\
			return found;						\
		__bee_insert_##_name(key, leaf);				\
		return __bee_lookup_##_name(key);				\
	}									\
	__bee_inline __bee_leaf_##_name *					\
	__bee_init_##_name(const void *key, const void *leaf)			\
	{									\
		__bee_leaf_##_name *found = __bee_try_init_##_name(key, leaf);	\
		if (!found)							\
			__bee_return_zero();					\
		return found;							\
	}									\
	__bee_inline void							\
	__bee_increment_##_name(__bee_key_##_name key, unsigned long long n, ...)	\
	{									\
		__bee_leaf_##_name *found;					\
		unsigned long long first = n;					\
		if (sizeof(__bee_leaf_##_name) > 8)				\
			return;							\
		found = __bee_lookup_##_name(&key);				\
		if (found)							\
			__bee_add(found, n);					\
		else if (!__bee_is_array(_kind))				\
			__bee_insert_##_name(&key, &first);			\
	}									\
	__bee_inline void							\
	__bee_atomic_increment_##_name(__bee_key_##_name key, unsigned long long n, ...)	\
	{									\
		__bee_leaf_##_name *found;					\
		unsigned long long first = n;					\
		if (sizeof(__bee_leaf_##_name) > 8)				\
			return;							\
		found = __bee_lookup_##_name(&key);				\
		if (found)							\
			__bee_atomic_add(found, n);				\
		else if (!__bee_is_array(_kind))				\
			__bee_insert_##_name(&key, &first);			\
	}									\
	__bee_inline int __bee_stackid_##_name(void *ctx, unsigned long long flags)	\
	{									\
		return bpf_get_stackid(ctx, &__bee_map(_name), flags);		\
	}									\
	static const struct __bee_tbl_##_name {					\
		__bee_key_##_name key;						\
		__bee_leaf_##_name leaf;					\
		__bee_leaf_##_name *(*lookup)(const void *);			\
		__bee_leaf_##_name *(*lookup_or_init)(const void *, const void *);	\
		__bee_leaf_##_name *(*lookup_or_try_init)(const void *, const void *);	\
		int (*update)(const void *, const void *);			\
		int (*insert)(const void *, const void *);			\
		int (*delete)(const void *);					\
		void (*__bee_increment)(__bee_key_##_name, unsigned long long, ...);	\
		void (*__bee_atomic_increment)(__bee_key_##_name, unsigned long long, ...); \
		int (*get_stackid)(void *, unsigned long long);			\
	} __bee_methods(_name) = {						\
		.lookup = __bee_lookup_##_name,					\
		.lookup_or_init = __bee_init_##_name,				\
		.lookup_or_try_init = __bee_try_init_##_name,			\
		.update = __bee_update_##_name,					\
		.insert = __bee_insert_##_name,					\
		.delete = __bee_delete_##_name,					\
		.__bee_increment = __bee_increment_##_name,			\
		.__bee_atomic_increment = __bee_atomic_increment_##_name,	\
		.get_stackid = __bee_stackid_##_name,				\
	}

#define increment(...) __bee_increment(__VA_ARGS__, 1)

#define atomic_increment(...) __bee_atomic_increment(__VA_ARGS__, 1)

#define BPF_HASH(...) __bee_pick(__bee_hash, __VA_ARGS__)
#define __bee_hash1(name) __bee_hash4(name, u64, u64, 10240)
#define __bee_hash2(name, key) __bee_hash4(name, key, u64, 10240)
#define __bee_hash3(name, key, leaf) __bee_hash4(name, key, leaf, 10240)
#define __bee_hash4(name, key, leaf, size) __bee_table(name, 1, key, leaf, size, 0)

#define BPF_PERCPU_HASH(...) __bee_pick(__bee_percpu_hash, __VA_ARGS__)
#define __bee_percpu_hash1(name) __bee_percpu_hash4(name, u64, u64, 10240)
#define __bee_percpu_hash2(name, key) __bee_percpu_hash4(name, key, u64, 10240)
#define __bee_percpu_hash3(name, key, leaf) __bee_percpu_hash4(name, key, leaf, 10240)
#define __bee_percpu_hash4(name, key, leaf, size) __bee_table(name, 5, key, leaf, size, 0)

#define BPF_ARRAY(...) __bee_pick(__bee_array, __VA_ARGS__)
#define __bee_array1(name) __bee_array3(name, u64, 10240)
#define __bee_array2(name, leaf) __bee_array3(name, leaf, 10240)
#define __bee_array3(name, leaf, size) __bee_table(name, 2, int, leaf, size, 0)

#define BPF_PERCPU_ARRAY(...) __bee_pick(__bee_percpu_array, __VA_ARGS__)
#define __bee_percpu_array1(name) __bee_percpu_array3(name, u64, 10240)
#define __bee_percpu_array2(name, leaf) __bee_percpu_array3(name, leaf, 10240)
#define __bee_percpu_array3(name, leaf, size) __bee_table(name, 6, int, leaf, size, 0)

#define BPF_HISTOGRAM(...) __bee_pick(__bee_histogram, __VA_ARGS__)
#define __bee_histogram1(name) __bee_histogram3(name, int, 64)
#define __bee_histogram2(name, key) __bee_histogram3(name, key, 64)
#define __bee_histogram3(name, key, size)					\
	__bee_table(name, (__builtin_types_compatible_p(typeof(key), int) ? 2 : 1), key, u64, size, 0)

#define BPF_LPM_TRIE(...) __bee_pick(__bee_lpm_trie, __VA_ARGS__)
#define __bee_lpm_trie1(name) __bee_lpm_trie4(name, u64, u64, 10240)
#define __bee_lpm_trie2(name, key) __bee_lpm_trie4(name, key, u64, 10240)
#define __bee_lpm_trie3(name, key, leaf) __bee_lpm_trie4(name, key, leaf, 10240)
#define __bee_lpm_trie4(name, key, leaf, size) __bee_table(name, 11, key, leaf, size, 1)

#define BPF_TABLE(kind, key, leaf, name, size) \
	__bee_table(name, __bee_kind(kind), key, leaf, size, __bee_flags(kind))

#define BPF_F_TABLE(kind, key, leaf, name, size, flags) \
	__bee_table(name, __bee_kind(kind), key, leaf, size, (flags) | __bee_flags(kind))

#define __bee_is(kind, word) (__builtin_strcmp(kind, word) == 0)

#define __bee_kind(kind)							\
	(__bee_is(kind, "hash") ? 1 : __bee_is(kind, "array") ? 2 :		\
	 __bee_is(kind, "percpu_hash") ? 5 : __bee_is(kind, "percpu_array") ? 6 :	\
	 __bee_is(kind, "lru_hash") ? 9 : __bee_is(kind, "lru_percpu_hash") ? 10 :	\
	 __bee_is(kind, "lpm_trie") ? 11 : __bee_is(kind, "histogram") ? 2 :	\
	 __bee_is(kind, "histhash") ? 1 : -1)

#define __bee_flags(kind) (__bee_is(kind, "lpm_trie") ? 1 : 0)

#define BPF_PERF_OUTPUT(_name)							\
	struct {								\
		__uint(type, 4);						\
		__uint(key_size, 4);						\
		__uint(value_size, 4);						\
	} __bee_map(_name) __asm__(#_name) SEC(".maps");			\
	__bee_inline int __bee_submit_##_name(void *ctx, void *data, u32 size)	\
	{									\
		return bpf_perf_event_output(ctx, &__bee_map(_name), 0xffffffffull, data, size); \
	}									\
	__bee_inline int __bee_submit_skb_##_name(void *skb, u32 len, void *data, u32 size) \
	{									\
		return bpf_perf_event_output(skb, &__bee_map(_name),		\
					     (u64)len << 32 | 0xffffffffull, data, size);	\
	}									\
	static const struct {							\
		int (*perf_submit)(void *, void *, u32);			\
		int (*perf_submit_skb)(void *, u32, void *, u32);		\
	} __bee_methods(_name) = { __bee_submit_##_name, __bee_submit_skb_##_name }

#define BPF_RINGBUF_OUTPUT(_name, _pages)					\
	struct {								\
		__uint(type, 27);						\
		__uint(max_entries, (_pages) * 4096);				\
	} __bee_map(_name) __asm__(#_name) SEC(".maps");			\
	unsigned long long __bee_lost_##_name __attribute__((section(".data.bee_lost"), used)) = 0; \
	__bee_inline int __bee_output_##_name(void *data, u64 size, u64 flags)	\
	{									\
		int err = bpf_ringbuf_output(&__bee_map(_name), data, size, flags);	\
		if (err)							\
			__sync_fetch_and_add(&__bee_lost_##_name, 1);		\
		return err;							\
	}									\
	__bee_inline void *__bee_reserve_##_name(u64 size)			\
	{									\
		void *data = bpf_ringbuf_reserve(&__bee_map(_name), size, 0);	\
		if (!data)							\
			__sync_fetch_and_add(&__bee_lost_##_name, 1);		\
		return data;							\
	}									\
	__bee_inline void __bee_submit_##_name(void *data, u64 flags)		\
	{									\
		bpf_ringbuf_submit(data, flags);				\
	}									\
	__bee_inline void __bee_discard_##_name(void *data, u64 flags)		\
	{									\
		bpf_ringbuf_discard(data, flags);				\
	}									\
	__bee_inline u64 __bee_query_##_name(u64 flags)				\
	{									\
		return bpf_ringbuf_query(&__bee_map(_name), flags);		\
	}									\
	static const struct {							\
		int (*ringbuf_output)(void *, u64, u64);			\
		void *(*ringbuf_reserve)(u64);					\
		void (*ringbuf_submit)(void *, u64);				\
		void (*ringbuf_discard)(void *, u64);				\
		u64 (*ringbuf_query)(u64);					\
	} __bee_methods(_name) = {						\
		__bee_output_##_name, __bee_reserve_##_name, __bee_submit_##_name,	\
		__bee_discard_##_name, __bee_query_##_name,			\
	}

#define BPF_STACK_TRACE(_name, _size)						\
	struct {								\
		__uint(type, 7);						\
		__uint(max_entries, __bee_round_up(_size));			\
		__uint(key_size, 4);						\
		__uint(value_size, 127 * 8);					\
	} __bee_map(_name) __asm__(#_name) SEC(".maps");			\
	__bee_inline int __bee_stackid_##_name(void *ctx, u64 flags)		\
	{									\
		return bpf_get_stackid(ctx, &__bee_map(_name), flags);		\
	}									\
	static const struct {							\
		int (*get_stackid)(void *, u64);				\
	} __bee_methods(_name) = { __bee_stackid_##_name }

#define BPF_PROG_ARRAY(_name, _size)						\
	struct {								\
		__uint(type, 3);						\
		__uint(max_entries, _size);					\
		__uint(key_size, 4);						\
		__uint(value_size, 4);						\
	} __bee_map(_name) __asm__(#_name) SEC(".maps");			\
	__bee_inline void __bee_call_##_name(void *ctx, int index)		\
	{									\
		bpf_tail_call(ctx, &__bee_map(_name), index);			\
	}									\
	static const struct {							\
		void (*call)(void *, int);					\
	} __bee_methods(_name) = { __bee_call_##_name }

#define TRACEPOINT_PROBE(category, event) \
	int tracepoint__##category##__##event(struct tracepoint__##category##__##event *args)

#define RAW_TRACEPOINT_PROBE(event) \
	int raw_tracepoint__##event(struct bpf_raw_tracepoint_args *ctx)

#define KFUNC_PROBE(function, args...) int kfunc__vmlinux__##function(unsigned long long *ctx, ##args)

#define KRETFUNC_PROBE(function, args...) int kretfunc__vmlinux__##function(unsigned long long *ctx, ##args)

#define KMOD_RET(function, args...) int kmod_ret__##function(unsigned long long *ctx, ##args)

#define LSM_PROBE(hook, args...) int lsm__##hook(unsigned long long *ctx, ##args)

#define BPF_ITER(type) int bpf_iter__##type(struct bpf_iter__##type *ctx)

#define TP_DATA_LOC_READ_CONST(dst, field, size) \
	bpf_probe_read_kernel((void *)(dst), size, (char *)args + (args->data_loc_##field & 0xffff))

#define TP_DATA_LOC_READ(dst, field)						\
	bpf_probe_read_kernel((void *)(dst), (unsigned short)(args->data_loc_##field >> 16),	\
			      (char *)args + (args->data_loc_##field & 0xffff))

#define TP_DATA_LOC_READ_STR(dst, field, size) \
	bpf_probe_read_kernel_str((void *)(dst), size, (char *)args + (args->data_loc_##field & 0xffff))

#define bpf_trace_printk(...) __bee_printk(__VA_ARGS__)
#define __bee_printk(fmt, ...)							\
	(__bee_text(fmt)[0] == '"' ?						\
		 __bee_trace_printk(fmt, sizeof(fmt), ##__VA_ARGS__) :		\
		 ((long (*)(const char *, ...))__bee_trace_printk)(fmt, ##__VA_ARGS__))
#define __bee_text(x) __bee_text_(x)
#define __bee_text_(x) #x

static long (*const __bee_trace_printk)(const char *fmt, unsigned int size, ...) = (void *)6;

static inline __attribute__((always_inline, unused)) unsigned int bpf_log2(unsigned int value)
{
	unsigned int log = 0;
	for (unsigned int half = 16; half; half /= 2) {
		if (value >> half) {
			value >>= half;
			log += half;
		}
	}
	return log;
}

static inline __attribute__((always_inline, unused)) unsigned int bpf_log2l(unsigned long value)
{
	unsigned int high = value >> 32;
	return high ? bpf_log2(high) + 33 : bpf_log2(value) + 1;
}

#define BPF_MAX_STACK_DEPTH 127

#define CUR_CPU_IDENTIFIER 0xffffffffull

#define lock_xadd(ptr, n) ((void)__sync_fetch_and_add(ptr, n))
