/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs and libraries, in which several hooks put their probes: by path or name, in all processes,
 * in one, or in those of a cgroup, each of which may see other files by the same path.
 */
#ifndef BEE_ATTACH_BINARY_H
#define BEE_ATTACH_BINARY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct bee__attach;

/* In whose memory. */
struct bee__scope {
	int pid;          /* -1: no one process */
	char cgroup[512]; /* the processes that are in it, and in those below it; "": none */
};

/* A file, and the process that is meant. */
struct bee__binary {
	char path[PATH_MAX]; /* as this process reaches it: "/proc/12/root/lib/libc.so.6" */
	int pid;             /* -1: every process */
};

struct bee__binaries {
	struct bee__binary *list;
	size_t len;
};

/*
 * Read "1234:", "pid:1234:" or "cgroup:/PATH:" off the front of at->rest, and give what stands behind
 * it. NULL: recorded.
 */
const char *bee__scope_read(struct bee__attach *at, struct bee__scope *scope);
/*
 * Where the file ends in "libc:malloc", and in "/a:b/c:ns::f": at a colon that stands alone, and in a
 * path at one before which there is a file. NULL: there is none.
 */
const char *bee__binary_colon(const char *text);
/*
 * The files of the scope that name means: a path, "libc.so.6", "libc", "c", "bash"; NULL: all that the
 * process has mapped, the program first. -ENOENT, -ESRCH: recorded. The caller frees them.
 */
int bee__binaries_find(struct bee__attach *at, const struct bee__scope *scope, const char *name,
		       struct bee__binaries *ret_binaries);
/* Is there no such process any more, or nothing of it but its exit code? */
bool bee__process_has_ended(int pid);
/* An error, or -ESRCH in its place, recorded, where it comes of the process's end. */
int bee__process_error(struct bee__attach *at, const struct bee__scope *scope, int err);
void bee__binaries_free(struct bee__binaries *binaries);

#endif
