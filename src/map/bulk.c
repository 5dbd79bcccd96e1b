// SPDX-License-Identifier: Apache-2.0
/* Many elements at once: in one system call where the kernel has it for the kind, else one by one. */
#include <bpf/bpf.h>

#include "internal.h"

#define CLEAR_MAX 4096 /* keys that are collected before they are deleted */

int bee_map_update_many(const struct bee_map *map, const void *keys, const void *values,
			uint32_t count, uint64_t flags, uint32_t *ret_done)
{
	size_t value_size = (size_t)map->stride * map->cpus;
	uint32_t done = count;
	int err = -EINVAL;

	/* One system call for all, where the kernel has it for this kind: it takes no flags. */
	if (!flags)
		err = bpf_map_update_batch(map->fd, keys, values, &done, NULL);

	if (bee__map_lacks(err)) {
		for (done = 0, err = 0; done < count; done++) {
			err = bee_map_update(map, (const char *)keys + (size_t)done * map->key_size,
					     (const char *)values + done * value_size, flags);
			if (err)
				break;
		}
	}
	*ret_done = done;
	return err;
}

/* A key that is not there stops the kernel's batch, and is passed over. */
static int delete_batch(const struct bee_map *map, const char *keys, uint32_t count,
			uint32_t *ret_done)
{
	uint32_t at = 0;
	int err = 0;

	while (at < count && (!err || err == -ENOENT)) {
		uint32_t done = count - at;

		err = bpf_map_delete_batch(map->fd, keys + (size_t)at * map->key_size, &done, NULL);
		if (err && err != -ENOENT)
			return err;
		*ret_done += done;
		at += done + (err == -ENOENT);
	}
	return 0;
}

int bee_map_delete_many(const struct bee_map *map, const void *keys, uint32_t count,
			uint32_t *ret_done)
{
	int err;

	*ret_done = 0;
	if (bee__map_kind(map->kind)->is_fixed)
		return -EOPNOTSUPP;
	err = delete_batch(map, keys, count, ret_done);
	if (!bee__map_lacks(err))
		return err;
	*ret_done = 0;
	for (uint32_t i = 0; i < count; i++) {
		err = bee_map_delete(map, (const char *)keys + (size_t)i * map->key_size);
		if (err && err != -ENOENT)
			return err;
		*ret_done += !err;
	}
	return 0;
}

/* ---- clear ------------------------------------------------------------------------------- */

/* Copy up to room keys of the map. Gives their number. */
static int collect_keys(const struct bee_map *map, char *keys, uint32_t room)
{
	const void *key, *value;
	struct bee_walk *walk;
	uint32_t count = 0;
	int err = bee_walk_open(map, &walk);

	if (err)
		return err;
	while (count < room && (err = bee_walk_next(walk, &key, &value)) > 0)
		memcpy(keys + (size_t)count++ * map->key_size, key, map->key_size);
	bee_walk_close(walk);
	return err < 0 ? err : (int)count;
}

/* By rounds, since a program may add elements while others are deleted; but not for ever. */
static int delete_all(const struct bee_map *map)
{
	uint32_t rounds = bee_map_max_entries(map) / CLEAR_MAX + 2, done;
	char *keys = malloc((size_t)CLEAR_MAX * map->key_size);
	int count, err = 0;

	if (!keys)
		return -ENOMEM;
	do {
		count = collect_keys(map, keys, CLEAR_MAX);
		err = count < 0 ? count : bee_map_delete_many(map, keys, count, &done);
	} while (!err && count && --rounds);
	free(keys);
	return err;
}

static int zero_all(const struct bee_map *map)
{
	char *zero = calloc(map->cpus, map->stride);
	int err = zero ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < bee_map_max_entries(map); i++)
		err = bee_map_update(map, &i, zero, 0);
	free(zero);
	return err;
}

int bee_map_clear(const struct bee_map *map)
{
	return bee__map_kind(map->kind)->is_fixed ? zero_all(map) : delete_all(map);
}
