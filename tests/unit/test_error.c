/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics: kept in order, told with line and caret, forgotten by the next call. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

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

static void check_text(struct bee *bee, const char *want)
{
	char text[512];

	assert_int_equal(bee_error_text(bee, text, sizeof(text)), strlen(want));
	assert_string_equal(text, want);
}

static void strings_are_never_null(void **state)
{
	const struct bee_diag *diag;

	assert_int_equal(bee__fail(*state, BEE_STAGE_MAP, -ENOENT, "no map '%s'", "x"), -ENOENT);
	diag = bee_diag_next(*state, NULL);
	assert_int_equal(diag->stage, BEE_STAGE_MAP);
	assert_int_equal(diag->severity, BEE_ERROR);
	assert_int_equal(diag->err, -ENOENT);
	assert_string_equal(diag->text, "no map 'x'");
	assert_string_equal(diag->file, "");
	assert_string_equal(diag->source, "");
	assert_string_equal(diag->hint, "");
	assert_string_equal(diag->log, "");
	assert_null(bee_diag_next(*state, diag));
}

static void a_caret_stands_under_the_column(void **state)
{
	const struct bee_diag diag = {
		.stage = BEE_STAGE_COMPILE,
		.severity = BEE_ERROR,
		.err = -EINVAL,
		.file = "tool.lua",
		.line = 12,
		.column = 4,
		.text = "no member named 'x'",
		.source = "\te.x = 1;",
	};

	assert_int_equal(bee__diag(*state, &diag), -EINVAL);
	bee__hint(*state, "try %s", "y");
	check_text(*state, "tool.lua:12:4: error: no member named 'x'\n"
			   "  \te.x = 1;\n"
			   "  \t  ^\n"
			   "  hint: try y");
}

static void warnings_are_kept_and_not_told_as_errors(void **state)
{
	const struct bee_diag warning = {
		.severity = BEE_WARNING, .file = "a.c", .line = 1, .text = "careful"
	};

	assert_int_equal(bee__diag(*state, &warning), 0);
	bee__fail(*state, BEE_STAGE_LOAD, -EPERM, "first");
	bee__fail(*state, BEE_STAGE_LOAD, -EPERM, "second");
	check_text(*state, "first\nsecond");
	assert_string_equal(bee_diag_next(*state, NULL)->text, "careful");
}

static void a_text_that_does_not_fit_is_cut(void **state)
{
	char text[4];

	bee__fail(*state, BEE_STAGE_LOAD, -EPERM, "abcdef");
	assert_int_equal(bee_error_text(*state, text, sizeof(text)), 6);
	assert_string_equal(text, "abc");
	assert_int_equal(bee_error_text(*state, NULL, 0), 6);
}

static void the_next_call_forgets(void **state)
{
	bee__fail(*state, BEE_STAGE_LOAD, -EPERM, "old");
	bee__diags_clear(*state);
	assert_null(bee_diag_next(*state, NULL));
	check_text(*state, "");
	bee__fail(*state, BEE_STAGE_LOAD, -EPERM, "new");
	check_text(*state, "new");
}

static void stages_have_words(void **state)
{
	assert_string_equal(bee_stage_name(BEE_STAGE_COMPILE), "compile");
	assert_string_equal(bee_stage_name(BEE_STAGE_VALUE), "value");
	assert_string_equal(bee_stage_name(BEE_STAGE_NONE), "");
	assert_non_null(bee_stage_name(999));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(strings_are_never_null, setup, teardown),
		cmocka_unit_test_setup_teardown(a_caret_stands_under_the_column, setup, teardown),
		cmocka_unit_test_setup_teardown(warnings_are_kept_and_not_told_as_errors, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_text_that_does_not_fit_is_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(the_next_call_forgets, setup, teardown),
		cmocka_unit_test(stages_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
