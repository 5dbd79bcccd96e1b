// SPDX-License-Identifier: Apache-2.0
/* The kernel's functions: ftrace lists those in which a probe can stand, kallsyms all. */
#include <fcntl.h>
#include <fnmatch.h>
#include <unistd.h>

#include "../disasm.h"
#include "../internal.h"
#include "../rawbtf.h"
#include "functions.h"
#include "list_functions.h"
#include "many.h"

#define LIST "available_filter_functions"

/* ---- what is asked for ------------------------------------------------------------------- */

static int check_module(struct bee__attach *at, const char *module)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	if (!access(path, F_OK))
		return 0;
	bee__attach_fail(at, -ENOENT, "the kernel has no module '%s' loaded", module);
	bee__hint(at->bee, "load it first: modprobe %s", module);
	return -ENOENT;
}

int bee__kfunction_split(struct bee__attach *at, struct bee__kfunction *function)
{
	const char *colon = strchr(at->rest, ':'), *name = colon ? colon + 1 : at->rest;
	const char *plus = strchr(name, '+');
	size_t module_len = colon ? (size_t)(colon - at->rest) : 0;
	size_t len = plus ? (size_t)(plus - name) : strlen(name);
	char *end = NULL;

	*function = (struct bee__kfunction){ 0 };
	if (!len || len >= sizeof(function->name) || module_len >= sizeof(function->module))
		return bee__attach_fail(at, -EINVAL, "it names no function");
	memcpy(function->module, at->rest, module_len);
	memcpy(function->name, name, len);
	function->offset = plus ? strtoul(plus + 1, &end, 0) : 0;
	if (plus && (end == plus + 1 || *end))
		return bee__attach_fail(at, -EINVAL, "'%s' is no offset", plus + 1);
	return *function->module ? check_module(at, function->module) : 0;
}

/* ---- ftrace's list ----------------------------------------------------------------------- */

int bee__functions_read(struct bee *bee, char **ret_text)
{
	int dir = bee__tracefs(bee), fd, err;
	size_t size;

	if (dir < 0)
		return dir;
	fd = openat(dir, LIST, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -EOPNOTSUPP : -errno;
	err = bee__read_fd(fd, ret_text, &size);
	close(fd);
	return err;
}

/*
 * Lines are "vfs_read", and "fuse_open [fuse]" in modules. Gives the next name of the module, and
 * moves *text behind it; NULL: no more.
 */
static char *next_name(char **text, const char *module)
{
	char *line;

	while ((line = strsep(text, "\n"))) {
		char *space = strchr(line, ' '), *tail = space ? space + 1 : NULL;
		size_t len = strlen(module);

		if (!*line || !*module != !tail)
			continue;
		if (tail && (tail[0] != '[' || strncmp(tail + 1, module, len) ||
			     strcmp(tail + 1 + len, "]")))
			continue;
		if (space)
			*space = '\0';
		return line;
	}
	return NULL;
}

static int collect(char *text, const struct bee__kfunction *pattern,
		   struct bee__functions *functions)
{
	size_t room = 0;

	for (char *name; (name = next_name(&text, pattern->module));) {
		if (fnmatch(pattern->name, name, 0))
			continue;
		if (functions->len == room) {
			const char **list;

			room = room ? room * 2 : 64;
			list = realloc(functions->list, room * sizeof(*list));
			if (!list)
				return -ENOMEM;
			functions->list = list;
		}
		functions->list[functions->len++] = name;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sort, and leave out each name that is there more than once. */
static void keep_unique(struct bee__functions *functions)
{
	size_t kept = 0, same;

	if (functions->len)
		qsort(functions->list, functions->len, sizeof(*functions->list), compare);
	for (size_t i = 0; i < functions->len; i += same) {
		for (same = 1; i + same < functions->len &&
			       !strcmp(functions->list[i], functions->list[i + same]);
		     same++)
			;
		if (same == 1)
			functions->list[kept++] = functions->list[i];
	}
	functions->len = kept;
}

void bee__functions_free(struct bee__functions *functions)
{
	free(functions->list);
	free(functions->text);
}

/* ---- why not ----------------------------------------------------------------------------- */

static void hint_near(struct bee__attach *at, const struct bee__kfunction *function)
{
	struct bee__modfile_name module;
	struct bee__near near;
	char before[70] = "", *text, *rest;

	if (!*function->module && bee__modfile_of_function(function->name, &module)) {
		bee__hint(at->bee, "it may be of a module that is not loaded: modprobe %s",
			  module.text);
		return;
	}
	bee__near_begin(&near, function->name);
	if (bee__functions_read(at->bee, &text))
		return;
	rest = text;
	for (const char *name; (name = next_name(&rest, function->module));)
		bee__near_add(&near, name);
	free(text);
	if (*function->module)
		snprintf(before, sizeof(before), "%s:", function->module);
	bee__hint_near(at->bee, &near, before);
	if (!near.found && !*function->module)
		bee__hint(at->bee, "functions of a module are %s:MODULE:FUNCTION", at->hook->name);
}

/* Does the kernel's list of functions that no kprobe may stand in have this one? */
static bool is_blacklisted(const char *name)
{
	struct bee__candidates list;
	bool found;
	char *text;

	if (bee__debugfs_functions("kprobes/blacklist", &text, &list))
		return false;
	found = bee__candidates_find(&list, "", name);
	free(list.list);
	free(text);
	return found;
}

static bool is_listed(struct bee *bee, const struct bee__kfunction *function)
{
	char *text, *rest;
	const char *name;
	bool found = false;

	if (bee__functions_read(bee, &text))
		return true;
	rest = text;
	while (!found && (name = next_name(&rest, function->module)))
		found = !strcmp(name, function->name);
	free(text);
	return found;
}

int bee__kfunction_refuse(struct bee__attach *at, int err, const struct bee__kfunction *function)
{
	const char *name = function->name;

	if (err == -EILSEQ)
		return bee__attach_fail(at, -EINVAL, "no instruction of '%s' starts at +0x%zx",
					name, function->offset);
	/* What is said of a place in a function, or of all at once, leaves open what is wrong. */
	if (err != -ENOENT && err != -ESRCH && err != -EINVAL && err != -EOPNOTSUPP &&
	    err != -EADDRNOTAVAIL)
		return bee__attach_refused(at, err);
	if (is_blacklisted(name))
		return bee__attach_fail(
			at, -EINVAL, "'%s' is on the kernel's blacklist: no probe may stand in it",
			name);
	if (bee__ksym_address(name) && is_listed(at->bee, function))
		return bee__attach_fail(at, -EINVAL, "the kernel does not let '%s' be probed%s",
					name, function->offset ? " there" : "");
	if (bee__ksym_address(name))
		return bee__attach_fail(
			at, -EINVAL,
			"the kernel does not let '%s' be traced (it is not in " LIST ")", name);
	bee__attach_fail(at, -ENOENT, "no such function: '%s'", name);
	hint_near(at, function);
	return -ENOENT;
}

/* ---- patterns ---------------------------------------------------------------------------- */

int bee__functions_fail(struct bee__attach *at, int err)
{
	if (err == -EOPNOTSUPP)
		return bee__attach_fail(at, err,
					"this kernel lists no functions, so a pattern matches none "
					"(CONFIG_DYNAMIC_FTRACE is not set)");
	return bee__attach_fail(at, err, LIST ": %s", strerror(-err));
}

int bee__functions_find(struct bee__attach *at, const struct bee__kfunction *pattern,
			struct bee__functions *ret_functions)
{
	struct bee__functions found = { 0 };
	int err = bee__functions_read(at->bee, &found.text);

	if (err)
		return bee__functions_fail(at, err);
	err = collect(found.text, pattern, &found);
	keep_unique(&found);
	if (!err && !found.len) {
		err = bee__attach_fail(at, -ENOENT, "no function matches '%s'", pattern->name);
		hint_near(at, pattern);
	}
	if (err) {
		bee__functions_free(&found);
		return err;
	}
	*ret_functions = found;
	return 0;
}
