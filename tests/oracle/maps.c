/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of a world. Per-CPU kinds have one value: a world has one CPU. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

#define MAP_TAG       0xbee7ull
#define MADE_UP_VALUE 0x1a0000000000ull

uint64_t oracle_map_address(size_t index)
{
	return MAP_TAG << 48 | index;
}

struct oracle_state *oracle_state_of(struct oracle_world *world, uint64_t address)
{
	size_t index = (uint32_t)address;

	if (address >> 48 == MAP_TAG && index < world->states_len)
		return &world->states[index];
	oracle_stop(world, "no map where one is needed");
	return NULL;
}

static bool is_array(const struct oracle_map *map)
{
	return map->kind == BPF_MAP_TYPE_ARRAY || map->kind == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       map->kind == BPF_MAP_TYPE_ARRAY_OF_MAPS;
}

/* Those whose lookup finds the memory that a later update of the same key changes. */
static bool is_in_place(const struct oracle_map *map)
{
	return is_array(map) || map->kind == BPF_MAP_TYPE_PERCPU_HASH ||
	       map->kind == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Kinds that a program can find made-up elements in; others are filled by the kernel itself. */
static bool can_be_full(const struct oracle_map *map)
{
	switch (map->kind) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
	case BPF_MAP_TYPE_STACK_TRACE:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return true;
	default:
		return false;
	}
}

static struct oracle_element *find(struct oracle_state *state, const uint8_t *key)
{
	for (size_t i = 0; i < state->len; i++) {
		if (!memcmp(state->elements[i].key, key, state->map->key_size))
			return &state->elements[i];
	}
	return NULL;
}

static void put_value(struct oracle_world *world, const struct oracle_map *map,
		      struct oracle_element *element)
{
	element->address = oracle_add_region(world, NULL, map->value_size);
	element->value = oracle_region_of(world, element->address)->bytes;
}

/* A map of maps makes each inner map when it is first asked for. */
static void put_inner(struct oracle_world *world, size_t outer, struct oracle_element *element)
{
	const struct oracle_map *inner = world->states[outer].map->inner;

	oracle_add(world->states, world->states_len)->map = inner;
	element->address = oracle_map_address(world->states_len - 1);
}

static struct oracle_element *put(struct oracle_world *world, struct oracle_state *state,
				  const uint8_t *key)
{
	struct oracle_element *element = oracle_add(state->elements, state->len);

	element->key = oracle_alloc(state->map->key_size);
	memcpy(element->key, key, state->map->key_size);
	if (state->map->inner)
		put_inner(world, state - world->states, element);
	else
		put_value(world, state->map, element);
	return element;
}

static uint64_t hash(const char *text, const uint8_t *bytes, size_t size)
{
	uint64_t value = 0xcbf29ce484222325ull;

	while (*text)
		value = (value ^ (uint8_t)*text++) * 0x100000001b3ull;
	for (size_t i = 0; i < size; i++)
		value = (value ^ bytes[i]) * 0x100000001b3ull;
	return value;
}

/* What a map of another's making would hold: it follows from the map's name and the key. */
static struct oracle_element *make_up(struct oracle_world *world, struct oracle_state *state,
				      const uint8_t *key)
{
	uint64_t from =
		MADE_UP_VALUE + (hash(state->map->name, key, state->map->key_size) << 16 >> 24);
	uint32_t size = state->map->value_size;
	struct oracle_element *element = put(world, state, key);

	for (uint32_t i = 0; element->value && i < size; i++)
		element->value[i] = oracle_kernel_byte(world, from + i);
	return element;
}

static bool is_in_array(const struct oracle_map *map, const uint8_t *key)
{
	uint32_t index;

	memcpy(&index, key, sizeof(index));
	return index < map->max_entries;
}

uint64_t oracle_lookup(struct oracle_world *world, struct oracle_state *state, const uint8_t *key)
{
	const struct oracle_map *map = state->map;
	struct oracle_element *element;

	if (is_array(map) && !is_in_array(map, key))
		return 0;
	element = find(state, key);
	if (!element && can_be_full(map) && world->setting.is_full)
		element = make_up(world, state, key);
	else if (!element && is_array(map) && !map->inner)
		element = put(world, state, key);
	return element ? element->address : 0;
}

int oracle_update(struct oracle_world *world, struct oracle_state *state, const uint8_t *key,
		  const uint8_t *value, uint64_t flags)
{
	const struct oracle_map *map = state->map;
	struct oracle_element *element;

	if (is_array(map) && !is_in_array(map, key))
		return -E2BIG;
	element = find(state, key);
	if (flags == BPF_NOEXIST && (element || is_array(map)))
		return -EEXIST;
	if (flags == BPF_EXIST && !element && !is_array(map))
		return -ENOENT;
	if (!element)
		element = put(world, state, key);
	else if (!is_in_place(map))
		put_value(world, map, element); /* who has looked it up before keeps the old one */
	memcpy(element->value, value, map->value_size);
	return 0;
}

int oracle_delete(struct oracle_state *state, const uint8_t *key)
{
	struct oracle_element *element = find(state, key);

	if (is_array(state->map))
		return -EINVAL;
	if (!element)
		return -ENOENT;
	free(element->key);
	*element = state->elements[--state->len];
	return 0;
}

/* ---- record ------------------------------------------------------------------------------ */

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return !size || (!bytes[0] && !memcmp(bytes, bytes + 1, size - 1));
}

static void record_element(struct oracle_world *world, const struct oracle_state *state,
			   const struct oracle_element *element)
{
	/* The slots of an array that hold 0 are as good as those that nobody has touched. */
	if (!element->value ||
	    (is_array(state->map) && is_zero(element->value, state->map->value_size)))
		return;
	fprintf(world->record, "map %s ", state->map->name);
	oracle_record_bytes(world, element->key, state->map->key_size);
	fprintf(world->record, " = ");
	oracle_record_bytes(world, element->value, state->map->value_size);
	fprintf(world->record, "\n");
}

static size_t key_size; /* of the map that is being sorted: qsort() has no argument for it */

static int compare_keys(const void *a, const void *b)
{
	return memcmp(((const struct oracle_element *)a)->key,
		      ((const struct oracle_element *)b)->key, key_size);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp((*(struct oracle_state *const *)a)->map->name,
		      (*(struct oracle_state *const *)b)->map->name);
}

/* By name and key: the order of declaration and of insertion means nothing. */
void oracle_record_maps(struct oracle_world *world)
{
	struct oracle_state **sorted = oracle_alloc(world->states_len * sizeof(*sorted) + 1);

	for (size_t i = 0; i < world->states_len; i++)
		sorted[i] = &world->states[i];
	qsort(sorted, world->states_len, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < world->states_len; i++) {
		key_size = sorted[i]->map->key_size;
		if (key_size && sorted[i]->len)
			qsort(sorted[i]->elements, sorted[i]->len, sizeof(struct oracle_element),
			      compare_keys);
		for (size_t k = 0; k < sorted[i]->len; k++)
			record_element(world, sorted[i], &sorted[i]->elements[k]);
	}
	free(sorted);
}
