/* SPDX-License-Identifier: Apache-2.0 */
/* Bad input of every kind: a clear error value, and nothing attached or leaked (by the teardown). */
#include <sys/stat.h>
#include <sys/wait.h>

#include "support.h"

/* ---- mistakes in the source -------------------------------------------------------------- */

static void check_place(struct bee *bee, unsigned int line, unsigned int column, const char *text,
			const char *source)
{
	const struct bee_diag *diag = first_error(bee);
	char all[4096], place[64];

	assert_string_equal(diag->file, "tool.lua");
	assert_int_equal(diag->line, line);
	assert_int_equal(diag->column, column);
	assert_int_equal(diag->stage, BEE_STAGE_COMPILE);
	assert_non_null(strstr(diag->text, text));
	assert_string_equal(diag->source, source);
	bee_error_text(bee, all, sizeof(all));
	snprintf(place, sizeof(place), "tool.lua:%u:%u: error: ", line, column);
	assert_non_null(strstr(all, place));
	assert_non_null(strstr(all, source));
}

static void a_syntax_error_is_told_at_the_scripts_line(void **state)
{
	struct bee *bee = bee_of(state);

	check_err(bee,
		  load_at_line_10(bee, "int kprobe__vfs_read(void *ctx)\n"
				       "{\n"
				       "	return 0\n"
				       "}\n"),
		  -EINVAL);
	check_place(bee, 12, 10, "expected ';' after return statement", "\treturn 0");
}

static void an_unknown_field_is_named(void **state)
{
	struct bee *bee = bee_of(state);

	check_err(bee,
		  load_at_line_10(bee, "struct event { u32 pid; };\n"
				       "int kprobe__vfs_read(void *ctx)\n"
				       "{\n"
				       "	struct event e = {};\n"
				       "	return e.nothing;\n"
				       "}\n"),
		  -EINVAL);
	check_place(bee, 14, 11, "no member named 'nothing' in 'struct event'",
		    "\treturn e.nothing;");
}

static void an_unknown_kernel_field_is_named(void **state)
{
	struct bee *bee = bee_of(state);

	check_err(bee,
		  load_at_line_10(bee, "int kprobe__vfs_read(void *ctx, struct file *file)\n"
				       "{\n"
				       "	return file->f_nothing;\n"
				       "}\n"),
		  -EINVAL);
	check_place(bee, 12, 15, "no member named 'f_nothing' in 'struct file'",
		    "\treturn file->f_nothing;");
}

static void an_unknown_map_is_named(void **state)
{
	struct bee *bee = bee_of(state);

	check_err(bee,
		  load_at_line_10(bee, "BPF_HASH(counts, u32, u64);\n"
				       "int kprobe__vfs_read(void *ctx)\n"
				       "{\n"
				       "	u32 key = 1;\n"
				       "	return numbers.lookup(&key) != NULL;\n"
				       "}\n"),
		  -EINVAL);
	check_place(bee, 14, 9, "use of undeclared identifier 'numbers'",
		    "\treturn numbers.lookup(&key) != NULL;");
}

static void a_wrong_key_type_is_told(void **state)
{
	struct bee *bee = bee_of(state);

	check_err(bee,
		  load_at_line_10(bee, "BPF_HASH(counts, u64, u64);\n"
				       "int kprobe__vfs_read(void *ctx)\n"
				       "{\n"
				       "	u32 key = 1;\n"
				       "	return counts.lookup(&key) != NULL;\n"
				       "}\n"),
		  -EINVAL);
	check_place(bee, 14, 23, "the key is a 'u64', and this points to a 'u32'",
		    "\treturn counts.lookup(&key) != NULL;");
}

static void an_empty_source_is_refused(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	check_err(bee, try_load(bee, "", &mod), -EINVAL);
	check_says(bee, "empty");
	check_err(bee, try_load(bee, " \n\t\n", &mod), -EINVAL);
	check_says(bee, "empty");
}

static void ten_megabytes_of_source_are_refused(void **state)
{
	size_t size = 10 << 20;
	char *text = malloc(size);
	struct bee_source source = { .size = sizeof(source), .text = text, .text_size = size };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	memset(text, ' ', size);
	memcpy(text + size - 6, "int x;", 6);
	check_err(bee, bee_load(bee, &source, NULL, &mod), -E2BIG);
	check_says(bee, "4 MB");
	free(text);
}

static void a_nul_in_the_source_is_refused(void **state)
{
	static const char text[] = "int x;\nint \0y;\n";
	struct bee_source source = { .size = sizeof(source),
				     .text = text,
				     .text_size = sizeof(text) - 1 };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	check_err(bee, bee_load(bee, &source, NULL, &mod), -EINVAL);
	check_says(bee, "NUL");
	assert_int_equal(first_error(bee)->line, 2);
}

static void options_of_a_newer_library_are_refused(void **state)
{
	struct {
		struct bee_source known;
		uint64_t newer;
	} source = { .known = { .size = sizeof(source), .text = "int x;\n" } };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	check_err(bee, bee_load(bee, &source.known, NULL, &mod), 0);
	source.newer = 1;
	check_err(bee, bee_load(bee, &source.known, NULL, &mod), -EINVAL);
}

/* ---- targets that do not exist ----------------------------------------------------------- */

/* Twice: the runtime may keep tracefs open from the first time on. */
static void check_no_target(struct bee *bee, const char *target, const char *name)
{
	const struct bee_wish wish = { .program = "f", .target = target };
	int fds = 0;

	for (int i = 0; i < 2; i++) {
		struct bee_module *mod = NULL;
		int err = try_load_wishes(bee, "int f(void *ctx) { return 0; }\n", &wish, 1, &mod);

		if (!err)
			err = bee_module_attach(mod);
		check_err(bee, err, -ENOENT);
		check_says(bee, name);
		bee_module_close(mod);
		if (i)
			assert_int_equal(count_fds(), fds);
		fds = count_fds();
	}
}

static void a_tracepoint_that_is_not_there_is_named(void **state)
{
	check_no_target(bee_of(state), "tracepoint:sched:sched_nothing", "sched_nothing");
}

static void a_raw_tracepoint_that_is_not_there_is_named(void **state)
{
	check_no_target(bee_of(state), "raw_tracepoint:sched_nothing", "sched_nothing");
}

static void a_btf_tracepoint_that_is_not_there_is_named(void **state)
{
	check_no_target(bee_of(state), "tp_btf:sched_nothing", "sched_nothing");
}

static void a_symbol_that_is_not_there_is_named(void **state)
{
	check_no_target(bee_of(state), "uprobe:c:no_such_symbol", "no_such_symbol");
}

static void a_program_file_that_is_not_there_is_named(void **state)
{
	check_no_target(bee_of(state), "uprobe:/no/such/file:main", "/no/such/file");
}

static void a_program_that_nothing_calls_is_named(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	check_err(bee, try_load(bee, "int lonely(void *ctx) { return 0; }\n", &mod), -EINVAL);
	check_says(bee, "lonely");
	check_says(bee, "SEC(");
}

static void a_hook_that_nobody_knows_is_named(void **state)
{
	const struct bee_wish wish = { .program = "f", .target = "nohook:vfs_read" };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	check_err(bee, try_load_wishes(bee, "int f(void *ctx) { return 0; }\n", &wish, 1, &mod),
		  -EINVAL);
	check_says(bee, "nohook");
}

static void a_rate_that_is_no_number_is_refused(void **state)
{
	const struct bee_wish wish = { .program = "f", .target = "profile:hz:many" };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	int err;

	err = try_load_wishes(bee, "int f(void *ctx) { return 0; }\n", &wish, 1, &mod);
	if (!err)
		err = bee_module_attach(mod);
	check_err(bee, err, -EINVAL);
	check_says(bee, "hz");
}

/* ---- the world --------------------------------------------------------------------------- */

static void bytes_that_are_no_object_are_refused(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	char junk[256];

	memset(junk, 'x', sizeof(junk));
	assert_true(bee_load_object(bee, junk, sizeof(junk), NULL, &mod) < 0);
	assert_int_equal(first_error(bee)->stage, BEE_STAGE_OBJECT);
	assert_true(bee_load_object(bee, junk, 0, NULL, &mod) < 0);
}

static void a_missing_btf_is_named(void **state)
{
	struct bee_opts opts = { .size = sizeof(opts), .btf = "/no/such/btf" };
	struct bee_module *mod = NULL;
	struct bee *bee;

	assert_int_equal(bee_open(&opts, &bee), 0);
	check_err(bee,
		  try_load(bee,
			   "int kprobe__vfs_read(void *ctx, struct file *file)\n"
			   "{ return file->f_flags; }\n",
			   &mod),
		  -ENOENT);
	check_says(bee, "/no/such/btf");
	bee_close(bee);
}

/*
 * What a process without privileges finds; its exit code tells the parent which step was wrong. Its
 * compiler stands where anyone may go: the build may be below a folder of root's.
 */
static int try_as_nobody(const char *compiler)
{
	struct bee_opts opts = { .size = sizeof(opts), .compiler = compiler };
	struct bee_source source = {
		.size = sizeof(source),
		.text = "SEC(\"raw_tracepoint/sys_enter\") int f(void *ctx) { return 0; }\n"
	};
	struct bee_module *mod = NULL;
	struct bee *bee;
	size_t size;
	void *elf;
	int err;

	if (chdir("/") || setgid(65534) || setuid(65534) || bee_open(&opts, &bee))
		return 2;
	err = bee_compile(bee, &source, NULL, &elf, &size);
	if (err) {
		char text[4096];

		bee_error_text(bee, text, sizeof(text));
		print_error("compile: %s\n", text);
		return 3;
	}
	free(elf);
	err = bee_load(bee, &source, NULL, &mod);
	if (err != -EPERM || mod)
		return 4;
	check_says(bee, "CAP_BPF");
	bee_close(bee);
	return 0;
}

static void without_privilege_it_compiles_and_does_not_load(void **state)
{
	char folder[] = "/tmp/bee-nobody-XXXXXX", compiler[64];
	int status = 0;
	pid_t child;

	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0755), 0);
	snprintf(compiler, sizeof(compiler), "%s/moonbee-cc", folder);
	free(output_of("cp \"$(dirname \"$(readlink /proc/%d/exe)\")/moonbee-cc\" %s", getpid(),
		       folder));
	child = fork();
	if (!child)
		_exit(try_as_nobody(compiler));
	assert_true(waitpid(child, &status, 0) == child);
	free(output_of("rm -r %s", folder));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Loaded by root, attached by nobody. */
static int attach_as_nobody(struct bee *bee, struct bee_module *mod)
{
	static const char *const targets[] = {
		"uprobe:libc:malloc", "tracepoint:sched:sched_switch", "tracepoint:sched:sched_*",
		"profile:hz:99",      "raw_tracepoint:sched_switch",
	};
	static const char *const programs[] = { "u", "t", "t", "p", "r" };

	if (setgid(65534) || setuid(65534))
		return 2;
	for (size_t i = 0; i < LEN(targets); i++) {
		struct bee_link *link;
		int err = bee_program_attach(bee_program_find(mod, programs[i]), targets[i], NULL,
					     &link);

		/* Debian's kernels have a refusal of their own for perf events: kernel.perf_event_paranoid. */
		if (err != -EPERM && err != -EACCES)
			return 10 + i;
		check_says(bee, "CAP_PERFMON");
	}
	return 0;
}

static void without_privilege_nothing_is_attached(void **state)
{
	struct bee_module *mod = load(bee_of(state),
				      "SEC(\"uprobe\") int u(struct pt_regs *ctx) { return 0; }\n"
				      "SEC(\"tracepoint\") int t(void *ctx) { return 0; }\n"
				      "SEC(\"perf_event\") int p(void *ctx) { return 0; }\n"
				      "SEC(\"raw_tracepoint\") int r(void *ctx) { return 0; }\n");
	int status = 0;
	pid_t child = fork();

	if (!child)
		_exit(attach_as_nobody(bee_of(state), mod));
	assert_true(waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- the compiler ------------------------------------------------------------------------ */

/* A runtime whose compiler is a script of ours. */
static struct bee *open_with_script(const char *body, char path[64])
{
	struct bee_opts opts = { .size = sizeof(opts), .compiler = path };
	struct bee *bee;
	FILE *file;
	int fd;

	strcpy(path, "/tmp/bee-fake-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	fprintf(file, "#!/bin/sh\n%s\n", body);
	assert_int_equal(fchmod(fd, 0755), 0);
	fclose(file);
	assert_int_equal(bee_open(&opts, &bee), 0);
	return bee;
}

static void check_script(const char *body, int want, const char *words)
{
	struct bee_module *mod = NULL;
	char path[64];
	struct bee *bee = open_with_script(body, path);
	int fds = count_fds();

	check_err(bee, try_load(bee, "int x;\n", &mod), want);
	check_says(bee, words);
	assert_int_equal(first_error(bee)->stage, BEE_STAGE_COMPILE);
	assert_int_equal(count_fds(), fds);
	bee_close(bee);
	unlink(path);
}

static void a_missing_compiler_is_named(void **state)
{
	struct bee_opts opts = { .size = sizeof(opts), .compiler = "/no/such/moonbee-cc" };
	struct bee_module *mod = NULL;
	struct bee *bee;

	assert_int_equal(bee_open(&opts, &bee), 0);
	check_err(bee, try_load(bee, "int x;\n", &mod), -ENOENT);
	check_says(bee, "/no/such/moonbee-cc");
	bee_close(bee);
}

/* Field BEE_WIRE_BUILD (2) with another id, then BEE_WIRE_END (1): u32 tag, head, body; NUL-ended. */
static void a_compiler_of_another_build_is_refused(void **state)
{
	check_script("cat >/dev/null\n"
		     "printf '\\002\\0\\0\\0\\005\\0\\0\\0\\0\\0\\0\\0other\\0\\0'\n"
		     "printf '\\001\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'",
		     -EPROTO, "another build");
}

static void a_compiler_that_talks_nonsense_is_refused(void **state)
{
	check_script("cat >/dev/null; echo hello, I am no compiler at all", -EPROTO, "");
	check_script("cat >/dev/null; exit 0", -EPROTO, "without an answer");
	check_script("exit 3", -EPROTO, "exit 3");
}

static void a_compiler_that_is_killed_is_an_error(void **state)
{
	check_script("head -c 10 >/dev/null; kill -9 $$", -EPIPE, "signal 9");
}

/* 30 seconds are the compiler's time; this test takes as long. */
static void a_compiler_that_hangs_is_killed(void **state)
{
	check_script("exec sleep 1000", -ETIMEDOUT, "30 s");
}

/* A host that waits for any child must not hear of the compiler, nor find one left. */
static void the_compiler_is_no_child_of_the_hosts(void **state)
{
	struct bee_module *mod = load(bee_of(state), "int x;\n");

	assert_non_null(mod);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	assert_int_equal(errno, ECHILD);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_syntax_error_is_told_at_the_scripts_line),
		TEST(an_unknown_field_is_named),
		TEST(an_unknown_kernel_field_is_named),
		TEST(an_unknown_map_is_named),
		TEST(a_wrong_key_type_is_told),
		TEST(an_empty_source_is_refused),
		TEST(ten_megabytes_of_source_are_refused),
		TEST(a_nul_in_the_source_is_refused),
		TEST(options_of_a_newer_library_are_refused),
		TEST(a_tracepoint_that_is_not_there_is_named),
		TEST(a_raw_tracepoint_that_is_not_there_is_named),
		TEST(a_btf_tracepoint_that_is_not_there_is_named),
		TEST(a_symbol_that_is_not_there_is_named),
		TEST(a_program_file_that_is_not_there_is_named),
		TEST(a_program_that_nothing_calls_is_named),
		TEST(a_hook_that_nobody_knows_is_named),
		TEST(a_rate_that_is_no_number_is_refused),
		TEST(bytes_that_are_no_object_are_refused),
		TEST(a_missing_btf_is_named),
		TEST(without_privilege_it_compiles_and_does_not_load),
		TEST(without_privilege_nothing_is_attached),
		TEST(a_missing_compiler_is_named),
		TEST(a_compiler_of_another_build_is_refused),
		TEST(a_compiler_that_talks_nonsense_is_refused),
		TEST(a_compiler_that_is_killed_is_an_error),
		TEST(the_compiler_is_no_child_of_the_hosts),
	};
	const struct CMUnitTest slow[] = {
		TEST(a_compiler_that_hangs_is_killed),
	};

	if (argc > 1 && !strcmp(argv[1], "slow"))
		return cmocka_run_group_tests(slow, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
