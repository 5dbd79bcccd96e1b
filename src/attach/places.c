// SPDX-License-Identifier: Apache-2.0
/* From what a uprobe's target names to the places in a file that it means. */
#include <fcntl.h>
#include <fnmatch.h>
#include <unistd.h>

#include "../internal.h"
#include "../symbols.h"
#include "many.h"
#include "uprobe.h"

/* Which of several functions of one name is meant: what other files are linked with today. */
enum rank { RANK_EXPORTED, RANK_OLD, RANK_LOCAL, RANK_NONE };

struct search {
	const char *name; /* or a pattern */
	uint64_t plus;
	char mangled[2][300]; /* how the names of a C++ function begin; "": it is none */
	bool is_pattern;
	bool is_ifunc; /* one was found, and is no function */
	enum rank best;
	struct bee__places places;
	struct bee__near near;
};

static int add(struct bee__places *places, uint64_t offset)
{
	if (places->len == places->room) {
		size_t room = places->room ? places->room * 2 : 4;
		uint64_t *list = realloc(places->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		places->list = list;
		places->room = room;
	}
	places->list[places->len++] = offset;
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;

	return one < two ? -1 : one > two;
}

/* A function may have several names, and a name may stand in two tables. */
static void keep_unique(struct bee__places *places)
{
	size_t kept = 0;

	if (places->len)
		qsort(places->list, places->len, sizeof(*places->list), compare);
	for (size_t i = 0; i < places->len; i++)
		if (!i || places->list[i] != places->list[kept - 1])
			places->list[kept++] = places->list[i];
	places->len = kept;
}

void bee__places_free(struct bee__places *places)
{
	free(places->list);
}

/* ---- what the kernel would misread ------------------------------------------------------- */

/*
 * x86 kernels carry out jumps at a probe by themselves, and know them by the opcode alone: they take a
 * vector instruction (VEX or EVEX) of the same opcode for one, and skip it, so that the program goes
 * wrong. __strchr_evex of glibc begins with such an instruction.
 */
static bool is_misread(const uint8_t code[5])
{
#if defined(__x86_64__)
	uint8_t opcode = code[0] == 0xc5   ? code[2]
			 : code[0] == 0xc4 ? code[3]
			 : code[0] == 0x62 ? code[4]
					   : 0;

	return (opcode >= 0x70 && opcode <= 0x7f) || opcode == 0xe8 || opcode == 0xe9 ||
	       opcode == 0xeb;
#else
	return false;
#endif
}

/* Leave such places out. */
static int drop_misread(const char *path, struct bee__places *places)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t kept = 0;

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < places->len; i++) {
		uint8_t code[5] = { 0 };

		if (pread(fd, code, sizeof(code), places->list[i]) < 0 || !is_misread(code))
			places->list[kept++] = places->list[i];
	}
	places->len = kept;
	close(fd);
	return 0;
}

/* ---- C++ --------------------------------------------------------------------------------- */

/*
 * By the ABI of C++ on these machines "a::b" is _ZN1a1bE, or _ZNK1a1bE when it is const, and then the
 * types of what it takes; "std" is St. Templates are named otherwise, and found by patterns alone.
 */
static void mangle(const char *name, struct search *search)
{
	char parts[280] = "";
	size_t len = 0;

	if (!strstr(name, "::"))
		return;
	for (const char *at = name; *at && len < sizeof(parts);) {
		size_t size = strcspn(at, ":");

		if (size == 3 && at == name && !strncmp(at, "std", 3))
			len += snprintf(parts + len, sizeof(parts) - len, "St");
		else
			len += snprintf(parts + len, sizeof(parts) - len, "%zu%.*s", size,
					(int)size, at);
		at += size + strspn(at + size, ":");
	}
	if (len >= sizeof(parts))
		return;
	snprintf(search->mangled[0], sizeof(search->mangled[0]), "_ZN%sE", parts);
	snprintf(search->mangled[1], sizeof(search->mangled[1]), "_ZNK%sE", parts);
}

static bool is_mangled(const struct search *search, const char *name)
{
	for (size_t i = 0; i < BEE_LEN(search->mangled); i++)
		if (*search->mangled[i] &&
		    !strncmp(name, search->mangled[i], strlen(search->mangled[i])))
			return true;
	return false;
}

/* ---- names ------------------------------------------------------------------------------- */

static int take_all(struct search *search, const struct bee__symbol *symbol)
{
	if (symbol->is_ifunc || symbol->is_old)
		return 0;
	return add(&search->places, symbol->offset);
}

static int take_best(struct search *search, const struct bee__symbol *symbol)
{
	enum rank rank = symbol->is_local ? RANK_LOCAL : symbol->is_old ? RANK_OLD : RANK_EXPORTED;

	if (rank > search->best)
		return 0;
	if (rank < search->best)
		search->places.len = 0;
	search->best = rank;
	search->is_ifunc = symbol->is_ifunc;
	return symbol->is_ifunc ? 0 : add(&search->places, symbol->offset + search->plus);
}

static int take(void *ctx, const struct bee__symbol *symbol)
{
	struct search *search = ctx;

	if (search->is_pattern)
		return fnmatch(search->name, symbol->name, 0) ? 0 : take_all(search, symbol);
	if (!strcmp(symbol->name, search->name))
		return take_best(search, symbol);
	return is_mangled(search, symbol->name) ? take_all(search, symbol) : 0;
}

static int take_near(void *ctx, const struct bee__symbol *symbol)
{
	bee__near_add(ctx, symbol->name);
	return 0;
}

/* ---- errors ------------------------------------------------------------------------------ */

static int fail_kind(struct bee__attach *at, const char *path, enum bee__binary_kind kind)
{
	static const char *const texts[] = {
		[BEE_BINARY_SCRIPT] = "is a script, and no program or library for this machine",
		[BEE_BINARY_OTHER] = "is no program or library for this machine (no ELF file)",
		[BEE_BINARY_32] = "is a program of 32 bits, which is called in another way than "
				  "BPF programs here see",
		[BEE_BINARY_FOREIGN] = "is a program for another machine",
	};

	bee__attach_fail(at, -EINVAL, "%s %s", path, texts[kind]);
	if (kind == BEE_BINARY_SCRIPT)
		bee__hint(at->bee, "probe what runs it: its first line tells");
	if (kind == BEE_BINARY_32)
		bee__hint(at->bee,
			  "by an offset in the file (%s:PATH:+0x1000) it is attached "
			  "nevertheless",
			  at->hook->name);
	return -EINVAL;
}

static int fail_name(struct bee__attach *at, const char *path, struct search *search,
		     const struct bee__binary_info *info)
{
	struct bee__binary_info again;

	if (search->is_ifunc) {
		bee__attach_fail(at, -ENOENT,
				 "'%s' in %s is no function, but chooses one when a program starts "
				 "(an ifunc)",
				 search->name, path);
		bee__hint(at->bee, "its variants may be called __%s_*", search->name);
		return -ENOENT;
	}
	bee__attach_fail(
		at, -ENOENT,
		search->is_pattern ? "%s has no function that matches '%s'%s"
				   : "%s has no function '%s'%s",
		path, search->name,
		info->has_symtab ? "" : " (it is stripped: what it does not export has no name)");
	bee__near_begin(&search->near, search->name);
	bee__symbols_each(path, &again, take_near, &search->near);
	bee__hint_near(at->bee, &search->near, "");
	if (!search->near.found && !info->has_symtab)
		bee__hint(at->bee, "install its debug symbols, or say an address: %s:%s:0x1234",
			  at->hook->name, path);
	return -ENOENT;
}

/* Static functions of one name, in several files of the source: none is meant more than another. */
static int fail_several(struct bee__attach *at, const char *path, const struct search *search)
{
	struct bee__text text = { 0 };

	for (size_t i = 0; i < search->places.len && i < 8; i++)
		bee__text_printf(&text, "%s+0x%llx", i ? ", " : "",
				 (unsigned long long)search->places.list[i]);
	bee__attach_fail(at, -EINVAL, "%s has %zu functions of the name '%s'", path,
			 search->places.len, search->name);
	bee__hint(at->bee, "say which one: %s:%s:OFFSET with %s; or all of them: a pattern",
		  at->hook->name, path, text.data ? text.data : "");
	bee__text_free(&text);
	return -EINVAL;
}

int bee__binary_fail(struct bee__attach *at, const char *path, int err,
		     const struct bee__binary_info *info)
{
	if (err == -ENOMEM)
		return err;
	return err == -ENOEXEC ? fail_kind(at, path, info->kind)
			       : bee__attach_fail(at, err, "%s: %s", path, strerror(-err));
}

/* ---- what is named ----------------------------------------------------------------------- */

static int find_names(struct bee__attach *at, const char *path, struct search *search,
		      bool is_tried)
{
	struct bee__binary_info info;
	int err;

	search->is_pattern = bee__is_pattern(search->name);
	search->best = RANK_NONE;
	mangle(search->name, search);
	err = bee__symbols_each(path, &info, take, search);
	if (err)
		return is_tried ? err : bee__binary_fail(at, path, err, &info);
	keep_unique(&search->places);
	if (!search->places.len)
		return is_tried ? -ENOENT : fail_name(at, path, search, &info);
	if (search->best == RANK_LOCAL && search->places.len > 1)
		return fail_several(at, path, search);
	return 0;
}

static int find_address(struct bee__attach *at, const char *path, uint64_t address,
			struct bee__places *places)
{
	struct bee__binary_info info;
	uint64_t offset;
	int err = bee__symbols_offset(path, address, &info, &offset);

	if (err == -ERANGE)
		return bee__attach_fail(at, -EINVAL, "%s has no code at 0x%llx", path,
					(unsigned long long)address);
	return err ? bee__binary_fail(at, path, err, &info) : add(places, offset);
}

/* "0x12", behind a name or alone; false: it is no number. */
static bool read_number(const char *text, uint64_t *ret_number)
{
	char *end;

	*ret_number = strtoull(text, &end, 0);
	return end != text && !*end;
}

/* Behind the last plus: C++ has names with one in them. */
static int split(struct bee__attach *at, const char *what, char *name, size_t size, uint64_t *plus)
{
	const char *sign = strrchr(what, '+');
	size_t len = sign && sign[1] && sign[1] != '+' ? (size_t)(sign - what) : strlen(what);

	*plus = 0;
	if (len >= size)
		return bee__attach_fail(at, -ENAMETOOLONG, "the name is too long");
	memcpy(name, what, len);
	name[len] = '\0';
	if (what[len] && !read_number(what + len + 1, plus))
		return bee__attach_fail(at, -EINVAL, "'%s' is no offset", what + len + 1);
	return 0;
}

int bee__places_find(struct bee__attach *at, const char *path, const char *what, bool is_tried,
		     struct bee__places *ret_places)
{
	struct search search = { 0 };
	uint64_t address;
	char name[512];
	int err = split(at, what, name, sizeof(name), &search.plus);

	search.name = name;
	if (!err && !*name)
		err = add(&search.places, search.plus);
	else if (!err && !strncmp(name, "0x", 2) && read_number(name, &address))
		err = find_address(at, path, address + search.plus, &search.places);
	else if (!err)
		err = find_names(at, path, &search, is_tried);
	if (!err && drop_misread(path, &search.places))
		err = bee__attach_fail(at, -errno, "%s: %s", path, strerror(errno));
	if (!err && !search.places.len)
		err = bee__attach_fail(at, -EINVAL,
				       "the kernel would misread the instruction there, and the "
				       "program would go wrong");
	if (err) {
		bee__places_free(&search.places);
		return err;
	}
	*ret_places = search.places;
	return 0;
}
