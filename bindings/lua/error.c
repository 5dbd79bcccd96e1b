/* SPDX-License-Identifier: Apache-2.0 */
/* Error objects: tables that print as the library's own text, with its parts as fields. */
#include <stdlib.h>

#include "lbee.h"

#define ERROR_MT "moonbee.error"

static const char *const severities[] = {
	[BEE_NOTE] = "note",
	[BEE_WARNING] = "warning",
	[BEE_ERROR] = "error",
};

/* Set a field of the table on top, unless it has nothing to say. */
static void set_text(lua_State *L, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	lua_pushstring(L, text);
	lua_setfield(L, -2, key);
}

static void set_number(lua_State *L, const char *key, lua_Integer number)
{
	if (!number)
		return;
	lua_pushinteger(L, number);
	lua_setfield(L, -2, key);
}

static void set_errno(lua_State *L, int err)
{
	set_number(L, "errno", -err);
	set_text(L, "code", strerrorname_np(-err));
}

static void set_diag(lua_State *L, const struct bee_diag *diag)
{
	set_text(L, "stage", bee_stage_name(diag->stage));
	set_text(L, "severity", severities[diag->severity]);
	set_errno(L, diag->err);
	set_text(L, "message", diag->text);
	set_text(L, "file", diag->file);
	set_number(L, "line", diag->line);
	set_number(L, "column", diag->column);
	set_text(L, "source", diag->source);
	set_text(L, "hint", diag->hint);
	set_text(L, "log", diag->log);
}

void lbee_push_diags(lua_State *L, const struct bee *bee)
{
	const struct bee_diag *diag = NULL;
	lua_Integer n = 0;

	lua_newtable(L);
	while ((diag = bee_diag_next(bee, diag))) {
		lua_newtable(L);
		set_diag(L, diag);
		lua_rawseti(L, -2, ++n);
	}
}

/* Of several, the first error is the one to tell: others often follow from it. */
static const struct bee_diag *find_error(const struct bee *bee)
{
	const struct bee_diag *diag = NULL;

	while ((diag = bee_diag_next(bee, diag)) && diag->severity != BEE_ERROR)
		;
	return diag;
}

static void push_error_text(lua_State *L, const struct bee *bee)
{
	size_t size = bee_error_text(bee, NULL, 0);
	luaL_Buffer text;
	char *room = luaL_buffinitsize(L, &text, size + 1);

	bee_error_text(bee, room, size + 1);
	while (size && room[size - 1] == '\n')
		size--;
	luaL_pushresultsize(&text, size);
}

/* ---- where the script is ----------------------------------------------------------------- */

static const char own_key;

/* own(prefix): how the names of moonbee's own chunks begin, which are no places of a script. */
static int core_own(lua_State *L)
{
	luaL_checkstring(L, 1);
	lua_settop(L, 1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &own_key);
	return 0;
}

/* The innermost function of the script; false: there is none. */
static bool find_caller(lua_State *L, lua_Debug *ret_frame)
{
	const char *own;
	size_t len;
	bool is_found = false;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key);
	own = lua_tolstring(L, -1, &len);
	for (int level = 1; !is_found && lua_getstack(L, level, ret_frame); level++) {
		lua_getinfo(L, "Sl", ret_frame);
		is_found = ret_frame->currentline > 0 &&
			   !(own && !strncmp(ret_frame->source, own, len));
	}
	lua_pop(L, 1);
	return is_found;
}

/* An error that has no place of its own has that of the script's call: put it before the text on top. */
static void set_place(lua_State *L)
{
	lua_Debug frame;

	if (!find_caller(L, &frame))
		return;
	lua_pushfstring(L, "%s:%d: %s", frame.short_src, frame.currentline, lua_tostring(L, -1));
	lua_replace(L, -2);
	lua_insert(L, -2);
	set_text(L, "file", frame.short_src);
	set_number(L, "line", frame.currentline);
	lua_insert(L, -2);
}

int lbee_raise(lua_State *L, const struct lruntime *rt)
{
	luaL_where(L, 1);
	push_error_text(L, rt->bee);
	lua_concat(L, 2);
	return lua_error(L);
}

int lbee_fail(lua_State *L, const struct lruntime *rt, int err)
{
	const struct bee_diag *diag = find_error(rt->bee);

	if (!diag)
		return lbee_fail_errno(L, NULL, err, NULL);
	lua_pushnil(L);
	lua_newtable(L);
	set_diag(L, diag);
	set_errno(L, err);
	push_error_text(L, rt->bee);
	if (!*diag->file)
		set_place(L);
	lua_setfield(L, -2, "text");
	lbee_push_diags(L, rt->bee);
	lua_setfield(L, -2, "diagnostics");
	luaL_setmetatable(L, ERROR_MT);
	return 2;
}

int lbee_fail_errno(lua_State *L, const char *stage, int err, const char *message)
{
	if (!message)
		message = strerror(-err);
	lua_pushnil(L);
	lua_newtable(L);
	set_text(L, "stage", stage);
	set_text(L, "severity", "error");
	set_errno(L, err);
	set_text(L, "message", message);
	lua_pushstring(L, message);
	set_place(L);
	lua_setfield(L, -2, "text");
	luaL_setmetatable(L, ERROR_MT);
	return 2;
}

#define NAME_MAX_LEN 80

/* Number of letters to add, drop or change to get from a to b; many where either is long. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned char row[NAME_MAX_LEN + 1], last, above;
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > NAME_MAX_LEN || b_len > NAME_MAX_LEN)
		return UINT8_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 0; i < a_len; i++) {
		last = row[0]++;
		for (size_t j = 0; j < b_len; j++) {
			unsigned char best = last + (a[i] != b[j]);

			above = row[j + 1];
			if (above + 1 < best)
				best = above + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			last = above;
			row[j + 1] = best;
		}
	}
	return row[b_len];
}

void lbee_push_near(lua_State *L, int index, const char *name)
{
	unsigned int best = strlen(name) / 3 + 2;	/* farther is no likeness */
	int top = lua_gettop(L);

	index = lua_absindex(L, index); /* leaves that of an upvalue alone */
	lua_pushliteral(L, "");
	lua_pushnil(L);
	while (lua_next(L, index)) {
		lua_pop(L, 1);
		if (lua_type(L, -1) == LUA_TSTRING && distance(name, lua_tostring(L, -1)) < best) {
			best = distance(name, lua_tostring(L, -1));
			lua_pushfstring(L, " (did you mean '%s'?)", lua_tostring(L, -1));
			lua_replace(L, top + 1);
		}
	}
}

/* near(name, table): the words that name the table's nearest key, or "". */
static int core_near(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);

	luaL_checktype(L, 2, LUA_TTABLE);
	lbee_push_near(L, 2, name);
	return 1;
}

static int error_tostring(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_getfield(L, 1, "text");
	return 1;
}

static int error_concat(lua_State *L)
{
	luaL_tolstring(L, 1, NULL);
	luaL_tolstring(L, 2, NULL);
	lua_concat(L, 2);
	return 1;
}

static const luaL_Reg metamethods[] = {
	{ "__tostring", error_tostring },
	{ "__concat", error_concat },
	{ NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "near", core_near },
	{ "own", core_own },
	{ NULL, NULL },
};

void lbee_open_error(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	lbee_metatable(L, ERROR_MT, metamethods, NULL);
}
