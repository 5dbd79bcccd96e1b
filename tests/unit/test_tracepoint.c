/* SPDX-License-Identifier: Apache-2.0 */
/* Tracepoints: where tracefs is found, and the structs that its format files become. */
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

static void the_nearest_name_is_found(void **state)
{
	char near[128];

	skip_without_tracefs(*state);
	assert_true(bee__tracepoint_near(*state, "sched", "sched_swich", near, sizeof(near)));
	assert_string_equal(near, "sched:sched_switch");
	assert_false(bee__tracepoint_near(*state, "sched", "q", near, sizeof(near)));
	assert_false(bee__tracepoint_near(*state, "no_such", "q", near, sizeof(near)));
	assert_false(bee__tracepoint_near(*state, "", "", near, sizeof(near)));
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

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(tracefs_is_found_without_a_mount), CASE(a_tracepoint_has_a_number),
		CASE(the_nearest_name_is_found),        CASE(a_format_becomes_a_struct),
		CASE(widths_are_those_of_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
