/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over all elements of a map, for pairs(map) and map:totals(). */
#include "lbee.h"

#define WALK_MT "moonbee.walk"

struct lwalk {
	struct lchild child;   /* first: a walk ends before its module */
	struct bee_walk *walk; /* NULL: at its end, or closed */
	struct lmap *map;      /* kept alive by the user value */
	bool sums;
	bool is_record; /* each element is one */
};

static void close_walk(lua_State *L, struct lchild *child)
{
	struct lwalk *walk = (struct lwalk *)child;
	struct bee_walk *closing = walk->walk;

	walk->walk = NULL;
	lbee_disown(child);
	if (closing && lbee_is_open(walk->map->mod))
		bee_walk_close(closing);
}

/* Upvalues of a walk's step. The walk as an argument would have to be checked each time. */
enum { WALK = 1, TYPES, METATABLE, UPVALUES = METATABLE };

static void push_value(lua_State *L, const struct lwalk *walk, const void *value)
{
	const struct lmap *map = walk->map;

	if (walk->is_record)
		lbee_push_record(L, lua_upvalueindex(METATABLE), map->value, value,
				 map->value->size);
	else
		lbee_push_elem(L, lua_upvalueindex(TYPES), map, value, walk->sums);
}

static int walk_next(lua_State *L)
{
	struct lwalk *walk = lua_touserdata(L, lua_upvalueindex(WALK));
	const void *key, *value;
	int n;

	luaL_argcheck(L, lbee_is_open(walk->map->mod), 1, "module is closed");
	if (!walk->walk)
		return 0;
	n = bee_walk_next(walk->walk, &key, &value);
	if (n < 0)
		return luaL_error(L, "map '%s': the walk stopped: %s", bee_map_name(walk->map->map),
				  strerror(-n));
	if (n == 0) {
		close_walk(L, &walk->child);
		return 0;
	}
	lbee_push_value(L, lua_upvalueindex(TYPES), walk->map->key, key);
	push_value(L, walk, value);
	return 2;
}

/* Push the step of the walk on top, over the map at arg. */
static void push_step(lua_State *L, int arg, const struct lwalk *walk)
{
	lua_pushvalue(L, -1);
	lua_getiuservalue(L, arg, LMAP_TYPES);
	if (walk->is_record)
		lbee_push_metatable(L, lua_gettop(L), walk->map->value);
	else
		lua_pushnil(L);
	lua_pushcclosure(L, walk_next, UPVALUES);
}

int lbee_walk(lua_State *L, int arg, bool sums)
{
	struct lmap *map = lbee_check_map(L, arg);
	struct lwalk *walk;
	int err;

	walk = lua_newuserdatauv(L, sizeof(*walk), 1);
	memset(walk, 0, sizeof(*walk));
	walk->child.close = close_walk;
	walk->map = map;
	walk->sums = sums;
	walk->is_record = lbee_has_parts(map->value) && !bee_map_is_percpu(map->map);
	luaL_setmetatable(L, WALK_MT);
	lua_pushvalue(L, arg);
	lua_setiuservalue(L, -2, 1);

	err = bee_walk_open(map->map, &walk->walk);
	if (err == -EOPNOTSUPP)
		return luaL_error(L, "map '%s': a %s map cannot be walked", bee_map_name(map->map),
				  bee_map_kind(map->map));
	if (err)
		return luaL_error(L, "map '%s': %s", bee_map_name(map->map), strerror(-err));
	lbee_adopt(map->mod, &walk->child);
	push_step(L, arg, walk);
	lua_insert(L, -2);
	lua_pushnil(L);
	lua_pushvalue(L, -2);
	return 4;
}

static int walk_close(lua_State *L)
{
	close_walk(L, luaL_checkudata(L, 1, WALK_MT));
	return 0;
}

static const luaL_Reg metamethods[] = {
	{ "__gc", walk_close },
	{ "__close", walk_close },
	{ NULL, NULL },
};

void lbee_open_walk(lua_State *L)
{
	lbee_metatable(L, WALK_MT, metamethods, NULL);
}
