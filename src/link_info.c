// SPDX-License-Identifier: Apache-2.0
/* What the kernel says of a link, in words; a row for each kind of link. */
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "internal.h"

/* struct bpf_link_info, with what is newer than the headers of Linux 6.1. */
struct kernel_info {
	uint32_t type, id, prog_id, pad;
	union {
		struct {
			uint64_t name;
			uint32_t name_len, pad;
			uint64_t cookie;
		} named; /* raw_tracepoint, iter */
		struct {
			uint32_t attach_type, object, btf, pad;
			uint64_t cookie;
		} tracing;
		struct {
			uint64_t id;
			uint32_t attach_type;
		} cgroup;
		struct {
			uint32_t id, attach_type;
		} thing; /* netns, xdp, tcx, netkit, struct_ops, sockmap */
		struct {
			uint32_t pf, hook;
			int32_t priority;
			uint32_t flags;
		} netfilter;
		struct {
			uint64_t addresses;
			uint32_t count, flags;
			uint64_t missed;
		} kprobes;
		struct {
			uint64_t path, offsets, semaphores, cookies;
			uint32_t path_size, count, flags, pid;
		} uprobes;
		struct {
			uint32_t type, pad;
			uint64_t name;
			uint32_t name_len, offset;
			uint64_t words[3];
		} perf;
		uint64_t room[24];
	};
};

/* Writes the place into buf; name is what the kernel filled in where it was asked for a name. */
typedef void (*describe_fn)(const struct kernel_info *info, const char *name, char *buf,
			    size_t size);

static const char *attach_word(uint32_t attach_type)
{
	const char *word = libbpf_bpf_attach_type_str(attach_type);

	return word ? word : "";
}

static void describe_name(const struct kernel_info *info, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "%s", name);
}

static void describe_tracing(const struct kernel_info *info, const char *name, char *buf,
			     size_t size)
{
	snprintf(buf, size, "%s of type %u in BTF object %u",
		 attach_word(info->tracing.attach_type), info->tracing.btf, info->tracing.object);
}

static void describe_cgroup(const struct kernel_info *info, const char *name, char *buf,
			    size_t size)
{
	snprintf(buf, size, "%s of cgroup %llu", attach_word(info->cgroup.attach_type),
		 (unsigned long long)info->cgroup.id);
}

static void describe_netns(const struct kernel_info *info, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "%s of network namespace %u", attach_word(info->thing.attach_type),
		 info->thing.id);
}

static void describe_device(const struct kernel_info *info, const char *name, char *buf,
			    size_t size)
{
	char device[IF_NAMESIZE];

	snprintf(buf, size, "ifindex %u", info->thing.id);
	if (if_indextoname(info->thing.id, device))
		snprintf(buf, size, "ifindex %u (%s)", info->thing.id, device);
}

static void describe_map(const struct kernel_info *info, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "map %u", info->thing.id);
}

static void describe_netfilter(const struct kernel_info *info, const char *name, char *buf,
			       size_t size)
{
	snprintf(buf, size, "protocol family %u, hook %u, priority %d", info->netfilter.pf,
		 info->netfilter.hook, info->netfilter.priority);
}

static void describe_kprobes(const struct kernel_info *info, const char *name, char *buf,
			     size_t size)
{
	if (info->kprobes.count)
		snprintf(buf, size, "%u functions", info->kprobes.count);
}

static void describe_uprobes(const struct kernel_info *info, const char *name, char *buf,
			     size_t size)
{
	if (info->uprobes.count)
		snprintf(buf, size, "%u places in %s", info->uprobes.count, name);
}

static void describe_perf(const struct kernel_info *info, const char *name, char *buf, size_t size)
{
	static const char *const kinds[] = { "",          "uprobe",     "uretprobe", "kprobe",
					     "kretprobe", "tracepoint", "event" };
	uint32_t type = info->perf.type < BEE_LEN(kinds) ? info->perf.type : 0;

	if (type >= 1 && type <= 4)
		snprintf(buf, size, "%s %s+0x%x", kinds[type], name, info->perf.offset);
	else if (type == 5)
		snprintf(buf, size, "tracepoint %s", name);
	else if (type == 6) /* its config stands where the others have a name */
		snprintf(buf, size, "event %llu of type %u", (unsigned long long)info->perf.name,
			 info->perf.name_len);
}

/* In the order of the kernel's enum bpf_link_type; name: where the kernel wants room for a name. */
enum name { NAME_NONE, NAME_FIRST, NAME_PERF, NAME_PATH };
static const struct kind {
	const char *name;
	describe_fn describe;
	enum name has;
} kinds[] = {
	{ "", NULL, NAME_NONE },
	{ "raw_tracepoint", describe_name, NAME_FIRST },
	{ "tracing", describe_tracing, NAME_NONE },
	{ "cgroup", describe_cgroup, NAME_NONE },
	{ "iter", describe_name, NAME_FIRST },
	{ "netns", describe_netns, NAME_NONE },
	{ "xdp", describe_device, NAME_NONE },
	{ "perf_event", describe_perf, NAME_PERF },
	{ "kprobe_multi", describe_kprobes, NAME_NONE },
	{ "struct_ops", describe_map, NAME_NONE },
	{ "netfilter", describe_netfilter, NAME_NONE },
	{ "tcx", describe_device, NAME_NONE },
	{ "uprobe_multi", describe_uprobes, NAME_PATH },
	{ "netkit", describe_device, NAME_NONE },
	{ "sockmap", describe_map, NAME_NONE },
};

static int ask(int fd, struct kernel_info *info)
{
	uint32_t size = sizeof(*info);

	return bpf_obj_get_info_by_fd(fd, info, &size);
}

/* The kernel writes a name to where the question says, and the question depends on the kind. */
static void ask_name(int fd, const struct kind *kind, struct kernel_info *info, char *name,
		     uint32_t size)
{
	struct kernel_info with_name = { 0 };

	if (kind->has == NAME_FIRST) {
		with_name.named.name = (uintptr_t)name;
		with_name.named.name_len = size;
	} else if (kind->has == NAME_PERF && info->perf.type >= 1 && info->perf.type <= 5) {
		with_name.perf.name = (uintptr_t)name;
		with_name.perf.name_len = size;
	} else if (kind->has == NAME_PATH) {
		with_name.uprobes.path = (uintptr_t)name;
		with_name.uprobes.path_size = size;
	} else {
		return;
	}
	if (!ask(fd, &with_name))
		*info = with_name;
}

static void tell_program(struct bee_link *link, uint32_t id, struct bee_link_info *info)
{
	struct bpf_prog_info prog = { 0 };
	uint32_t size = sizeof(prog);
	int fd = link->prog || !id ? -1 : bpf_prog_get_fd_by_id(id);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &prog, &size)) {
		snprintf(link->program, sizeof(link->program), "%s", prog.name);
		info->program = link->program;
	}
	if (fd >= 0)
		close(fd);
}

static void tell_part(struct bee_link *link, int fd, struct bee_link_info *info)
{
	struct kernel_info kernel = { 0 };
	const struct kind *kind;
	char name[512] = "";

	if (fd < 0 || ask(fd, &kernel) || !kernel.id)
		return;
	info->id = kernel.id;
	info->program_id = kernel.prog_id;
	kind = &kinds[kernel.type < BEE_LEN(kinds) ? kernel.type : 0];
	info->kind = kernel.type < BEE_LEN(kinds) ? kind->name : "unknown";
	ask_name(fd, kind, &kernel, name, sizeof(name));
	if (kind->describe)
		kind->describe(&kernel, name, link->place, sizeof(link->place));
	tell_program(link, kernel.prog_id, info);
}

int bee_link_info(struct bee_link *link, size_t part, struct bee_link_info *ret_info)
{
	struct bee_link_info info = {
		.target = link->target,
		.program = link->prog ? bee_program_name(link->prog) : "",
		.pin = link->pin ? link->pin : "",
		.cookie = link->cookie,
		.parts_len = link->parts_len,
		.kind = "",
		.place = link->place,
	};
	size_t size = ret_info->size;

	if (size < offsetof(struct bee_link_info, program_id))
		return -EINVAL;
	if (part && part >= link->parts_len)
		return -ENOENT;
	link->place[0] = '\0';
	if (part < link->parts_len && !link->parts[part].ops)
		tell_part(link, bee__part_fd(&link->parts[part]), &info);
	info.size = size;
	memset(ret_info, 0, size);
	memcpy(ret_info, &info, size < sizeof(info) ? size : sizeof(info));
	return 0;
}
