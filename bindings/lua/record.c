/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records: structs and arrays of the kernel side, as events and elements of maps are, whose fields are
 * decoded when they are asked for.
 *
 *   | type | data | bytes ........ |     a copy: a userdata, with a metatable for each type
 *               └───►    ▲
 *   | type | data ───────┘ | whole |     a struct or array in it: a part, whose user value is its parent
 *
 * With { view = true } an event is no copy but shows the ring itself, and ends with the callback. Copies are
 * made by the million, so that what the others need is not in them.
 *
 * A metatable keeps the types, so a record outlives its map and even the module.
 */
#include "lbee.h"

static const char record_key; /* in a metatable: the table of types that the record's is of */

void lbee_push_record(lua_State *L, int metatable, const struct bee_type *type, const void *data,
		      size_t size)
{
	struct lrecord *record = lua_newuserdatauv(L, sizeof(*record) + size, 0);

	record->type = type;
	record->data = memcpy(record + 1, data, size);
	lua_pushvalue(L, metatable);
	lua_setmetatable(L, -2);
}

static struct lview *push_view(lua_State *L, int metatable, const struct bee_type *type, char *data,
			       size_t size)
{
	struct lview *view = lua_newuserdatauv(L, sizeof(*view), 1);

	view->record.type = type;
	view->record.data = data;
	view->size = size;
	view->whole = &view->record;
	lua_pushvalue(L, metatable);
	lua_setmetatable(L, -2);
	return view;
}

struct lrecord *lbee_push_view(lua_State *L, int metatable, const struct bee_type *type,
			       const void *data, size_t size)
{
	return &push_view(L, metatable, type, (char *)data, size)->record;
}

void lbee_push_value(lua_State *L, int types, const struct bee_type *type, const void *data)
{
	if (!lbee_has_parts(type)) {
		lbee_push_plain(L, type, data);
		return;
	}
	lbee_push_metatable(L, types, type);
	lbee_push_record(L, lua_gettop(L), type, data, type->size);
	lua_remove(L, -2);
}

static bool is_copy(const struct lrecord *record)
{
	return record->data == (const char *)(record + 1);
}

static const struct lrecord *whole_of(const struct lrecord *record)
{
	return is_copy(record) ? record : ((const struct lview *)record)->whole;
}

size_t lbee_record_size(lua_State *L, int index, const struct lrecord *record)
{
	return is_copy(record) ? lua_rawlen(L, index) - sizeof(*record)
			       : ((const struct lview *)record)->size;
}

/* A view that is kept beyond its callback would show what stands there later. */
static struct lrecord *check_time(lua_State *L, struct lrecord *record)
{
	if (!whole_of(record)->data)
		luaL_error(L, "this event was a view, valid in its callback alone: keep "
			      "bee.table(event), or subscribe without { view = true }");
	return record;
}

/* Push the table of types of the record at index; nil: it is no record. */
static int push_types(lua_State *L, int index)
{
	int type = LUA_TNIL;

	if (lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index)) {
		type = lua_rawgetp(L, -1, &record_key);
		lua_remove(L, -2);
	} else {
		lua_pushnil(L);
	}
	return type;
}

const struct lrecord *lbee_to_record(lua_State *L, int index)
{
	bool is_record = push_types(L, index) != LUA_TNIL;

	lua_pop(L, 1);
	return is_record ? check_time(L, lua_touserdata(L, index)) : NULL;
}

/* ---- Fields and elements ----------------------------------------------------------------- */

/* Push a part of the record at index, where it is. */
static void push_part(lua_State *L, int index, const struct bee_type *type, char *data)
{
	const struct lrecord *parent = lua_touserdata(L, index);
	struct lview *part;

	push_types(L, index);
	lbee_push_metatable(L, lua_gettop(L), type);
	part = push_view(L, lua_gettop(L), type, data, type->size);
	part->whole = whole_of(parent);
	lua_pushvalue(L, index);
	lua_setiuservalue(L, -2, 1);
	lua_replace(L, -3);
	lua_pop(L, 1);
}

/* Most fields of events are integers of these sizes: no call is spent on them but Lua's own. */
static bool push_word(lua_State *L, const struct bee_type *type, const char *data)
{
	uint32_t half;
	int64_t word;

	if (type->kind != BEE_KIND_INT || (type->size != 8 && type->size != 4))
		return false;
	if (type->size == 8) {
		memcpy(&word, data, sizeof(word));
	} else {
		memcpy(&half, data, sizeof(half));
		word = type->is_signed ? (int32_t)half : (int64_t)half;
	}
	lua_pushinteger(L, word);
	return true;
}

/* Push a field of the record, which stands at index. */
static void push_field(lua_State *L, const struct lrecord *record, int index,
		       const struct bee_field *field)
{
	if (lbee_has_parts(field->type))
		push_part(L, index, field->type, record->data + field->bit_offset / 8);
	else if (field->bit_size || !push_word(L, field->type, lbee_at_field(field, record->data)))
		lbee_push_plain_field(L, field, record->data);
}

static char *at_elem(const struct lrecord *array, lua_Integer i)
{
	return array->data + i * array->type->elem->size;
}

static void push_elem(lua_State *L, const struct lrecord *array, int index, lua_Integer i)
{
	if (lbee_has_parts(array->type->elem))
		push_part(L, index, array->type->elem, at_elem(array, i));
	else
		lbee_push_plain(L, array->type->elem, at_elem(array, i));
}

/* Only Lua itself calls metamethods (see lbee_metatable), so the first argument is a record. */
static struct lrecord *to_self(lua_State *L)
{
	return check_time(L, lua_touserdata(L, 1));
}

static const struct bee_field *check_field(lua_State *L, const struct lrecord *record)
{
	/* The key on the stack is a copy, so that a number may become text. */
	const char *name = lua_tostring(L, 2);
	const struct bee_field *field = name ? lbee_find_field(record->type, name) : NULL;

	if (!field)
		lbee_no_field(L, record->type, luaL_tolstring(L, 2, NULL));
	return field;
}

static int struct_index(lua_State *L)
{
	const struct lrecord *record = to_self(L);

	push_field(L, record, 1, check_field(L, record));
	return 1;
}

/* What is beyond its end is nil, as in a table, so that ipairs() ends. */
static int array_index(lua_State *L)
{
	const struct lrecord *array = to_self(L);
	lua_Integer i = lua_tointeger(L, 2);

	if (!lua_isinteger(L, 2) || (lua_Unsigned)i >= array->type->elems_len)
		return 0;
	push_elem(L, array, 1, i);
	return 1;
}

static struct lrecord *check_copy(lua_State *L)
{
	struct lrecord *record = to_self(L);

	if (!is_copy(whole_of(record)))
		luaL_error(L, "a view cannot be changed; bee.table(event) gives a table");
	return record;
}

static int struct_newindex(lua_State *L)
{
	struct lrecord *record = check_copy(L);

	lbee_set_field(L, 3, check_field(L, record), record->data);
	return 0;
}

static int array_newindex(lua_State *L)
{
	struct lrecord *array = check_copy(L);
	struct bee_field elem = { .type = array->type->elem };
	lua_Integer i = lua_tointeger(L, 2);

	elem.name = lua_pushfstring(L, "[%s]", luaL_tolstring(L, 2, NULL));
	if (!lua_isinteger(L, 2) || (lua_Unsigned)i >= array->type->elems_len)
		return luaL_error(L, "no element %s in an array from 0 to %d", elem.name,
				  (int)array->type->elems_len - 1);
	lbee_set_field(L, 3, &elem, at_elem(array, i));
	return 0;
}

/* The last index, as the length of a table from 0 is. */
static int array_len(lua_State *L)
{
	uint32_t len = to_self(L)->type->elems_len;

	lua_pushinteger(L, len ? len - 1 : 0);
	return 1;
}

/* The iterators of pairs(record): upvalues are the record and the number of steps taken. */
static bool next_step(lua_State *L, uint32_t len, lua_Integer *ret_i)
{
	*ret_i = lua_tointeger(L, lua_upvalueindex(2));
	lua_pushinteger(L, *ret_i + 1);
	lua_replace(L, lua_upvalueindex(2));
	return *ret_i < len;
}

static int struct_next(lua_State *L)
{
	const struct lrecord *record = check_time(L, lua_touserdata(L, lua_upvalueindex(1)));
	lua_Integer i;

	if (!next_step(L, record->type->fields_len, &i))
		return 0;
	lua_pushstring(L, record->type->fields[i].name);
	push_field(L, record, lua_upvalueindex(1), &record->type->fields[i]);
	return 2;
}

static int array_next(lua_State *L)
{
	const struct lrecord *array = check_time(L, lua_touserdata(L, lua_upvalueindex(1)));
	lua_Integer i;

	if (!next_step(L, array->type->elems_len, &i))
		return 0;
	lua_pushinteger(L, i);
	push_elem(L, array, lua_upvalueindex(1), i);
	return 2;
}

static int struct_pairs(lua_State *L)
{
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, struct_next, 2);
	return 1;
}

static int array_pairs(lua_State *L)
{
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, array_next, 2);
	return 1;
}

static int record_tostring(lua_State *L)
{
	const struct lrecord *record = to_self(L);
	size_t size = bee_value_text(record->type, record->data, NULL, 0);
	luaL_Buffer text;
	char *room;

	if (record->type->kind == BEE_KIND_ARRAY)
		lua_pushliteral(L, "");
	else
		lua_pushfstring(L, "%s ", *record->type->name ? record->type->name : "struct");
	room = luaL_buffinitsize(L, &text, size + 1);
	bee_value_text(record->type, record->data, room, size + 1);
	luaL_pushresultsize(&text, size);
	lua_concat(L, 2);
	return 1;
}

/* ---- Metatables -------------------------------------------------------------------------- */

static const luaL_Reg struct_metamethods[] = {
	{ "__index", struct_index },
	{ "__newindex", struct_newindex },
	{ "__pairs", struct_pairs },
	{ "__tostring", record_tostring },
	{ NULL, NULL },
};

static const luaL_Reg array_metamethods[] = {
	{ "__index", array_index }, { "__newindex", array_newindex },  { "__len", array_len },
	{ "__pairs", array_pairs }, { "__tostring", record_tostring }, { NULL, NULL },
};

/* It stands in the table of types at the type's address, from the first record on. */
void lbee_push_metatable(lua_State *L, int types, const struct bee_type *type)
{
	if (lua_rawgetp(L, types, type) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	luaL_checkstack(L, 4, "a record");
	lua_newtable(L);
	luaL_setfuncs(L, type->kind == BEE_KIND_ARRAY ? array_metamethods : struct_metamethods, 0);
	lbee_push_type_name(L, type);
	lua_setfield(L, -2, "__name");
	lua_pushliteral(L, "moonbee.record");
	lua_setfield(L, -2, "__metatable");
	lua_pushvalue(L, types);
	lua_rawsetp(L, -2, &record_key);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, types, type);
}

/* ---- Functions --------------------------------------------------------------------------- */

/* table(record): a plain table of all fields, deep. What is no record is given back. */
static int core_table(lua_State *L)
{
	const struct lrecord *record = lbee_to_record(L, 1);

	luaL_checkany(L, 1);
	lua_settop(L, 1);
	if (record)
		lbee_push_plain(L, record->type, record->data);
	return 1;
}

/* bytes(record): the record as it came. */
static int core_bytes(lua_State *L)
{
	const struct lrecord *record;

	if (lua_type(L, 1) == LUA_TSTRING) {
		lua_settop(L, 1);
		return 1;
	}
	record = lbee_to_record(L, 1);
	if (!record)
		return luaL_typeerror(L, 1, "record");
	lua_pushlstring(L, record->data, lbee_record_size(L, 1, record));
	return 1;
}

static const luaL_Reg functions[] = {
	{ "table", core_table },
	{ "bytes", core_bytes },
	{ NULL, NULL },
};

void lbee_open_record(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
}
