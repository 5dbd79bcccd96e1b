/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cookies: one program at two places of a hook, each with a number of its own, counts by the number
 * that it gets. Where a kernel has none, the error says which kernels do.
 */
#include <sys/syscall.h>

#include "support.h"
#include "witness.h"

#define COUNT                                                            \
	"u64 first, second, other;\n"                                    \
	"static inline int count(u64 cookie)\n"                          \
	"{\n"                                                            \
	"	if (cookie == 7) __sync_fetch_and_add(&first, 1);\n"           \
	"	else if (cookie == ~0ull) __sync_fetch_and_add(&second, 1);\n" \
	"	else __sync_fetch_and_add(&other, 1);\n"                       \
	"	return 0;\n"                                                   \
	"}\n"

#define MINE "	if (bpf_get_current_pid_tgid() >> 32 != PID) return 0;\n"

/* How the kernel calls the functions of system calls. */
#ifdef __x86_64__
#define SYSCALL "__x64_sys_"
#else
#define SYSCALL "__arm64_sys_"
#endif

/* A hook, and what causes its events at two places. */
struct hook {
	enum bee__feature needs, cookies;
	const char *text;
	const char *targets[2];
};

static struct bee_module *load_hook(struct bee *bee, const struct hook *hook)
{
	static char text[4096];
	struct bee_wish wish = { .program = "f", .target = hook->targets[0], .optional = true };
	struct bee_module *mod = NULL;

	/* What the kernel gives no cookies to can often not ask for one either. */
	snprintf(text, sizeof(text),
		 "#define PID %d\n#define GETPPID %d\n#define COOKIE %s\n" COUNT "%s", getpid(),
		 SYS_getppid, has_feature(hook->cookies) ? "bpf_get_attach_cookie(ctx)" : "0",
		 hook->text);
	check_err(bee, try_load_wishes(bee, text, &wish, 1, &mod), 0);
	return mod;
}

static int attach_with(struct bee_module *mod, const char *target, uint64_t cookie)
{
	struct bee_attach_opts opts = { .size = sizeof(opts), .cookie = cookie };
	struct bee_link *link;

	return bee_program_attach(bee_program_find(mod, "f"), target, &opts, &link);
}

/* The module, attached at both places; or the test ends here, having seen what the error says. */
static struct bee_module *attach_both(struct bee *bee, const struct hook *hook)
{
	struct bee_module *mod;

	if (!has_feature(hook->needs))
		skip_without_feature();
	mod = load_hook(bee, hook);
	if (!has_feature(hook->cookies)) {
		assert_true(attach_with(mod, hook->targets[0], 7) < 0);
		check_says(bee, "cookies");
		/* None is what every kernel can give. */
		check_err(bee, attach_with(mod, hook->targets[0], 0), 0);
		skip_without_feature();
	}
	check_err(bee, attach_with(mod, hook->targets[0], 7), 0);
	check_err(bee, attach_with(mod, hook->targets[1], ~0ull), 0);
	return mod;
}

static void check_counts(struct bee_module *mod, uint64_t first, uint64_t second)
{
	assert_int_equal(get_var(mod, "first"), first);
	assert_int_equal(get_var(mod, "second"), second);
	assert_int_equal(get_var(mod, "other"), 0);
}

/* What attaching and testing itself does not call. */
static void call(int firsts, int seconds)
{
	while (firsts--)
		syscall(SYS_getppid);
	while (seconds--)
		syscall(SYS_getsid, 0);
}

static void check_calls(struct bee *bee, const struct hook *hook)
{
	struct bee_module *mod = attach_both(bee, hook);

	call(3, 2);
	check_counts(mod, 3, 2);
}

static void at_tracepoints(void **state)
{
	check_calls(bee_of(state), &(struct hook){ BEE_FEATURE_TRACEPOINT,
						   BEE_FEATURE_COOKIE,
						   "SEC(\"tracepoint\") int f(void *ctx)\n"
						   "{\n" MINE " return count(COOKIE);\n}\n",
						   { "tracepoint:syscalls:sys_enter_getppid",
						     "tracepoint:syscalls:sys_enter_getsid" } });
}

static void at_kprobes(void **state)
{
	check_calls(bee_of(state), &(struct hook){ BEE_FEATURE_KPROBE,
						   BEE_FEATURE_COOKIE,
						   "SEC(\"kprobe\") int f(struct pt_regs *ctx)\n"
						   "{\n" MINE " return count(COOKIE);\n}\n",
						   { "kretsyscall:getppid", "ksyscall:getsid" } });
}

/* What the uprobes are put on: found by their names, so they are not static. */
void probed_first(void);
void probed_second(void);

__attribute__((noinline)) void probed_first(void)
{
	__asm__ volatile("");
}

__attribute__((noinline)) void probed_second(void)
{
	__asm__ volatile("" ::: "memory");
}

static void at_uprobes(void **state)
{
	char self[256] = { 0 }, targets[2][512];
	struct bee_module *mod;

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(targets[0], sizeof(targets[0]), "uprobe:%s:probed_first", self);
	snprintf(targets[1], sizeof(targets[1]), "uretprobe:%s:probed_second", self);
	mod = attach_both(bee_of(state),
			  &(struct hook){ BEE_FEATURE_UPROBE,
					  BEE_FEATURE_COOKIE,
					  "SEC(\"uprobe\") int f(struct pt_regs *ctx)\n"
					  "{ return count(COOKIE); }\n",
					  { targets[0], targets[1] } });
	probed_first();
	probed_second();
	probed_second();
	check_counts(mod, 1, 2);
}

static void at_perf_events(void **state)
{
	struct bee_module *mod = attach_both(
		bee_of(state),
		&(struct hook){ BEE_FEATURE_PERF,
				BEE_FEATURE_COOKIE,
				"SEC(\"perf_event\") int f(struct bpf_perf_event_data *ctx)\n"
				"{ return count(COOKIE); }\n",
				{ "interval:ms:5", "interval:ms:7" } });

	for (int i = 0; i < 4000 && (!get_var(mod, "first") || !get_var(mod, "second")); i++)
		usleep(5000);
	assert_true(get_var(mod, "first") && get_var(mod, "second"));
	assert_int_equal(get_var(mod, "other"), 0);
}

static const char raw_text[] =
	"SEC(\"raw_tracepoint\") int f(struct bpf_raw_tracepoint_args *ctx)\n"
	"{\n" MINE "	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];\n"
	"#ifdef __TARGET_ARCH_arm64\n"
	"	if (regs->syscallno != GETPPID) return 0;\n"
	"#else\n"
	"	if (regs->orig_ax != GETPPID) return 0;\n"
	"#endif\n"
	" return count(COOKIE);\n}\n";

static void at_raw_tracepoints(void **state)
{
	struct bee_module *mod = attach_both(
		bee_of(state),
		&(struct hook){ BEE_FEATURE_BPF,
				BEE_FEATURE_COOKIE_RAW,
				raw_text,
				{ "raw_tracepoint:sys_enter", "raw_tracepoint:sys_exit" } });

	call(3, 0);
	check_counts(mod, 3, 3);
}

/* A system call without arguments may be called by another name than the others. */
static void call_getpgid(int times)
{
	while (times--)
		syscall(SYS_getpgid, 0);
}

/* These are bound to their one function when they are loaded. */
static void at_fentry(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;

	if (!has_feature(BEE_FEATURE_FENTRY))
		skip_without_feature();
	mod = load_hook(bee, &(struct hook){ .cookies = BEE_FEATURE_COOKIE_TRACING,
					     .text = "SEC(\"fentry/" SYSCALL
						     "getpgid\") int f(void *ctx)\n"
						     "{\n" MINE "	return count(COOKIE);\n}\n",
					     .targets = { "fentry:" SYSCALL "getpgid" } });
	if (!has_feature(BEE_FEATURE_COOKIE_TRACING)) {
		assert_true(attach_with(mod, "fentry:" SYSCALL "getpgid", 7) < 0);
		check_says(bee, "cookies");
		skip_without_feature();
	}
	check_err(bee, attach_with(mod, "fentry:" SYSCALL "getpgid", 7), 0);
	call_getpgid(3);
	check_counts(mod, 3, 0);
}

/* One link to many functions: all of them get the cookie. */
static void at_patterns_of_functions(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;

	if (!has_feature(BEE_FEATURE_KPROBE_MULTI))
		skip_without_feature();
	mod = load_hook(bee, &(struct hook){ .cookies = BEE_FEATURE_COOKIE,
					     .text = "SEC(\"kprobe\") int f(struct pt_regs *ctx)\n"
						     "{\n" MINE "	return count(COOKIE);\n}\n",
					     .targets = { "kprobe:" SYSCALL "getp?id" } });
	check_err(bee, attach_with(mod, "kprobe:" SYSCALL "getp?id", 7), 0);
	call_getpgid(1);
	check_counts(mod, 1, 0);
	check_err(bee, attach_with(mod, "kprobe:" SYSCALL "getpgid", ~0ull), 0);
	call_getpgid(2);
	check_counts(mod, 3, 2); /* it is one of the pattern too */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(at_tracepoints),           TEST(at_kprobes),         TEST(at_uprobes),
		TEST(at_perf_events),           TEST(at_raw_tracepoints), TEST(at_fentry),
		TEST(at_patterns_of_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
