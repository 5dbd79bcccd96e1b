// SPDX-License-Identifier: Apache-2.0
/*
 * BTF of modules, joined to that of vmlinux, on which it builds:
 *
 *            0 ... base_len           ... len
 *   ids     | vmlinux                | module A | module B
 *   names   | vmlinux                | module A | module B
 *            0 ... base_names_size    ... names_size
 *
 * Every module's own ids and names begin where vmlinux's end. What follows the first module is moved.
 */
#include <dirent.h>
#include <limits.h>

#include "internal.h"
#include "rawbtf.h"
#include "words.h"

/* ---- moving ids and names ---------------------------------------------------------------- */

struct move {
	uint32_t first_id, ids;     /* ids from first_id on grow by so many */
	uint32_t first_name, names; /* and places of names */
};

static void move_type(struct move *move, struct btf_type *type)
{
	struct bee__btf_ref ref = { 0 };

	while (bee__btf_next_ref(type, &ref)) {
		if (ref.is_name && *ref.value >= move->first_name)
			*ref.value += move->names;
		else if (!ref.is_name && *ref.value >= move->first_id)
			*ref.value += move->ids;
	}
}

/* ---- joining ----------------------------------------------------------------------------- */

static char *concat(const char *first, uint32_t first_size, const char *second,
		    uint32_t second_size)
{
	size_t size = (size_t)first_size + second_size;
	char *data = size <= UINT32_MAX ? malloc(size) : NULL;

	if (!data)
		return NULL;
	memcpy(data, first, first_size);
	if (second_size)
		memcpy(data + first_size, second, second_size);
	return data;
}

int bee__rawbtf_add(struct bee__rawbtf *btf, const void *data, size_t size)
{
	struct bee__rawbtf part = { .data = (void *)data, .size = size };
	struct bee__rawbtf whole = { 0 };
	struct move move = {
		.first_id = btf->base_len,
		.ids = btf->len - btf->base_len,
		.first_name = btf->base_names_size,
		.names = btf->names_size - btf->base_names_size,
	};
	int err;

	err = bee__rawbtf_sections(&part, true);
	if (err)
		return err;
	whole.types = concat(btf->types, btf->types_size, part.types, part.types_size);
	whole.names = concat(btf->names, btf->names_size, part.names, part.names_size);
	whole.offsets = malloc(btf->len * sizeof(*whole.offsets));
	err = whole.types && whole.names && whole.offsets ? 0 : -ENOMEM;
	if (!err) {
		memcpy(whole.offsets, btf->offsets, btf->len * sizeof(*whole.offsets));
		whole.types_size = btf->types_size + part.types_size;
		whole.names_size = btf->names_size + part.names_size;
		whole.len = btf->len;
		whole.base_len = btf->base_len;
		whole.base_names_size = btf->base_names_size;
		err = bee__rawbtf_index(&whole, btf->types_size);
	}
	if (err) {
		bee__rawbtf_close(&whole);
		return err;
	}
	for (uint32_t id = btf->len; id < whole.len; id++)
		move_type(&move, (struct btf_type *)bee__btf_type(&whole, id));
	bee__rawbtf_close(btf);
	*btf = whole;
	return 0;
}

/* ---- which modules ----------------------------------------------------------------------- */

/* A struct, union or enum that the user names and that is nowhere yet. */
bool bee__modules_want(uint32_t flags)
{
	return flags & BEE_WORD_TAG && flags & BEE_WORD_USER &&
	       !(flags & (BEE_WORD_OWN_TAG | BEE_WORD_TAG_IN_BTF));
}

bool bee__modules_want_any(const struct bee__words *words)
{
	for (uint32_t i = 0; i < words->len; i++)
		if (bee__modules_want(words->list[i].flags))
			return true;
	return false;
}

/* The next type of the module's own that is wanted, behind the n-th; 0: there is none. */
static uint32_t next_wanted(const struct bee__rawbtf *part, const struct bee__words *words,
			    uint32_t n)
{
	while (++n < part->len) {
		const struct btf_type *type = bee__btf_type(part, bee__btf_own_id(part, n));
		const char *name = bee__btf_name(part, type->name_off);

		if ((bee__btf_is_record(type) || bee__btf_is_enum(type)) &&
		    bee__modules_want(bee__words_flags(words, name)))
			return n;
	}
	return 0;
}

bool bee__modules_has(const struct bee__rawbtf *part, const struct bee__words *words)
{
	return next_wanted(part, words, 0);
}

int bee__modules_join(struct bee__rawbtf *btf, const struct bee__rawbtf *part,
		      struct bee__words *words)
{
	for (uint32_t n = 0; (n = next_wanted(part, words, n));) {
		const struct btf_type *type = bee__btf_type(part, bee__btf_own_id(part, n));
		const char *name = bee__btf_name(part, type->name_off);

		bee__words_mark(words, name, strlen(name), BEE_WORD_TAG_IN_BTF);
	}
	return bee__rawbtf_add(btf, part->data, part->size);
}

static int is_module(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "vmlinux") != 0;
}

int bee__modules_each(const char *path, int (*fn)(void *ctx, const char *module, const char *file),
		      void *ctx)
{
	const char *slash = strrchr(path, '/');
	struct dirent **list = NULL;
	char name[PATH_MAX];
	int len = 0, err = 0;

	if (slash && !strcmp(slash, "/vmlinux")) {
		snprintf(name, sizeof(name), "%.*s", (int)(slash - path + 1), path);
		len = scandir(name, &list, is_module, alphasort);
	}
	for (int i = 0; i < len; i++) {
		snprintf(name, sizeof(name), "%.*s/%s", (int)(slash - path), path, list[i]->d_name);
		if (err >= 0)
			err = fn(ctx, list[i]->d_name, name);
		free(list[i]);
	}
	free(list);
	return err < 0 ? err : 0;
}

/* What is being joined, and why. */
struct join {
	struct bee__rawbtf *btf;
	struct bee__words *words;
	size_t added;
};

static int add_module(void *ctx, const char *module, const char *file)
{
	struct bee__rawbtf part;
	struct join *join = ctx;
	char *data;
	size_t size;
	int err = 0;

	/* It may have been unloaded meanwhile. */
	if (!bee__modules_want_any(join->words) || bee__read_file(file, &data, &size) ||
	    bee__rawbtf_split(join->btf, data, size, &part))
		return 0;
	if (bee__modules_has(&part, join->words)) {
		err = bee__modules_join(join->btf, &part, join->words);
		join->added += !err;
	}
	bee__rawbtf_close(&part);
	return err;
}

int bee__modules_add(struct bee__rawbtf *btf, const char *path, struct bee__words *words,
		     size_t *ret_added)
{
	struct join join = { .btf = btf, .words = words };
	int err = bee__modules_each(path, add_module, &join);

	*ret_added = join.added;
	return err;
}
