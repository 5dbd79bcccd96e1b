// SPDX-License-Identifier: Apache-2.0
/* Maps: their elements, one by one and in walks. Types and sizes are settled when they are opened. */
#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "internal.h"

#define BATCH_MAX 4096 /* elements of one batch, at most */

/* ---- what a map is ----------------------------------------------------------------------- */

static const struct bee__map_kind unknown_kind = { .name = "unknown" };

static const struct bee__map_kind *kind_of(const struct bee_map *map)
{
	const struct bee__map_kind *kind = bee__map_kind(map->kind);

	return kind ? kind : &unknown_kind;
}

static const struct bee_type *key_type(struct bee__typeset *types, const struct bpf_map *bpf,
				       const struct bee__map_kind *kind)
{
	if (bpf_map__btf_key_type_id(bpf))
		return bee__type(types, bpf_map__btf_key_type_id(bpf));
	if (kind->has_index && bpf_map__key_size(bpf) == 4)
		return bee__type_index(types);
	return bee__type_bytes(types, bpf_map__key_size(bpf));
}

static const struct bee_type *value_type(struct bee__typeset *types, const struct bpf_map *bpf,
					 const struct bee__map_kind *kind)
{
	if (bpf_map__btf_value_type_id(bpf))
		return bee__type(types, bpf_map__btf_value_type_id(bpf));
	if (kind->has_words && bpf_map__value_size(bpf) % 8 == 0)
		return bee__type_words(types, bpf_map__value_size(bpf));
	return bee__type_bytes(types, bpf_map__value_size(bpf));
}

int bee__map_init(struct bee_module *mod, struct bpf_map *bpf, struct bee_map *map)
{
	int cpus = libbpf_num_possible_cpus();

	map->mod = mod;
	map->bpf = bpf;
	map->fd = -1;
	map->kind = bpf_map__type(bpf);
	map->key_size = bpf_map__key_size(bpf);
	map->value_size = bpf_map__value_size(bpf);
	map->stride = map->value_size;
	map->cpus = 1;
	if (kind_of(map)->is_percpu) {
		if (cpus < 0)
			return cpus;
		map->cpus = cpus;
		map->stride = (map->value_size + 7) & ~7u;
	}
	map->key = key_type(mod->types, bpf, kind_of(map));
	map->value = value_type(mod->types, bpf, kind_of(map));
	return map->key && map->value ? 0 : -ENOMEM;
}

struct bee_map *bee_map_next(struct bee_module *mod, struct bee_map *prev)
{
	struct bee_map *next = prev ? prev + 1 : mod->maps;

	return next < mod->maps + mod->maps_len ? next : NULL;
}

struct bee_map *bee_map_find(struct bee_module *mod, const char *name)
{
	for (size_t i = 0; i < mod->maps_len; i++)
		if (!strcmp(bee_map_name(&mod->maps[i]), name))
			return &mod->maps[i];
	return NULL;
}

const char *bee_map_name(const struct bee_map *map)
{
	return bpf_map__name(map->bpf);
}

const char *bee_map_kind(const struct bee_map *map)
{
	return kind_of(map)->name;
}

int bee_map_fd(const struct bee_map *map)
{
	return map->fd;
}

uint32_t bee_map_max_entries(const struct bee_map *map)
{
	return bpf_map__max_entries(map->bpf);
}

uint32_t bee_map_key_size(const struct bee_map *map)
{
	return map->key_size;
}

uint32_t bee_map_value_size(const struct bee_map *map)
{
	return map->value_size;
}

uint32_t bee_map_cpus(const struct bee_map *map)
{
	return map->cpus;
}

uint32_t bee_map_stride(const struct bee_map *map)
{
	return map->stride;
}

const struct bee_type *bee_map_key_type(const struct bee_map *map)
{
	return map->key;
}

const struct bee_type *bee_map_value_type(const struct bee_map *map)
{
	return map->value;
}

const struct bee_type *bee_map_event_type(const struct bee_map *map)
{
	return map->event;
}

/* ---- elements ---------------------------------------------------------------------------- */

int bee_map_lookup(const struct bee_map *map, const void *key, void *value)
{
	return bpf_map_lookup_elem(map->fd, key, value);
}

int bee_map_update(const struct bee_map *map, const void *key, const void *value, uint64_t flags)
{
	return bpf_map_update_elem(map->fd, key, value, flags);
}

int bee_map_delete(const struct bee_map *map, const void *key)
{
	/* An array says EINVAL to every delete: tell that from a bad argument. */
	if (kind_of(map)->is_fixed)
		return -EOPNOTSUPP;
	return bpf_map_delete_elem(map->fd, key);
}

/* ---- walks ------------------------------------------------------------------------------- */

/*
 * A walk holds a batch of keys and values, and the place in it:
 *
 *   keys   | k0 | k1 | ... | k(count-1) |        at: the next one to hand out
 *   values | v0 | v1 | ... | v(count-1) |        cursor: where the kernel goes on
 *
 * Kinds and kernels without batches get theirs one key at a time, as batches of one.
 */
struct bee_walk {
	const struct bee_map *map;
	char *keys, *values, *cursor;
	uint32_t room, count, at;
	uint32_t value_size; /* of all CPUs */
	bool has_cursor, is_single, is_done;
};

void bee_walk_close(struct bee_walk *walk)
{
	if (!walk)
		return;
	free(walk->keys);
	free(walk->values);
	free(walk->cursor);
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

	if (!kind_of(map)->is_walked)
		return -EOPNOTSUPP;
	walk = calloc(1, sizeof(*walk));
	if (!walk)
		return -ENOMEM;
	walk->map = map;
	walk->value_size = map->stride * map->cpus;
	/* The kernel's cursor of a hash is a bucket's number, whatever the key. */
	walk->cursor = malloc(map->key_size > 4 ? map->key_size : 4);
	if (!walk->cursor)
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

static int fill_single(struct bee_walk *walk)
{
	int fd = walk->map->fd, err;

	do {
		err = bpf_map_get_next_key(fd, walk->has_cursor ? walk->cursor : NULL, walk->keys);
		if (err)
			break;
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

static bool is_without_batch(int err)
{
	return err == -EINVAL || err == -ENOTSUP || err == -524 /* ENOTSUPP, the kernel's own */;
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
		if (!is_first || !is_without_batch(err))
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
