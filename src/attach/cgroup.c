// SPDX-License-Identifier: Apache-2.0
/* Programs of cgroups: a folder of cgroup v2, by its whole path or by that below the root cgroup. */
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../internal.h"
#include "cgroup.h"

#define WHERE "it is a folder of cgroup v2, by its path there or its whole path"

/* A folder of cgroup v2, or -errno: -ENOTDIR where it is none, -EXDEV where it is one of cgroup v1. */
static int open_folder(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = -ENOTDIR;
	struct statfs info;

	if (fd < 0)
		return -errno;
	if (!fstatfs(fd, &info)) {
		if (info.f_type == CGROUP2_SUPER_MAGIC)
			return fd;
		if (info.f_type == CGROUP_SUPER_MAGIC)
			err = -EXDEV;
	}
	close(fd);
	return err;
}

/* A path below the root cgroup, through a mount that only this process sees. */
static int open_below_root(const char *path)
{
	int root = bee__mount_detached("cgroup2"), fd;

	if (root < 0)
		return root;
	path += strspn(path, "/");
	fd = open_folder(root, *path ? path : ".");
	close(root);
	return fd;
}

static int refuse_path(struct bee__attach *at, const char *path, int err)
{
	switch (err) {
	case -ENOENT:
	case -ENOTDIR:
		err = bee__attach_fail(at, -ENOENT, "there is no cgroup '%s'", path);
		bee__hint(at->bee, WHERE ": mkdir makes one, and `grep cgroup2 /proc/mounts` tells "
					 "where they are");
		return err;
	case -EXDEV:
		err = bee__attach_fail(at, -EINVAL, "'%s' is a cgroup v1", path);
		bee__hint(at->bee, "BPF programs are attached to cgroup v2: `grep cgroup2 "
				   "/proc/mounts` tells where it is mounted");
		return err;
	case -ENODEV:
		return bee__attach_fail(at, -EOPNOTSUPP,
					"this kernel has no cgroup v2 "
					"(CONFIG_CGROUPS is not set)");
	default:
		return bee__attach_fail(at, err, "cannot open cgroup '%s': %s", path,
					strerror(-err));
	}
}

int bee__cgroup_open(struct bee__attach *at, const char *path)
{
	int whole, fd;

	if (!*path) {
		fd = bee__attach_fail(at, -EINVAL, "it names no cgroup");
		bee__hint(at->bee, "say which, as in cgroup:/path:%s",
			  at->hook->kind ? at->hook->kind : "egress");
		return fd;
	}
	whole = *path == '/' ? open_folder(AT_FDCWD, path) : -ENOENT;
	if (whole >= 0 || whole == -EXDEV || whole == -EACCES)
		return whole >= 0 ? whole : refuse_path(at, path, whole);
	fd = open_below_root(path);
	/* Who may not mount still has whole paths. */
	return fd >= 0 ? fd : refuse_path(at, path, fd == -EPERM ? whole : fd);
}

static int refuse_link(struct bee__attach *at, const char *path, int err)
{
	if (err == -EPERM) {
		err = bee__attach_fail(at, err, "the kernel does not permit it in cgroup '%s'",
				       path);
		bee__hint(at->bee,
			  "it needs CAP_NET_ADMIN, and that no program is attached there or above "
			  "that keeps others out: bpftool cgroup tree");
		return err;
	}
	if (err == -E2BIG)
		return bee__attach_fail(at, err, "cgroup '%s' has as many programs as it may have",
					path);
	return bee__attach_fail(at, err, "cgroup '%s': %s", path, strerror(-err));
}

static int attach_path(struct bee__attach *at, const char *path)
{
	int fd = bee__cgroup_open(at, path), err;

	if (fd < 0)
		return fd;
	err = bee__attach_link(at, fd, NULL);
	close(fd);
	return err ? refuse_link(at, path, err) : 0;
}

int bee__attach_cgroup(struct bee__attach *at)
{
	char *path = NULL;
	int err = bee__attach_place(at, &path);

	err = err ?: attach_path(at, path);
	free(path);
	return err;
}
