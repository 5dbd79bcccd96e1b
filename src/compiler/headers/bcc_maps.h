/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* BCC's map macros, with the sizes that its reference guide gives where arguments are left out. */

/* A key or leaf of another type is a mistake that the verifier tells late, or never. */
#pragma clang diagnostic error "-Wincompatible-pointer-types"
#define __bee_table(N, kind, key_type, leaf_type, size, flags)				\
	typedef typeof(key_type) __bee_key_##N;						\
	typedef typeof(leaf_type) __bee_leaf_##N;					\
	enum { __bee_is_array_##N = (kind) == 2 || (kind) == 6 };			\
	struct {									\
		int (*type)[kind];							\
		int (*max_entries)[size];						\
		int (*map_flags)[flags];						\
		__bee_key_##N *key;							\
		__bee_leaf_##N *value;							\
	} __bee_named(N);								\
	__bee_methods(N, __bee_each)

#define __bee_each(part, N)								\
	__bee_if_key(part, N) __bee_if_leaf(part, N)					\
	__bee_if_lookup(part, N) __bee_if_update(part, N) __bee_if_insert(part, N)	\
	__bee_if_delete(part, N) __bee_if_lookup_or_init(part, N)			\
	__bee_if_lookup_or_try_init(part, N) __bee_if_increment(part, N)		\
	__bee_if_atomic_increment(part, N) __bee_if_get_stackid(part, N)		\
	__bee_if_call(part, N) __bee_if_redirect_map(part, N)				\
	__bee_if_sk_storage_get(part, N) __bee_if_sk_storage_delete(part, N)

/* A map of which only the sizes are known. */
#define __bee_sized(N, kind, size, leaf_size, flags, each)				\
	typedef unsigned int __bee_key_##N;						\
	typedef unsigned int __bee_leaf_##N;						\
	struct {									\
		int (*type)[kind];							\
		int (*max_entries)[size];						\
		int (*map_flags)[flags];						\
		int (*key_size)[4];							\
		int (*value_size)[leaf_size];						\
	} __bee_named(N);								\
	__bee_methods(N, each)

#define BPF_HASH(...) __bee_pick(__bee_hash, __VA_ARGS__)
#define __bee_hash1(N) __bee_table(N, 1, unsigned long long, unsigned long long, 10240, 0)
#define __bee_hash2(N, key) __bee_table(N, 1, key, unsigned long long, 10240, 0)
#define __bee_hash3(N, key, leaf) __bee_table(N, 1, key, leaf, 10240, 0)
#define __bee_hash4(N, key, leaf, size) __bee_table(N, 1, key, leaf, size, 0)

#define BPF_PERCPU_HASH(...) __bee_pick(__bee_percpu_hash, __VA_ARGS__)
#define __bee_percpu_hash1(N) __bee_table(N, 5, unsigned long long, unsigned long long, 10240, 0)
#define __bee_percpu_hash2(N, key) __bee_table(N, 5, key, unsigned long long, 10240, 0)
#define __bee_percpu_hash3(N, key, leaf) __bee_table(N, 5, key, leaf, 10240, 0)
#define __bee_percpu_hash4(N, key, leaf, size) __bee_table(N, 5, key, leaf, size, 0)

#define BPF_ARRAY(...) __bee_pick(__bee_array, __VA_ARGS__)
#define __bee_array1(N) __bee_table(N, 2, int, unsigned long long, 10240, 0)
#define __bee_array2(N, leaf) __bee_table(N, 2, int, leaf, 10240, 0)
#define __bee_array3(N, leaf, size) __bee_table(N, 2, int, leaf, size, 0)

#define BPF_PERCPU_ARRAY(...) __bee_pick(__bee_percpu_array, __VA_ARGS__)
#define __bee_percpu_array1(N) __bee_table(N, 6, int, unsigned long long, 10240, 0)
#define __bee_percpu_array2(N, leaf) __bee_table(N, 6, int, leaf, 10240, 0)
#define __bee_percpu_array3(N, leaf, size) __bee_table(N, 6, int, leaf, size, 0)

/* By int the slots are an array; by any other key, a hash. */
#define BPF_HISTOGRAM(...) __bee_pick(__bee_histogram, __VA_ARGS__)
#define __bee_histogram1(N) __bee_histogram3(N, int, 64)
#define __bee_histogram2(N, key) __bee_histogram3(N, key, 64)
#define __bee_histogram3(N, key, size)							\
	__bee_table(N, (__builtin_types_compatible_p(typeof(key), int) ? 2 : 1), key,	\
		    unsigned long long, size, 0)

#define BPF_LPM_TRIE(...) __bee_pick(__bee_lpm_trie, __VA_ARGS__)
#define __bee_lpm_trie1(N) __bee_table(N, 11, unsigned long long, unsigned long long, 10240, 1)
#define __bee_lpm_trie2(N, key) __bee_table(N, 11, key, unsigned long long, 10240, 1)
#define __bee_lpm_trie3(N, key, leaf) __bee_table(N, 11, key, leaf, 10240, 1)
#define __bee_lpm_trie4(N, key, leaf, size) __bee_table(N, 11, key, leaf, size, 1)

#define BPF_TABLE(kind, key, leaf, N, size) \
	__bee_table(N, __bee_kind(kind), key, leaf, size, __bee_flags(kind, 0))

#define BPF_F_TABLE(kind, key, leaf, N, size, flags) \
	__bee_table(N, __bee_kind(kind), key, leaf, size, __bee_flags(kind, flags))

#define BPF_TABLE_PUBLIC(kind, key, leaf, N, size) BPF_TABLE(kind, key, leaf, N, size)

#define BPF_TABLE_SHARED(kind, key, leaf, N, size) BPF_TABLE(kind, key, leaf, N, size)

#define __bee_is(kind, word) (__builtin_strcmp(kind, word) == 0)

#define __bee_kind(kind)								\
	(__bee_is(kind, "hash") ? 1 : __bee_is(kind, "array") ? 2 :			\
	 __bee_is(kind, "prog") ? 3 : __bee_is(kind, "percpu_hash") ? 5 :		\
	 __bee_is(kind, "percpu_array") ? 6 : __bee_is(kind, "stacktrace") ? 7 :	\
	 __bee_is(kind, "lru_hash") ? 9 : __bee_is(kind, "lru_percpu_hash") ? 10 :	\
	 __bee_is(kind, "lpm_trie") ? 11 : __bee_is(kind, "devmap") ? 14 :		\
	 __bee_is(kind, "cpumap") ? 16 : __bee_is(kind, "xskmap") ? 17 :		\
	 __bee_is(kind, "sk_storage") ? 24 : __bee_is(kind, "histogram") ? 2 :		\
	 __bee_is(kind, "histhash") ? 1 : -1)

#define __bee_flags(kind, flags) \
	((flags) | (__bee_is(kind, "lpm_trie") || __bee_is(kind, "sk_storage") ? 1 : 0))

#define BPF_PERF_OUTPUT(N) __bee_sized(N, 4, 0, 4, 0, __bee_each_perf_output)
#define __bee_each_perf_output(part, N) \
	__bee_if_perf_submit(part, N) __bee_if_perf_submit_skb(part, N)

#define BPF_PERF_ARRAY(N, size) __bee_sized(N, 4, size, 4, 0, __bee_each_perf_array)
#define __bee_each_perf_array(part, N) \
	__bee_if_perf_read(part, N) __bee_if_perf_counter_value(part, N)

/* The kernel takes whole pages, a power of two of them. */
#define BPF_RINGBUF_OUTPUT(N, pages)							\
	struct {									\
		int (*type)[27];							\
		int (*max_entries)[__bee_round_up(pages) * __bee_page_size];		\
	} __bee_named(N);								\
	unsigned long long __bee_lost_##N						\
		__attribute__((section(".data.bee_lost"), used)) = 0;			\
	__bee_methods(N, __bee_each_ringbuf)
#define __bee_each_ringbuf(part, N)							\
	__bee_if_ringbuf_output(part, N) __bee_if_ringbuf_reserve(part, N)		\
	__bee_if_ringbuf_submit(part, N) __bee_if_ringbuf_discard(part, N)		\
	__bee_if_ringbuf_query(part, N)

#define __bee_round_up(n) ((n) <= 1 ? 1 : 1ull << (64 - __builtin_clzll((n) - 1ull)))

#define BPF_STACK_TRACE(N, size) \
	__bee_sized(N, 7, __bee_round_up(size), 127 * 8, 0, __bee_each_stack)

#define BPF_STACK_TRACE_BUILDID(N, size) \
	__bee_sized(N, 7, __bee_round_up(size), 127 * 32, 32, __bee_each_stack)

#define __bee_each_stack(part, N) \
	__bee_if_get_stackid(part, N) __bee_if_lookup(part, N) __bee_if_delete(part, N)

#define BPF_PROG_ARRAY(N, size) __bee_sized(N, 3, size, 4, 0, __bee_each_prog)
#define __bee_each_prog(part, N) __bee_if_call(part, N)

#define BPF_CGROUP_ARRAY(N, size) __bee_sized(N, 8, size, 4, 0, __bee_each_cgroup)
#define __bee_each_cgroup(part, N) __bee_if_check_current_task(part, N)

#define BPF_DEVMAP(N, size) __bee_sized(N, 14, size, 4, 0, __bee_each_redirect)

#define BPF_CPUMAP(N, size) __bee_sized(N, 16, size, 4, 0, __bee_each_redirect)

#define BPF_XSKMAP(N, size) __bee_sized(N, 17, size, 4, 0, __bee_each_redirect)

#define __bee_each_redirect(part, N) __bee_if_redirect_map(part, N) __bee_if_lookup(part, N)

#define __bee_queue(N, kind, leaf_type, size, flags)					\
	typedef typeof(leaf_type) __bee_leaf_##N;					\
	struct {									\
		int (*type)[kind];							\
		int (*max_entries)[size];						\
		int (*map_flags)[flags];						\
		__bee_leaf_##N *value;							\
	} __bee_named(N);								\
	__bee_methods(N, __bee_each_queue)
#define __bee_each_queue(part, N) \
	__bee_if_push(part, N) __bee_if_pop(part, N) __bee_if_peek(part, N) __bee_if_leaf(part, N)

#define BPF_QUEUE(...) __bee_pick(__bee_queue, __VA_ARGS__)
#define __bee_queue3(N, leaf, size) __bee_queue(N, 22, leaf, size, 0)
#define __bee_queue4(N, leaf, size, flags) __bee_queue(N, 22, leaf, size, flags)

#define BPF_STACK(...) __bee_pick(__bee_stack, __VA_ARGS__)
#define __bee_stack3(N, leaf, size) __bee_queue(N, 23, leaf, size, 0)
#define __bee_stack4(N, leaf, size, flags) __bee_queue(N, 23, leaf, size, flags)

#define __bee_storage(N, kind, leaf_type, each)						\
	typedef typeof(leaf_type) __bee_leaf_##N;					\
	struct {									\
		int (*type)[kind];							\
		int (*map_flags)[1];							\
		int *key;								\
		__bee_leaf_##N *value;							\
	} __bee_named(N);								\
	__bee_methods(N, each)

#define BPF_SK_STORAGE(N, leaf) __bee_storage(N, 24, leaf, __bee_each_sk)
#define __bee_each_sk(part, N) \
	__bee_if_sk_storage_get(part, N) __bee_if_sk_storage_delete(part, N)

#define BPF_INODE_STORAGE(N, leaf) __bee_storage(N, 28, leaf, __bee_each_inode)
#define __bee_each_inode(part, N) \
	__bee_if_inode_storage_get(part, N) __bee_if_inode_storage_delete(part, N)

#define BPF_TASK_STORAGE(N, leaf) __bee_storage(N, 29, leaf, __bee_each_task)
#define __bee_each_task(part, N) \
	__bee_if_task_storage_get(part, N) __bee_if_task_storage_delete(part, N)
