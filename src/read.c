// SPDX-License-Identifier: Apache-2.0
/* What links have to be read: iterators write when they are, raw sockets hold packets. */
#include <unistd.h>

#include <bpf/bpf.h>

#include "internal.h"

/* Each reader of an iterator has a run of its own. */
static int read_iterator(int link_fd, void **ret_data, size_t *ret_size)
{
	int fd = bpf_iter_create(link_fd), err;
	char *data;

	if (fd < 0)
		return fd;
	err = bee__read_fd(fd, &data, ret_size);
	close(fd);
	if (!err)
		*ret_data = data;
	return err;
}

static int read_part(const struct bee__part *part, void **ret_data, size_t *ret_size)
{
	if (part->ops)
		return part->ops->read ? part->ops->read(part->ctx, ret_data, ret_size) : -EINVAL;
	return read_iterator(bee__part_fd(part), ret_data, ret_size);
}

int bee_link_read(struct bee_link *link, void **ret_data, size_t *ret_size)
{
	struct bee *bee = link->bee;
	int err;

	bee__diags_clear(bee);
	err = link->parts_len == 1 ? read_part(&link->parts[0], ret_data, ret_size) : -EINVAL;
	if (err == -EINVAL) {
		bee__fail(bee, BEE_STAGE_EVENT, err, "%s has nothing to be read", link->target);
		bee__hint(bee, "iterators have, as iter:task, and raw sockets, as socket:eth0");
	} else if (err) {
		bee__fail(bee, BEE_STAGE_EVENT, err, "cannot read from %s: %s", link->target,
			  err == -EAGAIN ? "no packet is there" : strerror(-err));
	}
	return err;
}

int bee_link_socket(const struct bee_link *link)
{
	const struct bee__part *part = link->parts;

	return link->parts_len && part->ops && part->ops->fd ? part->ops->fd(part->ctx) : -EINVAL;
}
