// SPDX-License-Identifier: Apache-2.0
/* Which functions of the kernel a kprobe can stand in, and which are those of system calls. */
#include <fcntl.h>
#include <unistd.h>

#include "../list_btf.h"
#include "functions.h"
#include "list_functions.h"

/* ---- lists of the kernel's ----------------------------------------------------------------- */

/* "fuse_open [fuse]": cut the line behind the function's name. Gives the module, or "". */
static const char *cut_module(char *line)
{
	char *space = strpbrk(line, " \t"), *bracket = space ? strchr(space, '[') : NULL;

	if (space)
		*space = '\0';
	if (!bracket)
		return "";
	bracket[strcspn(bracket, "]")] = '\0';
	return bracket + 1;
}

int bee__ftrace_functions(struct bee *bee, char **ret_text, struct bee__candidates *ret_found)
{
	struct bee__candidates found = { 0 };
	char *text, *save, *line;
	int err = bee__functions_read(bee, &text);

	if (err)
		return err;
	for (line = strtok_r(text, "\n", &save); line && !err; line = strtok_r(NULL, "\n", &save)) {
		const char *module = cut_module(line);

		/* So the kernel calls what stood where there is no function any more. */
		if (strncmp(line, "__ftrace_invalid_address___", 27) != 0)
			err = bee__candidates_add(&found, line, module, 0);
	}
	if (err) {
		free(found.list);
		free(text);
		return err;
	}
	*ret_text = text;
	*ret_found = found;
	return 0;
}

int bee__debugfs_functions(const char *path, char **ret_text, struct bee__candidates *ret_found)
{
	int dir = bee__mount_detached("debugfs");
	int fd = dir < 0 ? dir : openat(dir, path, O_RDONLY | O_CLOEXEC);
	struct bee__candidates found = { 0 };
	char *text = NULL, *save, *line;
	int err = fd < 0 ? -errno : 0;
	size_t size;

	if (dir >= 0)
		close(dir);
	if (fd < 0)
		return err;
	err = bee__read_fd(fd, &text, &size);
	close(fd);
	line = err ? NULL : strtok_r(text, "\n", &save);
	for (; line && !err; line = strtok_r(NULL, "\n", &save)) {
		char *name = strncmp(line, "0x", 2) ? line : strchr(line, '\t');

		/* The blacklist has a range of addresses before the name, the list of errors none. */
		if (name)
			cut_module(name += *name == '\t');
		if (name)
			err = bee__candidates_add(&found, name, "", 0);
	}
	if (err) {
		free(found.list);
		free(text);
		return err;
	}
	bee__candidates_sort(&found);
	*ret_text = text;
	*ret_found = found;
	return 0;
}

/* ---- kprobes ------------------------------------------------------------------------------- */

static int by_name_alone(const void *a, const void *b)
{
	return strcmp(((const struct bee__candidate *)a)->name,
		      ((const struct bee__candidate *)b)->name);
}

/* Leave those that match, and that a name tells from all others. */
static void keep_wanted(struct bee__list *list, const struct bee__candidates *refused,
			struct bee__candidates *found)
{
	size_t kept = 0, same;

	for (size_t i = 0; i < found->len; i++) {
		struct bee__candidate one = found->list[i];
		char name[512];

		snprintf(name, sizeof(name), "%s:%s", one.module, one.name);
		if (bee__list_wants(list,
				    strchr(list->pattern, ':') && *one.module ? name : one.name) &&
		    !bee__candidates_find(refused, "", one.name))
			found->list[kept++] = one;
	}
	found->len = kept;
	if (kept)
		qsort(found->list, kept, sizeof(*found->list), by_name_alone);
	kept = 0;
	for (size_t i = 0; i < found->len; i += same) {
		for (same = 1; i + same < found->len &&
			       !by_name_alone(&found->list[i], &found->list[i + same]);
		     same++)
			;
		if (same == 1)
			found->list[kept++] = found->list[i];
	}
	found->len = kept;
	bee__candidates_sort(found);
}

static int give(struct bee__list *list, const struct bee__rawbtf *btf,
		const struct bee__candidate *one)
{
	char name[512];

	bee__list_begin(list);
	if (btf && one->id)
		bee__list_proto(list, btf, one->id, 0);
	snprintf(name, sizeof(name), "%s%s%s", one->module, *one->module ? ":" : "", one->name);
	return bee__list_give(list, name, one->module);
}

/* Functions that BTF knows, with their arguments. */
static int give_typed(struct bee__list *list, const struct bee__rawbtf *btf, const char *module,
		      void *ctx)
{
	struct bee__candidates *found = ctx;
	int err = 0;

	for (uint32_t n = 1; n < btf->len; n++) {
		uint32_t id = bee__btf_own_id(btf, n);
		const struct btf_type *type = bee__btf_type(btf, id);
		struct bee__candidate *one = NULL;

		if (bee__btf_kind(type) == BTF_KIND_FUNC)
			one = bee__candidates_find(found, module,
						   bee__btf_name(btf, type->name_off));
		if (one)
			one->id = id;
	}
	for (size_t i = 0; i < found->len && !err; i++) {
		struct bee__candidate *one = &found->list[i];

		if (strcmp(one->module, module))
			continue;
		err = give(list, btf, one);
		one->is_given = true;
	}
	return err;
}

static int give_all(struct bee__list *list, struct bee__candidates *found)
{
	int err = list->wants_args ? bee__list_each_btf(list, give_typed, found) : 0;

	/* A kernel without BTF has functions nevertheless. */
	if (err && !list->is_ended && err != -ENOMEM) {
		bee__diags_clear(list->at.bee);
		err = 0;
	}
	for (size_t i = 0; i < found->len && !err; i++)
		if (!found->list[i].is_given)
			err = give(list, NULL, &found->list[i]);
	return err;
}

static int list_unless(struct bee__list *list, const struct bee__candidates *refused)
{
	struct bee__candidates found;
	char *text;
	int err = bee__ftrace_functions(list->at.bee, &text, &found);

	if (err)
		return bee__functions_fail(&list->at, err);
	keep_wanted(list, refused, &found);
	err = give_all(list, &found);
	free(found.list);
	free(text);
	return err;
}

int bee__list_functions(struct bee__list *list)
{
	return list_unless(list, &(struct bee__candidates){ 0 });
}

int bee__list_kprobes(struct bee__list *list)
{
	struct bee__candidates refused = { 0 };
	char *text = NULL;
	int err;

	/* Who may not read the blacklist may attach no kprobe either. */
	bee__debugfs_functions("kprobes/blacklist", &text, &refused);
	err = list_unless(list, &refused);
	free(refused.list);
	free(text);
	return err;
}

/* ---- system calls -------------------------------------------------------------------------- */

static void add_field(void *ctx, const char *type, const char *name, const char *array)
{
	/* What the record begins with is not given to the call. */
	if (strcmp(name, "__syscall_nr") != 0)
		bee__list_field(ctx, type, name, array);
}

static const char *syscall_of(const char *function)
{
	static const char *const prefixes[] = { "__x64_sys_", "__arm64_sys_" };

	for (size_t i = 0; i < BEE_LEN(prefixes); i++)
		if (!strncmp(function, prefixes[i], strlen(prefixes[i])))
			return function + strlen(prefixes[i]);
	return NULL;
}

static int give_syscall(struct bee__list *list, const char *name)
{
	char event[256];

	bee__list_begin(list);
	snprintf(event, sizeof(event), "sys_enter_%s", name);
	if (list->wants_args &&
	    !bee__tracepoint_fields(list->at.bee, "syscalls", event, add_field, list))
		bee__list_returns(list, "long");
	return bee__list_give(list, name, "");
}

int bee__list_syscalls(struct bee__list *list)
{
	struct bee__candidates found;
	size_t kept = 0;
	char *text;
	int err = bee__ftrace_functions(list->at.bee, &text, &found);

	if (err)
		return bee__functions_fail(&list->at, err);
	for (size_t i = 0; i < found.len; i++) {
		const char *name = syscall_of(found.list[i].name);

		if (name && bee__list_wants(list, name))
			found.list[kept++] = (struct bee__candidate){ name, "", 0, false };
	}
	found.len = kept;
	bee__candidates_sort(&found);
	for (size_t i = 0; i < found.len && !err; i++)
		err = give_syscall(list, found.list[i].name);
	free(found.list);
	free(text);
	return err;
}
