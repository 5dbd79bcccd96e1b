/* SPDX-License-Identifier: Apache-2.0 */
/* Unsigned 64-bit numbers: Lua integers hold their bits, this class their meaning. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lbee.h"

#define U64_MT "moonbee.u64"

static uint64_t parse(lua_State *L, int arg, const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || *text == ' ')
		luaL_argerror(L, arg, "no unsigned 64-bit number");
	return value;
}

/* An integer stands for its bits; other numbers must be whole and in range. */
static uint64_t check_u64(lua_State *L, int arg)
{
	uint64_t *box = luaL_testudata(L, arg, U64_MT);

	if (box)
		return *box;
	if (lua_type(L, arg) == LUA_TSTRING)
		return parse(L, arg, lua_tostring(L, arg));
	return luaL_checkinteger(L, arg);
}

static int push_u64(lua_State *L, uint64_t value)
{
	uint64_t *box = lua_newuserdatauv(L, sizeof(*box), 0);

	*box = value;
	luaL_setmetatable(L, U64_MT);
	return 1;
}

static int core_u64(lua_State *L)
{
	return push_u64(L, check_u64(L, 1));
}

static uint64_t check_divisor(lua_State *L)
{
	uint64_t value = check_u64(L, 2);

	if (!value)
		luaL_error(L, "attempt to divide by zero");
	return value;
}

static int u64_add(lua_State *L)
{
	return push_u64(L, check_u64(L, 1) + check_u64(L, 2));
}

static int u64_sub(lua_State *L)
{
	return push_u64(L, check_u64(L, 1) - check_u64(L, 2));
}

static int u64_mul(lua_State *L)
{
	return push_u64(L, check_u64(L, 1) * check_u64(L, 2));
}

static int u64_idiv(lua_State *L)
{
	return push_u64(L, check_u64(L, 1) / check_divisor(L));
}

static int u64_mod(lua_State *L)
{
	return push_u64(L, check_u64(L, 1) % check_divisor(L));
}

/* As in Lua, / gives a float. */
static int u64_div(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)check_u64(L, 1) / (lua_Number)check_u64(L, 2));
	return 1;
}

static int u64_eq(lua_State *L)
{
	lua_pushboolean(L, check_u64(L, 1) == check_u64(L, 2));
	return 1;
}

static int u64_lt(lua_State *L)
{
	lua_pushboolean(L, check_u64(L, 1) < check_u64(L, 2));
	return 1;
}

static int u64_le(lua_State *L)
{
	lua_pushboolean(L, check_u64(L, 1) <= check_u64(L, 2));
	return 1;
}

static int u64_tostring(lua_State *L)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, check_u64(L, 1));
	lua_pushstring(L, text);
	return 1;
}

static int u64_concat(lua_State *L)
{
	luaL_tolstring(L, 1, NULL);
	luaL_tolstring(L, 2, NULL);
	lua_concat(L, 2);
	return 1;
}

/* The Lua integer of the same bits. */
static int u64_bits(lua_State *L)
{
	lua_pushinteger(L, check_u64(L, 1));
	return 1;
}

static const luaL_Reg methods[] = {
	{ "bits", u64_bits },
	{ NULL, NULL },
};

// clang-format off
static const luaL_Reg metamethods[] = {
	{ "__add", u64_add },
	{ "__sub", u64_sub },
	{ "__mul", u64_mul },
	{ "__div", u64_div },
	{ "__idiv", u64_idiv },
	{ "__mod", u64_mod },
	{ "__eq", u64_eq },
	{ "__lt", u64_lt },
	{ "__le", u64_le },
	{ "__tostring", u64_tostring },
	{ "__concat", u64_concat },
	{ NULL, NULL },
};
// clang-format on

static const luaL_Reg functions[] = {
	{ "u64", core_u64 },
	{ NULL, NULL },
};

void lbee_open_u64(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	lbee_metatable(L, U64_MT, metamethods, methods);
}
