/* SPDX-License-Identifier: Apache-2.0 */
/* Global variables of a module: mod.vars.name reads and writes the program's own memory. */
#include "lbee.h"

#define VARS_MT "moonbee.vars"

struct lvars {
	struct lmodule *mod;
};

static struct lmodule *check_vars(lua_State *L)
{
	struct lvars *vars = luaL_checkudata(L, 1, VARS_MT);

	luaL_argcheck(L, lbee_is_open(vars->mod), 1, "module is closed");
	return vars->mod;
}

static void push_names(lua_State *L, struct lmodule *mod)
{
	const struct bee_var *var = NULL;

	lua_newtable(L);
	while ((var = bee_var_next(mod->mod, var))) {
		lua_pushboolean(L, true);
		lua_setfield(L, -2, var->name);
	}
}

static const struct bee_var *check_var(lua_State *L, struct lmodule *mod)
{
	const char *name = luaL_checkstring(L, 2);
	const struct bee_var *var = bee_var_find(mod->mod, name);

	if (!var) {
		push_names(L, mod);
		lbee_push_near(L, -1, name);
		luaL_error(L, "no variable '%s' in this module%s", name, lua_tostring(L, -1));
	}
	if (!var->data)
		luaL_error(L, "variable '%s' has no memory on this kernel", name);
	return var;
}

/* Push the types, and give back the variable's, copied: what reads and writes values wants one. */
static const struct bee_type *copy_type(lua_State *L, const struct bee_var *var)
{
	lua_getiuservalue(L, 1, 1);
	lua_getiuservalue(L, -1, LMODULE_TYPES);
	lua_remove(L, -2);
	return lbee_type(L, -1, var->type);
}

static void push_var(lua_State *L, const struct bee_var *var)
{
	const struct bee_type *type = copy_type(L, var);

	lbee_push_value(L, lua_gettop(L), type, var->data);
	lua_remove(L, -2);
}

static int vars_index(lua_State *L)
{
	const struct bee_var *var = check_var(L, check_vars(L));

	push_var(L, var);
	return 1;
}

/* The program may read meanwhile, so what can be written at once is. */
static void store(void *to, const void *from, size_t size)
{
	bool is_aligned = (uintptr_t)to % size == 0;

	if (size == 8 && is_aligned)
		__atomic_store((uint64_t *)to, (uint64_t *)from, __ATOMIC_RELAXED);
	else if (size == 4 && is_aligned)
		__atomic_store((uint32_t *)to, (uint32_t *)from, __ATOMIC_RELAXED);
	else
		memcpy(to, from, size);
}

static int vars_newindex(lua_State *L)
{
	const struct bee_var *var = check_var(L, check_vars(L));
	const struct bee_type *type = copy_type(L, var);
	const struct lwhere where = { .part = var->name };
	uint64_t small[32];
	void *data;

	if (var->is_const)
		return luaL_error(L,
				  "variable '%s' is const: set it when loading, with const = { "
				  "%s = value }",
				  var->name, var->name);
	data = lbee_scratch(L, small, sizeof(small), type->size);
	lbee_write_value(L, 3, type, data, &where);
	store(var->data, data, type->size);
	return 0;
}

/* next(vars, name): names in the order of the object. */
static int vars_next(lua_State *L)
{
	struct lmodule *mod = check_vars(L);
	const struct bee_var *var = NULL;

	if (!lua_isnil(L, 2))
		var = check_var(L, mod);
	do
		var = bee_var_next(mod->mod, var);
	while (var && !var->data);
	if (!var)
		return 0;
	lua_pushstring(L, var->name);
	push_var(L, var);
	return 2;
}

static int vars_pairs(lua_State *L)
{
	check_vars(L);
	lua_pushcfunction(L, vars_next);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	return 3;
}

void lbee_push_vars(lua_State *L, int index, struct lmodule *mod)
{
	struct lvars *vars;

	index = lua_absindex(L, index);
	vars = lua_newuserdatauv(L, sizeof(*vars), 1);
	vars->mod = mod;
	luaL_setmetatable(L, VARS_MT);
	lua_pushvalue(L, index);
	lua_setiuservalue(L, -2, 1);
}

static const luaL_Reg metamethods[] = {
	{ "__index", vars_index },
	{ "__newindex", vars_newindex },
	{ "__pairs", vars_pairs },
	{ NULL, NULL },
};

void lbee_open_vars(lua_State *L)
{
	lbee_metatable(L, VARS_MT, metamethods, NULL);
}
