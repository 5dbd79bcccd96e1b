/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BCC's kinds of table at work: each program does with its table what BCC's guide says, and what
 * came of it is read back, or comes back as the program's result.
 */
#include <bpf/bpf.h>
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "support.h"

#define PROGRAM(body) "RAW_TRACEPOINT_PROBE(sys_enter)\n{\n" body "\n}\n"

static int64_t run(struct bee *bee, struct bee_module *mod, const char *name, const char *packet,
		   size_t size)
{
	struct bee_test_opts opts = { .size = sizeof(opts), .data = packet, .data_size = size };
	struct bee_test_result result;
	struct bee_program *prog = bee_program_find(mod, name);

	if (!prog)
		fail_msg("no program '%s'", name);
	check_err(bee, bee_program_test(prog, &opts, &result), 0);
	return result.retval;
}

/* What the one raw tracepoint program of a source returns. */
static int64_t result_of(struct bee *bee, struct bee_module *mod)
{
	return run(bee, mod, "raw_tracepoint__sys_enter", NULL, 0);
}

static int64_t result(struct bee *bee, const char *text)
{
	return result_of(bee, load(bee, text));
}

static int64_t element(struct bee_module *mod, const char *map, uint32_t key)
{
	uint64_t value = 0;

	if (bee_map_lookup(find_map(mod, map), &key, &value))
		return -1;
	return value;
}

static void put(struct bee_module *mod, const char *map, uint32_t key, int fd)
{
	assert_int_equal(bee_map_update(find_map(mod, map), &key, &fd, BPF_ANY), 0);
}

/* ---- queue, stack ------------------------------------------------------------------------ */

static void queue_gives_the_first_and_stack_the_last(void **state)
{
	int64_t got = result(bee_of(state),
			     "BPF_QUEUE(q, u32, 4);\n"
			     "BPF_STACK(s, u32, 4, 0);\n" PROGRAM(
				     "u32 a = 1, b = 2, first = 0, last = 0, peeked = 0;\n"
				     "q.push(&a, 0); q.push(&b, 0); s.push(&a, 0); s.push(&b, 0);\n"
				     "if (q.peek(&peeked) || q.pop(&first) || s.pop(&last))\n"
				     "	return -1;\n"
				     "return peeked * 100 + first * 10 + last;\n"));

	assert_int_equal(got, 112);
}

static void full_queue_refuses_or_drops_the_oldest(void **state)
{
	int64_t got = result(bee_of(state), "BPF_QUEUESTACK(\"queue\", q, u32, 2, 0);\n" PROGRAM(
						    "u32 v = 1, first = 0; int full;\n"
						    "q.push(&v, 0); v = 2; q.push(&v, 0); v = 3;\n"
						    "full = q.push(&v, 0);\n"
						    "q.push(&v, BPF_EXIST);\n"
						    "q.pop(&first);\n"
						    "return full == -E2BIG ? first : full;\n"));

	assert_int_equal(got, 2);
}

/* ---- hashes ------------------------------------------------------------------------------ */

static void lru_forgets_what_is_old(void **state)
{
	struct bee_module *mod;
	struct bee_map *map;
	uint64_t value = 1;
	uint32_t key, left = 0;

	mod = load(bee_of(state), "BPF_TABLE(\"lru_hash\", u32, u64, lru, 32);\n");
	map = find_map(mod, "lru");
	assert_string_equal(bee_map_kind(map), "lru_hash");
	for (key = 0; key < 1000; key++)
		assert_int_equal(bee_map_update(map, &key, &value, BPF_ANY), 0);
	for (key = 0; key < 1000; key++)
		left += !bee_map_lookup(map, &key, &value);
	assert_in_range(left, 1, 32);
	assert_int_equal(element(mod, "lru", 999), 1);
}

static void trie_finds_the_longest_prefix(void **state)
{
	int64_t got = result(
		bee_of(state),
		"struct net { u32 bits; u8 addr[4]; };\n"
		"BPF_LPM_TRIE(nets, struct net, u32);\n" PROGRAM(
			"struct net wide = { 8, { 10 } }, narrow = { 16, { 10, 1 } };\n"
			"struct net host = { 32, { 10, 1, 2, 3 } }, other = { 32, { 10, 9 } };\n"
			"u32 one = 1, two = 2, *a, *b;\n"
			"nets.update(&wide, &one); nets.insert(&narrow, &two);\n"
			"a = nets.lookup(&host); b = nets.lookup(&other);\n"
			"return a && b ? *a * 10 + *b : -1;\n"));

	assert_int_equal(got, 21);
}

static void key_is_any_struct(void **state)
{
	int64_t got = result(
		bee_of(state),
		"struct point { u32 x : 4, y : 28; };\n"
		"struct key { struct point at; char name[8]; };\n"
		"BPF_HASH(seen, struct key);\n" PROGRAM(
			"struct key key = { .at = { .x = 3, .y = 7 }, .name = \"here\" };\n"
			"u64 *n;\n"
			"seen.increment(key); seen.increment(key, 40);\n"
			"seen.atomic_increment((struct key){ { 3, 7 }, \"here\" }, 1);\n"
			"n = seen.lookup(&(struct key){ .at = { 3, 7 }, .name = \"here\" });\n"
			"return n ? *n : -1;\n"));

	assert_int_equal(got, 42);
}

/* ---- tail calls -------------------------------------------------------------------------- */

static void call_ends_the_caller_and_runs_the_called(void **state)
{
	struct bee *bee = bee_of(state);
	const struct bee_wish wish = { .program = "called", .target = "raw_tracepoint" };
	struct bee_module *mod;

	check_err(bee,
		  try_load_wishes(
			  bee,
			  "BPF_PROG_ARRAY(progs, 3);\n"
			  "int called(void *ctx) { return 7; }\n" PROGRAM("progs.call(ctx, 2);\n"
									  "return 1;\n"),
			  &wish, 1, &mod),
		  0);
	assert_int_equal(result_of(bee, mod), 1);
	put(mod, "progs", 2, bee_program_fd(bee_program_find(mod, "called")));
	assert_int_equal(result_of(bee, mod), 7);
}

/* ---- maps of maps ------------------------------------------------------------------------ */

#define TWO_LEVELS(outer)                                             \
	"BPF_TABLE(\"hash\", u32, u32, inner, 8);\n"                  \
	"BPF_TABLE(\"hash\", u32, u32, another, 8);\n" outer PROGRAM( \
		"u32 key = 5, value = 99, *old;\n"                    \
		"int slot = 1;\n"                                     \
		"void *map = outer.lookup(&slot);\n"                  \
		"if (!map) return -1;\n"                              \
		"old = bpf_map_lookup_elem(map, &key);\n"             \
		"if (!old) return -2;\n"                              \
		"value = *old + 1;\n"                                 \
		"bpf_map_update_elem(map, &key, &value, 0);\n"        \
		"return value;\n")

static void check_two_levels(struct bee *bee, const char *text, const char *kind)
{
	struct bee_module *mod = load(bee, text);
	struct bee_map *another = find_map(mod, "another");
	uint32_t key = 5, value = 41;

	assert_string_equal(bee_map_kind(find_map(mod, "outer")), kind);
	assert_int_equal(result_of(bee, mod), -1);
	put(mod, "outer", 1, bee_map_fd(another));
	assert_int_equal(result_of(bee, mod), -2);
	assert_int_equal(bee_map_update(another, &key, &value, BPF_ANY), 0);
	assert_int_equal(result_of(bee, mod), 42);
	assert_int_equal(element(mod, "another", 5), 42);
	assert_int_equal(element(mod, "inner", 5), -1);
}

static void array_of_maps_finds_a_map(void **state)
{
	check_two_levels(bee_of(state), TWO_LEVELS("BPF_ARRAY_OF_MAPS(outer, \"inner\", 4);\n"),
			 "array_of_maps");
}

static void hash_of_maps_finds_a_map(void **state)
{
	check_two_levels(bee_of(state), TWO_LEVELS("BPF_HASH_OF_MAPS(outer, \"inner\");\n"),
			 "hash_of_maps");
	check_two_levels(bee_of(state), TWO_LEVELS("BPF_HASH_OF_MAPS(outer, int, \"inner\", 4);\n"),
			 "hash_of_maps");
}

static void map_of_no_map_is_named(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;

	check_err(bee, try_load(bee, "BPF_ARRAY_OF_MAPS(outer, \"nothing\", 4);\n", &mod), -ENOENT);
	check_says(bee, "map 'outer': there is no map 'nothing'");
}

/* ---- maps of others ---------------------------------------------------------------------- */

static void extern_table_is_the_public_one(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *owner, *user;

	owner = load(bee, "BPF_TABLE_PUBLIC(\"array\", int, u64, counts, 4);\n");
	user = load(bee,
		    "BPF_TABLE(\"extern\", int, u64, counts, 4);\n" PROGRAM("counts.increment(2);\n"
									    "return 0;\n"));
	assert_string_equal(bee_map_kind(find_map(user, "counts")), "array");
	result_of(bee, user);
	assert_int_equal(element(owner, "counts", 2), 1);
	/* It stays when its owner goes. */
	bee_module_close(owner);
	result_of(bee, user);
	assert_int_equal(element(user, "counts", 2), 2);
}

static void shared_table_is_one_for_all(void **state)
{
	static const char text[] = "BPF_TABLE_SHARED(\"hash\", u32, u64, counts, 4);\n" PROGRAM(
		"counts.increment(2);\n"
		"return 0;\n");
	struct bee *bee = bee_of(state);
	struct bee_module *a = load(bee, text), *b = load(bee, text);

	result_of(bee, a);
	result_of(bee, b);
	assert_int_equal(element(a, "counts", 2), 2);
	assert_int_equal(element(b, "counts", 2), 2);
}

static void extern_table_without_owner_is_named(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;

	load(bee, "BPF_TABLE(\"hash\", int, u64, private, 4);\n"
		  "BPF_TABLE_PUBLIC(\"hash\", int, u64, narrow, 4);\n");
	check_err(bee, try_load(bee, "BPF_TABLE(\"extern\", int, u64, private, 4);\n", &mod),
		  -ENOENT);
	check_says(bee, "map 'private' is extern");
	check_err(bee, try_load(bee, "BPF_TABLE(\"extern\", u64, u64, narrow, 4);\n", &mod),
		  -EEXIST);
	check_says(bee, "bytes of a key 4 there and 8 here");
}

static void pinned_table_outlives_its_module(void **state)
{
	struct bee *bee = bee_of(state);
	char path[64], text[256];
	struct bee_module *mod;

	snprintf(path, sizeof(path), "/sys/fs/bpf/moonbee-test-%d", getpid());
	snprintf(text, sizeof(text), "BPF_TABLE_PINNED(\"hash\", u32, u64, kept, 4, \"%s\");\n%s",
		 path, PROGRAM("kept.increment(3); return 0;"));
	mod = load(bee, text);
	result_of(bee, mod);
	bee_module_close(mod);
	assert_int_equal(access(path, F_OK), 0);
	mod = load(bee, text);
	result_of(bee, mod);
	assert_int_equal(element(mod, "kept", 3), 2);
	snprintf(text, sizeof(text), "BPF_TABLE_PINNED(\"hash\", u32, u32, kept, 4, \"%s\");\n",
		 path);
	check_err(bee, try_load(bee, text, &mod), -EEXIST);
	check_says(bee, path);
	check_says(bee, "bytes of a value 8 there and 4 here");
	unlink(path);
	check_err(bee,
		  try_load(bee, "BPF_TABLE_PINNED(\"hash\", u32, u32, kept, 4, \"/proc/1\");\n",
			   &mod),
		  -EPERM);
	check_says(bee, "/proc/1");
}

/* ---- rings, stacks, counters ------------------------------------------------------------- */

static void ring_buffer_tells_its_size(void **state)
{
	int64_t got = result(bee_of(state), "BPF_RINGBUF_OUTPUT(ring, 3);\n" PROGRAM(
						    "return ring.ringbuf_query(1);\n"));

	assert_int_equal(got, 4 * sysconf(_SC_PAGESIZE)); /* 3, rounded up */
}

/* Of the C library, in which system calls are made, as readelf reads it. */
static char *libc_build_id(void)
{
	Dl_info info;

	assert_true(dladdr((void *)gnu_get_libc_version, &info));
	return output_of("readelf -n %s | sed -n 's/.*Build ID: //p'", info.dli_fname);
}

static void stacks_have_build_ids(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	char *want = libc_build_id();
	struct bpf_stack_build_id stack[127] = { 0 };
	char got[2 * sizeof(stack[0].build_id) + 1] = "", *text = got;
	uint32_t key;
	int id = -1;

	mod = load(bee, "s32 id = -1;\n"
			"BPF_STACK_TRACE_BUILDID(stacks, 64);\n"
			"TRACEPOINT_PROBE(syscalls, sys_enter_close)\n"
			"{\n"
			"	if (args->fd == MAGIC)\n"
			"		id = stacks.get_stackid(args, BPF_F_USER_STACK);\n"
			"	return 0;\n"
			"}\n");
	attach(bee, mod, 1);
	fire(1);
	memcpy(&id, bee_var_find(mod, "id")->data, sizeof(id));
	assert_true(id >= 0);
	key = id;
	assert_int_equal(bee_map_lookup(find_map(mod, "stacks"), &key, stack), 0);
	for (size_t frame = 0; frame < LEN(stack) && strncmp(got, want, 40); frame++) {
		text = got;
		for (size_t i = 0; i < sizeof(stack[0].build_id); i++)
			text += sprintf(text, "%02x", stack[frame].build_id[i]);
	}
	assert_memory_equal(got, want, 40);
	assert_string_equal(bee_map_value_type(find_map(mod, "stacks"))->name,
			    "bpf_stacktrace_buildid");
	free(want);
}

static int open_counter(int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
	};

	return syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static void perf_array_reads_counters(void **state)
{
	struct bee *bee = bee_of(state);
	int cpus = sysconf(_SC_NPROCESSORS_ONLN), fds[64];
	struct bee_module *mod = load(
		bee,
		"BPF_PERF_ARRAY(clocks, 64);\n" PROGRAM(
			"struct bpf_perf_event_value v = {};\n"
			"s64 err = clocks.perf_counter_value(CUR_CPU_IDENTIFIER, &v, sizeof(v));\n"
			"if (err) return err;\n"
			"return (s64)clocks.perf_read(CUR_CPU_IDENTIFIER) > 0 && v.counter > 0;\n"));

	assert_int_equal(result_of(bee, mod), -ENOENT);
	assert_in_range(cpus, 1, LEN(fds));
	for (int cpu = 0; cpu < cpus; cpu++) {
		fds[cpu] = open_counter(cpu);
		assert_true(fds[cpu] >= 0);
		put(mod, "clocks", cpu, fds[cpu]);
	}
	assert_int_equal(result_of(bee, mod), 1);
	for (int cpu = 0; cpu < cpus; cpu++)
		close(fds[cpu]);
}

/* ---- redirection ------------------------------------------------------------------------- */

/* The kernel answers XDP_REDIRECT where the element is, and the flags' lowest bits where not. */
static void check_redirect(struct bee *bee, const char *table, const void *value)
{
	char text[256], packet[64] = { 0 };
	struct bee_module *mod;
	uint32_t key = 0; /* a CPU that there is */

	snprintf(text, sizeof(text),
		 "%s\nint f(struct xdp_md *ctx) { return table.redirect_map(0, XDP_PASS); }\n",
		 table);
	mod = load(bee, text);
	assert_int_equal(run(bee, mod, "f", packet, sizeof(packet)), XDP_PASS);
	if (!value)
		return;
	assert_int_equal(bee_map_update(find_map(mod, "table"), &key, value, BPF_ANY), 0);
	assert_int_equal(run(bee, mod, "f", packet, sizeof(packet)), XDP_REDIRECT);
}

static void packets_are_redirected(void **state)
{
	const uint32_t loopback = 1, queue_size = 192;

	check_redirect(bee_of(state), "BPF_DEVMAP(table, 4);", &loopback);
	check_redirect(bee_of(state), "BPF_CPUMAP(table, 4);", &queue_size);
	check_redirect(bee_of(state), "BPF_XSKMAP(table, 4);", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(queue_gives_the_first_and_stack_the_last),
		TEST(full_queue_refuses_or_drops_the_oldest),
		TEST(lru_forgets_what_is_old),
		TEST(trie_finds_the_longest_prefix),
		TEST(key_is_any_struct),
		TEST(call_ends_the_caller_and_runs_the_called),
		TEST(array_of_maps_finds_a_map),
		TEST(hash_of_maps_finds_a_map),
		TEST(map_of_no_map_is_named),
		TEST(extern_table_is_the_public_one),
		TEST(shared_table_is_one_for_all),
		TEST(extern_table_without_owner_is_named),
		TEST(pinned_table_outlives_its_module),
		TEST(ring_buffer_tells_its_size),
		TEST(stacks_have_build_ids),
		TEST(perf_array_reads_counters),
		TEST(packets_are_redirected),
	};

	return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
