// SPDX-License-Identifier: Apache-2.0
/* The user's text and what it includes, as the files that the compiler will see. */
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* A header that includes itself by ever longer names ends here. */
#define MAX_FILES 256
#define DUMP_SIZE (1 << 20) /* nobody writes that much by hand */
#define DUMP_MAX  (16 << 20)

struct reader {
	struct bee *bee;
	const struct bee_load_opts *opts;
	struct bee__files files;
	size_t size; /* bytes read so far */
	bool with_dump;
};

/* ---- paths ------------------------------------------------------------------------------- */

/* Write folder/name into path with "." and ".." taken out by their letters, as the compiler does. */
static int join_path(const char *folder, const char *name, char path[PATH_MAX])
{
	char joined[PATH_MAX * 2];
	size_t len = 0;
	char *save = NULL;

	if (*name == '/')
		folder = "";
	if (snprintf(joined, sizeof(joined), "%s/%s", folder, name) >= PATH_MAX)
		return -ENAMETOOLONG;
	for (char *part = strtok_r(joined, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		if (!strcmp(part, "."))
			continue;
		if (!strcmp(part, "..")) {
			while (len && path[--len] != '/')
				;
			continue;
		}
		len += sprintf(path + len, "/%s", part);
	}
	path[len] = '\0';
	return 0;
}

/* ---- files ------------------------------------------------------------------------------- */

void bee__files_free(struct bee__files *files)
{
	for (size_t i = 0; i < files->len; i++) {
		free(files->list[i].path);
		free(files->list[i].text);
	}
	for (size_t i = 0; i < files->folders_len; i++)
		free(files->folders[i]);
	free(files->list);
	free(files->folders);
	*files = (struct bee__files){ 0 };
}

static bool has_file(const struct reader *reader, const char *path)
{
	for (size_t i = 0; i < reader->files.len; i++)
		if (!strcmp(reader->files.list[i].path, path))
			return true;
	return false;
}

/* The reader takes text, which is freed in any case. */
static int add_file(struct reader *reader, const char *path, struct bee__text *text)
{
	struct bee__files *files = &reader->files;
	struct bee__file *list;
	char *copy;

	if (files->len == MAX_FILES) {
		bee__text_free(text);
		return bee__fail(reader->bee, BEE_STAGE_SOURCE, -ELOOP,
				 "more than %d files are included", MAX_FILES);
	}
	list = realloc(files->list, (files->len + 1) * sizeof(*list));
	if (list)
		files->list = list;
	copy = strdup(path);
	bee__text_add(text, "", 0);
	if (!list || !copy || text->failed) {
		free(copy);
		bee__text_free(text);
		return -ENOMEM;
	}
	list[files->len++] = (struct bee__file){ copy, text->data, text->len };
	return 0;
}

static int add_stand_in(struct reader *reader, const char *path, const char *name)
{
	struct bee__text text = { 0 };

	bee__text_printf(&text, "#line 1 \"%s\"\n", name);
	bee__text_printf(&text, "%s", bee__virtual_text(name));
	return add_file(reader, path, &text);
}

static int add_virtual(struct reader *reader, const char *name)
{
	char path[PATH_MAX];

	if (join_path(BEE_INCLUDE_PATH, name, path) || has_file(reader, path))
		return 0;
	return add_stand_in(reader, path, name);
}

/* ---- checks ------------------------------------------------------------------------------ */

static int fail_at(struct bee *bee, const char *name, unsigned int line, const char *text)
{
	struct bee_diag diag = {
		.stage = BEE_STAGE_SOURCE,
		.severity = BEE_ERROR,
		.err = -EINVAL,
		.file = name,
		.line = line,
		.text = text,
	};

	return bee__diag(bee, &diag);
}

static bool is_blank(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!strchr(" \t\r\n\v\f", text[i]) || !text[i])
			return false;
	return true;
}

/*
 * A vmlinux.h that holds all types of some kernel, or a vmlinux-x86.h and its like, one of which is
 * chosen by #if. Those of the kernel that is compiled for stand in for them, in a hundredth of the
 * time, unless the source turns out to need the file.
 */
static bool is_dump(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = strlen(path);
	struct stat info;

	return slash && !strncmp(slash, "/vmlinux", strlen("/vmlinux")) && path[len - 1] == 'h' &&
	       path[len - 2] == '.' && !stat(path, &info) && info.st_size > DUMP_SIZE;
}

static int check_text(struct reader *reader, const char *name, unsigned int line, const char *text,
		      size_t size)
{
	const char *nul = memchr(text, '\0', size);

	reader->size += size;
	if (reader->size > BEE_SOURCE_MAX)
		return bee__fail(reader->bee, BEE_STAGE_SOURCE, -E2BIG,
				 "%s: the source and what it includes are larger than %u MB", name,
				 BEE_SOURCE_MAX >> 20);
	if (!nul)
		return 0;
	for (const char *at = text; at < nul; at++)
		line += *at == '\n';
	fail_at(reader->bee, name, line, "there is a NUL byte in the source");
	bee__hint(reader->bee,
		  "it is read as C: it is no text, and neither an ELF object nor LLVM's bitcode");
	return -EINVAL;
}

/* ---- includes ---------------------------------------------------------------------------- */

/* One #include, as it is written. */
struct include {
	char name[PATH_MAX];
	bool is_quoted;
};

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* The #include of a line. In a comment it is none, but a file too many does no harm. */
static bool parse_include(const char *line, struct include *include)
{
	static const char word[] = "include";
	const char *end;

	line = skip_blanks(line);
	if (*line != '#')
		return false;
	line = skip_blanks(line + 1);
	if (strncmp(line, word, sizeof(word) - 1))
		return false;
	line = skip_blanks(line + sizeof(word) - 1);
	if (*line != '"' && *line != '<')
		return false;
	include->is_quoted = *line == '"';
	end = line + 1 + strcspn(line + 1, include->is_quoted ? "\"\n" : ">\n");
	if (!*end || *end == '\n' || end - line > PATH_MAX)
		return false;
	snprintf(include->name, PATH_MAX, "%.*s", (int)(end - line - 1), line + 1);
	return include->name[0];
}

static int read_includes(struct reader *reader, const char *path, const char *text);

/* A header of the user's, with what it includes before it. 0 also when there is no such file. */
static int read_header(struct reader *reader, const char *path, const char *name)
{
	struct bee__text text = { 0 };
	char *data;
	size_t size;
	int err;

	err = bee__read_file(path, &data, &size);
	if (err == -ENOENT || err == -ENOTDIR || err == -EISDIR)
		return 0; /* the compiler says so, at the line */
	if (err)
		return bee__fail(reader->bee, BEE_STAGE_SOURCE, err, "cannot read %s: %s", path,
				 strerror(-err));
	bee__text_printf(&text, "#line 1 \"%s\"\n", name);
	bee__text_add(&text, data, size);
	if (is_dump(path) && size < DUMP_MAX)
		reader->size -= size; /* which the user did not write */
	err = check_text(reader, name, 1, data, size);
	if (err)
		bee__text_free(&text);
	else
		err = add_file(reader, path, &text);
	if (!err)
		err = read_includes(reader, path, data);
	free(data);
	return err;
}

/* A copy of the kernel's own header, which many carry along: it would say again what BTF and prelude say. */
static bool is_copy(const char *path)
{
	static const char end[] = "/linux/bpf.h";
	size_t len = strlen(path);

	return len > strlen(end) && !strcmp(path + len - strlen(end), end) && !access(path, R_OK);
}

/* Read a header where it stands below folder. 1: it is there; 0: it is not. shown: its name to the user. */
static int read_below(struct reader *reader, const char *folder, const char *name,
		      const char *shown)
{
	char path[PATH_MAX];
	size_t before = reader->files.len;
	int err;

	if (join_path(folder, name, path))
		return 0;
	if (has_file(reader, path))
		return 1;
	if (is_copy(path))
		return add_stand_in(reader, path, name) ?: 1;
	if (!reader->with_dump && is_dump(path)) {
		reader->files.lacks_dump = true;
		return add_virtual(reader, name) ?: 1;
	}
	err = read_header(reader, path, shown);
	return err ?: reader->files.len > before;
}

/* The kernel's types come from BTF: a folder that has them as headers is passed over for these. */
static bool is_kernels(const char *folder)
{
	static const char *const signs[] = { "linux/bpf.h", "asm/ptrace.h" };
	char path[PATH_MAX];

	for (size_t i = 0; i < BEE_LEN(signs); i++)
		if (!join_path(folder, signs[i], path) && !access(path, F_OK))
			return true;
	return false;
}

static int read_include(struct reader *reader, const char *includer, const struct include *include)
{
	const struct bee__files *files = &reader->files;
	char text[PATH_MAX];
	int err = 0;

	if (include->is_quoted) {
		snprintf(text, sizeof(text), "%s", includer);
		*strrchr(text, '/') = '\0';
		err = read_below(reader, text, include->name, include->name);
	}
	for (size_t i = 0; !err && i < files->folders_len; i++) {
		if (bee__is_virtual(include->name) && is_kernels(files->folders[i]))
			continue;
		if (snprintf(text, sizeof(text), "%s/%s", reader->opts->includes[i],
			     include->name) < PATH_MAX)
			err = read_below(reader, files->folders[i], include->name, text);
	}
	if (err)
		return err < 0 ? err : 0;
	return bee__is_virtual(include->name) ? add_virtual(reader, include->name) : 0;
}

static int read_includes(struct reader *reader, const char *path, const char *text)
{
	struct include *include = malloc(sizeof(*include));
	int err = include ? 0 : -ENOMEM;

	while (!err && text) {
		if (parse_include(text, include))
			err = read_include(reader, path, include);
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	free(include);
	return err;
}

/* ---- the source -------------------------------------------------------------------------- */

/* The absolute path of a folder that the user names; NULL: the current directory. */
static int folder_path(struct reader *reader, const char *name, char path[PATH_MAX])
{
	char current[PATH_MAX] = "";
	int err;

	if (!name)
		name = "";
	if (*name != '/' && !getcwd(current, sizeof(current)))
		return bee__fail(reader->bee, BEE_STAGE_SOURCE, -errno,
				 "cannot tell the current directory: %s", strerror(errno));
	err = join_path(current, name, path);
	if (err)
		return bee__fail(reader->bee, BEE_STAGE_SOURCE, err, "%s: name too long",
				 *name ? name : current);
	return 0;
}

/* Where the source stands, in the compiler's eyes: quoted names are looked up beside it. */
static int source_path(struct reader *reader, const struct bee_source *source, char path[PATH_MAX])
{
	char folder[PATH_MAX];
	int err = folder_path(reader, source->dir, folder);

	if (!err && join_path(folder, "moonbee-source.c", path))
		err = bee__fail(reader->bee, BEE_STAGE_SOURCE, -ENAMETOOLONG, "%s: name too long",
				folder);
	return err;
}

static int add_folder(struct reader *reader, const char *name)
{
	struct bee__files *files = &reader->files;
	char path[PATH_MAX];
	struct stat info;
	int err = folder_path(reader, name, path);

	if (err)
		return err;
	if (stat(path, &info))
		err = -errno;
	else if (!S_ISDIR(info.st_mode))
		err = -ENOTDIR;
	if (err)
		return bee__fail(reader->bee, BEE_STAGE_SOURCE, err,
				 "cannot look for headers in '%s': %s", name, strerror(-err));
	files->folders[files->folders_len] = strdup(path);
	return files->folders[files->folders_len++] ? 0 : -ENOMEM;
}

static int add_folders(struct reader *reader)
{
	size_t len = reader->opts->includes_len;
	int err = 0;

	reader->files.folders = calloc(len + 1, sizeof(char *));
	if (!reader->files.folders)
		return -ENOMEM;
	for (size_t i = 0; !err && i < len; i++)
		err = add_folder(reader, reader->opts->includes[i]);
	return err;
}

/* An input that is no C goes to the compiler as it is, under the name that the user gave it. */
static int read_other(struct reader *reader, const struct bee_source *source, const char *name,
		      size_t size)
{
	struct bee__text text = { 0 };
	int err = 0;

	if (reader->files.input == BEE_INPUT_ASM)
		err = check_text(reader, name, 1, source->text, size);
	else if (size > BEE_SOURCE_MAX)
		err = bee__fail(reader->bee, BEE_STAGE_SOURCE, -E2BIG, "%s is larger than %u MB",
				name, BEE_SOURCE_MAX >> 20);
	if (err)
		return err;
	bee__text_add(&text, source->text, size);
	return add_file(reader, name, &text);
}

static int read_source(struct reader *reader, const struct bee_source *source)
{
	const char *name = source->name ? source->name : "<bpf>";
	unsigned int line = source->line ? source->line : 1;
	size_t size = source->text_size;
	struct bee__text text = { 0 };
	char path[PATH_MAX];
	int err;

	if (!size && source->text)
		size = strlen(source->text);
	if (is_blank(source->text, size))
		return fail_at(reader->bee, name, line, "the source is empty");
	if (reader->files.input != BEE_INPUT_C)
		return read_other(reader, source, name, size);
	err = check_text(reader, name, line, source->text, size);
	if (!err)
		err = source_path(reader, source, path);
	if (err)
		return err;

	/* The text may lack a NUL behind it: its copy has one, behind a line of ours. */
	bee__text_printf(&text, "#line %u \"", line);
	for (const char *at = name; *at; at++)
		bee__text_printf(&text, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
	bee__text_printf(&text, "\"\n");
	bee__text_add(&text, source->text, size);
	if (!text.failed)
		err = read_includes(reader, path, text.data);
	if (err) {
		bee__text_free(&text);
		return err;
	}
	return add_file(reader, path, &text);
}

int bee__source_read(struct bee *bee, const struct bee_source *source,
		     const struct bee_load_opts *opts, bool with_dump, struct bee__files *ret_files)
{
	struct reader reader = {
		.bee = bee,
		.opts = opts,
		.files.input = bee__input(source),
		.with_dump = with_dump,
	};
	int err;

	err = add_folders(&reader);
	err = err ?: read_source(&reader, source);
	if (err) {
		bee__files_free(&reader.files);
		return err;
	}
	*ret_files = reader.files;
	return 0;
}
