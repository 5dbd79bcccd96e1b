// SPDX-License-Identifier: Apache-2.0
/* Samples, and a histogram with the usual arithmetic. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define SLOTS 27

struct hist {
	u32 slots[SLOTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, struct hist);
} hists SEC(".maps");

static struct hist empty;
const volatile bool in_ms = false;

static __always_inline u64 log2_of(u32 v)
{
	u32 shift, r;

	r = (v > 0xFFFF) << 4;
	v >>= r;
	shift = (v > 0xFF) << 3;
	v >>= shift;
	r |= shift;
	shift = (v > 0xF) << 2;
	v >>= shift;
	r |= shift;
	shift = (v > 0x3) << 1;
	v >>= shift;
	r |= shift;
	r |= v >> 1;
	return r;
}

SEC("perf_event")
int on_sample(struct bpf_perf_event_data *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u32 cpu = bpf_get_smp_processor_id();
	u64 delta = bpf_ktime_get_ns() - BPF_CORE_READ(task, se.exec_start);
	struct hist *hist;
	u64 slot;

	hist = bpf_map_lookup_elem(&hists, &cpu);
	if (!hist) {
		bpf_map_update_elem(&hists, &cpu, &empty, BPF_ANY);
		hist = bpf_map_lookup_elem(&hists, &cpu);
		if (!hist)
			return 0;
	}
	delta /= in_ms ? 1000000U : 1000U;
	slot = log2_of(delta);
	if (slot >= SLOTS)
		slot = SLOTS - 1;
	__sync_fetch_and_add(&hist->slots[slot], 1);
	return ctx->sample_period + PT_REGS_IP(&ctx->regs);
}

char LICENSE[] SEC("license") = "GPL";
