// SPDX-License-Identifier: Apache-2.0
/* The order in which kernel types are printed: each behind those that it needs whole. */
#include "cprint.h"

static void print_type(struct bee__printer *printer, uint32_t id, int depth);
static void print_needs(struct bee__printer *printer, uint32_t id, int depth);

static void print_members_needs(struct bee__printer *printer, const struct btf_type *type,
				bool is_slim, int depth)
{
	const struct btf_member *member = bee__btf_members(type);

	for (uint32_t i = 0; i < bee__btf_vlen(type) && depth < BEE_PRINT_MAX_DEPTH; i++) {
		const struct btf_type *inner;
		uint32_t id;

		if (bee__reach_member(printer->reach, &member[i], is_slim) != BEE_MEMBER_SHOWN)
			continue;
		id = bee__btf_skip_modifiers(printer->btf, member[i].type);
		inner = bee__btf_type(printer->btf, id);
		if (bee__btf_is_record(inner) && !*bee__printed_name(printer, inner))
			print_members_needs(printer, inner,
					    is_slim || bee__reach_is_slim(printer->reach, id),
					    depth + 1);
		else
			print_needs(printer, member[i].type, depth + 1);
	}
}

/* A parameter's struct must be known before the parameter list, or it ends with the list. */
static void print_params_needs(struct bee__printer *printer, const struct btf_type *type, int depth)
{
	const struct btf_param *param = bee__btf_params(type);

	for (uint32_t i = 0; i < bee__btf_vlen(type); i++) {
		uint32_t id = bee__btf_skip_modifiers(printer->btf, param[i].type);
		const struct btf_type *inner = bee__btf_type(printer->btf, id);

		print_needs(printer, id, depth);
		for (int stars = 0; bee__btf_kind(inner) == BTF_KIND_PTR && stars < 3; stars++) {
			id = bee__btf_skip_modifiers(printer->btf, inner->type);
			inner = bee__btf_type(printer->btf, id);
		}
		if ((bee__btf_is_record(inner) || bee__btf_kind(inner) == BTF_KIND_FWD) &&
		    *bee__printed_name(printer, inner)) {
			bee__print_tag(printer, id, false);
			bee__print(printer, ";\n");
		}
	}
}

/* Print what a declaration with this type needs before itself. */
static void print_needs(struct bee__printer *printer, uint32_t id, int depth)
{
	bool by_value = true;

	for (; depth < BEE_PRINT_MAX_DEPTH; depth++) {
		const struct btf_type *type = bee__btf_type(printer->btf, id);

		switch (bee__btf_kind(type)) {
		case BTF_KIND_PTR:
			by_value = false;
			break;
		case BTF_KIND_ARRAY:
			by_value = true;
			id = bee__btf_array(type)->type;
			continue;
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BEE_BTF_TYPE_TAG:
			break;
		case BTF_KIND_TYPEDEF:
			print_type(printer, id, depth + 1);
			if (!by_value)
				return;
			break;
		case BTF_KIND_FUNC_PROTO:
			print_needs(printer, type->type, depth + 1);
			print_params_needs(printer, type, depth + 1);
			return;
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			if (by_value || !*bee__printed_name(printer, type))
				print_type(printer, id, depth + 1);
			return;
		case BTF_KIND_ENUM:
		case BEE_BTF_ENUM64:
			print_type(printer, id, depth + 1);
			return;
		default:
			return;
		}
		id = type->type;
	}
}

static void print_typedef(struct bee__printer *printer, uint32_t id, int depth)
{
	const struct btf_type *type = bee__btf_type(printer->btf, id);
	const struct btf_type *inner;
	uint32_t behind;

	/* A struct with a name is only declared: the typedef may lead back to this one. */
	behind = bee__btf_skip_modifiers(printer->btf, type->type);
	inner = bee__btf_type(printer->btf, behind);
	if (!bee__btf_is_record(inner))
		print_needs(printer, type->type, depth);
	else if (!*bee__printed_name(printer, inner))
		print_members_needs(printer, inner, bee__reach_is_slim(printer->reach, behind),
				    depth);
	printer->pads = 0;
	bee__print(printer, "typedef ");
	bee__print_before(printer, type->type, false, false, 0);
	bee__print_typedef_name(printer, id);
	bee__print_after(printer, type->type, 0);
	bee__print(printer, ";\n");
}

/* Weak: what the kernel turns out to lack is then told where it is called. */
static void print_function(struct bee__printer *printer, const struct btf_type *type, int depth)
{
	const struct btf_type *proto = bee__btf_type(printer->btf, type->type);

	if (bee__btf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return;
	print_needs(printer, type->type, depth);
	bee__print(printer, "extern ");
	bee__print_before(printer, type->type, false, false, 0);
	bee__print(printer, bee__printed_name(printer, type));
	bee__print_after(printer, type->type, 0);
	bee__print(printer, " __attribute__((section(\".ksyms\"), weak));\n");
}

static void print_type(struct bee__printer *printer, uint32_t id, int depth)
{
	const struct btf_type *type = bee__btf_type(printer->btf, id);

	if (id >= printer->btf->len || printer->reach->marks[id] & BEE_MARK_PRINTED ||
	    depth > BEE_PRINT_MAX_DEPTH)
		return;
	printer->reach->marks[id] |= BEE_MARK_PRINTED;
	if (bee__btf_kind(type) == BTF_KIND_TYPEDEF) {
		print_typedef(printer, id, depth);
	} else if (bee__btf_kind(type) == BTF_KIND_FUNC) {
		print_function(printer, type, depth);
	} else if (bee__btf_is_enum(type)) {
		bee__print_enum(printer, id);
	} else if (bee__btf_is_record(type)) {
		bool is_slim = bee__reach_is_slim(printer->reach, id);

		print_members_needs(printer, type, is_slim, depth);
		if (!*bee__printed_name(printer, type))
			return; /* printed where it is used */
		printer->pads = 0;
		bee__print_tag(printer, id, true);
		bee__print(printer, " ");
		bee__print_body(printer, id, is_slim, 0);
		bee__print(printer, ";\n");
	}
}

/* What the source names itself keeps its name when BTF has several types of it. */
static void claim_names(struct bee__printer *printer)
{
	const struct bee__reach *reach = printer->reach;

	for (uint32_t i = 0; i < reach->len; i++) {
		const struct btf_type *type = bee__btf_type(printer->btf, reach->list[i]);

		if ((bee__btf_is_record(type) || bee__btf_is_enum(type)) && type->name_off &&
		    reach->marks[reach->list[i]] & (BEE_MARK_SEED | BEE_MARK_NAMED))
			bee__owner_of(printer, &printer->tags, type->name_off, reach->list[i]);
	}
}

int bee__cprint(struct bee__reach *reach, struct bee__text *out)
{
	struct bee__printer printer = { .reach = reach, .btf = reach->btf, .out = out };
	size_t start = out->len;

	claim_names(&printer);
	for (uint32_t i = 0; i < reach->len; i++)
		if (reach->marks[reach->list[i]] & BEE_MARK_WHOLE)
			print_type(&printer, reach->list[i], 0);
	free(printer.tags.slots);
	free(printer.names.slots);
	if (printer.failed || out->failed)
		return -ENOMEM;
	return out->len - start > BEE_PRINT_MAX_SIZE ? -E2BIG : 0;
}
