// SPDX-License-Identifier: Apache-2.0
/* kprobe, kretprobe: a kernel function; ksyscall, kretsyscall: that of a system call. */
#include <bpf/libbpf.h>

#include "../internal.h"

static bool is_return(const struct bee__attach *at)
{
	return !strncmp(at->hook->name, "kret", 4);
}

/* "vfs_read" or "vfs_read+0x10" */
static int split_offset(struct bee__attach *at, char *name, size_t size, size_t *ret_offset)
{
	const char *plus = strchr(at->rest, '+');
	size_t len = plus ? (size_t)(plus - at->rest) : strlen(at->rest);
	char *end = NULL;

	if (!len || len >= size)
		return bee__attach_fail(at, -EINVAL, "it names no function");
	memcpy(name, at->rest, len);
	name[len] = '\0';
	*ret_offset = plus ? strtoul(plus + 1, &end, 0) : 0;
	if (plus && (end == plus + 1 || *end))
		return bee__attach_fail(at, -EINVAL, "'%s' is no offset", plus + 1);
	return 0;
}

static int refuse(struct bee__attach *at, int err, const char *name)
{
	if (err == -ENOENT)
		return bee__attach_fail(at, err, "no such function: '%s'", name);
	if (err == -EINVAL)
		return bee__attach_fail(at, err, "the kernel does not let '%s' be probed", name);
	return bee__attach_fail(at, err, "%s", strerror(-err));
}

int bee__attach_kprobe(struct bee__attach *at)
{
	LIBBPF_OPTS(bpf_kprobe_opts, opts, .retprobe = is_return(at));
	struct bpf_link *part;
	char name[256];
	int err;

	err = split_offset(at, name, sizeof(name), &opts.offset);
	if (err)
		return err;
	part = bpf_program__attach_kprobe_opts(at->prog->bpf, name, &opts);
	return part ? bee__attach_part(at, part) : refuse(at, -errno, name);
}

int bee__attach_ksyscall(struct bee__attach *at)
{
	LIBBPF_OPTS(bpf_ksyscall_opts, opts, .retprobe = is_return(at));
	struct bpf_link *part = bpf_program__attach_ksyscall(at->prog->bpf, at->rest, &opts);

	if (part)
		return bee__attach_part(at, part);
	if (errno == ENOENT)
		return bee__attach_fail(at, -ENOENT, "no such system call: '%s'", at->rest);
	return refuse(at, -errno, at->rest);
}
