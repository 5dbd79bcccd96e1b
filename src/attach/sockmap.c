// SPDX-License-Identifier: Apache-2.0
/*
 * sk_msg and sk_skb: what the sockets in a sockmap send, or receive. "sk_msg:socks" is the module's map
 * of that name, "sk_msg:/sys/fs/bpf/socks" one that is pinned.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "place.h"
#include "sockmap.h"

struct holder {
	int map_fd, prog_fd; /* our own descriptors */
	enum bpf_attach_type type;
};

static void detach_holder(void *ctx)
{
	struct holder *holder = ctx;

	bpf_prog_detach2(holder->prog_fd, holder->map_fd, holder->type);
	close(holder->map_fd);
	close(holder->prog_fd);
	free(holder);
}

/* The kernel puts the new program in place of the old. */
static int update_holder(void *ctx, int prog_fd)
{
	struct holder *holder = ctx;
	int copy = fcntl(prog_fd, F_DUPFD_CLOEXEC, 0), err;

	if (copy < 0)
		return -errno;
	err = bpf_prog_attach(prog_fd, holder->map_fd, holder->type, 0);
	close(err ? copy : holder->prog_fd);
	if (!err)
		holder->prog_fd = copy;
	return err;
}

static const struct bee__part_ops ops = { .detach = detach_holder, .update = update_holder };

/* ---- which map --------------------------------------------------------------------------- */

static int refuse_name(struct bee__attach *at, const char *name)
{
	struct bee_map *map = NULL;
	struct bee__near near;

	bee__attach_fail(at, -ENOENT, "there is no map '%s'", name);
	bee__near_begin(&near, name);
	while ((map = bee_map_next(at->prog->mod, map)))
		bee__near_add(&near, bee_map_name(map));
	if (near.found)
		bee__hint_near(at->bee, &near, "");
	else
		bee__hint(at->bee, "it is a map of the same source, or the path of a pinned one");
	return -ENOENT;
}

int bee__map_open(struct bee__attach *at, const char *name)
{
	struct bee_map *map;
	int fd;

	if (*name == '/') {
		fd = bpf_obj_get(name);
		return fd < 0 ? bee__attach_fail(at, fd, "%s: %s", name, strerror(-fd)) : fd;
	}
	map = bee_map_find(at->prog->mod, name);
	if (!map)
		return refuse_name(at, name);
	fd = fcntl(bee_map_fd(map), F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? bee__attach_fail(at, -errno, "%s", strerror(errno)) : fd;
}

static int check_kind(struct bee__attach *at, const char *name, int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	int err = bpf_obj_get_info_by_fd(fd, &info, &size);

	if (err)
		return bee__attach_fail(at, err, "%s: %s", name, strerror(-err));
	if (info.type == BPF_MAP_TYPE_SOCKMAP || info.type == BPF_MAP_TYPE_SOCKHASH)
		return 0;
	bee__attach_fail(at, -EINVAL, "map '%s' is a %s", name, bee__map_kind(info.type)->name);
	bee__hint(at->bee, "sockets are in a sockmap or sockhash");
	return -EINVAL;
}

/* The kernel would put the one in place of the other without a word. Linux < 5.19 cannot be asked. */
static int check_free(struct bee__attach *at, const char *name, int fd)
{
	struct bee__text text = { 0 };
	uint32_t id = 0, count = 1;

	if (bpf_prog_query(fd, at->hook->attach_type, 0, NULL, &id, &count) || !count)
		return 0;
	bee__holder_text(&text, id);
	bee__attach_fail(at, -EBUSY, "map '%s' has a program there: %s", name,
			 text.data ? text.data : "");
	bee__hint(at->bee, "close the link that it has there first");
	bee__text_free(&text);
	return -EBUSY;
}

/* ---- attach ------------------------------------------------------------------------------ */

/* Takes map_fd in any case. */
static int attach_map(struct bee__attach *at, const char *name, int map_fd)
{
	struct holder *holder = malloc(sizeof(*holder));
	int err = holder ? 0 : -ENOMEM;

	err = err ?: check_kind(at, name, map_fd);
	err = err ?: check_free(at, name, map_fd);
	if (err)
		goto fail;
	*holder = (struct holder){ map_fd, fcntl(bee_program_fd(at->prog), F_DUPFD_CLOEXEC, 0),
				   at->hook->attach_type };
	if (holder->prog_fd < 0) {
		err = bee__attach_fail(at, -errno, "%s", strerror(errno));
		goto fail;
	}
	err = bpf_prog_attach(holder->prog_fd, map_fd, holder->type, 0);
	if (!err)
		return bee__attach_ops(at, &ops, holder);
	close(holder->prog_fd);
	bee__attach_fail(at, err, "map '%s': %s", name, strerror(-err));
	if (err == -EBUSY)
		bee__hint(at->bee, "a map has either a stream_verdict or a verdict");
fail:
	close(map_fd);
	free(holder);
	return err;
}

int bee__attach_sockmap(struct bee__attach *at)
{
	char *name = NULL;
	int err = bee__attach_place(at, &name), fd;

	if (err)
		return err;
	fd = bee__map_open(at, name);
	err = fd < 0 ? fd : attach_map(at, name, fd);
	free(name);
	return err;
}
