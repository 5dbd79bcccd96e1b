/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runtime for each thread, and maps for all of them. The test is built a second time with the library's
 * own sources under ThreadSanitizer, which ends it with an error when two threads meet.
 */
#include <linux/bpf.h>
#include <pthread.h>

#include "support.h"

enum { THREADS = 4, KEYS = 500 };

#define PROGRAM                                         \
	"struct event { u32 fd; };\n"                   \
	"BPF_RINGBUF_OUTPUT(events, 8);\n"              \
	"BPF_HASH(counts, u32, u64);\n"                 \
	"TRACEPOINT_PROBE(syscalls, sys_enter_close)\n" \
	"{\n"                                           \
	"	struct event e = { args->fd };\n"             \
	"	if (args->fd != MAGIC) return 0;\n"           \
	"	counts.increment(e.fd);\n"                    \
	"	events.ringbuf_output(&e, sizeof(e), 0);\n"   \
	"	return 0;\n"                                  \
	"}\n"

/* Asserts end a test by a long jump, which must not leave a thread: it counts what it finds wrong. */
struct worker {
	pthread_t thread;
	struct bee_map *map; /* shared; NULL: a runtime of its own */
	unsigned int number;
	unsigned int wrong;
	unsigned int seen;
	int errors_logged;
};

static void start_all(struct worker *workers, struct bee_map *map, void *(*run)(void *ctx))
{
	for (unsigned int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .number = i, .map = map };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
	}
}

static void end_all(struct worker *workers)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		wrong += workers[i].wrong;
	}
	assert_int_equal(wrong, 0);
}

/* ---- a runtime a thread ------------------------------------------------------------------ */

static int count_event(void *ctx, const void *data, size_t size)
{
	((struct worker *)ctx)->seen++;
	return 0;
}

static void count_log(void *ctx, enum bee_log_level level, const char *text)
{
	((struct worker *)ctx)->errors_logged += level == BEE_LOG_WARN;
}

/* An error of one runtime is its own. */
static bool fails_by_itself(struct bee *bee, unsigned int number)
{
	char text[64], words[256];
	struct bee_source source = { .size = sizeof(source), .text = text };
	struct bee_module *mod;

	snprintf(text, sizeof(text), "struct no_such_%u x;\n", number);
	snprintf(words, sizeof(words), "no_such_%u", number);
	return bee_load(bee, &source, NULL, &mod) < 0 &&
	       strstr(bee_diag_next(bee, NULL)->text, words);
}

static bool serve(struct bee *bee, struct worker *worker)
{
	struct bee_module *mod = NULL;
	struct bee_events *events;

	if (try_load(bee, PROGRAM, &mod) ||
	    bee_events_open(bee_map_find(mod, "events"), count_event, worker, NULL, &events) ||
	    bee_module_attach(mod) != 1)
		return false;
	fire(10);
	while (worker->seen < 10)
		if (bee_dispatch(bee, 5000, 0) <= 0)
			return false;
	return true;
}

static void *live(void *ctx)
{
	struct worker *worker = ctx;
	struct bee_opts opts = { .size = sizeof(opts), .log = count_log, .log_ctx = worker };
	struct bee *bee;

	if (bee_open(&opts, &bee)) {
		worker->wrong++;
		return NULL;
	}
	worker->wrong += !fails_by_itself(bee, worker->number);
	worker->wrong += !serve(bee, worker);
	worker->wrong += !fails_by_itself(bee, worker->number + 100);
	bee_close(bee);
	return NULL;
}

static void runtimes_of_threads_do_not_meet(void **state)
{
	struct worker workers[THREADS];

	start_all(workers, NULL, live);
	end_all(workers);
}

/* ---- a map of all ------------------------------------------------------------------------ */

static void *use(void *ctx)
{
	struct worker *worker = ctx;
	const void *key_data, *value_data;
	uint32_t first = worker->number * KEYS, done;
	uint64_t value = worker->number;
	struct bee_walk *walk;

	for (uint32_t key = first; key < first + KEYS; key++) {
		worker->wrong += bee_map_update(worker->map, &key, &value, BPF_ANY) != 0;
		worker->wrong += bee_map_lookup(worker->map, &key, &value) != 0;
		worker->wrong += value != worker->number;
	}
	if (bee_walk_open(worker->map, &walk)) {
		worker->wrong++;
		return NULL;
	}
	while (bee_walk_next(walk, &key_data, &value_data) == 1)
		worker->seen += *(const uint32_t *)key_data / KEYS == worker->number;
	bee_walk_close(walk);
	worker->wrong += worker->seen != KEYS;
	worker->wrong += bee_map_lookup(worker->map, &(uint32_t){ 1000000 }, &value) != -ENOENT;
	for (uint32_t key = first; key < first + KEYS; key++) {
		worker->wrong += bee_map_delete_many(worker->map, &key, 1, &done) != 0;
		worker->wrong += done != 1;
	}
	return NULL;
}

static void maps_are_used_from_any_thread(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, "BPF_HASH(shared, u32, u64);\n");
	struct worker workers[THREADS];

	start_all(workers, find_map(mod, "shared"), use);
	end_all(workers);
	assert_null(bee_diag_next(bee, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(runtimes_of_threads_do_not_meet),
		TEST(maps_are_used_from_any_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
