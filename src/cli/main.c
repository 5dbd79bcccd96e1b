/* SPDX-License-Identifier: Apache-2.0 */
/* moonbee: a Lua state with the binding and lua/ inside. What the command does is Lua's to say. */
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "embed.h"

int luaopen_moonbee_core(lua_State *L);

/* Searcher of an embedded module: the row is an upvalue. */
static int load_embedded(lua_State *L)
{
	const struct embedded *file = lua_touserdata(L, lua_upvalueindex(1));

	lua_settop(L, 2);	/* what require() passes on */
	if (luaL_loadbufferx(L, (const char *)file->text, file->size, file->chunk, "bt"))
		return lua_error(L);
	lua_insert(L, 1);
	lua_call(L, 2, 1);
	return 1;
}

static void add_modules(lua_State *L)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	lua_pushcfunction(L, luaopen_moonbee_core);
	lua_setfield(L, -2, "moonbee.core");
	for (size_t i = 0; i < embedded_len; i++) {
		lua_pushlightuserdata(L, (void *)&embedded[i]);
		lua_pushcclosure(L, load_embedded, 1);
		lua_setfield(L, -2, embedded[i].module);
	}
	lua_pop(L, 1);
}

static void push_args(lua_State *L, int argc, char **argv)
{
	lua_createtable(L, argc, 1);
	for (int i = 0; i < argc; i++) {
		lua_pushstring(L, argv[i]);
		lua_rawseti(L, -2, i);
	}
}

/* pmain(argc, argv): the exit code that the command gives. */
static int pmain(lua_State *L)
{
	int argc = lua_tointeger(L, 1);
	char **argv = lua_touserdata(L, 2);

	luaL_checkversion(L);
	luaL_openlibs(L);
	add_modules(L);
	lua_getglobal(L, "require");
	lua_pushliteral(L, "moonbee.command");
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "main");
	push_args(L, argc, argv);
	lua_call(L, 1, 1);
	return 1;
}

int main(int argc, char **argv)
{
	lua_State *L = luaL_newstate();
	int code = EXIT_FAILURE;

	if (!L) {
		fputs("moonbee: out of memory\n", stderr);
		return EXIT_FAILURE;
	}
	/* A tool's lines are to be seen as they come, in a pipe too. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	lua_pushcfunction(L, pmain);
	lua_pushinteger(L, argc);
	lua_pushlightuserdata(L, argv);
	if (lua_pcall(L, 2, 1, 0) == LUA_OK)
		code = lua_tointeger(L, -1);
	else
		fprintf(stderr, "moonbee: %s\n", luaL_tolstring(L, -1, NULL));
	lua_close(L);
	return code;
}
