/* SPDX-License-Identifier: Apache-2.0 */
/* Global variables: the same memory for the program and for the caller. */
#include "support.h"

#define SOURCE                                                     \
	"const volatile u32 step = 1;\n"                           \
	"const volatile s64 offset = -5;\n"                        \
	"u64 total;\n"                                             \
	"u64 start = 1000;\n"                                      \
	"static u64 hidden;\n"                                     \
	"struct pair { u32 left; s16 right; } pair = { 3, -4 };\n" \
	"TRACEPOINT_PROBE(syscalls, sys_enter_close)\n"            \
	"{\n"                                                      \
	"	if (args->fd != MAGIC) return 0;\n"                      \
	"	hidden++;\n"                                             \
	"	total = start + hidden * step + offset;\n"               \
	"	pair.right--;\n"                                         \
	"	return 0;\n"                                             \
	"}\n"

static void a_write_is_seen_by_the_program(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, SOURCE);

	assert_int_equal(get_var(mod, "start"), 1000);
	*(uint64_t *)bee_var_find(mod, "start")->data = 50;
	attach(bee, mod, 1);
	fire(2);
	assert_int_equal(get_var(mod, "total"), 50 + 2 - 5);
}

static void a_constant_is_set_before_load(void **state)
{
	const struct bee_const consts[] = { { "step", 7 }, { "offset", -9 } };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	check_err(bee, try_load_consts(bee, SOURCE, consts, 2, &mod), 0);
	assert_true(bee_var_find(mod, "step")->is_const);
	assert_false(bee_var_find(mod, "start")->is_const);
	attach(bee, mod, 1);
	fire(2);
	assert_int_equal(get_var(mod, "total"), 1000 + 14 - 9);
}

static void an_unknown_constant_is_refused(void **state)
{
	const struct bee_const unknown = { "stepp", 7 };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	assert_true(try_load_consts(bee, SOURCE, &unknown, 1, &mod) < 0);
	check_says(bee, "stepp");
}

static void a_constant_that_does_not_fit_is_refused(void **state)
{
	const struct bee_const big = { "step", INT64_C(1) << 40 };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	check_err(bee, try_load_consts(bee, SOURCE, &big, 1, &mod), -ERANGE);
	check_says(bee, "step");
}

static void a_variable_that_is_not_constant_is_no_constant(void **state)
{
	const struct bee_const variable = { "start", 7 };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	assert_true(try_load_consts(bee, SOURCE, &variable, 1, &mod) < 0);
	check_says(bee, "start");
}

static void structs_have_fields(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, SOURCE);
	const struct bee_var *pair = bee_var_find(mod, "pair");
	int64_t value;

	attach(bee, mod, 1);
	fire(3);
	assert_non_null(pair);
	assert_int_equal(pair->type->kind, BEE_KIND_STRUCT);
	assert_int_equal(bee_field_get_int(bee_field_find(pair->type, "right"), pair->data, &value),
			 0);
	assert_int_equal(value, -7);
	assert_ptr_equal(bee_type_find(mod, "struct pair"), pair->type);
}

static void an_unknown_variable_is_null(void **state)
{
	struct bee_module *mod = load(bee_of(state), SOURCE);
	const struct bee_var *var;
	bool has_total = false;

	assert_null(bee_var_find(mod, "nothing"));
	for (var = bee_var_next(mod, NULL); var; var = bee_var_next(mod, var))
		has_total |= !strcmp(var->name, "total");
	assert_true(has_total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_write_is_seen_by_the_program),
		TEST(a_constant_is_set_before_load),
		TEST(an_unknown_constant_is_refused),
		TEST(a_constant_that_does_not_fit_is_refused),
		TEST(a_variable_that_is_not_constant_is_no_constant),
		TEST(structs_have_fields),
		TEST(an_unknown_variable_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
