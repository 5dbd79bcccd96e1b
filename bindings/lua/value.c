/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types, and bytes of these types as Lua values.
 *
 * Integers of all widths are Lua integers (u64 in two's complement), char arrays strings, structs
 * tables by field, arrays tables from 0; record.c has the other way to show these two.
 */
#include "lbee.h"

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

const struct bee_field *lbee_find_text(const struct bee_type *type, const char *name)
{
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

const char *lbee_push_no_field(lua_State *L, const struct bee_type *type, const char *name)
{
	lbee_push_type_name(L, type);
	lua_createtable(L, 0, type->fields_len);
	for (uint32_t i = 0; i < type->fields_len; i++) {
		lua_pushboolean(L, true);
		lua_setfield(L, -2, type->fields[i].name);
	}
	lbee_push_near(L, -1, name);
	return lua_pushfstring(L, "no field '%s' in %s%s", name, lua_tostring(L, -3),
			       lua_tostring(L, -1));
}

int lbee_no_field(lua_State *L, const struct bee_type *type, const char *name)
{
	return luaL_error(L, "%s", lbee_push_no_field(L, type, name));
}

/* ---- Bytes to Lua ------------------------------------------------------------------------ */

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
	luaL_checkstack(L, 4, "a value is nested too deeply");
	lua_createtable(L, type->elems_len, 1);
	for (uint32_t i = 0; i < type->elems_len; i++) {
		lbee_push_plain(L, type->elem, data + (size_t)i * type->elem->size);
		lua_rawseti(L, -2, i);
	}
}

static void push_fields(lua_State *L, const struct bee_type *type, const void *data)
{
	luaL_checkstack(L, 4, "a value is nested too deeply");
	lua_createtable(L, 0, type->fields_len);
	for (uint32_t i = 0; i < type->fields_len; i++) {
		lua_pushstring(L, type->fields[i].name);
		lbee_push_plain_field(L, &type->fields[i], data);
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

void lbee_push_plain(lua_State *L, const struct bee_type *type, const void *data)
{
	int64_t value;

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
		if (lbee_is_scalar(type) && !bee_value_get_int(type, data, &value))
			push_scalar(L, type, value);
		else
			lua_pushlstring(L, data, type->size);
	}
}

void lbee_push_plain_field(lua_State *L, const struct bee_field *field, const void *data)
{
	int64_t value;

	if (lbee_is_scalar(field->type) && !bee_field_get_int(field, data, &value))
		push_scalar(L, field->type, value);
	else
		lbee_push_plain(L, field->type, lbee_at_field(field, data));
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
			lbee_push_sum(L, field->type, lbee_at_field(field, data), count, stride);
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
		lbee_push_plain(L, type, data);
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
		lbee_push_plain(L, type, data);
	}
}
