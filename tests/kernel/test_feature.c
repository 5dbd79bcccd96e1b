/* SPDX-License-Identifier: Apache-2.0 */
/* The table of features, on each of them, says what the kernel itself shows. */
#include "support.h"
#include "witness.h"

/* There or not: the two must agree. */
#define AGREE(name, feature)                \
	static void name(void **state)      \
	{                                   \
		(void)has_feature(feature); \
	}

// clang-format off
AGREE(bpf_is_there_or_not,		BEE_FEATURE_BPF)
AGREE(btf_is_there_or_not,		BEE_FEATURE_BTF)
AGREE(tracepoints_are_there_or_not,	BEE_FEATURE_TRACEPOINT)
AGREE(kprobes_are_there_or_not,		BEE_FEATURE_KPROBE)
AGREE(kprobe_multi_is_there_or_not,	BEE_FEATURE_KPROBE_MULTI)
AGREE(uprobes_are_there_or_not,		BEE_FEATURE_UPROBE)
AGREE(fentry_is_there_or_not,		BEE_FEATURE_FENTRY)
AGREE(lsm_is_there_or_not,		BEE_FEATURE_LSM)
AGREE(perf_events_are_there_or_not,	BEE_FEATURE_PERF)
AGREE(ring_buffers_are_there_or_not,	BEE_FEATURE_RINGBUF)
AGREE(cookies_are_there_or_not,		BEE_FEATURE_COOKIE)
AGREE(cookies_of_tracing_or_not,	BEE_FEATURE_COOKIE_TRACING)
AGREE(cookies_of_raw_tracepoints_or_not, BEE_FEATURE_COOKIE_RAW)
AGREE(version_4_is_there_or_not,	BEE_FEATURE_CPU_V4)
AGREE(casts_are_there_or_not,		BEE_FEATURE_CAST)
AGREE(typed_tasks_are_there_or_not,	BEE_FEATURE_TASK_TYPED)
AGREE(xdp_frags_are_there_or_not,	BEE_FEATURE_XDP_FRAGS)
AGREE(tcx_is_there_or_not,		BEE_FEATURE_TCX)
AGREE(netkit_is_there_or_not,		BEE_FEATURE_NETKIT)
AGREE(netfilter_is_there_or_not,	BEE_FEATURE_NETFILTER)
// clang-format on

/* A row that is added to the table without a witness fails here. */
static void every_feature_has_a_witness(void **state)
{
	for (int i = BEE_FEATURE_NONE + 1; i < BEE_FEATURES_LEN; i++)
		has_feature(i);
}

static void nothing_is_always_there(void **state)
{
	const char *reason;

	assert_int_equal(bee__feature(BEE_FEATURE_NONE, &reason), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bpf_is_there_or_not),          TEST(btf_is_there_or_not),
		TEST(tracepoints_are_there_or_not), TEST(kprobes_are_there_or_not),
		TEST(kprobe_multi_is_there_or_not), TEST(uprobes_are_there_or_not),
		TEST(fentry_is_there_or_not),       TEST(lsm_is_there_or_not),
		TEST(perf_events_are_there_or_not), TEST(ring_buffers_are_there_or_not),
		TEST(cookies_are_there_or_not),     TEST(version_4_is_there_or_not),
		TEST(xdp_frags_are_there_or_not),   TEST(tcx_is_there_or_not),
		TEST(netkit_is_there_or_not),       TEST(netfilter_is_there_or_not),
		TEST(every_feature_has_a_witness),  TEST(nothing_is_always_there),
		TEST(cookies_of_tracing_or_not),    TEST(cookies_of_raw_tracepoints_or_not),
		TEST(casts_are_there_or_not),       TEST(typed_tasks_are_there_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
