/* SPDX-License-Identifier: Apache-2.0 */
/* A cache in a folder of the test's own. */
#include <dirent.h>
#include <sys/stat.h>

#include "internal.h"
#include "kept.h"
#include "support.h"

char folder[] = "/tmp/moonbee-cache-XXXXXX";

/* A folder that is empty, and this user's alone. */
int cache_setup(void **state)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

int cache_teardown(void **state)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static const char *const magic_define[] = { "MAGIC=1" };

struct bee_source source_of(const char *text)
{
	return (struct bee_source){ .size = sizeof(struct bee_source),
				    .name = "a.c",
				    .text = text };
}

struct bee_load_opts usual(void)
{
	return (struct bee_load_opts){ .size = sizeof(struct bee_load_opts),
				       .defines = magic_define,
				       .defines_len = 1 };
}

struct bee *open_with(const char *cache, const char *compiler)
{
	struct bee_opts opts = { .size = sizeof(opts), .cache = cache, .compiler = compiler };
	struct bee *bee = NULL;

	assert_int_equal(bee_open(&opts, &bee), 0);
	return bee;
}

int compile_with(const char *cache, const char *compiler, const struct bee_source *source,
		 const struct bee_load_opts *opts, char **ret_words)
{
	struct bee *bee = open_with(cache, compiler);
	const struct bee_diag *diag = NULL;
	struct bee__text words = { 0 };
	void *elf = NULL;
	size_t size;
	int err = bee_compile(bee, source, opts, &elf, &size);

	while (ret_words && (diag = bee_diag_next(bee, diag)))
		bee__text_printf(&words, "%s:%u:%u: %d %s|%s|%s\n", diag->file, diag->line,
				 diag->column, diag->severity, diag->text, diag->source,
				 diag->hint);
	if (ret_words)
		*ret_words = words.data;
	free(elf);
	bee_close(bee);
	return err;
}

int make(const struct bee_source *source, const struct bee_load_opts *opts)
{
	return compile_with(folder, NULL, source, opts, NULL);
}

bool is_kept(const struct bee_source *source, const struct bee_load_opts *opts)
{
	int err = compile_with(folder, "/nowhere/moonbee-cc", source, opts, NULL);

	assert_true(!err || err == -ENOENT);
	return !err;
}

/* The files of the folder by name, so that a test can spoil them. */
size_t each_file(void (*fn)(const char *path))
{
	DIR *dir = opendir(folder);
	size_t count = 0;
	char path[300];

	assert_non_null(dir);
	for (struct dirent *at = readdir(dir); at; at = readdir(dir)) {
		if (at->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, at->d_name);
		if (fn)
			fn(path);
		count++;
	}
	closedir(dir);
	return count;
}
