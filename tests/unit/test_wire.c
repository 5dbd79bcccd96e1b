/* SPDX-License-Identifier: Apache-2.0 */
/* The fields that the library and moonbee-cc exchange. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire.h"

static void what_is_put_is_read_again(void **state)
{
	struct bee__wire wire = { 0 };
	struct bee__wire_field field;
	const char *at, *end;

	bee__wire_put_text(&wire, BEE_WIRE_FILE, "/a.c", "int x;");
	bee__wire_put(&wire, BEE_WIRE_OBJECT, NULL, 0, "a\0b", 3);
	bee__wire_put_text(&wire, BEE_WIRE_END, NULL, NULL);
	assert_false(wire.failed);
	at = wire.data;
	end = at + wire.size;

	assert_int_equal(bee__wire_next(&at, end, &field), 1);
	assert_int_equal(field.tag, BEE_WIRE_FILE);
	assert_string_equal(field.head, "/a.c");
	assert_string_equal(field.body, "int x;");
	assert_int_equal(field.body_size, 6);
	assert_int_equal(bee__wire_next(&at, end, &field), 1);
	assert_int_equal(field.head_size, 0);
	assert_int_equal(field.body_size, 3);
	assert_memory_equal(field.body, "a\0b", 4);
	assert_int_equal(bee__wire_next(&at, end, &field), 1);
	assert_int_equal(field.tag, BEE_WIRE_END);
	assert_ptr_equal(at, end);
	bee__wire_free(&wire);
}

static void a_field_that_is_cut_anywhere_asks_for_more(void **state)
{
	struct bee__wire wire = { 0 };
	struct bee__wire_field field;

	bee__wire_put_text(&wire, BEE_WIRE_WISH, "on_open", "kprobe:vfs_open");
	for (size_t size = 0; size < wire.size; size++) {
		const char *at = wire.data;

		assert_int_equal(bee__wire_next(&at, wire.data + size, &field), 0);
		assert_ptr_equal(at, wire.data);
	}
	bee__wire_free(&wire);
}

static void an_unknown_tag_is_refused(void **state)
{
	const uint32_t tags[] = { 0, BEE_WIRE_OBJECT + 1, UINT32_MAX };
	struct bee__wire_field field;

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		uint32_t bytes[4] = { tags[i], 0, 0, 0 };
		const char *at = (const char *)bytes;

		assert_int_equal(bee__wire_next(&at, at + sizeof(bytes), &field), -EPROTO);
	}
}

static void a_size_beyond_reason_is_refused_before_it_is_waited_for(void **state)
{
	uint32_t bytes[3] = { BEE_WIRE_FILE, UINT32_MAX, UINT32_MAX };
	const char *at = (const char *)bytes;
	struct bee__wire_field field;

	assert_int_equal(bee__wire_next(&at, at + sizeof(bytes), &field), -EPROTO);
}

static void a_part_without_its_nul_is_refused(void **state)
{
	struct bee__wire wire = { 0 };
	struct bee__wire_field field;
	const char *at;

	bee__wire_put_text(&wire, BEE_WIRE_CPU, "v3", NULL);
	wire.data[wire.size - 1] = 'x';
	at = wire.data;
	assert_int_equal(bee__wire_next(&at, at + wire.size, &field), -EPROTO);
	bee__wire_free(&wire);
}

static void a_message_grows_as_it_must(void **state)
{
	struct bee__wire wire = { 0 };
	struct bee__wire_field field;
	size_t size = 1 << 20;
	char *big = malloc(size);
	const char *at;

	assert_non_null(big);
	memset(big, 'a', size);
	for (int i = 0; i < 5; i++)
		bee__wire_put(&wire, BEE_WIRE_OBJECT, NULL, 0, big, size);
	at = wire.data;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(bee__wire_next(&at, wire.data + wire.size, &field), 1);
		assert_memory_equal(field.body, big, size);
	}
	assert_int_equal(bee__wire_next(&at, wire.data + wire.size, &field), 0);
	bee__wire_free(&wire);
	free(big);
}

static void a_part_too_large_fails_the_message(void **state)
{
	struct bee__wire wire = { 0 };

	bee__wire_put(&wire, BEE_WIRE_OBJECT, NULL, 0, "", (size_t)2 << 30);
	assert_true(wire.failed);
	bee__wire_free(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_read_again),
		cmocka_unit_test(a_field_that_is_cut_anywhere_asks_for_more),
		cmocka_unit_test(an_unknown_tag_is_refused),
		cmocka_unit_test(a_size_beyond_reason_is_refused_before_it_is_waited_for),
		cmocka_unit_test(a_part_without_its_nul_is_refused),
		cmocka_unit_test(a_message_grows_as_it_must),
		cmocka_unit_test(a_part_too_large_fails_the_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
