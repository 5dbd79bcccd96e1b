/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processor time of a walk over a hash in C for each element: by libbpf's batches of 4096, or by
 * bee_walk_next(). The median of five walks is printed.
 *
 * usage: maps libbpf|moonbee SOURCE.c
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "bench.h"

enum { WALKS = 5, BATCH = 4096 };

struct flow {
	uint64_t count, bytes;
};

struct seen {
	uint64_t elems, sum;
};

static void fill(const struct bee_map *map)
{
	uint32_t count = bee_map_max_entries(map), done;
	uint32_t *keys = calloc(count, sizeof(*keys));
	struct flow *values = calloc(count, sizeof(*values));

	if (!keys || !values)
		fail(NULL, "memory");
	for (uint32_t i = 0; i < count; i++) {
		keys[i] = i;
		values[i] = (struct flow){ i, 1000 };
	}
	if (bee_map_update_many(map, keys, values, count, 0, &done))
		fail(NULL, "filling the map");
	free(keys);
	free(values);
}

static struct seen walk_by_libbpf(const struct bee_map *map)
{
	static uint32_t keys[BATCH];
	static struct flow values[BATCH];
	struct seen seen = { 0 };
	uint32_t cursor, count;
	bool is_first = true;
	int err;

	do {
		count = BATCH;
		err = bpf_map_lookup_batch(bee_map_fd(map), is_first ? NULL : &cursor, &cursor,
					   keys, values, &count, NULL);
		if (err && err != -ENOENT)
			fail(NULL, "a batch");
		is_first = false;
		for (uint32_t i = 0; i < count; i++)
			seen.sum += values[i].count;
		seen.elems += count;
	} while (!err);
	return seen;
}

static struct seen walk_by_moonbee(const struct bee_map *map)
{
	struct seen seen = { 0 };
	const void *key, *value;
	struct bee_walk *walk;

	if (bee_walk_open(map, &walk))
		fail(NULL, "a walk");
	while (bee_walk_next(walk, &key, &value) > 0) {
		seen.sum += ((const struct flow *)value)->count;
		seen.elems++;
	}
	bee_walk_close(walk);
	return seen;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	const struct bee_map *map;
	struct bee_module *mod;
	double ns[WALKS];
	struct bee *bee;

	if (argc != 3) {
		fprintf(stderr, "usage: maps libbpf|moonbee SOURCE.c\n");
		return 2;
	}
	mod = load_file(argv[2], &bee);
	map = bee_map_find(mod, "flows");
	fill(map);
	for (int i = 0; i < WALKS; i++) {
		clock_t before = clock();
		struct seen seen = !strcmp(argv[1], "libbpf") ? walk_by_libbpf(map)
							      : walk_by_moonbee(map);
		uint64_t count = bee_map_max_entries(map);

		ns[i] = (clock() - before) * (1e9 / CLOCKS_PER_SEC) / count;
		if (seen.elems != count || seen.sum != count * (count - 1) / 2)
			fail(NULL, "finding every element");
	}
	qsort(ns, WALKS, sizeof(ns[0]), compare);
	printf("%.0f\n", ns[WALKS / 2]);
	bee_close(bee);
	return 0;
}
