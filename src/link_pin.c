// SPDX-License-Identifier: Apache-2.0
/*
 * Pins of links: a file of the BPF file system where a link has one part, else a folder of such files,
 * by the parts' numbers.
 */
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "internal.h"

#define PATH_SIZE 4096

static int part_path(char *buf, const struct bee_link *link, const char *path, size_t part)
{
	int len = link->parts_len == 1 ? snprintf(buf, PATH_SIZE, "%s", path)
				       : snprintf(buf, PATH_SIZE, "%s/%zu", path, part);

	return len < PATH_SIZE ? 0 : -ENAMETOOLONG;
}

/* ---- pin --------------------------------------------------------------------------------- */

static int fail_pin(struct bee_link *link, int err, const char *path)
{
	bee__fail(link->bee, BEE_STAGE_ATTACH, err, "cannot pin the link to %s at %s: %s",
		  link->target, path, strerror(-err));
	if (err == -EINVAL || err == -EPERM || err == -ENOENT)
		bee__hint(link->bee, "a pin is a file of the BPF file system, which is mounted at "
				     "/sys/fs/bpf, below a folder that is there");
	return err;
}

/* Only what is a link of the kernel's can be pinned: others end with this process, or on their own. */
static int check_pin(struct bee_link *link)
{
	struct bee_link_info info = { .size = sizeof(info) };

	if (link->pin)
		return bee__fail(link->bee, BEE_STAGE_ATTACH, -EBUSY,
				 "the link to %s is pinned at %s already", link->target, link->pin);
	for (size_t i = 0; i == 0 || i < link->parts_len; i++) {
		bee_link_info(link, i, &info);
		if (info.id)
			continue;
		bee__fail(link->bee, BEE_STAGE_ATTACH, -EOPNOTSUPP,
			  "the link to %s cannot be pinned: it is no link of the kernel's",
			  link->target);
		if (link->parts_len && link->parts[i].event >= 0)
			bee__hint(link->bee, "perf events have such links since Linux 5.15");
		return -EOPNOTSUPP;
	}
	return 0;
}

/* Remove the first parts' files, and the folder. */
static int remove_pins(const struct bee_link *link, const char *path, size_t len)
{
	char file[PATH_SIZE];
	int err = 0;

	for (size_t i = 0; i < len; i++)
		if (part_path(file, link, path, i) || unlink(file))
			err = err ?: -errno;
	if (link->parts_len > 1 && rmdir(path))
		err = err ?: -errno;
	return err;
}

static int pin_parts(const struct bee_link *link, const char *path)
{
	char file[PATH_SIZE];
	size_t i = 0;
	int err;

	if (link->parts_len > 1 && mkdir(path, 0700))
		return -errno;
	for (err = 0; !err && i < link->parts_len; i++) {
		err = part_path(file, link, path, i);
		err = err ?: bpf_obj_pin(bee__part_fd(&link->parts[i]), file);
	}
	if (err)
		remove_pins(link, path, i - 1);
	return err;
}

int bee_link_pin(struct bee_link *link, const char *path)
{
	int err;

	bee__diags_clear(link->bee);
	err = check_pin(link);
	if (err)
		return err;
	link->pin = strdup(path);
	if (!link->pin)
		return -ENOMEM;
	err = pin_parts(link, path);
	if (!err)
		return 0;
	free(link->pin);
	link->pin = NULL;
	return fail_pin(link, err, path);
}

int bee__link_unpin(struct bee_link *link)
{
	int err = link->pin ? remove_pins(link, link->pin, link->parts_len) : 0;

	free(link->pin);
	link->pin = NULL;
	return err;
}

int bee_link_unpin(struct bee_link *link)
{
	int err;

	bee__diags_clear(link->bee);
	if (!link->pin)
		return bee__fail(link->bee, BEE_STAGE_ATTACH, -ENOENT,
				 "the link to %s is not pinned", link->target);
	err = bee__link_unpin(link);
	return err ? bee__fail(link->bee, BEE_STAGE_ATTACH, err,
			       "cannot remove the pin of the link to %s: %s", link->target,
			       strerror(-err))
		   : 0;
}

/* ---- open -------------------------------------------------------------------------------- */

static int open_part(struct bee_link *link, const char *path)
{
	struct bee__attach at = { .bee = link->bee, .link = link };
	int fd = bpf_obj_get(path);

	return fd < 0 ? fd : bee__attach_fd(&at, fd);
}

static int count_files(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	if (!dir)
		return -errno;
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static int open_parts(struct bee_link *link, const char *path)
{
	char file[PATH_SIZE];
	struct stat status;
	int count, err = 0;

	if (stat(path, &status))
		return -errno;
	if (!S_ISDIR(status.st_mode))
		return open_part(link, path);
	count = count_files(path);
	for (int i = 0; i < count && !err; i++)
		err = snprintf(file, sizeof(file), "%s/%d", path, i) < PATH_SIZE
			      ? open_part(link, file)
			      : -ENAMETOOLONG;
	return count > 0 ? err : count ?: -EINVAL;
}

/* Programs and maps are pinned too. Of a link, the kernel goes on to miss the program of an update. */
static int check_links(struct bee_link *link)
{
	for (size_t i = 0; i < link->parts_len; i++)
		if (bpf_link_update(link->parts[i].fd, -1, NULL) != -EBADF)
			return -EINVAL;
	return 0;
}

int bee_link_open(struct bee *bee, const char *path, struct bee_link **ret_link)
{
	struct bee_link *link = calloc(1, sizeof(*link));
	int err;

	bee__diags_clear(bee);
	if (!link)
		return -ENOMEM;
	link->bee = bee;
	link->next = bee->links;
	bee->links = link;
	link->target = strdup(path);
	link->pin = strdup(path);
	err = link->target && link->pin ? open_parts(link, path) : -ENOMEM;
	err = err ?: check_links(link);
	if (!err) {
		*ret_link = link;
		return 0;
	}
	bee_link_close(link);
	if (err == -EINVAL)
		return bee__fail(bee, BEE_STAGE_ATTACH, err, "%s is no pinned link", path);
	return bee__fail(bee, BEE_STAGE_ATTACH, err,
			 "cannot open the link that is pinned at %s: %s", path, strerror(-err));
}
