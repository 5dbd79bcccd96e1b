// SPDX-License-Identifier: Apache-2.0
/*
 * struct_ops: a table of programs that the kernel calls as its own, such as a congestion control of TCP.
 * "struct_ops:bee_reno" is the module's variable of that name in SEC(".struct_ops").
 */
#include <linux/bpf.h>

#include <bpf/libbpf.h>

#include "../internal.h"

static int refuse(struct bee__attach *at, int err)
{
	if (err == -EEXIST) {
		bee__attach_fail(at, err, "the kernel has one of that name");
		bee__hint(at->bee, "give it another .name, or close what has this one: "
				   "bpftool struct_ops list");
		return err;
	}
	if (err == -EBUSY)
		return bee__attach_fail(at, err, "it was attached before: load it anew");
	if (err == -EINVAL) {
		bee__attach_fail(at, err, "the kernel does not take it");
		bee__hint(at->bee, "some of its members must be there, as a congestion control's "
				   "ssthresh, undo_cwnd and cong_avoid, and its name");
		return err;
	}
	return bee__attach_refused(at, err);
}

static int check_map(struct bee__attach *at, struct bee_map *map)
{
	if (!map) {
		bee__attach_fail(at, -ENOENT, "there is no '%s' in SEC(\".struct_ops\")", at->rest);
		bee__hint(at->bee,
			  "declare it: SEC(\".struct_ops\") struct tcp_congestion_ops %s = "
			  "{ ... };",
			  *at->rest ? at->rest : "name");
		return -ENOENT;
	}
	if (map->kind != BPF_MAP_TYPE_STRUCT_OPS)
		return bee__attach_fail(at, -EINVAL, "'%s' is a map of kind %s", at->rest,
					bee_map_kind(map));
	return 0;
}

int bee__attach_struct_ops(struct bee__attach *at)
{
	struct bee_map *map = bee_map_find(at->prog->mod, at->rest);
	struct bpf_link *part;
	int err = check_map(at, map);

	if (err)
		return err;
	part = bpf_map__attach_struct_ops(map->bpf);
	return part ? bee__attach_part(at, part) : refuse(at, -errno);
}
