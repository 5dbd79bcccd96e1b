// SPDX-License-Identifier: Apache-2.0
/*
 * The bodies of kernel records and enums.
 *
 * A record is printed member by member while `bits` follows where C would put the next one; where
 * BTF says another place, padding closes the gap.
 */
#include <inttypes.h>

#include "cprint.h"

#define REST_MAX 64 /* bytes: what the alignment to a line of the cache may leave free */

/* A record being printed. */
struct body {
	const struct btf_type *type;
	uint64_t bits; /* where the next member would begin, at the earliest */
	bool is_packed;
	bool is_slim;
	bool is_ops; /* of struct_ops */
	int depth;
};

static void print_indent(struct bee__printer *printer, int depth)
{
	while (depth-- >= 0)
		bee__print(printer, "\t");
}

/* What libbpf compares with the kernel's own, member by member, must have no member more. */
static void print_nameless_padding(struct bee__printer *printer, struct body *body, uint64_t bytes)
{
	while (bytes-- > 0 && printer->out->len < BEE_PRINT_MAX_SIZE) {
		print_indent(printer, body->depth);
		bee__print(printer, "char :8;\n");
	}
}

static void print_padding(struct bee__printer *printer, struct body *body, uint64_t bytes)
{
	if (body->is_ops) {
		print_nameless_padding(printer, body, bytes);
		return;
	}
	print_indent(printer, body->depth);
	bee__text_printf(printer->out, "char __bee_pad%" PRIu32 "[%" PRIu64 "];\n", printer->pads++,
			 bytes);
}

/* An integer of as many bits: a _Bool, as the members around it may be, cannot be padding. */
static const char *unit_of(uint64_t bits)
{
	return bits <= 8    ? "unsigned char"
	       : bits <= 16 ? "unsigned short"
	       : bits <= 32 ? "unsigned int"
			    : "unsigned long long";
}

/* Bring the next bit to where the unit of a bitfield, and then the bitfield itself, begins. */
static void pad_bitfield(struct bee__printer *printer, struct body *body,
			 const struct btf_member *member)
{
	uint64_t unit = bee__btf_size(printer->btf, member->type) * 8;
	uint64_t offset = bee__btf_bit_offset(body->type, member);
	uint64_t start = body->is_packed || !unit ? offset / 8 * 8 : offset / unit * unit;
	uint64_t byte = (body->bits + 7) / 8;

	if (body->bits < start) {
		if (start / 8 > byte) {
			print_padding(printer, body, start / 8 - byte);
		} else {
			print_indent(printer, body->depth);
			bee__print(printer, "char :0;\n");
		}
		body->bits = start;
	}
	if (offset > body->bits && offset - body->bits <= unit) {
		print_indent(printer, body->depth);
		bee__text_printf(printer->out, "%s :%" PRIu64 ";\n", unit_of(unit),
				 offset - body->bits);
	}
}

static void pad_member(struct bee__printer *printer, struct body *body,
		       const struct btf_member *member)
{
	uint64_t align = body->is_packed ? 1 : bee__btf_align(printer->btf, member->type);
	uint64_t offset = bee__btf_bit_offset(body->type, member) / 8;
	uint64_t byte = (body->bits + 7) / 8;

	if (offset > (byte + align - 1) / align * align)
		print_padding(printer, body, offset - byte);
}

static void print_member(struct bee__printer *printer, struct body *body,
			 const struct btf_member *member, enum bee__member_form form)
{
	const char *name = bee__btf_name(printer->btf, member->name_off);
	uint32_t bits = bee__btf_bit_size(body->type, member);
	uint32_t record = bee__btf_resolve(printer->btf, member->type);

	if (BTF_INFO_KIND(body->type->info) == BTF_KIND_STRUCT) {
		if (bits)
			pad_bitfield(printer, body, member);
		else
			pad_member(printer, body, member);
	}
	print_indent(printer, body->depth);
	if (form == BEE_MEMBER_OPAQUE)
		bee__print(printer, "void *");
	else if (!*name && bee__btf_is_record(bee__btf_type(printer->btf, record)))
		bee__print_nameless(printer, record, body->is_slim, body->depth + 1);
	else
		bee__print_before(printer, member->type, body->is_slim, true, body->depth + 1);
	if (bee__is_identifier(name))
		bee__print(printer, name);
	else if (*name)
		bee__text_printf(printer->out, "__bee_name%" PRIu32, printer->pads++);
	if (form != BEE_MEMBER_OPAQUE)
		bee__print_after(printer, member->type, body->depth + 1);
	if (bits)
		bee__text_printf(printer->out, ":%" PRIu32, bits);
	bee__print(printer, ";\n");
	body->bits = bee__btf_bit_offset(body->type, member) +
		     (bits ? bits : bee__btf_size(printer->btf, member->type) * 8);
}

/*
 * What the alignment of a whole record leaves free has no name: libbpf looks up each member that a table
 * of struct_ops has by its name in the kernel.
 */
static void print_rest(struct bee__printer *printer, struct body *body, uint64_t bytes)
{
	print_indent(printer, body->depth);
	bee__print(printer, "char");
	while (bytes--)
		bee__text_printf(printer->out, " :8%s", bytes ? "," : ";\n");
}

/* What is left of a record behind its last member, and the alignment that it had from hidden ones. */
static void print_tail(struct bee__printer *printer, struct body *body, uint32_t align,
		       bool is_hiding)
{
	uint64_t byte = (body->bits + 7) / 8;
	uint64_t natural = body->is_packed ? byte : (byte + align - 1) / align * align;
	uint32_t size = body->type->size;

	if (BTF_INFO_KIND(body->type->info) == BTF_KIND_UNION) {
		if (size && (is_hiding || !bee__btf_vlen(body->type)))
			print_padding(printer, body, size);
	} else if (size > natural && !is_hiding && size - byte <= REST_MAX) {
		print_rest(printer, body, size - byte);
	} else if (size > (is_hiding ? byte : natural)) {
		print_padding(printer, body, size - byte);
	}
	print_indent(printer, body->depth - 1);
	bee__print(printer, "}");
	if (body->is_packed)
		bee__print(printer, " __attribute__((packed))");
	else if (is_hiding && align > 1)
		bee__text_printf(printer->out, " __attribute__((aligned(%" PRIu32 ")))", align);
}

void bee__print_body(struct bee__printer *printer, uint32_t id, bool is_slim, int depth)
{
	const struct btf_type *type = bee__btf_type(printer->btf, id);
	const struct btf_member *member = bee__btf_members(type);
	struct body body = {
		.type = type,
		.is_packed = bee__btf_is_packed(printer->btf, id),
		.is_slim = is_slim,
		.is_ops = bee__reach_is_ops(bee__printed_name(printer, type)),
		.depth = depth,
	};
	bool is_hiding = false;

	bee__print(printer, "{\n");
	for (uint32_t i = 0; i < bee__btf_vlen(type); i++, member++) {
		enum bee__member_form form = bee__reach_member(printer->reach, member, is_slim);

		if (form == BEE_MEMBER_HIDDEN)
			is_hiding = true;
		else if (depth < BEE_PRINT_MAX_DEPTH && printer->out->len < BEE_PRINT_MAX_SIZE)
			print_member(printer, &body, member, form);
	}
	print_tail(printer, &body, bee__btf_align(printer->btf, id), is_hiding);
}

/* An enumerator is shown when the source names it, or the enum as a whole. */
static bool shows_enumerator(struct bee__printer *printer, uint32_t id, uint32_t offset)
{
	const char *name = bee__btf_name(printer->btf, offset);
	uint32_t flags = bee__words_flags(printer->reach->words, name);

	if (!bee__is_identifier(name) || flags & BEE_WORD_OWN)
		return false;
	if (!(printer->reach->marks[id] & BEE_MARK_NAMED) &&
	    !(flags & (BEE_WORD_PLAIN | BEE_WORD_MEMBER)))
		return false;
	return bee__owner_of(printer, &printer->names, offset, id) == id;
}

/* Old BTF says of no enum that it is signed: then its values may be no numbers of its size. */
static bool fits_size(const struct btf_type *type)
{
	int64_t value;

	for (uint32_t i = 0; i < bee__btf_vlen(type); i++) {
		bee__btf_enumerator(type, i, &value);
		if (!BTF_INFO_KFLAG(type->info) && (value < 0 || value >> (type->size * 8)))
			return false;
	}
	return true;
}

/* The type below an enum that is smaller than an int; NULL: none needs to be said. */
static const char *small_type(const struct btf_type *type)
{
	bool is_signed = BTF_INFO_KFLAG(type->info);

	if (type->size > 2 || !fits_size(type))
		return NULL;
	if (type->size == 1)
		return is_signed ? "signed char" : "unsigned char";
	return is_signed ? "short" : "unsigned short";
}

/* Size and sign are the enum's own whatever is shown of it: an enumerator more sees to that. */
static void print_enum_frame(struct bee__printer *printer, uint32_t id, const struct btf_type *type,
			     bool is_empty, bool is_told)
{
	bool is_signed = BTF_INFO_KFLAG(type->info);

	if (type->size == 8)
		bee__text_printf(printer->out, " __bee_wide%" PRIu32 " = %s,", id,
				 is_signed ? "0x7fffffffffffffffLL" : "0xffffffffffffffffULL");
	if (is_signed)
		bee__text_printf(printer->out, " __bee_low%" PRIu32 " = -1,", id);
	else if (is_empty && type->size != 8)
		bee__text_printf(printer->out, " __bee_low%" PRIu32 " = 0,", id);
	bee__print(printer, " }");
	if (type->size == 1 && !is_told)
		bee__print(printer, " __attribute__((mode(QI)))");
	else if (type->size == 2 && !is_told)
		bee__print(printer, " __attribute__((mode(HI)))");
	bee__print(printer, ";\n");
}

void bee__print_enum(struct bee__printer *printer, uint32_t id)
{
	const struct btf_type *type = bee__btf_type(printer->btf, id);
	const char *small = small_type(type);
	bool is_empty = true;
	int64_t value;

	if (*bee__printed_name(printer, type))
		bee__print_tag(printer, id, true);
	else
		bee__print(printer, "enum");
	if (small)
		bee__text_printf(printer->out, " : %s", small);
	bee__print(printer, " {");
	for (uint32_t i = 0; i < bee__btf_vlen(type) && printer->out->len < BEE_PRINT_MAX_SIZE;
	     i++) {
		uint32_t offset = bee__btf_enumerator(type, i, &value);

		if (!shows_enumerator(printer, id, offset))
			continue;
		is_empty = false;
		bee__text_printf(printer->out, " %s = ", bee__btf_name(printer->btf, offset));
		if (type->size == 8 && !BTF_INFO_KFLAG(type->info))
			bee__text_printf(printer->out, "%" PRIu64 "ULL,", (uint64_t)value);
		else if (value == INT64_MIN)
			bee__print(printer, "-0x7fffffffffffffffLL - 1,");
		else
			bee__text_printf(printer->out, "%" PRId64 ",", value);
	}
	print_enum_frame(printer, id, type, is_empty, small);
}
