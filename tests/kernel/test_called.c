/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that others call: system call programs, replacements of functions, targets of tail calls. */
#include <linux/bpf.h>

#include <bpf/bpf.h>

#include "support.h"
#include "witness.h"

/* What a program returns for an empty packet. */
static int run(struct bee *bee, struct bee_module *mod, const char *program)
{
	char packet[64] = { 0 };
	struct bee_test_opts opts = { .size = sizeof(opts),
				      .data = packet,
				      .data_size = sizeof(packet) };
	struct bee_test_result result;

	check_err(bee, bee_program_test(bee_program_find(mod, program), &opts, &result), 0);
	return result.retval;
}

/* ---- system call programs ---------------------------------------------------------------- */

static void hook_syscall_fires(void **state)
{
	struct {
		uint64_t in, out;
	} args = { 21, 0 }, after = { 0, 0 };
	struct bee_test_opts opts = {
		.size = sizeof(opts), .ctx = &args, .ctx_out = &after, .ctx_size = sizeof(args)
	};
	struct bee_test_result result;
	struct bee *bee = bee_of(state);
	struct bee_program *prog;
	struct bee_module *mod;
	struct bee_link *link;

	if (!has_feature(BEE_FEATURE_SYSCALL))
		skip_without_feature();
	mod = load(bee, "struct args { u64 in, out; };\n"
			"SEC(\"syscall\") int f(struct args *args)\n"
			"{ args->out = args->in * 2; return 7; }\n");
	stage("loads");
	prog = bee_program_find(mod, "f");
	stage("attaches"); /* to nothing: it is called */
	check_err(bee, bee_program_test(prog, &opts, &result), 0);
	assert_int_equal(result.retval, 7);
	assert_int_equal(after.out, 42);
	assert_int_equal(args.out, 0);
	assert_int_equal(result.ctx_size, sizeof(after));
	stage("fired");
	check_err(bee, bee_program_attach(prog, "syscall", NULL, &link), -EINVAL);
	check_says(bee, "it is attached to nothing");
	check_says(bee, "test_run");
	stage("detached");
}

/* ---- writable tracepoints ---------------------------------------------------------------- */

/* The one that every kernel has: at the end of a test run, whose error it may change. */
static void hook_raw_tracepoint_w_fires(void **state)
{
	static const char source[] =
		"u64 hits;\n"
		"SEC(\"raw_tp.w/bpf_test_finish\") int f(struct bpf_raw_tracepoint_args *ctx)\n"
		"{ int *err = (int *)ctx->args[0]; hits++; *err = -77; return 0; }\n"
		"SEC(\"tc\") int seen(struct __sk_buff *skb) { return 3; }\n";
	char packet[64] = { 0 };
	struct bee_test_opts opts = { .size = sizeof(opts),
				      .data = packet,
				      .data_size = sizeof(packet) };
	struct bee_test_result result;
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, source);
	struct bee_link *link;

	stage("loads");
	assert_int_equal(run(bee, mod, "seen"), 3);
	check_err(bee, bee_program_attach(bee_program_find(mod, "f"), NULL, NULL, &link), 0);
	stage("attaches");
	check_err(bee, bee_program_test(bee_program_find(mod, "seen"), &opts, &result), -77);
	assert_int_equal(get_var(mod, "hits"), 1);
	stage("fired");
	bee_link_close(link);
	assert_int_equal(run(bee, mod, "seen"), 3);
	assert_int_equal(get_var(mod, "hits"), 1);
	stage("detached");
}

/* ---- functions that are replaced --------------------------------------------------------- */

#define REPLACED                                                      \
	"__attribute__((noinline)) int pick(struct __sk_buff *skb)\n" \
	"{ volatile int one = 1; return one; }\n"                     \
	"SEC(\"tc\") int filter(struct __sk_buff *skb) { return pick(skb); }\n"
#define REPLACEMENT   \
	"u64 hits;\n" \
	"int f(struct __sk_buff *skb) { __sync_fetch_and_add(&hits, 1); return 42; }\n"

static int load_replacement(struct bee *bee, const char *target, struct bee_module **ret_mod)
{
	struct bee_wish wish = { .program = "f", .target = target };

	return try_load_wishes(bee, REPLACEMENT, &wish, 1, ret_mod);
}

static void hook_freplace_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, REPLACED), *other = NULL;

	assert_int_equal(run(bee, mod, "filter"), 1);
	if (!has_feature(BEE_FEATURE_FENTRY)) {
		assert_true(load_replacement(bee, "freplace:pick:filter", &other) < 0);
		skip_without_feature();
	}
	check_err(bee, load_replacement(bee, "freplace:pick:filter", &other), 0);
	stage("loads");
	assert_int_equal(run(bee, mod, "filter"), 1);
	attach(bee, other, 1);
	stage("attaches");
	assert_int_equal(run(bee, mod, "filter"), 42);
	assert_int_equal(get_var(other, "hits"), 1);
	stage("fired");
	bee_module_close(other);
	assert_int_equal(run(bee, mod, "filter"), 1);
	stage("detached");
}

static void what_is_not_to_be_replaced_is_named(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *other = NULL;

	load(bee, REPLACED);
	check_err(bee, load_replacement(bee, "freplace:pick:filters", &other), -ENOENT);
	check_says(bee, "there is no program 'filters'");
	check_err(bee, load_replacement(bee, "freplace:picks:filter", &other), -ENOENT);
	check_says(bee, "no function 'picks'");
	check_err(bee, load_replacement(bee, "freplace:pick", &other), -EINVAL);
	check_says(bee, "names no program whose function it replaces");
	check_says(bee, "freplace:FUNCTION:PROGRAM");
}

/* ---- tail calls -------------------------------------------------------------------------- */

static void hook_tail_call_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod =
		load(bee, "u64 hits;\n"
			  "BPF_PROG_ARRAY(next, 2);\n"
			  "SEC(\"tc\") int target(struct __sk_buff *skb) { hits++; return 5; }\n"
			  "SEC(\"tc\") int first(struct __sk_buff *skb)\n"
			  "{ bpf_tail_call(skb, &next, 1); return 4; }\n");
	uint32_t key = 1, value = bee_program_fd(bee_program_find(mod, "target"));

	stage("loads");
	assert_int_equal(run(bee, mod, "first"), 4);
	assert_int_equal(bee_map_update(find_map(mod, "next"), &key, &value, 0), 0);
	stage("attaches");
	assert_int_equal(run(bee, mod, "first"), 5);
	assert_int_equal(get_var(mod, "hits"), 1);
	stage("fired");
	assert_int_equal(bee_map_delete(find_map(mod, "next"), &key), 0);
	assert_int_equal(run(bee, mod, "first"), 4);
	stage("detached");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hook_syscall_fires),   TEST(hook_raw_tracepoint_w_fires),
		TEST(hook_freplace_fires),  TEST(what_is_not_to_be_replaced_is_named),
		TEST(hook_tail_call_fires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
