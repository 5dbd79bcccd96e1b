// SPDX-License-Identifier: Apache-2.0
/* The folder of the cache: where it is, whether it can be trusted, what lies in it, and how that goes. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define STALE_S 3600 /* seconds after which a file that was never finished is nobody's */

/* In the user's own words, else by custom; false: there is to be none. */
static bool find_folder(const struct bee *bee, char *buf, size_t size)
{
	const char *asked = bee->cache ? bee->cache : secure_getenv("MOONBEE_CACHE");
	const char *xdg = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
	int len;

	if (asked)
		len = snprintf(buf, size, "%s", asked);
	else if (!geteuid())
		len = snprintf(buf, size, "/var/cache/moonbee");
	else if (xdg && *xdg == '/')
		len = snprintf(buf, size, "%s/moonbee", xdg);
	else if (home && *home == '/')
		len = snprintf(buf, size, "%s/.cache/moonbee", home);
	else
		return false;
	return len > 0 && (size_t)len < size;
}

static void make_folder(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash && slash != path) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	mkdir(path, 0700);
}

/*
 * Whoever else could write into the folder could choose what this user loads into the kernel. Gives its
 * descriptor; or -1 and errno, and why not.
 */
static int open_folder(const char *path, const char **ret_why)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat info;

	*ret_why = fd < 0 ? strerrordesc_np(errno) : "";
	if (fd < 0 || (!fstat(fd, &info) && info.st_uid == geteuid() && !(info.st_mode & 077)))
		return fd;
	*ret_why = "it is not this user's alone";
	close(fd);
	errno = EACCES;
	return -1;
}

int bee__cache_folder(struct bee *bee)
{
	char path[PATH_MAX];
	const char *why;

	if (bee->has_cache)
		return bee->cache_fd;
	bee->has_cache = true;
	bee->cache_fd = -1;
	if (!find_folder(bee, path, sizeof(path)))
		return -1;
	make_folder(path);
	bee->cache_fd = open_folder(path, &why);
	if (bee->cache_fd < 0)
		bee__log(bee, BEE_LOG_WARN, "nothing is cached: %s: %s", path, why);
	return bee->cache_fd;
}

void bee__cache_close(struct bee *bee)
{
	if (bee->has_cache && bee->cache_fd >= 0)
		close(bee->cache_fd);
	free(bee->cache);
	free(bee->cache_path);
}

/* ---- what lies in it --------------------------------------------------------------------- */

struct entry {
	char name[64];
	time_t used;
	off_t size;
};

static int compare_used(const void *a, const void *b)
{
	const struct entry *first = a, *second = b;

	return (first->used > second->used) - (first->used < second->used);
}

/* Is it one of ours? The folder is as it was asked for, and may hold what is none of our business. */
static bool is_entry(const char *name)
{
	return strlen(name) >= 24 && strspn(name, "0123456789abcdef") == strlen(name);
}

/* All entries by name, when they were used, and how long they are; what was left unfinished goes. */
static struct entry *list_entries(int folder, size_t *ret_len, uint64_t *ret_sum)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct entry *list = NULL, *more;
	size_t len = 0;

	*ret_sum = 0;
	for (struct dirent *at = dir ? readdir(dir) : NULL; at; at = readdir(dir)) {
		struct stat info;

		if (at->d_name[0] == '.' || strlen(at->d_name) >= sizeof(list->name) ||
		    fstatat(folder, at->d_name, &info, AT_SYMLINK_NOFOLLOW))
			continue;
		if (!strncmp(at->d_name, "new.", 4)) {
			if (info.st_mtime + STALE_S < time(NULL))
				unlinkat(folder, at->d_name, 0);
			continue;
		}
		if (!is_entry(at->d_name))
			continue;
		more = realloc(list, (len + 1) * sizeof(*list));
		if (!more)
			break;
		list = more;
		strcpy(list[len].name, at->d_name);
		list[len].used = info.st_mtime;
		list[len++].size = info.st_size;
		*ret_sum += info.st_size;
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	*ret_len = len;
	return list;
}

void bee__cache_trim(int folder, uint64_t limit)
{
	uint64_t sum;
	size_t len;
	struct entry *list = list_entries(folder, &len, &sum);

	if (sum > limit) {
		qsort(list, len, sizeof(*list), compare_used);
		/* To three quarters, so that not every new file makes another one go. */
		for (size_t i = 0; i < len && sum > limit / 4 * 3; i++)
			if (!unlinkat(folder, list[i].name, 0))
				sum -= list[i].size;
	}
	free(list);
}

/* ---- telling, and clearing --------------------------------------------------------------- */

static bool copy_path(struct bee *bee, const char *path)
{
	if (!bee->cache_path)
		bee->cache_path = strdup(path);
	return bee->cache_path;
}

/* Opens the folder and does not make it. Gives -1 where there is none, and the reason in ret_info. */
static int look(struct bee *bee, struct bee_cache_info *ret_info)
{
	char path[PATH_MAX];
	int fd;

	*ret_info = (struct bee_cache_info){ .folder = "", .max_bytes = BEE__CACHE_MAX };
	ret_info->reason = "nothing is to be kept";
	if (!find_folder(bee, path, sizeof(path)) || !copy_path(bee, path))
		return -1;
	ret_info->folder = bee->cache_path;
	fd = open_folder(path, &ret_info->reason);
	if (fd < 0 && errno == ENOENT)
		ret_info->reason = "";
	return fd;
}

int bee_cache_info(struct bee *bee, struct bee_cache_info *ret_info)
{
	struct bee_cache_info info;
	size_t size = ret_info->size, len = 0;
	int fd;

	if (size < offsetof(struct bee_cache_info, max_bytes) + sizeof(info.max_bytes))
		return -EINVAL;
	fd = look(bee, &info);
	if (fd >= 0) {
		free(list_entries(fd, &len, &info.bytes));
		close(fd);
	}
	info.entries = len;
	info.size = size;
	memset(ret_info, 0, size);
	memcpy(ret_info, &info, size < sizeof(info) ? size : sizeof(info));
	return 0;
}

int bee_cache_clear(struct bee *bee, uint64_t *ret_entries)
{
	struct bee_cache_info info;
	struct entry *list;
	size_t len = 0;
	int fd, err = 0;

	bee__diags_clear(bee);
	*ret_entries = 0;
	fd = look(bee, &info);
	if (fd < 0 && (!*info.reason || !*info.folder))
		return 0;
	if (fd < 0)
		return bee__fail(bee, BEE_STAGE_SOURCE, -EACCES, "cannot clear %s: %s", info.folder,
				 info.reason);
	list = list_entries(fd, &len, &info.bytes);
	for (size_t i = 0; i < len && !err; i++) {
		if (!unlinkat(fd, list[i].name, 0))
			++*ret_entries;
		else if (errno != ENOENT) /* another process may clear it too */
			err = bee__fail(bee, BEE_STAGE_SOURCE, -errno, "cannot clear %s: %s",
					info.folder, strerror(errno));
	}
	free(list);
	close(fd);
	return err;
}
