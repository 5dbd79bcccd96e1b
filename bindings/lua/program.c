/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of a module. */
#include "lbee.h"

#define PROGRAM_MT "moonbee.program"

const struct lprogram *lbee_to_program(lua_State *L, int index)
{
	return luaL_testudata(L, index, PROGRAM_MT);
}

struct lprogram *lbee_check_program(lua_State *L, int arg)
{
	struct lprogram *prog = luaL_checkudata(L, arg, PROGRAM_MT);

	luaL_argcheck(L, lbee_is_open(prog->mod), arg, "module is closed");
	return prog;
}

static void push_program(lua_State *L, int module, struct lmodule *mod, struct bee_program *prog)
{
	struct lprogram *box = lua_newuserdatauv(L, sizeof(*box), 1);

	box->prog = prog;
	box->mod = mod;
	luaL_setmetatable(L, PROGRAM_MT);
	lua_pushvalue(L, module);
	lua_setiuservalue(L, -2, 1);
}

void lbee_push_programs(lua_State *L, int index, struct lmodule *mod)
{
	struct bee_program *prog = NULL;

	index = lua_absindex(L, index);
	lua_newtable(L);
	while ((prog = bee_program_next(mod->mod, prog))) {
		push_program(L, index, mod, prog);
		lua_setfield(L, -2, bee_program_name(prog));
	}
}

/* ---- Programs ---------------------------------------------------------------------------- */

static int program_attach(lua_State *L)
{
	struct lprogram *prog = lbee_check_program(L, 1);

	lua_settop(L, 3);
	lua_getiuservalue(L, 1, 1); /* the module, in the place of what is not needed any more */
	lua_replace(L, 1);
	return lbee_program_attach(L, 1, prog->mod, prog->prog, 2);
}

static int program_fd(lua_State *L)
{
	struct lprogram *prog = lbee_check_program(L, 1);
	int fd = bee_program_fd(prog->prog);

	if (fd < 0)
		return lbee_fail_errno(L, "load", fd, "the program was left out");
	lua_pushinteger(L, fd);
	return 1;
}

static int program_index(lua_State *L)
{
	struct lprogram *prog = luaL_checkudata(L, 1, PROGRAM_MT);
	const char *key = luaL_checkstring(L, 2);

	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
		return 1;
	lbee_check_program(L, 1);
	if (strcmp(key, "name") == 0)
		lua_pushstring(L, bee_program_name(prog->prog));
	else if (strcmp(key, "section") == 0)
		lua_pushstring(L, bee_program_section(prog->prog));
	else
		return luaL_error(L, "a program has no '%s'", key);
	return 1;
}

static int program_tostring(lua_State *L)
{
	struct lprogram *prog = luaL_checkudata(L, 1, PROGRAM_MT);

	if (lbee_is_open(prog->mod))
		lua_pushfstring(L, "program %s", bee_program_name(prog->prog));
	else
		lua_pushliteral(L, "program (closed)");
	return 1;
}

static const luaL_Reg program_methods[] = {
	{ "attach", program_attach },
	{ "fd", program_fd },
	{ "test_run", lbee_test_run },
	{ NULL, NULL },
};

static const luaL_Reg program_metamethods[] = {
	{ "__tostring", program_tostring },
	{ NULL, NULL },
};

void lbee_open_program(lua_State *L)
{
	lbee_metatable(L, PROGRAM_MT, program_metamethods, NULL);
	luaL_getmetatable(L, PROGRAM_MT);
	luaL_newlib(L, program_methods);
	lua_pushcclosure(L, program_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}
