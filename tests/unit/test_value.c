/* SPDX-License-Identifier: Apache-2.0 */
/* C types out of BTF that libbpf's own writer made, and numbers in and out of bytes by them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "internal.h"

struct fixture {
	struct btf *btf;
	struct bee__typeset *set;
};

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	fix->btf = btf__new_empty();
	*state = fix;
	return !fix->btf;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	bee__typeset_free(fix->set);
	btf__free(fix->btf);
	free(fix);
	return 0;
}

/* A type of BTF that is complete from here on. */
static const struct bee_type *get_type(struct fixture *fix, int id)
{
	const struct bee_type *type;

	assert_true(id > 0);
	if (!fix->set)
		fix->set = bee__typeset_new(fix->btf);
	assert_non_null(fix->set);
	type = bee__type(fix->set, id);
	assert_non_null(type);
	return type;
}

static void integers_keep_sign_and_range(void **state)
{
	struct fixture *fix = *state;
	int u8_id = btf__add_int(fix->btf, "u8", 1, 0);
	int s16_id = btf__add_int(fix->btf, "s16", 2, BTF_INT_SIGNED);
	int u64_id = btf__add_int(fix->btf, "u64", 8, 0);
	const struct bee_type *u8 = get_type(fix, u8_id), *s16 = get_type(fix, s16_id);
	const struct bee_type *u64 = get_type(fix, u64_id);
	unsigned char byte = 0xff;
	int16_t small = -2;
	uint64_t big = UINT64_MAX;
	int64_t value;

	assert_int_equal(u8->kind, BEE_KIND_INT);
	assert_int_equal(bee_value_get_int(u8, &byte, &value), 0);
	assert_int_equal(value, 255);
	assert_int_equal(bee_value_get_int(s16, &small, &value), 0);
	assert_int_equal(value, -2);
	assert_int_equal(bee_value_get_int(u64, &big, &value), 0);
	assert_int_equal(value, -1);
	assert_int_equal(bee_value_set_int(u8, &byte, 256), -ERANGE);
	assert_int_equal(bee_value_set_int(u8, &byte, -1), -ERANGE);
	assert_int_equal(byte, 0xff);
	assert_int_equal(bee_value_set_int(s16, &small, -32768), 0);
	assert_int_equal(small, -32768);
	assert_int_equal(bee_value_set_int(s16, &small, 32768), -ERANGE);
	assert_int_equal(bee_value_set_int(u64, &big, -5), 0);
	assert_true(big == (uint64_t)-5);
}

static void typedefs_and_qualifiers_come_off(void **state)
{
	struct fixture *fix = *state;
	int u32 = btf__add_int(fix->btf, "unsigned int", 4, 0);
	int alias = btf__add_typedef(fix->btf, "u32", u32);
	int outer = btf__add_const(fix->btf, btf__add_volatile(fix->btf, alias));
	const struct bee_type *type = get_type(fix, outer);

	assert_int_equal(type->kind, BEE_KIND_INT);
	assert_int_equal(type->size, 4);
	assert_false(type->is_signed);
}

static void arrays_of_char_are_strings(void **state)
{
	struct fixture *fix = *state;
	int index = btf__add_int(fix->btf, "int", 4, BTF_INT_SIGNED);
	int chr = btf__add_int(fix->btf, "char", 1, BTF_INT_SIGNED);
	int u16 = btf__add_int(fix->btf, "u16", 2, 0);
	int text_id = btf__add_array(fix->btf, index, chr, 16);
	int list_id = btf__add_array(fix->btf, index, u16, 3);
	const struct bee_type *text = get_type(fix, text_id), *list = get_type(fix, list_id);

	assert_int_equal(text->kind, BEE_KIND_STRING);
	assert_int_equal(text->size, 16);
	assert_int_equal(text->elems_len, 16);
	assert_int_equal(list->kind, BEE_KIND_ARRAY);
	assert_int_equal(list->size, 6);
	assert_int_equal(list->elem->size, 2);
}

/* struct { u32 a; union { u32 b; struct { u16 c, d; }; }; } */
static void members_of_anonymous_structs_stand_in_their_parents_list(void **state)
{
	struct fixture *fix = *state;
	int u32 = btf__add_int(fix->btf, "u32", 4, 0), u16 = btf__add_int(fix->btf, "u16", 2, 0);
	int inner, middle, outer;
	const struct bee_type *type;
	const char *names[] = { "a", "b", "c", "d" };
	const uint32_t offsets[] = { 0, 32, 32, 48 };

	inner = btf__add_struct(fix->btf, NULL, 4);
	btf__add_field(fix->btf, "c", u16, 0, 0);
	btf__add_field(fix->btf, "d", u16, 16, 0);
	middle = btf__add_union(fix->btf, NULL, 4);
	btf__add_field(fix->btf, "b", u32, 0, 0);
	btf__add_field(fix->btf, NULL, inner, 0, 0);
	outer = btf__add_struct(fix->btf, "outer", 8);
	btf__add_field(fix->btf, "a", u32, 0, 0);
	btf__add_field(fix->btf, NULL, middle, 32, 0);
	type = get_type(fix, outer);

	assert_int_equal(type->kind, BEE_KIND_STRUCT);
	assert_string_equal(type->name, "outer");
	assert_int_equal(type->fields_len, 4);
	for (int i = 0; i < 4; i++) {
		assert_string_equal(type->fields[i].name, names[i]);
		assert_int_equal(type->fields[i].bit_offset, offsets[i]);
		assert_ptr_equal(bee_field_find(type, names[i]), &type->fields[i]);
	}
	assert_null(bee_field_find(type, ""));
}

static void bitfields_are_read_and_written_in_place(void **state)
{
	struct bits {
		unsigned int low : 3;
		int sign : 5;
		unsigned long wide : 40;
	} bits = { 5, -7, 0x123456789a };
	struct fixture *fix = *state;
	int u32 = btf__add_int(fix->btf, "u32", 4, 0), u64 = btf__add_int(fix->btf, "u64", 8, 0);
	int s32 = btf__add_int(fix->btf, "int", 4, BTF_INT_SIGNED);
	int id = btf__add_struct(fix->btf, "bits", sizeof(bits));
	const struct bee_type *type;
	int64_t value;

	/* Offsets as gcc lays it out for this machine; the struct above is the proof. */
	btf__add_field(fix->btf, "low", u32, 0, 3);
	btf__add_field(fix->btf, "sign", s32, 3, 5);
	btf__add_field(fix->btf, "wide", u64, 8, 40);
	type = get_type(fix, id);
	assert_int_equal(bee_field_get_int(bee_field_find(type, "low"), &bits, &value), 0);
	assert_int_equal(value, 5);
	assert_int_equal(bee_field_get_int(bee_field_find(type, "sign"), &bits, &value), 0);
	assert_int_equal(value, -7);
	assert_int_equal(bee_field_get_int(bee_field_find(type, "wide"), &bits, &value), 0);
	assert_true(value == 0x123456789a);
	assert_int_equal(bee_field_set_int(bee_field_find(type, "sign"), &bits, 15), 0);
	assert_int_equal(bee_field_set_int(bee_field_find(type, "sign"), &bits, 16), -ERANGE);
	assert_int_equal(bee_field_set_int(bee_field_find(type, "low"), &bits, 2), 0);
	assert_int_equal(bits.low, 2);
	assert_int_equal(bits.sign, 15);
	assert_true(bits.wide == 0x123456789a);
}

static void enums_have_names_and_signs(void **state)
{
	struct fixture *fix = *state;
	int id = btf__add_enum(fix->btf, "color", 4), big;
	const struct bee_type *type;

	btf__add_enum_value(fix->btf, "RED", 0);
	btf__add_enum_value(fix->btf, "NONE", -1);
	big = btf__add_enum64(fix->btf, "big", 8, false);
	btf__add_enum64_value(fix->btf, "HUGE", UINT64_C(1) << 40);

	type = get_type(fix, id);
	assert_int_equal(type->kind, BEE_KIND_ENUM);
	assert_int_equal(type->enums_len, 2);
	assert_string_equal(type->enums[1].name, "NONE");
	assert_int_equal(type->enums[1].value, -1);
	type = get_type(fix, big);
	assert_int_equal(type->kind, BEE_KIND_ENUM);
	assert_int_equal(type->size, 8);
	assert_true(type->enums[0].value == INT64_C(1) << 40);
}

static void a_struct_that_points_to_itself_ends(void **state)
{
	struct fixture *fix = *state;
	int pointer = btf__add_ptr(fix->btf, 2); /* to what comes next */
	int id = btf__add_struct(fix->btf, "node", 8);
	const struct bee_type *type;

	assert_int_equal(id, 2);
	btf__add_field(fix->btf, "next", pointer, 0, 0);
	type = get_type(fix, id);
	assert_int_equal(type->fields_len, 1);
	assert_int_equal(type->fields[0].type->kind, BEE_KIND_POINTER);
	assert_int_equal(type->fields[0].type->size, 8);
}

static void bytes_have_a_size_and_no_number(void **state)
{
	struct fixture *fix = *state;
	const struct bee_type *type;
	char data[12] = { 0 };
	int64_t value;

	fix->set = bee__typeset_new(fix->btf);
	type = bee__type_bytes(fix->set, 12);
	assert_int_equal(type->kind, BEE_KIND_BYTES);
	assert_int_equal(type->size, 12);
	assert_int_equal(bee_value_get_int(type, data, &value), -EINVAL);
	assert_int_equal(bee_value_set_int(type, data, 1), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(integers_keep_sign_and_range, setup, teardown),
		cmocka_unit_test_setup_teardown(typedefs_and_qualifiers_come_off, setup, teardown),
		cmocka_unit_test_setup_teardown(arrays_of_char_are_strings, setup, teardown),
		cmocka_unit_test_setup_teardown(
			members_of_anonymous_structs_stand_in_their_parents_list, setup, teardown),
		cmocka_unit_test_setup_teardown(bitfields_are_read_and_written_in_place, setup,
						teardown),
		cmocka_unit_test_setup_teardown(enums_have_names_and_signs, setup, teardown),
		cmocka_unit_test_setup_teardown(a_struct_that_points_to_itself_ends, setup,
						teardown),
		cmocka_unit_test_setup_teardown(bytes_have_a_size_and_no_number, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
