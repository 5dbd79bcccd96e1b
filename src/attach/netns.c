// SPDX-License-Identifier: Apache-2.0
/*
 * flow_dissector: how a network namespace reads packets for their flows. "flow_dissector" is this
 * thread's, "flow_dissector:blue" a named one, "flow_dissector:/proc/123/ns/net" that of a file.
 */
#include <linux/bpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "place.h"

/* The program of the link that a namespace has for a type; 0: none is found. */
static uint32_t find_holder(int ns_fd, unsigned int type)
{
	struct stat ns;
	uint32_t id = 0;

	if (fstat(ns_fd, &ns))
		return 0;
	while (!bpf_link_get_next_id(id, &id)) {
		struct bpf_link_info info = { 0 };
		uint32_t size = sizeof(info);
		int fd = bpf_link_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &size))
			info.type = BPF_LINK_TYPE_UNSPEC;
		close(fd);
		if (info.type == BPF_LINK_TYPE_NETNS && info.netns.netns_ino == ns.st_ino &&
		    info.netns.attach_type == type)
			return info.prog_id;
	}
	return 0;
}

static int refuse(struct bee__attach *at, int ns_fd, int err)
{
	uint32_t holder = find_holder(ns_fd, at->hook->attach_type);
	struct bee__text text = { 0 };

	if (err == -EINVAL)
		return bee__attach_fail(at, err, "it is no network namespace");
	if (err != -E2BIG && err != -EEXIST && err != -EBUSY)
		return bee__attach_fail(at, err, "%s", strerror(-err));
	if (holder)
		bee__holder_text(&text, holder);
	bee__attach_fail(
		at, -EBUSY, "it is busy: %s",
		text.data ? text.data
			  : "another namespace has a program, or this one has one without a link");
	bee__text_free(&text);
	bee__hint(at->bee,
		  "one program serves the first namespace and all others, or each has its own");
	return -EBUSY;
}

int bee__attach_flow_dissector(struct bee__attach *at)
{
	int ns_fd, fd, err = bee__netns_open(at, at->rest, strlen(at->rest), &ns_fd);

	if (err)
		return err;
	fd = bpf_link_create(bee_program_fd(at->prog), ns_fd, at->hook->attach_type, NULL);
	err = fd < 0 ? refuse(at, ns_fd, fd) : bee__attach_fd(at, fd);
	close(ns_fd);
	return err;
}
