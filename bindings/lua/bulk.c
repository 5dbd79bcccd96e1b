/* SPDX-License-Identifier: Apache-2.0 */
/* Many elements of a map at once. */
#include "lbee.h"

static uint32_t count_keys(lua_State *L, int arg)
{
	uint32_t count = 0;

	lua_pushnil(L);
	while (lua_next(L, arg)) {
		lua_pop(L, 1);
		count++;
	}
	return count;
}

/* map:update{ [key] = value, ... }: how many were written; nil, err, how many when one failed. */
int lbee_map_update(lua_State *L)
{
	enum { MAP = 1, ELEMS };
	struct lmap *map = lbee_check_map(L, MAP);
	const struct lwhere where = lbee_in_map(map, "key");
	uint32_t key_size = bee_map_key_size(map->map), count, done = 0;
	size_t elem_size = lbee_elem_size(map);
	char *keys, *values;
	int err;

	luaL_checktype(L, ELEMS, LUA_TTABLE);
	count = count_keys(L, ELEMS);
	keys = lua_newuserdatauv(L, (size_t)count * key_size, 0);
	values = lua_newuserdatauv(L, count * elem_size, 0);
	memset(keys, 0, (size_t)count * key_size);
	memset(values, 0, count * elem_size);
	lua_pushnil(L);
	for (uint32_t i = 0; lua_next(L, ELEMS) && i < count; i++) {
		lbee_write_value(L, -2, map->key, keys + (size_t)i * key_size, &where);
		lbee_write_elem(L, lua_gettop(L), map, values + i * elem_size);
		lua_pop(L, 1);
	}
	err = bee_map_update_many(map->map, keys, values, count, 0, &done);
	if (err) {
		lbee_map_fail(L, map, err);
		lua_pushinteger(L, done);
		return 3;
	}
	lua_pushinteger(L, done);
	return 1;
}

/* map:clear(): delete all elements, or zero them where the map always has them. */
int lbee_map_clear(lua_State *L)
{
	struct lmap *map = lbee_check_map(L, 1);
	int err = bee_map_clear(map->map);

	if (err)
		return lbee_map_fail(L, map, err);
	lua_pushboolean(L, true);
	return 1;
}
