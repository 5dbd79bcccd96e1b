// SPDX-License-Identifier: Apache-2.0
/* User ring buffers: records from here to a program. */
#include <linux/bpf.h>

#include <bpf/libbpf.h>

#include "internal.h"

static int open_out(struct bee_map *map)
{
	bee__libbpf_begin(map->mod->bee);
	map->out = user_ring_buffer__new(map->fd, NULL);
	bee__libbpf_end(map->mod->bee);
	return map->out ? 0 : -errno;
}

int bee_map_submit(struct bee_map *map, const void *data, uint32_t size)
{
	struct bee *bee = map->mod->bee;
	void *room;
	int err = 0;

	bee__diags_clear(bee);
	if (map->kind != BPF_MAP_TYPE_USER_RINGBUF)
		return bee__fail(bee, BEE_STAGE_MAP, -EINVAL,
				 "map '%s' is of kind %s, which takes no records from here: "
				 "a user_ringbuf does",
				 bee_map_name(map), bee_map_kind(map));
	if (!map->out)
		err = open_out(map);
	room = err ? NULL : user_ring_buffer__reserve(map->out, size);
	if (!room) {
		err = err ?: -errno;
		bee__fail(bee, BEE_STAGE_MAP, err, "cannot submit %u bytes to '%s': %s", size,
			  bee_map_name(map), strerror(-err));
		if (err == -ENOSPC)
			bee__hint(bee, "it is full until a program drains it");
		return err;
	}
	memcpy(room, data, size);
	user_ring_buffer__submit(map->out, room);
	return 0;
}
