/* SPDX-License-Identifier: Apache-2.0 */
/*
 * USDT probes in this program, made by sys/sdt.h: what the BPF programs read must be what was given to
 * the probe, for arguments of each size and sign, in registers, in memory and constant.
 */
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/wait.h>

#include "support.h"
#include "witness.h"

/* Each probe has a semaphore, which is not 0 while someone is attached. */
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#define SEMAPHORE(name) \
	unsigned short beetest_##name##_semaphore __attribute__((section(".probes"), used))

extern unsigned short beetest_numbers_semaphore, beetest_text_semaphore, beetest_many_semaphore;
SEMAPHORE(numbers);
SEMAPHORE(text);
SEMAPHORE(many);

static __attribute__((noinline)) void numbers(int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e,
					      uint32_t f, int64_t g, uint64_t h)
{
	volatile int16_t in_memory = -1234;

	STAP_PROBE10(beetest, numbers, a, b, c, d, e, f, g, h, 42, in_memory);
}

static __attribute__((noinline)) void text(const char *text, const uint32_t *number)
{
	STAP_PROBE2(beetest, text, text, number);
}

/* The same probe in two places, whose argument is kept differently in each. */
static __attribute__((noinline)) void many(volatile int *number)
{
	STAP_PROBE1(beetest, many, *number);
	STAP_PROBE1(beetest, many, 7);
}

/* A probe of this process, which every kernel can attach to, or of this program. */
static const char *target_of(const char *probe)
{
	static char target[512];

	snprintf(target, sizeof(target), "usdt:%d:%s", getpid(), probe);
	return target;
}

static const char *path_of(const char *probe)
{
	static char target[512];
	char self[256] = { 0 };

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(target, sizeof(target), "usdt:%s:%s", self, probe);
	return target;
}

/* Without cookies a probe tells by its address what its arguments are: in one process only. */
static void attach_usdt(struct bee *bee, struct bee_module *mod, const char *target)
{
	if (!has_feature(BEE_FEATURE_COOKIE) && strchr(target + strlen("usdt:"), '/')) {
		check_err(bee, bee_module_attach(mod), -EOPNOTSUPP);
		check_says(bee, "cookies");
		check_says(bee, "usdt:PID:beetest:");
		skip_without_feature();
	}
	attach(bee, mod, 1);
}

static struct bee_module *load_usdt(struct bee *bee, const char *text, const char *target)
{
	const struct bee_wish wish = { .program = "f", .target = target };
	struct bee_module *mod = NULL;

	check_err(bee, try_load_wishes(bee, text, &wish, 1, &mod), 0);
	attach_usdt(bee, mod, target);
	return mod;
}

static void check_numbers(struct bee_module *mod)
{
	static const struct {
		const char *name;
		uint64_t value;
	} want[] = {
		{ "v1", -5 },     { "v2", 250 },         { "v3", -300 }, { "v4", 65000 },
		{ "v5", -70000 }, { "v6", 4000000000u }, { "v7", -1ll }, { "v8", 1ull << 63 },
		{ "v9", 42 },     { "v10", -1234 },      { "errs", 0 },
	};

	numbers(-5, 250, -300, 65000, -70000, 4000000000u, -1, 1ull << 63);
	for (size_t i = 0; i < LEN(want); i++)
		assert_int_equal(get_var(mod, want[i].name), want[i].value);
}

#define VARS "u64 hits, errs, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10;\n"

/* BCC's reader: from 1 on, into variables of the argument's own type. */
static void bcc_reads_each_size_and_sign(void **state)
{
	const char *text = VARS
		"int f(struct pt_regs *ctx)\n"
		"{\n"
		"	s8 a; u8 b; s16 c; u16 d; s32 e; u32 f; s64 g; u64 h; int i; short j;\n"
		"	errs += bpf_usdt_readarg(1, ctx, &a) != 0; v1 = a;\n"
		"	errs += bpf_usdt_readarg(2, ctx, &b) != 0; v2 = b;\n"
		"	errs += bpf_usdt_readarg(3, ctx, &c) != 0; v3 = c;\n"
		"	errs += bpf_usdt_readarg(4, ctx, &d) != 0; v4 = d;\n"
		"	errs += bpf_usdt_readarg(5, ctx, &e) != 0; v5 = e;\n"
		"	errs += bpf_usdt_readarg(6, ctx, &f) != 0; v6 = f;\n"
		"	errs += bpf_usdt_readarg(7, ctx, &g) != 0; v7 = g;\n"
		"	errs += bpf_usdt_readarg(8, ctx, &h) != 0; v8 = h;\n"
		"	errs += bpf_usdt_readarg(9, ctx, &i) != 0; v9 = i;\n"
		"	errs += bpf_usdt_readarg(10, ctx, &j) != 0; v10 = j;\n"
		"	return 0;\n"
		"}\n";

	check_numbers(load_usdt(bee_of(state), text, target_of("beetest:numbers")));
}

/* libbpf's macro, with the section that says where. */
static void libbpf_reads_each_size_and_sign(void **state)
{
	const char *text =
		"#include <bpf/usdt.bpf.h>\n" VARS "SEC(\"%s\")\n"
		"int BPF_USDT(f, long a, long b, long c, long d, long e, long f, long g,\n"
		"	     long h, long i, long j)\n"
		"{\n"
		"	v1 = a; v2 = b; v3 = c; v4 = d; v5 = e; v6 = f; v7 = g; v8 = h;\n"
		"	v9 = i; v10 = j; errs = bpf_usdt_arg_cnt(ctx) - 10;\n"
		"	return 0;\n"
		"}\n";
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	char whole[2048], section[512];

	snprintf(section, sizeof(section), "%s", target_of("beetest:numbers"));
	section[strlen("usdt")] = '/';
	snprintf(whole, sizeof(whole), text, section);
	mod = load(bee, whole);
	attach_usdt(bee, mod, section);
	check_numbers(mod);
}

/* There is no eleventh argument, and a wider variable takes a narrow one by its own sign. */
static void an_argument_too_many_is_an_error(void **state)
{
	struct bee_module *mod = load_usdt(bee_of(state),
					   VARS "int f(struct pt_regs *ctx)\n"
						"{\n"
						"	s64 wide = 0; u64 left = 99;\n"
						"	bpf_usdt_readarg(1, ctx, &wide);\n"
						"	v1 = bpf_usdt_readarg(11, ctx, &left);\n"
						"	v2 = left; v3 = wide;\n"
						"	return 0;\n"
						"}\n",
					   target_of("beetest:numbers"));

	numbers(-5, 0, 0, 0, 0, 0, 0, 0);
	assert_int_equal((int)get_var(mod, "v1"), -ENOENT);
	assert_int_equal(get_var(mod, "v2"), 99);
	assert_int_equal(get_var(mod, "v3"), -5ll);
}

/* What pointers point to is the process's memory, by the reader for it and by a plain access. */
static void pointers_are_followed(void **state)
{
	struct bee_module *mod = load_usdt(bee_of(state),
					   VARS
					   "int f(struct pt_regs *ctx)\n"
					   "{\n"
					   "	char buf[8] = { 0 }; u32 *number = 0;\n"
					   "	bpf_usdt_readarg_p(1, ctx, buf, sizeof(buf));\n"
					   "	bpf_usdt_readarg(2, ctx, &number);\n"
					   "	v1 = *(u64 *)buf; v2 = *number;\n"
					   "	return 0;\n"
					   "}\n",
					   target_of("beetest:text"));
	const uint32_t number = 0xdecade;
	uint64_t want;

	memcpy(&want, "moonbee", 8);
	text("moonbee", &number);
	assert_int_equal(get_var(mod, "v1"), want);
	assert_int_equal(get_var(mod, "v2"), 0xdecade);
}

static void a_probe_in_several_places_is_seen_in_all(void **state)
{
	struct bee_module *mod = load_usdt(bee_of(state),
					   VARS "static int read(struct pt_regs *ctx)\n"
						"{\n"
						"	int v = 0;\n"
						"	bpf_usdt_readarg(1, ctx, &v);\n"
						"	return v;\n"
						"}\n"
						"int f(struct pt_regs *ctx)\n"
						"{ hits++; v1 += read(ctx); return 0; }\n",
					   target_of("many"));
	volatile int number = 1000;

	many(&number);
	assert_int_equal(get_var(mod, "hits"), 2);
	assert_int_equal(get_var(mod, "v1"), 1007);
}

static void hook_usdt_fires(void **state)
{
	const char *where = target_of("beetest:numbers");
	const struct bee_wish wish = { .program = "f", .target = where };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	struct bee_link *link;

	check_err(bee,
		  try_load_wishes(bee,
				  "u64 hits;\nint f(struct pt_regs *ctx) { hits++; return 0; }\n",
				  &wish, 1, &mod),
		  0);
	stage("loads");
	check_err(bee, bee_program_attach(bee_program_find(mod, "f"), where, NULL, &link), 0);
	stage("attaches");
	numbers(0, 0, 0, 0, 0, 0, 0, 0);
	assert_int_equal(get_var(mod, "hits"), 1);
	stage("fired");
	bee_link_close(link);
	numbers(0, 0, 0, 0, 0, 0, 0, 0);
	assert_int_equal(get_var(mod, "hits"), 1);
	stage("detached");
}

/* A program that reads no argument needs no more of the source than the target. */
static void the_semaphore_counts_who_is_attached(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;

	assert_int_equal(beetest_numbers_semaphore, 0);
	mod = load_usdt(bee, "u64 hits;\nint f(struct pt_regs *ctx) { hits++; return 0; }\n",
			target_of("beetest:numbers"));
	assert_int_equal(beetest_numbers_semaphore, 1);
	numbers(0, 0, 0, 0, 0, 0, 0, 0);
	assert_int_equal(get_var(mod, "hits"), 1);
	assert_null(bee_map_next(mod, NULL));
	bee_module_close(mod);
	assert_int_equal(beetest_numbers_semaphore, 0);
}

static void run_child(void)
{
	volatile int number = 1;
	int status, child = fork();

	if (!child) {
		many(&number);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define COUNTS "u64 hits;\nint f(struct pt_regs *ctx) { hits++; return 0; }\n"

/* By the number of a process: only that one is seen. */
static void a_process_is_a_target(void **state)
{
	struct bee_module *mod = load_usdt(bee_of(state), COUNTS, target_of("beetest:many"));
	volatile int number = 1;

	run_child();
	assert_int_equal(get_var(mod, "hits"), 0);
	many(&number);
	assert_int_equal(get_var(mod, "hits"), 2);
}

/* By a path: all processes are seen, where the kernel can tell them apart. */
static void a_path_is_a_target(void **state)
{
	const struct bee_wish wish = { .program = "f", .target = path_of("beetest:many") };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	check_err(bee, try_load_wishes(bee, COUNTS, &wish, 1, &mod), 0);
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL) != 1) {
		check_err(bee, bee_module_attach(mod), -EOPNOTSUPP);
		check_says(bee, "usdt:PID:beetest:many");
		return;
	}
	attach(bee, mod, 1);
	run_child();
	assert_int_equal(get_var(mod, "hits"), 2);
}

static void refuse(struct bee *bee, const char *target, int err, const char *says)
{
	const struct bee_wish wish = { .program = "f", .target = target };
	struct bee_module *mod = NULL;

	check_err(
		bee,
		try_load_wishes(bee, "int f(struct pt_regs *ctx) { return 0; }\n", &wish, 1, &mod),
		0);
	check_err(bee, bee_module_attach(mod), err);
	check_says(bee, says);
	bee_module_close(mod);
}

static void what_is_not_there_is_named(void **state)
{
	struct bee *bee = bee_of(state);

	refuse(bee, path_of("beetest:nothing"), -ENOENT, "beetest:numbers");
	refuse(bee, "usdt:/bin/true:a:b", -ENOENT, "no USDT probes at all");
	refuse(bee, "usdt:/no/such/file:a:b", -ENOENT, "No such file");
	refuse(bee, "usdt:a", -EINVAL, "usdt:/path/or/library:provider:name");
	refuse(bee, "usdt:4194305:a:b", -ESRCH, "process 4194305");
}

static void a_program_made_for_a_uprobe_is_refused(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, "SEC(\"uprobe\")\n"
					   "int f(struct pt_regs *ctx) { return 0; }\n");
	struct bee_link *link;

	check_err(bee,
		  bee_program_attach(bee_program_find(mod, "f"), target_of("many"), NULL, &link),
		  -EINVAL);
	check_says(bee, "SEC(\"usdt\")");
}

static void a_probe_gets_its_cookie(void **state)
{
	struct bee_attach_opts opts = { .size = sizeof(opts), .cookie = 1ull << 40 };
	const struct bee_wish wish = { .program = "f", .target = target_of("many") };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	struct bee_link *link;
	volatile int number = 1;

	check_err(
		bee,
		try_load_wishes(
			bee,
			"u64 cookie;\n"
			"int f(struct pt_regs *ctx) { cookie = bpf_usdt_cookie(ctx); return 0; }\n",
			&wish, 1, &mod),
		0);
	check_err(bee,
		  bee_program_attach(bee_program_find(mod, "f"), target_of("many"), &opts, &link),
		  0);
	many(&number);
	assert_int_equal(get_var(mod, "cookie"), 1ull << 40);
	/* It stands for several uprobes, which the kernel knows one by one. */
	check_err(bee, bee_link_pin(link, "/sys/fs/bpf/usdt-test"), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bcc_reads_each_size_and_sign),
		TEST(libbpf_reads_each_size_and_sign),
		TEST(an_argument_too_many_is_an_error),
		TEST(pointers_are_followed),
		TEST(a_probe_in_several_places_is_seen_in_all),
		TEST(hook_usdt_fires),
		TEST(the_semaphore_counts_who_is_attached),
		TEST(a_process_is_a_target),
		TEST(a_path_is_a_target),
		TEST(what_is_not_there_is_named),
		TEST(a_probe_gets_its_cookie),
		TEST(a_program_made_for_a_uprobe_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
