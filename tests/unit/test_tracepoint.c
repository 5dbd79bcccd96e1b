/* SPDX-License-Identifier: Apache-2.0 */
/* Tracepoints: where tracefs is found, and the structs that its format files become. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "internal.h"

static int setup(void **state)
{
	return bee_open(NULL, (struct bee **)state);
}

static int teardown(void **state)
{
	bee_close(*state);
	return 0;
}

/* Only root may mount tracefs for itself, or read it. */
static void skip_without_tracefs(struct bee *bee)
{
	int fd = bee__tracefs(bee);

	if (fd >= 0)
		return;
	print_message("tracefs: %s, uid %d\n", strerror(-fd), geteuid());
	if (geteuid())
		skip();
	fail();
}

static void tracefs_is_found_without_a_mount(void **state)
{
	struct bee *bee = *state;
	char *before, *after;
	size_t size;

	assert_int_equal(bee__read_file("/proc/self/mounts", &before, &size), 0);
	skip_without_tracefs(bee);
	assert_int_equal(bee__tracefs(bee), bee->tracefs_fd);
	assert_int_equal(bee__read_file("/proc/self/mounts", &after, &size), 0);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void a_tracepoint_has_a_number(void **state)
{
	skip_without_tracefs(*state);
	assert_true(bee__tracepoint_id(*state, "sched", "sched_switch") > 0);
	assert_int_equal(bee__tracepoint_id(*state, "sched", "no_such"), -ENOENT);
	assert_int_equal(bee__tracepoint_id(*state, "..", "sched"), -ENOENT);
	assert_int_equal(bee__tracepoint_id(*state, "a/b", "c"), -ENOENT);
	assert_int_equal(bee__tracepoint_id(*state, "", ""), -ENOENT);
}

/* What is said of a tracepoint that there is not; "": nothing. */
static void check_hint(struct bee *bee, const char *category, const char *event, const char *want)
{
	bee__diags_clear(bee);
	bee__fail(bee, BEE_STAGE_ATTACH, -ENOENT, "no such tracepoint");
	bee__hint_tracepoint(bee, category, event);
	assert_string_equal(bee_diag_next(bee, NULL)->hint, want);
}

static void the_nearest_name_is_found(void **state)
{
	skip_without_tracefs(*state);
	check_hint(*state, "sched", "sched_swich", "did you mean 'sched:sched_switch'?");
	check_hint(*state, "shed", "sched_switch", "did you mean 'sched'?");
	check_hint(*state, "sched", "q", "");
	check_hint(*state, "no_such", "q", "");
	check_hint(*state, "", "", "");
}

static int count_event(void *ctx, const char *category, const char *event)
{
	assert_string_equal(category, "sched");
	assert_memory_equal(event, "sched_process_", strlen("sched_process_"));
	return ++*(int *)ctx == 3 ? -EINTR : 0;
}

static void patterns_of_both_names_are_walked(void **state)
{
	int count = 0;

	skip_without_tracefs(*state);
	assert_int_equal(
		bee__tracepoints_each(*state, "sche?", "sched_process_*", count_event, &count),
		-EINTR);
	assert_int_equal(count, 3);
	assert_int_equal(bee__tracepoints_each(*state, "no_such*", "*", count_event, &count), 0);
	assert_int_equal(count, 3);
}

static void a_format_becomes_a_struct(void **state)
{
	struct bee__text text = { 0 };

	skip_without_tracefs(*state);
	assert_int_equal(bee__tracepoint_struct(*state, "sched", "sched_switch", &text), 0);
	assert_non_null(strstr(text.data, "struct tracepoint__sched__sched_switch {\n"
					  "\tunsigned long long __do_not_use__;\n"
					  "\tchar prev_comm[16];\n"));
	assert_int_equal(bee__tracepoint_struct(*state, "sched", "no_such", &text), -ENOENT);
	bee__text_free(&text);
}

static void widths_are_those_of_the_format(void **state)
{
	struct bee__text text = { 0 };

	skip_without_tracefs(*state);
	if (bee__tracepoint_id(*state, "syscalls", "sys_enter_openat") < 0) {
		print_message("this kernel was built without CONFIG_FTRACE_SYSCALLS\n");
		skip();
	}
	assert_int_equal(bee__tracepoint_struct(*state, "syscalls", "sys_enter_openat", &text), 0);
	/* Four bytes of a hole, and an int that takes 8. */
	assert_non_null(strstr(text.data, "\tint __syscall_nr;\n\tchar __bee_pad0[4];\n"
					  "\tunsigned long long dfd;\n"));
	bee__text_free(&text);
}

/* ---- every tracepoint of this kernel ----------------------------------------------------- */

/* Assert the places of a format's fields, as the kernel's text tells them. Returns how many. */
static size_t assert_fields(const char *format, const char *name, struct bee__text *text)
{
	size_t count = 0;

	for (const char *at = format; (at = strstr(at, "\tfield:")); at++) {
		unsigned int offset, size;
		const char *end = strchr(at, ';'), *start;
		bool is_located = memmem(at, end - at, "__data_loc", 10) ||
				  memmem(at, end - at, "__rel_loc", 9);

		if (sscanf(end, "; offset:%u; size:%u;", &offset, &size) != 2 || offset < 8)
			continue;
		if (!is_located && memchr(at, '[', end - at))
			end = memchr(at, '[', end - at);
		for (start = end; start[-1] != ' ' && start[-1] != '*'; start--)
			;
		bee__text_printf(text,
				 "_Static_assert(__builtin_offsetof(%s, %s%.*s) == %u &&"
				 " sizeof(((%s *)0)->%s%.*s) == %u, \"%s\");\n",
				 name, is_located ? "data_loc_" : "", (int)(end - start), start,
				 offset, name, is_located ? "data_loc_" : "", (int)(end - start),
				 start, size, name);
		count++;
	}
	return count;
}

static size_t add_tracepoint(struct bee *bee, const char *category, const char *event,
			     struct bee__text *text)
{
	char path[600], name[600], *format;
	size_t size, count;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/format", category, event);
	fd = bee__tracefs_open(bee, path, O_RDONLY);
	if (fd < 0 || bee__read_fd(fd, &format, &size))
		return 0; /* a file, or gone with its module */
	close(fd);
	assert_int_equal(bee__tracepoint_struct(bee, category, event, text), 0);
	snprintf(name, sizeof(name), "struct tracepoint__%s__%s", category, event);
	count = assert_fields(format, name, text);
	free(format);
	return count;
}

static size_t add_category(struct bee *bee, const char *category, struct bee__text *text)
{
	int fd = bee__tracefs_open(bee, category, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && entry->d_type == DT_DIR)
			count += add_tracepoint(bee, category, entry->d_name, text);
	if (dir)
		closedir(dir);
	return count;
}

static void every_field_lies_where_tracefs_says(void **state)
{
	struct bee__text text = { 0 };
	const struct dirent *entry;
	size_t count = 0;
	FILE *pipe;
	DIR *dir;

	skip_without_tracefs(*state);
	if (system("clang-19 --version >/dev/null 2>&1")) {
		print_message("no clang-19 to lay structs out\n");
		skip();
	}
	bee__text_printf(&text, "typedef unsigned char u8; typedef unsigned short u16;\n"
				"typedef unsigned int u32; typedef unsigned long long u64;\n");
	dir = fdopendir(bee__tracefs_open(*state, ".", O_RDONLY | O_DIRECTORY));
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			count += add_category(*state, entry->d_name, &text);
	closedir(dir);
	print_message("%zu fields\n", count);
	assert_true(count > 1000);
	pipe = popen("clang-19 -target bpf -fsyntax-only -Wno-everything -ferror-limit=0 -x c - "
		     "2>&1 | grep -m 9 error:",
		     "w");
	assert_non_null(pipe);
	assert_int_equal(fwrite(text.data, 1, text.len, pipe), text.len);
	assert_int_equal(pclose(pipe), 256); /* grep found nothing */
	bee__text_free(&text);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(tracefs_is_found_without_a_mount),    CASE(a_tracepoint_has_a_number),
		CASE(the_nearest_name_is_found),           CASE(patterns_of_both_names_are_walked),
		CASE(a_format_becomes_a_struct),           CASE(widths_are_those_of_the_format),
		CASE(every_field_lies_where_tracefs_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
