/* SPDX-License-Identifier: Apache-2.0 */
/* Structs that carry their own size, from older and newer headers, and with a size that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "internal.h"

/* A struct that had two fields in its first release, and has three now. */
struct bee_sample {
	size_t size;
	uint64_t first;
	uint64_t second; /* newer */
};

/* What one of a still newer header looks like. */
struct newer {
	struct bee_sample known;
	uint64_t third;
};

static const struct bee__sized sized = {
	"struct bee_sample",
	offsetof(struct bee_sample, second),
	sizeof(struct bee_sample),
};

static struct bee *bee;

static int setup(void **state)
{
	return bee_open(NULL, &bee);
}

static int teardown(void **state)
{
	bee_close(bee);
	return 0;
}

static int copy(const void *src, struct bee_sample *dst)
{
	memset(dst, 0xff, sizeof(*dst));
	bee__diags_clear(bee);
	return bee__copy_opts(bee, BEE_STAGE_LOAD, &sized, dst, src);
}

static void none_are_zeros(void **state)
{
	struct bee_sample dst;

	assert_int_equal(copy(NULL, &dst), 0);
	assert_int_equal(dst.first, 0);
	assert_int_equal(dst.second, 0);
}

static void what_an_older_header_lacks_is_zero(void **state)
{
	struct bee_sample dst, src = { .size = sized.least, .first = 1, .second = 2 };

	assert_int_equal(copy(&src, &dst), 0);
	assert_int_equal(dst.first, 1);
	assert_int_equal(dst.second, 0);
}

static void zeros_of_a_newer_header_ask_for_nothing(void **state)
{
	struct newer src = { .known = { .size = sizeof(src), .first = 1, .second = 2 } };
	struct bee_sample dst;

	assert_int_equal(copy(&src, &dst), 0);
	assert_int_equal(dst.second, 2);
}

static void what_a_newer_header_asks_for_is_refused(void **state)
{
	struct newer src = { .known = { .size = sizeof(src) }, .third = 1ull << 63 };
	struct bee_sample dst;
	const struct bee_diag *diag;

	assert_int_equal(copy(&src, &dst), -EINVAL);
	diag = bee_diag_next(bee, NULL);
	assert_non_null(diag);
	assert_int_equal(diag->stage, BEE_STAGE_LOAD);
	assert_non_null(strstr(diag->text, "struct bee_sample"));
	assert_non_null(strstr(diag->text, BEE_VERSION));
	assert_non_null(strstr(diag->hint, "moonbee.h"));
}

/* Nothing behind size is looked at: it may not be there. */
static void a_size_that_is_none_is_refused(void **state)
{
	static const size_t sizes[] = { 0, 1, 4, 8, 15, 17, 23, 4100, SIZE_MAX, SIZE_MAX - 7 };

	for (size_t i = 0; i < BEE_LEN(sizes); i++) {
		size_t *alone = malloc(sizeof(*alone));
		struct bee_sample dst;
		const struct bee_diag *diag;

		*alone = sizes[i];
		assert_int_equal(copy(alone, &dst), -EINVAL);
		diag = bee_diag_next(bee, NULL);
		assert_non_null(diag);
		assert_non_null(strstr(diag->text, "struct bee_sample"));
		assert_non_null(strstr(diag->hint, "sizeof"));
		free(alone);
	}
}

/* A runtime that is not opened has nowhere to tell it. */
static void opening_tells_by_errno(void **state)
{
	struct bee_opts opts = { .size = 0 };
	struct bee *other = NULL;

	assert_int_equal(bee_open(&opts, &other), -EINVAL);
	assert_null(other);
	bee_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_are_zeros),
		cmocka_unit_test(what_an_older_header_lacks_is_zero),
		cmocka_unit_test(zeros_of_a_newer_header_ask_for_nothing),
		cmocka_unit_test(what_a_newer_header_asks_for_is_refused),
		cmocka_unit_test(a_size_that_is_none_is_refused),
		cmocka_unit_test(opening_tells_by_errno),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
