/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad arguments from C, objects that are damaged, and a process that may open no more files: errors
 * that name the thing and the cure, and nothing left behind (by the teardown).
 */
#include <sys/resource.h>

#include "support.h"

static const char tool[] = "struct event { u32 pid; };\n"
			   "BPF_RINGBUF_OUTPUT(ring, 1);\n"
			   "BPF_PERF_OUTPUT(perf);\n"
			   "BPF_HASH(counts, u32, u64);\n"
			   "const volatile int limit;\n"
			   "u64 hits;\n"
			   "SEC(\"raw_tracepoint/sys_enter\")\n"
			   "int f(void *ctx)\n"
			   "{\n"
			   "	struct event e = { .pid = limit };\n"
			   "	counts.increment(e.pid);\n"
			   "	hits++;\n"
			   "	perf.perf_submit(ctx, &e, sizeof(e));\n"
			   "	return ring.ringbuf_output(&e, sizeof(e), 0);\n"
			   "}\n";

static int ignore_event(void *ctx, const void *data, size_t size)
{
	return 0;
}

static int ignore_wake(void *ctx)
{
	return 0;
}

/* ---- structs of options ------------------------------------------------------------------ */

static void each_call_names_the_struct_of_a_wrong_size(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_source source = { .size = sizeof(source), .text = tool };
	struct bee_load_opts opts = { .size = 0 };
	struct bee_events_opts events_opts = { .size = 4 };
	struct bee_module *mod = load(bee, tool), *none = NULL;
	struct bee_events *events = NULL;
	void *elf = NULL;
	size_t size;

	check_err(bee, bee_load(bee, &source, &opts, &none), -EINVAL);
	check_says(bee, "struct bee_load_opts");
	check_err(bee, bee_compile(bee, &source, &opts, &elf, &size), -EINVAL);
	check_says(bee, "struct bee_load_opts");
	check_err(bee, bee_load_object(bee, "x", 1, &opts, &none), -EINVAL);
	check_says(bee, "struct bee_load_opts");
	source.size = sizeof(void *);
	check_err(bee, bee_load(bee, &source, NULL, &none), -EINVAL);
	check_says(bee, "struct bee_source");
	check_says(bee, "sizeof");
	check_err(bee,
		  bee_events_open(find_map(mod, "ring"), ignore_event, NULL, &events_opts, &events),
		  -EINVAL);
	check_says(bee, "struct bee_events_opts");
	assert_null(none);
	assert_null(elf);
	assert_null(events);
}

static void a_source_without_text_is_told(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_source source = { .size = sizeof(source) };
	struct bee_module *mod = NULL;

	check_err(bee, bee_load(bee, NULL, NULL, &mod), -EINVAL);
	check_says(bee, "no text");
	check_err(bee, bee_load(bee, &source, NULL, &mod), -EINVAL);
	check_says(bee, "no text");
	check_err(bee, bee_load_object(bee, NULL, 100, NULL, &mod), -EINVAL);
	check_says(bee, "empty");
	check_err(bee, bee_load_object(bee, tool, 0, NULL, &mod), -EINVAL);
	check_says(bee, "empty");
}

static void check_lists(struct bee *bee, const struct bee_load_opts *opts, const char *list)
{
	struct bee_source source = { .size = sizeof(source), .text = tool };
	struct bee_module *mod = NULL;

	check_err(bee, bee_load(bee, &source, opts, &mod), -EINVAL);
	check_says(bee, list);
}

static void a_null_in_a_list_is_told_by_its_place(void **state)
{
	static const char *const texts[] = { "A=1", NULL };
	const struct bee_wish wishes[] = { { .program = "f", .target = NULL } };
	const struct bee_wish nameless[] = { { .target = "raw_tracepoint:sys_enter" } };
	const struct bee_const consts[] = { { "limit", 1 }, { NULL, 1 } };
	struct bee *bee = bee_of(state);
	struct bee_load_opts opts = { .size = sizeof(opts), .defines = texts, .defines_len = 2 };

	check_lists(bee, &opts, "defines[1]");
	opts.defines = NULL;
	check_lists(bee, &opts, "defines[0]");
	opts = (struct bee_load_opts){ .size = sizeof(opts), .wishes = wishes, .wishes_len = 1 };
	check_lists(bee, &opts, "wishes[0]");
	opts.wishes = nameless;
	check_lists(bee, &opts, "wishes[0]");
	opts = (struct bee_load_opts){ .size = sizeof(opts), .consts = consts, .consts_len = 2 };
	check_lists(bee, &opts, "consts[1]");
	opts = (struct bee_load_opts){ .size = sizeof(opts),
				       .includes = texts + 1,
				       .includes_len = 1 };
	check_lists(bee, &opts, "includes[0]");
	opts = (struct bee_load_opts){ .size = sizeof(opts),
				       .undefines = texts,
				       .undefines_len = 2 };
	check_lists(bee, &opts, "undefines[1]");
}

static void null_closes_and_ends_lists(void **state)
{
	struct bee_module *mod = load(bee_of(state), "int x;\n");

	bee_close(NULL);
	bee_module_close(NULL);
	bee_link_close(NULL);
	bee_events_close(NULL);
	bee_walk_close(NULL);
	bee_watch_close(NULL);
	assert_null(bee_program_next(mod, NULL));
	assert_null(bee_map_next(mod, NULL));
	assert_non_null(bee_var_next(mod, NULL));
	assert_null(bee_var_next(mod, bee_var_next(mod, NULL)));
	assert_null(bee_map_find(mod, ""));
	assert_null(bee_program_find(mod, "nothing"));
	assert_null(bee_var_find(mod, "nothing"));
	assert_null(bee_type_find(mod, "struct nothing"));
}

/* ---- events and watches ------------------------------------------------------------------ */

static void a_map_has_one_subscriber(void **state)
{
	static const char *const names[] = { "ring", "perf" };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, tool);

	for (size_t i = 0; i < LEN(names); i++) {
		struct bee_map *map = find_map(mod, names[i]);
		struct bee_events *events, *again = NULL;

		check_err(bee, bee_events_open(map, NULL, NULL, NULL, &again), -EINVAL);
		check_says(bee, "no function");
		check_err(bee, bee_events_open(map, ignore_event, NULL, NULL, &events), 0);
		check_err(bee, bee_events_open(map, ignore_event, NULL, NULL, &again), -EBUSY);
		check_says(bee, names[i]);
		assert_null(again);
		bee_events_close(events);
		check_err(bee, bee_events_open(map, ignore_event, NULL, NULL, &again), 0);
	}
}

static void what_has_no_events_is_named(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_events_opts opts = { .size = sizeof(opts), .pages = 3 };
	struct bee_module *mod = load(bee, tool);
	struct bee_events *events = NULL;

	check_err(bee, bee_events_open(find_map(mod, "counts"), ignore_event, NULL, NULL, &events),
		  -EINVAL);
	check_says(bee, "'counts' is of kind hash");
	check_err(bee, bee_events_open(find_map(mod, "perf"), ignore_event, NULL, &opts, &events),
		  -EINVAL);
	check_says(bee, "power of two");
	assert_null(events);
}

static void a_watch_tells_what_cannot_be_watched(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_watch *watch = NULL;
	FILE *file = tmpfile();

	check_err(bee, bee_watch_open(bee, -1, ignore_wake, NULL, &watch), -EBADF);
	check_says(bee, "descriptor -1");
	check_err(bee, bee_watch_open(bee, fileno(file), ignore_wake, NULL, &watch), -EPERM);
	check_says(bee, "always ready");
	check_err(bee, bee_watch_open(bee, 0, NULL, NULL, &watch), -EINVAL);
	check_says(bee, "no function");
	assert_null(watch);
	fclose(file);
}

/* ---- damaged objects --------------------------------------------------------------------- */

static char *compile_tool(struct bee *bee, size_t *ret_size)
{
	struct bee_source source = { .size = sizeof(source), .text = tool };
	void *elf = NULL;

	check_err(bee, bee_compile(bee, &source, NULL, &elf, ret_size), 0);
	return elf;
}

static void a_truncated_object_is_refused(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	size_t size;
	char *elf = compile_tool(bee, &size);
	int fds = count_fds();

	for (size_t len = 1; len < size; len += len < 128 ? 1 : 97) {
		/* A copy that ends where the object does: reading beyond it shows. */
		char *part = malloc(len);

		memcpy(part, elf, len);
		assert_true(bee_load_object(bee, part, len, NULL, &mod) < 0);
		assert_int_equal(first_error(bee)->stage, BEE_STAGE_OBJECT);
		assert_null(mod);
		free(part);
	}
	assert_int_equal(count_fds(), fds);
	free(elf);
}

/* Bytes are changed here and there, by a row of numbers that is always the same. */
static void a_damaged_object_is_an_error_or_a_module(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	uint32_t seed = 1, refused = 0;
	size_t size;
	char *elf = compile_tool(bee, &size), *part = malloc(size);
	int fds = count_fds();

	for (int i = 0; i < 400; i++) {
		memcpy(part, elf, size);
		for (int k = 0; k <= i % 4; k++) {
			seed = seed * 1664525 + 1013904223;
			part[seed % size] = seed >> 24;
		}
		if (bee_load_object(bee, part, size, NULL, &mod) < 0) {
			assert_non_null(first_error(bee)->text);
			refused++;
		} else {
			bee_module_close(mod);
		}
		assert_int_equal(count_fds(), fds);
	}
	assert_true(refused > 10);
	free(part);
	free(elf);
}

/* ---- no more descriptors ----------------------------------------------------------------- */

/* A whole life of a tool; the first error ends it. */
static int live(const char *elf, size_t size, char *text, size_t text_size)
{
	struct bee_module *mod;
	struct bee_events *events;
	struct bee *bee;
	int err = bee_open(NULL, &bee);

	*text = '\0';
	if (err)
		return err;
	err = bee_load_object(bee, elf, size, NULL, &mod);
	if (!err)
		err = bee_events_open(find_map(mod, "ring"), ignore_event, NULL, NULL, &events);
	if (!err)
		err = bee_events_open(find_map(mod, "perf"), ignore_event, NULL, NULL, &events);
	if (!err)
		err = bee_module_attach(mod);
	if (err < 0)
		bee_error_text(bee, text, text_size);
	bee_close(bee);
	return err;
}

static void without_descriptors_each_step_says_so(void **state)
{
	struct rlimit old, few;
	char text[8192];
	size_t size;
	char *elf = compile_tool(bee_of(state), &size);
	int fds = count_fds(), err = -1;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	for (int spare = 0; err < 0; spare++) {
		assert_true(spare < 100);
		few.rlim_cur = fds + spare;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		err = live(elf, size, text, sizeof(text));
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		assert_int_equal(count_fds(), fds);
		if (err >= 0)
			break;
		if (err != -EMFILE)
			fail_msg("%d spare descriptors: %d (%s): %s", spare, err, strerror(-err),
				 text);
		/* Where there is no runtime yet, the errno says it. */
		if (*text && !strstr(text, "ulimit -n"))
			fail_msg("%d spare descriptors: %s", spare, text);
	}
	assert_int_equal(err, 1);
	free(elf);
}

static void without_descriptors_nothing_compiles(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	struct rlimit old, few;
	int fds = count_fds(), err;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	few.rlim_cur = fds;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	err = try_load(bee, tool, &mod);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	check_err(bee, err, -EMFILE);
	check_says(bee, "ulimit -n");
	assert_int_equal(count_fds(), fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_call_names_the_struct_of_a_wrong_size),
		TEST(a_source_without_text_is_told),
		TEST(a_null_in_a_list_is_told_by_its_place),
		TEST(null_closes_and_ends_lists),
		TEST(a_map_has_one_subscriber),
		TEST(what_has_no_events_is_named),
		TEST(a_watch_tells_what_cannot_be_watched),
		TEST(a_truncated_object_is_refused),
		TEST(a_damaged_object_is_an_error_or_a_module),
		TEST(without_descriptors_each_step_says_so),
		TEST(without_descriptors_nothing_compiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
