/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of options, as C functions take them. */
#include "lbee.h"

static bool is_option(const char *name, const struct loption *options, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(options[i].name, name) == 0)
			return true;
	return false;
}

/* Raise an error that names a key, and the option that is nearest to it. */
static void refuse(lua_State *L, const char *where, const struct loption *options, size_t len)
{
	const char *name = luaL_tolstring(L, -1, NULL);

	lua_newtable(L);
	for (size_t i = 0; i < len; i++) {
		lua_pushboolean(L, true);
		lua_setfield(L, -2, options[i].name);
	}
	lbee_push_near(L, -1, name);
	luaL_error(L, "%s: no option '%s'%s", where, name, lua_tostring(L, -1));
}

static void check_names(lua_State *L, int arg, const char *where, const struct loption *options,
			size_t len)
{
	lua_pushnil(L);
	while (lua_next(L, arg)) {
		lua_pop(L, 1);
		if (lua_type(L, -1) != LUA_TSTRING || !is_option(lua_tostring(L, -1), options, len))
			refuse(L, where, options, len);
	}
}

void lbee_push_options(lua_State *L, int arg, const char *where, const struct loption *options,
		       size_t len)
{
	bool has_options = !lua_isnil(L, arg);

	if (has_options) {
		luaL_checktype(L, arg, LUA_TTABLE);
		check_names(L, arg, where, options, len);
	}
	for (size_t i = 0; i < len; i++) {
		int type = has_options ? lua_getfield(L, arg, options[i].name) : LUA_TNIL;

		if (!has_options)
			lua_pushnil(L);
		if (type != LUA_TNIL && options[i].type != LUA_TNONE && type != options[i].type)
			luaL_error(L, "%s: option '%s' is a %s, got %s", where, options[i].name,
				   lua_typename(L, options[i].type), luaL_typename(L, -1));
	}
}
