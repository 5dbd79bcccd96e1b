/* SPDX-License-Identifier: Apache-2.0 */
/* Ring and perf buffers, the loop, and what is lost. */
#include <poll.h>
#include <pthread.h>
#include <time.h>

#include "support.h"

#define EVENT                                                               \
	"struct event { u64 number; u32 fd; char comm[TASK_COMM_LEN]; };\n" \
	"u64 fired;\n"

#define RING(pages)                                                \
	EVENT "BPF_RINGBUF_OUTPUT(events, " #pages ");\n"          \
	      "TRACEPOINT_PROBE(syscalls, sys_enter_close)\n"      \
	      "{\n"                                                \
	      "	struct event *e;\n"                                \
	      "	u64 number;\n"                                     \
	      "	if (args->fd != MAGIC) return 0;\n"                \
	      "	number = fired++;\n"                               \
	      "	e = events.ringbuf_reserve(sizeof(*e));\n"         \
	      "	if (!e) return 0;\n"                               \
	      "	e->number = number;\n"                             \
	      "	e->fd = args->fd;\n"                               \
	      "	bpf_get_current_comm(e->comm, sizeof(e->comm));\n" \
	      "	events.ringbuf_submit(e, 0);\n"                    \
	      "	return 0;\n"                                       \
	      "}\n"

#define PERF                                                     \
	EVENT "BPF_PERF_OUTPUT(events);\n"                       \
	      "TRACEPOINT_PROBE(syscalls, sys_enter_close)\n"    \
	      "{\n"                                              \
	      "	struct event e = { 0 };\n"                       \
	      "	if (args->fd != MAGIC) return 0;\n"              \
	      "	e.number = fired++;\n"                           \
	      "	e.fd = args->fd;\n"                              \
	      "	bpf_get_current_comm(e.comm, sizeof(e.comm));\n" \
	      "	events.perf_submit(args, &e, sizeof(e));\n"      \
	      "	return 0;\n"                                     \
	      "}\n"

/* What a callback saw. */
struct seen {
	struct bee_events *events;
	const struct bee_type *type;
	uint64_t count;
	uint64_t lost;
	int64_t next; /* the number that must come next; -1: any */
	int stop_at;  /* return 55 on this one; 0: never */
	bool close_itself;
};

static int64_t get_int(const struct seen *seen, const char *name, const void *data)
{
	const struct bee_field *field = bee_field_find(seen->type, name);
	int64_t value;

	assert_non_null(field);
	assert_int_equal(bee_field_get_int(field, data, &value), 0);
	return value;
}

static int on_event(void *ctx, const void *data, size_t size)
{
	const char *comm;
	struct seen *seen = ctx;
	int64_t number = get_int(seen, "number", data);

	assert_true(size >= seen->type->size);
	assert_int_equal(get_int(seen, "fd", data), magic());
	comm = (const char *)data + bee_field_find(seen->type, "comm")->bit_offset / 8;
	assert_string_equal(comm, "kernel_events");
	if (seen->next >= 0)
		assert_int_equal(number, seen->next++);
	seen->count++;
	if (seen->close_itself)
		bee_events_close(seen->events);
	return seen->stop_at && seen->count == (uint64_t)seen->stop_at ? 55 : 0;
}

static void on_lost(void *ctx, uint64_t count)
{
	((struct seen *)ctx)->lost += count;
}

static struct bee_module *open_events(struct bee *bee, const char *text, struct seen *seen,
				      uint32_t pages)
{
	struct bee_events_opts opts = { .size = sizeof(opts), .lost = on_lost, .pages = pages };
	struct bee_module *mod = load(bee, text);
	struct bee_map *map = find_map(mod, "events");

	seen->type = bee_map_event_type(map);
	assert_non_null(seen->type);
	assert_string_equal(seen->type->name, "event");
	check_err(bee, bee_events_open(map, on_event, seen, &opts, &seen->events), 0);
	attach(bee, mod, 1);
	return mod;
}

/* Dispatch until nothing comes for a while. */
static void drain(struct bee *bee)
{
	int got;

	do {
		got = bee_dispatch(bee, 200, 0);
		check_err(bee, got < 0 ? got : 0, 0);
	} while (got > 0);
}

static void ring_buffer_delivers_in_order(void **state)
{
	struct seen seen = { 0 };

	open_events(bee_of(state), RING(64), &seen, 0);
	fire(1000);
	drain(bee_of(state));
	assert_int_equal(seen.count, 1000);
	assert_int_equal(bee_events_lost(seen.events), 0);
}

static void perf_buffer_delivers_all(void **state)
{
	struct seen seen = { .next = -1 }; /* each CPU has a buffer of its own */

	open_events(bee_of(state), PERF, &seen, 0);
	fire(1000);
	drain(bee_of(state));
	assert_int_equal(seen.count, 1000);
	assert_int_equal(bee_events_lost(seen.events), 0);
}

static void ring_buffer_counts_what_it_loses(void **state)
{
	struct seen seen = { .next = -1 };
	struct bee_module *mod = open_events(bee_of(state), RING(1), &seen, 0);

	fire(5000);
	drain(bee_of(state));
	assert_int_equal(get_var(mod, "fired"), 5000);
	assert_true(seen.count > 0 && seen.count < 5000);
	assert_int_equal(seen.count + bee_events_lost(seen.events), 5000);
	assert_int_equal(seen.lost, bee_events_lost(seen.events));
}

static void perf_buffer_counts_what_it_loses(void **state)
{
	struct seen seen = { .next = -1 };
	struct bee_module *mod = open_events(bee_of(state), PERF, &seen, 1);

	fire(5000);
	drain(bee_of(state));
	/* The kernel tells of losses with the next event that has room, on each CPU by itself. */
	for (int i = 0; i < 100 && seen.count + seen.lost < get_var(mod, "fired"); i++) {
		fire(1);
		drain(bee_of(state));
	}
	assert_true(seen.lost > 0 && seen.count > 0);
	assert_int_equal(seen.count + seen.lost, get_var(mod, "fired"));
	assert_int_equal(seen.lost, bee_events_lost(seen.events));
}

static void a_callback_ends_the_dispatch(void **state)
{
	struct seen seen = { .stop_at = 3 };
	struct bee *bee = bee_of(state);

	open_events(bee, RING(64), &seen, 0);
	fire(10);
	assert_int_equal(bee_dispatch(bee, 1000, 0), 55);
	assert_int_equal(seen.count, 3);
	drain(bee);
	assert_int_equal(seen.count, 10);
}

static void a_budget_bounds_a_dispatch(void **state)
{
	struct seen seen = { 0 };
	struct bee *bee = bee_of(state);

	open_events(bee, RING(64), &seen, 0);
	fire(10);
	assert_int_equal(bee_dispatch(bee, 1000, 4), 4);
	assert_int_equal(seen.count, 4);
	assert_int_equal(bee_dispatch(bee, 1000, 1), 1);
	assert_int_equal(seen.count, 5);
	drain(bee);
	assert_int_equal(seen.count, 10);
}

static void a_callback_may_close_its_subscription(void **state)
{
	struct seen seen = { .close_itself = true };

	open_events(bee_of(state), RING(64), &seen, 0);
	fire(10);
	drain(bee_of(state));
	assert_int_equal(seen.count, 1);
}

/* Take what is there in one call; close_itself: in the second of them. */
static int on_first_event(void *ctx, const void *data, size_t size)
{
	struct seen *seen = ctx;

	do {
		assert_true(size >= seen->type->size);
		if (seen->next >= 0)
			assert_int_equal(get_int(seen, "number", data), seen->next++);
		seen->count++;
		if (seen->close_itself && seen->count == 2)
			bee_events_close(seen->events);
	} while (bee_events_next(seen->events, &data, &size));
	seen->lost++; /* counts the calls */
	return seen->stop_at ? 55 : 0;
}

static struct bee_module *open_first(struct bee *bee, const char *text, struct seen *seen)
{
	struct bee_module *mod = load(bee, text);
	struct bee_map *map = find_map(mod, "events");

	seen->type = bee_map_event_type(map);
	check_err(bee, bee_events_open(map, on_first_event, seen, NULL, &seen->events), 0);
	attach(bee, mod, 1);
	return mod;
}

static void a_callback_takes_the_records_behind_its_own(void **state)
{
	struct seen seen = { 0 };
	struct bee *bee = bee_of(state);

	open_first(bee, RING(64), &seen);
	fire(1000);
	assert_int_equal(bee_dispatch(bee, 1000, 100), 100);
	assert_int_equal(seen.count, 100);
	assert_int_equal(seen.lost, 1);
	drain(bee);
	assert_int_equal(seen.count, 1000);
	fire(10);
	seen.stop_at = 1; /* what was taken stays taken */
	assert_int_equal(bee_dispatch(bee, 1000, 0), 55);
	assert_int_equal(seen.count, 1010);
	assert_int_equal(bee_dispatch(bee, 0, 0), 0);
}

static void a_closed_subscription_has_no_next_record(void **state)
{
	struct seen seen = { .close_itself = true };

	open_first(bee_of(state), RING(64), &seen);
	fire(10);
	drain(bee_of(state));
	assert_int_equal(seen.count, 2);
}

static void a_perf_buffer_has_no_next_record(void **state)
{
	struct seen seen = { .next = -1 };

	open_first(bee_of(state), PERF, &seen);
	fire(3);
	drain(bee_of(state));
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.lost, 3);
}

static void a_map_has_one_subscriber(void **state)
{
	struct bee *bee = bee_of(state);
	struct seen seen = { 0 };
	struct bee_module *mod = open_events(bee, RING(64), &seen, 0);
	struct bee_events *second;

	check_err(bee, bee_events_open(find_map(mod, "events"), on_event, &seen, NULL, &second),
		  -EBUSY);
	bee_events_close(seen.events);
	check_err(bee, bee_events_open(find_map(mod, "events"), on_event, &seen, NULL, &second), 0);
}

#define FLOOD 50000

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* Events so far apart that a loop which sleeps in epoll wakes for nearly each of them. */
static void *make_flood(void *ctx)
{
	for (int i = 0; i < FLOOD; i++) {
		int64_t end = now_ns() + 5000;

		fire(1);
		while (now_ns() < end)
			;
	}
	return NULL;
}

static void a_flood_is_taken_in_gulps(void **state)
{
	struct bee *bee = bee_of(state);
	struct seen seen = { 0 };
	unsigned int dispatches = 0;
	pthread_t thread;

	open_events(bee, RING(4096), &seen, 0);
	assert_int_equal(pthread_create(&thread, NULL, make_flood, NULL), 0);
	while (seen.count < FLOOD && dispatches < FLOOD) {
		int got = bee_dispatch(bee, 5000, 0);

		check_err(bee, got < 0 ? got : 0, 0);
		assert_true(got > 0);
		dispatches++;
	}
	pthread_join(thread, NULL);
	assert_int_equal(seen.count, FLOOD);
	assert_true(dispatches < FLOOD / 8);
	/* The flood is over: one event alone wakes the loop, and none is an end of the waiting. */
	assert_int_equal(bee_dispatch(bee, 50, 0), 0);
	fire(1);
	assert_int_equal(bee_dispatch(bee, 5000, 0), 1);
	assert_int_equal(bee_events_lost(seen.events), 0);
}

static void other_maps_have_no_events(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, "BPF_HASH(counts);\n");
	struct bee_events *events;

	check_err(bee, bee_events_open(find_map(mod, "counts"), on_event, NULL, NULL, &events),
		  -EINVAL);
}

static void the_one_descriptor_is_readable_when_events_wait(void **state)
{
	struct seen seen = { 0 };
	struct bee *bee = bee_of(state);
	struct pollfd poll_fd = { .fd = bee_fd(bee), .events = POLLIN };

	open_events(bee, RING(64), &seen, 0);
	drain(bee);
	assert_int_equal(poll(&poll_fd, 1, 0), 0);
	fire(1);
	assert_int_equal(poll(&poll_fd, 1, 5000), 1);
	drain(bee);
	assert_int_equal(seen.count, 1);
}

static int read_byte(void *ctx)
{
	int *fds = ctx;
	char byte;

	assert_int_equal(read(fds[0], &byte, 1), 1);
	fds[2]++;
	return 0;
}

static void a_watch_serves_any_descriptor(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_watch *watch;
	int fds[3] = { 0 };

	assert_int_equal(pipe(fds), 0);
	check_err(bee, bee_watch_open(bee, fds[0], read_byte, fds, &watch), 0);
	assert_int_equal(bee_dispatch(bee, 0, 0), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(bee_dispatch(bee, 5000, 0), 1);
	assert_int_equal(fds[2], 1);
	bee_watch_close(watch);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(bee_dispatch(bee, 50, 0), 0);
	close(fds[0]);
	close(fds[1]);
}

static void the_trace_pipe_gives_lines(void **state)
{
	struct bee *bee = bee_of(state);
	static const char source[] =
		"TRACEPOINT_PROBE(syscalls, sys_enter_close)\n"
		"{\n"
		"	if (args->fd == MAGIC) bpf_trace_printk(\"bee saw %d\\n\", MAGIC);\n"
		"	return 0;\n"
		"}\n";
	struct bee_module *mod = load(bee, source);
	char want[64], text[64 << 10] = { 0 };
	size_t len = 0;
	int fd = bee_trace_open(bee);

	check_err(bee, fd < 0 ? fd : 0, 0);
	attach(bee, mod, 1);
	snprintf(want, sizeof(want), "bee saw %d", magic());
	for (int i = 0; i < 50 && !strstr(text, want) && len < sizeof(text) - 1; i++) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		ssize_t got;

		fire(1); /* again: another reader of the one pipe may have taken the line */
		poll(&poll_fd, 1, 100);
		got = read(fd, text + len, sizeof(text) - 1 - len);
		len += got > 0 ? got : 0;
	}
	close(fd);
	assert_non_null(strstr(text, want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ring_buffer_delivers_in_order),
		TEST(perf_buffer_delivers_all),
		TEST(ring_buffer_counts_what_it_loses),
		TEST(perf_buffer_counts_what_it_loses),
		TEST(a_callback_ends_the_dispatch),
		TEST(a_budget_bounds_a_dispatch),
		TEST(a_callback_may_close_its_subscription),
		TEST(a_callback_takes_the_records_behind_its_own),
		TEST(a_closed_subscription_has_no_next_record),
		TEST(a_perf_buffer_has_no_next_record),
		TEST(a_map_has_one_subscriber),
		TEST(a_flood_is_taken_in_gulps),
		TEST(other_maps_have_no_events),
		TEST(the_one_descriptor_is_readable_when_events_wait),
		TEST(a_watch_serves_any_descriptor),
		TEST(the_trace_pipe_gives_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
