/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* C's <stdatomic.h>, as far as BPF has instructions for it. */

enum memory_order {
	memory_order_relaxed = __ATOMIC_RELAXED,
	memory_order_consume = __ATOMIC_CONSUME,
	memory_order_acquire = __ATOMIC_ACQUIRE,
	memory_order_release = __ATOMIC_RELEASE,
	memory_order_acq_rel = __ATOMIC_ACQ_REL,
	memory_order_seq_cst = __ATOMIC_SEQ_CST,
};

#define atomic_load_explicit(at, order) __c11_atomic_load(at, order)
#define atomic_store_explicit(at, value, order) __c11_atomic_store(at, value, order)
#define atomic_exchange(at, value) __c11_atomic_exchange(at, value, __ATOMIC_SEQ_CST)
#define atomic_exchange_explicit(at, value, order) __c11_atomic_exchange(at, value, order)
#define atomic_fetch_add(at, value) __c11_atomic_fetch_add(at, value, __ATOMIC_SEQ_CST)
#define atomic_fetch_add_explicit(at, value, order) __c11_atomic_fetch_add(at, value, order)
#define atomic_fetch_sub(at, value) __c11_atomic_fetch_sub(at, value, __ATOMIC_SEQ_CST)
#define atomic_fetch_sub_explicit(at, value, order) __c11_atomic_fetch_sub(at, value, order)
#define atomic_fetch_or(at, value) __c11_atomic_fetch_or(at, value, __ATOMIC_SEQ_CST)
#define atomic_fetch_or_explicit(at, value, order) __c11_atomic_fetch_or(at, value, order)
#define atomic_fetch_and(at, value) __c11_atomic_fetch_and(at, value, __ATOMIC_SEQ_CST)
#define atomic_fetch_and_explicit(at, value, order) __c11_atomic_fetch_and(at, value, order)
#define atomic_fetch_xor(at, value) __c11_atomic_fetch_xor(at, value, __ATOMIC_SEQ_CST)
#define atomic_fetch_xor_explicit(at, value, order) __c11_atomic_fetch_xor(at, value, order)

#define atomic_compare_exchange_strong(at, expected, value) \
	__c11_atomic_compare_exchange_strong(at, expected, value, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define atomic_compare_exchange_weak(at, expected, value) \
	__c11_atomic_compare_exchange_weak(at, expected, value, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
