// SPDX-License-Identifier: Apache-2.0
/* Who has a program: found in the descriptors of all processes, as the kernel tells of them in /proc. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "place.h"

/* A descriptor of the program itself, or of a link of it: fdinfo has the line for both. */
static bool is_of_program(int dir, const char *pid, const char *fd, const char *line)
{
	char path[600], target[32] = "", *text = NULL;
	bool is_of = false;
	size_t size;
	int info;

	snprintf(path, sizeof(path), "%s/fd/%s", pid, fd);
	if (readlinkat(dir, path, target, sizeof(target) - 1) < 0 ||
	    !strstr(target, "anon_inode:bpf"))
		return false;
	snprintf(path, sizeof(path), "%s/fdinfo/%s", pid, fd);
	info = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return false;
	if (!bee__read_fd(info, &text, &size))
		is_of = strstr(text, line) != NULL;
	free(text);
	close(info);
	return is_of;
}

static DIR *open_folder(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !folder)
		close(fd);
	return folder;
}

/* 1: the process has it; 0: not; -EPERM: its descriptors are not ours to see. */
static int has_program(int dir, const char *pid, const char *line)
{
	char path[300];
	struct dirent *entry;
	int has = 0;
	DIR *fds;

	snprintf(path, sizeof(path), "%s/fd", pid);
	fds = open_folder(dir, path);
	if (!fds)
		return errno == EACCES || errno == EPERM ? -EPERM : 0;
	while (!has && (entry = readdir(fds)))
		has = is_of_program(dir, pid, entry->d_name, line);
	closedir(fds);
	return has;
}

/* The first process that has the program; 0: none has; -EPERM: none of those that can be seen. */
static int find_process(uint32_t prog_id)
{
	DIR *proc = open_folder(AT_FDCWD, "/proc");
	struct dirent *entry;
	char line[32];
	int found = proc ? 0 : -EPERM;

	snprintf(line, sizeof(line), "prog_id:\t%u\n", prog_id);
	while (proc && found <= 0 && (entry = readdir(proc))) {
		int has = entry->d_name[0] >= '0' && entry->d_name[0] <= '9'
				  ? has_program(dirfd(proc), entry->d_name, line)
				  : 0;

		if (has)
			found = has < 0 ? has : atoi(entry->d_name);
	}
	if (proc)
		closedir(proc);
	return found;
}

int bee__is_held(uint32_t prog_id)
{
	int pid = find_process(prog_id);

	return pid < 0 ? pid : pid > 0;
}

static void add_process(struct bee__text *text, int pid)
{
	char path[64], *name = NULL;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (bee__read_file(path, &name, &size))
		bee__text_printf(text, " of process %d", pid);
	else
		bee__text_printf(text, " of process %d (%.*s)", pid, (int)strcspn(name, "\n"),
				 name);
	free(name);
}

void bee__holder_text(struct bee__text *text, uint32_t prog_id)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog_id), pid;

	/* Our own descriptor would be found, so it is closed before the search. */
	if (fd >= 0) {
		bpf_obj_get_info_by_fd(fd, &info, &size);
		close(fd);
	}
	bee__text_printf(text, "program '%s' (id %u)", info.name, prog_id);
	pid = find_process(prog_id);
	if (pid > 0)
		add_process(text, pid);
	else if (!pid)
		bee__text_printf(text, ", which no process has");
}
