/* SPDX-License-Identifier: Apache-2.0 */
/* moonbee.core: the C side of require "moonbee", over the public API alone. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <time.h>

#include "lbee.h"

void lbee_metatable(lua_State *L, const char *name, const luaL_Reg *meta, const luaL_Reg *methods)
{
	if (luaL_newmetatable(L, name)) {
		luaL_setfuncs(L, meta, 0);
		/* Metamethods trust their first argument, so nobody gets at them but Lua itself. */
		lua_pushstring(L, name);
		lua_setfield(L, -2, "__metatable");
		if (methods) {
			lua_newtable(L);
			luaL_setfuncs(L, methods, 0);
			lua_setfield(L, -2, "__index");
		}
	}
	lua_pop(L, 1);
}

void *lbee_scratch(lua_State *L, void *small, size_t small_size, size_t size)
{
	void *data = small;

	if (size > small_size)
		data = lua_newuserdatauv(L, size, 0);
	else
		lua_pushnil(L);
	memset(data, 0, size);
	return data;
}

void lbee_set_text(lua_State *L, const char *key, const char *text)
{
	if (!*text)
		return;
	lua_pushstring(L, text);
	lua_setfield(L, -2, key);
}

#define OWN_MT "moonbee.own"

void **lbee_own(lua_State *L)
{
	void **box = lua_newuserdatauv(L, sizeof(*box), 0);

	*box = NULL;
	luaL_setmetatable(L, OWN_MT);
	return box;
}

static int own_free(lua_State *L)
{
	void **box = luaL_checkudata(L, 1, OWN_MT);

	free(*box);
	*box = NULL;
	return 0;
}

static const luaL_Reg own_metamethods[] = {
	{ "__gc", own_free },
	{ NULL, NULL },
};

/* ip(bytes): the text of an address of 4 or 16 bytes in the network's order. */
static int core_ip(lua_State *L)
{
	char text[INET6_ADDRSTRLEN];
	size_t size;
	const char *bytes = luaL_checklstring(L, 1, &size);

	luaL_argcheck(L, size == 4 || size == 16, 1, "an address has 4 or 16 bytes");
	inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text, sizeof(text));
	lua_pushstring(L, text);
	return 1;
}

/* ktime(): nanoseconds, by the clock that bpf_ktime_get_ns() reads. */
static int core_ktime(lua_State *L)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	lua_pushinteger(L, now.tv_sec * 1000000000LL + now.tv_nsec);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "ip", core_ip },
	{ "ktime", core_ktime },
	{ NULL, NULL },
};

LBEE_EXPORT int luaopen_moonbee_core(lua_State *L);

int luaopen_moonbee_core(lua_State *L)
{
	luaL_newlib(L, functions);
	lua_pushstring(L, bee_version());
	lua_setfield(L, -2, "version");
	lbee_metatable(L, OWN_MT, own_metamethods, NULL);
	lbee_open_runtime(L);
	lbee_open_error(L);
	lbee_open_habits(L);
	lbee_open_module(L);
	lbee_open_program(L);
	lbee_open_link(L);
	lbee_open_map(L);
	lbee_open_walk(L);
	lbee_open_vars(L);
	lbee_open_record(L);
	lbee_open_subscription(L);
	lbee_open_watch(L);
	lbee_open_u64(L);
	lbee_open_disasm(L);
	lbee_open_list(L);
	return 1;
}
