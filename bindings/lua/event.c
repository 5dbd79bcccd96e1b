/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events: owned copies of records, whose fields are decoded when they are asked for.
 *
 *   | type | data ─┐ | size |   a userdata; its user value keeps the type
 *                  ▼
 *                | bytes ........ |   of the record, behind the box
 *                     ▲
 *   | type | data ────┘ | size |   a nested struct: a view, whose user value is its parent
 *
 * With { view = true } the whole record is a view too, of the ring itself, and ends with the callback.
 *
 * An event outlives its record and even the module, since its type is a copy too.
 */
#include "lbee.h"

#define EVENT_MT "moonbee.event"

static const char event_key;	/* the metatable of events, in the registry */

/* Set the metatable of the view on top; by address, which is faster than by name. */
static void set_view(lua_State *L, struct lview *view, const struct bee_type *type,
		     const char *data, size_t size)
{
	view->type = type;
	view->data = data;
	view->size = size;
	view->whole = view;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &event_key);
	lua_setmetatable(L, -2);
}

void lbee_push_event(lua_State *L, int types, const struct bee_type *type, const void *data,
		     size_t size)
{
	struct lview *view = lua_newuserdatauv(L, sizeof(*view) + size, 1);

	memcpy(view + 1, data, size);
	set_view(L, view, type, (const char *)(view + 1), size);
	lua_pushvalue(L, types);
	lua_setiuservalue(L, -2, 1);
}

struct lview *lbee_push_view(lua_State *L, int types, const struct bee_type *type, const void *data,
			     size_t size)
{
	struct lview *view = lua_newuserdatauv(L, sizeof(*view), 1);

	set_view(L, view, type, data, size);
	lua_pushvalue(L, types);
	lua_setiuservalue(L, -2, 1);
	return view;
}

/* A view that is kept beyond its callback would show what stands there later. */
static const struct lview *check_time(lua_State *L, const struct lview *view)
{
	if (!view->whole->data)
		luaL_error(L, "this event was a view, valid in its callback alone: keep "
			      "bee.table(event), or subscribe without { view = true }");
	return view;
}

/* Push a view of a struct within the view at index. */
static void push_part(lua_State *L, int index, const struct bee_type *type, const char *data)
{
	const struct lview *parent = lua_touserdata(L, index);
	struct lview *view = lua_newuserdatauv(L, sizeof(*view), 1);

	set_view(L, view, type, data, type->size);
	view->whole = parent->whole;
	lua_pushvalue(L, index);
	lua_setiuservalue(L, -2, 1);
}

static void push_view_field(lua_State *L, const struct lview *view, int index,
			    const struct bee_field *field)
{
	if (field->type->kind == BEE_KIND_STRUCT || field->type->kind == BEE_KIND_UNION)
		push_part(L, index, field->type, view->data + field->bit_offset / 8);
	else
		lbee_push_field(L, field, view->data);
}

const struct lview *lbee_to_view(lua_State *L, int index)
{
	const struct lview *view = luaL_testudata(L, index, EVENT_MT);

	return view ? check_time(L, view) : NULL;
}

static const struct lview *check_view(lua_State *L, int arg)
{
	return check_time(L, luaL_checkudata(L, arg, EVENT_MT));
}

/* Only Lua itself calls metamethods (see lbee_metatable), so the first argument is a view. */
static int event_index(lua_State *L)
{
	const struct lview *view = check_time(L, lua_touserdata(L, 1));
	const struct bee_field *field;
	const char *name;

	/* lua_tostring would turn a number into a string in place, so ask for the type first. */
	if (lua_type(L, 2) != LUA_TSTRING)
		return lbee_no_field(L, view->type, luaL_tolstring(L, 2, NULL));
	name = lua_tostring(L, 2);
	field = lbee_find_field(view->type, name);
	if (!field)
		return lbee_no_field(L, view->type, name);
	push_view_field(L, view, 1, field);
	return 1;
}

static int event_newindex(lua_State *L)
{
	return luaL_error(L, "an event cannot be changed; bee.table(event) gives a table");
}

/* The iterator of pairs(event): upvalues are the event and the number of fields passed. */
static int event_next(lua_State *L)
{
	const struct lview *view = check_time(L, lua_touserdata(L, lua_upvalueindex(1)));
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

	if (i >= (lua_Integer)view->type->fields_len)
		return 0;
	lua_pushinteger(L, i + 1);
	lua_replace(L, lua_upvalueindex(2));
	lua_pushstring(L, view->type->fields[i].name);
	push_view_field(L, view, lua_upvalueindex(1), &view->type->fields[i]);
	return 2;
}

static int event_pairs(lua_State *L)
{
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, event_next, 2);
	return 1;
}

static int event_tostring(lua_State *L)
{
	const struct lview *view = check_view(L, 1);
	size_t size = bee_value_text(view->type, view->data, NULL, 0);
	luaL_Buffer text;
	char *room;

	lua_pushfstring(L, "%s ", *view->type->name ? view->type->name : "struct");
	room = luaL_buffinitsize(L, &text, size + 1);
	bee_value_text(view->type, view->data, room, size + 1);
	luaL_pushresultsize(&text, size);
	lua_concat(L, 2);
	return 1;
}

/* table(event): a plain table of all fields, deep. What is no event is given back. */
static int core_table(lua_State *L)
{
	const struct lview *view = lbee_to_view(L, 1);

	luaL_checkany(L, 1);
	lua_settop(L, 1);
	if (view)
		lbee_push_value(L, view->type, view->data);
	return 1;
}

/* bytes(event): the record as it came. */
static int core_bytes(lua_State *L)
{
	const struct lview *view;

	if (lua_type(L, 1) == LUA_TSTRING) {
		lua_settop(L, 1);
		return 1;
	}
	view = check_view(L, 1);
	lua_pushlstring(L, view->data, view->size);
	return 1;
}

static const luaL_Reg metamethods[] = {
	{ "__index", event_index },
	{ "__newindex", event_newindex },
	{ "__pairs", event_pairs },
	{ "__tostring", event_tostring },
	{ NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "table", core_table },
	{ "bytes", core_bytes },
	{ NULL, NULL },
};

void lbee_open_event(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	lbee_metatable(L, EVENT_MT, metamethods, NULL);
	luaL_getmetatable(L, EVENT_MT);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &event_key);
}
