// SPDX-License-Identifier: Apache-2.0
/*
 * Types and values: what the bytes of a map, an event or a variable mean, by the object's BTF.
 *
 * A type is made the first time that it is asked for, and lives as long as its module. Typedefs
 * and qualifiers are taken off, and the members of anonymous structs and unions stand in their
 * parent's list, as C lets one write them.
 */
#include <linux/btf.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "internal.h"

#define DEPTH_MAX 32 /* of types in types: more than any C has, and an end to loops */

/* Names need no copy: the BTF outlives the set. */
struct owned {
	struct owned *next;
	struct bee_type type;
};

struct bee__typeset {
	const struct btf *btf;
	struct bee_type **by_id;
	uint32_t len;
	struct owned *owned;
};

struct bee__typeset *bee__typeset_new(const struct btf *btf)
{
	struct bee__typeset *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->btf = btf;
	set->len = btf ? btf__type_cnt(btf) : 0;
	set->by_id = calloc(set->len + 1, sizeof(*set->by_id));
	if (!set->by_id) {
		free(set);
		return NULL;
	}
	return set;
}

void bee__typeset_free(struct bee__typeset *set)
{
	struct owned *owned, *next;

	if (!set)
		return;
	for (owned = set->owned; owned; owned = next) {
		next = owned->next;
		free((void *)owned->type.fields);
		free((void *)owned->type.enums);
		free(owned);
	}
	free(set->by_id);
	free(set);
}

static struct bee_type *new_type(struct bee__typeset *set, enum bee_kind kind, uint32_t size,
				 const char *name)
{
	struct owned *owned = calloc(1, sizeof(*owned));

	if (!owned)
		return NULL;
	owned->next = set->owned;
	set->owned = owned;
	owned->type.kind = kind;
	owned->type.size = size;
	owned->type.name = name ? name : "";
	return &owned->type;
}

const struct bee_type *bee__type_bytes(struct bee__typeset *set, uint32_t size)
{
	return new_type(set, BEE_KIND_BYTES, size, "");
}

const struct bee_type *bee__type_index(struct bee__typeset *set)
{
	return new_type(set, BEE_KIND_INT, 4, "u32");
}

const struct bee_type *bee__type_words(struct bee__typeset *set, uint32_t size)
{
	struct bee_type *type = new_type(set, BEE_KIND_ARRAY, size, "");
	struct bee_type *word = new_type(set, BEE_KIND_INT, 8, "u64");

	if (!type || !word)
		return NULL;
	type->elem = word;
	type->elems_len = size / 8;
	return type;
}

static const struct bee_type *make(struct bee__typeset *set, uint32_t id, unsigned int depth);

static const char *name_of(const struct bee__typeset *set, uint32_t offset)
{
	return btf__name_by_offset(set->btf, offset);
}

/* ---- one maker a kind -------------------------------------------------------------------- */

static struct bee_type *make_int(struct bee__typeset *set, const struct btf_type *bt)
{
	uint8_t encoding = btf_int_encoding(bt);
	struct bee_type *type;

	type = new_type(set, encoding & BTF_INT_BOOL ? BEE_KIND_BOOL : BEE_KIND_INT, bt->size,
			name_of(set, bt->name_off));
	if (type)
		type->is_signed = encoding & BTF_INT_SIGNED;
	/* __int128 has no number in C or Lua that could hold it. */
	if (type && bt->size > 8)
		type->kind = BEE_KIND_BYTES;
	return type;
}

static struct bee_type *make_enum(struct bee__typeset *set, const struct btf_type *bt)
{
	struct bee_type *type = new_type(set, BEE_KIND_ENUM, bt->size, name_of(set, bt->name_off));
	struct bee_enum *enums = calloc(btf_vlen(bt) + 1, sizeof(*enums));

	if (!type || !enums) {
		free(enums);
		return NULL;
	}
	type->enums = enums;
	type->enums_len = btf_vlen(bt);
	type->is_signed = btf_kflag(bt);
	for (uint32_t i = 0; i < type->enums_len; i++) {
		if (btf_is_enum64(bt)) {
			enums[i].name = name_of(set, btf_enum64(bt)[i].name_off);
			enums[i].value = btf_enum64_value(&btf_enum64(bt)[i]);
			continue;
		}
		enums[i].name = name_of(set, btf_enum(bt)[i].name_off);
		enums[i].value = btf_enum(bt)[i].val;
		if (!type->is_signed)
			enums[i].value = (uint32_t)enums[i].value;
	}
	return type;
}

static struct bee_type *make_array(struct bee__typeset *set, const struct btf_type *bt,
				   unsigned int depth)
{
	const struct bee_type *elem = make(set, btf_array(bt)->type, depth + 1);
	uint64_t size = elem ? (uint64_t)elem->size * btf_array(bt)->nelems : 0;
	bool is_text = elem && elem->kind == BEE_KIND_INT && elem->size == 1 &&
		       !strcmp(elem->name, "char");
	struct bee_type *type;

	if (!elem || size > UINT32_MAX)
		return NULL;
	type = new_type(set, is_text ? BEE_KIND_STRING : BEE_KIND_ARRAY, size, "");
	if (!type)
		return NULL;
	type->elem = elem;
	type->elems_len = btf_array(bt)->nelems;
	return type;
}

static bool is_anonymous(const struct bee_type *type, const char *name)
{
	return !*name && (type->kind == BEE_KIND_STRUCT || type->kind == BEE_KIND_UNION);
}

/* Add a member, or the members of an anonymous one. */
static int add_fields(struct bee_type *parent, const char *name, const struct bee_type *type,
		      uint32_t bit_offset, uint32_t bit_size)
{
	struct bee_field *fields;
	uint32_t count = is_anonymous(type, name) ? type->fields_len : 1;

	if (!*name && !is_anonymous(type, name))
		return 0; /* an unnamed bitfield: padding */
	fields =
		realloc((void *)parent->fields, (parent->fields_len + count + 1) * sizeof(*fields));
	if (!fields)
		return -ENOMEM;
	parent->fields = fields;
	fields += parent->fields_len;
	parent->fields_len += count;
	for (uint32_t i = 0; i < count; i++) {
		if (!is_anonymous(type, name)) {
			fields[i] = (struct bee_field){ name, type, bit_offset, bit_size };
			continue;
		}
		fields[i] = type->fields[i];
		fields[i].bit_offset += bit_offset;
	}
	return 0;
}

static struct bee_type *make_struct(struct bee__typeset *set, const struct btf_type *bt,
				    unsigned int depth)
{
	struct bee_type *type;
	int err = 0;

	type = new_type(set, btf_is_union(bt) ? BEE_KIND_UNION : BEE_KIND_STRUCT, bt->size,
			name_of(set, bt->name_off));
	for (uint32_t i = 0; type && !err && i < btf_vlen(bt); i++) {
		const struct btf_member *member = &btf_members(bt)[i];
		const struct bee_type *inner = make(set, member->type, depth + 1);

		if (!inner)
			return NULL;
		err = add_fields(type, name_of(set, member->name_off), inner,
				 btf_member_bit_offset(bt, i), btf_member_bitfield_size(bt, i));
	}
	return err ? NULL : type;
}

/* The value of a map that holds global variables: a struct of them. */
static struct bee_type *make_section(struct bee__typeset *set, const struct btf_type *bt,
				     unsigned int depth)
{
	struct bee_type *type;
	int err = 0;

	type = new_type(set, BEE_KIND_STRUCT, bt->size, name_of(set, bt->name_off));
	for (uint32_t i = 0; type && !err && i < btf_vlen(bt); i++) {
		const struct btf_var_secinfo *info = &btf_var_secinfos(bt)[i];
		const struct btf_type *var = btf__type_by_id(set->btf, info->type);
		const struct bee_type *inner = make(set, var->type, depth + 1);

		if (!inner)
			return NULL;
		err = add_fields(type, name_of(set, var->name_off), inner, info->offset * 8, 0);
	}
	return err ? NULL : type;
}

static const struct bee_type *make_kind(struct bee__typeset *set, const struct btf_type *bt,
					unsigned int depth)
{
	switch (btf_kind(bt)) {
	case BTF_KIND_INT:
		return make_int(set, bt);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return make_enum(set, bt);
	case BTF_KIND_FLOAT:
		return new_type(set, BEE_KIND_FLOAT, bt->size, name_of(set, bt->name_off));
	case BTF_KIND_PTR:
		return new_type(set, BEE_KIND_POINTER, 8, "");
	case BTF_KIND_ARRAY:
		return make_array(set, bt, depth);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return make_struct(set, bt, depth);
	case BTF_KIND_DATASEC:
		return make_section(set, bt, depth);
	default:
		return new_type(set, BEE_KIND_BYTES, 0, "");
	}
}

static const struct bee_type *make(struct bee__typeset *set, uint32_t id, unsigned int depth)
{
	const struct btf_type *bt = btf__type_by_id(set->btf, id);

	while (bt && (btf_is_mod(bt) || btf_is_typedef(bt))) {
		if (++depth > DEPTH_MAX)
			return NULL;
		id = bt->type;
		bt = btf__type_by_id(set->btf, id);
	}
	if (!bt || depth > DEPTH_MAX || id >= set->len)
		return NULL;
	if (!set->by_id[id])
		set->by_id[id] = (struct bee_type *)make_kind(set, bt, depth);
	return set->by_id[id];
}

const struct bee_type *bee__type(struct bee__typeset *set, uint32_t id)
{
	return make(set, id, 0);
}

const struct bee_type *bee_type_find(struct bee_module *mod, const char *name)
{
	static const struct {
		const char *word;
		uint32_t kind;
	} kinds[] = {
		{ "struct ", BTF_KIND_STRUCT }, { "union ", BTF_KIND_UNION },
		{ "enum ", BTF_KIND_ENUM },     { "", BTF_KIND_TYPEDEF },
		{ "", BTF_KIND_STRUCT },        { "", BTF_KIND_UNION },
		{ "", BTF_KIND_ENUM },          { "", BTF_KIND_INT },
	};
	const struct btf *btf = mod->btf ?: bpf_object__btf(mod->obj);

	for (size_t i = 0; btf && i < BEE_LEN(kinds); i++) {
		size_t len = strlen(kinds[i].word);
		int id;

		if (strncmp(name, kinds[i].word, len))
			continue;
		id = btf__find_by_name_kind(btf, name + len, kinds[i].kind);
		if (id > 0)
			return bee__type(mod->types, id);
	}
	return NULL;
}

const struct bee_field *bee_field_find(const struct bee_type *type, const char *name)
{
	for (uint32_t i = 0; i < type->fields_len; i++)
		if (!strcmp(type->fields[i].name, name))
			return &type->fields[i];
	return NULL;
}

/* ---- integers ---------------------------------------------------------------------------- */

static bool is_number(const struct bee_type *type)
{
	return type->size <= 8 && (type->kind == BEE_KIND_INT || type->kind == BEE_KIND_BOOL ||
				   type->kind == BEE_KIND_ENUM || type->kind == BEE_KIND_POINTER);
}

static int64_t extend(uint64_t value, uint32_t bits, bool is_signed)
{
	uint32_t unused = 64 - bits;

	if (bits == 0 || bits >= 64)
		return value;
	return is_signed ? (int64_t)(value << unused) >> unused
			 : (int64_t)(value << unused >> unused);
}

static bool fits(int64_t value, uint32_t bits, bool is_signed)
{
	return bits >= 64 || extend(value, bits, is_signed) == value;
}

int bee_value_get_int(const struct bee_type *type, const void *data, int64_t *ret_value)
{
	union {
		uint16_t two;
		uint32_t four;
		uint64_t eight;
	} value = { .eight = 0 };

	if (!is_number(type))
		return -EINVAL;
	/* Sizes that the compiler knows become single loads. */
	if (type->size == 8)
		memcpy(&value.eight, data, 8);
	else if (type->size == 4)
		memcpy(&value.four, data, 4);
	else if (type->size == 2)
		memcpy(&value.two, data, 2);
	else
		memcpy(&value.eight, data, type->size);
	*ret_value = extend(value.eight, type->size * 8, type->is_signed);
	return 0;
}

int bee_value_set_int(const struct bee_type *type, void *data, int64_t value)
{
	if (!is_number(type))
		return -EINVAL;
	if (!fits(value, type->kind == BEE_KIND_BOOL ? 1 : type->size * 8, type->is_signed))
		return -ERANGE;
	memcpy(data, &value, type->size);
	return 0;
}

/* A bitfield of at most 64 bits lies in at most 9 bytes. */
static void read_bits(const struct bee_field *field, const unsigned char *data, uint64_t *ret_value)
{
	uint32_t first = field->bit_offset / 8, shift = field->bit_offset % 8;
	uint32_t last = (field->bit_offset + field->bit_size - 1) / 8;
	unsigned __int128 bits = 0;

	memcpy(&bits, data + first, last - first + 1);
	*ret_value = bits >> shift;
}

static void write_bits(const struct bee_field *field, unsigned char *data, uint64_t value)
{
	uint32_t first = field->bit_offset / 8, shift = field->bit_offset % 8;
	uint32_t last = (field->bit_offset + field->bit_size - 1) / 8;
	unsigned __int128 bits = 0, mask = ((unsigned __int128)1 << field->bit_size) - 1;

	memcpy(&bits, data + first, last - first + 1);
	bits &= ~(mask << shift);
	bits |= ((unsigned __int128)value & mask) << shift;
	memcpy(data + first, &bits, last - first + 1);
}

int bee_field_get_int(const struct bee_field *field, const void *data, int64_t *ret_value)
{
	uint64_t value;

	if (!field->bit_size)
		return bee_value_get_int(field->type, (const char *)data + field->bit_offset / 8,
					 ret_value);
	if (!is_number(field->type) || field->bit_size > 64)
		return -EINVAL;
	read_bits(field, data, &value);
	*ret_value = extend(value, field->bit_size, field->type->is_signed);
	return 0;
}

int bee_field_set_int(const struct bee_field *field, void *data, int64_t value)
{
	if (!field->bit_size)
		return bee_value_set_int(field->type, (char *)data + field->bit_offset / 8, value);
	if (!is_number(field->type) || field->bit_size > 64)
		return -EINVAL;
	if (!fits(value, field->bit_size, field->type->is_signed))
		return -ERANGE;
	write_bits(field, data, value);
	return 0;
}
