// SPDX-License-Identifier: Apache-2.0
/* What BTF types refer to: ids of other types, and names. */
#include <libelf.h>

#include "internal.h"
#include "rawbtf.h"

/* Typedefs of typedefs and arrays of arrays: more is a circle. */
#define MAX_CHAIN 64

/* Where names and ids lie in what stands behind a type, in words; -1: nowhere. */
struct shape {
	bool has_type; /* the type itself has an id */
	int8_t words;  /* of one element */
	int8_t name, id, other_id;
};

static const struct shape shapes[] = {
	[BTF_KIND_PTR] = { true, 0, -1, -1, -1 },      [BTF_KIND_ARRAY] = { false, 3, -1, 0, 1 },
	[BTF_KIND_STRUCT] = { false, 3, 0, 1, -1 },    [BTF_KIND_UNION] = { false, 3, 0, 1, -1 },
	[BTF_KIND_ENUM] = { false, 2, 0, -1, -1 },     [BTF_KIND_TYPEDEF] = { true, 0, -1, -1, -1 },
	[BTF_KIND_VOLATILE] = { true, 0, -1, -1, -1 }, [BTF_KIND_CONST] = { true, 0, -1, -1, -1 },
	[BTF_KIND_RESTRICT] = { true, 0, -1, -1, -1 }, [BTF_KIND_FUNC] = { true, 0, -1, -1, -1 },
	[BTF_KIND_FUNC_PROTO] = { true, 2, 0, 1, -1 }, [BTF_KIND_VAR] = { true, 0, -1, -1, -1 },
	[BTF_KIND_DATASEC] = { false, 3, -1, 0, -1 },  [BEE_BTF_DECL_TAG] = { true, 0, -1, -1, -1 },
	[BEE_BTF_TYPE_TAG] = { true, 0, -1, -1, -1 },  [BEE_BTF_ENUM64] = { false, 3, 0, -1, -1 },
};

bool bee__btf_next_ref(struct btf_type *type, struct bee__btf_ref *ref)
{
	static const struct shape none;
	uint32_t kind = bee__btf_kind(type);
	const struct shape *shape = kind < BEE_LEN(shapes) ? &shapes[kind] : &none;
	uint32_t len = kind == BTF_KIND_ARRAY ? 1 : bee__btf_vlen(type);
	uint32_t *words = (uint32_t *)(type + 1);

	/* The name, the id, then three places for each element, of which some are none. */
	while (ref->next < 2 + 3 * (shape->words ? len : 0)) {
		uint32_t at = ref->next++, element = (at - 2) / 3;
		const int8_t places[] = { shape->name, shape->id, shape->other_id };

		if (at == 1 && !shape->has_type)
			continue;
		if (at >= 2 && places[(at - 2) % 3] < 0)
			continue;
		ref->is_name = at == 0 || (at >= 2 && (at - 2) % 3 == 0);
		ref->value = at == 0   ? &type->name_off
			     : at == 1 ? &type->type
				       : &words[element * shape->words + places[(at - 2) % 3]];
		return true;
	}
	return false;
}

/* Is the type behind modifiers, typedefs, arrays and pointers ever reached? */
static bool has_end(const struct bee__rawbtf *btf, uint32_t id)
{
	for (int depth = 0; depth < MAX_CHAIN; depth++) {
		const struct btf_type *type = bee__btf_type(btf, id);
		uint32_t kind = bee__btf_kind(type);

		if (kind == BTF_KIND_ARRAY)
			id = bee__btf_array(type)->type;
		else if (bee__btf_is_modifier(type) || kind == BTF_KIND_TYPEDEF ||
			 kind == BTF_KIND_PTR)
			id = type->type;
		else
			return true;
	}
	return false;
}

/* What a function or a section's element is must be of the one kind that it can be. */
static bool has_right_kinds(const struct bee__rawbtf *btf, const struct btf_type *type)
{
	const struct btf_var_secinfo *info = (const struct btf_var_secinfo *)(type + 1);
	bool is_ksyms = !strcmp(bee__btf_name(btf, type->name_off), ".ksyms");

	if (bee__btf_kind(type) == BTF_KIND_FUNC)
		return bee__btf_kind(bee__btf_type(btf, type->type)) == BTF_KIND_FUNC_PROTO;
	if (bee__btf_kind(type) != BTF_KIND_DATASEC)
		return true;
	for (uint32_t i = 0; i < bee__btf_vlen(type); i++) {
		uint32_t kind = bee__btf_kind(bee__btf_type(btf, info[i].type));

		/* Functions of the kernel's stand in a section too. */
		if (kind != BTF_KIND_VAR && (kind != BTF_KIND_FUNC || !is_ksyms))
			return false;
	}
	return true;
}

static bool is_sound(const struct bee__rawbtf *btf, uint32_t id)
{
	struct btf_type *type = (struct btf_type *)bee__btf_type(btf, id);
	struct bee__btf_ref ref = { 0 };

	while (bee__btf_next_ref(type, &ref))
		if (*ref.value >= (ref.is_name ? btf->names_size : btf->len))
			return false;
	return has_right_kinds(btf, type) && has_end(btf, id);
}

int bee__object_btf_check(const void *elf, size_t size)
{
	struct bee__rawbtf btf;
	void *data = NULL;
	Elf *file;
	int err;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return -EINVAL;
	file = elf_memory((char *)elf, size);
	err = bee__rawbtf_from_elf(file, &data, &size);
	elf_end(file);
	err = err ?: bee__rawbtf_parse(data, size, false, &btf);
	if (err)
		return err == -ENOENT ? 0 : err;
	for (uint32_t id = 1; !err && id < btf.len; id++)
		err = is_sound(&btf, id) ? 0 : -EINVAL;
	bee__rawbtf_close(&btf);
	return err;
}
