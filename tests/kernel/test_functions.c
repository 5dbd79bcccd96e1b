/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs at kernel functions: each is loaded, attached, called just as often as this process caused
 * it, and not once more when its link is closed. Where the kernel lacks a hook, which is proved without
 * moonbee, the error must say so by name, and what the kernel has instead; then the test is skipped.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "support.h"
#include "witness.h"

#define MINE "(bpf_get_current_pid_tgid() >> 32 == (MAGIC & 0x3fffffff))"
#define HIT  "if (!" MINE ") return 0; __sync_fetch_and_add(&hits, 1); return 0;"

struct probe {
	enum bee__feature feature;
	const char *text;
	const char *program;
	const char *target;  /* NULL: the program's name or section says it */
	const char *names;   /* the error names this, where the kernel lacks the hook */
	const char *instead; /* and hints at this; NULL: at nothing */
};

static int try_probe(struct bee *bee, const struct probe *probe, struct bee_module **ret_mod,
		     struct bee_link **ret_link)
{
	const struct bee_wish wish = { .program = probe->program, .target = probe->target };
	int err = try_load_wishes(bee, probe->text, &wish, probe->target ? 1 : 0, ret_mod);

	if (err)
		return err;
	stage("loads");
	err = bee_program_attach(bee_program_find(*ret_mod, probe->program), probe->target, NULL,
				 ret_link);
	if (!err)
		stage("attaches");
	return err;
}

/* The error is that the hook is not supported, or what the kernel itself said. */
static void check_lacks(struct bee *bee, const struct probe *probe)
{
	int fds = count_fds(), err;
	struct bee_module *mod = NULL;
	struct bee_link *link;

	err = try_probe(bee, probe, &mod, &link);
	check_err(bee, err, err == kernels_error() ? err : -EOPNOTSUPP);
	check_says(bee, probe->names);
	if (probe->instead)
		check_says(bee, probe->instead);
	bee_module_close(mod);
	assert_int_equal(count_fds(), fds);
	skip_without_feature();
}

static void check_fires(struct bee *bee, const struct probe *probe, void (*cause)(int times))
{
	struct bee_module *mod = NULL;
	struct bee_link *link;

	if (!has_feature(probe->feature))
		check_lacks(bee, probe);
	check_err(bee, try_probe(bee, probe, &mod, &link), 0);
	assert_int_equal(get_var(mod, "hits"), 0);
	cause(5);
	assert_int_equal(get_var(mod, "hits"), 5);
	stage("fired");
	bee_link_close(link);
	cause(5);
	assert_int_equal(get_var(mod, "hits"), 5);
	stage("detached");
}

/* A file that calls vfs_read. */
static int own_stat = -1;

static void read_file(int times)
{
	char byte;

	while (times--)
		assert_int_equal(pread(own_stat, &byte, 1, 0), 1);
}

/*
 * A function that does not sleep: who sleeps in one holds what the kernel has to remember its return,
 * which on a guest's one processor is a single place.
 */
static void read_link(int times)
{
	char text[64];

	while (times--)
		assert_true(readlink("/proc/self/exe", text, sizeof(text)) > 0);
}

/* ---- one function ------------------------------------------------------------------------ */

static void hook_kprobe_fires(void **state)
{
	const struct probe probe = {
		.feature = BEE_FEATURE_KPROBE,
		.text = "u64 hits;\n"
			"int kprobe__vfs_read(struct pt_regs *ctx, struct file *file, char *buf,\n"
			"		     size_t count)\n"
			"{ if (count != 1 || !file->f_op) return 0; " HIT " }\n",
		.program = "kprobe__vfs_read",
		.names = "CONFIG_KPROBES",
		.instead = "tracepoint",
	};

	check_fires(bee_of(state), &probe, read_file);
}

static void hook_kretprobe_fires(void **state)
{
	const struct probe probe = {
		.feature = BEE_FEATURE_KPROBE,
		.text = "u64 hits;\n"
			"int kretprobe__vfs_readlink(struct pt_regs *ctx)\n"
			"{ if ((int)PT_REGS_RC(ctx) <= 0) return 0; " HIT " }\n",
		.program = "kretprobe__vfs_readlink",
		.names = "CONFIG_KPROBES",
		.instead = "tracepoint",
	};

	check_fires(bee_of(state), &probe, read_link);
}

static void hook_ksyscall_fires(void **state)
{
	const struct probe probe = {
		.feature = BEE_FEATURE_KPROBE,
		.text = "u64 hits;\n"
			"int syscall__close(struct pt_regs *ctx, int fd)\n"
			"{ if (fd != MAGIC) return 0; " HIT " }\n",
		.program = "syscall__close",
		.names = "CONFIG_KPROBES",
		.instead = "tracepoint",
	};

	check_fires(bee_of(state), &probe, fire);
}

static void hook_kretsyscall_fires(void **state)
{
	const struct probe probe = {
		.feature = BEE_FEATURE_KPROBE,
		.text = "u64 hits;\n"
			"SEC(\"kretsyscall/close\")\n"
			"int f(struct pt_regs *ctx)\n"
			"{ if ((int)PT_REGS_RC(ctx) != -EBADF) return 0; " HIT " }\n",
		.program = "f",
		.names = "CONFIG_KPROBES",
		.instead = "tracepoint:syscalls:sys_exit_close",
	};

	check_fires(bee_of(state), &probe, fire);
}

static void hook_fentry_fires(void **state)
{
	const struct probe probe = {
		.feature = BEE_FEATURE_FENTRY,
		.text = "#include <bpf/bpf_tracing.h>\n"
			"u64 hits;\n"
			"SEC(\"fentry/vfs_read\")\n"
			"int BPF_PROG(f, struct file *file, char *buf, size_t count)\n"
			"{ if (count != 1 || !file->f_op) return 0; " HIT " }\n",
		.program = "f",
		.names = "fentry",
		.instead = "tp_btf",
	};

	check_fires(bee_of(state), &probe, read_file);
}

static void hook_fexit_fires(void **state)
{
	const struct probe probe = {
		.feature = BEE_FEATURE_FENTRY,
		.text = "#include <bpf/bpf_tracing.h>\n"
			"u64 hits;\n"
			"SEC(\"fexit/vfs_read\")\n"
			"int BPF_PROG(f, struct file *file, char *buf, size_t count, loff_t *pos,\n"
			"	     ssize_t ret) { if (ret != 1) return 0; " HIT " }\n",
		.program = "f",
		.names = "fexit",
		.instead = "tp_btf",
	};

	check_fires(bee_of(state), &probe, read_file);
}

/* Each time this process may not do what it is allowed otherwise. */
static int refused;

static void set_priority(int times)
{
	int nice = getpriority(PRIO_PROCESS, 0);

	while (times--)
		refused += setpriority(PRIO_PROCESS, 0, nice) && errno == EPERM;
}

#define REFUSE "if (!" MINE ") return 0; __sync_fetch_and_add(&hits, 1); return -1;"

static void hook_fmod_ret_fires(void **state)
{
	const struct probe probe = {
		.feature = BEE_FEATURE_FENTRY,
		.text = "#include <bpf/bpf_tracing.h>\n"
			"u64 hits;\n"
			"SEC(\"fmod_ret/security_task_setnice\")\n"
			"int BPF_PROG(f, struct task_struct *task, int nice) { " REFUSE " }\n",
		.program = "f",
		.names = "fmod_ret",
	};

	refused = 0;
	check_fires(bee_of(state), &probe, set_priority);
	assert_int_equal(refused, 5);
}

static void hook_lsm_fires(void **state)
{
	const struct probe probe = {
		.feature = BEE_FEATURE_LSM,
		.text = "#include <bpf/bpf_tracing.h>\n"
			"u64 hits;\n"
			"SEC(\"lsm/task_setnice\")\n"
			"int BPF_PROG(f, struct task_struct *task, int nice) { " REFUSE " }\n",
		.program = "f",
		.names = "LSM",
	};

	refused = 0;
	check_fires(bee_of(state), &probe, set_priority);
	assert_int_equal(refused, 5);
}

/* ---- patterns ---------------------------------------------------------------------------- */

/* Counts itself at each place, by the address of the function that it stands in. */
#define AT_PLACES                           \
	"BPF_HASH(places, u64, u64);\n"     \
	"u64 hits;\n"                       \
	"int f(struct pt_regs *ctx)\n"      \
	"{\n"                               \
	"	u64 ip = PT_REGS_IP(ctx);\n"      \
	"	if (!" MINE ") return 0;\n" \
	"	places.increment(ip);\n" HIT "}\n"

/* The kernel function that an address is in. */
static char *function_at(uint64_t address)
{
	static char best[128];
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long at, best_at = 0;
	char line[512], name[128], kind;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %c %127s", &at, &kind, name) != 3 || at > address ||
		    at < best_at || !strchr("tT", kind))
			continue;
		best_at = at;
		strcpy(best, name);
	}
	fclose(file);
	return best;
}

/* All places are vfs_*, and those that this process passed are among them. */
static void check_places(struct bee *bee, struct bee_module *mod)
{
	struct bee_walk *walk;
	const void *key, *value;
	int reads = 0, opens = 0;

	check_err(bee, bee_walk_open(find_map(mod, "places"), &walk), 0);
	while (bee_walk_next(walk, &key, &value) == 1) {
		const char *name = function_at(*(const uint64_t *)key);

		if (strncmp(name, "vfs_", 4))
			fail_msg("'%s' is no vfs_*", name);
		reads += !strcmp(name, "vfs_read") ? *(const uint64_t *)value : 0;
		opens += !strcmp(name, "vfs_open") ? *(const uint64_t *)value : 0;
	}
	bee_walk_close(walk);
	assert_int_equal(reads, 5);
	assert_int_equal(opens, 1);
}

static void open_and_read(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	read_file(5);
	close(fd);
}

static void check_pattern(struct bee *bee, const struct probe *probe, bool multi)
{
	struct bee_module *mod = NULL;
	struct bee_link *link;
	int before, fds;

	if (!has_feature(BEE_FEATURE_KPROBE))
		check_lacks(bee, probe);
	before = count_fds();
	check_err(bee, try_probe(bee, probe, &mod, &link), 0);
	assert_string_equal(bee_link_target(link), probe->target);
	bee_link_close(link);
	fds = count_fds(); /* the module's own, and tracefs */
	check_err(bee, bee_program_attach(bee_program_find(mod, "f"), probe->target, NULL, &link),
		  0);
	if (multi)
		assert_int_equal(count_fds(), fds + 1);
	else
		assert_true(count_fds() > fds + 10);
	/* What came before was of the attaching, and of counting descriptors. */
	check_err(bee, bee_map_clear(find_map(mod, "places")), 0);
	open_and_read();
	bee_link_close(link);
	open_and_read();
	check_places(bee, mod); /* it reads files itself, so nothing may be attached */
	stage("fired");
	stage("detached");
	bee_module_close(mod);
	assert_true(count_fds() <= before + 2); /* tracefs, and the folder of the cache */
}

static void a_pattern_is_attached_to_all_that_match(void **state)
{
	const struct probe probe = {
		.text = AT_PLACES,
		.program = "f",
		.target = "kprobe:vfs_*",
		.names = "CONFIG_KPROBES",
	};
	bool multi = has_feature(BEE_FEATURE_KPROBE_MULTI);

	check_pattern(bee_of(state), &probe, multi);
}

static void hook_kprobe_multi_fires(void **state)
{
	const struct probe probe = {
		.text = AT_PLACES,
		.program = "f",
		.target = "kprobe.multi:vfs_*",
		.names = "CONFIG_KPROBES",
	};

	if (!has_feature(BEE_FEATURE_KPROBE_MULTI))
		skip_without_feature();
	check_pattern(bee_of(state), &probe, true);
}

static void a_section_may_be_a_pattern(void **state)
{
	const struct probe probe = {
		.feature = BEE_FEATURE_KPROBE,
		.text = "u64 hits;\n"
			"SEC(\"kprobe.multi/vfs_rea?\")\n"
			"int f(struct pt_regs *ctx) { " HIT " }\n",
		.program = "f",
		.names = "CONFIG_KPROBES",
	};

	check_fires(bee_of(state), &probe, read_file);
}

static void a_pattern_of_returns_gives_the_results(void **state)
{
	const struct probe probe = {
		.feature = BEE_FEATURE_KPROBE,
		.text = "u64 hits;\n"
			"int f(struct pt_regs *ctx) { if ((int)PT_REGS_RC(ctx) <= 0) return 0; " HIT
			" }\n",
		.program = "f",
		.target = "kretprobe:vfs_readlin?",
		.names = "CONFIG_KPROBES",
	};

	check_fires(bee_of(state), &probe, read_link);
}

/* An offset is nothing that kprobe.multi has: the program is attached one by one. */
static void a_pattern_and_an_offset_share_a_program(void **state)
{
	const struct bee_wish wishes[] = {
		{ .program = "f", .target = "kprobe:vfs_rea?" },
		{ .program = "f", .target = "kprobe:vfs_read+0x0" },
	};
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	if (!has_feature(BEE_FEATURE_KPROBE))
		skip_without_feature();
	check_err(bee,
		  try_load_wishes(bee,
				  "u64 hits;\n"
				  "int f(struct pt_regs *ctx)\n"
				  "{ if (PT_REGS_PARM3(ctx) != 1) return 0; " HIT " }\n",
				  wishes, LEN(wishes), &mod),
		  0);
	attach(bee, mod, 2);
	read_file(5);
	assert_int_equal(get_var(mod, "hits"), 10);
}

static void check_refused(struct bee *bee, const char *target, int want, const char *words)
{
	const struct probe probe = {
		.text = "int f(struct pt_regs *ctx) { return 0; }\n",
		.program = "f",
		.target = target,
		.names = "CONFIG_KPROBES",
	};
	struct bee_module *mod = NULL;
	struct bee_link *link;

	if (!has_feature(BEE_FEATURE_KPROBE))
		check_lacks(bee, &probe);
	check_err(bee, try_probe(bee, &probe, &mod, &link), want);
	check_says(bee, words);
	bee_module_close(mod);
}

static void a_pattern_that_nothing_matches_is_named(void **state)
{
	check_refused(bee_of(state), "kprobe:no_such_*", -ENOENT,
		      "no function matches 'no_such_*'");
	check_refused(bee_of(state), "kprobe:vfs_raed*", -ENOENT, "did you mean 'vfs_read");
}

static void a_function_that_is_not_there_is_named(void **state)
{
	check_refused(bee_of(state), "kprobe:no_such_function", -ENOENT, "no_such_function");
	check_refused(bee_of(state), "kprobe.multi:no_such_function", -ENOENT, "no_such_function");
	check_refused(bee_of(state), "kprobe:vfs_raed", -ENOENT, "did you mean 'vfs_read'");
	check_refused(bee_of(state), "kprobe.multi:vfs_raed", -ENOENT, "did you mean 'vfs_read'");
	check_refused(bee_of(state), "ksyscall:opnat", -ENOENT, "did you mean 'openat'");
}

static void a_module_that_is_not_loaded_is_named(void **state)
{
	check_refused(bee_of(state), "kprobe:no_such_module:some_function", -ENOENT,
		      "no module 'no_such_module' loaded");
}

/* kprobes themselves run with it, so none may stand in it; no list has it to be traced by either. */
static void a_function_that_may_not_be_probed_is_told(void **state)
{
	check_refused(bee_of(state), "kprobe:kprobe_int3_handler", -EINVAL, "blacklist");
	check_refused(bee_of(state), "kprobe:linux_banner", -EINVAL, "be traced");
}

static void an_offset_inside_an_instruction_is_told(void **state)
{
	check_refused(bee_of(state), "kprobe:vfs_read+0x1", -EINVAL, "instruction");
}

/* The first function that ftrace lists of any module: alone, and as a pattern. */
static void a_function_of_a_module_is_a_target(void **state)
{
	char module[64], function[128], one[256], pattern[256];
	struct bee_wish wishes[] = {
		{ .program = "f", .target = one },
		{ .program = "g", .target = pattern },
	};
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	char *line;

	if (!has_feature(BEE_FEATURE_KPROBE))
		skip_without_feature();
	line = output_of("grep -m 1 '\\[' /sys/kernel/tracing/available_filter_functions || :");
	if (sscanf(line, "%127s [%63[^]]]", function, module) != 2) {
		print_message("skipped: available_filter_functions lists no module's\n");
		free(line);
		skip();
	}
	free(line);
	snprintf(one, sizeof(one), "kprobe:%s:%s", module, function);
	snprintf(pattern, sizeof(pattern), "kprobe:%s:%.3s*", module, function);
	check_err(bee,
		  try_load_wishes(bee,
				  "int f(struct pt_regs *ctx) { return 0; }\n"
				  "int g(struct pt_regs *ctx) { return 0; }\n",
				  wishes, LEN(wishes), &mod),
		  0);
	attach(bee, mod, 2);
}

/* Every function of a kernel is too many for a program that was not loaded for kprobe.multi. */
static void a_pattern_that_matches_too_many_is_refused(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	struct bee_link *link;

	if (!has_feature(BEE_FEATURE_KPROBE))
		skip_without_feature();
	mod = load(bee, "SEC(\"kprobe\") int f(struct pt_regs *ctx) { return 0; }\n");
	check_err(bee, bee_program_attach(bee_program_find(mod, "f"), "kprobe:*", NULL, &link),
		  -E2BIG);
	check_says(bee, "at most 1000");
	check_says(bee, "narrow it, as kprobe:tcp_*");
}

/* Each function has a copy of the program, which counts in the same variable. */
static void a_pattern_of_fentry_is_a_copy_for_each(void **state)
{
	static const char *const targets[] = { "fentry:vfs_rea?", "fexit:vfs_rea*" };

	for (size_t i = 0; i < LEN(targets); i++) {
		const struct probe probe = {
			.feature = BEE_FEATURE_FENTRY,
			.text = "u64 hits;\n"
				"int f(u64 *ctx) { " HIT " }\n",
			.program = "f",
			.target = targets[i],
			.names = "fentry",
		};

		check_fires(bee_of(state), &probe, read_file);
	}
}

/* vfs_read and vfs_readv, of which the test does each five times. */
static void read_and_readv(int times)
{
	char byte;
	struct iovec iov = { &byte, 1 };

	read_file(times);
	while (times--)
		assert_int_equal(preadv(own_stat, &iov, 1, 0), 1);
}

static void copies_see_their_own_function(void **state)
{
	const struct bee_wish wish = { .program = "f", .target = "fentry:vfs_read*" };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	int fds;

	if (!has_feature(BEE_FEATURE_FENTRY))
		skip_without_feature();
	check_err(bee,
		  try_load_wishes(bee, "u64 hits;\nint f(u64 *ctx) { " HIT " }\n", &wish, 1, &mod),
		  0);
	fds = count_fds();
	attach(bee, mod, 1);
	assert_true(count_fds() >= fds + 2);
	read_and_readv(5);
	assert_true(get_var(mod, "hits") >= 10);
	/* What is attached already is told. */
	check_err(bee, bee_module_attach(mod), -EEXIST);
	check_says(bee, "attached there already");
	bee_module_close(mod);
}

static void a_pattern_of_fentry_is_refused_at_load(void **state)
{
	static const struct {
		const char *target;
		int err;
		const char *says;
	} cases[] = {
		{ "fentry:no_such_*", -ENOENT, "no function matches 'no_such_*'" },
		{ "fentry:vfs_raed*", -ENOENT, "did you mean 'vfs_read" },
		{ "fentry:*", -E2BIG, "at most 1000" },
		{ "fmod_ret:security_*", -EINVAL, "a pattern is no target of fmod_ret" },
	};
	struct bee *bee = bee_of(state);

	if (!has_feature(BEE_FEATURE_FENTRY))
		skip_without_feature();
	for (size_t i = 0; i < LEN(cases); i++) {
		const struct bee_wish wish = { .program = "f", .target = cases[i].target };
		struct bee_module *mod = NULL;

		check_err(bee,
			  try_load_wishes(bee, "int f(u64 *ctx) { return 0; }\n", &wish, 1, &mod),
			  cases[i].err);
		check_says(bee, cases[i].says);
	}
}

static void a_second_link_of_fentry_is_told(void **state)
{
	const struct bee_wish wish = { .program = "f", .target = "fentry:vfs_read" };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	if (!has_feature(BEE_FEATURE_FENTRY))
		skip_without_feature();
	check_err(bee, try_load_wishes(bee, "int f(u64 *ctx) { return 0; }\n", &wish, 1, &mod), 0);
	attach(bee, mod, 1);
	check_err(bee, bee_module_attach(mod), -EEXIST);
	check_says(bee, "attached there already");
}

static int open_stat(void **state)
{
	own_stat = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	return own_stat < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hook_kprobe_fires),
		TEST(hook_kretprobe_fires),
		TEST(hook_ksyscall_fires),
		TEST(hook_kretsyscall_fires),
		TEST(hook_fentry_fires),
		TEST(hook_fexit_fires),
		TEST(hook_fmod_ret_fires),
		TEST(hook_lsm_fires),
		TEST(a_pattern_is_attached_to_all_that_match),
		TEST(hook_kprobe_multi_fires),
		TEST(a_section_may_be_a_pattern),
		TEST(a_pattern_of_returns_gives_the_results),
		TEST(a_pattern_and_an_offset_share_a_program),
		TEST(a_pattern_that_nothing_matches_is_named),
		TEST(a_function_that_is_not_there_is_named),
		TEST(a_module_that_is_not_loaded_is_named),
		TEST(a_function_that_may_not_be_probed_is_told),
		TEST(an_offset_inside_an_instruction_is_told),
		TEST(a_function_of_a_module_is_a_target),
		TEST(a_pattern_that_matches_too_many_is_refused),
		TEST(a_pattern_of_fentry_is_a_copy_for_each),
		TEST(copies_see_their_own_function),
		TEST(a_pattern_of_fentry_is_refused_at_load),
		TEST(a_second_link_of_fentry_is_told),
	};

	return cmocka_run_group_tests(tests, open_stat, NULL);
}
