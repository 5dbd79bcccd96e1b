/* SPDX-License-Identifier: Apache-2.0 */
/* What the plain halves of the cases are written with: clang compiles it once for all of them. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

/* The value of a type at a kernel address. */
#define AT(type, address) ({								\
	type at_value;									\
	bpf_probe_read_kernel(&at_value, sizeof(at_value), (const void *)(address));	\
	at_value;									\
})

/* The value of a field of the struct that a kernel pointer points to; a nested one has a dot. */
#define GET(ptr, field) AT(typeof((ptr)->field), &(ptr)->field)

/* Bits of kernel memory, counted from the lowest bit of the address's byte. */
#define BITS(address, first, len) ({							\
	u64 bits_value = 0;								\
	bpf_probe_read_kernel(&bits_value, ((first) % 8 + (len) + 7) / 8,		\
			      (const char *)(address) + (first) / 8);			\
	bits_value >> ((first) % 8) & ((1ull << (len)) - 1);				\
})

/* The same, taken for a two's complement number. */
#define SIGNED_BITS(address, first, len) \
	((s64)(BITS(address, first, len) << (64 - (len))) >> (64 - (len)))

#define MAP(name, kind, key_type, value_type, entries)					\
	struct {									\
		__uint(type, kind);							\
		__uint(max_entries, entries);						\
		__type(key, key_type);							\
		__type(value, value_type);						\
	} name SEC(".maps")
#define HASH(name, key_type, value_type) \
	MAP(name, BPF_MAP_TYPE_HASH, key_type, value_type, 10240)

#define EVENTS(name)									\
	struct {									\
		__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);				\
		__uint(key_size, sizeof(u32));						\
		__uint(value_size, sizeof(u32));					\
	} name SEC(".maps")

#define SUBMIT(name, data) \
	bpf_perf_event_output(ctx, &name, BPF_F_CURRENT_CPU, data, sizeof(*(data)))
