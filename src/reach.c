// SPDX-License-Identifier: Apache-2.0
/* Which kernel types does a source reach? Seeds are found by name; what they lead to, by members. */
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "internal.h"

/* Records without names that lie in each other, and pointers to pointers. */
#define MAX_DEPTH 64

static bool mark(struct bee__reach *reach, uint32_t id, uint8_t marks)
{
	if (!id || id >= reach->btf->len || (reach->marks[id] & marks) == marks)
		return false;
	reach->marks[id] |= marks;
	if (reach->len == reach->room) {
		uint32_t room = reach->room ? reach->room * 2 : 256;
		uint32_t *list = realloc(reach->list, room * sizeof(*list));

		if (!list) {
			reach->failed = true;
			return false;
		}
		reach->list = list;
		reach->room = room;
	}
	reach->list[reach->len++] = id;
	return true;
}

static const char *name_of(const struct bee__reach *reach, const struct btf_type *type)
{
	return bee__btf_name(reach->btf, type->name_off);
}

/* A member without a name counts as named when something in it is, which is found out once. */
static bool is_named(const struct bee__reach *reach, const struct btf_member *member, int depth)
{
	const char *name = bee__btf_name(reach->btf, member->name_off);
	uint32_t id = bee__btf_resolve(reach->btf, member->type);
	const struct btf_type *type = bee__btf_type(reach->btf, id);
	const struct btf_member *inner = bee__btf_members(type);

	if (*name || !bee__btf_is_record(type) || depth > MAX_DEPTH)
		return *name && bee__words_has_member(reach->words, name);
	if (!(reach->marks[id] & BEE_MARK_ASKED)) {
		reach->marks[id] |= BEE_MARK_ASKED;
		for (uint32_t i = 0; i < bee__btf_vlen(type); i++)
			if (is_named(reach, &inner[i], depth + 1))
				reach->marks[id] |= BEE_MARK_MEANT;
	}
	return reach->marks[id] & BEE_MARK_MEANT;
}

/* libbpf compares the members of struct_ops types, named *_ops, with the kernel's. */
bool bee__reach_is_ops(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && !strcmp(name + len - 4, "_ops");
}

bool bee__reach_is_slim(const struct bee__reach *reach, uint32_t id)
{
	const struct btf_type *type = bee__btf_type(reach->btf, id);

	return type->size > BEE_SLIM_SIZE && !bee__reach_is_ops(name_of(reach, type)) &&
	       !reach->words->makes_members;
}

enum bee__member_form bee__reach_member(const struct bee__reach *reach,
					const struct btf_member *member, bool is_slim)
{
	const struct btf_type *type;

	if (is_named(reach, member, 0))
		return BEE_MEMBER_SHOWN;
	if (is_slim)
		return BEE_MEMBER_HIDDEN;
	type = bee__btf_type(reach->btf, bee__btf_resolve(reach->btf, member->type));
	return bee__btf_kind(type) == BTF_KIND_PTR ? BEE_MEMBER_OPAQUE : BEE_MEMBER_SHOWN;
}

static void reach_type(struct bee__reach *reach, uint32_t id);

/* What a record needs printed before itself. */
static void reach_members(struct bee__reach *reach, const struct btf_type *type, bool is_slim,
			  int depth)
{
	const struct btf_member *member = bee__btf_members(type);

	for (uint32_t i = 0; i < bee__btf_vlen(type) && depth < MAX_DEPTH; i++, member++) {
		const struct btf_type *inner;
		uint32_t id;

		if (bee__reach_member(reach, member, is_slim) != BEE_MEMBER_SHOWN)
			continue;
		id = bee__btf_skip_modifiers(reach->btf, member->type);
		inner = bee__btf_type(reach->btf, id);
		if (!is_slim || !bee__btf_is_record(inner) || *name_of(reach, inner)) {
			reach_type(reach, id);
		} else if (!(reach->marks[id] & BEE_MARK_WALKED)) {
			reach->marks[id] |= BEE_MARK_WALKED;
			reach_members(reach, inner, true, depth + 1);
		}
	}
}

static void reach_params(struct bee__reach *reach, const struct btf_type *type)
{
	const struct btf_param *param = bee__btf_params(type);

	reach_type(reach, type->type);
	for (uint32_t i = 0; i < bee__btf_vlen(type); i++)
		reach_type(reach, param[i].type);
}

/* A type is used by value, or by pointer: mark what must be printed for that. */
static void reach_type(struct bee__reach *reach, uint32_t id)
{
	bool by_value = true;

	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		const struct btf_type *type = bee__btf_type(reach->btf, id);

		switch (bee__btf_kind(type)) {
		case BTF_KIND_PTR:
			by_value = false;
			break;
		case BTF_KIND_ARRAY:
			id = bee__btf_array(type)->type;
			by_value = true;
			continue;
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BEE_BTF_TYPE_TAG:
			break;
		case BTF_KIND_TYPEDEF:
			mark(reach, id, BEE_MARK_WHOLE);
			break;
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			if (by_value || !*name_of(reach, type))
				mark(reach, id, BEE_MARK_WHOLE);
			return;
		case BTF_KIND_ENUM:
		case BEE_BTF_ENUM64:
		case BTF_KIND_FUNC_PROTO:
			mark(reach, id, BEE_MARK_WHOLE);
			return;
		default:
			return;
		}
		id = type->type;
	}
}

static void open_record(struct bee__reach *reach, uint32_t id)
{
	const char *name = name_of(reach, bee__btf_type(reach->btf, id));

	/* The user's own partial struct stands for the kernel's. */
	if (!(bee__words_flags(reach->words, name) & BEE_WORD_OWN_TAG))
		mark(reach, id, BEE_MARK_OPEN | BEE_MARK_WHOLE);
}

/* The record that a type is, points to, or is an array of; else 0. */
static uint32_t record_behind(const struct bee__reach *reach, uint32_t id)
{
	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		const struct btf_type *type;

		id = bee__btf_resolve(reach->btf, id);
		type = bee__btf_type(reach->btf, id);
		if (bee__btf_is_record(type))
			return id;
		if (bee__btf_kind(type) == BTF_KIND_ARRAY)
			id = bee__btf_array(type)->type;
		else if (bee__btf_kind(type) == BTF_KIND_PTR)
			id = type->type;
		else
			return 0;
	}
	return 0;
}

/* Members that the source may name open what they lead to. */
static void open_members(struct bee__reach *reach, const struct btf_type *type)
{
	const struct btf_member *member = bee__btf_members(type);

	for (uint32_t i = 0; i < bee__btf_vlen(type); i++, member++) {
		uint32_t id;

		if (!is_named(reach, member, 0))
			continue;
		id = record_behind(reach, member->type);
		if (!id)
			continue;
		if (*name_of(reach, bee__btf_type(reach->btf, id)))
			open_record(reach, id);
		else
			mark(reach, id, BEE_MARK_OPEN); /* and printed where it lies */
	}
}

/* A kfunc is declared, and what it returns may be looked into. */
static void spread_function(struct bee__reach *reach, const struct btf_type *type)
{
	const struct btf_type *proto = bee__btf_type(reach->btf, type->type);
	uint32_t result = record_behind(reach, proto->type);

	reach_params(reach, proto);
	if (result && *name_of(reach, bee__btf_type(reach->btf, result)))
		open_record(reach, result);
}

static void spread(struct bee__reach *reach, uint32_t id)
{
	const struct btf_type *type = bee__btf_type(reach->btf, id);

	switch (bee__btf_kind(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (reach->marks[id] & BEE_MARK_WHOLE)
			reach_members(reach, type, bee__reach_is_slim(reach, id), 0);
		if (reach->marks[id] & BEE_MARK_OPEN)
			open_members(reach, type);
		break;
	case BTF_KIND_TYPEDEF:
		if (!(reach->marks[id] & BEE_MARK_SEED))
			break;
		reach_type(reach, id);
		id = record_behind(reach, id);
		if (id)
			open_record(reach, id);
		break;
	case BTF_KIND_FUNC_PROTO:
		reach_params(reach, type);
		break;
	case BTF_KIND_FUNC:
		spread_function(reach, type);
		break;
	}
}

static bool is_tag_seed(const struct bee__reach *reach, uint32_t flags)
{
	uint32_t any = BEE_WORD_TAG;

	if (flags & BEE_WORD_OWN_TAG)
		return false;
	if (reach->words->makes_tags && flags & BEE_WORD_USER)
		any |= BEE_WORD_PLAIN;
	return flags & any;
}

static void seed_enum(struct bee__reach *reach, uint32_t id, const struct btf_type *type)
{
	const char *name = name_of(reach, type);
	uint32_t flags = *name ? bee__words_flags(reach->words, name) : 0;
	int64_t value;

	if (is_tag_seed(reach, flags)) {
		bee__words_mark(reach->words, name, strlen(name), BEE_WORD_TAG_IN_BTF);
		mark(reach, id, BEE_MARK_WHOLE | BEE_MARK_NAMED);
	}
	for (uint32_t i = 0; i < bee__btf_vlen(type); i++) {
		uint32_t offset = bee__btf_enumerator(type, i, &value);
		const char *word = bee__btf_name(reach->btf, offset);

		flags = bee__words_flags(reach->words, word);
		if (reach->words->prefixes_len && bee__words_make(reach->words, word))
			flags |= BEE_WORD_PLAIN;
		if (!(flags & (BEE_WORD_PLAIN | BEE_WORD_MEMBER)) || flags & BEE_WORD_OWN)
			continue;
		bee__words_mark(reach->words, word, strlen(word), BEE_WORD_IN_BTF | BEE_WORD_PLAIN);
		mark(reach, id, BEE_MARK_WHOLE);
	}
}

static void seed_record(struct bee__reach *reach, uint32_t id, const char *name)
{
	uint32_t flags = bee__words_flags(reach->words, name);

	if (!flags)
		return;
	if (flags & (BEE_WORD_OWN_TAG | BEE_WORD_FLAVOR))
		reach->words->has_flavors = true;
	if (!is_tag_seed(reach, flags))
		return;
	bee__words_mark(reach->words, name, strlen(name), BEE_WORD_TAG_IN_BTF);
	mark(reach, id, BEE_MARK_SEED);
}

/*
 * A function that programs may call, which the kernel's BTF tells since 6.10. That an older one has a
 * function of the name says less, but a source that calls it and has none of its own means it.
 */
static bool is_kfunc(const struct bee__reach *reach, uint32_t id)
{
	const struct bee__rawbtf *btf = reach->btf;
	bool is_told = false;

	for (uint32_t at = 1; at < btf->len; at++) {
		const struct btf_type *type = bee__btf_type(btf, at);

		if (bee__btf_kind(type) != BEE_BTF_DECL_TAG ||
		    strcmp(name_of(reach, type), "bpf_kfunc") != 0)
			continue;
		is_told = true;
		if (type->type == id)
			return true;
	}
	return !is_told && !strncmp(name_of(reach, bee__btf_type(btf, id)), "bpf_", 4);
}

static void seed_function(struct bee__reach *reach, uint32_t id)
{
	const char *name = name_of(reach, bee__btf_type(reach->btf, id));
	uint32_t flags = bee__words_flags(reach->words, name);

	if (flags & BEE_WORD_PLAIN && flags & BEE_WORD_USER &&
	    !(flags & (BEE_WORD_OWN | BEE_WORD_OWN_LOCAL)) && !bee__blocks_have(name) &&
	    is_kfunc(reach, id))
		mark(reach, id, BEE_MARK_WHOLE);
}

static void find_seeds(struct bee__reach *reach)
{
	for (uint32_t id = 1; id < reach->btf->len; id++) {
		const struct btf_type *type = bee__btf_type(reach->btf, id);
		uint32_t flags;

		switch (bee__btf_kind(type)) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			seed_record(reach, id, name_of(reach, type));
			break;
		case BTF_KIND_TYPEDEF:
			flags = bee__words_flags(reach->words, name_of(reach, type));
			if (flags & BEE_WORD_PLAIN && !(flags & BEE_WORD_OWN))
				mark(reach, id, BEE_MARK_SEED | BEE_MARK_WHOLE);
			break;
		case BTF_KIND_ENUM:
		case BEE_BTF_ENUM64:
			seed_enum(reach, id, type);
			break;
		case BTF_KIND_FUNC:
			seed_function(reach, id);
			break;
		}
	}
}

static uint32_t count_named(const struct bee__reach *reach, uint32_t id)
{
	const struct btf_type *type = bee__btf_type(reach->btf, id);
	const struct btf_member *member = bee__btf_members(type);
	uint32_t count = 0;

	for (uint32_t i = 0; i < bee__btf_vlen(type); i++)
		count += is_named(reach, &member[i], 0);
	return count;
}

/* Of several records by one name, the source means the one most of whose members it names. */
static void open_seeds(struct bee__reach *reach)
{
	uint32_t seeds = reach->len;

	for (uint32_t i = 0; i < seeds; i++) {
		uint32_t best = reach->list[i];
		const char *name;

		if (!bee__btf_is_record(bee__btf_type(reach->btf, best)) ||
		    !(reach->marks[best] & BEE_MARK_SEED))
			continue;
		name = name_of(reach, bee__btf_type(reach->btf, best));
		for (uint32_t k = i + 1; k < seeds; k++) {
			uint32_t other = reach->list[k];
			const struct btf_type *type = bee__btf_type(reach->btf, other);

			if (!bee__btf_is_record(type) || strcmp(name_of(reach, type), name) != 0)
				continue;
			reach->marks[other] &= ~BEE_MARK_SEED;
			if (count_named(reach, other) > count_named(reach, best))
				best = other;
		}
		mark(reach, best, BEE_MARK_SEED | BEE_MARK_OPEN | BEE_MARK_WHOLE);
	}
}

int bee__reach_find(const struct bee__rawbtf *btf, struct bee__words *words,
		    struct bee__reach *ret_reach)
{
	struct bee__reach reach = { .btf = btf, .words = words };

	reach.marks = calloc(btf->len, 1);
	if (!reach.marks)
		return -ENOMEM;
	find_seeds(&reach);
	open_seeds(&reach);
	for (uint32_t i = 0; i < reach.len && !reach.failed; i++)
		spread(&reach, reach.list[i]);
	if (reach.failed || words->failed) {
		bee__reach_free(&reach);
		return -ENOMEM;
	}
	*ret_reach = reach;
	return 0;
}

void bee__reach_free(struct bee__reach *reach)
{
	free(reach->marks);
	free(reach->list);
	memset(reach, 0, sizeof(*reach));
}
