/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * BCC's tables as plain C. A map `counts` is two variables, whose names in the object differ from
 * those in C: the map itself, __bee_map_counts, which the object calls "counts"; and `counts`, a
 * constant struct of inlined functions, so that counts.lookup(&key) is nothing but a call of the
 * helper. The compiler drops the struct, and makes `return 0` of __bee_return_zero().
 *
 * A method costs compile time in every table that has it. __bee_if_NAME() stands for what only a
 * source that names NAME needs: for all others types.c defines it as nothing.
 */

/* Without places of its own: what is wrong with a call is told where the user wrote it. */
#define __bee_inline static inline __attribute__((always_inline, unused, nodebug))

void __bee_return_zero(void) __attribute__((noreturn));

#define __bee_map(N) __bee_map_##N

#define __bee_named(N) __bee_map_##N __asm__(#N) __attribute__((section(".maps"), used))

/* What only the loader can do for a map: src/share.c reads it. */
#define __bee_tag(what) __attribute__((btf_decl_tag("bee:" what)))

/*
 * The struct of methods; each(part, N) gives a part of all of them. Its name tells the compiler
 * what there is, for an error about what is not.
 */
#define __bee_methods(N, each)								\
	each(def, N)									\
	static const struct each##__of__##N { each(fld, N) } N __asm__("__bee_tbl_" #N)	\
		__attribute__((unused)) = { each(ini, N) }
#define __bee_def(N, method) __bee_def_##method(N)
#define __bee_fld(N, method) typeof(__bee_##method##_##N) *method;
#define __bee_ini(N, method) .method = __bee_##method##_##N,

/* ---- methods ---- */

#define __bee_if_key(part, N) __bee_with_key_##part(N)
#define __bee_with_key_def(N)
#define __bee_with_key_fld(N) __bee_key_##N key;
#define __bee_with_key_ini(N)

#define __bee_if_leaf(part, N) __bee_with_leaf_##part(N)
#define __bee_with_leaf_def(N)
#define __bee_with_leaf_fld(N) __bee_leaf_##N leaf;
#define __bee_with_leaf_ini(N)

#define __bee_if_max_entries(part, N) __bee_with_max_entries_##part(N)
#define __bee_with_max_entries_def(N)
#define __bee_with_max_entries_fld(N) unsigned int max_entries;
#define __bee_with_max_entries_ini(N) \
	.max_entries = sizeof(*__bee_map(N).max_entries) / sizeof(int),

#define __bee_if_flags(part, N) __bee_with_flags_##part(N)
#define __bee_with_flags_def(N)
#define __bee_with_flags_fld(N) int flags;
#define __bee_with_flags_ini(N) .flags = sizeof(*__bee_map(N).map_flags) / sizeof(int),

#define __bee_if_lookup(part, N) __bee_##part(N, lookup)
#define __bee_def_lookup(N)								\
	__bee_inline __bee_leaf_##N *__bee_lookup_##N(const __bee_key_##N *key)		\
	{										\
		return bpf_map_lookup_elem(&__bee_map(N), key);				\
	}

#define __bee_if_update(part, N) __bee_##part(N, update)
#define __bee_def_update(N)								\
	__bee_inline int __bee_update_##N(const __bee_key_##N *key, const __bee_leaf_##N *leaf) \
	{										\
		return bpf_map_update_elem(&__bee_map(N), key, leaf, 0);		\
	}

#define __bee_if_insert(part, N) __bee_##part(N, insert)
#define __bee_def_insert(N)								\
	__bee_inline int __bee_insert_##N(const __bee_key_##N *key, const __bee_leaf_##N *leaf) \
	{										\
		return bpf_map_update_elem(&__bee_map(N), key, leaf, 1);		\
	}

#define __bee_if_delete(part, N) __bee_##part(N, delete)
#define __bee_def_delete(N)								\
	__bee_inline int __bee_delete_##N(const __bee_key_##N *key)			\
	{										\
		return bpf_map_delete_elem(&__bee_map(N), key);				\
	}

/* Another CPU may put the element there first: then it is looked up all the same. */
#define __bee_find_or_put(N, key, first) ({						\
	__bee_leaf_##N *__bee_found = bpf_map_lookup_elem(&__bee_map(N), key);		\
	if (!__bee_found) {								\
		bpf_map_update_elem(&__bee_map(N), key, first, 1);			\
		__bee_found = bpf_map_lookup_elem(&__bee_map(N), key);			\
	}										\
	__bee_found;									\
})

#define __bee_if_lookup_or_try_init(part, N) __bee_##part(N, lookup_or_try_init)
#define __bee_def_lookup_or_try_init(N)							\
	__bee_inline __bee_leaf_##N *							\
	__bee_lookup_or_try_init_##N(const __bee_key_##N *key, const __bee_leaf_##N *first) \
	{										\
		return __bee_find_or_put(N, key, first);				\
	}

#define __bee_if_lookup_or_init(part, N) __bee_##part(N, lookup_or_init)
#define __bee_def_lookup_or_init(N)							\
	__bee_inline __bee_leaf_##N *							\
	__bee_lookup_or_init_##N(const __bee_key_##N *key, const __bee_leaf_##N *first)	\
	{										\
		__bee_leaf_##N *found = __bee_find_or_put(N, key, first);		\
		if (!found)								\
			__bee_return_zero();						\
		return found;								\
	}

/*
 * increment(key) and increment(key, n): a 1 is put behind what the caller gave, and is taken for n
 * or passed over. The key is taken by value, and may be a literal of a struct.
 */
#define increment(...) __bee_increment(__VA_ARGS__ __VA_OPT__(,) 1)

#define atomic_increment(...) __bee_atomic_increment(__VA_ARGS__ __VA_OPT__(,) 1)

#define __bee_add(leaf, n)								\
	(sizeof(*(leaf)) == 8 ? (void)(*(unsigned long long *)(leaf) += (n)) :		\
	 sizeof(*(leaf)) == 4 ? (void)(*(unsigned int *)(leaf) += (n)) :		\
	 sizeof(*(leaf)) == 2 ? (void)(*(unsigned short *)(leaf) += (n)) :		\
				(void)(*(unsigned char *)(leaf) += (n)))

#define __bee_atomic_add(leaf, n)							\
	(sizeof(*(leaf)) == 8 ?								\
		 (void)__sync_fetch_and_add((unsigned long long *)(leaf), (n)) :	\
		 (void)__sync_fetch_and_add((unsigned int *)(leaf), (n)))

#define __bee_count_up(N, add, key, n) ({						\
	__bee_leaf_##N *__bee_found = bpf_map_lookup_elem(&__bee_map(N), key);		\
	unsigned long long __bee_first[(sizeof(__bee_leaf_##N) + 7) / 8] = { n };	\
	if (__bee_found)								\
		add(__bee_found, n);							\
	else if (__bee_grows_##N)							\
		bpf_map_update_elem(&__bee_map(N), key, __bee_first, 1);		\
})

#define __bee_if_increment(part, N) __bee_##part(N, __bee_increment)
#define __bee_def___bee_increment(N)							\
	__bee_inline void								\
	__bee___bee_increment_##N(__bee_key_##N key, unsigned long long n, ...)		\
	{										\
		__bee_count_up(N, __bee_add, &key, n);					\
	}

#define __bee_if_atomic_increment(part, N) __bee_##part(N, __bee_atomic_increment)
#define __bee_def___bee_atomic_increment(N)						\
	__bee_inline void								\
	__bee___bee_atomic_increment_##N(__bee_key_##N key, unsigned long long n, ...)	\
	{										\
		__bee_count_up(N, __bee_atomic_add, &key, n);				\
	}

#define __bee_if_get_stackid(part, N) __bee_##part(N, get_stackid)
#define __bee_def_get_stackid(N)							\
	__bee_inline int __bee_get_stackid_##N(void *ctx, unsigned long long flags)	\
	{										\
		return bpf_get_stackid(ctx, &__bee_map(N), flags);			\
	}

#define __bee_if_call(part, N) __bee_##part(N, call)
#define __bee_def_call(N)								\
	__bee_inline void __bee_call_##N(void *ctx, int index)				\
	{										\
		bpf_tail_call(ctx, &__bee_map(N), index);				\
	}

#define __bee_if_redirect_map(part, N) __bee_##part(N, redirect_map)
#define __bee_def_redirect_map(N)							\
	__bee_inline int __bee_redirect_map_##N(int index, unsigned long long flags)	\
	{										\
		return bpf_redirect_map(&__bee_map(N), index, flags);			\
	}

#define __bee_if_push(part, N) __bee_##part(N, push)
#define __bee_def_push(N)								\
	__bee_inline int __bee_push_##N(const __bee_leaf_##N *leaf, unsigned long long flags) \
	{										\
		return bpf_map_push_elem(&__bee_map(N), leaf, flags);			\
	}

#define __bee_if_pop(part, N) __bee_##part(N, pop)
#define __bee_def_pop(N)								\
	__bee_inline int __bee_pop_##N(__bee_leaf_##N *leaf)				\
	{										\
		return bpf_map_pop_elem(&__bee_map(N), leaf);				\
	}

#define __bee_if_peek(part, N) __bee_##part(N, peek)
#define __bee_def_peek(N)								\
	__bee_inline int __bee_peek_##N(__bee_leaf_##N *leaf)				\
	{										\
		return bpf_map_peek_elem(&__bee_map(N), leaf);				\
	}

#define __bee_if_perf_submit(part, N) __bee_##part(N, perf_submit)
#define __bee_def_perf_submit(N)							\
	__bee_inline int __bee_perf_submit_##N(void *ctx, void *data, unsigned int size) \
	{										\
		return bpf_perf_event_output(ctx, &__bee_map(N), 0xffffffffull, data, size); \
	}

#define __bee_if_perf_submit_skb(part, N) __bee_##part(N, perf_submit_skb)
#define __bee_def_perf_submit_skb(N)							\
	__bee_inline int __bee_perf_submit_skb_##N(void *skb, unsigned int len, void *data, \
						   unsigned int size)			\
	{										\
		return bpf_perf_event_output(skb, &__bee_map(N),			\
					     (unsigned long long)len << 32 | 0xffffffff, \
					     data, size);				\
	}

#define __bee_if_perf_read(part, N) __bee_##part(N, perf_read)
#define __bee_def_perf_read(N)								\
	__bee_inline unsigned long long __bee_perf_read_##N(unsigned long long flags)	\
	{										\
		return bpf_perf_event_read(&__bee_map(N), flags);			\
	}

#define __bee_if_perf_counter_value(part, N) __bee_##part(N, perf_counter_value)
#define __bee_def_perf_counter_value(N)							\
	__bee_inline int __bee_perf_counter_value_##N(unsigned long long flags, void *value, \
						      unsigned int size)		\
	{										\
		return bpf_perf_event_read_value(&__bee_map(N), flags, value, size);	\
	}

#define __bee_if_check_current_task(part, N) __bee_##part(N, check_current_task)
#define __bee_def_check_current_task(N)							\
	__bee_inline int __bee_check_current_task_##N(int index)			\
	{										\
		return bpf_current_task_under_cgroup(&__bee_map(N), index);		\
	}

/* What a full ring refuses is counted in __bee_lost_N, which the library reads. */
#define __bee_if_ringbuf_output(part, N) __bee_##part(N, ringbuf_output)
#define __bee_def_ringbuf_output(N)							\
	__bee_inline int __bee_ringbuf_output_##N(void *data, unsigned long long size,	\
						  unsigned long long flags)		\
	{										\
		int err = bpf_ringbuf_output(&__bee_map(N), data, size, flags);		\
		if (err)								\
			__sync_fetch_and_add(&__bee_lost_##N, 1);			\
		return err;								\
	}

#define __bee_if_ringbuf_reserve(part, N) __bee_##part(N, ringbuf_reserve)
#define __bee_def_ringbuf_reserve(N)							\
	__bee_inline void *__bee_ringbuf_reserve_##N(unsigned long long size)		\
	{										\
		void *data = bpf_ringbuf_reserve(&__bee_map(N), size, 0);		\
		if (!data)								\
			__sync_fetch_and_add(&__bee_lost_##N, 1);			\
		return data;								\
	}

#define __bee_if_ringbuf_submit(part, N) __bee_##part(N, ringbuf_submit)
#define __bee_def_ringbuf_submit(N)							\
	__bee_inline void __bee_ringbuf_submit_##N(void *data, unsigned long long flags) \
	{										\
		bpf_ringbuf_submit(data, flags);					\
	}

#define __bee_if_ringbuf_discard(part, N) __bee_##part(N, ringbuf_discard)
#define __bee_def_ringbuf_discard(N)							\
	__bee_inline void __bee_ringbuf_discard_##N(void *data, unsigned long long flags) \
	{										\
		bpf_ringbuf_discard(data, flags);					\
	}

#define __bee_if_ringbuf_query(part, N) __bee_##part(N, ringbuf_query)
#define __bee_def_ringbuf_query(N)							\
	__bee_inline unsigned long long __bee_ringbuf_query_##N(unsigned long long flags) \
	{										\
		return bpf_ringbuf_query(&__bee_map(N), flags);				\
	}

#define __bee_def_owner_get(N, method, helper)						\
	__bee_inline void *__bee_##method##_##N(void *owner, void *first, int flags)	\
	{										\
		return helper(&__bee_map(N), owner, first, flags);			\
	}

#define __bee_def_owner_delete(N, method, helper)					\
	__bee_inline int __bee_##method##_##N(void *owner)				\
	{										\
		return helper(&__bee_map(N), owner);					\
	}

#define __bee_if_sk_storage_get(part, N) __bee_##part(N, sk_storage_get)
#define __bee_def_sk_storage_get(N) \
	__bee_def_owner_get(N, sk_storage_get, bpf_sk_storage_get)

#define __bee_if_sk_storage_delete(part, N) __bee_##part(N, sk_storage_delete)
#define __bee_def_sk_storage_delete(N) \
	__bee_def_owner_delete(N, sk_storage_delete, bpf_sk_storage_delete)

#define __bee_if_inode_storage_get(part, N) __bee_##part(N, inode_storage_get)
#define __bee_def_inode_storage_get(N) \
	__bee_def_owner_get(N, inode_storage_get, bpf_inode_storage_get)

#define __bee_if_inode_storage_delete(part, N) __bee_##part(N, inode_storage_delete)
#define __bee_def_inode_storage_delete(N) \
	__bee_def_owner_delete(N, inode_storage_delete, bpf_inode_storage_delete)

#define __bee_if_task_storage_get(part, N) __bee_##part(N, task_storage_get)
#define __bee_def_task_storage_get(N) \
	__bee_def_owner_get(N, task_storage_get, bpf_task_storage_get)

#define __bee_if_task_storage_delete(part, N) __bee_##part(N, task_storage_delete)
#define __bee_def_task_storage_delete(N) \
	__bee_def_owner_delete(N, task_storage_delete, bpf_task_storage_delete)

#define __bee_if_get_local_storage(part, N) __bee_##part(N, get_local_storage)
#define __bee_def_get_local_storage(N)							\
	__bee_inline __bee_leaf_##N *__bee_get_local_storage_##N(unsigned long long flags) \
	{										\
		return bpf_get_local_storage(&__bee_map(N), flags);			\
	}

/* Sockets: `sock_map_update(ctx, &key, flags)` where BPF_SOCKHASH has `sock_hash_update`. */
#define __bee_def_sock_update(N, method, helper)					\
	__bee_inline int __bee_##method##_##N(void *ops, void *key, unsigned long long flags) \
	{										\
		return helper(ops, &__bee_map(N), key, flags);				\
	}

#define __bee_def_to_socket(N, method, helper, key_type)				\
	__bee_inline int __bee_##method##_##N(void *packet, key_type key, unsigned long long flags) \
	{										\
		return helper(packet, &__bee_map(N), key, flags);			\
	}

#define __bee_if_sock_map_update(part, N) __bee_##part(N, sock_map_update)
#define __bee_def_sock_map_update(N) \
	__bee_def_sock_update(N, sock_map_update, bpf_sock_map_update)

#define __bee_if_sock_hash_update(part, N) __bee_##part(N, sock_hash_update)
#define __bee_def_sock_hash_update(N) \
	__bee_def_sock_update(N, sock_hash_update, bpf_sock_hash_update)

#define __bee_if_msg_redirect_map(part, N) __bee_##part(N, msg_redirect_map)
#define __bee_def_msg_redirect_map(N) \
	__bee_def_to_socket(N, msg_redirect_map, bpf_msg_redirect_map, unsigned int)

#define __bee_if_msg_redirect_hash(part, N) __bee_##part(N, msg_redirect_hash)
#define __bee_def_msg_redirect_hash(N) \
	__bee_def_to_socket(N, msg_redirect_hash, bpf_msg_redirect_hash, void *)

#define __bee_if_sk_redirect_map(part, N) __bee_##part(N, sk_redirect_map)
#define __bee_def_sk_redirect_map(N) \
	__bee_def_to_socket(N, sk_redirect_map, bpf_sk_redirect_map, unsigned int)

#define __bee_if_sk_redirect_hash(part, N) __bee_##part(N, sk_redirect_hash)
#define __bee_def_sk_redirect_hash(N) \
	__bee_def_to_socket(N, sk_redirect_hash, bpf_sk_redirect_hash, void *)
