/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw BTF, read where it lies and never trusted.
 *
 * libbpf's reader copies and checks all of it, which costs more than a whole small compile. Here
 * one pass finds where each type begins; all else is checked when it is asked for: an id, a name
 * or a size that makes no sense reads as void, as "" or as 0.
 */
#ifndef BEE_RAWBTF_H
#define BEE_RAWBTF_H

#include <libelf.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kinds that older headers lack. */
#define BEE_BTF_DECL_TAG 17
#define BEE_BTF_TYPE_TAG 18
#define BEE_BTF_ENUM64   19

struct bee;
struct bee__files;
struct bee_load_opts;

struct bee__btf_enum64 {
	uint32_t name_off;
	uint32_t low, high;
};

struct bee__rawbtf {
	void *data; /* the whole, mapped or read; NULL: types and names are allocated */
	size_t size;
	bool is_mapped;
	const char *types;
	const char *names; /* names_size bytes, the last of which is a NUL */
	uint32_t types_size, names_size;
	uint32_t *offsets; /* of each type, from types; 0 is void and has none */
	uint32_t len;      /* number of ids, void included */
	uint8_t *aligns;   /* of each type, once asked for; 0: not yet */
	uint32_t base_len; /* of vmlinux alone: what BTF of modules builds upon */
	uint32_t base_names_size;
	const struct bee__rawbtf *base; /* of a module alone: BTF that is kept apart; or NULL */
};

/* Open a file of raw BTF, or an ELF file that carries some. Errors are recorded as those of TYPES. */
int bee__rawbtf_open(struct bee *bee, const char *path, struct bee__rawbtf *ret_btf);
/*
 * Read BTF that lies in memory; data was allocated and now is the BTF's. -EINVAL: it is none;
 * -ENODATA: it was cut short; -ENOEXEC: of the other byte order; -EXDEV: of a module, and no whole.
 */
int bee__rawbtf_parse(void *data, size_t size, bool is_mapped, struct bee__rawbtf *ret_btf);
void bee__rawbtf_close(struct bee__rawbtf *btf);

/* ---- modules.c --------------------------------------------------------------------------- */

struct bee__words;

/*
 * Join the BTF of a module, whose ids and names begin where vmlinux's end. Errors as of parse, which
 * leave btf as it was.
 */
int bee__rawbtf_add(struct bee__rawbtf *btf, const void *data, size_t size);
/*
 * Join the BTF of those modules that have a struct, union or enum which the user names and vmlinux
 * lacks. They lie beside path when its last part is "vmlinux". *ret_added: their number.
 */
int bee__modules_add(struct bee__rawbtf *btf, const char *path, struct bee__words *words,
		     size_t *ret_added);
/* Do these flags of a word tell of a struct, union or enum that is nowhere yet? Is there one? */
bool bee__modules_want(uint32_t flags);
bool bee__modules_want_any(const struct bee__words *words);
/* Has a module, which is alone as bee__rawbtf_split() has it, a type that is wanted? */
bool bee__modules_has(const struct bee__rawbtf *part, const struct bee__words *words);
/* Join it, and note what is wanted no longer. Errors as of bee__rawbtf_add(). */
int bee__modules_join(struct bee__rawbtf *btf, const struct bee__rawbtf *part,
		      struct bee__words *words);

/* ---- modfiles.c -------------------------------------------------------------------------- */

#define BEE_STAMP_SIZE 96

/*
 * The same of modules that are not loaded, from files that modules.dep lists: it lies beside the BTF
 * that was asked for, or where the running kernel has its modules. Adds to *ret_added.
 */
int bee__modfiles_add(struct bee *bee, struct bee__rawbtf *btf, const struct bee__files *files,
		      const struct bee_load_opts *opts, struct bee__words *words,
		      size_t *ret_added);
/* What tells a file from the one that was by its name before. As of stat(). */
int bee__modfile_stamp(const char *path, char stamp[BEE_STAMP_SIZE]);

struct bee__modfile_name {
	char text[64];
};

/* Is a function, by its name, one of a module that is installed and not loaded? */
bool bee__modfile_of_function(const char *function, struct bee__modfile_name *ret_name);

/* ---- refs.c ------------------------------------------------------------------------------ */

/*
 * Look at a module alone, on top of base, which must stay open: ids and names of vmlinux are base's,
 * its own types are bee__btf_own_id() of 1 to len - 1. Sizes and alignments cannot be asked for. data
 * was allocated and now is the BTF's. Errors as of parse.
 */
int bee__rawbtf_split(const struct bee__rawbtf *base, void *data, size_t size,
		      struct bee__rawbtf *ret_btf);
/*
 * Call fn for each module that has BTF beside path, if that is of a vmlinux, by name; file is its
 * path. A negative return ends it.
 */
int bee__modules_each(const char *path, int (*fn)(void *ctx, const char *module, const char *file),
		      void *ctx);

/* A walk over the ids and the places of names in one type. */
struct bee__btf_ref {
	uint32_t *value;
	bool is_name;
	uint32_t next; /* how many were given */
};

/* false: there is no more. */
bool bee__btf_next_ref(struct btf_type *type, struct bee__btf_ref *ref);
/*
 * Does all that the BTF of an object refers to make sense? libbpf 1.1 follows it unchecked. 0 also
 * when there is none; -EINVAL.
 */
int bee__object_btf_check(const void *elf, size_t size);

/* ---- rawbtf.c, for modules.c and refs.c --------------------------------------------------------------- */

/* Set types and names by the header of the BTF in data. is_split: it may build on another one. */
int bee__rawbtf_sections(struct bee__rawbtf *btf, bool is_split);
/* A copy of an ELF file's .BTF section; -ENOENT: it has none. The caller frees *ret_data. */
int bee__rawbtf_from_elf(Elf *elf, void **ret_data, size_t *ret_size);
/* Note where each of the types from the offset on begins. */
int bee__rawbtf_index(struct bee__rawbtf *btf, uint32_t from);

/* The id of the n-th of a BTF's own types. */
static inline uint32_t bee__btf_own_id(const struct bee__rawbtf *btf, uint32_t n)
{
	return btf->base ? btf->base->base_len - 1 + n : n;
}

/* The type of an id; void for ids that there are not. */
const struct btf_type *bee__btf_type(const struct bee__rawbtf *btf, uint32_t id);
const char *bee__btf_name(const struct bee__rawbtf *btf, uint32_t offset);

/* The id behind const, volatile, restrict and type tags; bee__btf_resolve() behind typedefs too. */
uint32_t bee__btf_skip_modifiers(const struct bee__rawbtf *btf, uint32_t id);
uint32_t bee__btf_resolve(const struct bee__rawbtf *btf, uint32_t id);

/* Bytes of a type, and the alignment that C gives it. */
uint64_t bee__btf_size(const struct bee__rawbtf *btf, uint32_t id);
uint32_t bee__btf_align(const struct bee__rawbtf *btf, uint32_t id);
/* A struct or union whose members lie where C puts them only when it is packed. */
bool bee__btf_is_packed(const struct bee__rawbtf *btf, uint32_t id);

static inline uint32_t bee__btf_kind(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info);
}

static inline uint32_t bee__btf_vlen(const struct btf_type *type)
{
	return BTF_INFO_VLEN(type->info);
}

static inline bool bee__btf_is_record(const struct btf_type *type)
{
	return bee__btf_kind(type) == BTF_KIND_STRUCT || bee__btf_kind(type) == BTF_KIND_UNION;
}

static inline bool bee__btf_is_enum(const struct btf_type *type)
{
	return bee__btf_kind(type) == BTF_KIND_ENUM || bee__btf_kind(type) == BEE_BTF_ENUM64;
}

static inline bool bee__btf_is_modifier(const struct btf_type *type)
{
	uint32_t kind = bee__btf_kind(type);

	return kind == BTF_KIND_CONST || kind == BTF_KIND_VOLATILE || kind == BTF_KIND_RESTRICT ||
	       kind == BEE_BTF_TYPE_TAG;
}

/* What stands behind a type: bee__btf_vlen() of them, or the one array. */
static inline const struct btf_member *bee__btf_members(const struct btf_type *type)
{
	return (const struct btf_member *)(type + 1);
}

static inline const struct btf_array *bee__btf_array(const struct btf_type *type)
{
	return (const struct btf_array *)(type + 1);
}

static inline const struct btf_param *bee__btf_params(const struct btf_type *type)
{
	return (const struct btf_param *)(type + 1);
}

/* Where a member begins, in bits, and how many bits it has if it is a bitfield, else 0. */
static inline uint32_t bee__btf_bit_offset(const struct btf_type *type,
					   const struct btf_member *member)
{
	return BTF_INFO_KFLAG(type->info) ? BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;
}

static inline uint32_t bee__btf_bit_size(const struct btf_type *type,
					 const struct btf_member *member)
{
	return BTF_INFO_KFLAG(type->info) ? BTF_MEMBER_BITFIELD_SIZE(member->offset) : 0;
}

/* Name offset and value of the index-th enumerator. */
uint32_t bee__btf_enumerator(const struct btf_type *type, uint32_t index, int64_t *ret_value);

#endif
