// SPDX-License-Identifier: Apache-2.0
/* Functions and static probes of programs and libraries, and of what a process has mapped. */
#include <ctype.h>

#include "../list.h"
#include "../symbols.h"
#include "binary.h"
#include "uprobe.h"
#include "usdt.h"

/* What is looked through: the names are copies. */
struct gathering {
	struct bee__list *list;
	struct bee__candidates found;
	bool has_any; /* static probes, of whatever name */
	int err;
};

static int gather(struct gathering *gathering, const char *name, const char *args)
{
	char *copy = strdup(name), *rest = args ? strdup(args) : NULL;

	if (copy && (rest || !args) &&
	    !bee__candidates_add(&gathering->found, copy, rest ? rest : "", 0))
		return 0;
	free(copy);
	free(rest);
	return -ENOMEM;
}

static void forget(struct gathering *gathering, bool has_args)
{
	for (size_t i = 0; i < gathering->found.len; i++) {
		free((char *)gathering->found.list[i].name);
		if (has_args)
			free((char *)gathering->found.list[i].module);
	}
	free(gathering->found.list);
}

/* ---- which files --------------------------------------------------------------------------- */

/*
 * Take at->rest apart into the file ("": all that a process has mapped) and the pattern behind it,
 * which is all where there is none; what stands before the pattern comes back in every target.
 */
static int split(struct bee__list *list, struct bee__binaries *ret_files)
{
	struct bee__scope scope;
	const char *text = bee__scope_read(&list->at, &scope);
	const char *colon = text ? bee__binary_colon(text) : NULL;
	bool is_named = text && (colon || scope.pid < 0);
	size_t len = is_named ? (colon ? (size_t)(colon - text) : strlen(text)) : 0;
	char *name, *prefix;
	int err;

	if (!text)
		return -EINVAL;
	if (is_named && (!len || !strcmp(text, "*"))) {
		bee__attach_fail(&list->at, -EINVAL, "it names no program or library");
		bee__hint(list->at.bee, "as in %s:libc%s", list->at.hook->name,
			  list->at.hook->list == bee__list_usdt ? "" : ":mall*");
		return -EINVAL;
	}
	list->pattern = !is_named ? text : colon ? colon + 1 : "*";
	if (!*list->pattern)
		list->pattern = "*";
	name = strndup(text, len);
	prefix = malloc(strlen(list->at.rest) + 2);
	list->prefix = prefix;
	err = name && prefix ? 0 : -ENOMEM;
	if (!err) {
		sprintf(prefix, "%.*s%s", (int)(text + len - list->at.rest), list->at.rest,
			is_named ? ":" : "");
		err = bee__binaries_find(&list->at, &scope, is_named ? name : NULL, ret_files);
	}
	free(name);
	return err;
}

/* Give what was gathered, each once. fn adds the arguments. */
static int give(struct gathering *gathering, void (*fn)(struct bee__list *list, const char *args))
{
	const struct bee__candidates *found = &gathering->found;
	struct bee__list *list = gathering->list;
	int err = 0;

	for (size_t i = 0; i < found->len && !err; i++) {
		if (i && !strcmp(found->list[i].name, found->list[i - 1].name))
			continue;
		bee__list_begin(list);
		if (list->wants_args && fn)
			fn(list, found->list[i].module);
		err = bee__list_give(list, found->list[i].name, "");
	}
	return err;
}

/* ---- functions ----------------------------------------------------------------------------- */

/* An old version of a function, and what only chooses one, are not what its name means. */
static int add_symbol(void *ctx, const struct bee__symbol *symbol)
{
	struct gathering *gathering = ctx;

	if (symbol->is_ifunc || symbol->is_old || !bee__list_wants(gathering->list, symbol->name))
		return 0;
	return gather(gathering, symbol->name, NULL);
}

int bee__list_symbols(struct bee__list *list)
{
	struct gathering gathering = { .list = list };
	struct bee__binaries files;
	int err = split(list, &files);

	if (err)
		return err;
	for (size_t i = 0; i < files.len && !err; i++) {
		struct bee__binary_info info;

		err = bee__symbols_each(files.list[i].path, &info, add_symbol, &gathering);
		/* Not all that a process maps is a program. */
		if (err == -ENOEXEC && files.len > 1)
			err = 0;
		else if (err)
			err = bee__binary_fail(&list->at, files.list[i].path, err, &info);
	}
	bee__candidates_sort(&gathering.found);
	err = err ?: give(&gathering, NULL);
	forget(&gathering, false);
	bee__binaries_free(&files);
	return err;
}

/* ---- static probes ------------------------------------------------------------------------- */

/* "-4@%eax 8@-8(%rbp) 8f@%xmm0": bytes, negative where signed, f where they are a float. */
static void add_args(struct bee__list *list, const char *args)
{
	unsigned int index = 0;

	for (const char *at = strchr(args, '@'); at; at = strchr(at + 1, '@')) {
		const char *start = at;
		bool is_float = start > args && start[-1] == 'f';
		char type[32], name[16];
		int size;

		start -= is_float;
		while (start > args && isdigit((unsigned char)start[-1]))
			start--;
		start -= start > args && start[-1] == '-';
		size = atoi(start);
		if (is_float)
			snprintf(type, sizeof(type), "%s", size == 4 ? "float" : "double");
		else
			snprintf(type, sizeof(type), "%c%d", size < 0 ? 's' : 'u', abs(size) * 8);
		snprintf(name, sizeof(name), "arg%u", index++);
		bee__list_field(list, type, name, "");
	}
}

static bool add_note(const char *provider, const char *name, const char *args, void *ctx)
{
	struct gathering *gathering = ctx;
	char whole[512];

	gathering->has_any = true;
	snprintf(whole, sizeof(whole), "%s:%s", provider, name);
	if (bee__list_wants(gathering->list, strchr(gathering->list->pattern, ':') ? whole : name))
		gathering->err = gathering->err ?: gather(gathering, whole, args);
	return gathering->err;
}

static int by_probe(const void *a, const void *b)
{
	return strcmp(((const struct bee__candidate *)a)->name,
		      ((const struct bee__candidate *)b)->name);
}

static int fail_without_notes(struct bee__list *list)
{
	size_t len = strlen(list->prefix);

	bee__attach_fail(&list->at, -ENOENT, "it has no static probes");
	bee__hint(list->at.bee, "its functions are uprobe:%s%s*", list->prefix,
		  len && list->prefix[len - 1] == ':' ? "" : ":");
	return -ENOENT;
}

int bee__list_usdt(struct bee__list *list)
{
	struct gathering gathering = { .list = list };
	struct bee__binaries files;
	int err = split(list, &files);

	if (err)
		return err;
	for (size_t i = 0; i < files.len; i++)
		bee__usdt_each(files.list[i].path, add_note, &gathering);
	if (gathering.found.len)
		qsort(gathering.found.list, gathering.found.len, sizeof(*gathering.found.list),
		      by_probe);
	err = gathering.err ?: give(&gathering, add_args);
	if (!err && !gathering.has_any && files.len)
		err = fail_without_notes(list);
	forget(&gathering, true);
	bee__binaries_free(&files);
	return err;
}
