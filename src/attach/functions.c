// SPDX-License-Identifier: Apache-2.0
/* From a pattern to the kernel's functions: ftrace lists those in which a probe can stand. */
#include <fcntl.h>
#include <fnmatch.h>
#include <unistd.h>

#include "../internal.h"
#include "functions.h"

#define LIST "available_filter_functions"

bool bee__is_pattern(const char *name)
{
	return strpbrk(name, "*?") != NULL;
}

void bee__functions_free(struct bee__functions *functions)
{
	free(functions->list);
	free(functions->text);
}

static int read_list(struct bee__attach *at, char **ret_text)
{
	int dir = bee__tracefs(at->bee), fd, err;
	size_t size;

	if (dir < 0)
		return dir;
	fd = openat(dir, LIST, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		err = bee__read_fd(fd, ret_text, &size);
		close(fd);
	} else {
		err = -errno;
	}
	if (err == -ENOENT)
		return bee__attach_fail(at, -EOPNOTSUPP,
					"this kernel lists no functions, so a pattern matches none "
					"(CONFIG_DYNAMIC_FTRACE is not set)");
	return err ? bee__attach_fail(at, err, LIST ": %s", strerror(-err)) : 0;
}

/* Lines are "vfs_read", and "fuse_open [fuse]" in modules. */
static int collect(char *text, const char *pattern, struct bee__functions *functions)
{
	size_t room = 0;

	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strchr(line, ' ') || fnmatch(pattern, line, 0))
			continue;
		if (functions->len == room) {
			const char **list;

			room = room ? room * 2 : 64;
			list = realloc(functions->list, room * sizeof(*list));
			if (!list)
				return -ENOMEM;
			functions->list = list;
		}
		functions->list[functions->len++] = line;
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

int bee__functions_find(struct bee__attach *at, const char *pattern,
			struct bee__functions *ret_functions)
{
	struct bee__functions found = { 0 };
	int err;

	err = read_list(at, &found.text);
	err = err ?: collect(found.text, pattern, &found);
	if (!err) {
		keep_unique(&found);
		if (!found.len)
			err = bee__attach_fail(at, -ENOENT, "no function matches '%s'", pattern);
	}
	if (err) {
		bee__functions_free(&found);
		return err;
	}
	*ret_functions = found;
	return 0;
}
