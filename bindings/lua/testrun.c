/* SPDX-License-Identifier: Apache-2.0 */
/* program:test_run{}: a program run on a context and a packet, both from Lua and back to it. */
#include "lbee.h"

#define GROWTH 4096	/* bytes by which a program may make its packet longer */

enum { PROGRAM = 1, OPTIONS, CTX, DATA, TIMES, TYPES };

static const struct loption options[] = {
	{ "ctx", LUA_TNONE },
	{ "data", LUA_TSTRING },
	{ "times", LUA_TNUMBER },
};

/* The context as bytes: a string as it is, a table by the type of the program's parameter. */
static void check_ctx(lua_State *L, const struct bee_type *type, struct bee_test_opts *opts)
{
	const struct lwhere where = { .part = "ctx" };
	size_t size;
	void *bytes;

	if (lua_isnil(L, CTX))
		return;
	if (lua_type(L, CTX) == LUA_TSTRING) {
		opts->ctx = lua_tolstring(L, CTX, &size);
		opts->ctx_size = size;
	} else if (lua_type(L, CTX) == LUA_TTABLE) {
		if (!type)
			luaL_error(L, "test_run: the program's context has no known type: give "
				      "ctx as bytes");
		bytes = lua_newuserdatauv(L, type->size, 0);
		memset(bytes, 0, type->size);
		lbee_write_value(L, CTX, type, bytes, &where);
		opts->ctx = bytes;
		opts->ctx_size = type->size;
	} else {
		luaL_error(L, "test_run: option 'ctx' is a table of fields, or bytes, got %s",
			   luaL_typename(L, CTX));
	}
	opts->ctx_out = lua_newuserdatauv(L, opts->ctx_size, 0);
	memcpy(opts->ctx_out, opts->ctx, opts->ctx_size);
}

static void check_data(lua_State *L, struct bee_test_opts *opts)
{
	size_t size;

	if (lua_isnil(L, DATA))
		return;
	opts->data = lua_tolstring(L, DATA, &size);
	opts->data_size = size;
	opts->data_out_size = size + GROWTH;
	opts->data_out = lua_newuserdatauv(L, opts->data_out_size, 0);
}

static void check_times(lua_State *L, struct bee_test_opts *opts)
{
	lua_Integer times = lua_tointeger(L, TIMES);

	if (lua_isnil(L, TIMES))
		return;
	if (!lua_isinteger(L, TIMES) || times < 1 || times > INT32_MAX)
		luaL_error(L, "test_run: option 'times' is a number of runs, from 1");
	opts->repeat = times > 1 ? times : 0;
}

static void push_result(lua_State *L, const struct bee_test_opts *opts,
			const struct bee_test_result *result, const struct bee_type *type)
{
	lua_newtable(L);
	lua_pushinteger(L, result->retval);
	lua_setfield(L, -2, "retval");
	lua_pushinteger(L, result->duration_ns);
	lua_setfield(L, -2, "duration");
	if (opts->data_out) {
		lua_pushlstring(L, opts->data_out, result->data_size);
		lua_setfield(L, -2, "data");
	}
	if (!result->ctx_size)
		return;
	if (type && type->size == opts->ctx_size)
		lbee_push_value(L, TYPES, type, opts->ctx_out);
	else
		lua_pushlstring(L, opts->ctx_out, result->ctx_size);
	lua_setfield(L, -2, "ctx");
}

/* program:test_run{ ctx, data, times }: a table of retval, duration in ns, data and ctx */
int lbee_test_run(lua_State *L)
{
	struct lprogram *prog = lbee_check_program(L, PROGRAM);
	struct bee_test_opts opts = { .size = sizeof(opts) };
	struct bee_test_result result;
	const struct bee_type *type;
	int err;

	lua_settop(L, OPTIONS);
	lbee_push_options(L, OPTIONS, "test_run", options, sizeof(options) / sizeof(options[0]));
	lua_getiuservalue(L, PROGRAM, 1);
	lua_getiuservalue(L, -1, LMODULE_TYPES);
	lua_replace(L, TYPES);
	type = lbee_type(L, TYPES, bee_program_context(prog->prog));
	check_ctx(L, type, &opts);
	check_data(L, &opts);
	check_times(L, &opts);
	err = bee_program_test(prog->prog, &opts, &result);
	if (err)
		return lbee_fail(L, prog->mod->rt, err);
	push_result(L, &opts, &result, type);
	return 1;
}
