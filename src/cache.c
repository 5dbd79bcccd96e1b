// SPDX-License-Identifier: Apache-2.0
/*
 * What compiling gave, kept for the next time: a folder (cache_folder.c) with a file for each key.
 *
 *   | head: magic, checksum, three sizes | key | formats | answer |
 *
 * A file's name is a checksum of its key, and no more than a hint: the whole key stands in the file and
 * is compared, so that no two keys meet. Formats are those of tracefs that were read, which are read
 * again; so are the stamps of modules' files. A file that is cut, damaged or not the user's own is as good as none, and every failure here
 * only costs a compile.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "internal.h"
#include "rawbtf.h"
#include "wire.h"

#define MAGIC     "moonbee1"
#define ENTRY_MAX (64u << 20) /* bytes of one file */

struct head {
	char magic[8];
	uint32_t check; /* of all that follows */
	uint32_t key, formats, answer;
};

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

/* A format of tracefs, "sched/sched_switch", or the file of a module, by its whole path. */
static bool is_format_same(struct bee *bee, const struct bee__wire_field *field)
{
	char stamp[BEE_STAMP_SIZE], *text = NULL;
	bool is_same;

	if (*field->head == '/')
		return !bee__modfile_stamp(field->head, stamp) && !strcmp(stamp, field->body);
	is_same = !bee__tracepoint_format(bee, field->head, &text) && !strcmp(text, field->body);
	free(text);
	return is_same;
}

/* Do tracefs and modules' files say now what they said when this was compiled? */
static bool are_formats_same(struct bee *bee, const char *at, size_t size)
{
	const char *end = at + size;
	struct bee__wire_field field;
	int more;

	while ((more = bee__wire_next(&at, end, &field)) == 1)
		if (!is_format_same(bee, &field))
			return false;
	return !more && at == end;
}

bool bee__cache_find(struct bee *bee, const struct bee__wire *key, struct bee__text *ret_answer)
{
	int folder = key->failed || !key->size ? -1 : bee__cache_folder(bee);
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
	int folder = key->failed || !key->size ? -1 : bee__cache_folder(bee);
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
		bee__cache_trim(folder, BEE__CACHE_MAX);
	free(head);
}
