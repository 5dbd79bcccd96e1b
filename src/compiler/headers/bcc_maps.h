/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* BCC's map macros, with the sizes that its reference guide gives where arguments are left out. */

/* Of a key or leaf, tables.cc tells the user; of other pointers it says nothing. */
#pragma clang diagnostic warning "-Wincompatible-pointer-types"
#pragma clang diagnostic warning "-Wint-conversion"
#define __bee_table(N, kind, key_type, leaf_type, size, flags, each, tags...)		\
	typedef typeof(key_type) __bee_key_##N;						\
	typedef typeof(leaf_type) __bee_leaf_##N;					\
	enum {										\
		__bee_is_array_##N = (kind) == 2 || (kind) == 6,			\
		/* What increment() adds to a trie would be found before wider prefixes. */ \
		__bee_grows_##N = !__bee_is_array_##N && (kind) != 11,			\
	};										\
	struct {									\
		int (*type)[kind];							\
		int (*max_entries)[size];						\
		int (*map_flags)[flags];						\
		__bee_key_##N *key;							\
		__bee_leaf_##N *value;							\
	} __bee_named(N) tags;								\
	__bee_methods(N, each)

#define __bee_each(part, N)								\
	__bee_if_key(part, N) __bee_if_leaf(part, N)					\
	__bee_if_max_entries(part, N) __bee_if_flags(part, N)				\
	__bee_if_lookup(part, N) __bee_if_update(part, N) __bee_if_insert(part, N)	\
	__bee_if_delete(part, N) __bee_if_lookup_or_init(part, N)			\
	__bee_if_lookup_or_try_init(part, N) __bee_if_increment(part, N)		\
	__bee_if_atomic_increment(part, N) __bee_if_get_stackid(part, N)		\
	__bee_if_call(part, N) __bee_if_redirect_map(part, N)				\
	__bee_if_sk_storage_get(part, N) __bee_if_sk_storage_delete(part, N)		\
	__bee_if_inode_storage_get(part, N) __bee_if_inode_storage_delete(part, N)	\
	__bee_if_task_storage_get(part, N) __bee_if_task_storage_delete(part, N)	\
	__bee_if_get_local_storage(part, N)						\
	__bee_if_sock_map_update(part, N) __bee_if_sock_hash_update(part, N)		\
	__bee_if_msg_redirect_map(part, N) __bee_if_msg_redirect_hash(part, N)		\
	__bee_if_sk_redirect_map(part, N) __bee_if_sk_redirect_hash(part, N)

/* What BCC's guide calls the data maps: by a key, a leaf. */
#define __bee_each_data(part, N)							\
	__bee_if_key(part, N) __bee_if_leaf(part, N)					\
	__bee_if_max_entries(part, N) __bee_if_flags(part, N)				\
	__bee_if_lookup(part, N) __bee_if_update(part, N) __bee_if_insert(part, N)	\
	__bee_if_delete(part, N) __bee_if_lookup_or_init(part, N)			\
	__bee_if_lookup_or_try_init(part, N) __bee_if_increment(part, N)		\
	__bee_if_atomic_increment(part, N)

/* A map of which only the sizes are known. */
#define __bee_sized(N, kind, size, flags, each)						\
	typedef int __bee_key_##N;							\
	typedef int __bee_leaf_##N;							\
	struct {									\
		int (*type)[kind];							\
		int (*max_entries)[size];						\
		int (*map_flags)[flags];						\
		int (*key_size)[4];							\
		int (*value_size)[4];							\
	} __bee_named(N);								\
	__bee_methods(N, each)

#define BPF_HASH(...) __bee_pick(__bee_hash, __VA_ARGS__)
#define __bee_hash1(N) __bee_hash4(N, unsigned long long, unsigned long long, 10240)
#define __bee_hash2(N, key) __bee_hash4(N, key, unsigned long long, 10240)
#define __bee_hash3(N, key, leaf) __bee_hash4(N, key, leaf, 10240)
#define __bee_hash4(N, key, leaf, size) __bee_table(N, 1, key, leaf, size, 0, __bee_each_data)

#define BPF_PERCPU_HASH(...) __bee_pick(__bee_percpu_hash, __VA_ARGS__)
#define __bee_percpu_hash1(N) \
	__bee_percpu_hash4(N, unsigned long long, unsigned long long, 10240)
#define __bee_percpu_hash2(N, key) __bee_percpu_hash4(N, key, unsigned long long, 10240)
#define __bee_percpu_hash3(N, key, leaf) __bee_percpu_hash4(N, key, leaf, 10240)
#define __bee_percpu_hash4(N, key, leaf, size) \
	__bee_table(N, 5, key, leaf, size, 0, __bee_each_data)

#define BPF_ARRAY(...) __bee_pick(__bee_array, __VA_ARGS__)
#define __bee_array1(N) __bee_array3(N, unsigned long long, 10240)
#define __bee_array2(N, leaf) __bee_array3(N, leaf, 10240)
#define __bee_array3(N, leaf, size) __bee_table(N, 2, int, leaf, size, 0, __bee_each_data)

#define BPF_PERCPU_ARRAY(...) __bee_pick(__bee_percpu_array, __VA_ARGS__)
#define __bee_percpu_array1(N) __bee_percpu_array3(N, unsigned long long, 10240)
#define __bee_percpu_array2(N, leaf) __bee_percpu_array3(N, leaf, 10240)
#define __bee_percpu_array3(N, leaf, size) \
	__bee_table(N, 6, int, leaf, size, 0, __bee_each_data)

/* By int the slots are an array; by any other key, a hash. */
#define BPF_HISTOGRAM(...) __bee_pick(__bee_histogram, __VA_ARGS__)
#define __bee_histogram1(N) __bee_histogram3(N, int, 64)
#define __bee_histogram2(N, key) __bee_histogram3(N, key, 64)
#define __bee_histogram3(N, key, size)							\
	__bee_table(N, __bee_slots_of(key), key, unsigned long long, size, 0, __bee_each_data)
#define __bee_slots_of(key) (__builtin_types_compatible_p(typeof(key), int) ? 2 : 1)

#define BPF_LPM_TRIE(...) __bee_pick(__bee_lpm_trie, __VA_ARGS__)
#define __bee_lpm_trie1(N) __bee_lpm_trie4(N, unsigned long long, unsigned long long, 10240)
#define __bee_lpm_trie2(N, key) __bee_lpm_trie4(N, key, unsigned long long, 10240)
#define __bee_lpm_trie3(N, key, leaf) __bee_lpm_trie4(N, key, leaf, 10240)
#define __bee_lpm_trie4(N, key, leaf, size) \
	__bee_table(N, 11, key, leaf, size, 1, __bee_each_data)

/* ---- any kind, by its word ---- */

#define BPF_F_TABLE(kind, key, leaf, N, size, flags) \
	__bee_any_table(kind, key, leaf, N, size, flags, )

#define BPF_TABLE(kind, key, leaf, N, size) BPF_F_TABLE(kind, key, leaf, N, size, 0)

#define BPF_TABLE_PUBLIC(kind, key, leaf, N, size) \
	__bee_any_table(kind, key, leaf, N, size, 0, __bee_tag("public"))

#define BPF_TABLE_SHARED(...) __bee_pick(__bee_table_shared, __VA_ARGS__)
#define __bee_table_shared5(kind, key, leaf, N, size) \
	__bee_table_shared6(kind, key, leaf, N, size, 0)
#define __bee_table_shared6(kind, key, leaf, N, size, flags) \
	__bee_any_table(kind, key, leaf, N, size, flags, __bee_tag("shared"))

#define BPF_TABLE_PINNED(...) __bee_pick(__bee_table_pinned, __VA_ARGS__)
#define __bee_table_pinned6(kind, key, leaf, N, size, path) \
	__bee_table_pinned7(kind, key, leaf, N, size, path, 0)
#define __bee_table_pinned7(kind, key, leaf, N, size, path, flags) \
	__bee_any_table(kind, key, leaf, N, size, flags, __bee_tag("pin=" path))

#define __bee_any_table(kind, key_type, leaf_type, N, size, flags, tags)		\
	_Static_assert(__bee_kind(kind, key_type) > 0, "BPF_TABLE knows no kind '" kind "'"); \
	__bee_table(N, __bee_kind(kind, key_type) > 0 ? __bee_kind(kind, key_type) : 1,	\
		    key_type, leaf_type, size, (flags) | __bee_own_flags(kind), __bee_each, \
		    __bee_tag("kind=" kind) tags)

/* clang's strcmp() and strncmp(), which fold, by names that ask for nothing of strings.h. */
#define __bee_folded(name, args...) __builtin_str##name(args)

#define __bee_is(kind, word) (__bee_folded(cmp, kind, word) == 0)

#define __bee_begins(kind, word) (__bee_folded(ncmp, kind, word, sizeof(word) - 1) == 0)

/* An extern table is whatever it turns out to be when it is loaded. */
#define __bee_kind(kind, key)								\
	(__bee_is(kind, "hash") || __bee_is(kind, "extern") ? 1 :			\
	 __bee_is(kind, "array") ? 2 : __bee_is(kind, "prog") ? 3 :			\
	 __bee_is(kind, "perf_output") || __bee_is(kind, "perf_array") ? 4 :		\
	 __bee_is(kind, "percpu_hash") ? 5 : __bee_is(kind, "percpu_array") ? 6 :	\
	 __bee_is(kind, "stacktrace") ? 7 : __bee_is(kind, "cgroup_array") ? 8 :	\
	 __bee_is(kind, "lru_hash") ? 9 : __bee_is(kind, "lru_percpu_hash") ? 10 :	\
	 __bee_is(kind, "lpm_trie") ? 11 : __bee_begins(kind, "array_of_maps$") ? 12 :	\
	 __bee_begins(kind, "hash_of_maps$") ? 13 : __bee_is(kind, "devmap") ? 14 :	\
	 __bee_is(kind, "sockmap") ? 15 : __bee_is(kind, "cpumap") ? 16 :		\
	 __bee_is(kind, "xskmap") ? 17 : __bee_is(kind, "sockhash") ? 18 :		\
	 __bee_is(kind, "cgroup_storage") ? 19 : __bee_is(kind, "percpu_cgroup_storage") ? 21 : \
	 __bee_is(kind, "sk_storage") ? 24 : __bee_is(kind, "inode_storage") ? 28 :	\
	 __bee_is(kind, "task_storage") ? 29 : __bee_is(kind, "histhash") ? 1 :		\
	 __bee_is(kind, "histogram") ? __bee_slots_of(key) : -1)

/* Some kinds exist only without elements that are there beforehand: BPF_F_NO_PREALLOC. */
#define __bee_own_flags(kind)								\
	(__bee_is(kind, "lpm_trie") || __bee_is(kind, "sk_storage") ||			\
	 __bee_is(kind, "inode_storage") || __bee_is(kind, "task_storage"))

/* ---- maps of maps ---- */

#define BPF_ARRAY_OF_MAPS(N, inner, size) BPF_TABLE("array_of_maps$" inner, int, int, N, size)

#define BPF_HASH_OF_MAPS(...) __bee_pick(__bee_hash_of_maps, __VA_ARGS__)
#define __bee_hash_of_maps2(N, inner) __bee_hash_of_maps4(N, int, inner, 10240)
#define __bee_hash_of_maps3(N, key, inner) __bee_hash_of_maps4(N, key, inner, 10240)
#define __bee_hash_of_maps4(N, key, inner, size) \
	BPF_TABLE("hash_of_maps$" inner, key, int, N, size)

/* ---- events ---- */

#define BPF_PERF_OUTPUT(N) __bee_sized(N, 4, 0, 0, __bee_each_perf_output)
#define __bee_each_perf_output(part, N) \
	__bee_if_perf_submit(part, N) __bee_if_perf_submit_skb(part, N)

#define BPF_PERF_ARRAY(N, size) __bee_sized(N, 4, size, 0, __bee_each_perf_array)
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

/* ---- stacks ---- */

struct bpf_stacktrace {
	unsigned long long ip[127];
};

struct bpf_stacktrace_buildid {
	struct bpf_stack_build_id trace[127];
};

#define BPF_STACK_TRACE(N, size) \
	__bee_table(N, 7, int, struct bpf_stacktrace, __bee_round_up(size), 0, __bee_each_stack)

#define BPF_STACK_TRACE_BUILDID(N, size) \
	__bee_table(N, 7, int, struct bpf_stacktrace_buildid, __bee_round_up(size), 32, \
		    __bee_each_stack)

#define __bee_each_stack(part, N)							\
	__bee_if_key(part, N) __bee_if_leaf(part, N)					\
	__bee_if_get_stackid(part, N) __bee_if_lookup(part, N) __bee_if_delete(part, N)

/* ---- programs, cgroups, devices, CPUs ---- */

#define BPF_PROG_ARRAY(N, size) __bee_sized(N, 3, size, 0, __bee_each_prog)
#define __bee_each_prog(part, N) __bee_if_call(part, N)

#define BPF_CGROUP_ARRAY(N, size) __bee_sized(N, 8, size, 0, __bee_each_cgroup)
#define __bee_each_cgroup(part, N) __bee_if_check_current_task(part, N)

#define BPF_XDP_REDIRECT_MAP(kind, leaf, N, size) BPF_TABLE(kind, unsigned int, leaf, N, size)

#define BPF_DEVMAP(N, size) __bee_sized(N, 14, size, 0, __bee_each_redirect)

#define BPF_CPUMAP(N, size) __bee_sized(N, 16, size, 0, __bee_each_redirect)

#define BPF_XSKMAP(...) __bee_pick(__bee_xskmap, __VA_ARGS__)
#define __bee_xskmap2(N, size) __bee_table(N, 17, int, int, size, 0, __bee_each_redirect)
#define __bee_xskmap3(N, size, path) \
	__bee_table(N, 17, int, int, size, 0, __bee_each_redirect, __bee_tag("pin=" path))

#define __bee_each_redirect(part, N) __bee_if_redirect_map(part, N) __bee_if_lookup(part, N)

/* ---- queues and stacks of values ---- */

#define __bee_values(N, kind, leaf_type, size, flags, tags...)				\
	typedef typeof(leaf_type) __bee_leaf_##N;					\
	struct {									\
		int (*type)[kind];							\
		int (*max_entries)[size];						\
		int (*map_flags)[flags];						\
		__bee_leaf_##N *value;							\
	} __bee_named(N) tags;								\
	__bee_methods(N, __bee_each_values)
#define __bee_each_values(part, N) \
	__bee_if_push(part, N) __bee_if_pop(part, N) __bee_if_peek(part, N) __bee_if_leaf(part, N)

#define BPF_QUEUE(...) __bee_pick(__bee_queue, __VA_ARGS__)
#define __bee_queue3(N, leaf, size) __bee_values(N, 22, leaf, size, 0)
#define __bee_queue4(N, leaf, size, flags) __bee_values(N, 22, leaf, size, flags)

#define BPF_STACK(...) __bee_pick(__bee_stack, __VA_ARGS__)
#define __bee_stack3(N, leaf, size) __bee_values(N, 23, leaf, size, 0)
#define __bee_stack4(N, leaf, size, flags) __bee_values(N, 23, leaf, size, flags)

#define __bee_ends(kind)								\
	_Static_assert(__bee_is(kind, "queue") || __bee_is(kind, "stack"),		\
		       "BPF_QUEUESTACK knows no kind '" kind "'")

#define BPF_QUEUESTACK(kind, N, leaf, size, flags) \
	__bee_ends(kind); __bee_values(N, __bee_is(kind, "stack") ? 23 : 22, leaf, size, flags)

#define BPF_QUEUESTACK_PINNED(kind, N, leaf, size, flags, path)				\
	__bee_ends(kind);								\
	__bee_values(N, __bee_is(kind, "stack") ? 23 : 22, leaf, size, flags,		\
		     __bee_tag("pin=" path))

#define BPF_QUEUESTACK_PUBLIC(kind, N, leaf, size, flags)				\
	__bee_ends(kind);								\
	__bee_values(N, __bee_is(kind, "stack") ? 23 : 22, leaf, size, flags, __bee_tag("public"))

#define BPF_QUEUESTACK_SHARED(kind, N, leaf, size, flags)				\
	__bee_ends(kind);								\
	__bee_values(N, __bee_is(kind, "stack") ? 23 : 22, leaf, size, flags, __bee_tag("shared"))

/* ---- what belongs to sockets, files, tasks, cgroups ---- */

#define __bee_owned(N, kind, leaf_type, each)						\
	typedef typeof(leaf_type) __bee_leaf_##N;					\
	struct {									\
		int (*type)[kind];							\
		int (*map_flags)[1];							\
		int *key;								\
		__bee_leaf_##N *value;							\
	} __bee_named(N);								\
	__bee_methods(N, each)

#define BPF_SK_STORAGE(N, leaf) __bee_owned(N, 24, leaf, __bee_each_sk)
#define __bee_each_sk(part, N) \
	__bee_if_sk_storage_get(part, N) __bee_if_sk_storage_delete(part, N)

#define BPF_INODE_STORAGE(N, leaf) __bee_owned(N, 28, leaf, __bee_each_inode)
#define __bee_each_inode(part, N) \
	__bee_if_inode_storage_get(part, N) __bee_if_inode_storage_delete(part, N)

#define BPF_TASK_STORAGE(N, leaf) __bee_owned(N, 29, leaf, __bee_each_task)
#define __bee_each_task(part, N) \
	__bee_if_task_storage_get(part, N) __bee_if_task_storage_delete(part, N)

#define __bee_of_cgroup(N, kind, leaf_type)						\
	typedef struct bpf_cgroup_storage_key __bee_key_##N;				\
	typedef typeof(leaf_type) __bee_leaf_##N;					\
	struct {									\
		int (*type)[kind];							\
		__bee_key_##N *key;							\
		__bee_leaf_##N *value;							\
	} __bee_named(N);								\
	__bee_methods(N, __bee_each_of_cgroup)
#define __bee_each_of_cgroup(part, N)							\
	__bee_if_get_local_storage(part, N) __bee_if_lookup(part, N)			\
	__bee_if_update(part, N) __bee_if_insert(part, N) __bee_if_delete(part, N)

#define BPF_CGROUP_STORAGE(N, leaf) __bee_of_cgroup(N, 19, leaf)

#define BPF_PERCPU_CGROUP_STORAGE(N, leaf) __bee_of_cgroup(N, 21, leaf)

/* ---- sockets to send to ---- */

#define BPF_SOCKMAP(N, size) __bee_sized(N, 15, size, 0, __bee_each_sockmap)
#define __bee_each_sockmap(part, N)							\
	__bee_if_update(part, N) __bee_if_delete(part, N)				\
	__bee_if_sock_map_update(part, N) __bee_if_msg_redirect_map(part, N)		\
	__bee_if_sk_redirect_map(part, N)

#define BPF_SOCKHASH(...) __bee_pick(__bee_sockhash, __VA_ARGS__)
#define __bee_sockhash1(N) __bee_sockhash3(N, unsigned int, 10240)
#define __bee_sockhash2(N, key) __bee_sockhash3(N, key, 10240)
#define __bee_sockhash3(N, key, size) \
	__bee_table(N, 18, key, int, size, 0, __bee_each_sockhash)
#define __bee_each_sockhash(part, N)							\
	__bee_if_key(part, N) __bee_if_update(part, N) __bee_if_delete(part, N)		\
	__bee_if_sock_hash_update(part, N) __bee_if_msg_redirect_hash(part, N)		\
	__bee_if_sk_redirect_hash(part, N)
