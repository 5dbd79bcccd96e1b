// SPDX-License-Identifier: Apache-2.0
/* uprobe, uretprobe: functions of programs and libraries, in every process that runs them or in some. */
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "../internal.h"
#include "binary.h"
#include "many.h"
#include "perf.h"
#include "uprobe.h"

static bool is_return(const struct bee__attach *at)
{
	return !strncmp(at->hook->name, "uret", 4);
}

static bool is_for_multi(const struct bee__attach *at)
{
	return bpf_program__expected_attach_type(at->prog->bpf) == BEE_TRACE_UPROBE_MULTI;
}

int bee__uprobe_multi(const struct bee__uprobe_multi *attr)
{
	int fd = syscall(SYS_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

/* What the places of all files come to. */
struct work {
	struct bee__attach *at;
	struct bee__many many;
	const struct bee__binary *binary;
};

/* ---- one by one -------------------------------------------------------------------------- */

static int try_one(struct work *work, uint64_t offset)
{
	return bee__perf_probe(work->at, "uprobe", work->binary->path, offset, is_return(work->at),
			       work->binary->pid);
}

static int attach_each(struct work *work, const uint64_t *offsets, size_t len)
{
	int err = 0;

	for (size_t i = 0; i < len && !err; i++)
		err = bee__many_step(work->at, &work->many, try_one(work, offsets[i]));
	return err;
}

/* ---- in one go --------------------------------------------------------------------------- */

/*
 * One link for all of them. A place that the kernel can put no breakpoint in fails the whole link; then
 * halves are tried, down to the one that it is.
 */
static int attach_multi(struct work *work, const uint64_t *offsets, size_t len)
{
	struct bee__attach *at = work->at;
	struct bee__uprobe_multi attr = {
		.prog_fd = bee_program_fd(at->prog),
		.attach_type = BEE_TRACE_UPROBE_MULTI,
		.path = (uintptr_t)work->binary->path,
		.offsets = (uintptr_t)offsets,
		.len = len,
		.flags = is_return(at),
		.pid = work->binary->pid < 0 ? 0 : work->binary->pid,
	};
	uint64_t *cookies;
	int err = bee__many_cookies(at, len, &cookies), fd;

	if (err)
		return err;
	attr.cookies = (uintptr_t)cookies;
	fd = bee__uprobe_multi(&attr);
	free(cookies);
	if (fd >= 0) {
		work->many.made += len - 1;
		work->many.done += len - 1;
		return bee__many_step(at, &work->many, bee__attach_fd(at, fd));
	}
	if (len == 1 || fd == -ESRCH || fd == -ENOENT)
		return bee__many_step(at, &work->many, fd);
	err = bee__many_is_ours(fd) ? fd : attach_multi(work, offsets, len / 2);
	return err ?: attach_multi(work, offsets + len / 2, len - len / 2);
}

/* ---- what is named ----------------------------------------------------------------------- */

const char *bee__binary_colon(const char *text)
{
	const char *first = NULL;
	char path[PATH_MAX];

	for (const char *at = strchr(text, ':'); at; at = strchr(at, ':')) {
		size_t len = at - text;

		if (at[1] == ':') {
			at += 2;
			continue;
		}
		first = first ?: at;
		if (len < sizeof(path) && *text == '/') {
			memcpy(path, text, len);
			path[len] = '\0';
			if (!access(path, F_OK))
				return at;
		}
		at++;
	}
	return first;
}

static int expect(struct bee__attach *at)
{
	return bee__attach_fail(at, -EINVAL, "expected %s:/path/or/library:function",
				at->hook->name);
}

/* What the kernel said to all places, in words for the file. */
static int refuse(struct work *work, int err)
{
	struct bee__attach *at = work->at;
	const char *path = work->binary->path;

	if (err == -ESRCH)
		return bee__attach_fail(at, err, "process %d has ended", work->binary->pid);
	if (err == -EINVAL || err == -EIO || err == -BEE_ENOTSUPP || err == -EOPNOTSUPP)
		return bee__attach_fail(
			at, -EINVAL,
			"the kernel can put no probe there in %s: it is no code, or "
			"an instruction that it cannot step over",
			path);
	return bee__attach_refused(at, err);
}

/* All places of one file; is_tried: others may have them instead. */
static int attach_file(struct work *work, const char *what, bool is_tried)
{
	bool is_multi = is_for_multi(work->at);
	struct bee__places places;
	int err = bee__places_find(work->at, work->binary->path, what, is_tried, &places);

	if (err)
		return err;
	err = bee__many_check(work->at, places.len, is_multi ? BEE_MULTI_MAX : BEE_MANY_MAX,
			      "functions", "uprobe:libc:mall*");
	if (!err) {
		work->many.len += places.len;
		err = is_multi ? attach_multi(work, places.list, places.len)
			       : attach_each(work, places.list, places.len);
		if (err && err != -ENOMEM)
			err = refuse(work, err);
	}
	bee__places_free(&places);
	return err;
}

static int fail_all(struct bee__attach *at, const struct bee__scope *scope, const char *what)
{
	if (*scope->cgroup)
		return bee__attach_fail(at, -ENOENT, "no process in cgroup '%s' has '%s'",
					scope->cgroup, what);
	return bee__attach_fail(at, -ENOENT, "no program or library in process %d has '%s'",
				scope->pid, what);
}

/*
 * The one file that is named, or that of each process of a cgroup; without a name the first of a process
 * that has the function.
 */
static int attach_files(struct work *work, const struct bee__scope *scope,
			const struct bee__binaries *files, const char *what, bool is_named)
{
	bool is_tried = !is_named || *scope->cgroup;
	int err = 0;

	for (size_t i = 0; i < files->len && !err; i++) {
		work->binary = &files->list[i];
		err = attach_file(work, what, is_tried);
		if (!err && !is_named)
			break;
		if (is_tried && (err == -ENOENT || err == -ENOEXEC || err == -ESRCH))
			err = 0;
	}
	if (!err && !work->many.len)
		return fail_all(work->at, scope, what);
	return err || work->many.made ? err : refuse(work, work->many.refusal);
}

int bee__attach_uprobe(struct bee__attach *at)
{
	struct work work = { .at = at };
	struct bee__binaries files;
	struct bee__scope scope;
	char name[PATH_MAX];
	const char *text = bee__scope_read(at, &scope),
		   *colon = text ? bee__binary_colon(text) : NULL;
	bool is_named = colon || scope.pid < 0;
	int err;

	if (!text)
		return -EINVAL;
	if (is_named && (!colon || colon == text || !colon[1] || colon - text >= PATH_MAX))
		return expect(at);
	snprintf(name, sizeof(name), "%.*s", is_named ? (int)(colon - text) : 0, text);
	err = bee__binaries_find(at, &scope, is_named ? name : NULL, &files);
	if (err)
		return err;
	bee__many_begin(&work.many, 0);
	err = attach_files(&work, &scope, &files, is_named ? colon + 1 : text, is_named);
	bee__binaries_free(&files);
	return bee__process_error(at, &scope, err);
}
