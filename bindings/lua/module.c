/* SPDX-License-Identifier: Apache-2.0 */
/* Modules: a source that is loaded, with its programs, maps and variables as tables. */
#include <stdlib.h>

#include "lbee.h"

#define MODULE_MT "moonbee.module"

bool lbee_is_open(const struct lmodule *mod)
{
	return mod->mod && mod->rt->bee;
}

struct lmodule *lbee_check_module(lua_State *L, int arg)
{
	struct lmodule *mod = luaL_checkudata(L, arg, MODULE_MT);

	luaL_argcheck(L, lbee_is_open(mod), arg, "module is closed");
	return mod;
}

void lbee_adopt(struct lmodule *mod, struct lchild *child)
{
	child->next = mod->children;
	child->link = &mod->children;
	if (child->next)
		child->next->link = &child->next;
	mod->children = child;
}

void lbee_disown(struct lchild *child)
{
	if (!child->link)
		return;
	*child->link = child->next;
	if (child->next)
		child->next->link = child->link;
	child->link = NULL;
}

/* ---- Options ----------------------------------------------------------------------------- */

/*
 * The lists that Lua gives are flat, and complete: lua/moonbee/load.lua has checked what the user
 * wrote. Their strings stay reachable through the lists, which are arguments.
 */
static size_t list_len(lua_State *L, int arg, size_t step)
{
	luaL_checktype(L, arg, LUA_TTABLE);
	return lua_rawlen(L, arg) / step;
}

static const char *list_string(lua_State *L, int arg, lua_Integer i)
{
	const char *text = NULL;

	if (lua_rawgeti(L, arg, i) == LUA_TSTRING)
		text = lua_tostring(L, -1);
	luaL_argcheck(L, text, arg, "string expected in list");
	lua_pop(L, 1);
	return text;
}

static const char *const *check_strings(lua_State *L, int arg, size_t *ret_len)
{
	size_t len = list_len(L, arg, 1);
	const char **list = lua_newuserdatauv(L, (len + 1) * sizeof(*list), 0);

	for (size_t i = 0; i < len; i++)
		list[i] = list_string(L, arg, i + 1);
	*ret_len = len;
	return list;
}

/* { program, target, optional, cookie, program, ... } */
static void check_wishes(lua_State *L, int arg, struct bee_load_opts *opts)
{
	size_t len = list_len(L, arg, 4);
	struct bee_wish *list = lua_newuserdatauv(L, (len + 1) * sizeof(*list), 0);

	for (size_t i = 0; i < len; i++) {
		list[i].program = list_string(L, arg, 4 * i + 1);
		list[i].target = list_string(L, arg, 4 * i + 2);
		lua_rawgeti(L, arg, 4 * i + 3);
		list[i].optional = lua_toboolean(L, -1);
		lua_rawgeti(L, arg, 4 * i + 4);
		list[i].cookie = lua_tointeger(L, -1);
		lua_pop(L, 2);
	}
	opts->wishes = list;
	opts->wishes_len = len;
}

/* { name, value, name, ... } */
static void check_consts(lua_State *L, int arg, struct bee_load_opts *opts)
{
	size_t len = list_len(L, arg, 2);
	struct bee_const *list = lua_newuserdatauv(L, (len + 1) * sizeof(*list), 0);

	for (size_t i = 0; i < len; i++) {
		list[i].name = list_string(L, arg, 2 * i + 1);
		lua_rawgeti(L, arg, 2 * i + 2);
		list[i].value = lua_tointeger(L, -1);
		lua_pop(L, 1);
	}
	opts->consts = list;
	opts->consts_len = len;
}

/* { name = { max_entries, pin, same }, ... }, the field "map" of the options at arg. */
static void check_map_wishes(lua_State *L, int arg, struct bee_load_opts *opts)
{
	struct bee_map_wish *list;
	size_t len = 0;

	if (lua_getfield(L, arg, "map") == LUA_TNIL)
		return;
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
		len++;
	list = lua_newuserdatauv(L, (len + 1) * sizeof(*list), 0);
	len = 0;
	for (lua_pushnil(L); lua_next(L, -3); lua_pop(L, 1)) {
		struct bee_map_wish *wish = &list[len++];

		*wish = (struct bee_map_wish){ .map = lua_tostring(L, -2) };
		lua_getfield(L, -1, "max_entries");
		wish->max_entries = lua_tointeger(L, -1);
		lua_getfield(L, -2, "pin");
		wish->pin = lua_tostring(L, -1);
		if (lua_getfield(L, -3, "same") != LUA_TNIL)
			wish->same = lbee_check_map(L, lua_gettop(L))->map;
		lua_pop(L, 3);
	}
	opts->map_wishes = list;
	opts->map_wishes_len = len;
}

/* The place of a word in a list that ends in NULL; nil is the first. */
static int check_word(lua_State *L, int arg, const char *field, const char *const *words)
{
	int i;

	if (lua_getfield(L, arg, field) == LUA_TNIL)
		lua_pushstring(L, words[0]);
	i = luaL_checkoption(L, -1, NULL, words);
	lua_pop(L, 1);
	return i;
}

/* { input, show, cpu, portable }, in the words that the user has for them. */
static void check_ways(lua_State *L, int arg, struct bee_source *source, struct bee_load_opts *opts)
{
	/* In the order of enum bee_input and enum bee_show. */
	static const char *const inputs[] = { "auto", "c", "ir", "asm", "object", NULL };
	static const char *const shows[] = { "object", "types", "preprocessed", "ir", "ir-reads",
					     "asm",    NULL };

	luaL_checktype(L, arg, LUA_TTABLE);
	source->input = check_word(L, arg, "input", inputs);
	opts->show = check_word(L, arg, "show", shows);
	lua_getfield(L, arg, "portable");
	opts->is_portable = lua_toboolean(L, -1);
	lua_pop(L, 1);
	lua_getfield(L, arg, "cpu");
	opts->cpu = lua_tostring(L, -1); /* stays reachable through the table */
	lua_pop(L, 1);
}

/* (text, name, line, dir, wishes, consts, ways, defines, undefines, includes) */
static void check_source(lua_State *L, struct bee_source *source, struct bee_load_opts *opts)
{
	lua_settop(L, 10);
	source->size = sizeof(*source);
	source->text = luaL_checklstring(L, 1, &source->text_size);
	source->name = luaL_optstring(L, 2, NULL);
	source->line = luaL_optinteger(L, 3, 0);
	source->dir = luaL_optstring(L, 4, NULL);
	opts->size = sizeof(*opts);
	check_wishes(L, 5, opts);
	check_consts(L, 6, opts);
	check_ways(L, 7, source, opts);
	opts->defines = check_strings(L, 8, &opts->defines_len);
	opts->undefines = check_strings(L, 9, &opts->undefines_len);
	opts->includes = check_strings(L, 10, &opts->includes_len);
	check_map_wishes(L, 7, opts);
}

/* ---- New modules ------------------------------------------------------------------------- */

struct lmodule *lbee_push_module(lua_State *L, struct lruntime *rt)
{
	struct lmodule *mod = lua_newuserdatauv(L, sizeof(*mod), 2);

	memset(mod, 0, sizeof(*mod));
	mod->rt = rt;
	luaL_setmetatable(L, MODULE_MT);
	lua_newtable(L);
	lua_setiuservalue(L, -2, LMODULE_FIELDS);
	lua_newtable(L);
	lua_setiuservalue(L, -2, LMODULE_TYPES);
	return mod;
}

/* Fill in what scripts reach as mod.maps, mod.programs, mod.vars and mod.warnings. */
static void add_fields(lua_State *L, struct lmodule *mod)
{
	int box = lua_gettop(L);

	lua_getiuservalue(L, box, LMODULE_FIELDS);
	lbee_push_diags(L, mod->rt->bee);
	lua_setfield(L, -2, "warnings");
	lbee_push_maps(L, box, mod);
	lua_setfield(L, -2, "maps");
	lbee_push_programs(L, box, mod);
	lua_setfield(L, -2, "programs");
	lbee_push_vars(L, box, mod);
	lua_setfield(L, -2, "vars");
	lua_pop(L, 1);
}

static int core_load(lua_State *L)
{
	struct bee_source source = { 0 };
	struct bee_load_opts opts = { 0 };
	struct lruntime *rt;
	struct lmodule *mod;
	int err = lbee_runtime(L, &rt);

	if (err)
		return lbee_fail_errno(L, "source", err, NULL);
	check_source(L, &source, &opts);
	mod = lbee_push_module(L, rt);
	err = bee_load(rt->bee, &source, &opts, &mod->mod);
	if (err)
		return lbee_fail(L, rt, err);
	add_fields(L, mod);
	return 1;
}

/* load_object(elf, wishes, consts, options) */
static int core_load_object(lua_State *L)
{
	struct bee_load_opts opts = { .size = sizeof(opts) };
	size_t size;
	const char *elf = luaL_checklstring(L, 1, &size);
	struct lruntime *rt;
	struct lmodule *mod;
	int err = lbee_runtime(L, &rt);

	if (err)
		return lbee_fail_errno(L, "object", err, NULL);
	check_wishes(L, 2, &opts);
	check_consts(L, 3, &opts);
	check_map_wishes(L, 4, &opts);
	mod = lbee_push_module(L, rt);
	err = bee_load_object(rt->bee, elf, size, &opts, &mod->mod);
	if (err)
		return lbee_fail(L, rt, err);
	add_fields(L, mod);
	return 1;
}

static int core_compile(lua_State *L)
{
	struct bee_source source = { 0 };
	struct bee_load_opts opts = { 0 };
	struct lruntime *rt;
	size_t size;
	void **elf;
	int err = lbee_runtime(L, &rt);

	if (err)
		return lbee_fail_errno(L, "source", err, NULL);
	check_source(L, &source, &opts);
	elf = lbee_own(L);
	err = bee_compile(rt->bee, &source, &opts, elf, &size);
	if (err)
		return lbee_fail(L, rt, err);
	lua_pushlstring(L, *elf, size);
	lbee_push_diags(L, rt->bee);
	return 2;
}

static void push_verdict(lua_State *L, const struct bee_verdict *verdict)
{
	lua_createtable(L, 0, 8);
	lua_pushstring(L, verdict->program);
	lua_setfield(L, -2, "name");
	lua_pushstring(L, verdict->section);
	lua_setfield(L, -2, "section");
	lua_pushstring(L, verdict->type);
	lua_setfield(L, -2, "type");
	lua_pushboolean(L, !verdict->err);
	lua_setfield(L, -2, "verified");
	lua_pushboolean(L, verdict->is_optional);
	lua_setfield(L, -2, "optional");
	if (verdict->reason[0]) {
		lua_pushstring(L, verdict->reason);
		lua_setfield(L, -2, "reason");
	}
	if (verdict->insns) {
		lua_pushinteger(L, verdict->insns);
		lua_setfield(L, -2, "insns");
	}
	if (verdict->verified_insns) {
		lua_pushinteger(L, verdict->verified_insns);
		lua_setfield(L, -2, "verified_insns");
	}
}

/* verify(elf, wishes, consts): a list of verdicts; and an error when one of them is bad. */
static int core_verify(lua_State *L)
{
	struct bee_load_opts opts = { .size = sizeof(opts) };
	size_t size, len = 0;
	const char *elf = luaL_checklstring(L, 1, &size);
	struct bee_verdict *list = NULL;
	struct lruntime *rt;
	void **own;
	int err = lbee_runtime(L, &rt);

	if (err)
		return lbee_fail_errno(L, "object", err, NULL);
	check_wishes(L, 2, &opts);
	check_consts(L, 3, &opts);
	own = lbee_own(L);
	err = bee_verify(rt->bee, elf, size, &opts, &list, &len);
	if (err)
		return lbee_fail(L, rt, err);
	*own = list;
	lua_createtable(L, len, 0);
	for (size_t i = 0; i < len; i++) {
		if (list[i].err && !list[i].is_optional)
			err = err ?: list[i].err;
		push_verdict(L, &list[i]);
		lua_rawseti(L, -2, i + 1);
	}
	if (!err)
		return 1;
	lbee_fail(L, rt, err);
	lua_remove(L, -2); /* the nil before the error */
	return 2;
}

/* ---- Methods ----------------------------------------------------------------------------- */

/*
 * mod:attach() attaches all, mod:attach(name, target) one program. What is attached is kept
 * reachable: only close detaches, never the garbage collector.
 */
static int module_attach(lua_State *L)
{
	struct lmodule *mod = lbee_check_module(L, 1);
	int n;

	if (lua_isnoneornil(L, 2)) {
		n = bee_module_attach(mod->mod);
		if (n < 0)
			return lbee_fail(L, mod->rt, n);
		lbee_keep(L, 1, mod);
		lua_pushinteger(L, n);
		return 1;
	} else {
		const char *name = luaL_checkstring(L, 2);
		struct bee_program *prog = bee_program_find(mod->mod, name);

		if (!prog) {
			lbee_push_programs(L, 1, mod);
			lbee_push_near(L, -1, name);
			return luaL_error(L, "no program '%s' in this module%s", name,
					  lua_tostring(L, -1));
		}
		return lbee_program_attach(L, 1, mod, prog, 3);
	}
}

void lbee_close_module(lua_State *L, struct lmodule *mod)
{
	struct bee_module *closing = mod->mod;
	bool is_open = lbee_is_open(mod);

	if (!closing)
		return;
	while (mod->children)
		mod->children->close(L, mod->children);
	mod->mod = NULL;
	if (is_open) /* a closed runtime has closed its modules */
		bee_module_close(closing);
	lbee_release(L, mod);
}

static int module_close(lua_State *L)
{
	lbee_close_module(L, luaL_checkudata(L, 1, MODULE_MT));
	return 0;
}

/* Raise that the module at 1 has no field of the name at 2, whose fields are on top. */
static int refuse_field(lua_State *L)
{
	const char *name = luaL_tolstring(L, 2, NULL);

	lua_insert(L, -2);
	lua_getfield(L, -1, "maps");
	if (!lbee_habit("module", name) && lua_istable(L, -1)) {
		lua_pushvalue(L, 2);
		if (lua_rawget(L, -2) != LUA_TNIL)
			return luaL_error(L, "a module has no '%s': the map is mod.maps.%s", name,
					  name);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	lbee_push_way(L, "module", name, lua_upvalueindex(1));
	return luaL_error(L, "a module has no '%s'%s", name, lua_tostring(L, -1));
}

static int module_index(lua_State *L)
{
	luaL_checkudata(L, 1, MODULE_MT);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
		return 1;
	lua_getiuservalue(L, 1, LMODULE_FIELDS);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, -2) != LUA_TNIL)
		return 1;
	lua_pop(L, 1);
	return refuse_field(L);
}

static int module_tostring(lua_State *L)
{
	struct lmodule *mod = luaL_checkudata(L, 1, MODULE_MT);

	lua_pushfstring(L, "module (%s)", lbee_is_open(mod) ? "open" : "closed");
	return 1;
}

static const luaL_Reg methods[] = {
	{ "attach", module_attach },
	{ "detach", lbee_module_detach },
	{ "close", module_close },
	{ NULL, NULL },
};

static const luaL_Reg metamethods[] = {
	{ "__gc", module_close },
	{ "__close", module_close },
	{ "__tostring", module_tostring },
	{ NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "load", core_load },
	{ "load_object", core_load_object },
	{ "compile", core_compile },
	{ "verify", core_verify },
	{ NULL, NULL },
};

void lbee_open_module(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	lbee_metatable(L, MODULE_MT, metamethods, NULL);
	luaL_getmetatable(L, MODULE_MT);
	luaL_newlib(L, methods);
	lua_pushcclosure(L, module_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}
