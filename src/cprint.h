/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel types printed as C, each behind what it needs, with sizes and offsets as BTF tells them. */
#ifndef BEE_CPRINT_H
#define BEE_CPRINT_H

#include "internal.h"
#include "reach.h"

#define BEE_PRINT_MAX_DEPTH 64          /* of types in types */
#define BEE_PRINT_MAX_SIZE  (16u << 20) /* bytes of text: a real kernel's whole BTF is 4 MB */

/*
 * Append all that reach has found to out. Where BTF has two types of a name, or the user one too,
 * the kernel's other one gets a suffix. -ENOMEM; -E2BIG: BTF that is out of its mind.
 */
int bee__cprint(struct bee__reach *reach, struct bee__text *out);

/* Names given away, each told by a place of it in BTF's names. */
struct bee__owner {
	uint32_t name, id;
};

struct bee__owners {
	struct bee__owner *slots;
	uint32_t len, room; /* room is a power of two */
};

struct bee__printer {
	struct bee__reach *reach;
	const struct bee__rawbtf *btf;
	struct bee__text *out;
	struct bee__owners tags;  /* of struct, union, enum */
	struct bee__owners names; /* of typedefs and enumerators */
	uint32_t pads;            /* of the record being printed: their names must differ */
	bool is_plain;            /* names as BTF has them, for a person: reach is NULL */
	bool failed;              /* out of memory */
};

/* ---- cdecl.c: names, and declarations around them ----------------------------------------- */

void bee__print(struct bee__printer *printer, const char *text);
const char *bee__printed_name(const struct bee__printer *printer, const struct btf_type *type);
bool bee__is_identifier(const char *name);
/* The type that has a name: the first that asks. */
uint32_t bee__owner_of(struct bee__printer *printer, struct bee__owners *owners, uint32_t name,
		       uint32_t id);
/* "struct name". Through a pointer the user's struct is meant; by value only the kernel's fits. */
void bee__print_tag(struct bee__printer *printer, uint32_t id, bool by_value);
void bee__print_typedef_name(struct bee__printer *printer, uint32_t id);
/* Append a declaration of name, or with "" the type alone, as a person reads it: "struct sock *sk". */
void bee__declare(const struct bee__rawbtf *btf, uint32_t id, const char *name,
		  struct bee__text *out);
/*
 * "struct { ... } ", also of one that has a tag: as a member without a name it would be none in C, where
 * the kernel is built with -fms-extensions.
 */
void bee__print_nameless(struct bee__printer *printer, uint32_t id, bool is_slim, int depth);
/* What stands before the declared name, and behind it. */
void bee__print_before(struct bee__printer *printer, uint32_t id, bool is_slim, bool by_value,
		       int depth);
void bee__print_after(struct bee__printer *printer, uint32_t id, int depth);

/* ---- cbody.c: what stands in braces ------------------------------------------------------ */

/* "{ ... }"; depth is that of the indent. */
void bee__print_body(struct bee__printer *printer, uint32_t id, bool is_slim, int depth);
void bee__print_enum(struct bee__printer *printer, uint32_t id);

#endif
