/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes with a BTF type, to Lua values and back.
 *
 * Integers of all widths are Lua integers (u64 in two's complement), char arrays strings, structs
 * tables by field, arrays tables from 0. What is written is checked: a number that does not fit,
 * or a field that is not there, is an error that names it; what a table leaves out is zero.
 */
#include "lbee.h"

#define IS_SCALAR(kind)                                                                            \
	((kind) == BEE_KIND_INT || (kind) == BEE_KIND_BOOL || (kind) == BEE_KIND_ENUM ||           \
	 (kind) == BEE_KIND_POINTER)

/* A type's copy. The fields' types are such copies too. */
struct ltype {
	struct bee_type type;	/* first: bee_type pointers into copies are ltype pointers */
	bool has_overlap;	/* members of anonymous unions share their bytes */
};

/* ---- Types ------------------------------------------------------------------------------- */

/* The Lua string of this name, which the table at index types anchors. */
static const char *anchor_name(lua_State *L, int types, const char *name)
{
	const char *anchored = lua_pushstring(L, name);

	lua_pushvalue(L, -1);
	lua_pushboolean(L, true);
	lua_rawset(L, types);
	lua_pop(L, 1);
	return anchored;
}

static uint32_t field_bits(const struct bee_field *field)
{
	return field->bit_size ? field->bit_size : field->type->size * 8;
}

static bool has_overlap(const struct bee_type *type)
{
	uint32_t end = 0;

	for (uint32_t i = 0; i < type->fields_len; i++) {
		const struct bee_field *field = &type->fields[i];

		if (field->bit_offset < end)
			return true;
		end = field->bit_offset + field_bits(field);
	}
	return false;
}

static void copy_fields(lua_State *L, int types, struct ltype *copy, struct bee_field *fields)
{
	const struct bee_field *from = copy->type.fields;

	for (uint32_t i = 0; i < copy->type.fields_len; i++) {
		fields[i] = from[i];
		fields[i].name = anchor_name(L, types, from[i].name);
		fields[i].type = lbee_type(L, types, from[i].type);
	}
	copy->type.fields = fields;
	copy->has_overlap = copy->type.kind == BEE_KIND_STRUCT && has_overlap(&copy->type);
}

static void copy_enums(lua_State *L, int types, struct ltype *copy, struct bee_enum *enums)
{
	const struct bee_enum *from = copy->type.enums;

	for (uint32_t i = 0; i < copy->type.enums_len; i++) {
		enums[i].name = anchor_name(L, types, from[i].name);
		enums[i].value = from[i].value;
	}
	copy->type.enums = enums;
}

/* The memo is keyed by the address of the library's own type. Structs never contain themselves. */
const struct bee_type *lbee_type(lua_State *L, int types, const struct bee_type *type)
{
	struct ltype *copy;
	struct bee_field *fields;
	struct bee_enum *enums;

	if (!type)
		return NULL;
	luaL_checkstack(L, 8, "a type is nested too deeply");
	types = lua_absindex(L, types);
	lua_rawgetp(L, types, type);
	copy = lua_touserdata(L, -1);
	if (!copy) {
		copy = lua_newuserdatauv(L,
					 sizeof(*copy) + type->fields_len * sizeof(*fields) +
						 type->enums_len * sizeof(*enums),
					 0);
		fields = (struct bee_field *)(copy + 1);
		enums = (struct bee_enum *)(fields + type->fields_len);
		copy->type = *type;
		copy->has_overlap = false;
		copy->type.name = anchor_name(L, types, type->name);
		copy->type.elem = lbee_type(L, types, type->elem);
		copy_fields(L, types, copy, fields);
		copy_enums(L, types, copy, enums);
		lua_rawsetp(L, types, type);
	}
	lua_pop(L, 1);
	return &copy->type;
}

/* Names of up to 40 characters are interned, so their pointers decide; longer ones need strcmp. */
const struct bee_field *lbee_find_field(const struct bee_type *type, const char *name)
{
	for (uint32_t i = 0; i < type->fields_len; i++)
		if (type->fields[i].name == name)
			return &type->fields[i];
	for (uint32_t i = 0; i < type->fields_len; i++)
		if (strcmp(type->fields[i].name, name) == 0)
			return &type->fields[i];
	return NULL;
}

void lbee_push_type_name(lua_State *L, const struct bee_type *type)
{
	static const char *const prefixes[] = {
		[BEE_KIND_ENUM] = "enum ",
		[BEE_KIND_STRUCT] = "struct ",
		[BEE_KIND_UNION] = "union ",
	};
	const char *prefix =
		type->kind < sizeof(prefixes) / sizeof(prefixes[0]) ? prefixes[type->kind] : NULL;

	if (type->kind == BEE_KIND_BYTES)
		lua_pushfstring(L, "%d bytes", (int)type->size);
	else if (type->kind == BEE_KIND_STRING)
		lua_pushfstring(L, "char[%d]", (int)type->size);
	else if (type->kind == BEE_KIND_POINTER)
		lua_pushliteral(L, "pointer");
	else if (type->kind == BEE_KIND_ARRAY) {
		lbee_push_type_name(L, type->elem);
		lua_pushfstring(L, "%s[%d]", lua_tostring(L, -1), (int)type->elems_len);
		lua_remove(L, -2);
	} else {
		lua_pushfstring(L, "%s%s", prefix ? prefix : "",
				*type->name ? type->name : "(anonymous)");
	}
}

int lbee_no_field(lua_State *L, const struct bee_type *type, const char *name)
{
	lbee_push_type_name(L, type);
	lua_createtable(L, 0, type->fields_len);
	for (uint32_t i = 0; i < type->fields_len; i++) {
		lua_pushboolean(L, true);
		lua_setfield(L, -2, type->fields[i].name);
	}
	lbee_push_near(L, -1, name);
	return luaL_error(L, "no field '%s' in %s%s", name, lua_tostring(L, -3),
			  lua_tostring(L, -1));
}

/* ---- Bytes to Lua ------------------------------------------------------------------------ */

static const char *at_field(const struct bee_field *field, const void *data)
{
	return (const char *)data + field->bit_offset / 8;
}

static void push_float(lua_State *L, const struct bee_type *type, const void *data)
{
	double wide;
	float narrow;

	if (type->size == sizeof(narrow)) {
		memcpy(&narrow, data, sizeof(narrow));
		lua_pushnumber(L, narrow);
	} else if (type->size == sizeof(wide)) {
		memcpy(&wide, data, sizeof(wide));
		lua_pushnumber(L, wide);
	} else {
		lua_pushlstring(L, data, type->size);
	}
}

static void push_array(lua_State *L, const struct bee_type *type, const char *data)
{
	lua_createtable(L, type->elems_len, 1);
	for (uint32_t i = 0; i < type->elems_len; i++) {
		lbee_push_value(L, type->elem, data + (size_t)i * type->elem->size);
		lua_rawseti(L, -2, i);
	}
}

static void push_fields(lua_State *L, const struct bee_type *type, const void *data)
{
	lua_createtable(L, 0, type->fields_len);
	for (uint32_t i = 0; i < type->fields_len; i++) {
		lua_pushstring(L, type->fields[i].name);
		lbee_push_field(L, &type->fields[i], data);
		lua_rawset(L, -3);
	}
}

static void push_scalar(lua_State *L, const struct bee_type *type, int64_t value)
{
	if (type->kind == BEE_KIND_BOOL)
		lua_pushboolean(L, value != 0);
	else
		lua_pushinteger(L, value);
}

void lbee_push_value(lua_State *L, const struct bee_type *type, const void *data)
{
	int64_t value;

	luaL_checkstack(L, 4, "a value is nested too deeply");
	switch (type->kind) {
	case BEE_KIND_FLOAT:
		push_float(L, type, data);
		return;
	case BEE_KIND_STRING:
		lua_pushlstring(L, data, strnlen(data, type->size));
		return;
	case BEE_KIND_ARRAY:
		push_array(L, type, data);
		return;
	case BEE_KIND_STRUCT:
	case BEE_KIND_UNION:
		push_fields(L, type, data);
		return;
	default:
		/* What is no integer, as __int128, stays bytes. */
		if (IS_SCALAR(type->kind) && !bee_value_get_int(type, data, &value))
			push_scalar(L, type, value);
		else
			lua_pushlstring(L, data, type->size);
	}
}

void lbee_push_field(lua_State *L, const struct bee_field *field, const void *data)
{
	int64_t value;

	if (IS_SCALAR(field->type->kind) && !bee_field_get_int(field, data, &value))
		push_scalar(L, field->type, value);
	else
		lbee_push_value(L, field->type, at_field(field, data));
}

/* ---- Sums -------------------------------------------------------------------------------- */

static uint64_t sum_field(const struct bee_field *field, const char *data, size_t count,
			  size_t stride)
{
	uint64_t sum = 0;
	int64_t value;

	for (size_t i = 0; i < count; i++)
		if (!bee_field_get_int(field, data + i * stride, &value))
			sum += value;
	return sum;
}

static void push_sum_of_fields(lua_State *L, const struct bee_type *type, const char *data,
			       size_t count, size_t stride)
{
	lua_createtable(L, 0, type->fields_len);
	for (uint32_t i = 0; i < type->fields_len; i++) {
		const struct bee_field *field = &type->fields[i];

		lua_pushstring(L, field->name);
		if (field->type->kind == BEE_KIND_INT)
			lua_pushinteger(L, sum_field(field, data, count, stride));
		else
			lbee_push_sum(L, field->type, at_field(field, data), count, stride);
		lua_rawset(L, -3);
	}
}

/* What is no number has no sum: text, pointers and the like are those of the first value. */
void lbee_push_sum(lua_State *L, const struct bee_type *type, const void *data, size_t count,
		   size_t stride)
{
	const struct bee_field whole = { .name = "", .type = type };

	luaL_checkstack(L, 4, "a value is nested too deeply");
	if (count == 1) {
		lbee_push_value(L, type, data);
	} else if (type->kind == BEE_KIND_INT && type->size <= 8) {
		lua_pushinteger(L, sum_field(&whole, data, count, stride));
	} else if (type->kind == BEE_KIND_STRUCT) {
		push_sum_of_fields(L, type, data, count, stride);
	} else if (type->kind == BEE_KIND_ARRAY) {
		lua_createtable(L, type->elems_len, 1);
		for (uint32_t i = 0; i < type->elems_len; i++) {
			lbee_push_sum(L, type->elem, (const char *)data + i * type->elem->size,
				      count, stride);
			lua_rawseti(L, -2, i);
		}
	} else {
		lbee_push_value(L, type, data);
	}
}

/* ---- Lua to bytes ------------------------------------------------------------------------ */

/* Where a value stands in what the user gave, for errors: "key.pids[3]". */
struct lwriter {
	lua_State *L;
	int arg;
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

/* Raise "path: expected, got value". */
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
	lua_pushfstring(L, "%s: %s", w->path, lua_tostring(L, -1));
	return luaL_argerror(L, w->arg, lua_tostring(L, -1));
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
	const struct lview *view = lbee_to_view(w->L, index);
	const char *bytes = view ? view->data : NULL;
	size_t size = view ? view->size : 0;

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
			lua_pushfstring(L, "%s: no element '%s' in an array from 0 to %d", w->path,
					luaL_tolstring(L, -2, NULL), (int)count - 1);
			luaL_argerror(L, w->arg, lua_tostring(L, -1));
		}
		len = enter_element(w, i);
		write_value(w, lua_gettop(L), elem, data + i * stride);
		w->path[len] = 0;
		lua_pop(L, 1);
	}
}

static void write_field(struct lwriter *w, int index, const struct bee_field *field, void *data)
{
	size_t len = enter_field(w, field->name);

	if (IS_SCALAR(field->type->kind) && field->type->size <= 8) {
		if (bee_field_set_int(field, data, to_integer(w, index, field->type)))
			mismatch(w, index, field->type,
				 field->bit_size ? "%s does not fit into a bitfield of type %s"
						 : "%s does not fit into %s");
	} else {
		write_value(w, index, field->type, (void *)at_field(field, data));
	}
	w->path[len] = 0;
}

static bool is_same(const struct bee_field *field, const void *a, const void *b)
{
	int64_t left = 0, right = 0;

	if (!field->bit_size)
		return memcmp(at_field(field, a), at_field(field, b), field->type->size) == 0;
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
					lua_pushfstring(L,
							"%s.%s: another field of the same bytes "
							"has another value",
							w->path, field->name);
					luaL_argerror(L, w->arg, lua_tostring(L, -1));
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
		if (lua_type(L, -1) != LUA_TSTRING)
			lbee_no_field(L, type, luaL_tolstring(L, -1, NULL));
		if (!lbee_find_field(type, lua_tostring(L, -1)))
			lbee_no_field(L, type, lua_tostring(L, -1));
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

/* data is zero where nothing is written. */
static void write_value(struct lwriter *w, int index, const struct bee_type *type, void *data)
{
	luaL_checkstack(w->L, 8, "a value is nested too deeply");
	if (IS_SCALAR(type->kind) && type->size <= 8) {
		if (bee_value_set_int(type, data, to_integer(w, index, type)))
			mismatch(w, index, type, "%s does not fit into %s");
	} else if (type->kind == BEE_KIND_FLOAT) {
		write_float(w, index, type, data);
	} else if (!lua_istable(w->L, index)) {
		write_bytes(w, index, type, data);
	} else if (type->kind == BEE_KIND_ARRAY) {
		write_elems(w, index, type->elem, data, type->elems_len, type->elem->size);
	} else if (type->kind == BEE_KIND_STRUCT || type->kind == BEE_KIND_UNION) {
		write_struct(w, index, type, data);
	} else {
		mismatch(w, index, type, "%s is no value of type %s");
	}
}

void lbee_check_value(lua_State *L, int arg, const struct bee_type *type, void *data,
		      const char *what)
{
	struct lwriter w = { .L = L, .arg = arg };

	luaL_checkany(L, arg);
	snprintf(w.path, sizeof(w.path), "%s", what);
	write_value(&w, arg, type, data);
}

void lbee_check_values(lua_State *L, int arg, const struct bee_type *type, void *data, size_t count,
		       size_t stride, const char *what)
{
	struct lwriter w = { .L = L, .arg = arg };

	snprintf(w.path, sizeof(w.path), "%s", what);
	if (!lua_istable(L, arg))
		luaL_argerror(L, arg, "a table of values by CPU, from 0, is expected");
	write_elems(&w, arg, type, data, count, stride);
}
