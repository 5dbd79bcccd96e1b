/* SPDX-License-Identifier: Apache-2.0 */
/* Many elements at once, and what else is done to whole maps. */
#include <linux/bpf.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <bpf/bpf.h>

#include "support.h"

#define MAPS                                         \
	"BPF_HASH(hash, u32, u64, 10000);\n"         \
	"BPF_ARRAY(array, u64, 300);\n"              \
	"BPF_PERCPU_HASH(percpu, u32, u64, 300);\n"  \
	"struct {\n"                                 \
	"	__uint(type, BPF_MAP_TYPE_QUEUE);\n"       \
	"	__uint(max_entries, 2);\n"                 \
	"	__type(value, u32);\n"                     \
	"} queue SEC(\".maps\");\n"                  \
	"struct {\n"                                 \
	"	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);\n" \
	"	__uint(max_entries, 8);\n"                 \
	"	__uint(key_size, 4);\n"                    \
	"	__uint(value_size, 4);\n"                  \
	"} devices SEC(\".maps\");\n"

enum { MANY = 9000 };

/* Keys 0 to count - 1, and for each the value of three times the key on the first CPU. */
struct elems {
	uint32_t count, done;
	uint32_t *keys;
	char *values;
};

static struct elems make_elems(const struct bee_map *map, uint32_t count)
{
	size_t size = (size_t)bee_map_cpus(map) * bee_map_stride(map);
	struct elems elems = { .count = count };

	elems.keys = calloc(count, sizeof(*elems.keys));
	elems.values = calloc(count, size);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t value = i * 3ull;

		elems.keys[i] = i;
		memcpy(elems.values + i * size, &value, sizeof(value));
	}
	return elems;
}

static void free_elems(struct elems *elems)
{
	free(elems->keys);
	free(elems->values);
}

static uint32_t count_elems(const struct bee_map *map)
{
	const void *key, *value;
	struct bee_walk *walk;
	uint32_t count = 0;

	assert_int_equal(bee_walk_open(map, &walk), 0);
	while (bee_walk_next(walk, &key, &value) == 1)
		count++;
	assert_true(bee_walk_is_complete(walk));
	bee_walk_close(walk);
	return count;
}

static void check_first(const struct bee_map *map, uint32_t key, uint64_t want)
{
	uint64_t values[1024] = { 0 };

	assert_true(bee_map_cpus(map) <= LEN(values));
	assert_int_equal(bee_map_lookup(map, &key, values), 0);
	assert_int_equal(values[0], want);
}

static void many_are_written_and_deleted(void **state)
{
	struct bee_module *mod = load(bee_of(state), MAPS);
	static const struct {
		const char *name;
		uint32_t count;
	} maps[] = { { "hash", MANY }, { "percpu", 300 } };

	for (size_t i = 0; i < LEN(maps); i++) {
		struct bee_map *map = find_map(mod, maps[i].name);
		struct elems elems = make_elems(map, maps[i].count);

		assert_int_equal(bee_map_update_many(map, elems.keys, elems.values, elems.count, 0,
						     &elems.done),
				 0);
		assert_int_equal(elems.done, elems.count);
		assert_int_equal(count_elems(map), elems.count);
		check_first(map, 299, 897);
		elems.keys[5] = 1000000; /* which is not there */
		assert_int_equal(bee_map_delete_many(map, elems.keys, elems.count, &elems.done), 0);
		assert_int_equal(elems.done, elems.count - 1);
		assert_int_equal(count_elems(map), 1);
		free_elems(&elems);
	}
}

static void values_of_all_cpus_are_added_up(void **state)
{
	struct bee_module *mod =
		load(bee_of(state),
		     "struct pair { u32 count; s16 list[2]; u32 low : 4; char tag[4]; };\n"
		     "BPF_PERCPU_ARRAY(pairs, struct pair, 1);\n");
	struct pair {
		uint32_t count;
		int16_t list[2];
		uint32_t low : 4;
		char tag[4];
	} * values, sum = { 0 };
	struct bee_map *map = find_map(mod, "pairs");
	uint32_t key = 0, cpus = bee_map_cpus(map);

	assert_int_equal(bee_map_value_size(map), sizeof(sum));
	values = calloc(cpus, bee_map_stride(map));
	for (uint32_t i = 0; i < cpus; i++)
		*(struct pair *)((char *)values + i * bee_map_stride(map)) =
			(struct pair){ 4000000000u, { -3, 7 }, 1, "xyz" };
	assert_int_equal(bee_map_update(map, &key, values, BPF_ANY), 0);
	memset(values, 0, cpus * bee_map_stride(map));
	assert_int_equal(bee_map_lookup(map, &key, values), 0);
	bee_map_sum(map, values, &sum);
	assert_int_equal(sum.count, 4000000000u * cpus);
	assert_int_equal(sum.list[0], -3 * (int)cpus);
	assert_int_equal(sum.list[1], 7 * (int)cpus);
	assert_int_equal(sum.low, cpus < 16 ? cpus : 15);
	assert_string_equal(sum.tag, "xyz");
	free(values);
}

static void flags_hold_for_each_of_many(void **state)
{
	struct bee_map *map = find_map(load(bee_of(state), MAPS), "hash");
	struct elems elems = make_elems(map, 10);
	uint32_t seven = 7;
	uint64_t value = 1;

	assert_int_equal(bee_map_update(map, &seven, &value, BPF_ANY), 0);
	assert_int_equal(bee_map_update_many(map, elems.keys, elems.values, elems.count,
					     BPF_NOEXIST, &elems.done),
			 -EEXIST);
	assert_int_equal(elems.done, 7);
	assert_int_equal(count_elems(map), 8);
	free_elems(&elems);
}

static void what_does_not_fit_says_how_many_did(void **state)
{
	struct bee_map *map = find_map(load(bee_of(state), MAPS), "array");
	struct elems elems = make_elems(map, 301);

	assert_int_equal(
		bee_map_update_many(map, elems.keys, elems.values, elems.count, 0, &elems.done),
		-E2BIG);
	assert_int_equal(elems.done, 300);
	check_first(map, 299, 897);
	assert_int_equal(bee_map_delete_many(map, elems.keys, 3, &elems.done), -EOPNOTSUPP);
	assert_int_equal(elems.done, 0);
	free_elems(&elems);
}

static void clear_deletes_or_zeroes(void **state)
{
	struct bee_module *mod = load(bee_of(state), MAPS);
	struct bee_map *hash = find_map(mod, "hash"), *array = find_map(mod, "array");
	struct elems elems = make_elems(hash, MANY);

	assert_int_equal(bee_map_update_many(hash, elems.keys, elems.values, MANY, 0, &elems.done),
			 0);
	assert_int_equal(bee_map_update_many(array, elems.keys, elems.values, 300, 0, &elems.done),
			 0);
	assert_int_equal(bee_map_clear(hash), 0);
	assert_int_equal(count_elems(hash), 0);
	assert_int_equal(bee_map_clear(array), 0);
	check_first(array, 299, 0);
	assert_int_equal(bee_map_clear(find_map(mod, "queue")), -EOPNOTSUPP);
	free_elems(&elems);
}

static void an_element_is_taken(void **state)
{
	struct bee_module *mod = load(bee_of(state), MAPS);
	struct bee_map *hash = find_map(mod, "hash");
	uint32_t key = 4;
	uint64_t value = 44;

	assert_int_equal(bee_map_update(hash, &key, &value, BPF_ANY), 0);
	value = 0;
	assert_int_equal(bee_map_take(hash, &key, &value), 0);
	assert_int_equal(value, 44);
	assert_int_equal(bee_map_take(hash, &key, &value), -ENOENT);
	assert_int_equal(bee_map_take(find_map(mod, "array"), &key, &value), -EOPNOTSUPP);
}

static void a_queue_gives_first_what_came_first(void **state)
{
	struct bee_map *queue = find_map(load(bee_of(state), MAPS), "queue");
	uint32_t value;

	assert_int_equal(bee_map_take(queue, NULL, &value), -ENOENT);
	for (value = 1; value <= 2; value++)
		assert_int_equal(bee_map_update(queue, NULL, &value, BPF_ANY), 0);
	assert_int_equal(bee_map_update(queue, NULL, &value, BPF_ANY), -E2BIG);
	assert_int_equal(bee_map_lookup(queue, NULL, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(bee_map_take(queue, NULL, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(bee_map_take(queue, NULL, &value), 0);
	assert_int_equal(value, 2);
}

/* Kinds without batches are walked from key to key: one that is gone cannot say what follows it. */
static void a_torn_walk_ends_and_says_so(void **state)
{
	struct bee_map *map = find_map(load(bee_of(state), MAPS), "devices");
	const void *key, *value;
	struct bee_walk *walk;
	uint32_t loopback = 1, i;

	for (i = 0; i < 6; i++)
		assert_int_equal(bee_map_update(map, &i, &loopback, BPF_ANY), 0);
	assert_int_equal(count_elems(map), 6);
	assert_int_equal(bee_walk_open(map, &walk), 0);
	assert_false(bee_walk_is_complete(walk));
	for (i = 0; bee_walk_next(walk, &key, &value) == 1; i++)
		if (i == 3)
			assert_int_equal(bee_map_delete(map, key), 0);
	assert_false(bee_walk_is_complete(walk));
	assert_true(i <= 8);
	bee_walk_close(walk);
	assert_int_equal(bee_map_clear(map), 0);
	assert_int_equal(count_elems(map), 0);
}

static void a_frozen_map_takes_no_more_writes(void **state)
{
	struct bee_map *map = find_map(load(bee_of(state), MAPS), "array");
	uint64_t value = 5;
	uint32_t key = 0;

	assert_int_equal(bee_map_update(map, &key, &value, BPF_ANY), 0);
	assert_int_equal(bee_map_freeze(map), 0);
	assert_int_equal(bee_map_update(map, &key, &value, BPF_ANY), -EPERM);
	check_first(map, 0, 5);
}

static void a_pinned_map_outlives_its_module(void **state)
{
	struct bee_module *mod = load(bee_of(state), MAPS);
	char dir[] = "/tmp/bee-pin-XXXXXX", path[64];
	uint32_t key = 0, fd;
	uint64_t value = 5;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(mount("bpf", dir, "bpf", 0, NULL), 0);
	snprintf(path, sizeof(path), "%s/array", dir);
	assert_int_equal(bee_map_update(find_map(mod, "array"), &key, &value, BPF_ANY), 0);
	assert_int_equal(bee_map_pin(find_map(mod, "array"), path), 0);
	assert_int_equal(bee_map_pin(find_map(mod, "array"), path), -EEXIST);
	assert_int_equal(bee_map_pin(find_map(mod, "array"), "/tmp/no-such-folder/x"), -ENOENT);
	bee_module_close(mod);
	fd = bpf_obj_get(path);
	value = 0;
	assert_int_equal(bpf_map_lookup_elem(fd, &key, &value), 0);
	close(fd);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
	assert_int_equal(value, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(many_are_written_and_deleted),
		TEST(values_of_all_cpus_are_added_up),
		TEST(flags_hold_for_each_of_many),
		TEST(what_does_not_fit_says_how_many_did),
		TEST(clear_deletes_or_zeroes),
		TEST(an_element_is_taken),
		TEST(a_queue_gives_first_what_came_first),
		TEST(a_torn_walk_ends_and_says_so),
		TEST(a_frozen_map_takes_no_more_writes),
		TEST(a_pinned_map_outlives_its_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
