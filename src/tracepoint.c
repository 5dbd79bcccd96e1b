// SPDX-License-Identifier: Apache-2.0
/* Tracepoints, as tracefs tells of them: their numbers, and what their programs are given. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "internal.h"
#include "wire.h"

#define TRACEFS_MAGIC 0x74726163

/* ---- where tracefs is -------------------------------------------------------------------- */

int bee__mount_detached(const char *type)
{
	int fs = syscall(SYS_fsopen, type, 1 /* FSOPEN_CLOEXEC */);
	int err, fd = -1;

	if (fs < 0)
		return -errno;
	if (!syscall(SYS_fsconfig, fs, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0))
		fd = syscall(SYS_fsmount, fs, 1 /* FSMOUNT_CLOEXEC */, 0);
	err = -errno;
	close(fs);
	return fd < 0 ? err : fd;
}

static int open_mounted(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs info;

	if (fd < 0)
		return -errno;
	if (!fstatfs(fd, &info) && info.f_type == TRACEFS_MAGIC)
		return fd;
	close(fd);
	return -ENOENT;
}

int bee__tracefs(struct bee *bee)
{
	static const char *const paths[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	int fd = bee->tracefs_fd;

	for (size_t i = 0; fd < 0 && i < BEE_LEN(paths); i++)
		fd = open_mounted(paths[i]);
	if (fd < 0)
		fd = bee__mount_detached("tracefs");
	if (fd < 0) {
		bee__fail(bee, BEE_STAGE_TYPES, fd, "cannot open tracefs: %s", strerror(-fd));
		if (fd == -EPERM || fd == -EACCES)
			bee__hint(bee, BEE_TRACEFS_HINT);
		else
			bee__hint(bee, "mount -t tracefs tracefs /sys/kernel/tracing");
		return fd;
	}
	bee->tracefs_fd = fd;
	return fd;
}

int bee__tracefs_open(struct bee *bee, const char *path, int flags)
{
	char whole[512];
	int dir = bee__tracefs(bee), fd;

	if (dir < 0)
		return dir;
	if (strstr(path, "..") ||
	    snprintf(whole, sizeof(whole), "events/%s", path) >= (int)sizeof(whole))
		return -ENOENT;
	fd = openat(dir, whole, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int read_event_file(struct bee *bee, const char *category, const char *event,
			   const char *file, char **ret_text)
{
	char path[400];
	size_t size;
	int fd, err;

	if (!*category || !*event || strchr(category, '/') || strchr(event, '/'))
		return -ENOENT;
	if (snprintf(path, sizeof(path), "%s/%s/%s", category, event, file) >= (int)sizeof(path))
		return -ENOENT;
	fd = bee__tracefs_open(bee, path, O_RDONLY);
	if (fd < 0)
		return fd;
	err = bee__read_fd(fd, ret_text, &size);
	close(fd);
	return err;
}

int bee__tracepoint_format(struct bee *bee, const char *path, char **ret_text)
{
	char category[256];
	const char *slash = strchr(path, '/');

	if (!slash || slash - path >= (ptrdiff_t)sizeof(category))
		return -ENOENT;
	memcpy(category, path, slash - path);
	category[slash - path] = '\0';
	return read_event_file(bee, category, slash + 1, "format", ret_text);
}

/* What was read decides what the source is compiled to. */
static void note_format(struct bee *bee, const char *category, const char *event,
			const char *format)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", category, event);
	if (bee->formats)
		bee__wire_put_text(bee->formats, BEE_WIRE_FILE, path, format);
}

int bee__tracepoint_id(struct bee *bee, const char *category, const char *event)
{
	char *text;
	int id, err;

	err = read_event_file(bee, category, event, "id", &text);
	if (err)
		return err;
	id = atoi(text);
	free(text);
	return id > 0 ? id : -ENOENT;
}

/* ---- looking through all of them --------------------------------------------------------- */

/* Names of folders that match, below events/ or one of its folders. */
typedef int (*folder_fn)(void *ctx, const char *name);

static int each_folder(struct bee *bee, const char *path, const char *pattern, folder_fn fn,
		       void *ctx)
{
	int fd = bee__tracefs_open(bee, path, O_RDONLY | O_DIRECTORY), err = 0;
	const struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
		    !fnmatch(pattern, entry->d_name, 0))
			err = fn(ctx, entry->d_name);
	closedir(dir);
	return err;
}

struct search {
	struct bee *bee;
	const char *category; /* the one that is looked through */
	const char *event;
	bee__tracepoint_fn fn;
	void *ctx;
};

static int pass_event(void *ctx, const char *event)
{
	const struct search *search = ctx;

	return search->fn(search->ctx, search->category, event);
}

static int pass_category(void *ctx, const char *category)
{
	struct search *search = ctx;

	search->category = category;
	return each_folder(search->bee, category, search->event, pass_event, search);
}

int bee__tracepoints_each(struct bee *bee, const char *category, const char *event,
			  bee__tracepoint_fn fn, void *ctx)
{
	struct search search = { .bee = bee, .event = event, .fn = fn, .ctx = ctx };

	return each_folder(bee, "", category, pass_category, &search);
}

static int add_near(void *ctx, const char *name)
{
	bee__near_add(ctx, name);
	return 0;
}

static int add_near_event(void *ctx, const char *category, const char *event)
{
	return add_near(ctx, event);
}

void bee__hint_tracepoint(struct bee *bee, const char *category, const char *event)
{
	struct bee__near near;
	char before[140] = "";
	int err;

	bee__near_begin(&near, event);
	if (!strcmp(category, "*")) {
		err = bee__tracepoints_each(bee, "*", "*", add_near_event, &near);
	} else {
		snprintf(before, sizeof(before), "%s:", category);
		err = *category && !strchr(category, '/')
			      ? each_folder(bee, category, "*", add_near, &near)
			      : -ENOENT;
	}
	if (err == -ENOENT) {
		*before = '\0';
		bee__near_begin(&near, category);
		each_folder(bee, "", "*", add_near, &near);
	}
	bee__hint_near(bee, &near, before);
}

/* ---- from a format file to a struct ------------------------------------------------------ */

/* `field:const char * filename; offset:24; size:8; signed:0;` */
struct field {
	char type[128];
	char name[64];
	char array[32]; /* "[16]", or "" */
	unsigned int offset, size, is_signed;
	bool is_located; /* __data_loc or __rel_loc: a u32 that says where, and how long */
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Words that say where a pointer points, which C for BPF has no use for. */
static void drop_word(char *type, const char *word)
{
	char *at = strstr(type, word);

	if (at)
		memmove(at, at + strlen(word), strlen(at + strlen(word)) + 1);
}

static bool split_declaration(char *text, struct field *field)
{
	char *end = text + strlen(text), *bracket = strchr(text, '['), *name;

	field->is_located = strstr(text, "__data_loc") || strstr(text, "__rel_loc");
	if (bracket && !field->is_located)
		snprintf(field->array, sizeof(field->array), "%s", bracket);
	if (bracket && !field->is_located)
		end = bracket;
	name = end;
	while (name > text && is_word(name[-1]))
		name--;
	if (name == end || name == text || (size_t)(end - name) >= sizeof(field->name))
		return false;
	memcpy(field->name, name, end - name);
	*name = '\0';
	drop_word(text, "__user ");
	drop_word(text, "__user");
	drop_word(text, "__seg_gs");
	drop_word(text, "__percpu");
	snprintf(field->type, sizeof(field->type), "%s", text);
	return true;
}

static bool read_field(char *line, struct field *field)
{
	char *at = strstr(line, "field:"), *semicolon = at ? strchr(at, ';') : NULL;

	*field = (struct field){ 0 };
	if (!semicolon)
		return false;
	*semicolon = '\0';
	if (sscanf(semicolon + 1, " offset:%u; size:%u; signed:%u", &field->offset, &field->size,
		   &field->is_signed) != 3)
		return false;
	return split_declaration(at + strlen("field:"), field);
}

/* Types that every header has. Others, enums too, are taken as integers of their size. */
static bool is_plain(const char *type, unsigned int size)
{
	static const struct {
		const char *name;
		unsigned int size;
	} plain[] = {
		{ "char ", 1 }, { "unsigned char ", 1 }, { "short ", 2 }, { "unsigned short ", 2 },
		{ "int ", 4 },  { "unsigned int ", 4 },  { "long ", 8 },  { "unsigned long ", 8 },
	};

	for (size_t i = 0; i < BEE_LEN(plain); i++)
		if (!strcmp(type, plain[i].name) && size == plain[i].size)
			return true;
	return false;
}

/* Pointers keep what they point to where every kernel has it; typedefs it may lack become void. */
static bool is_known_pointer(const char *type)
{
	static const char *const known[] = { "char ",     "int ", "long ", "short ", "void ",
					     "unsigned ", "u8 ",  "u16 ",  "u32 ",   "u64 " };

	if (!strncmp(type, "const ", 6))
		type += 6;
	if (!strncmp(type, "struct ", 7) || !strncmp(type, "union ", 6))
		return true;
	for (size_t i = 0; i < BEE_LEN(known); i++)
		if (!strncmp(type, known[i], strlen(known[i])))
			return true;
	return false;
}

static bool is_integer_size(unsigned int size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static void print_field(struct bee__text *text, const struct field *field)
{
	int count = *field->array ? atoi(field->array + 1) : 0;
	static const char *const words[] = {
		[1] = "char", [2] = "short", [4] = "int", [8] = "long long"
	};

	if (field->is_located)
		bee__text_printf(text, "\tint data_loc_%s;\n", field->name);
	else if (strchr(field->type, '*') && field->size == 8 && !*field->array)
		bee__text_printf(text, "\t%s%s;\n",
				 is_known_pointer(field->type) ? field->type : "void *",
				 field->name);
	else if (!*field->array && is_plain(field->type, field->size))
		bee__text_printf(text, "\t%s%s;\n", field->type, field->name);
	else if (!*field->array && is_integer_size(field->size))
		bee__text_printf(text, "\t%s %s %s;\n", field->is_signed ? "signed" : "unsigned",
				 words[field->size], field->name);
	else if (!strncmp(field->type, "char", 4) || !strncmp(field->type, "const char", 10))
		bee__text_printf(text, "\tchar %s[%u];\n", field->name, field->size);
	else if (count > 0 && is_plain(field->type, field->size / count))
		bee__text_printf(text, "\t%s%s%s;\n", field->type, field->name, field->array);
	else
		bee__text_printf(text, "\tunsigned char %s[%u];\n", field->name, field->size);
}

/* The common fields, which a program may not read, are 8 bytes; then each field at its offset. */
static int print_fields(char *format, struct bee__text *text)
{
	unsigned int at = 8, pads = 0;
	char *save, *line;

	for (line = strtok_r(format, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct field field;

		if (!read_field(line, &field) || field.offset < 8)
			continue;
		if (field.offset < at)
			return -EINVAL;
		if (field.offset > at)
			bee__text_printf(text, "\tchar __bee_pad%u[%u];\n", pads++,
					 field.offset - at);
		print_field(text, &field);
		at = field.offset + field.size;
	}
	return 0;
}

int bee__tracepoint_struct(struct bee *bee, const char *category, const char *event,
			   struct bee__text *text)
{
	char *format;
	int err;

	err = read_event_file(bee, category, event, "format", &format);
	if (err)
		return err;
	note_format(bee, category, event, format);
	bee__text_printf(text,
			 "struct tracepoint__%s__%s {\n\tunsigned long long __do_not_use__;\n",
			 category, event);
	err = print_fields(format, text);
	/* Offsets are tracefs's, whatever alignment C would choose. */
	bee__text_printf(text, "} __attribute__((packed, aligned(8)));\n");
	free(format);
	return err ? err : text->failed ? -ENOMEM : 0;
}

int bee__tracepoint_field(struct bee *bee, const char *category, const char *event,
			  const char *name, unsigned int *ret_offset, unsigned int *ret_size)
{
	char *format, *save, *line;
	int err;

	err = read_event_file(bee, category, event, "format", &format);
	if (err)
		return err;
	err = -ENOENT;
	for (line = strtok_r(format, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct field field;

		if (!read_field(line, &field) || strcmp(field.name, name))
			continue;
		*ret_offset = field.offset;
		*ret_size = field.size;
		err = 0;
	}
	free(format);
	return err;
}

int bee__tracepoint_fields(struct bee *bee, const char *category, const char *event,
			   bee__tracepoint_field_fn fn, void *ctx)
{
	char *format, *save, *line;
	int err;

	err = read_event_file(bee, category, event, "format", &format);
	if (err)
		return err;
	for (line = strtok_r(format, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct field field;
		size_t len;

		/* The common fields come first. */
		if (!read_field(line, &field) || field.offset < 8)
			continue;
		len = strlen(field.type);
		while (len && field.type[len - 1] == ' ')
			field.type[--len] = '\0';
		fn(ctx, field.type, field.name, field.array);
	}
	free(format);
	return 0;
}
