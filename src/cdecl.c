// SPDX-License-Identifier: Apache-2.0
/*
 * C declarations of kernel types.
 *
 * A declaration is printed around its name: `int (*` before, `name` here, `)(void)` after.
 */
#include <inttypes.h>

#include "cprint.h"

/* Where a name's owner is noted. Modules may have names of vmlinux's, or of each other's, again. */
static struct bee__owner *owner_slot(const struct bee__rawbtf *btf,
				     const struct bee__owners *owners, uint32_t place)
{
	const char *name = bee__btf_name(btf, place);
	uint32_t at = 2166136261u;

	for (const char *c = name; *c; c++)
		at = (at ^ (unsigned char)*c) * 16777619u;
	for (at &= owners->room - 1; owners->slots[at].id; at = (at + 1) & (owners->room - 1))
		if (owners->slots[at].name == place ||
		    !strcmp(bee__btf_name(btf, owners->slots[at].name), name))
			break;
	return &owners->slots[at];
}

static bool grow_owners(const struct bee__rawbtf *btf, struct bee__owners *owners)
{
	struct bee__owners grown = { .room = owners->room ? owners->room * 2 : 512 };

	grown.slots = calloc(grown.room, sizeof(*grown.slots));
	if (!grown.slots)
		return false;
	for (uint32_t i = 0; i < owners->room; i++)
		if (owners->slots[i].id)
			*owner_slot(btf, &grown, owners->slots[i].name) = owners->slots[i];
	grown.len = owners->len;
	free(owners->slots);
	*owners = grown;
	return true;
}

static const char *keyword_of(const struct btf_type *type)
{
	switch (bee__btf_kind(type)) {
	case BTF_KIND_STRUCT:
		return "struct";
	case BTF_KIND_UNION:
		return "union";
	case BTF_KIND_FWD:
		return BTF_INFO_KFLAG(type->info) ? "union" : "struct";
	}
	return "enum";
}

/* A declaration gives its name over to the type that it declares. */
static bool is_declaration_of(const struct bee__printer *printer, uint32_t owner, uint32_t id)
{
	const struct btf_type *type = bee__btf_type(printer->btf, id);
	const struct btf_type *owning = bee__btf_type(printer->btf, owner);

	return bee__btf_kind(owning) == BTF_KIND_FWD && keyword_of(owning) == keyword_of(type);
}

uint32_t bee__owner_of(struct bee__printer *printer, struct bee__owners *owners, uint32_t name,
		       uint32_t id)
{
	struct bee__owner *owner;

	if (owners->len * 2 >= owners->room && !grow_owners(printer->btf, owners)) {
		printer->failed = true;
		return id;
	}
	owner = owner_slot(printer->btf, owners, name);
	owners->len += !owner->id;
	if (!owner->id || is_declaration_of(printer, owner->id, id))
		*owner = (struct bee__owner){ name, id };
	return owner->id;
}

/* What other languages may name a thing, and C may not; in order. */
static bool is_keyword(const char *name)
{
	static const char *const list[] = {
		"asm",      "auto",    "break",    "case",     "char",     "const",
		"continue", "default", "do",       "double",   "else",     "enum",
		"extern",   "float",   "for",      "goto",     "if",       "inline",
		"int",      "long",    "register", "restrict", "return",   "short",
		"signed",   "sizeof",  "static",   "struct",   "switch",   "typedef",
		"typeof",   "union",   "unsigned", "void",     "volatile", "while",
	};
	size_t low = 0, high = BEE_LEN(list);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, list[middle]);

		if (!order)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

bool bee__is_identifier(const char *name)
{
	size_t len =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	return len && !name[len] && (*name < '0' || *name > '9') && !is_keyword(name);
}

void bee__print(struct bee__printer *printer, const char *text)
{
	bee__text_add(printer->out, text, strlen(text));
}

const char *bee__printed_name(const struct bee__printer *printer, const struct btf_type *type)
{
	return bee__btf_name(printer->btf, type->name_off);
}

/* Is this the type that a tag means? So is the declaration of that type. */
static bool has_tag(struct bee__printer *printer, const struct btf_type *type, uint32_t id)
{
	uint32_t owner = bee__owner_of(printer, &printer->tags, type->name_off, id);
	const struct btf_type *owning = bee__btf_type(printer->btf, owner);

	return owner == id ||
	       (bee__btf_kind(type) == BTF_KIND_FWD && keyword_of(owning) == keyword_of(type));
}

/* Through a pointer, the user's struct of the name is meant; by value only the kernel's own fits. */
void bee__print_tag(struct bee__printer *printer, uint32_t id, bool by_value)
{
	const struct btf_type *type = bee__btf_type(printer->btf, id);
	const char *name = bee__printed_name(printer, type);
	bool is_own = !printer->is_plain &&
		      bee__words_flags(printer->reach->words, name) & BEE_WORD_OWN_TAG;

	bee__text_printf(printer->out, "%s ", keyword_of(type));
	if (printer->is_plain)
		bee__print(printer, name);
	else if (!bee__is_identifier(name))
		bee__text_printf(printer->out, "__bee_%" PRIu32, id);
	else if (is_own)
		bee__text_printf(printer->out, by_value ? "%s___kernel" : "%s", name);
	else if (has_tag(printer, type, id))
		bee__print(printer, name);
	else
		bee__text_printf(printer->out, "%s___%" PRIu32, name, id);
}

void bee__print_typedef_name(struct bee__printer *printer, uint32_t id)
{
	const struct btf_type *type = bee__btf_type(printer->btf, id);
	const char *name = bee__printed_name(printer, type);

	if (printer->is_plain)
		bee__print(printer, name);
	else if (!bee__is_identifier(name))
		bee__text_printf(printer->out, "__bee_%" PRIu32, id);
	else if (!strcmp(name,
			 "__builtin_va_list")) /* BPF's own is a pointer, the kernel's is not */
		bee__print(printer, "__bee_va_list");
	else if (bee__words_flags(printer->reach->words, name) & BEE_WORD_OWN)
		bee__text_printf(printer->out, "%s___kernel", name);
	else if (bee__owner_of(printer, &printer->names, type->name_off, id) == id)
		bee__print(printer, name);
	else
		bee__text_printf(printer->out, "%s___%" PRIu32, name, id);
}

/* Is what a pointer points to written behind the name too? */
static bool wants_parens(const struct bee__printer *printer, uint32_t id)
{
	const struct btf_type *type;
	uint32_t kind;

	type = bee__btf_type(printer->btf, bee__btf_skip_modifiers(printer->btf, id));
	kind = bee__btf_kind(type);
	return kind == BTF_KIND_ARRAY || kind == BTF_KIND_FUNC_PROTO;
}

static void print_int(struct bee__printer *printer, const struct btf_type *type, bool is_signed)
{
	static const char *const words[][2] = {
		{ "unsigned char", "signed char" },  { "unsigned short", "short" },
		{ "unsigned int", "int" },           { "unsigned long long", "long long" },
		{ "unsigned __int128", "__int128" },
	};
	const char *name = bee__printed_name(printer, type);
	size_t row = 0;

	/* BTF spells integers as C does: "long unsigned int". */
	if (bee__btf_kind(type) == BTF_KIND_INT && *name &&
	    !name[strspn(name, "abcdefghijklmnopqrst"
			       "uvwxyzB_0123456789 ")]) {
		bee__print(printer, name);
		return;
	}
	while (row + 1 < BEE_LEN(words) && 1u << row < type->size)
		row++;
	bee__print(printer, words[row][is_signed]);
}

void bee__print_nameless(struct bee__printer *printer, uint32_t id, bool is_slim, int depth)
{
	bee__text_printf(printer->out, "%s ", keyword_of(bee__btf_type(printer->btf, id)));
	bee__print_body(printer, id, is_slim || bee__reach_is_slim(printer->reach, id), depth);
	bee__print(printer, " ");
}

static void print_record_before(struct bee__printer *printer, uint32_t id, bool is_slim,
				bool by_value, int depth)
{
	const struct btf_type *type = bee__btf_type(printer->btf, id);

	if (!*bee__printed_name(printer, type) && !printer->is_plain) {
		bee__print_nameless(printer, id, is_slim, depth);
		return;
	}
	if (*bee__printed_name(printer, type))
		bee__print_tag(printer, id, by_value);
	else
		bee__text_printf(printer->out, "%s {...}", keyword_of(type));
	bee__print(printer, " ");
}

/* By value, a typedef of what the user has a struct of his own for is the kernel's struct itself. */
static void print_typedef_before(struct bee__printer *printer, uint32_t id, bool is_slim,
				 bool by_value, int depth)
{
	uint32_t behind = bee__btf_resolve(printer->btf, id);
	const struct btf_type *type = bee__btf_type(printer->btf, behind);

	if (by_value && bee__btf_is_record(type) &&
	    bee__words_flags(printer->reach->words, bee__printed_name(printer, type)) &
		    BEE_WORD_OWN_TAG) {
		print_record_before(printer, behind, is_slim, true, depth);
		return;
	}
	bee__print_typedef_name(printer, id);
	bee__print(printer, " ");
}

static void print_modifier_before(struct bee__printer *printer, uint32_t id, bool is_slim,
				  bool by_value, int depth)
{
	static const char *const words[] = {
		[BTF_KIND_CONST] = "const ",
		[BTF_KIND_VOLATILE] = "volatile ",
		[BTF_KIND_RESTRICT] = "restrict ",
	};
	const struct btf_type *type = bee__btf_type(printer->btf, id);
	const struct btf_type *inner = bee__btf_type(printer->btf, type->type);
	uint32_t kind = bee__btf_kind(inner);
	const char *word = bee__btf_kind(type) < BEE_LEN(words) ? words[bee__btf_kind(type)] : "";
	bool is_pointer = kind == BTF_KIND_PTR;

	if (!is_pointer && kind != BTF_KIND_ARRAY && kind != BTF_KIND_FUNC_PROTO)
		bee__print(printer, word);
	bee__print_before(printer, type->type, is_slim, by_value, depth + 1);
	if (is_pointer)
		bee__print(printer, word);
}

/* What stands before the declared name. */
void bee__print_before(struct bee__printer *printer, uint32_t id, bool is_slim, bool by_value,
		       int depth)
{
	const struct btf_type *type = bee__btf_type(printer->btf, id);

	if (depth > BEE_PRINT_MAX_DEPTH || printer->out->len > BEE_PRINT_MAX_SIZE)
		return;
	switch (bee__btf_kind(type)) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
		print_int(printer, type, false);
		bee__print(printer, " ");
		break;
	case BTF_KIND_PTR:
		bee__print_before(printer, type->type, false, false, depth + 1);
		bee__print(printer, wants_parens(printer, type->type) ? "(*" : "*");
		break;
	case BTF_KIND_ARRAY:
		bee__print_before(printer, bee__btf_array(type)->type, is_slim, true, depth + 1);
		break;
	case BTF_KIND_FUNC_PROTO:
		bee__print_before(printer, type->type, false, false, depth + 1);
		break;
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BEE_BTF_TYPE_TAG:
		print_modifier_before(printer, id, is_slim, by_value, depth);
		break;
	case BTF_KIND_TYPEDEF:
		print_typedef_before(printer, id, is_slim, by_value, depth);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		print_record_before(printer, id, is_slim, by_value, depth);
		break;
	case BTF_KIND_FWD:
		bee__print_tag(printer, id, false);
		bee__print(printer, " ");
		break;
	case BTF_KIND_ENUM:
	case BEE_BTF_ENUM64:
		/* The enumerators of an enum without a name stand before all records. */
		if (*bee__printed_name(printer, type))
			bee__print_tag(printer, id, true);
		else
			print_int(printer, type, BTF_INFO_KFLAG(type->info));
		bee__print(printer, " ");
		break;
	default:
		bee__print(printer, "void ");
	}
}

static void print_params(struct bee__printer *printer, const struct btf_type *type, int depth)
{
	const struct btf_param *param = bee__btf_params(type);
	uint32_t len = bee__btf_vlen(type);

	bee__print(printer, "(");
	for (uint32_t i = 0; i < len; i++) {
		if (i)
			bee__print(printer, ", ");
		if (!param[i].type) {
			bee__print(printer, "...");
			continue;
		}
		bee__print_before(printer, param[i].type, false, false, depth + 1);
		bee__print_after(printer, param[i].type, depth + 1);
	}
	bee__print(printer, len ? ")" : "void)");
}

/* What stands behind the declared name. */
void bee__print_after(struct bee__printer *printer, uint32_t id, int depth)
{
	const struct btf_type *type = bee__btf_type(printer->btf, id);

	if (depth > BEE_PRINT_MAX_DEPTH || printer->out->len > BEE_PRINT_MAX_SIZE)
		return;
	switch (bee__btf_kind(type)) {
	case BTF_KIND_PTR:
		if (wants_parens(printer, type->type))
			bee__print(printer, ")");
		bee__print_after(printer, type->type, depth + 1);
		break;
	case BTF_KIND_ARRAY:
		bee__text_printf(printer->out, "[%" PRIu32 "]", bee__btf_array(type)->nelems);
		bee__print_after(printer, bee__btf_array(type)->type, depth + 1);
		break;
	case BTF_KIND_FUNC_PROTO:
		print_params(printer, type, depth);
		bee__print_after(printer, type->type, depth + 1);
		break;
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BEE_BTF_TYPE_TAG:
		bee__print_after(printer, type->type, depth + 1);
		break;
	}
}

void bee__declare(const struct bee__rawbtf *btf, uint32_t id, const char *name,
		  struct bee__text *out)
{
	struct bee__printer printer = { .btf = btf, .out = out, .is_plain = true };

	bee__print_before(&printer, id, false, false, 0);
	/* "int " and "char *" alike are ready for a name; a type alone ends in no space. */
	while (!*name && out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	bee__print(&printer, name);
	bee__print_after(&printer, id, 0);
}
