// SPDX-License-Identifier: Apache-2.0
/* The values of all CPUs, added up. */
#include "internal.h"

static void add(const struct bee_type *type, char *sum, const char *value);

static void add_number(const struct bee_type *type, char *sum, const char *value)
{
	uint64_t left = 0, right = 0;

	memcpy(&left, sum, type->size);
	memcpy(&right, value, type->size);
	left += right;
	memcpy(sum, &left, type->size); /* the low bytes first, as on every machine that we serve */
}

static void add_fields(const struct bee_type *type, char *sum, const char *value)
{
	for (uint32_t i = 0; i < type->fields_len; i++) {
		const struct bee_field *field = &type->fields[i];
		uint32_t at = field->bit_offset / 8;
		int64_t left, right;

		if (!field->bit_size)
			add(field->type, sum + at, value + at);
		else if (!bee_field_get_int(field, sum, &left) &&
			 !bee_field_get_int(field, value, &right))
			bee_field_set_int(field, sum, left + right);
	}
}

/* What is no number keeps the value of the first CPU: text, pointers, unions. */
static void add(const struct bee_type *type, char *sum, const char *value)
{
	if (type->kind == BEE_KIND_INT && type->size <= 8)
		add_number(type, sum, value);
	else if (type->kind == BEE_KIND_STRUCT)
		add_fields(type, sum, value);
	else if (type->kind == BEE_KIND_ARRAY)
		for (uint32_t i = 0; i < type->elems_len; i++)
			add(type->elem, sum + i * type->elem->size, value + i * type->elem->size);
}

void bee_map_sum(const struct bee_map *map, const void *values, void *ret_sum)
{
	memcpy(ret_sum, values, map->value_size);
	for (uint32_t cpu = 1; cpu < map->cpus; cpu++)
		add(map->value, ret_sum, (const char *)values + (size_t)cpu * map->stride);
}
