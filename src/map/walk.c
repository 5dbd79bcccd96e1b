// SPDX-License-Identifier: Apache-2.0
/*
 * Walks over the elements of a map.
 *
 * A walk holds a batch of keys and values, and the place in it:
 *
 *   keys   | k0 | k1 | ... | k(count-1) |        at: the next one to hand out
 *   values | v0 | v1 | ... | v(count-1) |        cursor: where the kernel goes on
 *
 * Kinds and kernels without batches get theirs one key at a time, as batches of one.
 */
#include <bpf/bpf.h>

#include "internal.h"

#define BATCH_MAX 4096 /* elements of one batch, at most */

struct bee_walk {
	const struct bee_map *map;
	char *keys, *values, *cursor;
	uint32_t room, count, at;
	uint32_t value_size; /* of all CPUs */
	uint64_t steps;      /* keys that the kernel gave one by one */
	char *first;         /* the first of them */
	bool has_cursor, is_single, is_done, is_torn;
};

void bee_walk_close(struct bee_walk *walk)
{
	if (!walk)
		return;
	free(walk->keys);
	free(walk->values);
	free(walk->cursor);
	free(walk->first);
	free(walk);
}

static int resize(struct bee_walk *walk, uint32_t room)
{
	char *keys = realloc(walk->keys, (size_t)room * walk->map->key_size);
	char *values;

	if (!keys)
		return -ENOMEM;
	walk->keys = keys;
	values = realloc(walk->values, (size_t)room * walk->value_size);
	if (!values)
		return -ENOMEM;
	walk->values = values;
	walk->room = room;
	return 0;
}

int bee_walk_open(const struct bee_map *map, struct bee_walk **ret_walk)
{
	uint32_t entries = bee_map_max_entries(map);
	struct bee_walk *walk;
	int err = -ENOMEM;

	if (!bee__map_kind(map->kind)->is_walked)
		return -EOPNOTSUPP;
	walk = calloc(1, sizeof(*walk));
	if (!walk)
		return -ENOMEM;
	walk->map = map;
	walk->value_size = map->stride * map->cpus;
	/* The kernel's cursor of a hash is a bucket's number, whatever the key. */
	walk->cursor = malloc(map->key_size > 4 ? map->key_size : 4);
	walk->first = malloc(map->key_size);
	if (!walk->cursor || !walk->first)
		goto fail;
	err = resize(walk, entries < BATCH_MAX ? entries : BATCH_MAX);
	if (err)
		goto fail;
	*ret_walk = walk;
	return 0;
fail:
	bee_walk_close(walk);
	return err;
}

/*
 * Behind a key that was deleted meanwhile the kernel begins anew: it gives the first key again, or, when
 * that is gone too, more keys than the map can hold.
 */
static bool is_torn(struct bee_walk *walk)
{
	uint32_t size = walk->map->key_size;

	if (!walk->steps++) {
		memcpy(walk->first, walk->keys, size);
		return false;
	}
	return !memcmp(walk->first, walk->keys, size) ||
	       walk->steps > bee_map_max_entries(walk->map);
}

static int fill_single(struct bee_walk *walk)
{
	int fd = walk->map->fd, err;

	do {
		err = bpf_map_get_next_key(fd, walk->has_cursor ? walk->cursor : NULL, walk->keys);
		if (err)
			break;
		walk->is_torn = is_torn(walk);
		if (walk->is_torn) {
			err = -ENOENT;
			break;
		}
		memcpy(walk->cursor, walk->keys, walk->map->key_size);
		walk->has_cursor = true;
		/* It may have gone since: then the next one is asked for. */
		err = bpf_map_lookup_elem(fd, walk->keys, walk->values);
	} while (err == -ENOENT);
	walk->is_done = err;
	walk->count = !err;
	return err == -ENOENT ? 0 : err;
}

static int fill_batch(struct bee_walk *walk)
{
	char *in = walk->has_cursor ? walk->cursor : NULL;
	int err;

	for (;;) {
		walk->count = walk->room;
		err = bpf_map_lookup_batch(walk->map->fd, in, walk->cursor, walk->keys,
					   walk->values, &walk->count, NULL);
		if (err != -ENOSPC)
			break;
		/* A bucket holds more than the batch: the cursor has not moved. */
		err = resize(walk, walk->room * 2);
		if (err)
			return err;
	}
	walk->has_cursor = true;
	walk->is_done = err;
	if (err && err != -ENOENT)
		walk->count = 0;
	return err == -ENOENT ? 0 : err;
}

static int fill(struct bee_walk *walk)
{
	bool is_first = !walk->has_cursor;
	int err;

	walk->at = walk->count = 0;
	if (walk->is_done)
		return 0;
	if (!walk->is_single) {
		err = fill_batch(walk);
		if (!is_first || !bee__map_lacks(err))
			return err;
		walk->is_single = true;
		walk->has_cursor = false;
	}
	return fill_single(walk);
}

int bee_walk_next(struct bee_walk *walk, const void **ret_key, const void **ret_value)
{
	int err;

	if (walk->at == walk->count) {
		err = fill(walk);
		if (err)
			return err;
		if (!walk->count)
			return 0;
	}
	*ret_key = walk->keys + (size_t)walk->at * walk->map->key_size;
	*ret_value = walk->values + (size_t)walk->at * walk->value_size;
	walk->at++;
	return 1;
}

bool bee_walk_is_complete(const struct bee_walk *walk)
{
	return walk->is_done && !walk->is_torn && walk->at == walk->count;
}
