/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load, attach and close in one process, a thousand times (a hundred with BEE_QUICK, in guests):
 * descriptors, kernel objects and memory stay where they were. Kernel objects are counted by a name
 * that only this process uses, since others load programs meanwhile.
 */
#include "support.h"

static char source[2048];

/* Names of at most 15 bytes, which is what the kernel keeps. */
static const char *make_source(void)
{
	int id = getpid() % 1000000;

	snprintf(source, sizeof(source),
		 "u64 hits;\n"
		 "BPF_HASH(lk_hash_%d, u32, u64);\n"
		 "BPF_RINGBUF_OUTPUT(lk_ring_%d, 1);\n"
		 "SEC(\"raw_tracepoint/sys_enter\")\n"
		 "int lk_prog_%d(void *ctx)\n"
		 "{\n"
		 "	u32 key = 1;\n"
		 "	lk_hash_%d.increment(key);\n"
		 "	lk_ring_%d.ringbuf_output(&key, sizeof(key), 0);\n"
		 "	hits++;\n"
		 "	return 0;\n"
		 "}\n",
		 id, id, id, id, id);
	return source;
}

static int count_objects(void)
{
	char *text =
		output_of("(bpftool prog show; bpftool map show) | grep -c 'name lk_[a-z]*_%d '"
			  " || true",
			  getpid() % 1000000);
	int count = atoi(text);

	free(text);
	return count;
}

/* The kernel takes its time to free what nobody holds. */
static void wait_objects(int want)
{
	for (int i = 0; i < 100 && count_objects() != want; i++)
		usleep(100000);
	assert_int_equal(count_objects(), want);
}

/*
 * Heap and stacks, in KB: what a leak makes grow. Pages of files, which the kernel maps around a
 * fault as it sees fit, are no leak.
 */
static long anonymous_kb(void)
{
	char *text = output_of("awk '/^Anonymous:/ { print $2 }' /proc/%d/smaps_rollup", getpid());
	long kb = atol(text);

	free(text);
	return kb;
}

static int on_event(void *ctx, const void *data, size_t size)
{
	return 0;
}

static void cycle(struct bee *bee, int expected_objects)
{
	struct bee_module *mod = load(bee, make_source());
	char ring[32];
	struct bee_events *events;

	snprintf(ring, sizeof(ring), "lk_ring_%d", getpid() % 1000000);
	check_err(bee, bee_events_open(find_map(mod, ring), on_event, NULL, NULL, &events), 0);
	attach(bee, mod, 1);
	fire(1);
	check_err(bee, bee_dispatch(bee, 0, 0) < 0, 0);
	assert_true(get_var(mod, "hits") > 0);
	if (expected_objects)
		wait_objects(expected_objects);
	bee_module_close(mod);
}

/* Memory that so many more cycles took, in KB. */
static long run_cycles(struct bee *bee, int cycles)
{
	long before = anonymous_kb();

	for (int i = 0; i < cycles; i++)
		cycle(bee, 0);
	wait_objects(0);
	return anonymous_kb() - before;
}

/*
 * The heap takes a step now and then, as when a module of the kernel comes and its types are read:
 * what leaks grows in both halves.
 */
static void check_cycles(struct bee *bee, int warm, int cycles, long kb_limit)
{
	long first, second;
	int fds;

	cycle(bee, 3); /* the counting itself sees a program and two maps */
	run_cycles(bee, warm);
	fds = count_fds();
	first = run_cycles(bee, cycles / 2);
	second = run_cycles(bee, cycles / 2);
	assert_int_equal(count_fds(), fds);
	if (first > kb_limit && second > kb_limit)
		fail_msg("%d cycles took %ld KB, and as many more %ld KB", cycles / 2, first,
			 second);
}

static void modules_leave_nothing_behind(void **state)
{
	/* Under AddressSanitizer freed memory is kept aside: its own leak check stands in. */
	if (is_sanitized())
		check_cycles(bee_of(state), 20, 40, INT32_MAX);
	else if (getenv("BEE_QUICK"))
		check_cycles(bee_of(state), 40, 60, 256);
	else
		check_cycles(bee_of(state), 100, 900, 256);
}

static void failed_loads_leave_nothing_behind(void **state)
{
	struct bee *bee = bee_of(state);
	int fds = count_fds();
	struct bee_module *mod = NULL;

	for (int i = 0; i < 20; i++) {
		assert_true(try_load(bee, "int f(", &mod) < 0);
		assert_true(try_load(bee,
				     "SEC(\"raw_tracepoint/sys_enter\")\n"
				     "int f(void *ctx) { return *(int *)0x1234; }\n",
				     &mod) < 0 ||
			    (bee_module_close(mod), true));
		assert_int_equal(count_fds(), fds);
	}
}

/* Each way of attaching holds other things: perf events, links, per-CPU events. */
static void every_hook_gives_back_what_it_took(void **state)
{
	static const char *const targets[] = {
		"tracepoint:syscalls:sys_enter_close",
		"uprobe:libc.so.6:isatty",
		"uretprobe:libc.so.6:isatty",
		"profile:hz:49",
		"interval:s:1",
	};
	struct bee *bee = bee_of(state);

	for (size_t i = 0; i < LEN(targets); i++) {
		int fds = 0;

		for (int times = 0; times < 3; times++) {
			bee_module_close(
				load_at(bee, "int f(void *ctx) { return 0; }\n", "f", targets[i]));
			/* The runtime keeps tracefs open from the first time on. */
			if (times)
				assert_int_equal(count_fds(), fds);
			fds = count_fds();
		}
	}
}

static void closing_the_runtime_closes_all(void **state)
{
	int fds = count_fds();
	struct bee *bee;

	assert_int_equal(bee_open(NULL, &bee), 0);
	for (int i = 0; i < 3; i++)
		attach(bee, load(bee, make_source()), 1);
	wait_objects(9);
	bee_close(bee);
	wait_objects(0);
	assert_int_equal(count_fds(), fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(modules_leave_nothing_behind),
		TEST(failed_loads_leave_nothing_behind),
		TEST(every_hook_gives_back_what_it_took),
		TEST(closing_the_runtime_closes_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
