/* SPDX-License-Identifier: Apache-2.0 */
/* From a text to the files that the compiler will see. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "internal.h"

struct fixture {
	struct bee *bee;
	struct bee_load_opts opts;
	struct bee__files files;
	char dir[64];
};

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	*state = fix;
	strcpy(fix->dir, "/tmp/bee-source-XXXXXX");
	return !mkdtemp(fix->dir) || bee_open(NULL, &fix->bee);
}

static int teardown(void **state)
{
	struct fixture *fix = *state;
	char command[128];

	bee__files_free(&fix->files);
	bee_close(fix->bee);
	snprintf(command, sizeof(command), "rm -r '%s'", fix->dir);
	free(fix);
	return system(command);
}

static void write_file(struct fixture *fix, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", fix->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int read_text(struct fixture *fix, const char *text)
{
	struct bee_source source = {
		.size = sizeof(source), .name = "tool.lua", .line = 7, .text = text, .dir = fix->dir
	};

	return bee__source_read(fix->bee, &source, &fix->opts, false, &fix->files);
}

/* The file whose path ends in this. */
static const struct bee__file *find(struct fixture *fix, const char *end)
{
	for (size_t i = 0; i < fix->files.len; i++) {
		const struct bee__file *file = &fix->files.list[i];
		size_t len = strlen(file->path);

		if (len >= strlen(end) && !strcmp(file->path + len - strlen(end), end))
			return file;
	}
	return NULL;
}

static void the_source_is_last_and_knows_its_line(void **state)
{
	struct fixture *fix = *state;
	const struct bee__file *last;

	assert_int_equal(read_text(fix, "int x;\n"), 0);
	assert_int_equal(fix->files.len, 1);
	last = &fix->files.list[0];
	assert_string_equal(last->text, "#line 7 \"tool.lua\"\nint x;\n");
	assert_int_equal(last->size, strlen(last->text));
	assert_int_equal(last->path[0], '/');
}

static void a_text_of_a_given_size_needs_no_nul(void **state)
{
	struct fixture *fix = *state;
	struct bee_source source = { .size = sizeof(source),
				     .text = "int x; garbage",
				     .text_size = 6 };

	assert_int_equal(bee__source_read(fix->bee, &source, &fix->opts, false, &fix->files), 0);
	assert_string_equal(fix->files.list[0].text, "#line 1 \"<bpf>\"\nint x;");
}

static void a_name_with_a_quote_stays_one_name(void **state)
{
	struct fixture *fix = *state;
	struct bee_source source = { .size = sizeof(source),
				     .name = "a \"b\" \\ c.lua",
				     .text = "int x;\n" };

	assert_int_equal(bee__source_read(fix->bee, &source, &fix->opts, false, &fix->files), 0);
	assert_string_equal(fix->files.list[0].text,
			    "#line 1 \"a \\\"b\\\" \\\\ c.lua\"\nint x;\n");
}

static void users_headers_come_along_from_their_folder(void **state)
{
	struct fixture *fix = *state;
	char sub[128];

	snprintf(sub, sizeof(sub), "%s/sub", fix->dir);
	assert_int_equal(mkdir(sub, 0755), 0);
	write_file(fix, "a.h", "#include \"sub/b.h\"\nint a;\n");
	write_file(fix, "sub/b.h", "  #  include \"c.h\"\nint b;\n");
	write_file(fix, "sub/c.h", "int c;\n");
	assert_int_equal(read_text(fix, "#include \"a.h\"\nint x;\n"), 0);
	assert_int_equal(fix->files.len, 4);
	assert_non_null(find(fix, "/a.h"));
	assert_non_null(find(fix, "/sub/b.h"));
	assert_non_null(find(fix, "/sub/c.h"));
	assert_non_null(strstr(find(fix, "/sub/c.h")->text, "int c;\n"));
	assert_non_null(strstr(fix->files.list[3].text, "int x;\n"));
}

static void headers_that_include_each_other_end(void **state)
{
	struct fixture *fix = *state;

	write_file(fix, "a.h", "#include \"b.h\"\n");
	write_file(fix, "b.h", "#include \"a.h\"\n");
	assert_int_equal(read_text(fix, "#include \"a.h\"\n#include \"b.h\"\nint x;\n"), 0);
	assert_int_equal(fix->files.len, 3);
}

static void kernel_headers_are_there_and_empty(void **state)
{
	struct fixture *fix = *state;
	const struct bee__file *file;

	assert_int_equal(read_text(fix, "#include <linux/sched.h>\n#include \"vmlinux.h\"\n"
					"#include <bpf/bpf_helpers.h>\nint x;\n"),
			 0);
	file = find(fix, "linux/sched.h");
	assert_non_null(file);
	assert_int_equal(strncmp(file->path, "/bee/", 5), 0);
	assert_null(strchr(strchr(file->text, '\n'), 'i')); /* nothing but the #line */
	assert_non_null(find(fix, "vmlinux.h"));
	assert_non_null(find(fix, "bpf/bpf_helpers.h"));
}

static void a_users_own_vmlinux_wins(void **state)
{
	struct fixture *fix = *state;

	write_file(fix, "vmlinux.h", "struct mine { int x; };\n");
	assert_int_equal(read_text(fix, "#include \"vmlinux.h\"\nint x;\n"), 0);
	assert_non_null(strstr(find(fix, "vmlinux.h")->text, "struct mine"));
}

static void the_folders_are_looked_at_in_order(void **state)
{
	struct fixture *fix = *state;
	char first[128], second[128];
	const char *folders[] = { first, second };

	snprintf(first, sizeof(first), "%s/first", fix->dir);
	snprintf(second, sizeof(second), "%s/second", fix->dir);
	assert_int_equal(mkdir(first, 0755) | mkdir(second, 0755), 0);
	write_file(fix, "first/a.h", "int first_a;\n#include <b.h>\n");
	write_file(fix, "second/a.h", "int second_a;\n");
	write_file(fix, "second/b.h", "int second_b;\n");
	write_file(fix, "second/c.h", "int second_c;\n");
	write_file(fix, "c.h", "int beside_c;\n");
	fix->opts.includes = folders;
	fix->opts.includes_len = 2;
	assert_int_equal(read_text(fix, "#include <a.h>\n#include \"c.h\"\n#include \"b.h\"\n"), 0);
	assert_int_equal(fix->files.len, 4);
	assert_non_null(strstr(find(fix, "/first/a.h")->text, "first_a"));
	assert_null(find(fix, "/second/a.h"));
	assert_non_null(find(fix, "/second/b.h"));
	assert_non_null(strstr(find(fix, "/c.h")->text, "beside_c"));
	assert_int_equal(fix->files.folders_len, 2);
}

static void a_folder_of_kernel_headers_is_passed_over_for_them(void **state)
{
	struct fixture *fix = *state;
	const char *folders[] = { fix->dir };
	char linux_dir[128];

	snprintf(linux_dir, sizeof(linux_dir), "%s/linux", fix->dir);
	assert_int_equal(mkdir(linux_dir, 0755), 0);
	write_file(fix, "linux/mine.h", "int mine;\n");
	fix->opts.includes = folders;
	fix->opts.includes_len = 1;
	assert_int_equal(read_text(fix, "#include <linux/mine.h>\n"), 0);
	assert_non_null(strstr(find(fix, "linux/mine.h")->text, "int mine;"));
	bee__files_free(&fix->files);

	write_file(fix, "linux/bpf.h", "#error of the kernel\n");
	write_file(fix, "own.h", "int own;\n");
	assert_int_equal(read_text(fix, "#include <linux/bpf.h>\n#include <own.h>\n"), 0);
	assert_null(strstr(find(fix, "linux/bpf.h")->text, "error"));
	assert_non_null(strstr(find(fix, "/own.h")->text, "int own;"));
}

static void a_folder_that_is_none_is_told(void **state)
{
	struct fixture *fix = *state;
	const char *folders[] = { "/nowhere/at all" };

	fix->opts.includes = folders;
	fix->opts.includes_len = 1;
	assert_int_equal(read_text(fix, "int x;\n"), -ENOENT);
	assert_non_null(strstr(bee_diag_next(fix->bee, NULL)->text, "'/nowhere/at all'"));
	bee__diags_clear(fix->bee);
	folders[0] = "/dev/null";
	assert_int_equal(read_text(fix, "int x;\n"), -ENOTDIR);
	assert_null(fix->files.folders);
}

static void bad_sources_are_told(void **state)
{
	static const char nul[] = "int x;\n\nint\0y;\n";
	struct bee_source source = {
		.size = sizeof(source), .line = 5, .text = nul, .text_size = sizeof(nul) - 1
	};
	struct fixture *fix = *state;

	assert_int_equal(bee__source_read(fix->bee, &source, &fix->opts, false, &fix->files),
			 -EINVAL);
	assert_int_equal(bee_diag_next(fix->bee, NULL)->stage, BEE_STAGE_SOURCE);
	assert_int_equal(bee_diag_next(fix->bee, NULL)->line, 7);
	bee__diags_clear(fix->bee);
	assert_int_equal(read_text(fix, ""), -EINVAL);
	assert_int_equal(read_text(fix, " \n\t\n"), -EINVAL);
	assert_null(fix->files.list);
}

static void the_largest_source_is_read_and_one_byte_more_is_not(void **state)
{
	struct fixture *fix = *state;
	char *text = malloc(BEE_SOURCE_MAX + 2);

	memset(text, ' ', BEE_SOURCE_MAX + 1);
	memcpy(text, "int x;", 6);
	text[BEE_SOURCE_MAX] = '\0';
	assert_int_equal(read_text(fix, text), 0);
	bee__files_free(&fix->files);
	text[BEE_SOURCE_MAX] = ' ';
	text[BEE_SOURCE_MAX + 1] = '\0';
	assert_int_equal(read_text(fix, text), -E2BIG);
	free(text);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_source_is_last_and_knows_its_line),
		CASE(a_text_of_a_given_size_needs_no_nul),
		CASE(a_name_with_a_quote_stays_one_name),
		CASE(users_headers_come_along_from_their_folder),
		CASE(headers_that_include_each_other_end),
		CASE(kernel_headers_are_there_and_empty),
		CASE(a_users_own_vmlinux_wins),
		CASE(the_folders_are_looked_at_in_order),
		CASE(a_folder_of_kernel_headers_is_passed_over_for_them),
		CASE(a_folder_that_is_none_is_told),
		CASE(bad_sources_are_told),
		CASE(the_largest_source_is_read_and_one_byte_more_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
