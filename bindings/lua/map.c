/* SPDX-License-Identifier: Apache-2.0 */
/* Maps: typed elements. Sugar that needs no C is in lua/moonbee/map.lua. */
#include <linux/bpf.h>

#include "lbee.h"

#define MAP_MT "moonbee.map"
#define SMALL  512

struct lmap *lbee_check_map(lua_State *L, int arg)
{
	struct lmap *map = luaL_checkudata(L, arg, MAP_MT);

	if (!lbee_is_open(map->mod))
		luaL_argerror(L, arg, map->mod->is_map ? "map is closed" : "module is closed");
	return map;
}

static void push_map(lua_State *L, int module, struct lmodule *mod, struct bee_map *map)
{
	struct lmap *box = lua_newuserdatauv(L, sizeof(*box), LMAP_VALUES);

	box->map = map;
	box->mod = mod;
	luaL_setmetatable(L, MAP_MT);
	lua_pushvalue(L, module);
	lua_setiuservalue(L, -2, LMAP_MODULE);
	lua_getiuservalue(L, module, LMODULE_TYPES);
	box->key = lbee_type(L, -1, bee_map_key_type(map));
	box->value = lbee_type(L, -1, bee_map_value_type(map));
	lua_setiuservalue(L, -2, LMAP_TYPES);
}

void lbee_push_maps(lua_State *L, int index, struct lmodule *mod)
{
	struct bee_map *map = NULL;

	index = lua_absindex(L, index);
	lua_newtable(L);
	while ((map = bee_map_next(mod->mod, map))) {
		push_map(L, index, mod, map);
		lua_setfield(L, -2, bee_map_name(map));
	}
}

/* open_map(which): a map and warnings. Its module is behind it, and seen by nobody. */
static int core_open_map(lua_State *L)
{
	const char *which = luaL_checkstring(L, 1);
	struct lruntime *rt;
	struct lmodule *mod;
	struct bee_map *map;
	int err = lbee_runtime(L, &rt);

	if (err)
		return lbee_fail_errno(L, "map", err, NULL);
	mod = lbee_push_module(L, rt);
	mod->is_map = true;
	err = bee_map_open(rt->bee, which, &map);
	if (err)
		return lbee_fail(L, rt, err);
	mod->mod = bee_map_module(map);
	push_map(L, lua_gettop(L), mod, map);
	lbee_push_diags(L, rt->bee);
	return 2;
}

/* ---- Elements ---------------------------------------------------------------------------- */

static const char *reason_of(lua_State *L, const struct lmap *map, int err)
{
	static const struct {
		int err;
		const char *words;
	} reasons[] = {
		{ -ENOENT, "no such key" },
		{ -EEXIST, "the key is there already" },
		{ -EPERM, "no privilege, or it is frozen" },
	};
	int room = bee_map_max_entries(map->map);

	if (err == -E2BIG)
		return strstr(bee_map_kind(map->map), "array")
			       ? lua_pushfstring(L, "the key is beyond its end: it has %d elements",
						 room)
			       : lua_pushfstring(L, "the map is full: it holds %d elements", room);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].err == err)
			return reasons[i].words;
	return strerror(-err);
}

int lbee_map_fail(lua_State *L, const struct lmap *map, int err)
{
	if (err == -EOPNOTSUPP || err == -524) /* ENOTSUPP, the kernel's own */
		return luaL_error(L, "map '%s': a map of kind %s cannot do that",
				  bee_map_name(map->map), bee_map_kind(map->map));
	lua_pushfstring(L, "map '%s': %s", bee_map_name(map->map), reason_of(L, map, err));
	return lbee_fail_errno(L, "map", err, lua_tostring(L, -1));
}

/* Write the key at arg; false: elements of this kind have no keys. */
static bool check_key(lua_State *L, int arg, const struct lmap *map, void *key)
{
	const struct lwhere where = lbee_in_map(map, "key");

	if (!bee_map_key_size(map->map))
		return false;
	lbee_write_value(L, arg, map->key, key, &where);
	return true;
}

size_t lbee_elem_size(const struct lmap *map)
{
	return (size_t)bee_map_cpus(map->map) * bee_map_stride(map->map);
}

static void push_elem_by_cpu(lua_State *L, int types, const struct lmap *map, const char *data)
{
	uint32_t cpus = bee_map_cpus(map->map), stride = bee_map_stride(map->map);

	lua_createtable(L, cpus, 1);
	for (uint32_t i = 0; i < cpus; i++) {
		lbee_push_value(L, types, map->value, data + (size_t)i * stride);
		lua_rawseti(L, -2, i);
	}
}

void lbee_push_elem(lua_State *L, int types, const struct lmap *map, const char *data, bool sums)
{
	if (!bee_map_is_percpu(map->map))
		lbee_push_value(L, types, map->value, data);
	else if (sums)
		lbee_push_sum(L, map->value, data, bee_map_cpus(map->map),
			      bee_map_stride(map->map));
	else
		push_elem_by_cpu(L, types, map, data);
}

/* What maps of maps and of programs take as a value: the descriptor of one. -1: no such thing. */
static int to_fd(lua_State *L, int index, const struct lmap *map)
{
	const char *kind = bee_map_kind(map->map);
	const struct lmap *inner = luaL_testudata(L, index, MAP_MT);
	const struct lprogram *prog = lbee_to_program(L, index);

	if (inner && strstr(kind, "_of_maps") && lbee_is_open(inner->mod))
		return bee_map_fd(inner->map);
	if (prog && strcmp(kind, "prog_array") == 0 && lbee_is_open(prog->mod))
		return bee_program_fd(prog->prog);
	return -1;
}

void lbee_write_elem(lua_State *L, int index, const struct lmap *map, void *data)
{
	const struct lwhere where = lbee_in_map(map, "value");
	uint32_t cpus = bee_map_cpus(map->map), stride = bee_map_stride(map->map);
	int fd = to_fd(L, index, map);

	if (fd >= 0 && bee_map_value_size(map->map) == sizeof(fd))
		memcpy(data, &fd, sizeof(fd));
	else if (!bee_map_is_percpu(map->map))
		lbee_write_value(L, index, map->value, data, &where);
	else
		lbee_write_values(L, index, map->value, data, cpus, stride, &where);
}

/*
 * Push the element of the key at arg of the map at 1, read by bee_map_lookup() or bee_map_take(). Returns 0, or a
 * negative errno and pushes nothing of use.
 */
static int read_elem(lua_State *L, const struct lmap *map, int arg, bool sums,
		     int (*read)(const struct bee_map *map, const void *key, void *value))
{
	char small_key[SMALL], small_value[SMALL];
	void *key = lbee_scratch(L, small_key, SMALL, bee_map_key_size(map->map));
	void *value = lbee_scratch(L, small_value, SMALL, lbee_elem_size(map));
	int err;

	if (!check_key(L, arg, map, key))
		return -EOPNOTSUPP;
	err = read(map->map, key, value);
	if (err)
		return err;
	lua_getiuservalue(L, 1, LMAP_TYPES);
	lbee_push_elem(L, lua_gettop(L), map, value, sums);
	return 0;
}

static int lookup(lua_State *L, const struct lmap *map, int arg, bool sums)
{
	return read_elem(L, map, arg, sums, bee_map_lookup);
}

static int update(lua_State *L, const struct lmap *map, int key_arg, int value_arg, uint64_t flags)
{
	char small_key[SMALL], small_value[SMALL];
	void *key = lbee_scratch(L, small_key, SMALL, bee_map_key_size(map->map));
	void *value = lbee_scratch(L, small_value, SMALL, lbee_elem_size(map));

	if (!check_key(L, key_arg, map, key))
		return -EOPNOTSUPP;
	lbee_write_elem(L, value_arg, map, value);
	return bee_map_update(map->map, key, value, flags);
}

static int delete (lua_State *L, const struct lmap *map, int arg)
{
	char small_key[SMALL];
	void *key = lbee_scratch(L, small_key, SMALL, bee_map_key_size(map->map));

	if (!check_key(L, arg, map, key))
		return -EOPNOTSUPP;
	return bee_map_delete(map->map, key);
}

/* ---- Methods ----------------------------------------------------------------------------- */

static int map_get(lua_State *L)
{
	struct lmap *map = lbee_check_map(L, 1);
	int err = lookup(L, map, 2, false);

	return err ? lbee_map_fail(L, map, err) : 1;
}

static int map_sum(lua_State *L)
{
	struct lmap *map = lbee_check_map(L, 1);
	int err = lookup(L, map, 2, true);

	return err ? lbee_map_fail(L, map, err) : 1;
}

static int map_take(lua_State *L)
{
	struct lmap *map = lbee_check_map(L, 1);
	int err = read_elem(L, map, 2, false, bee_map_take);

	return err ? lbee_map_fail(L, map, err) : 1;
}

static int map_set(lua_State *L)
{
	static const char *const names[] = { "any", "noexist", "exist", NULL };
	static const uint64_t flags[] = { BPF_ANY, BPF_NOEXIST, BPF_EXIST };
	struct lmap *map = lbee_check_map(L, 1);
	int err = update(L, map, 2, 3, flags[luaL_checkoption(L, 4, "any", names)]);

	if (err)
		return lbee_map_fail(L, map, err);
	lua_pushboolean(L, true);
	return 1;
}

static int map_delete(lua_State *L)
{
	struct lmap *map = lbee_check_map(L, 1);
	int err = delete (L, map, 2);

	if (err)
		return lbee_map_fail(L, map, err);
	lua_pushboolean(L, true);
	return 1;
}

static int map_freeze(lua_State *L)
{
	struct lmap *map = lbee_check_map(L, 1);
	int err = bee_map_freeze(map->map);

	if (err)
		return lbee_map_fail(L, map, err);
	lua_pushboolean(L, true);
	return 1;
}

/* pin(path): keep the map in a BPF file system, beyond the module. */
static int map_pin(lua_State *L)
{
	struct lmap *map = lbee_check_map(L, 1);
	const char *path = luaL_checkstring(L, 2);
	int err = bee_map_pin(map->map, path);

	if (err) {
		lua_pushfstring(L, "map '%s': cannot pin it to %s: %s", bee_map_name(map->map),
				path, strerror(-err));
		return lbee_fail_errno(L, "map", err, lua_tostring(L, -1));
	}
	lua_pushboolean(L, true);
	return 1;
}

/* close(): let go of a map that was opened. */
static int map_close(lua_State *L)
{
	struct lmap *map = luaL_checkudata(L, 1, MAP_MT);

	if (!map->mod->is_map)
		return luaL_error(L, "map '%s' is its module's: close the module",
				  lbee_is_open(map->mod) ? bee_map_name(map->map) : "?");
	lbee_close_module(L, map->mod);
	return 0;
}

/* totals(): pairs with the values of all CPUs added up. */
static int map_totals(lua_State *L)
{
	return lbee_walk(L, 1, true);
}

static int map_pairs(lua_State *L)
{
	return lbee_walk(L, 1, false);
}

static void set_type(lua_State *L, const char *name, const struct bee_type *type)
{
	lbee_push_type_name(L, type);
	lua_setfield(L, -2, name);
}

/* Field names in order, for those who print a struct; nothing for what is no struct. */
static void set_fields(lua_State *L, const char *name, const struct bee_type *type)
{
	if (type->kind != BEE_KIND_STRUCT)
		return;
	lua_createtable(L, type->fields_len, 0);
	for (uint32_t i = 0; i < type->fields_len; i++) {
		lua_pushstring(L, type->fields[i].name);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, name);
}

static int map_info(lua_State *L)
{
	struct lmap *map = lbee_check_map(L, 1);

	lua_newtable(L);
	lua_pushstring(L, bee_map_name(map->map));
	lua_setfield(L, -2, "name");
	lua_pushstring(L, bee_map_kind(map->map));
	lua_setfield(L, -2, "kind");
	lua_pushinteger(L, bee_map_max_entries(map->map));
	lua_setfield(L, -2, "max_entries");
	lua_pushinteger(L, bee_map_key_size(map->map));
	lua_setfield(L, -2, "key_size");
	lua_pushinteger(L, bee_map_value_size(map->map));
	lua_setfield(L, -2, "value_size");
	lua_pushinteger(L, bee_map_cpus(map->map));
	lua_setfield(L, -2, "cpus");
	set_type(L, "key", map->key);
	set_type(L, "value", map->value);
	set_fields(L, "key_fields", map->key);
	set_fields(L, "value_fields", map->value);
	return 1;
}

static int draw(lua_State *L, bool is_linear)
{
	struct lmap *map = lbee_check_map(L, 1);
	struct bee_hist_opts opts = {
		.size = sizeof(opts),
		.unit = luaL_optstring(L, 2, NULL),
		.is_linear = is_linear,
	};
	char **text = (char **)lbee_own(L);
	int err = bee_map_hist(map->map, &opts, text);

	if (err == -EINVAL || err == -ERANGE)
		return luaL_error(L, "map '%s': a histogram counts integers by an integer slot%s",
				  bee_map_name(map->map), err == -ERANGE ? " from 0 to 64" : "");
	if (err)
		return luaL_error(L, "map '%s': %s", bee_map_name(map->map), strerror(-err));
	lua_pushstring(L, *text);
	return 1;
}

/* hist(unit): a histogram by powers of two, as text; unit heads its column. */
static int map_hist(lua_State *L)
{
	return draw(L, false);
}

/* lhist(unit): a histogram with one row for each slot. */
static int map_lhist(lua_State *L)
{
	return draw(L, true);
}

/* ---- Metamethods ------------------------------------------------------------------------- */

/* Strings name methods; other keys are elements, and a missing one is nil. */
static int map_index(lua_State *L)
{
	struct lmap *map = luaL_checkudata(L, 1, MAP_MT);
	int err;

	if (lua_type(L, 2) == LUA_TSTRING) {
		lua_pushvalue(L, 2);
		if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
			return 1;
		lbee_push_way(L, "map", lua_tostring(L, 2), lua_upvalueindex(1));
		return luaL_error(L, "a map has no method '%s'%s; for a key use map:get(key)",
				  lua_tostring(L, 2), lua_tostring(L, -1));
	}
	lbee_check_map(L, 1);
	err = lookup(L, map, 2, false);
	if (err && err != -ENOENT) {
		lbee_map_fail(L, map, err);
		return lua_error(L);
	}
	if (err)
		lua_pushnil(L);
	return 1;
}

/* map[key] = value; nil deletes. A failure raises, since an assignment has no result. */
static int map_newindex(lua_State *L)
{
	struct lmap *map = lbee_check_map(L, 1);
	int err;

	if (lua_type(L, 2) == LUA_TSTRING)
		return luaL_error(L,
				  "map.%s = value is no way to set an element; use map:set(key, "
				  "value)",
				  lua_tostring(L, 2));
	if (lua_isnil(L, 3)) {
		err = delete (L, map, 2);
		err = err == -ENOENT ? 0 : err;
	} else {
		err = update(L, map, 2, 3, BPF_ANY);
	}
	if (err) {
		lbee_map_fail(L, map, err);
		return lua_error(L);
	}
	return 0;
}

static int map_tostring(lua_State *L)
{
	struct lmap *map = luaL_checkudata(L, 1, MAP_MT);

	if (lbee_is_open(map->mod))
		lua_pushfstring(L, "%s map %s", bee_map_kind(map->map), bee_map_name(map->map));
	else
		lua_pushliteral(L, "map (closed)");
	return 1;
}

// clang-format off
static const luaL_Reg methods[] = {
	{ "get", map_get },
	{ "set", map_set },
	{ "delete", map_delete },
	{ "take", map_take },
	{ "update", lbee_map_update },
	{ "clear", lbee_map_clear },
	{ "push", lbee_map_push },
	{ "pop", lbee_map_pop },
	{ "peek", lbee_map_peek },
	{ "submit", lbee_map_submit },
	{ "freeze", map_freeze },
	{ "pin", map_pin },
	{ "close", map_close },
	{ "sum", map_sum },
	{ "totals", map_totals },
	{ "info", map_info },
	{ "hist", map_hist },
	{ "lhist", map_lhist },
	{ "on", lbee_subscribe },
	{ NULL, NULL },
};
// clang-format on

static const luaL_Reg metamethods[] = {
	{ "__newindex", map_newindex }, { "__pairs", map_pairs }, { "__close", map_close },
	{ "__tostring", map_tostring }, { NULL, NULL },
};

/* core.map is the table of methods, to which the Lua side adds. */
void lbee_open_map(lua_State *L)
{
	lua_pushcfunction(L, core_open_map);
	lua_setfield(L, -2, "open_map");
	lbee_metatable(L, MAP_MT, metamethods, NULL);
	luaL_getmetatable(L, MAP_MT);
	luaL_newlib(L, methods);
	lua_pushvalue(L, -1);
	lua_setfield(L, -4, "map");
	lua_pushcclosure(L, map_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}
