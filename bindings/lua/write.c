/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lua values as bytes of a type. A number that does not fit, or a field that is not there, is an
 * error that names it; what a table leaves out is zero.
 */
#include "lbee.h"

/* Where a value stands in what the user gave, for errors: "key.pids[3]". */
struct lwriter {
	lua_State *L;
	const struct lwhere *where;
	char path[120];
};

static void write_value(struct lwriter *w, int index, const struct bee_type *type, void *data);

/* Go down into a field, or into an element; leaving is to cut the path again at what this returns. */
static size_t enter_field(struct lwriter *w, const char *name)
{
	size_t len = strlen(w->path);

	snprintf(w->path + len, sizeof(w->path) - len, ".%s", name);
	return len;
}

static size_t enter_element(struct lwriter *w, unsigned int i)
{
	size_t len = strlen(w->path);

	snprintf(w->path + len, sizeof(w->path) - len, "[%u]", i);
	return len;
}

static int refuse(struct lwriter *w, const char *text)
{
	if (w->where->kind)
		return luaL_error(w->L, "%s '%s': %s", w->where->kind, w->where->name, text);
	return luaL_error(w->L, "%s", text);
}

/* Raise "map 'counts': path: expected, got value". */
static int mismatch(struct lwriter *w, int index, const struct bee_type *type, const char *format)
{
	lua_State *L = w->L;
	const char *value, *name;

	if (lua_type(L, index) == LUA_TSTRING)
		lua_pushfstring(L, "'%s'", lua_tostring(L, index));
	else
		luaL_tolstring(L, index, NULL);
	value = lua_tostring(L, -1);
	lbee_push_type_name(L, type);
	name = lua_tostring(L, -1);
	lua_pushfstring(L, format, value, name);
	return refuse(w, lua_pushfstring(L, "%s: %s", w->path, lua_tostring(L, -1)));
}

static bool find_enum(const struct bee_type *type, const char *name, int64_t *ret_value)
{
	for (uint32_t i = 0; i < type->enums_len; i++) {
		if (strcmp(type->enums[i].name, name) == 0) {
			*ret_value = type->enums[i].value;
			return true;
		}
	}
	return false;
}

static int64_t to_integer(struct lwriter *w, int index, const struct bee_type *type)
{
	lua_State *L = w->L;
	int64_t value = 0;
	int is_integer;

	if (type->kind == BEE_KIND_BOOL && lua_isboolean(L, index))
		return lua_toboolean(L, index);
	if (type->kind == BEE_KIND_ENUM && lua_type(L, index) == LUA_TSTRING) {
		if (!find_enum(type, lua_tostring(L, index), &value))
			mismatch(w, index, type, "%s is no name of %s");
		return value;
	}
	if (lua_type(L, index) != LUA_TNUMBER)
		mismatch(w, index, type, "%s is no value of type %s");
	value = lua_tointegerx(L, index, &is_integer);
	if (!is_integer)
		mismatch(w, index, type, "%s is no integer, as %s needs");
	return value;
}

static void write_bytes(struct lwriter *w, int index, const struct bee_type *type, void *data)
{
	const struct lrecord *record = lbee_to_record(w->L, index);
	const char *bytes = record ? record->data : NULL;
	size_t size = record ? lbee_record_size(w->L, index, record) : 0;

	if (lua_type(w->L, index) == LUA_TSTRING)
		bytes = lua_tolstring(w->L, index, &size);
	if (!bytes)
		mismatch(w, index, type, "%s is no value of type %s");
	if (type->kind == BEE_KIND_STRING ? size > type->size : size != type->size)
		mismatch(w, index, type,
			 type->kind == BEE_KIND_STRING ? "%s is too long for %s"
						       : "%s has another size than %s");
	memcpy(data, bytes, size);
}

static void write_float(struct lwriter *w, int index, const struct bee_type *type, void *data)
{
	double wide;
	float narrow;

	if (lua_type(w->L, index) != LUA_TNUMBER || type->size > sizeof(wide))
		mismatch(w, index, type, "%s is no value of type %s");
	wide = lua_tonumber(w->L, index);
	narrow = wide;
	if (type->size == sizeof(narrow))
		memcpy(data, &narrow, sizeof(narrow));
	else
		memcpy(data, &wide, sizeof(wide));
}

/* A table from 0; keys outside of the array are refused. */
static void write_elems(struct lwriter *w, int index, const struct bee_type *elem, char *data,
			size_t count, size_t stride)
{
	lua_State *L = w->L;
	size_t len;

	lua_pushnil(L);
	while (lua_next(L, index)) {
		lua_Integer i = lua_tointeger(L, -2);

		if (!lua_isinteger(L, -2) || (lua_Unsigned)i >= count) {
			refuse(w, lua_pushfstring(L, "%s: no element '%s' in an array from 0 to %d",
						  w->path, luaL_tolstring(L, -2, NULL),
						  (int)count - 1));
		}
		len = enter_element(w, i);
		write_value(w, lua_gettop(L), elem, data + i * stride);
		w->path[len] = 0;
		lua_pop(L, 1);
	}
}

static void write_number(struct lwriter *w, int index, const struct bee_field *field, void *data)
{
	if (bee_field_set_int(field, data, to_integer(w, index, field->type)))
		mismatch(w, index, field->type,
			 field->bit_size ? "%s does not fit into a bitfield of type %s"
					 : "%s does not fit into %s");
}

static void write_field(struct lwriter *w, int index, const struct bee_field *field, void *data)
{
	size_t len = enter_field(w, field->name);

	if (lbee_is_scalar(field->type))
		write_number(w, index, field, data);
	else
		write_value(w, index, field->type, (void *)lbee_at_field(field, data));
	w->path[len] = 0;
}

static bool is_same(const struct bee_field *field, const void *a, const void *b)
{
	int64_t left = 0, right = 0;

	if (!field->bit_size)
		return memcmp(lbee_at_field(field, a), lbee_at_field(field, b),
			      field->type->size) == 0;
	bee_field_get_int(field, a, &left);
	bee_field_get_int(field, b, &right);
	return left == right;
}

/*
 * Fields that share bytes may all be given, as they are when what was read is written back, but
 * then they must agree: their bits are joined, and no field may differ in the result.
 */
static void write_overlapping(struct lwriter *w, int index, const struct bee_type *type, char *data)
{
	lua_State *L = w->L;
	char *one = lua_newuserdatauv(L, type->size, 0);

	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < type->fields_len; i++) {
			const struct bee_field *field = &type->fields[i];

			lua_pushstring(L, field->name);
			if (lua_rawget(L, index) != LUA_TNIL) {
				memset(one, 0, type->size);
				write_field(w, lua_gettop(L), field, one);
				for (uint32_t j = 0; pass == 0 && j < type->size; j++)
					data[j] |= one[j];
				if (pass == 1 && !is_same(field, one, data)) {
					refuse(w,
					       lua_pushfstring(L,
							       "%s.%s: another field of the same "
							       "bytes has another value",
							       w->path, field->name));
				}
			}
			lua_pop(L, 1);
		}
	}
	lua_pop(L, 1);
}

/* Every key of the table at index must be a field. */
static void check_fields(struct lwriter *w, int index, const struct bee_type *type)
{
	lua_State *L = w->L;

	lua_pushnil(L);
	while (lua_next(L, index)) {
		lua_pop(L, 1);
		if (lua_type(L, -1) != LUA_TSTRING || !lbee_find_field(type, lua_tostring(L, -1)))
			refuse(w, lbee_push_no_field(L, type, luaL_tolstring(L, -1, NULL)));
	}
}

static void write_struct(struct lwriter *w, int index, const struct bee_type *type, void *data)
{
	lua_State *L = w->L;

	check_fields(w, index, type);
	if (((const struct ltype *)type)->has_overlap || type->kind == BEE_KIND_UNION) {
		write_overlapping(w, index, type, data);
		return;
	}
	for (uint32_t i = 0; i < type->fields_len; i++) {
		lua_pushstring(L, type->fields[i].name);
		if (lua_rawget(L, index) != LUA_TNIL)
			write_field(w, lua_gettop(L), &type->fields[i], data);
		lua_pop(L, 1);
	}
}

/* A record of another type is what a table of its fields would be. */
static bool write_record(struct lwriter *w, int index, const struct bee_type *type, void *data)
{
	const struct lrecord *record = lbee_to_record(w->L, index);

	if (!record || !lbee_has_parts(type))
		return false;
	if (record->type == type) {
		memcpy(data, record->data, type->size);
		return true;
	}
	lbee_push_plain(w->L, record->type, record->data);
	write_value(w, lua_gettop(w->L), type, data);
	lua_pop(w->L, 1);
	return true;
}

/* data is zero where nothing is written. */
static void write_value(struct lwriter *w, int index, const struct bee_type *type, void *data)
{
	luaL_checkstack(w->L, 8, "a value is nested too deeply");
	if (lbee_is_scalar(type)) {
		if (bee_value_set_int(type, data, to_integer(w, index, type)))
			mismatch(w, index, type, "%s does not fit into %s");
	} else if (type->kind == BEE_KIND_FLOAT) {
		write_float(w, index, type, data);
	} else if (!lua_istable(w->L, index)) {
		if (!write_record(w, index, type, data))
			write_bytes(w, index, type, data);
	} else if (type->kind == BEE_KIND_ARRAY) {
		write_elems(w, index, type->elem, data, type->elems_len, type->elem->size);
	} else if (type->kind == BEE_KIND_STRUCT || type->kind == BEE_KIND_UNION) {
		write_struct(w, index, type, data);
	} else {
		mismatch(w, index, type, "%s is no value of type %s");
	}
}

static struct lwriter begin(lua_State *L, const struct lwhere *where)
{
	struct lwriter w = { .L = L, .where = where };

	snprintf(w.path, sizeof(w.path), "%s", where->part);
	return w;
}

void lbee_write_value(lua_State *L, int index, const struct bee_type *type, void *data,
		      const struct lwhere *where)
{
	struct lwriter w = begin(L, where);

	write_value(&w, lua_absindex(L, index), type, data);
}

void lbee_set_field(lua_State *L, int arg, const struct bee_field *field, char *data)
{
	const struct lwhere where = { .part = field->name };
	struct lwriter w = begin(L, &where);
	char small[512], *value;

	if (lbee_is_scalar(field->type)) {
		write_number(&w, arg, field, data);
		return;
	}
	value = lbee_scratch(L, small, sizeof(small), field->type->size);
	write_value(&w, arg, field->type, value);
	memcpy(data + field->bit_offset / 8, value, field->type->size);
}

void lbee_write_values(lua_State *L, int index, const struct bee_type *type, void *data,
		       size_t count, size_t stride, const struct lwhere *where)
{
	struct lwriter w = begin(L, where);

	if (!lua_istable(L, index))
		refuse(&w, "a table of values by CPU, from 0, is expected");
	write_elems(&w, lua_absindex(L, index), type, data, count, stride);
}
