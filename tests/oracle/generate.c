/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Write a case of random reads of kernel structs, in both halves: `p->mm->owner->pid` in many forms
 * for moonbee, and for clang the same by addresses and bits that BTF gives.
 *
 * usage: oracle_generate SEED [PROGRAMS]     (standard output)
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

enum { HOPS_MAX = 4, STEPS_MAX = 12, TEXT_MAX = 512, READS = 6, NEST_MAX = 8 };

/* Where a path stands: a type at so many bits from the address that the hops so far have loaded. */
struct path {
	char text[TEXT_MAX];     /* behind "p->", as C has it */
	uint64_t hops[HOPS_MAX]; /* byte offsets of the pointers that are followed */
	size_t hops_len;
	uint64_t bit;            /* offset of what the path ends in */
	uint32_t type, bit_size; /* bit_size: of a bitfield, else 0 */
	size_t last_arrow;       /* in text: where the last pointer is followed */
};

static const struct btf *btf;
static uint64_t state;

static uint32_t below(uint32_t limit)
{
	uint64_t value;

	state += 0x9e3779b97f4a7c15ull;
	value = (state ^ state >> 30) * 0xbf58476d1ce4e5b9ull;
	return (value ^ value >> 31) % limit;
}

/* ---- types ------------------------------------------------------------------------------- */

static const char *name_of(uint32_t offset)
{
	return btf__name_by_offset(btf, offset);
}

static const struct btf_type *strip(uint32_t *id)
{
	const struct btf_type *type = btf__type_by_id(btf, *id);

	while (btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type)) {
		*id = type->type;
		type = btf__type_by_id(btf, *id);
	}
	return type;
}

/* A name that only one struct has: of several, each compiler may take another. */
static bool is_unique(const char *name)
{
	size_t count = 0;

	for (uint32_t id = 1; id < btf__type_cnt(btf) && count < 2; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_composite(type) && !strcmp(name_of(type->name_off), name))
			count++;
	}
	return count == 1;
}

static bool has_negative(const struct btf_type *type)
{
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		if (btf_is_enum(type) && btf_enum(type)[i].val < 0 && btf_kflag(type))
			return true;
	}
	return false;
}

/* A number that C reads as such: not a bool, of which only 0 and 1 are defined. */
static bool is_number(const struct btf_type *type)
{
	if (btf_is_ptr(type) || btf_is_enum(type))
		return true;
	return btf_is_int(type) && type->size <= 8 && !(btf_int_encoding(type) & BTF_INT_BOOL);
}

/* BTF does not say that char is signed, but for BPF it is. */
static bool is_signed(const struct btf_type *type)
{
	if (btf_is_enum(type))
		return has_negative(type);
	return btf_is_int(type) && (btf_int_encoding(type) & BTF_INT_SIGNED ||
				    !strcmp(name_of(type->name_off), "char"));
}

/* ---- paths ------------------------------------------------------------------------------- */

static void append(struct path *path, const char *text)
{
	size_t len = strlen(path->text);

	snprintf(path->text + len, TEXT_MAX - len, "%s", text);
}

/* One member of a struct, at random; those of anonymous members count as the struct's own. */
static bool add_member(struct path *path, const struct btf_type *type, int depth)
{
	const struct btf_member *member;
	const char *name;
	uint32_t i;

	if (!btf_vlen(type) || depth > NEST_MAX)
		return false;
	i = below(btf_vlen(type));
	member = &btf_members(type)[i];
	name = name_of(member->name_off);
	path->bit += btf_member_bit_offset(type, i);
	path->bit_size = btf_member_bitfield_size(type, i);
	path->type = member->type;
	if (!*name) {
		const struct btf_type *inner = strip(&path->type);

		return btf_is_composite(inner) && add_member(path, inner, depth + 1);
	}
	append(path, name);
	return true;
}

static bool follow_pointer(struct path *path, const struct btf_type *type)
{
	uint32_t target = type->type;
	const struct btf_type *to = target ? strip(&target) : NULL;

	if (path->hops_len == HOPS_MAX || !to || !btf_is_composite(to) || !btf_vlen(to) ||
	    (to->name_off && !is_unique(name_of(to->name_off))))
		return false;
	path->hops[path->hops_len++] = path->bit / 8;
	path->bit = 0;
	path->last_arrow = strlen(path->text);
	append(path, "->");
	path->type = target;
	return true;
}

static bool index_array(struct path *path, const struct btf_type *type)
{
	const struct btf_array *array = btf_array(type);
	int64_t size = btf__resolve_size(btf, array->type);
	char text[16];
	uint32_t i;

	if (!array->nelems || size <= 0)
		return false;
	i = below(array->nelems);
	snprintf(text, sizeof(text), "[%u]", i);
	append(path, text);
	path->bit += (uint64_t)i * size * 8;
	path->type = array->type;
	return true;
}

/* Walk until a number is reached. */
static bool walk(struct path *path, uint32_t start)
{
	*path = (struct path){ .type = start };
	if (!add_member(path, strip(&path->type), 0))
		return false;
	for (int step = 0; step < STEPS_MAX; step++) {
		const struct btf_type *type = strip(&path->type);

		if (path->bit_size)
			return is_number(type) && path->bit_size < 64;
		if (btf_is_ptr(type) && below(4) && follow_pointer(path, type)) {
			if (!add_member(path, strip(&path->type), 0))
				return false;
		} else if (is_number(type)) {
			return true;
		} else if (btf_is_composite(type)) {
			append(path, ".");
			if (!add_member(path, type, 0))
				return false;
		} else if (!btf_is_array(type) || !index_array(path, type)) {
			return false;
		}
	}
	return false;
}

static void find_path(struct path *path, uint32_t start)
{
	while (!walk(path, start) || strlen(path->text) > TEXT_MAX - 64)
		;
}

/* ---- both halves ------------------------------------------------------------------------- */

/* The forms in which a read is written. %1$s: the expression; %2$s: up to the last arrow; %3$s: behind
 * it; %4$u: a number of its own. FIELDS stand no bitfield, of which there is no address. */
static const struct {
	const char *text;
	bool is_for_bitfields, has_prefix;
} forms[] = {
	{ "v = (u64)%1$s;", true, false },
	{ "v = inline_%4$u(p);", true, false },
	{ "v = noinline_%4$u(p);", true, false },
	{ "v = MACRO_%4$u(p);", true, false },
	{ "typeof(%2$s) q = %2$s; v = (u64)q->%3$s;", true, true },
	{ "typeof(%2$s) q = raw == 0x123456789 ? 0 : %2$s; v = (u64)q->%3$s;", true, true },
	{ "typeof(*%2$s) *q, *kept = %2$s; u64 key = %4$u; void **found; kept_%5$u.update(&key, (void **)&kept); "
	  "found = kept_%5$u.lookup(&key); if (found) { q = *found; v = (u64)q->%3$s; }",
	  true, true },
	{ "typeof(%1$s) *q = &%1$s; v = (u64)*q;", false, false },
	{ "v = (u64)READ_ONCE(%1$s);", false, false },
	{ "__typeof_unqual__(%1$s) copy; __builtin_memcpy(&copy, &%1$s, sizeof(copy)); v = (u64)copy;",
	  false, false },
	{ "__typeof_unqual__(%1$s) copy = 0; bpf_probe_read_kernel(&copy, sizeof(copy), &%1$s); v = (u64)copy;",
	  false, false },
	{ "struct { typeof(%2$s) a, b; } two = { %2$s, 0 }; v = (u64)two.a->%3$s;", true, true },
	{ "for (int i = 0; i < 3; i++) v += (u64)%1$s << i;", true, false },
};

/* The pragma keeps a positional argument that a form does not use from being an error. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void write_functions(const struct path *path, const char *start, unsigned int number)
{
	printf("static inline u64 inline_%u(struct %s *p) { return (u64)p->%s; }\n", number, start,
	       path->text);
	printf("static noinline u64 noinline_%u(struct %s *p) { return (u64)p->%s; }\n", number,
	       start, path->text);
	printf("#define MACRO_%u(x) ((u64)(x)->%s)\n", number, path->text);
}

static void write_read(const struct path *path, size_t form, unsigned int number,
		       unsigned int program)
{
	char whole[TEXT_MAX + 8], before[TEXT_MAX + 8];
	const char *behind = path->text + path->last_arrow + (path->last_arrow ? 2 : 0);

	snprintf(whole, sizeof(whole), "p->%s", path->text);
	snprintf(before, sizeof(before), path->last_arrow ? "p->%.*s" : "p", (int)path->last_arrow,
		 path->text);
	printf("\t{ u64 v = 0; ");
	printf(forms[form].text, whole, before, behind, number, program);
	printf(" out.v[%u] = v; }\n", number % READS);
}

/* The address by the hops, then the bits. */
static void write_plain(const struct path *path, size_t form, unsigned int number)
{
	uint32_t id = path->type;
	const struct btf_type *type = strip(&id);
	uint32_t size = btf_is_ptr(type) ? 8 : type->size;
	uint32_t bits = path->bit_size ? path->bit_size : size * 8;

	printf("\t{ u64 a = PT_REGS_PARM1(ctx), v;");
	for (size_t i = 0; i < path->hops_len; i++)
		printf(" a = AT(u64, a + %llu);", (unsigned long long)path->hops[i]);
	if (bits == 64)
		printf(" v = AT(u64, a + %llu);", (unsigned long long)path->bit / 8);
	else
		printf(" v = %s(a + %llu, %llu, %u);", is_signed(type) ? "SIGNED_BITS" : "BITS",
		       (unsigned long long)path->bit / 8, (unsigned long long)path->bit % 8, bits);
	if (form == LEN(forms) - 1)
		printf(" v += (v << 1) + (v << 2);");
	printf(" out.v[%u] = v; }\n", number % READS);
}

/* ---- the file ---------------------------------------------------------------------------- */

static const char *const starts[] = {
	"task_struct", "sock",       "sk_buff",     "file",           "inode",    "dentry",
	"mm_struct",   "net_device", "super_block", "cred",           "tcp_sock", "signal_struct",
	"request",     "bio",        "socket",      "vm_area_struct", "pid",      "inet_sock",
};

struct program {
	const char *start;
	struct path paths[READS];
	size_t forms[READS];
};

static bool is_fit(const struct path *path, size_t form)
{
	return (forms[form].is_for_bitfields || !path->bit_size) &&
	       (!forms[form].has_prefix || path->hops_len);
}

static void choose(struct program *program)
{
	int id;

	do {
		program->start = starts[below(LEN(starts))];
		id = btf__find_by_name_kind(btf, program->start, BTF_KIND_STRUCT);
	} while (id <= 0);
	for (size_t i = 0; i < READS; i++) {
		find_path(&program->paths[i], id);
		do {
			program->forms[i] = below(LEN(forms));
		} while (!is_fit(&program->paths[i], program->forms[i]));
	}
}

static void write_dialect(const struct program *programs, unsigned int len)
{
	printf("#ifndef PLAIN\nBPF_PERF_OUTPUT(events);\n");
	for (unsigned int i = 0; i < len; i++) {
		const struct program *program = &programs[i];

		printf("BPF_HASH(kept_%u, u64, void *);\n", i);
		for (unsigned int k = 0; k < READS; k++)
			write_functions(&program->paths[k], program->start, i * READS + k);
		printf("int kprobe__f%u(struct pt_regs *ctx, struct %s *p, u64 raw)\n{\n", i,
		       program->start);
		printf("\tstruct out out = {};\n");
		for (unsigned int k = 0; k < READS; k++)
			write_read(&program->paths[k], program->forms[k], i * READS + k, i);
		printf("\tevents.perf_submit(ctx, &out, sizeof(out));\n\treturn 0;\n}\n");
	}
}

static void write_reference(const struct program *programs, unsigned int len)
{
	printf("#else\nEVENTS(events);\n");
	for (unsigned int i = 0; i < len; i++) {
		printf("SEC(\"kprobe/f%u\") int kprobe__f%u(struct pt_regs *ctx)\n{\n", i, i);
		printf("\tstruct out out = {};\n");
		for (unsigned int k = 0; k < READS; k++)
			write_plain(&programs[i].paths[k], programs[i].forms[k], i * READS + k);
		printf("\tSUBMIT(events, &out);\n\treturn 0;\n}\n");
	}
	printf("#endif\n");
}

int main(int argc, char **argv)
{
	unsigned int len = argc > 2 ? strtoul(argv[2], NULL, 0) : 20;
	struct program *programs = calloc(len, sizeof(*programs));

	btf = btf__load_vmlinux_btf();
	if (argc < 2 || !btf || !programs) {
		fprintf(stderr, "usage: oracle_generate SEED [PROGRAMS]\n");
		return 2;
	}
	state = strtoull(argv[1], NULL, 0);
	for (unsigned int i = 0; i < len; i++)
		choose(&programs[i]);
	printf("// Random reads: oracle_generate %s %u\n// no maps\n", argv[1], len);
	printf("struct out { u64 v[%d]; };\n", READS);
	write_dialect(programs, len);
	write_reference(programs, len);
	free(programs);
	btf__free((struct btf *)btf);
	return 0;
}
