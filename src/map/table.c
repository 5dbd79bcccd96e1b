// SPDX-License-Identifier: Apache-2.0
/* The kinds of map, a row each. */
#include <linux/bpf.h>

#include "internal.h"

// clang-format off
static const struct bee__map_kind kinds[] = {
	[BPF_MAP_TYPE_HASH]             = { .name = "hash", .is_walked = true },
	[BPF_MAP_TYPE_ARRAY]            = { .name = "array", .has_index = true, .is_walked = true, .is_fixed = true },
	[BPF_MAP_TYPE_PROG_ARRAY]       = { .name = "prog_array", .has_number = true, .has_index = true },
	[BPF_MAP_TYPE_PERF_EVENT_ARRAY] = { .name = "perf_event_array", .has_number = true, .has_index = true },
	[BPF_MAP_TYPE_PERCPU_HASH]      = { .name = "percpu_hash", .is_percpu = true, .is_walked = true },
	[BPF_MAP_TYPE_PERCPU_ARRAY]     = { .name = "percpu_array", .is_percpu = true, .has_index = true, .is_walked = true, .is_fixed = true },
	[BPF_MAP_TYPE_STACK_TRACE]      = { .name = "stack_trace", .has_index = true, .has_words = true, .is_walked = true },
	[BPF_MAP_TYPE_CGROUP_ARRAY]     = { .name = "cgroup_array", .has_number = true, .has_index = true },
	[BPF_MAP_TYPE_LRU_HASH]         = { .name = "lru_hash", .is_walked = true },
	[BPF_MAP_TYPE_LRU_PERCPU_HASH]  = { .name = "lru_percpu_hash", .is_percpu = true, .is_walked = true },
	[BPF_MAP_TYPE_LPM_TRIE]         = { .name = "lpm_trie", .is_walked = true },
	[BPF_MAP_TYPE_ARRAY_OF_MAPS]    = { .name = "array_of_maps", .has_number = true, .has_index = true, .is_walked = true },
	[BPF_MAP_TYPE_HASH_OF_MAPS]     = { .name = "hash_of_maps", .has_number = true, .is_walked = true },
	[BPF_MAP_TYPE_DEVMAP]           = { .name = "devmap", .has_number = true, .has_index = true, .is_walked = true },
	[BPF_MAP_TYPE_SOCKMAP]          = { .name = "sockmap", .has_number = true, .has_index = true, .is_walked = true },
	[BPF_MAP_TYPE_CPUMAP]           = { .name = "cpumap", .has_number = true, .has_index = true, .is_walked = true },
	[BPF_MAP_TYPE_XSKMAP]           = { .name = "xskmap", .has_number = true, .has_index = true, .is_walked = true },
	[BPF_MAP_TYPE_SOCKHASH]         = { .name = "sockhash", .has_number = true, .is_walked = true },
	[BPF_MAP_TYPE_CGROUP_STORAGE]   = { .name = "cgroup_storage", .is_walked = true },
	[BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE] = { .name = "percpu_cgroup_storage", .is_percpu = true, .is_walked = true },
	[BPF_MAP_TYPE_REUSEPORT_SOCKARRAY] = { .name = "reuseport_sockarray", .has_number = true, .has_index = true },
	[BPF_MAP_TYPE_QUEUE]            = { .name = "queue" },
	[BPF_MAP_TYPE_STACK]            = { .name = "stack" },
	[BPF_MAP_TYPE_SK_STORAGE]       = { .name = "sk_storage" },
	[BPF_MAP_TYPE_DEVMAP_HASH]      = { .name = "devmap_hash", .has_number = true, .is_walked = true },
	[BPF_MAP_TYPE_STRUCT_OPS]       = { .name = "struct_ops" },
	[BPF_MAP_TYPE_RINGBUF]          = { .name = "ringbuf" },
	[BPF_MAP_TYPE_INODE_STORAGE]    = { .name = "inode_storage" },
	[BPF_MAP_TYPE_TASK_STORAGE]     = { .name = "task_storage" },
	[BPF_MAP_TYPE_BLOOM_FILTER]     = { .name = "bloom_filter" },
	[BPF_MAP_TYPE_USER_RINGBUF]     = { .name = "user_ringbuf" },
	/* Newer than the headers of Debian 12. */
	[32]                            = { .name = "cgrp_storage" },
	[33]                            = { .name = "arena" },
	[34]                            = { .name = "insn_array", .has_index = true, .is_walked = true, .is_fixed = true },
	[35]                            = { .name = "rhash", .is_walked = true },
};
// clang-format on

const struct bee__map_kind *bee__map_kind(uint32_t type)
{
	static const struct bee__map_kind unknown = { .name = "unknown" };

	return type < BEE_LEN(kinds) && kinds[type].name ? &kinds[type] : &unknown;
}
