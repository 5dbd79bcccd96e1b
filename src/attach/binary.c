// SPDX-License-Identifier: Apache-2.0
/* From the name of a program or library, and whose it is, to files that a probe can be put in. */
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../internal.h"
#include "binary.h"
#include "cgroup.h"
#include "many.h"

/* ---- whose ------------------------------------------------------------------------------- */

static const char *read_pid(struct bee__attach *at, const char *text, struct bee__scope *scope)
{
	char *end;
	unsigned long pid = strtoul(text, &end, 10);

	if (end == text || *end != ':' || !pid || pid > INT_MAX) {
		bee__attach_fail(at, -EINVAL, "'%.*s' is no number of a process",
				 (int)strcspn(text, ":"), text);
		return NULL;
	}
	scope->pid = pid;
	return end + 1;
}

static const char *read_cgroup(struct bee__attach *at, const char *text, struct bee__scope *scope)
{
	size_t len = strcspn(text, ":");

	if (!len || !text[len] || len >= sizeof(scope->cgroup)) {
		bee__attach_fail(at, -EINVAL, "expected %s:cgroup:/PATH:...", at->hook->name);
		return NULL;
	}
	memcpy(scope->cgroup, text, len);
	scope->cgroup[len] = '\0';
	return text + len + 1;
}

const char *bee__scope_read(struct bee__attach *at, struct bee__scope *scope)
{
	const char *text = at->rest;
	size_t digits = strspn(text, "0123456789");

	*scope = (struct bee__scope){ .pid = -1 };
	if (!strncmp(text, "pid:", 4))
		return read_pid(at, text + 4, scope);
	if (!strncmp(text, "cgroup:", 7))
		return read_cgroup(at, text + 7, scope);
	if (digits && text[digits] == ':')
		return read_pid(at, text, scope);
	return text;
}

/* ---- names ------------------------------------------------------------------------------- */

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

static bool search(const char *root, const char *const *dirs, size_t len, const char *name,
		   char *path)
{
	for (size_t i = 0; i < len; i++) {
		int count = snprintf(path, PATH_MAX, "%s%s/%s", root, dirs[i], name);

		if (count > 0 && count < PATH_MAX && !access(path, R_OK))
			return true;
	}
	return false;
}

/*
 * "libc", or "c" as in BCC, is libc.so.6. What ends in .so alone may be a script of the linker.
 */
static bool search_short(const char *root, const char *name, char *path)
{
	const char *lib = strncmp(name, "lib", 3) ? "lib" : "";
	bool is_found = false;

	for (size_t i = 0; i < BEE_LEN(library_dirs) && !is_found; i++) {
		glob_t found;
		int count = snprintf(path, PATH_MAX, "%s%s/%s%s.so.[0-9]*", root, library_dirs[i],
				     lib, name);

		if (count < 0 || count >= PATH_MAX || glob(path, 0, NULL, &found))
			continue;
		count = snprintf(path, PATH_MAX, "%s", found.gl_pathv[0]);
		is_found = count > 0 && count < PATH_MAX;
		globfree(&found);
	}
	return is_found;
}

/* Below a root, which is "" or "/proc/PID/root". */
static int find_file(struct bee__attach *at, const char *root, const char *name, char *path)
{
	int count;

	if (!strchr(name, '/')) {
		if (search(root, library_dirs, BEE_LEN(library_dirs), name, path) ||
		    search(root, program_dirs, BEE_LEN(program_dirs), name, path) ||
		    search_short(root, name, path))
			return 0;
		return bee__attach_fail(at, -ENOENT, "no program or library is called '%s'", name);
	}
	count = snprintf(path, PATH_MAX, "%s%s%s", root, *root && *name != '/' ? "/" : "", name);
	if (count < 0 || count >= PATH_MAX)
		return bee__attach_fail(at, -ENAMETOOLONG, "the path is too long");
	return access(path, R_OK) ? bee__attach_fail(at, -errno, "%s: %s", name, strerror(errno))
				  : 0;
}

/* ---- what a process has mapped ----------------------------------------------------------- */

struct mapping {
	int pid;
	char range[40];      /* "7f12000-7f34000" */
	char path[PATH_MAX]; /* as the process knows it, or as the kernel can tell it */
};

static bool same_file(const struct stat *wanted, const char *path)
{
	struct stat is;

	return !stat(path, &is) && is.st_dev == wanted->st_dev && is.st_ino == wanted->st_ino;
}

/*
 * A way to the very file that is mapped: by its path, where that leads to it from here or from the
 * process's root, else by the mapping, which serves a deleted file and a chroot as well.
 */
static void reach(const struct mapping *mapping, char *path)
{
	char link[80], inside[PATH_MAX + 32];
	struct stat mapped;

	snprintf(link, sizeof(link), "/proc/%d/map_files/%s", mapping->pid, mapping->range);
	snprintf(inside, sizeof(inside), "/proc/%d/root%s", mapping->pid, mapping->path);
	if (stat(link, &mapped) || same_file(&mapped, inside))
		snprintf(path, PATH_MAX, "%.*s", PATH_MAX - 1, inside);
	else
		snprintf(path, PATH_MAX, "%s", link);
	if (!stat(inside, &mapped) && same_file(&mapped, mapping->path))
		snprintf(path, PATH_MAX, "%s", mapping->path);
}

static bool is_called(const struct mapping *mapping, const char *name)
{
	const char *slash = strrchr(mapping->path, '/'), *base = slash + 1;
	size_t len = strlen(name);
	char inside[PATH_MAX + 32], path[PATH_MAX];
	struct stat wanted;

	if (strchr(name, '/')) {
		if (!strcmp(mapping->path, name))
			return true;
		snprintf(inside, sizeof(inside), "/proc/%d/root%s", mapping->pid, name);
		reach(mapping, path);
		return !stat(inside, &wanted) && same_file(&wanted, path);
	}
	if (!strcmp(base, name))
		return true;
	if (strncmp(base, "lib", 3))
		return false;
	if (strncmp(name, "lib", 3))
		base += 3;
	/* "libc.so.6", and "libc-2.31.so" as they were once called. */
	return !strncmp(base, name, len) &&
	       (!strncmp(base + len, ".so", 3) || (base[len] == '-' && strstr(base + len, ".so")));
}

/* A line of /proc/PID/maps that maps code of a file. */
static bool read_mapping(const char *line, struct mapping *mapping)
{
	char access[5];
	int at = 0;
	size_t len;

	if (sscanf(line, "%39s %4s %*s %*s %*s %n", mapping->range, access, &at) < 2 || !at ||
	    access[2] != 'x' || line[at] != '/')
		return false;
	len = strcspn(line + at, "\n");
	if (len >= sizeof(mapping->path))
		return false;
	memcpy(mapping->path, line + at, len);
	mapping->path[len] = '\0';
	return true;
}

static int add(struct bee__binaries *binaries, const char *path, int pid)
{
	struct bee__binary *list =
		realloc(binaries->list, (binaries->len + 1) * sizeof(*binaries->list));

	if (!list)
		return -ENOMEM;
	binaries->list = list;
	snprintf(list[binaries->len].path, PATH_MAX, "%s", path);
	list[binaries->len++].pid = pid;
	return 0;
}

static bool has(const struct bee__binaries *binaries, const char *path, int pid)
{
	for (size_t i = 0; i < binaries->len; i++)
		if (binaries->list[i].pid == pid && !strcmp(binaries->list[i].path, path))
			return true;
	return false;
}

/* Add the first file of the name, or all; none is no error. */
static int add_mapped(int pid, const char *name, struct bee__binaries *binaries)
{
	struct mapping mapping = { .pid = pid };
	char maps[64], path[PATH_MAX], *text;
	size_t size;
	int err;

	snprintf(maps, sizeof(maps), "/proc/%d/maps", pid);
	err = bee__read_file(maps, &text, &size);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	for (char *line = text; line && *line && !err;) {
		if (read_mapping(line, &mapping) && (!name || is_called(&mapping, name))) {
			reach(&mapping, path);
			if (!has(binaries, path, pid))
				err = add(binaries, path, pid);
			if (name)
				break;
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	free(text);
	return err;
}

bool bee__process_has_ended(int pid)
{
	char root[32], link[8];

	snprintf(root, sizeof(root), "/proc/%d/root", pid);
	return readlink(root, link, sizeof(link)) < 0 && (errno == ENOENT || errno == ESRCH);
}

static int find_in_process(struct bee__attach *at, int pid, const char *name,
			   struct bee__binaries *binaries)
{
	int err = add_mapped(pid, name, binaries);
	char root[32], path[PATH_MAX];

	if (err)
		return bee__attach_fail(at, err, "process %d: %s", pid, strerror(-err));
	if (binaries->len)
		return 0;
	if (bee__process_has_ended(pid))
		return bee__attach_fail(at, -ESRCH, "process %d has ended", pid);
	if (!name)
		return bee__attach_fail(at, -ENOENT, "process %d has no program", pid);
	/* It may be mapped later. */
	snprintf(root, sizeof(root), "/proc/%d/root", pid);
	err = find_file(at, root, name, path);
	return err ?: add(binaries, path, pid);
}

/* ---- cgroups ----------------------------------------------------------------------------- */

static int add_processes(int folder, const char *name, struct bee__binaries *binaries)
{
	int fd = openat(folder, "cgroup.procs", O_RDONLY | O_CLOEXEC), err;
	char *text, *save;
	size_t size;

	if (fd < 0)
		return -errno;
	err = bee__read_fd(fd, &text, &size);
	close(fd);
	if (err)
		return err;
	for (char *line = strtok_r(text, "\n", &save); line && !err;
	     line = strtok_r(NULL, "\n", &save)) {
		err = add_mapped(atoi(line), name, binaries);
		if (err == -ESRCH)
			err = 0; /* it ended meanwhile */
		if (binaries->len > BEE_MANY_MAX)
			err = -E2BIG;
	}
	free(text);
	return err;
}

/* The cgroup's own processes, and those of the cgroups in it. The descriptor is closed. */
static int add_cgroup(int folder, const char *name, struct bee__binaries *binaries)
{
	int err = add_processes(folder, name, binaries), inner;
	const struct dirent *entry;
	DIR *dir = fdopendir(folder);

	if (!dir) {
		close(folder);
		return -ENOMEM;
	}
	/* A cgroup of threads names no processes, and one may go while it is looked through. */
	if (err == -EOPNOTSUPP || err == -ENOENT || err == -ENODEV)
		err = 0;
	while (!err && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		inner = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = inner >= 0 ? add_cgroup(inner, name, binaries) : errno == ENOENT ? 0 : -errno;
	}
	closedir(dir);
	return err;
}

static int find_in_cgroup(struct bee__attach *at, const char *cgroup, const char *name,
			  struct bee__binaries *binaries)
{
	int fd, err;

	if (!name || !*name)
		return bee__attach_fail(at, -EINVAL,
					"it names no program or library: expected "
					"%s:cgroup:/PATH:libc:...",
					at->hook->name);
	fd = bee__cgroup_open(at, cgroup);
	if (fd < 0)
		return fd;
	err = add_cgroup(fd, name, binaries);
	if (err == -E2BIG) {
		bee__attach_fail(at, err, "more than %d processes in cgroup '%s' run '%s'",
				 BEE_MANY_MAX, cgroup, name);
		bee__hint(at->bee, "name a cgroup inside of it");
		return err;
	}
	if (err)
		return bee__attach_fail(at, err, "cgroup '%s': %s", cgroup, strerror(-err));
	if (!binaries->len)
		return bee__attach_fail(at, -ENOENT, "no process in cgroup '%s' runs '%s'", cgroup,
					name);
	return 0;
}

/* ---- all of it --------------------------------------------------------------------------- */

int bee__process_error(struct bee__attach *at, const struct bee__scope *scope, int err)
{
	if (!err || err == -ENOMEM || scope->pid < 0 || !bee__process_has_ended(scope->pid))
		return err;
	bee__diags_clear(at->bee);
	return bee__attach_fail(at, -ESRCH, "process %d has ended", scope->pid);
}

int bee__binaries_find(struct bee__attach *at, const struct bee__scope *scope, const char *name,
		       struct bee__binaries *ret_binaries)
{
	struct bee__binaries found = { 0 };
	char path[PATH_MAX];
	int err;

	if (*scope->cgroup) {
		err = find_in_cgroup(at, scope->cgroup, name, &found);
	} else if (scope->pid >= 0) {
		err = find_in_process(at, scope->pid, name, &found);
	} else {
		err = find_file(at, "", name, path);
		err = err ?: add(&found, path, -1);
	}
	if (err) {
		bee__binaries_free(&found);
		return bee__process_error(at, scope, err);
	}
	*ret_binaries = found;
	return 0;
}

void bee__binaries_free(struct bee__binaries *binaries)
{
	free(binaries->list);
}
