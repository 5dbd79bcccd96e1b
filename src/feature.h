/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel can do: one row in feature.c and one probe in probes.c each. */
#ifndef BEE_FEATURE_H
#define BEE_FEATURE_H

#include <stddef.h>

enum bee__feature {
	BEE_FEATURE_NONE, /* needs nothing: every kernel has it */
	BEE_FEATURE_BPF,
	BEE_FEATURE_BTF,
	BEE_FEATURE_TRACEPOINT,
	BEE_FEATURE_KPROBE,
	BEE_FEATURE_KPROBE_MULTI,
	BEE_FEATURE_UPROBE,
	BEE_FEATURE_UPROBE_MULTI,
	BEE_FEATURE_FENTRY,
	BEE_FEATURE_LSM,
	BEE_FEATURE_PERF,
	BEE_FEATURE_PMU,
	BEE_FEATURE_RINGBUF,
	BEE_FEATURE_COOKIE,         /* of links to perf events: kprobes, uprobes, tracepoints */
	BEE_FEATURE_COOKIE_TRACING, /* of links to fentry and its like */
	BEE_FEATURE_COOKIE_RAW,     /* of links to raw tracepoints */
	BEE_FEATURE_CPU_V4,
	BEE_FEATURE_CAST,
	BEE_FEATURE_TASK_TYPED,
	BEE_FEATURE_XDP_FRAGS,
	BEE_FEATURE_TCX,
	BEE_FEATURE_NETKIT,
	BEE_FEATURE_NETFILTER,
	BEE_FEATURE_CGROUP,
	BEE_FEATURE_CGROUP_UNIX,
	BEE_FEATURE_LSM_CGROUP,
	BEE_FEATURE_SK_SKB_VERDICT,
	BEE_FEATURE_REUSEPORT_MIGRATE,
	BEE_FEATURE_SYSCALL,
	BEE_FEATURE_STRUCT_OPS,
	BEE_FEATURES_LEN,
};

/*
 * 0: the running kernel has it, and this process may use it; else a negative errno, and *ret_reason
 * says why: "this kernel has no kprobes (CONFIG_KPROBES is not set)". Asked anew each time: ask
 * when something failed, or is optional.
 */
int bee__feature(enum bee__feature feature, const char **ret_reason);
/* Set what the table says of a feature: name, about, cure, is_needed. */
struct bee_feature;
void bee__feature_tell(enum bee__feature feature, struct bee_feature *ret_feature);

#endif
