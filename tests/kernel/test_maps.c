/* SPDX-License-Identifier: Apache-2.0 */
/* Maps from the C API, compared with what bpftool reads of the same map, and with the kernel's rules. */
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "support.h"

#define MAPS                                                                             \
	"struct key { u32 pid; u16 port; u16 pad; };\n"                                  \
	"struct value { u64 bytes; s32 delta; u32 low : 3, high : 5; char name[8]; };\n" \
	"enum color { RED, GREEN = 7 };\n"                                               \
	"BPF_HASH(plain, u32, u64, 64);\n"                                               \
	"BPF_HASH(big, u32, u64, 20000);\n"                                              \
	"BPF_HASH(typed, struct key, struct value);\n"                                   \
	"BPF_HASH(colors, enum color, s8);\n"                                            \
	"BPF_ARRAY(array, u64, 4);\n"                                                    \
	"BPF_PERCPU_ARRAY(percpu, u32, 2);\n"                                            \
	"BPF_PERCPU_HASH(percpu_hash, u32, u64);\n"                                      \
	"BPF_RINGBUF_OUTPUT(ring, 1);\n"

static char *dump(const struct bee_map *map)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(bee_map_fd(map), &info, &len), 0);
	return output_of("bpftool map dump id %u | tr -d ' \\n\\t'", info.id);
}

static void check_dump(const struct bee_map *map, const char *part)
{
	char *text = dump(map);

	if (!strstr(text, part))
		fail_msg("bpftool does not show %s in %s", part, text);
	free(text);
}

static void hash_agrees_with_bpftool(void **state)
{
	struct bee_map *map = find_map(load(bee_of(state), MAPS), "plain");
	uint32_t key = 7;
	uint64_t value = 0xfedcba9876543210, got = 0;

	assert_string_equal(bee_map_kind(map), "hash");
	assert_int_equal(bee_map_max_entries(map), 64);
	assert_int_equal(bee_map_update(map, &key, &value, BPF_ANY), 0);
	check_dump(map, "{\"key\":7,\"value\":18364758544493064720}");
	assert_int_equal(bee_map_lookup(map, &key, &got), 0);
	assert_true(got == value);
	assert_int_equal(bee_map_delete(map, &key), 0);
	check_dump(map, "[]");
}

static void hash_tells_the_kernels_errors(void **state)
{
	struct bee_map *map = find_map(load(bee_of(state), MAPS), "plain");
	uint32_t key = 7;
	uint64_t value = 1;

	assert_int_equal(bee_map_lookup(map, &key, &value), -ENOENT);
	assert_int_equal(bee_map_delete(map, &key), -ENOENT);
	assert_int_equal(bee_map_update(map, &key, &value, BPF_EXIST), -ENOENT);
	assert_int_equal(bee_map_update(map, &key, &value, BPF_NOEXIST), 0);
	assert_int_equal(bee_map_update(map, &key, &value, BPF_NOEXIST), -EEXIST);
	for (key = 0; key < 64; key++) {
		if (key != 7)
			assert_int_equal(bee_map_update(map, &key, &value, BPF_ANY), 0);
	}
	key = 64;
	assert_int_equal(bee_map_update(map, &key, &value, BPF_ANY), -E2BIG);
}

static int64_t get_field(const struct bee_type *type, const char *name, const void *data)
{
	const struct bee_field *field = bee_field_find(type, name);
	int64_t value;

	if (!field)
		fail_msg("no field '%s'", name);
	assert_int_equal(bee_field_get_int(field, data, &value), 0);
	return value;
}

static int set_field(const struct bee_type *type, const char *name, void *data, int64_t value)
{
	const struct bee_field *field = bee_field_find(type, name);

	if (!field)
		fail_msg("no field '%s'", name);
	return bee_field_set_int(field, data, value);
}

static void fields_agree_with_bpftool(void **state)
{
	struct bee_map *map = find_map(load(bee_of(state), MAPS), "typed");
	const struct bee_type *key_type = bee_map_key_type(map);
	const struct bee_type *type = bee_map_value_type(map);
	uint64_t key[1] = { 0 }, value[3] = { 0 };

	assert_int_equal(bee_map_key_size(map), sizeof(key));
	assert_int_equal(bee_map_value_size(map), sizeof(value));
	assert_string_equal(type->name, "value");
	assert_int_equal(set_field(key_type, "pid", key, 4000000000), 0);
	assert_int_equal(set_field(key_type, "port", key, 65535), 0);
	assert_int_equal(set_field(type, "bytes", value, -1), 0);
	assert_int_equal(set_field(type, "delta", value, -5), 0);
	assert_int_equal(set_field(type, "low", value, 5), 0);
	assert_int_equal(set_field(type, "high", value, 30), 0);
	memcpy((char *)value + bee_field_find(type, "name")->bit_offset / 8, "queen", 6);
	assert_int_equal(bee_map_update(map, key, value, BPF_ANY), 0);
	check_dump(map, "\"key\":{\"pid\":4000000000,\"port\":65535,\"pad\":0}");
	check_dump(map, "\"value\":{\"bytes\":18446744073709551615,\"delta\":-5,"
			"\"low\":0x5,\"high\":0x1e,\"name\":\"queen\"}");
	assert_int_equal(get_field(type, "bytes", value), -1);
	assert_int_equal(get_field(type, "delta", value), -5);
	assert_int_equal(get_field(type, "low", value), 5);
	assert_int_equal(get_field(type, "high", value), 30);
}

static void a_field_refuses_what_does_not_fit(void **state)
{
	struct bee_map *map = find_map(load(bee_of(state), MAPS), "typed");
	const struct bee_type *type = bee_map_value_type(map);
	uint64_t value[3] = { 0 };
	int64_t number;

	assert_int_equal(set_field(bee_map_key_type(map), "port", value, 65536), -ERANGE);
	assert_int_equal(set_field(type, "low", value, 8), -ERANGE);
	assert_int_equal(set_field(type, "delta", value, INT64_C(1) << 31), -ERANGE);
	assert_int_equal(set_field(type, "name", value, 1), -EINVAL);
	assert_int_equal(bee_field_get_int(bee_field_find(type, "name"), value, &number), -EINVAL);
	assert_null(bee_field_find(type, "nothing"));
	for (size_t i = 0; i < LEN(value); i++)
		assert_int_equal(value[i], 0);
}

static void enums_and_small_numbers_have_types(void **state)
{
	struct bee_map *map = find_map(load(bee_of(state), MAPS), "colors");
	const struct bee_type *key_type = bee_map_key_type(map);
	uint32_t key = 0;
	int8_t value = 0;
	int64_t number;

	assert_int_equal(key_type->kind, BEE_KIND_ENUM);
	assert_int_equal(key_type->enums_len, 2);
	assert_string_equal(key_type->enums[1].name, "GREEN");
	assert_int_equal(key_type->enums[1].value, 7);
	assert_int_equal(bee_value_set_int(key_type, &key, 7), 0);
	assert_int_equal(bee_value_set_int(bee_map_value_type(map), &value, -128), 0);
	assert_int_equal(bee_value_set_int(bee_map_value_type(map), &value, 128), -ERANGE);
	assert_int_equal(bee_value_get_int(bee_map_value_type(map), &value, &number), 0);
	assert_int_equal(number, -128);
	assert_int_equal(bee_map_update(map, &key, &value, BPF_ANY), 0);
	check_dump(map, "\"key\":\"GREEN\"");
}

static void a_walk_gives_every_element_once(void **state)
{
	enum { ENTRIES = 15000 };
	struct bee *bee = bee_of(state);
	struct bee_map *map = find_map(load(bee, MAPS), "big");
	bool *seen = calloc(ENTRIES, sizeof(*seen));
	const void *key_data, *value_data;
	uint32_t key, count = 0;
	struct bee_walk *walk;

	for (key = 0; key < ENTRIES; key++) {
		uint64_t value = key * 3ull;

		assert_int_equal(bee_map_update(map, &key, &value, BPF_ANY), 0);
	}
	check_err(bee, bee_walk_open(map, &walk), 0);
	while (bee_walk_next(walk, &key_data, &value_data) == 1) {
		uint64_t value;

		memcpy(&key, key_data, sizeof(key));
		memcpy(&value, value_data, sizeof(value));
		assert_true(key < ENTRIES && !seen[key]);
		assert_int_equal(value, key * 3ull);
		seen[key] = true;
		count++;
	}
	assert_int_equal(bee_walk_next(walk, &key_data, &value_data), 0);
	bee_walk_close(walk);
	assert_int_equal(count, ENTRIES);
	free(seen);
}

static void a_walk_of_an_empty_map_ends_at_once(void **state)
{
	struct bee *bee = bee_of(state);
	const void *key, *value;
	struct bee_walk *walk;

	check_err(bee, bee_walk_open(find_map(load(bee, MAPS), "plain"), &walk), 0);
	assert_int_equal(bee_walk_next(walk, &key, &value), 0);
	bee_walk_close(walk);
}

static void arrays_walk_by_index(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_map *map = find_map(load(bee, MAPS), "array");
	const void *key_data, *value_data;
	struct bee_walk *walk;
	uint32_t index;

	for (index = 0; index < 4; index++) {
		uint64_t value = index + 10;

		assert_int_equal(bee_map_update(map, &index, &value, BPF_ANY), 0);
	}
	index = 0;
	assert_int_equal(bee_map_delete(map, &index), -EOPNOTSUPP);
	check_err(bee, bee_walk_open(map, &walk), 0);
	for (index = 0; bee_walk_next(walk, &key_data, &value_data) == 1; index++) {
		assert_memory_equal(key_data, &index, sizeof(index));
		assert_int_equal(*(const uint64_t *)value_data, index + 10);
	}
	bee_walk_close(walk);
	assert_int_equal(index, 4);
}

/* Element 1 of a per-CPU map: the CPU's number plus 100, for each CPU. */
static void check_percpu(struct bee *bee, const char *name, uint32_t value_size)
{
	struct bee_map *map = find_map(load(bee, MAPS), name);
	uint32_t cpus = bee_map_cpus(map), stride = bee_map_stride(map), key = 1, cpu;
	char *possible = output_of("cat /sys/devices/system/cpu/possible");
	char *values = calloc(cpus, stride), *got = calloc(cpus, stride);
	const char *last = strrchr(possible, '-');

	assert_int_equal(cpus, (last ? atoi(last + 1) : 0) + 1);
	assert_int_equal(bee_map_value_size(map), value_size);
	assert_int_equal(stride, 8);
	for (cpu = 0; cpu < cpus; cpu++)
		values[cpu * stride] = 100 + cpu;
	assert_int_equal(bee_map_update(map, &key, values, BPF_ANY), 0);
	assert_int_equal(bee_map_lookup(map, &key, got), 0);
	assert_memory_equal(values, got, cpus * stride);
	check_dump(map, "{\"cpu\":0,\"value\":100}");
	free(values);
	free(got);
	free(possible);
}

static void percpu_array_holds_a_value_a_cpu(void **state)
{
	check_percpu(bee_of(state), "percpu", 4);
}

static void percpu_hash_holds_a_value_a_cpu(void **state)
{
	check_percpu(bee_of(state), "percpu_hash", 8);
}

static void a_ring_buffer_cannot_be_walked(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_walk *walk;

	check_err(bee, bee_walk_open(find_map(load(bee, MAPS), "ring"), &walk), -EOPNOTSUPP);
}

static void the_program_and_the_api_see_the_same_map(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, "BPF_HASH(counts, u64, u64);\n"
					   "TRACEPOINT_PROBE(syscalls, sys_enter_close)\n"
					   "{\n"
					   "	u64 fd = args->fd;\n"
					   "	if (fd == MAGIC) counts.increment(fd);\n"
					   "	return 0;\n"
					   "}\n");
	uint64_t key = magic(), value = 100;

	assert_int_equal(bee_map_update(find_map(mod, "counts"), &key, &value, BPF_ANY), 0);
	attach(bee, mod, 1);
	fire(5);
	assert_int_equal(bee_map_lookup(find_map(mod, "counts"), &key, &value), 0);
	assert_int_equal(value, 105);
}

static void only_the_sources_maps_are_listed(void **state)
{
	struct bee_module *mod = load(bee_of(state), "u64 variable = 1;\n"
						     "const volatile u32 constant = 2;\n"
						     "BPF_HASH(one);\n"
						     "BPF_ARRAY(two);\n");
	struct bee_map *map = bee_map_next(mod, NULL);

	assert_string_equal(bee_map_name(map), "one");
	map = bee_map_next(mod, map);
	assert_string_equal(bee_map_name(map), "two");
	assert_null(bee_map_next(mod, map));
	assert_null(bee_map_find(mod, "three"));
}

static void check_hist(const struct bee_map *map, const struct bee_hist_opts *opts,
		       const char *want)
{
	char *text;

	assert_int_equal(bee_map_hist(map, opts, &text), 0);
	assert_string_equal(text, want);
	free(text);
}

/* The text is BCC's own for these counts. */
static void a_histogram_adds_up_cpus_and_is_drawn_by_label(void **state)
{
	struct bee_module *mod = load(bee_of(state),
				      "struct key { u32 pid; char comm[8]; u32 slot; };\n"
				      "BPF_PERCPU_ARRAY(flat, u64, 8);\n"
				      "BPF_HASH(by_comm, struct key, u64);\n");
	struct bee_hist_opts opts = { .size = sizeof(opts), .unit = "usecs" };
	struct bee_map *flat = find_map(mod, "flat"), *by_comm = find_map(mod, "by_comm");
	struct {
		uint32_t pid;
		char comm[8];
		uint32_t slot;
	} key = { 7, "sh", 2 };
	uint64_t *values = calloc(bee_map_cpus(flat), sizeof(*values)), one = 1;
	uint32_t slot = 3;

	check_hist(flat, NULL, "(empty)");
	for (uint32_t i = 0; i < bee_map_cpus(flat); i++)
		values[i] = i ? 0 : 4;
	values[bee_map_cpus(flat) - 1] += 4;
	assert_int_equal(bee_map_update(flat, &slot, values, BPF_ANY), 0);
	slot = 2;
	memset(values, 0, bee_map_cpus(flat) * sizeof(*values));
	values[0] = 2;
	assert_int_equal(bee_map_update(flat, &slot, values, BPF_ANY), 0);
	free(values);
	check_hist(
		flat, &opts,
		"     usecs               : count    distribution\n"
		"         0 -> 1          : 0        |                                        |\n"
		"         2 -> 3          : 2        |**********                              |\n"
		"         4 -> 7          : 8        |****************************************|");
	opts.is_linear = true;
	check_hist(flat, &opts,
		   "     usecs    : count    distribution\n"
		   "     2        : 2        |**********                              |\n"
		   "     3        : 8        |****************************************|");

	assert_int_equal(bee_map_update(by_comm, &key, &one, BPF_ANY), 0);
	key.pid = 3;
	assert_int_equal(bee_map_update(by_comm, &key, &one, BPF_ANY), 0);
	check_hist(by_comm, &opts,
		   "pid = 3, comm = \"sh\"\n"
		   "     usecs    : count    distribution\n"
		   "     2        : 1        |****************************************|\n\n"
		   "pid = 7, comm = \"sh\"\n"
		   "     usecs    : count    distribution\n"
		   "     2        : 1        |****************************************|");
}

static void what_is_no_histogram_is_refused(void **state)
{
	struct bee_module *mod = load(bee_of(state), "struct value { u64 a, b; };\n"
						     "BPF_HASH(pairs, u32, struct value);\n"
						     "BPF_HASH(slots, s64, u64);\n"
						     "BPF_RINGBUF_OUTPUT(ring, 1);\n");
	struct bee_map *pairs = find_map(mod, "pairs"), *slots = find_map(mod, "slots");
	struct bee_hist_opts linear = { .size = sizeof(linear), .is_linear = true };
	struct bee_hist_opts bad = { .size = 3 };
	char *text = NULL;
	uint64_t value[2] = { 1, 2 };
	int64_t slot = 1;

	assert_int_equal(bee_map_update(pairs, &slot, value, BPF_ANY), 0);
	assert_int_equal(bee_map_hist(pairs, NULL, &text), -EINVAL);
	assert_int_equal(bee_map_hist(find_map(mod, "ring"), NULL, &text), -EOPNOTSUPP);
	assert_int_equal(bee_map_hist(slots, &bad, &text), -EINVAL);
	slot = 65;
	assert_int_equal(bee_map_update(slots, &slot, value, BPF_ANY), 0);
	assert_int_equal(bee_map_hist(slots, NULL, &text), -ERANGE);
	assert_int_equal(bee_map_hist(slots, &linear, &text), 0);
	free(text);
	text = NULL;
	slot = INT64_MIN;
	assert_int_equal(bee_map_update(slots, &slot, value, BPF_ANY), 0);
	assert_int_equal(bee_map_hist(slots, &linear, &text), -E2BIG);
	assert_int_equal(bee_map_hist(slots, NULL, &text), -ERANGE);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hash_agrees_with_bpftool),
		TEST(hash_tells_the_kernels_errors),
		TEST(fields_agree_with_bpftool),
		TEST(a_field_refuses_what_does_not_fit),
		TEST(enums_and_small_numbers_have_types),
		TEST(a_walk_gives_every_element_once),
		TEST(a_walk_of_an_empty_map_ends_at_once),
		TEST(arrays_walk_by_index),
		TEST(percpu_array_holds_a_value_a_cpu),
		TEST(percpu_hash_holds_a_value_a_cpu),
		TEST(a_ring_buffer_cannot_be_walked),
		TEST(the_program_and_the_api_see_the_same_map),
		TEST(only_the_sources_maps_are_listed),
		TEST(a_histogram_adds_up_cpus_and_is_drawn_by_label),
		TEST(what_is_no_histogram_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
