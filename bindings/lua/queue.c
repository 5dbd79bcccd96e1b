/* SPDX-License-Identifier: Apache-2.0 */
/* Maps whose elements have no keys: queues and stacks, and rings that a program drains. */
#include <linux/bpf.h>

#include "lbee.h"

#define SMALL 512

static struct lmap *check_queue(lua_State *L, int arg)
{
	struct lmap *map = lbee_check_map(L, arg);

	if (bee_map_key_size(map->map))
		luaL_error(L, "map '%s': a %s has keys: use map:get(key) and map:set(key, value)",
			   bee_map_name(map->map), bee_map_kind(map->map));
	return map;
}

static int fail(lua_State *L, const struct lmap *map, int err)
{
	if (err != -ENOENT)
		return lbee_map_fail(L, map, err);
	lua_pushfstring(L, "map '%s': the %s is empty", bee_map_name(map->map),
			bee_map_kind(map->map));
	return lbee_fail_errno(L, "map", err, lua_tostring(L, -1));
}

/* push(value [, "exist"]): with "exist" a full queue drops its oldest element for it. */
int lbee_map_push(lua_State *L)
{
	static const char *const names[] = { "any", "exist", NULL };
	static const uint64_t flags[] = { BPF_ANY, BPF_EXIST };
	struct lmap *map = check_queue(L, 1);
	char small[SMALL];
	void *value = lbee_scratch(L, small, SMALL, bee_map_value_size(map->map));
	const struct lwhere where = lbee_in_map(map, "value");
	int err;

	lbee_write_value(L, 2, map->value, value, &where);
	err = bee_map_update(map->map, NULL, value, flags[luaL_checkoption(L, 3, "any", names)]);
	if (err)
		return fail(L, map, err);
	lua_pushboolean(L, true);
	return 1;
}

static int read_head(lua_State *L,
		     int (*read)(const struct bee_map *map, const void *key, void *value))
{
	struct lmap *map = check_queue(L, 1);
	char small[SMALL];
	void *value = lbee_scratch(L, small, SMALL, bee_map_value_size(map->map));
	int err = read(map->map, NULL, value);

	if (err)
		return fail(L, map, err);
	lua_getiuservalue(L, 1, LMAP_TYPES);
	lbee_push_value(L, lua_gettop(L), map->value, value);
	return 1;
}

/* pop(): take the next element. */
int lbee_map_pop(lua_State *L)
{
	return read_head(L, bee_map_take);
}

/* peek(): the next element, which stays. */
int lbee_map_peek(lua_State *L)
{
	return read_head(L, bee_map_lookup);
}

/* submit(bytes), submit(type, value): write a record for a program to drain. */
int lbee_map_submit(lua_State *L)
{
	struct lmap *map = lbee_check_map(L, 1);
	const struct lwhere where = lbee_in_map(map, "record");
	const struct bee_type *type;
	const char *record;
	size_t size;
	int err;

	record = luaL_checklstring(L, 2, &size);
	if (!lua_isnone(L, 3)) {
		type = bee_type_find(map->mod->mod, record);
		if (!type)
			return luaL_error(L, "no type '%s' in this module", record);
		lua_getiuservalue(L, 1, LMAP_TYPES);
		type = lbee_type(L, -1, type);
		size = type->size;
		record = memset(lua_newuserdatauv(L, size, 0), 0, size);
		lbee_write_value(L, 3, type, (void *)record, &where);
	}
	err = bee_map_submit(map->map, record, size);
	if (err == -EINVAL)
		return lbee_raise(L, map->mod->rt);
	if (err)
		return lbee_fail(L, map->mod->rt, err);
	lua_pushboolean(L, true);
	return 1;
}
