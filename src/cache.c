// SPDX-License-Identifier: Apache-2.0
/*
 * What compiling gave, kept for the next time: a folder of the user's own, with a file for each key.
 *
 *   | head: magic, checksum, three sizes | key | formats | answer |
 *
 * A file's name is a checksum of its key, and no more than a hint: the whole key stands in the file and
 * is compared, so that no two keys meet. Formats are those of tracefs that were read, which are read
 * again. A file that is cut, damaged or not the user's own is as good as none, and every failure here
 * only costs a compile.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "internal.h"
#include "wire.h"

#define MAGIC      "moonbee1"
#define ENTRY_MAX  (64u << 20) /* bytes of one file */
#define FOLDER_MAX (64u << 20) /* bytes of all of them */
#define STALE_S    3600        /* seconds after which a file that was never finished is nobody's */

struct head {
	char magic[8];
	uint32_t check; /* of all that follows */
	uint32_t key, formats, answer;
};

/* ---- the folder -------------------------------------------------------------------------- */

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

/* Whoever else could write into the folder could choose what this user loads into the kernel. */
static int open_folder(struct bee *bee)
{
	char path[PATH_MAX];
	struct stat info;
	int fd;

	if (!find_folder(bee, path, sizeof(path)))
		return -1;
	make_folder(path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		bee__log(bee, BEE_LOG_INFO, "nothing is cached: %s: %s", path, strerror(errno));
		return -1;
	}
	if (!fstat(fd, &info) && info.st_uid == geteuid() && !(info.st_mode & 077))
		return fd;
	bee__log(bee, BEE_LOG_WARN, "nothing is cached: %s is not this user's alone", path);
	close(fd);
	return -1;
}

static int folder_of(struct bee *bee)
{
	if (!bee->has_cache) {
		bee->has_cache = true;
		bee->cache_fd = open_folder(bee);
	}
	return bee->cache_fd;
}

static void name_entry(const struct bee__wire *key, char *buf, size_t size)
{
	const Bytef *data = (const Bytef *)key->data;

	snprintf(buf, size, "%08lx%08lx%08zx", crc32(0, data, key->size),
		 adler32(1, data, key->size), key->size);
}

/* ---- finding ----------------------------------------------------------------------------- */

static char *read_entry(int folder, const char *name, size_t *ret_size)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat info;
	char *data = NULL;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &info) && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
	    !(info.st_mode & 022) && info.st_size < ENTRY_MAX && !bee__read_fd(fd, &data, ret_size))
		futimens(fd, NULL); /* the file that was used last is the last to go */
	close(fd);
	return data;
}

static uint32_t check_of(const struct head *head, size_t size)
{
	const size_t skip = offsetof(struct head, key);

	return crc32(0, (const Bytef *)head + skip, size - skip);
}

static bool is_whole(const struct head *head, size_t size)
{
	return size >= sizeof(*head) && !memcmp(head->magic, MAGIC, sizeof(head->magic)) &&
	       (uint64_t)sizeof(*head) + head->key + head->formats + head->answer == size &&
	       head->check == check_of(head, size);
}

/* Does tracefs say now what it said when this was compiled? */
static bool are_formats_same(struct bee *bee, const char *at, size_t size)
{
	const char *end = at + size;
	struct bee__wire_field field;
	int more;

	while ((more = bee__wire_next(&at, end, &field)) == 1) {
		char *text = NULL;
		bool is_same = !bee__tracepoint_format(bee, field.head, &text) &&
			       !strcmp(text, field.body);

		free(text);
		if (!is_same)
			return false;
	}
	return !more && at == end;
}

bool bee__cache_find(struct bee *bee, const struct bee__wire *key, struct bee__text *ret_answer)
{
	int folder = key->failed || !key->size ? -1 : folder_of(bee);
	const struct head *head;
	const char *body;
	char name[64];
	size_t size;
	bool is_found;

	if (folder < 0)
		return false;
	name_entry(key, name, sizeof(name));
	head = (void *)read_entry(folder, name, &size);
	if (!head)
		return false;
	body = (const char *)(head + 1);
	is_found = is_whole(head, size) && head->key == key->size &&
		   !memcmp(body, key->data, key->size) &&
		   are_formats_same(bee, body + head->key, head->formats);
	if (is_found)
		bee__text_add(ret_answer, body + head->key + head->formats, head->answer);
	free((void *)head);
	return is_found && !ret_answer->failed;
}

/* ---- keeping ----------------------------------------------------------------------------- */

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

/* All files by name, when they were used, and how long they are; what was left unfinished goes. */
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

static bool write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t len = write(fd, data, size);

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			return false;
		data += len;
		size -= len;
	}
	return true;
}

/* Under a name of its own first, so that nobody ever sees half of it. */
static bool write_entry(int folder, const char *name, const char *data, size_t size)
{
	char temporary[64];
	int fd;
	bool is_done;

	snprintf(temporary, sizeof(temporary), "new.%d.%lx", getpid(), (unsigned long)data);
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	is_done = write_all(fd, data, size);
	is_done = !close(fd) && is_done;
	is_done = is_done && !renameat(folder, temporary, folder, name);
	if (!is_done)
		unlinkat(folder, temporary, 0);
	return is_done;
}

void bee__cache_keep(struct bee *bee, const struct bee__wire *key, const struct bee__wire *formats,
		     const struct bee__text *answer)
{
	int folder = key->failed || !key->size ? -1 : folder_of(bee);
	size_t formats_size = formats ? formats->size : 0;
	size_t size = sizeof(struct head) + key->size + formats_size + answer->len;
	struct head *head;
	char name[64], *at;

	if (folder < 0 || size >= ENTRY_MAX || (formats && formats->failed))
		return;
	head = calloc(1, size);
	if (!head)
		return;
	memcpy(head->magic, MAGIC, sizeof(head->magic));
	head->key = key->size;
	head->formats = formats_size;
	head->answer = answer->len;
	at = mempcpy(head + 1, key->data, key->size);
	if (formats_size)
		at = mempcpy(at, formats->data, formats_size);
	memcpy(at, answer->data, answer->len);
	head->check = check_of(head, size);
	name_entry(key, name, sizeof(name));
	if (!write_entry(folder, name, (char *)head, size))
		bee__log(bee, BEE_LOG_INFO, "what was compiled is not cached: %s", strerror(errno));
	else
		bee__cache_trim(folder, FOLDER_MAX);
	free(head);
}

void bee__cache_close(struct bee *bee)
{
	if (bee->has_cache && bee->cache_fd >= 0)
		close(bee->cache_fd);
	free(bee->cache);
}
