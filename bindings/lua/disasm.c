/* SPDX-License-Identifier: Apache-2.0 */
/* Disassembly: functions as tables of instructions. */
#include "lbee.h"

/* Where the instructions go: the list of functions is on the stack. */
struct collector {
	lua_State *L;
	int list;
	char program[256]; /* the function that the last one was in */
};

static void push_insn(lua_State *L, const struct bee_insn *insn)
{
	lua_createtable(L, 0, 8);
	lua_pushinteger(L, insn->offset);
	lua_setfield(L, -2, "offset");
	lua_pushlstring(L, (const char *)insn->bytes, insn->size);
	lua_setfield(L, -2, "bytes");
	lbee_set_text(L, "text", insn->text);
	lbee_set_text(L, "raw", insn->raw_text);
	lbee_set_text(L, "file", insn->file);
	lbee_set_text(L, "source", insn->source);
	if (!insn->line)
		return;
	lua_pushinteger(L, insn->line);
	lua_setfield(L, -2, "line");
	lua_pushinteger(L, insn->column);
	lua_setfield(L, -2, "column");
}

/* add(list, insn, is_new): may raise, so that it is called with protection. */
static int add_insn(lua_State *L)
{
	const struct bee_insn *insn = lua_touserdata(L, 2);

	if (lua_toboolean(L, 3)) {
		lua_newtable(L);
		lua_pushstring(L, insn->program);
		lua_setfield(L, -2, "name");
		lua_rawseti(L, 1, lua_rawlen(L, 1) + 1);
	}
	lua_rawgeti(L, 1, lua_rawlen(L, 1));
	push_insn(L, insn);
	lua_rawseti(L, -2, lua_rawlen(L, -2) + 1);
	return 0;
}

/* No Lua error may pass through the library. */
static int on_insn(void *ctx, const struct bee_insn *insn)
{
	struct collector *collector = ctx;
	lua_State *L = collector->L;
	bool is_new = !lua_rawlen(L, collector->list) || strcmp(collector->program, insn->program);

	snprintf(collector->program, sizeof(collector->program), "%s", insn->program);
	if (!lua_checkstack(L, 4))
		return -ENOMEM;
	lua_pushcfunction(L, add_insn);
	lua_pushvalue(L, collector->list);
	lua_pushlightuserdata(L, (void *)insn);
	lua_pushboolean(L, is_new);
	if (lua_pcall(L, 3, 0, 0) == LUA_OK)
		return 0;
	lua_pop(L, 1);
	return -ENOMEM;
}

/* disasm_object(elf): { { name, { offset, bytes, text, raw, file, line, column, source }, ... }, ... } */
static int core_disasm_object(lua_State *L)
{
	size_t size;
	const char *elf = luaL_checklstring(L, 1, &size);
	struct collector collector = { .L = L };
	struct lruntime *rt;
	int err = lbee_runtime(L, &rt);

	if (err)
		return lbee_fail_errno(L, "object", err, NULL);
	lua_newtable(L);
	collector.list = lua_gettop(L);
	err = bee_disasm_object(rt->bee, elf, size, on_insn, &collector);
	return err ? lbee_fail(L, rt, err) : 1;
}

/* disasm_program(which, jited): the same of a program in the kernel. */
static int core_disasm_program(lua_State *L)
{
	const char *which = luaL_checkstring(L, 1);
	bool is_jited = lua_toboolean(L, 2);
	struct collector collector = { .L = L };
	struct lruntime *rt;
	int err = lbee_runtime(L, &rt);

	if (err)
		return lbee_fail_errno(L, "load", err, NULL);
	lua_newtable(L);
	collector.list = lua_gettop(L);
	err = bee_disasm_program(rt->bee, which, is_jited, on_insn, &collector);
	return err ? lbee_fail(L, rt, err) : 1;
}

// clang-format off
static const luaL_Reg functions[] = {
	{ "disasm_object", core_disasm_object },
	{ "disasm_program", core_disasm_program },
	{ NULL, NULL },
};
// clang-format on

void lbee_open_disasm(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
}
