/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets that are patterns: each place that matches is attached to, and no other; what matches nothing,
 * or too much, is refused with what to do about it. Those at kernel functions are in test_functions.c.
 */
#include <sys/syscall.h>

#include "attach/many.h"
#include "internal.h"
#include "support.h"
#include "witness.h"

#define HIT "__sync_fetch_and_add(&hits, 1); return 0;"

/* close(2) of a descriptor that no process has is entered and left. */
static void a_pattern_of_tracepoints_is_attached_to_all(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod =
		load_at(bee,
			"u64 hits;\n"
			"int f(struct trace_event_raw_sys_enter *ctx)\n"
			"{ if ((int)ctx->id != NR_CLOSE || (u32)ctx->args[0] != MAGIC)\n"
			"	return 0; " HIT " }\n",
			"f", "tracepoint:syscalls:sys_enter_clos*");

	fire(3);
	assert_int_equal(get_var(mod, "hits"), 3);
}

/* As a section, and with a pattern in both words: entry and exit of this one system call. */
static void both_words_may_be_patterns(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod =
		load(bee, "u64 hits;\n"
			  "SEC(\"tracepoint/syscall?/sys_e*_close\")\n"
			  "int f(struct trace_event_raw_sys_enter *ctx)\n"
			  "{ if (bpf_get_current_pid_tgid() >> 32 != (MAGIC & 0x3fffffff))\n"
			  "	return 0; " HIT " }\n");
	uint64_t before;

	attach(bee, mod, 1);
	before = get_var(mod, "hits");
	fire(3);
	assert_int_equal(get_var(mod, "hits") - before, 6);
}

static void a_pattern_of_raw_tracepoints_is_attached_to_all(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load_at(
		bee,
		"u64 hits;\n"
		"int f(struct bpf_raw_tracepoint_args *ctx)\n"
		"{ if (bpf_get_current_pid_tgid() >> 32 != (MAGIC & 0x3fffffff)) return 0; " HIT
		" }\n",
		"f", "raw_tracepoint:raw_syscalls:sys_e*");
	uint64_t before = get_var(mod, "hits");

	for (int i = 0; i < 3; i++)
		syscall(SYS_close, -1);
	assert_int_equal(get_var(mod, "hits"), before + 6);
}

static void check_refused(struct bee *bee, const char *target, int want, const char *words,
			  const char *hint)
{
	const struct bee_wish wish = { .program = "f", .target = target };
	struct bee_module *mod = NULL;

	check_err(bee, try_load_wishes(bee, "int f(void *ctx) { return 0; }\n", &wish, 1, &mod), 0);
	check_err(bee, bee_module_attach(mod), want);
	check_says(bee, words);
	check_says(bee, hint);
	bee_module_close(mod);
}

static void what_no_tracepoint_matches_is_told_with_the_nearest(void **state)
{
	struct bee *bee = bee_of(state);

	check_refused(bee, "tracepoint:sched:shed_switch*", -ENOENT,
		      "no tracepoint matches 'sched:shed_switch*'",
		      "did you mean 'sched:sched_switch'?");
	check_refused(bee, "tracepoint:no_such_*:*", -ENOENT, "no tracepoint matches", "");
	check_refused(bee, "raw_tracepoint:shed_switch*", -ENOENT, "no tracepoint matches",
		      "did you mean 'sched_switch'?");
	check_refused(bee, "tracepoint:sched_switch", -EINVAL, "tracepoint:category:event", "");
}

static void a_tracepoint_that_is_not_there_is_told_with_the_nearest(void **state)
{
	struct bee *bee = bee_of(state);

	check_refused(bee, "tracepoint:sched:shed_switch", -ENOENT, "no such tracepoint",
		      "did you mean 'sched:sched_switch'?");
	check_refused(bee, "tracepoint:shed:sched_switch", -ENOENT, "no such tracepoint",
		      "did you mean 'sched'?");
	check_refused(bee, "raw_tracepoint:sched_swich", -ENOENT, "no such tracepoint",
		      "did you mean 'sched_switch'?");
}

/* Every tracepoint of a kernel is more than one program should be attached to. */
static void too_many_tracepoints_are_refused(void **state)
{
	struct bee *bee = bee_of(state);

	check_refused(bee, "tracepoint:*:*", -E2BIG, "tracepoints, and at most 1000",
		      "narrow it, as tracepoint:sched:sched_*");
}

static void keep_text(void *ctx, enum bee_log_level level, const char *text)
{
	if (level == BEE_LOG_PROGRESS)
		snprintf(ctx, 256, "%s", text);
}

/* Once a second is over, which the test does not wait for; what the kernel refuses is passed over. */
static void a_long_attach_tells_how_far_it_is(void **state)
{
	char told[256] = "";
	struct bee_opts opts = { .size = sizeof(opts), .log = keep_text, .log_ctx = told };
	struct bee__attach at = { .target = "tracepoint:a*:*" };
	struct bee__many many;

	assert_int_equal(bee_open(&opts, &at.bee), 0);
	at.prog = bee_program_next(load(at.bee, "SEC(\"tracepoint\")\n"
						"int f(void *ctx) { return 0; }\n"),
				   NULL);
	bee__many_begin(&many, 700);
	many.due_ns = 0;
	assert_int_equal(bee__many_step(&at, &many, 0), 0);
	assert_string_equal(told, "attaching 'f' to tracepoint:a*:*: 1 of 700");
	assert_int_equal(bee__many_step(&at, &many, -EINVAL), 0);
	assert_int_equal(bee__many_step(&at, &many, -EMFILE), -EMFILE);
	assert_int_equal(many.done, 2);
	assert_int_equal(many.made, 1);
	assert_int_equal(many.refusal, -EINVAL);
	bee_close(at.bee);
}

static void a_second_link_at_the_same_place_is_told(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load_at(bee, "int f(void *ctx) { return 0; }\n", "f",
					 "tracepoint:syscalls:sys_enter_close");

	check_err(bee, bee_module_attach(mod), -EEXIST);
	check_says(bee, "the program is attached there already");
	check_says(bee, "close the link");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pattern_of_tracepoints_is_attached_to_all),
		TEST(both_words_may_be_patterns),
		TEST(a_pattern_of_raw_tracepoints_is_attached_to_all),
		TEST(what_no_tracepoint_matches_is_told_with_the_nearest),
		TEST(a_tracepoint_that_is_not_there_is_told_with_the_nearest),
		TEST(too_many_tracepoints_are_refused),
		TEST(a_long_attach_tells_how_far_it_is),
		TEST(a_second_link_at_the_same_place_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
