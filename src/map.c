// SPDX-License-Identifier: Apache-2.0
/* Maps and their elements. Types and sizes are settled when they are opened. */
#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "internal.h"

/* ---- what a map is ----------------------------------------------------------------------- */

/* The type of an id, unless it is not what the kernel keeps; id 0: NULL. */
static const struct bee_type *known_type(struct bee__typeset *types, uint32_t id, uint32_t size)
{
	const struct bee_type *type = id ? bee__type(types, id) : NULL;

	return type && type->size == size ? type : NULL;
}

static const struct bee_type *key_type(struct bee__typeset *types, const struct bpf_map_info *info,
				       const struct bee__map_kind *kind)
{
	const struct bee_type *type = known_type(types, info->btf_key_type_id, info->key_size);

	if (type)
		return type;
	if (kind->has_index && info->key_size == 4)
		return bee__type_index(types);
	return bee__type_bytes(types, info->key_size);
}

static const struct bee_type *value_type(struct bee__typeset *types,
					 const struct bpf_map_info *info,
					 const struct bee__map_kind *kind)
{
	const struct bee_type *type = known_type(types, info->btf_value_type_id, info->value_size);

	if (type)
		return type;
	if (kind->has_number && info->value_size == 4)
		return bee__type_index(types);
	if (kind->has_words && info->value_size % 8 == 0)
		return bee__type_words(types, info->value_size);
	return bee__type_bytes(types, info->value_size);
}

int bee__map_init(struct bee_module *mod, const char *name, const struct bpf_map_info *info,
		  struct bee_map *map)
{
	const struct bee__map_kind *kind = bee__map_kind(info->type);
	int cpus = libbpf_num_possible_cpus();

	map->mod = mod;
	/* A map that joins another takes on its name in libbpf, not here. */
	map->name = map->name ?: strdup(name);
	if (!map->name)
		return -ENOMEM;
	map->kind = info->type;
	map->key_size = info->key_size;
	map->value_size = info->value_size;
	map->stride = map->value_size;
	map->cpus = 1;
	if (kind->is_percpu) {
		if (cpus < 0)
			return cpus;
		map->cpus = cpus;
		map->stride = (map->value_size + 7) & ~7u;
	}
	map->key = key_type(mod->types, info, kind);
	map->value = value_type(mod->types, info, kind);
	return map->key && map->value ? 0 : -ENOMEM;
}

int bee__map_declare(struct bee_module *mod, struct bpf_map *bpf, struct bee_map *map)
{
	struct bpf_map_info info = {
		.type = bpf_map__type(bpf),
		.key_size = bpf_map__key_size(bpf),
		.value_size = bpf_map__value_size(bpf),
		.btf_key_type_id = bpf_map__btf_key_type_id(bpf),
		.btf_value_type_id = bpf_map__btf_value_type_id(bpf),
	};

	map->bpf = bpf;
	map->fd = -1;
	return bee__map_init(mod, bpf_map__name(bpf), &info, map);
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

struct bee_module *bee_map_module(const struct bee_map *map)
{
	return map->mod;
}

const char *bee_map_name(const struct bee_map *map)
{
	return map->name;
}

const char *bee_map_kind(const struct bee_map *map)
{
	return bee__map_kind(map->kind)->name;
}

int bee_map_fd(const struct bee_map *map)
{
	return map->fd;
}

uint32_t bee_map_max_entries(const struct bee_map *map)
{
	return map->bpf ? bpf_map__max_entries(map->bpf) : map->max_entries;
}

uint32_t bee_map_key_size(const struct bee_map *map)
{
	return map->key_size;
}

uint32_t bee_map_value_size(const struct bee_map *map)
{
	return map->value_size;
}

bool bee_map_is_percpu(const struct bee_map *map)
{
	return bee__map_kind(map->kind)->is_percpu;
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
	if (bee__map_kind(map->kind)->is_fixed)
		return -EOPNOTSUPP;
	return bpf_map_delete_elem(map->fd, key);
}

bool bee__map_lacks(int err)
{
	return err == -EINVAL || err == -EOPNOTSUPP || err == -BEE_ENOTSUPP;
}

int bee_map_take(const struct bee_map *map, const void *key, void *value)
{
	int err;

	if (bee__map_kind(map->kind)->is_fixed)
		return -EOPNOTSUPP;
	err = bpf_map_lookup_and_delete_elem(map->fd, key, value);
	if (!key || !bee__map_lacks(err))
		return err;
	err = bpf_map_lookup_elem(map->fd, key, value);
	return err ?: bpf_map_delete_elem(map->fd, key);
}

int bee_map_freeze(const struct bee_map *map)
{
	return bpf_map_freeze(map->fd);
}

int bee_map_pin(const struct bee_map *map, const char *path)
{
	return bpf_obj_pin(map->fd, path);
}
