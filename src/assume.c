// SPDX-License-Identifier: Apache-2.0
/*
 * What a portable object assumes of the kernel that loads it.
 *
 * CO-RE relocates offsets of members. What it cannot carry was put into the object when it was
 * compiled, a line each, and is looked up here on the running kernel:
 *
 *   arch x86_64 the machine
 *   define 40 DNAME_INLINE_LEN                        as src/facts.c tells it
 *   config y CONFIG_NUMA                              n: it is not set
 *   size 32 struct iov_iter                           a value of the type, or sizeof
 *   member 4 struct file.f_flags                      bytes that are read; none where it is missing
 *   offset 16 struct file.f_path                      in bits, where it is a constant
 *   enumerator 1 TCP_ESTABLISHED
 *   tracepoint 24+8 syscalls__sys_enter_openat.filename
 */
#include "facts.h"
#include "internal.h"
#include "rawbtf.h"
#include "wire.h"

#define FOUND_SIZE 64

struct assumption {
	const struct kind *kind;
	const char *wanted;
	const char *what;
	char type[128];   /* of the kinds in BTF: "file", without struct or union */
	const char *path; /* behind the type: "f_flags"; NULL: none */
	bool is_typedef;
	bool is_met;
	char found[FOUND_SIZE]; /* "": nothing of the name */
};

struct check {
	struct bee *bee;
	char *text; /* the lines, cut into words */
	struct assumption *list;
	size_t len;
	struct bee__rawbtf btf; /* open when one of the list needs it */
	uint64_t filter[64]; /* a bit for each pair of first letters of a name that is looked for */
};

struct kind {
	const char *name;
	const char *words; /* what the value is of, for the error's text */
	bool is_in_btf;
	bool may_lack; /* a kernel without it is fine */
	/* Look it up. -ENOENT: there is none of the name; other errors are recorded. */
	int (*find)(struct check *check, struct assumption *assumption);
};

/* ---- kinds that are asked for one by one --------------------------------------------------- */

static int find_arch(struct check *check, struct assumption *assumption)
{
	snprintf(assumption->found, FOUND_SIZE, "%s", bee__fact_machine());
	return 0;
}

static int find_define(struct check *check, struct assumption *assumption)
{
	return bee__fact(assumption->what, &check->btf, assumption->found, FOUND_SIZE);
}

/* Where no configuration is to be had nothing speaks against it, but nothing for it either. */
static int find_config(struct check *check, struct assumption *assumption)
{
	int err = bee__fact_option(assumption->what, assumption->found, FOUND_SIZE);

	if (err != -ENOENT)
		return err;
	bee__log(check->bee, BEE_LOG_WARN,
		 "cannot tell whether %s is %s: the kernel has no "
		 "/proc/config.gz, and /boot no configuration",
		 assumption->what, assumption->wanted);
	snprintf(assumption->found, FOUND_SIZE, "%s", assumption->wanted);
	return 0;
}

/* "category__event.field": either name may hold "__" too, so the first split that there is. */
static int find_tracepoint(struct check *check, struct assumption *assumption)
{
	char name[256], *field, *at;
	unsigned int offset, size;
	int err = -ENOENT;

	snprintf(name, sizeof(name), "%s", assumption->what);
	field = strchr(name, '.');
	if (!field)
		return -ENOENT;
	*field++ = '\0';
	for (at = strstr(name, "__"); at && err == -ENOENT; at = strstr(at + 1, "__")) {
		*at = '\0';
		err = bee__tracepoint_field(check->bee, name, at + 2, field, &offset, &size);
		*at = '_';
	}
	if (!err)
		snprintf(assumption->found, FOUND_SIZE, "%u+%u", offset, size);
	return err;
}

/* ---- kinds in BTF: all in one pass ---------------------------------------------------------- */

/* The member that a path leads to, through members without a name too. */
static bool find_member(const struct bee__rawbtf *btf, uint32_t id, const char *path, int depth,
			uint64_t *bits, uint64_t *size)
{
	const struct btf_type *type = bee__btf_type(btf, bee__btf_resolve(btf, id));
	const struct btf_member *member = bee__btf_members(type);
	size_t len = strcspn(path, ".");

	if (!bee__btf_is_record(type) || depth > 16)
		return false;
	for (uint32_t i = 0; i < bee__btf_vlen(type); i++, member++) {
		const char *name = bee__btf_name(btf, member->name_off);
		const char *rest = path;
		uint64_t start = *bits;

		*bits += bee__btf_bit_offset(type, member);
		*size = bee__btf_size(btf, member->type);
		if (*name && (strncmp(name, path, len) || name[len])) {
			*bits = start;
			continue;
		}
		if (*name)
			rest += len + (path[len] == '.');
		if (!*rest || find_member(btf, member->type, rest, depth + 1, bits, size))
			return true;
		*bits = start;
	}
	return false;
}

/* One of several types of the name is enough: nothing tells which one is meant. */
static void meet(struct assumption *assumption, uint64_t value)
{
	char text[FOUND_SIZE];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	assumption->is_met |= !strcmp(text, assumption->wanted);
	if (!*assumption->found)
		snprintf(assumption->found, FOUND_SIZE, "%s", text);
}

static void meet_type(const struct check *check, struct assumption *assumption, uint32_t id)
{
	uint64_t bits = 0, size = bee__btf_size(&check->btf, id);

	if (assumption->path && !find_member(&check->btf, id, assumption->path, 0, &bits, &size))
		return;
	meet(assumption, strcmp(assumption->kind->name, "offset") ? size : bits);
}

static size_t filter_bit(const char *name)
{
	return *name ? ((unsigned char)name[0] * 31 + (unsigned char)name[1]) % 4096 : 0;
}

static bool may_be_wanted(const struct check *check, const char *name)
{
	size_t bit = filter_bit(name);

	return check->filter[bit / 64] & 1ull << bit % 64;
}

static void look_at_enum(struct check *check, const struct btf_type *type)
{
	for (uint32_t i = 0; i < bee__btf_vlen(type); i++) {
		int64_t value;
		uint32_t offset = bee__btf_enumerator(type, i, &value);
		const char *name = bee__btf_name(&check->btf, offset);

		for (size_t k = 0; k < check->len && may_be_wanted(check, name); k++)
			if (!strcmp(check->list[k].kind->name, "enumerator") &&
			    !strcmp(check->list[k].what, name))
				meet(&check->list[k], value);
	}
}

static void look_at_type(struct check *check, uint32_t id, const struct btf_type *type)
{
	const char *name = bee__btf_name(&check->btf, type->name_off);
	bool is_typedef = bee__btf_kind(type) == BTF_KIND_TYPEDEF;

	for (size_t i = 0; i < check->len && may_be_wanted(check, name); i++) {
		struct assumption *assumption = &check->list[i];

		if (assumption->is_typedef == is_typedef && !strcmp(assumption->type, name))
			meet_type(check, assumption, id);
	}
}

static int look_through_btf(struct check *check)
{
	int err = bee__rawbtf_open(check->bee, check->bee->btf_path, &check->btf);

	for (uint32_t id = 1; !err && id < check->btf.len; id++) {
		const struct btf_type *type = bee__btf_type(&check->btf, id);

		if (bee__btf_is_enum(type))
			look_at_enum(check, type);
		else if (bee__btf_is_record(type) || bee__btf_kind(type) == BTF_KIND_TYPEDEF)
			look_at_type(check, id, type);
	}
	return err;
}

// clang-format off
static const struct kind kinds[] = {
	{ "arch",       "the machine",           false, false, find_arch },
	{ "define",     "%s",                    true,  false, find_define },
	{ "config",     "%s",                    false, false, find_config },
	{ "size",       "the size of %s",        true,  false, NULL },
	{ "member",     "the size of %s",        true,  true,  NULL },
	{ "offset",     "the bit offset of %s",  true,  false, NULL },
	{ "enumerator", "%s",                    true,  true,  NULL },
	{ "tracepoint", "offset+size of %s",     false, false, find_tracepoint },
};
// clang-format on

/* ---- the lines ----------------------------------------------------------------------------- */

/* "struct file.f_flags": the type's name, and the path behind it. A bare name is a typedef. */
static void split_type(struct check *check, struct assumption *assumption)
{
	static const char *const words[] = { "struct ", "union " };
	const char *name = assumption->what;

	assumption->is_typedef = true;
	for (size_t i = 0; i < BEE_LEN(words); i++) {
		if (strncmp(name, words[i], strlen(words[i])))
			continue;
		name += strlen(words[i]);
		assumption->is_typedef = false;
	}
	snprintf(assumption->type, sizeof(assumption->type), "%.*s", (int)strcspn(name, "."), name);
	assumption->path = strchr(name, '.');
	assumption->path += assumption->path != NULL;
	check->filter[filter_bit(name) / 64] |= 1ull << filter_bit(name) % 64;
}

static int add_line(struct check *check, char *line)
{
	char *value = strchr(line, ' '), *what = value ? strchr(value + 1, ' ') : NULL;
	struct assumption *assumption = &check->list[check->len];

	if (!what)
		return -EINVAL;
	*value = *what = '\0';
	for (size_t i = 0; i < BEE_LEN(kinds); i++)
		if (!strcmp(kinds[i].name, line))
			assumption->kind = &kinds[i];
	if (!assumption->kind)
		return -EINVAL;
	assumption->wanted = value + 1;
	assumption->what = what + 1;
	if (assumption->kind->is_in_btf)
		split_type(check, assumption);
	check->len++;
	return 0;
}

static int read_lines(struct check *check, const char *data, size_t size)
{
	size_t lines = 1;
	char *save, *line;
	int err = 0;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	check->text = strndup(data, size);
	check->list = calloc(lines, sizeof(*check->list));
	if (!check->text || !check->list)
		return -ENOMEM;
	for (line = strtok_r(check->text, "\n", &save); line && !err;
	     line = strtok_r(NULL, "\n", &save)) {
		err = add_line(check, line);
		if (err)
			bee__fail(check->bee, BEE_STAGE_LOAD, err,
				  "the object assumes something unknown: '%s'", line);
	}
	return err;
}

static int judge(struct check *check, const struct assumption *assumption)
{
	char thing[300];

	if (assumption->is_met || !strcmp(assumption->found, assumption->wanted))
		return 0;
	/* Where a member is missing the relocation says so; a value that nobody has cannot be met. */
	if (!*assumption->found && assumption->kind->may_lack)
		return 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(thing, sizeof(thing), assumption->kind->words, assumption->what);
#pragma GCC diagnostic pop
	if (*assumption->found)
		bee__fail(check->bee, BEE_STAGE_LOAD, -ENOTSUP,
			  "the object was compiled where %s is %s: on this kernel it is %s", thing,
			  assumption->wanted, assumption->found);
	else
		bee__fail(check->bee, BEE_STAGE_LOAD, -ENOTSUP,
			  "the object was compiled where %s is %s: this kernel has none", thing,
			  assumption->wanted);
	bee__hint(check->bee, "compile it for this kernel, from its source%s",
		  strcmp(assumption->kind->name, "define")
			  ? ""
			  : ", or define the macro yourself where the value does not matter");
	return -ENOTSUP;
}

static int check_all(struct check *check)
{
	bool needs_btf = false;
	int err = 0;

	for (size_t i = 0; i < check->len; i++)
		needs_btf |= check->list[i].kind->is_in_btf;
	if (needs_btf)
		err = look_through_btf(check);
	for (size_t i = 0; !err && i < check->len; i++) {
		if (check->list[i].kind->find)
			err = check->list[i].kind->find(check, &check->list[i]);
		if (err == -ENOENT)
			err = 0;
	}
	if (err)
		return err;
	for (size_t i = 0; i < check->len; i++)
		err = judge(check, &check->list[i]) ?: err;
	return err;
}

int bee__assume_check(struct bee *bee, const void *elf, size_t size)
{
	struct check check = { .bee = bee };
	const char *data;
	size_t data_size;
	int err;

	if (bee__elf_section(elf, size, BEE_ASSUMES_SECTION, &data, &data_size))
		return 0; /* not portable: it assumes all, and nothing can be told of it */
	err = read_lines(&check, data, data_size);
	err = err ?: check_all(&check);
	bee__rawbtf_close(&check.btf);
	free(check.list);
	free(check.text);
	return err;
}
