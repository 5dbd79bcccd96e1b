// SPDX-License-Identifier: Apache-2.0
/* Values as text for a person, by their types. */
#include <inttypes.h>

#include "internal.h"

static void add_value(struct bee__text *out, const struct bee_type *type, const char *data);

/* Text as it is; what a terminal would take for more than text, and the quotes, by number. */
static void add_string(struct bee__text *out, const char *data, size_t size)
{
	bee__text_add(out, "\"", 1);
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = data[i];

		if (byte < ' ' || byte == 0x7f || byte == '"' || byte == '\\')
			bee__text_printf(out, "\\x%02x", byte);
		else
			bee__text_add(out, &data[i], 1);
	}
	bee__text_add(out, "\"", 1);
}

static void add_bytes(struct bee__text *out, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bee__text_printf(out, i ? " %02x" : "%02x", (unsigned char)data[i]);
}

static void add_float(struct bee__text *out, const struct bee_type *type, const char *data)
{
	double wide;
	float narrow;

	if (type->size == sizeof(narrow)) {
		memcpy(&narrow, data, sizeof(narrow));
		bee__text_printf(out, "%g", narrow);
	} else if (type->size == sizeof(wide)) {
		memcpy(&wide, data, sizeof(wide));
		bee__text_printf(out, "%.14g", wide);
	} else {
		add_bytes(out, data, type->size);
	}
}

/* Several enumerators may share a value: the first of them stands for it. */
static const char *enum_name(const struct bee_type *type, int64_t value)
{
	for (uint32_t i = 0; i < type->enums_len; i++)
		if (type->enums[i].value == value)
			return type->enums[i].name;
	return NULL;
}

static void add_integer(struct bee__text *out, const struct bee_type *type, int64_t value)
{
	const char *name = enum_name(type, value);

	if (type->kind == BEE_KIND_BOOL)
		bee__text_printf(out, "%s", value ? "true" : "false");
	else if (type->kind == BEE_KIND_POINTER)
		bee__text_printf(out, "0x%" PRIx64, value);
	else if (name)
		bee__text_printf(out, "%s", name);
	else if (type->is_signed)
		bee__text_printf(out, "%" PRId64, value);
	else
		bee__text_printf(out, "%" PRIu64, value);
}

static void add_field(struct bee__text *out, const struct bee_field *field, const char *data)
{
	int64_t value;

	if (field->bit_size && !bee_field_get_int(field, data, &value))
		add_integer(out, field->type, value);
	else
		add_value(out, field->type, data + field->bit_offset / 8);
}

static void add_struct(struct bee__text *out, const struct bee_type *type, const char *data)
{
	bee__text_add(out, "{", 1);
	for (uint32_t i = 0; i < type->fields_len; i++) {
		bee__text_printf(out, "%s %s = ", i ? "," : "", type->fields[i].name);
		add_field(out, &type->fields[i], data);
	}
	bee__text_printf(out, type->fields_len ? " }" : "}");
}

static void add_array(struct bee__text *out, const struct bee_type *type, const char *data)
{
	bee__text_add(out, "[", 1);
	for (uint32_t i = 0; i < type->elems_len; i++) {
		if (i)
			bee__text_add(out, ", ", 2);
		add_value(out, type->elem, data + (size_t)i * type->elem->size);
	}
	bee__text_add(out, "]", 1);
}

static void add_value(struct bee__text *out, const struct bee_type *type, const char *data)
{
	int64_t value;

	if (type->kind == BEE_KIND_STRUCT || type->kind == BEE_KIND_UNION)
		add_struct(out, type, data);
	else if (type->kind == BEE_KIND_ARRAY)
		add_array(out, type, data);
	else if (type->kind == BEE_KIND_STRING)
		add_string(out, data, strnlen(data, type->size));
	else if (type->kind == BEE_KIND_FLOAT)
		add_float(out, type, data);
	else if (!bee_value_get_int(type, data, &value))
		add_integer(out, type, value);
	else
		add_bytes(out, data, type->size);
}

void bee__value_text(struct bee__text *out, const struct bee_type *type, const void *data)
{
	add_value(out, type, data);
}

void bee__field_text(struct bee__text *out, const struct bee_field *field, const void *data)
{
	add_field(out, field, data);
}

size_t bee_value_text(const struct bee_type *type, const void *data, char *buf, size_t size)
{
	struct bee__text out = { 0 };

	add_value(&out, type, data);
	return bee__text_give(&out, buf, size);
}
