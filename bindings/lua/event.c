/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subscriptions, and the events that they deliver.
 *
 * A record reaches its callback as an owned copy: a userdata of the bytes, whose fields are decoded
 * when they are asked for. It outlives the record and even the module, since its type is a copy
 * too. A nested struct is a view into its parent, which it keeps alive. With a list of fields the
 * callback gets these as arguments instead, and nothing is allocated.
 */
#include "lbee.h"

#define SUBSCRIPTION_MT "moonbee.subscription"
#define EVENT_MT	"moonbee.event"
#define FIELDS_MAX	32

/* A field of a field of ... a record. */
struct lpath {
	const struct bee_field *field;
	uint32_t offset;	/* of the struct that field is in */
};

struct lsubscription {
	struct lchild child;	/* first: a subscription ends before its module */
	struct bee_events *events;	/* NULL: closed */
	struct lmodule *mod;
	const struct bee_type *type;	/* a copy; NULL: raw strings */
	uint64_t lost;		/* what was told, kept beyond close */
	unsigned int paths_len;
	struct lpath paths[];
};

enum { SUB_MODULE = 1, SUB_FN, SUB_ON_LOST, SUB_TYPES, SUB_VALUES = SUB_TYPES };

/* What a step needs to know of the record at hand. */
struct record {
	struct lsubscription *sub;
	const void *data;
	size_t size;
	uint64_t lost;
};

static const char event_key;	/* the metatable of events, in the registry */

/* ---- Events ------------------------------------------------------------------------------ */

/* Set the metatable of the view on top; by address, which is faster than by name. */
static void set_view(lua_State *L, struct lview *view, const struct bee_type *type,
		     const char *data, size_t size)
{
	view->type = type;
	view->data = data;
	view->size = size;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &event_key);
	lua_setmetatable(L, -2);
}

/* Push a copy of a record. The table at index types owns type. */
static void push_event(lua_State *L, int types, const struct bee_type *type, const void *data,
		       size_t size)
{
	struct lview *view = lua_newuserdatauv(L, sizeof(*view) + size, 1);

	memcpy(view + 1, data, size);
	set_view(L, view, type, (const char *)(view + 1), size);
	lua_pushvalue(L, types);
	lua_setiuservalue(L, -2, 1);
}

/* Push a view of a struct within the view at index. */
static void push_part(lua_State *L, int index, const struct bee_type *type, const char *data)
{
	struct lview *view = lua_newuserdatauv(L, sizeof(*view), 1);

	set_view(L, view, type, data, type->size);
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
	return luaL_testudata(L, index, EVENT_MT);
}

static const struct lview *check_view(lua_State *L, int arg)
{
	return luaL_checkudata(L, arg, EVENT_MT);
}

/* Only Lua itself calls metamethods (see lbee_metatable), so the first argument is a view. */
static int event_index(lua_State *L)
{
	const struct lview *view = lua_touserdata(L, 1);
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
	const struct lview *view = lua_touserdata(L, lua_upvalueindex(1));
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

/* ---- Events as text ---------------------------------------------------------------------- */

static void add_value(lua_State *L, luaL_Buffer *text, const struct bee_type *type,
		      const char *data);

static void add_struct(lua_State *L, luaL_Buffer *text, const struct bee_type *type,
		       const char *data)
{
	luaL_addstring(text, "{");
	for (uint32_t i = 0; i < type->fields_len; i++) {
		const struct bee_field *field = &type->fields[i];

		luaL_addstring(text, i ? ", " : " ");
		luaL_addstring(text, field->name);
		luaL_addstring(text, " = ");
		if (field->bit_size) {
			lbee_push_field(L, field, data);
			luaL_tolstring(L, -1, NULL);
			lua_remove(L, -2);
			luaL_addvalue(text);
		} else {
			add_value(L, text, field->type, data + field->bit_offset / 8);
		}
	}
	luaL_addstring(text, type->fields_len ? " }" : "}");
}

static void add_array(lua_State *L, luaL_Buffer *text, const struct bee_type *type,
		      const char *data)
{
	luaL_addstring(text, "[");
	for (uint32_t i = 0; i < type->elems_len; i++) {
		if (i)
			luaL_addstring(text, ", ");
		add_value(L, text, type->elem, data + (size_t)i * type->elem->size);
	}
	luaL_addstring(text, "]");
}

/* Numbers of 64 bits without a sign are printed without one. */
static void push_text(lua_State *L, const struct bee_type *type, const char *data)
{
	lbee_push_value(L, type, data);
	if (lua_isinteger(L, -1) && !type->is_signed && type->kind == BEE_KIND_INT &&
	    lua_tointeger(L, -1) < 0) {
		char digits[24];

		snprintf(digits, sizeof(digits), "%llu", (unsigned long long)lua_tointeger(L, -1));
		lua_pushstring(L, digits);
	} else {
		luaL_tolstring(L, -1, NULL);
	}
	lua_remove(L, -2);
}

static void add_value(lua_State *L, luaL_Buffer *text, const struct bee_type *type,
		      const char *data)
{
	bool is_text = type->kind == BEE_KIND_STRING || type->kind == BEE_KIND_BYTES;

	luaL_checkstack(L, 8, "an event is nested too deeply");
	if (type->kind == BEE_KIND_STRUCT || type->kind == BEE_KIND_UNION) {
		add_struct(L, text, type, data);
	} else if (type->kind == BEE_KIND_ARRAY) {
		add_array(L, text, type, data);
	} else {
		if (is_text)
			luaL_addstring(text, "\"");
		push_text(L, type, data);
		luaL_addvalue(text);
		if (is_text)
			luaL_addstring(text, "\"");
	}
}

static int event_tostring(lua_State *L)
{
	const struct lview *view = check_view(L, 1);
	luaL_Buffer text;

	luaL_buffinit(L, &text);
	luaL_addstring(&text, *view->type->name ? view->type->name : "struct");
	luaL_addstring(&text, " ");
	add_value(L, &text, view->type, view->data);
	luaL_pushresult(&text);
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

/* ---- Delivery ---------------------------------------------------------------------------- */

/* Push the subscription's box, found by its address in the table of what is alive. */
static void push_subscription(lua_State *L, const struct lsubscription *sub)
{
	lua_rawgetp(L, 1, sub);
}

/* step(alive, record) */
static int deliver(lua_State *L)
{
	const struct record *rec = lua_touserdata(L, 2);
	const struct lsubscription *sub = rec->sub;
	bool is_typed = sub->type && rec->size >= sub->type->size;

	push_subscription(L, sub);
	lua_getiuservalue(L, 3, SUB_FN);
	if (!is_typed) {
		lua_pushlstring(L, rec->data, rec->size);
		lua_call(L, 1, 0);
	} else if (sub->paths_len) {
		luaL_checkstack(L, sub->paths_len, "too many fields");
		for (unsigned int i = 0; i < sub->paths_len; i++)
			lbee_push_field(L, sub->paths[i].field,
					(const char *)rec->data + sub->paths[i].offset);
		lua_call(L, sub->paths_len, 0);
	} else {
		lua_getiuservalue(L, 3, SUB_TYPES);
		push_event(L, 5, sub->type, rec->data, rec->size);
		lua_remove(L, 5);
		lua_call(L, 1, 0);
	}
	return 0;
}

static int on_event(void *ctx, const void *data, size_t size)
{
	struct record rec = { .sub = ctx, .data = data, .size = size };

	return lbee_protect(rec.sub->mod->rt, deliver, &rec);
}

/* step(alive, record) */
static int deliver_lost(lua_State *L)
{
	const struct record *rec = lua_touserdata(L, 2);

	push_subscription(L, rec->sub);
	if (lua_getiuservalue(L, 3, SUB_ON_LOST) == LUA_TNIL)
		return 0;
	lua_pushinteger(L, rec->lost);
	lua_call(L, 1, 0);
	return 0;
}

static void on_lost(void *ctx, uint64_t count)
{
	struct record rec = { .sub = ctx, .lost = count };

	if (rec.sub->mod->rt->L)	/* outside of a dispatch it is only counted */
		lbee_protect(rec.sub->mod->rt, deliver_lost, &rec);
}

/* ---- Subscriptions ----------------------------------------------------------------------- */

static void close_subscription(lua_State *L, struct lchild *child)
{
	struct lsubscription *sub = (struct lsubscription *)child;
	struct bee_events *closing = sub->events;

	sub->events = NULL;
	lbee_disown(child);
	if (closing && lbee_is_open(sub->mod)) {
		sub->lost = bee_events_lost(closing);
		bee_events_close(closing);
	}
	lbee_release(L, sub);
}

/* Find "a.b.c", each but the last a struct. */
static void check_path(lua_State *L, const struct bee_type *type, const char *text,
		       struct lpath *path)
{
	const char *dot;

	path->offset = 0;
	while ((dot = strchr(text, '.'))) {
		const char *name = lua_pushlstring(L, text, dot - text);
		const struct bee_field *field = lbee_find_field(type, name);

		if (!field)
			lbee_no_field(L, type, name);
		path->offset += field->bit_offset / 8;
		type = field->type;
		text = dot + 1;
		lua_pop(L, 1);
	}
	path->field = lbee_find_field(type, text);
	if (!path->field)
		lbee_no_field(L, type, text);
}

static void check_paths(lua_State *L, int arg, struct lsubscription *sub)
{
	if (sub->paths_len && !sub->type)
		luaL_argerror(L, arg,
			      "the map's events have no known type: say { type = \"struct "
			      "name\" }");
	for (unsigned int i = 0; i < sub->paths_len; i++) {
		lua_rawgeti(L, arg, i + 1);
		if (lua_type(L, -1) != LUA_TSTRING)
			luaL_argerror(L, arg, "a list of field names is expected");
		check_path(L, sub->type, lua_tostring(L, -1), &sub->paths[i]);
		lua_pop(L, 1);
	}
}

static const struct bee_type *check_type(lua_State *L, int arg, const struct lmap *map)
{
	const char *name = luaL_optstring(L, arg, NULL);
	const struct bee_type *type = bee_map_event_type(map->map);

	if (name) {
		type = bee_type_find(map->mod->mod, name);
		if (!type)
			luaL_error(L, "no type '%s' in this module", name);
	}
	/* Fields are asked for by name, so a record that is no struct stays a string. */
	if (type && type->kind != BEE_KIND_STRUCT && type->kind != BEE_KIND_UNION)
		type = NULL;
	return type;
}

static struct lsubscription *push_new(lua_State *L, struct lmodule *mod, size_t paths_len)
{
	struct lsubscription *sub;
	size_t size = sizeof(*sub) + paths_len * sizeof(sub->paths[0]);

	sub = lua_newuserdatauv(L, size, SUB_VALUES);
	memset(sub, 0, size);
	sub->child.close = close_subscription;
	sub->mod = mod;
	sub->paths_len = paths_len;
	luaL_setmetatable(L, SUBSCRIPTION_MT);
	return sub;
}

/* { type = "struct event", on_lost = fn, pages = n }, pushed in this order; others are refused. */
static void push_options(lua_State *L, int arg)
{
	static const struct {
		const char *name;
		int type;
	} options[] = {
		{ "type", LUA_TSTRING },
		{ "on_lost", LUA_TFUNCTION },
		{ "pages", LUA_TNUMBER },
	};
	int known = lua_gettop(L) + 1;

	if (lua_isnil(L, arg))
		lua_newtable(L);
	else
		lua_pushvalue(L, arg);
	luaL_checktype(L, -1, LUA_TTABLE);
	lua_newtable(L);
	for (size_t i = 0; i < 3; i++) {
		lua_getfield(L, known, options[i].name);
		if (!lua_isnil(L, -1) && lua_type(L, -1) != options[i].type)
			luaL_error(L, "map:on: option '%s' is a %s, got %s", options[i].name,
				   lua_typename(L, options[i].type), luaL_typename(L, -1));
		lua_pop(L, 1);
		lua_pushboolean(L, true);
		lua_setfield(L, known + 1, options[i].name);
	}
	lua_pushnil(L);
	while (lua_next(L, known)) {
		lua_pop(L, 1);
		lua_pushvalue(L, -1);
		if (lua_rawget(L, known + 1) == LUA_TNIL) {
			const char *name = luaL_tolstring(L, -2, NULL);

			lbee_push_near(L, known + 1, name);
			luaL_error(L, "map:on: no option '%s'%s", name, lua_tostring(L, -1));
		}
		lua_pop(L, 1);
	}
	for (size_t i = 0; i < 3; i++)
		lua_getfield(L, known, options[i].name);
	lua_remove(L, known + 1);
	lua_remove(L, known);
}

/* map:on(fn [, options]), map:on(fields, fn [, options]) */
int lbee_subscribe(lua_State *L)
{
	enum { MAP = 1, FIELDS, FN, OPTIONS, TYPE, ON_LOST, PAGES, SUB, MODULE };
	struct lmap *map = lbee_check_map(L, MAP);
	struct bee_events_opts opts = { .size = sizeof(opts), .lost = on_lost };
	const struct bee_type *type;
	struct lsubscription *sub;
	size_t paths_len = 0;
	int err;

	if (lua_isfunction(L, FIELDS)) {
		lua_pushnil(L);
		lua_insert(L, FIELDS);
	} else {
		luaL_checktype(L, FIELDS, LUA_TTABLE);
		paths_len = lua_rawlen(L, FIELDS);
	}
	lua_settop(L, OPTIONS);
	luaL_checktype(L, FN, LUA_TFUNCTION);
	luaL_argcheck(L, paths_len <= FIELDS_MAX, FIELDS, "too many fields");
	push_options(L, OPTIONS);
	opts.pages = lua_tointeger(L, PAGES);
	type = check_type(L, TYPE, map);
	sub = push_new(L, map->mod, paths_len);

	lua_getiuservalue(L, MAP, 1);
	lua_pushvalue(L, MODULE);
	lua_setiuservalue(L, SUB, SUB_MODULE);
	lua_getiuservalue(L, MODULE, LMODULE_TYPES);
	sub->type = lbee_type(L, -1, type);
	lua_setiuservalue(L, SUB, SUB_TYPES);
	lua_pushvalue(L, FN);
	lua_setiuservalue(L, SUB, SUB_FN);
	lua_pushvalue(L, ON_LOST);
	lua_setiuservalue(L, SUB, SUB_ON_LOST);
	check_paths(L, FIELDS, sub);

	lua_settop(L, SUB);
	lbee_keep(L, SUB, sub);
	lbee_adopt(map->mod, &sub->child);
	err = bee_events_open(map->map, on_event, sub, &opts, &sub->events);
	if (err) {
		close_subscription(L, &sub->child);
		return lbee_fail(L, map->mod->rt, err);
	}
	return 1;
}

static int subscription_close(lua_State *L)
{
	close_subscription(L, luaL_checkudata(L, 1, SUBSCRIPTION_MT));
	return 0;
}

static int subscription_index(lua_State *L)
{
	struct lsubscription *sub = luaL_checkudata(L, 1, SUBSCRIPTION_MT);
	const char *key = luaL_checkstring(L, 2);

	if (strcmp(key, "lost") == 0) {
		if (sub->events && lbee_is_open(sub->mod))
			sub->lost = bee_events_lost(sub->events);
		lua_pushinteger(L, sub->lost);
	} else if (strcmp(key, "close") == 0) {
		lua_pushcfunction(L, subscription_close);
	} else {
		return luaL_error(L, "a subscription has no '%s'", key);
	}
	return 1;
}

static const luaL_Reg subscription_metamethods[] = {
	{ "__index", subscription_index },
	{ "__gc", subscription_close },
	{ "__close", subscription_close },
	{ NULL, NULL },
};

static const luaL_Reg event_metamethods[] = {
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
	lbee_metatable(L, SUBSCRIPTION_MT, subscription_metamethods, NULL);
	lbee_metatable(L, EVENT_MT, event_metamethods, NULL);
	luaL_getmetatable(L, EVENT_MT);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &event_key);
}
