/* SPDX-License-Identifier: Apache-2.0 */
/* Values as text, by types that are written down here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "moonbee.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const struct bee_type u8 = { .kind = BEE_KIND_INT, .size = 1, .name = "u8" };
static const struct bee_type s32 = {
	.kind = BEE_KIND_INT, .is_signed = true, .size = 4, .name = "int"
};
static const struct bee_type u32 = { .kind = BEE_KIND_INT, .size = 4, .name = "u32" };
static const struct bee_type u64 = { .kind = BEE_KIND_INT, .size = 8, .name = "u64" };
static const struct bee_type flag = { .kind = BEE_KIND_BOOL, .size = 1, .name = "bool" };
static const struct bee_type real = { .kind = BEE_KIND_FLOAT, .size = 8, .name = "double" };
static const struct bee_type pointer = { .kind = BEE_KIND_POINTER, .size = 8, .name = "" };
static const struct bee_type text8 = { .kind = BEE_KIND_STRING, .size = 8, .name = "" };
static const struct bee_type bytes3 = { .kind = BEE_KIND_BYTES, .size = 3, .name = "" };

static void check(const struct bee_type *type, const void *data, const char *want)
{
	char buf[256];

	assert_int_equal(bee_value_text(type, data, buf, sizeof(buf)), strlen(want));
	assert_string_equal(buf, want);
}

static void numbers_have_their_sign(void **state)
{
	check(&s32, &(int32_t){ -7 }, "-7");
	check(&u32, &(uint32_t){ 4294967295 }, "4294967295");
	check(&u64, &(uint64_t){ UINT64_MAX }, "18446744073709551615");
	check(&flag, &(bool){ true }, "true");
	check(&flag, &(bool){ false }, "false");
	check(&real, &(double){ 0.5 }, "0.5");
	check(&pointer, &(uint64_t){ 0xffff888000001000 }, "0xffff888000001000");
}

static void text_ends_at_its_nul_and_hides_nothing(void **state)
{
	check(&text8, "sh\0junk", "\"sh\"");
	check(&text8, "eight888", "\"eight888\"");
	check(&text8, "a\"b\\\n\033\0", "\"a\\x22b\\x5c\\x0a\\x1b\"");
	check(&text8, "\xc3\xa4\0\0\0\0\0", "\"\xc3\xa4\"");
}

static void bytes_are_hexadecimal(void **state)
{
	check(&bytes3, "\x00\x7f\xff", "00 7f ff");
}

static void enums_have_names_where_there_are_any(void **state)
{
	static const struct bee_enum colors[] = { { "RED", 0 }, { "GREEN", 7 } };
	const struct bee_type color = {
		.kind = BEE_KIND_ENUM, .size = 4, .name = "color", .enums = colors, .enums_len = 2
	};

	check(&color, &(uint32_t){ 7 }, "GREEN");
	check(&color, &(uint32_t){ 8 }, "8");
}

static void structs_and_arrays_nest(void **state)
{
	const struct bee_type list = {
		.kind = BEE_KIND_ARRAY, .size = 3, .name = "", .elem = &u8, .elems_len = 3
	};
	const struct bee_field inner_fields[] = {
		{ .name = "low", .type = &u8, .bit_offset = 0, .bit_size = 3 },
		{ .name = "high", .type = &u8, .bit_offset = 3, .bit_size = 5 },
	};
	const struct bee_type inner = { .kind = BEE_KIND_STRUCT,
					.size = 1,
					.name = "",
					.fields = inner_fields,
					.fields_len = LEN(inner_fields) };
	const struct bee_type none = { .kind = BEE_KIND_STRUCT, .name = "" };
	const struct bee_field fields[] = {
		{ .name = "pid", .type = &u32, .bit_offset = 0 },
		{ .name = "list", .type = &list, .bit_offset = 32 },
		{ .name = "bits", .type = &inner, .bit_offset = 56 },
		{ .name = "none", .type = &none, .bit_offset = 64 },
	};
	const struct bee_type outer = { .kind = BEE_KIND_STRUCT,
					.size = 8,
					.name = "event",
					.fields = fields,
					.fields_len = LEN(fields) };
	const unsigned char data[8] = { 1, 0, 0, 0, 4, 5, 6, 3 << 3 | 2 };

	check(&outer, data,
	      "{ pid = 1, list = [4, 5, 6], bits = { low = 2, high = 3 }, none = {} }");
}

static void a_small_buffer_cuts_and_tells_the_length(void **state)
{
	char buf[4] = "xxx";

	assert_int_equal(bee_value_text(&u32, &(uint32_t){ 123456 }, NULL, 0), 6);
	assert_int_equal(bee_value_text(&u32, &(uint32_t){ 123456 }, buf, sizeof(buf)), 6);
	assert_string_equal(buf, "123");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_their_sign),
		cmocka_unit_test(text_ends_at_its_nul_and_hides_nothing),
		cmocka_unit_test(bytes_are_hexadecimal),
		cmocka_unit_test(enums_have_names_where_there_are_any),
		cmocka_unit_test(structs_and_arrays_nest),
		cmocka_unit_test(a_small_buffer_cuts_and_tells_the_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
