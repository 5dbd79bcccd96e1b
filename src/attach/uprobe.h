/* SPDX-License-Identifier: Apache-2.0 */
/* What a uprobe's target names inside of a file, the places that it means, and links of many of them. */
#ifndef BEE_ATTACH_UPROBE_H
#define BEE_ATTACH_UPROBE_H

#include <stddef.h>
#include <stdint.h>

struct bee__attach;

/* enum bpf_attach_type's, newer than libbpf 1.1. */
#define BEE_TRACE_UPROBE_MULTI 48

/* bpf(BPF_LINK_CREATE) for it. */
struct bee__uprobe_multi {
	uint32_t prog_fd, target_fd, attach_type, link_flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t len, flags, pid, pad;
};

/* A link's descriptor, or a negative errno. */
int bee__uprobe_multi(const struct bee__uprobe_multi *attr);

struct bee__places {
	uint64_t *list; /* offsets in the file, sorted, each once */
	size_t len;
	size_t room;
};

/*
 * The places of "malloc", "malloc+0x10", "mall*", "0x4711" (an address as nm and objdump show it),
 * "+0x4711" (an offset in the file), or "Class::method" (C++, all of the name, whatever they take).
 * -ENOENT and what else is wrong with the file or the name is recorded; not so if is_tried: then it is
 * one of several files.
 */
int bee__places_find(struct bee__attach *at, const char *path, const char *what, bool is_tried,
		     struct bee__places *ret_places);
void bee__places_free(struct bee__places *places);
/* Record why the symbols of a file cannot be read: info is what was said with -ENOEXEC. */
struct bee__binary_info;
int bee__binary_fail(struct bee__attach *at, const char *path, int err,
		     const struct bee__binary_info *info);

#endif
