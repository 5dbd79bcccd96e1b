/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of a module, and the links that attaching gives. */
#include "lbee.h"

#define PROGRAM_MT "moonbee.program"
#define LINK_MT    "moonbee.link"

struct llink {
	struct bee_link *link; /* NULL: closed */
	struct lmodule *mod;   /* which owns the link */
};

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

static struct llink *check_link(lua_State *L, int arg)
{
	struct llink *link = luaL_checkudata(L, arg, LINK_MT);

	luaL_argcheck(L, lbee_is_open(link->mod), arg, "module is closed");
	luaL_argcheck(L, link->link, arg, "link is closed");
	return link;
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

int lbee_program_attach(lua_State *L, int index, struct lmodule *mod, struct bee_program *prog,
			int arg)
{
	static const struct loption options[] = { { "cookie", LUA_TNUMBER } };
	struct bee_attach_opts opts = { .size = sizeof(opts) };
	const char *target = luaL_optstring(L, arg, NULL);
	struct llink *box;
	int err;

	lua_settop(L, arg + 1);
	lbee_push_options(L, arg + 1, "attach", options, 1);
	opts.cookie = lua_isnil(L, -1) ? 0 : luaL_checkinteger(L, -1);
	index = lua_absindex(L, index);
	box = lua_newuserdatauv(L, sizeof(*box), 1);
	box->link = NULL;
	box->mod = mod;
	luaL_setmetatable(L, LINK_MT);
	lua_pushvalue(L, index);
	lua_setiuservalue(L, -2, 1);
	lbee_keep(L, index, mod);

	err = bee_program_attach(prog, target, &opts, &box->link);
	return err ? lbee_fail(L, mod->rt, err) : 1;
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

/* ---- Links ------------------------------------------------------------------------------- */

static int link_close(lua_State *L)
{
	struct llink *link = luaL_checkudata(L, 1, LINK_MT);
	struct bee_link *closing = link->link;

	link->link = NULL;
	if (closing && lbee_is_open(link->mod))
		bee_link_close(closing);
	return 0;
}

static int link_target(lua_State *L)
{
	lua_pushstring(L, bee_link_target(check_link(L, 1)->link));
	return 1;
}

static int link_tostring(lua_State *L)
{
	struct llink *link = luaL_checkudata(L, 1, LINK_MT);

	if (link->link && lbee_is_open(link->mod))
		lua_pushfstring(L, "link to %s", bee_link_target(link->link));
	else
		lua_pushliteral(L, "link (closed)");
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

static const luaL_Reg link_methods[] = {
	{ "close", link_close },
	{ "target", link_target },
	{ NULL, NULL },
};

/* No __gc: the module owns its links, and a dropped result detaches nothing. */
static const luaL_Reg link_metamethods[] = {
	{ "__close", link_close },
	{ "__tostring", link_tostring },
	{ NULL, NULL },
};

void lbee_open_program(lua_State *L)
{
	lbee_metatable(L, LINK_MT, link_metamethods, link_methods);
	lbee_metatable(L, PROGRAM_MT, program_metamethods, NULL);
	luaL_getmetatable(L, PROGRAM_MT);
	luaL_newlib(L, program_methods);
	lua_pushcclosure(L, program_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}
