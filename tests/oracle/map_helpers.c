/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's helpers that work on maps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

static uint64_t fail(int err)
{
	return (uint64_t)(int64_t)err;
}

static uint64_t map_lookup(struct oracle_world *world, const uint64_t *args)
{
	struct oracle_state *state = oracle_state_of(world, args[0]);
	uint8_t *key = state ? oracle_take(world, args[1], state->map->key_size) : NULL;
	uint64_t found = state && !world->is_stopped ? oracle_lookup(world, state, key) : 0;

	free(key);
	return found;
}

static uint64_t map_update(struct oracle_world *world, const uint64_t *args)
{
	struct oracle_state *state = oracle_state_of(world, args[0]);
	uint8_t *key, *value;
	int err = 0;

	if (!state)
		return 0;
	key = oracle_take(world, args[1], state->map->key_size);
	value = oracle_take(world, args[2], state->map->value_size);
	if (!world->is_stopped)
		err = oracle_update(world, state, key, value, args[3]);
	free(key);
	free(value);
	return fail(err);
}

static uint64_t map_delete(struct oracle_world *world, const uint64_t *args)
{
	struct oracle_state *state = oracle_state_of(world, args[0]);
	uint8_t *key = state ? oracle_take(world, args[1], state->map->key_size) : NULL;
	int err = state && !world->is_stopped ? oracle_delete(state, key) : 0;

	free(key);
	return fail(err);
}

/* Queues and stacks: elements without a key, in the order in which they came. */
static uint64_t map_push(struct oracle_world *world, const uint64_t *args)
{
	struct oracle_state *state = oracle_state_of(world, args[0]);
	struct oracle_element *element;

	if (!state)
		return 0;
	if (state->len >= state->map->max_entries) {
		if (!(args[2] & BPF_EXIST))
			return fail(-E2BIG);
		memmove(state->elements, state->elements + 1,
			--state->len * sizeof(*state->elements));
	}
	element = oracle_add(state->elements, state->len);
	element->address = oracle_add_region(world, NULL, state->map->value_size);
	element->value = oracle_region_of(world, element->address)->bytes;
	oracle_read(world, args[1], element->value, state->map->value_size, ORACLE_PLAIN);
	return 0;
}

static uint64_t peek(struct oracle_world *world, const uint64_t *args, bool is_removed)
{
	struct oracle_state *state = oracle_state_of(world, args[0]);
	size_t at;

	if (!state || !state->len)
		return fail(-ENOENT);
	at = state->map->kind == BPF_MAP_TYPE_STACK ? state->len - 1 : 0;
	oracle_write(world, args[1], state->elements[at].value, state->map->value_size);
	if (is_removed) {
		state->len--;
		memmove(state->elements + at, state->elements + at + 1,
			(state->len - at) * sizeof(*state->elements));
	}
	return 0;
}

static uint64_t map_pop(struct oracle_world *world, const uint64_t *args)
{
	return peek(world, args, true);
}

static uint64_t map_peek(struct oracle_world *world, const uint64_t *args)
{
	return peek(world, args, false);
}

/* Storage of a task, socket or inode: a hash whose key is the object's address. */
static uint64_t storage_get(struct oracle_world *world, const uint64_t *args)
{
	struct oracle_state *state = oracle_state_of(world, args[0]);
	struct oracle_element *element = NULL;

	for (size_t i = 0; state && i < state->len; i++) {
		if (!memcmp(state->elements[i].key, &args[1], state->map->key_size))
			element = &state->elements[i];
	}
	if (element || !state || !(args[3] & BPF_SK_STORAGE_GET_F_CREATE))
		return element ? element->address : 0;
	element = oracle_add(state->elements, state->len);
	element->key = oracle_alloc(sizeof(args[1]));
	memcpy(element->key, &args[1], sizeof(args[1]));
	element->address = oracle_add_region(world, NULL, state->map->value_size);
	element->value = oracle_region_of(world, element->address)->bytes;
	if (args[2])
		oracle_read(world, args[2], element->value, state->map->value_size, ORACLE_PLAIN);
	return element->address;
}

static uint64_t storage_delete(struct oracle_world *world, const uint64_t *args)
{
	struct oracle_state *state = oracle_state_of(world, args[0]);

	return state ? fail(oracle_delete(state, (const uint8_t *)&args[1])) : 0;
}

static uint64_t for_each_element(struct oracle_world *world, const uint64_t *args)
{
	struct oracle_state *state = oracle_state_of(world, args[0]);
	size_t i;

	for (i = 0; state && i < state->len && !world->is_stopped; i++) {
		uint64_t key = oracle_add_region(world, NULL, state->map->key_size);
		uint64_t call[5] = { args[0], key, state->elements[i].address, args[2] };

		memcpy(oracle_region_of(world, key)->bytes, state->elements[i].key,
		       state->map->key_size);
		if (oracle_call(world, (uint32_t)args[1], call))
			return i + 1;
	}
	return i;
}

static const oracle_helper_fn helpers[] = {
	[BPF_FUNC_map_lookup_elem] = map_lookup,
	[BPF_FUNC_map_update_elem] = map_update,
	[BPF_FUNC_map_delete_elem] = map_delete,
	[BPF_FUNC_map_push_elem] = map_push,
	[BPF_FUNC_map_pop_elem] = map_pop,
	[BPF_FUNC_map_peek_elem] = map_peek,
	[BPF_FUNC_sk_storage_get] = storage_get,
	[BPF_FUNC_sk_storage_delete] = storage_delete,
	[BPF_FUNC_inode_storage_get] = storage_get,
	[BPF_FUNC_inode_storage_delete] = storage_delete,
	[BPF_FUNC_task_storage_get] = storage_get,
	[BPF_FUNC_task_storage_delete] = storage_delete,
	[BPF_FUNC_for_each_map_elem] = for_each_element,
};

oracle_helper_fn oracle_map_helper(uint32_t number)
{
	return number < ORACLE_LEN(helpers) ? helpers[number] : NULL;
}
