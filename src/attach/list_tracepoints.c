// SPDX-License-Identifier: Apache-2.0
/* The tracepoints that tracefs has, with the fields of their records. */
#include <fcntl.h>
#include <unistd.h>

#include "../list.h"

#define EVENTS "available_events"

static int read_events(struct bee__list *list, char **ret_text)
{
	int dir = bee__tracefs(list->at.bee);
	int fd = dir < 0 ? dir : openat(dir, EVENTS, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : 0;
	size_t size;

	if (dir < 0)
		return dir;
	if (fd >= 0) {
		err = bee__read_fd(fd, ret_text, &size);
		close(fd);
	}
	if (err)
		bee__attach_fail(&list->at, err, "tracefs, " EVENTS ": %s", strerror(-err));
	if (err == -EACCES)
		bee__hint(list->at.bee, BEE_TRACEFS_HINT);
	return err;
}

static int give(struct bee__list *list, const char *name)
{
	const char *colon = strchr(name, ':');
	char category[128];

	bee__list_begin(list);
	snprintf(category, sizeof(category), "%.*s", (int)(colon - name), name);
	if (list->wants_args)
		bee__tracepoint_fields(list->at.bee, category, colon + 1, bee__list_field, list);
	return bee__list_give(list, name, "");
}

int bee__list_tracepoints(struct bee__list *list)
{
	struct bee__candidates found = { 0 };
	char *text, *save, *line;
	int err = read_events(list, &text);

	if (err)
		return err;
	for (line = strtok_r(text, "\n", &save); line && !err; line = strtok_r(NULL, "\n", &save))
		if (strchr(line, ':') && bee__list_wants(list, line))
			err = bee__candidates_add(&found, line, "", 0);
	bee__candidates_sort(&found);
	for (size_t i = 0; i < found.len && !err; i++)
		err = give(list, found.list[i].name);
	free(found.list);
	free(text);
	return err;
}
