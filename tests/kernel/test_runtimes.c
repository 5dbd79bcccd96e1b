/* SPDX-License-Identifier: Apache-2.0 */
/* Several runtimes in one process and thread do not meet. */
#include <sys/eventfd.h>

#include "support.h"

/* A runtime with all that it hears. */
struct side {
	struct bee *bee;
	struct bee_module *mod;
	int log_lines, events, wakes;
	uint32_t last;
	struct side *other; /* its log callback loads a module there; NULL: does not */
};

static const char source[] =
	"BPF_RINGBUF_OUTPUT(ring, 1);\n"
	"BPF_HASH(counts, u32, u64);\n"
	"u32 mark;\n"
	"SEC(\"raw_tracepoint/sys_enter\")\n"
	"int f(struct bpf_raw_tracepoint_args *ctx)\n"
	"{\n"
	"	u32 key = 1, value = mark;\n"
	"	if (ctx->args[1] != NR_CLOSE ||\n"
	"	    (u32)PT_REGS_PARM1_CORE((struct pt_regs *)ctx->args[0]) != MAGIC)\n"
	"		return 0;\n"
	"	counts.increment(key);\n"
	"	ring.ringbuf_output(&value, sizeof(value), 0);\n"
	"	return 0;\n"
	"}\n";

static void on_log(void *ctx, enum bee_log_level level, const char *text)
{
	struct side *side = ctx;
	struct bee_module *mod = NULL;

	side->log_lines++;
	if (!side->other || side->other->mod)
		return;
	/* In the midst of what one runtime does, the other one does the same. */
	check_err(side->other->bee, try_load(side->other->bee, source, &mod), 0);
	side->other->mod = mod;
}

static int on_event(void *ctx, const void *data, size_t size)
{
	struct side *side = ctx;

	assert_int_equal(size, sizeof(side->last));
	memcpy(&side->last, data, size);
	side->events++;
	return 0;
}

static void open_side(struct side *side)
{
	struct bee_opts opts = { .size = sizeof(opts), .log = on_log, .log_ctx = side };

	assert_int_equal(bee_open(&opts, &side->bee), 0);
}

/* Load and attach; events carry mark. */
static void start_side(struct side *side, uint32_t mark)
{
	struct bee_events *events;

	if (!side->mod)
		side->mod = load(side->bee, source);
	*(volatile uint32_t *)bee_var_find(side->mod, "mark")->data = mark;
	check_err(side->bee,
		  bee_events_open(find_map(side->mod, "ring"), on_event, side, NULL, &events), 0);
	attach(side->bee, side->mod, 1);
}

static uint64_t count_of(const struct side *side)
{
	uint64_t value = 0;

	bee_map_lookup(find_map(side->mod, "counts"), &(uint32_t){ 1 }, &value);
	return value;
}

static void each_has_its_own_maps_and_events(void **state)
{
	struct side a = { 0 }, b = { 0 };

	open_side(&a);
	open_side(&b);
	start_side(&a, 100);
	fire(1);
	start_side(&b, 200);
	fire(2);
	assert_int_equal(bee_dispatch(b.bee, 0, 0), 2);
	assert_int_equal(a.events, 0);
	assert_int_equal(b.events, 2);
	assert_int_equal(b.last, 200);
	assert_int_equal(bee_dispatch(a.bee, 0, 0), 3);
	assert_int_equal(a.events, 3);
	assert_int_equal(a.last, 100);
	assert_int_equal(count_of(&a), 3);
	assert_int_equal(count_of(&b), 2);

	bee_close(a.bee);
	fire(1);
	assert_int_equal(bee_dispatch(b.bee, 0, 0), 1);
	assert_int_equal(b.events, 3);
	assert_int_equal(a.events, 3);
	bee_close(b.bee);
}

static void each_has_its_own_errors(void **state)
{
	struct side a = { 0 }, b = { 0 };
	const struct bee_diag *kept;

	open_side(&a);
	open_side(&b);
	check_err(a.bee, try_load(a.bee, "int x = first;\n", &a.mod), -EINVAL);
	kept = first_error(a.bee);
	check_err(b.bee, try_load(b.bee, "int x = second;\n", &b.mod), -EINVAL);
	check_says(b.bee, "second");
	check_says(a.bee, "first");
	assert_ptr_equal(first_error(a.bee), kept);
	start_side(&b, 1);
	assert_null(bee_diag_next(b.bee, NULL));
	check_says(a.bee, "first");
	bee_close(b.bee);
	check_says(a.bee, "first");
	bee_close(a.bee);
}

/* libbpf, which is one for all, says much of an object for another machine. */
static void each_logs_to_its_own_callback(void **state)
{
	struct side a = { 0 }, b = { 0 };
	char *elf = output_of("cat /bin/true");
	const size_t size = 16 << 10; /* the least that such a program has */

	open_side(&a);
	open_side(&b);
	assert_true(bee_load_object(a.bee, elf, size, NULL, &a.mod) < 0);
	free(elf);
	assert_true(a.log_lines > 0);
	assert_int_equal(b.log_lines, 0);
	a.log_lines = 0;
	start_side(&b, 1);
	assert_true(b.log_lines > 0);
	assert_int_equal(a.log_lines, 0);
	bee_close(a.bee);
	bee_close(b.bee);
}

static void a_log_callback_may_use_another_runtime(void **state)
{
	struct side a = { 0 }, b = { 0 };
	int lines;

	open_side(&a);
	open_side(&b);
	a.mod = load(a.bee, source);
	lines = a.log_lines;
	bee_module_close(a.mod);
	a.mod = NULL;

	a.log_lines = 0;
	a.other = &b;
	start_side(&a, 1);
	assert_non_null(b.mod);
	/* What comes after the call still goes to the right one. */
	assert_true(a.log_lines >= lines);
	fire(1);
	assert_int_equal(bee_dispatch(a.bee, 0, 0), 1);
	bee_close(a.bee);
	start_side(&b, 2);
	fire(1);
	assert_int_equal(bee_dispatch(b.bee, 0, 0), 1);
	assert_int_equal(b.last, 2);
	bee_close(b.bee);
}

static int on_wake(void *ctx)
{
	struct side *side = ctx;

	side->wakes++;
	return 0;
}

static void one_descriptor_may_wake_both(void **state)
{
	struct side a = { 0 }, b = { 0 };
	struct bee_watch *watch, *again;
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);

	open_side(&a);
	open_side(&b);
	assert_int_equal(bee_watch_open(a.bee, fd, on_wake, &a, &watch), 0);
	assert_int_equal(bee_watch_open(a.bee, fd, on_wake, &a, &again), -EEXIST);
	check_says(a.bee, "dup()");
	assert_int_equal(bee_watch_open(b.bee, fd, on_wake, &b, &watch), 0);
	assert_int_equal(bee_dispatch(a.bee, 0, 0), 1);
	assert_int_equal(a.wakes, 1);
	assert_int_equal(b.wakes, 0);
	bee_close(a.bee);
	assert_int_equal(bee_dispatch(b.bee, 0, 0), 1);
	assert_int_equal(b.wakes, 1);
	bee_close(b.bee);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_has_its_own_maps_and_events),
		TEST(each_has_its_own_errors),
		TEST(each_logs_to_its_own_callback),
		TEST(a_log_callback_may_use_another_runtime),
		TEST(one_descriptor_may_wake_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
