/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subscriptions: map:on(), and the delivery of records to its callback, as events or, with a list of
 * fields, as arguments, for which nothing is allocated.
 */
#include "lbee.h"

#define SUBSCRIPTION_MT "moonbee.subscription"
#define FIELDS_MAX      32

/* A field of a field of ... a record. */
struct lpath {
	const struct bee_field *field;
	uint32_t offset; /* of the struct that field is in */
};

struct lsubscription {
	struct lchild child;       /* first: a subscription ends before its module */
	struct bee_events *events; /* NULL: closed */
	struct lmodule *mod;
	const struct bee_type *type; /* a copy; NULL: raw strings */
	bool is_view;                /* records are shown where they are, not copied */
	uint64_t lost;               /* what was told, kept beyond close */
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
	struct lrecord *view; /* what was given out and must end; NULL: nothing */
};

/* ---- Delivery ---------------------------------------------------------------------------- */

/* Where things stand on the stack of deliver(). */
enum { ALIVE = 1, RECORD, SUBSCRIPTION, FN, TYPES, METATABLE };

static void push_path(lua_State *L, const struct lpath *path, const char *data)
{
	const struct bee_type *type = path->field->type;

	data += path->offset;
	if (lbee_has_parts(type))
		lbee_push_value(L, TYPES, type, lbee_at_field(path->field, data));
	else
		lbee_push_plain_field(L, path->field, data);
}

/* Push the subscription's box, found by its address in the table of what is alive. */
static void push_subscription(lua_State *L, const struct lsubscription *sub)
{
	lua_rawgetp(L, 1, sub);
}

static void call_with_bytes(lua_State *L, const struct record *rec)
{
	lua_pushlstring(L, rec->data, rec->size);
	lua_call(L, 1, 0);
}

static void call_with_fields(lua_State *L, const struct record *rec)
{
	const struct lsubscription *sub = rec->sub;

	for (unsigned int i = 0; i < sub->paths_len; i++)
		push_path(L, &sub->paths[i], rec->data);
	lua_call(L, sub->paths_len, 0);
}

static void call_with_copy(lua_State *L, const struct record *rec)
{
	lbee_push_record(L, METATABLE, rec->sub->type, rec->data, rec->size);
	lua_call(L, 1, 0);
}

static void call_with_view(lua_State *L, struct record *rec)
{
	rec->view = lbee_push_view(L, METATABLE, rec->sub->type, rec->data, rec->size);
	lua_copy(L, -1, ALIVE); /* held until it has ended */
	lua_call(L, 1, 0);
	lbee_end_view(rec->view);
	rec->view = NULL;
}

static void call_fn(lua_State *L, struct record *rec)
{
	const struct lsubscription *sub = rec->sub;

	lua_pushvalue(L, FN);
	if (!sub->type || rec->size < sub->type->size)
		call_with_bytes(L, rec);
	else if (sub->paths_len)
		call_with_fields(L, rec);
	else if (sub->is_view)
		call_with_view(L, rec);
	else
		call_with_copy(L, rec);
}

/* Take the next record, unless fn has closed the subscription or stopped the loop. */
static bool next_record(struct record *rec)
{
	return rec->sub->events && !rec->sub->mod->rt->is_stopped &&
	       bee_events_next(rec->sub->events, &rec->data, &rec->size) > 0;
}

/* step(alive, record): a protected call is dear, so this one serves all that is there. */
static int deliver(lua_State *L)
{
	struct record *rec = lua_touserdata(L, RECORD);

	push_subscription(L, rec->sub);
	lua_getiuservalue(L, SUBSCRIPTION, SUB_FN);
	lua_getiuservalue(L, SUBSCRIPTION, SUB_TYPES);
	if (rec->sub->type)
		lbee_push_metatable(L, TYPES, rec->sub->type);
	luaL_checkstack(L, FIELDS_MAX + 4, "too many fields");
	do
		call_fn(L, rec);
	while (next_record(rec));
	return 0;
}

static int on_event(void *ctx, const void *data, size_t size)
{
	struct record rec = { .sub = ctx, .data = data, .size = size };
	int err = lbee_protect(rec.sub->mod->rt, deliver, &rec);

	if (rec.view)
		lbee_end_view(rec.view);
	return err;
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

	if (rec.sub->mod->rt->L) /* outside of a dispatch it is only counted */
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

static const struct loption options[] = {
	{ "type", LUA_TSTRING },
	{ "on_lost", LUA_TFUNCTION },
	{ "pages", LUA_TNUMBER },
	{ "view", LUA_TBOOLEAN },
};

/* map:on(fn [, options]), map:on(fields, fn [, options]) */
int lbee_subscribe(lua_State *L)
{
	enum { MAP = 1, FIELDS, CALLBACK, OPTIONS, TYPE, ON_LOST, PAGES, VIEW, SUB, MODULE };
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
		paths_len = lua_rawlen(L, FIELDS); /* none: options, where the fields belong */
		luaL_argcheck(L, paths_len, FIELDS, "a list of field names is expected");
	}
	lua_settop(L, OPTIONS);
	luaL_checktype(L, CALLBACK, LUA_TFUNCTION);
	luaL_argcheck(L, paths_len <= FIELDS_MAX, FIELDS, "too many fields");
	lbee_push_options(L, OPTIONS, "map:on", options, sizeof(options) / sizeof(options[0]));
	opts.pages = lua_tointeger(L, PAGES);
	type = check_type(L, TYPE, map);
	sub = push_new(L, map->mod, paths_len);
	sub->is_view = lua_toboolean(L, VIEW);

	lua_getiuservalue(L, MAP, 1);
	lua_pushvalue(L, MODULE);
	lua_setiuservalue(L, SUB, SUB_MODULE);
	lua_getiuservalue(L, MODULE, LMODULE_TYPES);
	sub->type = lbee_type(L, -1, type);
	lua_setiuservalue(L, SUB, SUB_TYPES);
	lua_pushvalue(L, CALLBACK);
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
		if (err == -EINVAL) /* no map of this kind has events, or not that many pages */
			return lbee_raise(L, map->mod->rt);
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
		if (sub->lost == BEE_LOST_UNKNOWN)
			lua_pushnil(L);
		else
			lua_pushinteger(L, sub->lost);
	} else if (strcmp(key, "close") == 0) {
		lua_pushcfunction(L, subscription_close);
	} else {
		return luaL_error(L, "a subscription has no '%s'", key);
	}
	return 1;
}

static const luaL_Reg metamethods[] = {
	{ "__index", subscription_index },
	{ "__gc", subscription_close },
	{ "__close", subscription_close },
	{ NULL, NULL },
};

void lbee_open_subscription(lua_State *L)
{
	lbee_metatable(L, SUBSCRIPTION_MT, metamethods, NULL);
}
