// SPDX-License-Identifier: Apache-2.0
/* uprobe, uretprobe: a function of a program or library, in every process that runs it. */
#include <glob.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "../internal.h"
#include "binary.h"

/* "/path/or/lib:symbol[+off]": the last colon ends the path. */
struct place {
	char path[512];
	char symbol[256];
	size_t offset;
};

static int split(struct bee__attach *at, struct place *place)
{
	const char *colon = strrchr(at->rest, ':');
	const char *symbol = colon ? colon + 1 : "", *plus = strchr(symbol, '+');
	size_t path_len = colon ? (size_t)(colon - at->rest) : 0;
	size_t symbol_len = plus ? (size_t)(plus - symbol) : strlen(symbol);
	char *end = NULL;

	if (!path_len || path_len >= sizeof(place->path) || symbol_len >= sizeof(place->symbol) ||
	    (!symbol_len && !plus))
		return bee__attach_fail(at, -EINVAL, "expected %s:/path/or/library:symbol",
					at->hook->name);
	memcpy(place->path, at->rest, path_len);
	memcpy(place->symbol, symbol, symbol_len);
	if (!plus)
		return 0;
	place->offset = strtoul(plus + 1, &end, 0);
	if (end == plus + 1 || *end)
		return bee__attach_fail(at, -EINVAL, "'%s' is no offset", plus + 1);
	return 0;
}

/* Directories in which a name without a slash is looked for. */
static const char *const library_dirs[] = {
	"/usr/local/lib",
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
	"/lib/aarch64-linux-gnu",
	"/usr/lib/aarch64-linux-gnu",
	"/lib64",
	"/usr/lib64",
	"/lib",
	"/usr/lib",
};
static const char *const program_dirs[] = {
	"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
};

static bool search(const char *const *dirs, size_t len, const char *name, char *path, size_t size)
{
	for (size_t i = 0; i < len; i++) {
		int count = snprintf(path, size, "%s/%s", dirs[i], name);

		if (count > 0 && (size_t)count < size && !access(path, R_OK))
			return true;
	}
	return false;
}

/* As BCC names libraries: "c" is libc.so.6. What ends in .so alone may be a script of the linker. */
static bool search_short(const char *name, char *path, size_t size)
{
	bool is_found = false;

	for (size_t i = 0; i < BEE_LEN(library_dirs) && !is_found; i++) {
		glob_t found;
		int count = snprintf(path, size, "%s/lib%s.so.[0-9]*", library_dirs[i], name);

		if (count < 0 || (size_t)count >= size || glob(path, 0, NULL, &found))
			continue;
		count = snprintf(path, size, "%s", found.gl_pathv[0]);
		is_found = count > 0 && (size_t)count < size;
		globfree(&found);
	}
	return is_found;
}

int bee__attach_binary(struct bee__attach *at, char *path, size_t size)
{
	char name[512];

	if (strchr(path, '/')) {
		if (access(path, R_OK))
			return bee__attach_fail(at, -errno, "%s: %s", path, strerror(errno));
		return 0;
	}
	snprintf(name, sizeof(name), "%s", path);
	if (!search(library_dirs, BEE_LEN(library_dirs), name, path, size) &&
	    !search(program_dirs, BEE_LEN(program_dirs), name, path, size) &&
	    !search_short(name, path, size))
		return bee__attach_fail(at, -ENOENT, "no program or library is called '%s'", name);
	return 0;
}

int bee__attach_uprobe(struct bee__attach *at)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = !strcmp(at->hook->name, "uretprobe"));
	struct place place = { 0 };
	struct bpf_link *part;
	int err;

	err = split(at, &place);
	err = err ?: bee__attach_binary(at, place.path, sizeof(place.path));
	if (err)
		return err;
	if (*place.symbol)
		opts.func_name = place.symbol;
	part = bpf_program__attach_uprobe_opts(at->prog->bpf, -1, place.path, place.offset, &opts);
	if (part)
		return bee__attach_part(at, part);
	if (errno == ENOENT)
		return bee__attach_fail(at, -ENOENT, "%s has no function '%s'", place.path,
					place.symbol);
	if (errno == ENOEXEC || errno == EINVAL || errno == LIBBPF_ERRNO__FORMAT)
		return bee__attach_fail(at, -EINVAL, "%s is no program or library for this machine",
					place.path);
	return bee__attach_part(at, NULL);
}
