/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every kind of map that the running kernel has is made, and used from here as far as it can be. Which
 * ones there are is the kernel's own word: enum bpf_map_type in its BTF.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_xdp.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "support.h"

#define CPUS_MAX 1024

/* ---- what maps take ---------------------------------------------------------------------- */

static int open_perf_event(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
	};

	return syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static int open_cgroup(void)
{
	char dir[] = "/tmp/bee-cgroup-XXXXXX";
	int fd;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(mount("none", dir, "cgroup2", 0, NULL), 0);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
	return fd;
}

static int open_file(void)
{
	return memfd_create("bee", MFD_CLOEXEC);
}

static int open_task(void)
{
	return syscall(SYS_pidfd_open, getpid(), 0);
}

/* Newer kernels take a socket into a map only when it has a ring to receive with. */
static int open_xdp_socket(void)
{
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0), entries = 64;

	assert_int_equal(setsockopt(fd, SOL_XDP, XDP_RX_RING, &entries, sizeof(entries)), 0);
	return fd;
}

static const struct sockaddr_in loopback = {
	.sin_family = AF_INET,
	.sin_addr.s_addr =
		0x0100007f, /* 127.0.0.1, in the network's order on a little-endian machine */
};

/* A socket that others may share a port with. */
static int open_udp_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	assert_int_equal(bind(fd, (const struct sockaddr *)&loopback, sizeof(loopback)), 0);
	return fd;
}

/* A TCP socket that is connected to itself, which needs no second one. */
static int open_tcp_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = loopback;
	socklen_t len = sizeof(address);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, len), 0);
	return fd;
}

/* ---- what is done with maps -------------------------------------------------------------- */

struct kind {
	unsigned int number;
	const char *fields; /* of the map's declaration */
	void (*use)(const struct kind *kind, struct bee_module *mod, struct bee_map *map);
	int (*open)(void); /* what a value, or a key, is the descriptor of */
};

static void use_elements(const struct kind *kind, struct bee_module *mod, struct bee_map *map)
{
	uint64_t key = kind->number == BPF_MAP_TYPE_LPM_TRIE ? 32 : 0;
	uint64_t values[CPUS_MAX] = { 1 }, got[CPUS_MAX] = { 0 };

	assert_true(bee_map_cpus(map) <= CPUS_MAX);
	assert_int_equal(bee_map_update(map, &key, values, BPF_ANY), 0);
	assert_int_equal(bee_map_lookup(map, &key, got), 0);
	assert_int_equal((uint32_t)got[0], 1);
}

static uint32_t id_of(int fd, bool is_map)
{
	struct bpf_prog_info prog = { 0 };
	struct bpf_map_info map = { 0 };
	uint32_t size = is_map ? sizeof(map) : sizeof(prog);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, is_map ? (void *)&map : &prog, &size), 0);
	return is_map ? map.id : prog.id;
}

/* Maps and programs go in by descriptor, and are read as ids. */
static void use_object(struct bee_map *map, uint32_t fd, bool is_map)
{
	uint32_t key = 0, id = 0;

	assert_int_equal(bee_map_update(map, &key, &fd, BPF_ANY), 0);
	assert_int_equal(bee_map_lookup(map, &key, &id), 0);
	assert_int_equal(id, id_of(fd, is_map));
	assert_int_equal(bee_map_delete(map, &key), 0);
}

static void use_maps(const struct kind *kind, struct bee_module *mod, struct bee_map *map)
{
	use_object(map, bee_map_fd(find_map(mod, "inner")), true);
}

static void use_programs(const struct kind *kind, struct bee_module *mod, struct bee_map *map)
{
	use_object(map, bee_program_fd(bee_program_find(mod, "tail")), false);
}

static void use_value_fd(const struct kind *kind, struct bee_module *mod, struct bee_map *map)
{
	uint32_t key = 0, fd = kind->open();

	assert_true((int)fd >= 0);
	assert_int_equal(bee_map_update(map, &key, &fd, BPF_ANY), 0);
	assert_int_equal(bee_map_delete(map, &key), 0);
	close(fd);
}

/* A storage's element belongs to an object, whose descriptor is the key. */
static void use_key_fd(const struct kind *kind, struct bee_module *mod, struct bee_map *map)
{
	uint32_t key = kind->open(), value = 5, got = 0;

	assert_true((int)key >= 0);
	assert_int_equal(bee_map_update(map, &key, &value, BPF_ANY), 0);
	assert_int_equal(bee_map_lookup(map, &key, &got), 0);
	assert_int_equal(got, 5);
	assert_int_equal(bee_map_delete(map, &key), 0);
	close(key);
}

static void use_queue(const struct kind *kind, struct bee_module *mod, struct bee_map *map)
{
	uint32_t value = 5, got = 0;

	assert_int_equal(bee_map_update(map, NULL, &value, BPF_ANY), 0);
	assert_int_equal(bee_map_take(map, NULL, &got), 0);
	assert_int_equal(got, 5);
}

/* A filter says whether it was told of a value. */
static void use_filter(const struct kind *kind, struct bee_module *mod, struct bee_map *map)
{
	uint32_t value = 5;

	assert_int_equal(bee_map_lookup(map, NULL, &value), -ENOENT);
	assert_int_equal(bee_map_update(map, NULL, &value, BPF_ANY), 0);
	assert_int_equal(bee_map_lookup(map, NULL, &value), 0);
}

/* Only programs and attachments fill these. */
static void use_walk(const struct kind *kind, struct bee_module *mod, struct bee_map *map)
{
	const void *key, *value;
	struct bee_walk *walk;

	assert_int_equal(bee_walk_open(map, &walk), 0);
	assert_int_equal(bee_walk_next(walk, &key, &value), 0);
	bee_walk_close(walk);
}

static int ignore(void *ctx, const void *data, size_t size)
{
	return 0;
}

static void use_events(const struct kind *kind, struct bee_module *mod, struct bee_map *map)
{
	struct bee_events *events;

	assert_int_equal(bee_events_open(map, ignore, NULL, NULL, &events), 0);
	bee_events_close(events);
}

static void use_submit(const struct kind *kind, struct bee_module *mod, struct bee_map *map)
{
	assert_int_equal(bee_map_submit(map, "bee", 4), 0);
}

static void use_memory(const struct kind *kind, struct bee_module *mod, struct bee_map *map)
{
	size_t size = (size_t)4 * getpagesize();
	char *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bee_map_fd(map), 0);

	assert_ptr_not_equal(data, MAP_FAILED);
	data[0] = 5;
	munmap(data, size);
}

// clang-format off
#define KEYED   "__uint(max_entries, 4); __type(key, u32); __type(value, u32);"
#define INNER   "__uint(max_entries, 4); __type(key, u32); __array(values, struct inner);"
#define BARE    "__uint(max_entries, 4); __type(value, u32);"
#define RING    "__uint(max_entries, 4096);"
#define STORAGE "__uint(map_flags, BPF_F_NO_PREALLOC); __type(key, int); __type(value, u32);"
#define CGROUP  "__type(key, struct bpf_cgroup_storage_key); __type(value, u32);"

static const struct kind kinds[] = {
	{ BPF_MAP_TYPE_HASH,             KEYED,   .use = use_elements },
	{ BPF_MAP_TYPE_ARRAY,            KEYED,   .use = use_elements },
	{ BPF_MAP_TYPE_PROG_ARRAY,       KEYED,   .use = use_programs },
	{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, KEYED,   .use = use_value_fd, .open = open_perf_event },
	{ BPF_MAP_TYPE_PERCPU_HASH,      KEYED,   .use = use_elements },
	{ BPF_MAP_TYPE_PERCPU_ARRAY,     KEYED,   .use = use_elements },
	{ BPF_MAP_TYPE_STACK_TRACE,      "__uint(max_entries, 4); __uint(key_size, 4); __uint(value_size, 64);", .use = use_walk },
	{ BPF_MAP_TYPE_CGROUP_ARRAY,     KEYED,   .use = use_value_fd, .open = open_cgroup },
	{ BPF_MAP_TYPE_LRU_HASH,         KEYED,   .use = use_elements },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH,  KEYED,   .use = use_elements },
	{ BPF_MAP_TYPE_LPM_TRIE,         "__uint(map_flags, BPF_F_NO_PREALLOC); __uint(max_entries, 4); __type(key, u64); __type(value, u32);", .use = use_elements },
	{ BPF_MAP_TYPE_ARRAY_OF_MAPS,    INNER,   .use = use_maps },
	{ BPF_MAP_TYPE_HASH_OF_MAPS,     INNER,   .use = use_maps },
	{ BPF_MAP_TYPE_DEVMAP,           KEYED,   .use = use_elements },
	{ BPF_MAP_TYPE_SOCKMAP,          KEYED,   .use = use_value_fd, .open = open_tcp_socket },
	{ BPF_MAP_TYPE_CPUMAP,           KEYED,   .use = use_elements },
	{ BPF_MAP_TYPE_XSKMAP,           KEYED,   .use = use_value_fd, .open = open_xdp_socket },
	{ BPF_MAP_TYPE_SOCKHASH,         KEYED,   .use = use_value_fd, .open = open_tcp_socket },
	{ BPF_MAP_TYPE_CGROUP_STORAGE,   CGROUP,  .use = use_walk },
	{ BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, KEYED, .use = use_value_fd, .open = open_udp_socket },
	{ BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, CGROUP, .use = use_walk },
	{ BPF_MAP_TYPE_QUEUE,            BARE,    .use = use_queue },
	{ BPF_MAP_TYPE_STACK,            BARE,    .use = use_queue },
	{ BPF_MAP_TYPE_SK_STORAGE,       STORAGE, .use = use_key_fd, .open = open_udp_socket },
	{ BPF_MAP_TYPE_DEVMAP_HASH,      KEYED,   .use = use_elements },
	{ BPF_MAP_TYPE_STRUCT_OPS,       .fields = NULL },	/* made of programs, by SEC("struct_ops") */
	{ BPF_MAP_TYPE_RINGBUF,          RING,    .use = use_events },
	{ BPF_MAP_TYPE_INODE_STORAGE,    STORAGE, .use = use_key_fd, .open = open_file },
	{ BPF_MAP_TYPE_TASK_STORAGE,     STORAGE, .use = use_key_fd, .open = open_task },
	{ BPF_MAP_TYPE_BLOOM_FILTER,     BARE,    .use = use_filter },
	{ BPF_MAP_TYPE_USER_RINGBUF,     RING,    .use = use_submit },
	/* Newer than the headers of Debian 12. */
	{ 32 /* BPF_MAP_TYPE_CGRP_STORAGE */, STORAGE, .use = use_key_fd, .open = open_cgroup },
	{ 33 /* BPF_MAP_TYPE_ARENA */, "__uint(map_flags, 1 << 10 /* BPF_F_MMAPABLE */); __uint(max_entries, 4);", .use = use_memory },
	{ 34 /* BPF_MAP_TYPE_INSN_ARRAY */, "__uint(max_entries, 4); __uint(key_size, 4); __uint(value_size, 16);", .use = use_elements },
	{ 35 /* BPF_MAP_TYPE_RHASH */, "__uint(map_flags, BPF_F_NO_PREALLOC); " KEYED, .use = use_elements },
};
// clang-format on

static const struct kind *find_kind(unsigned int number)
{
	for (size_t i = 0; i < LEN(kinds); i++)
		if (kinds[i].number == number)
			return &kinds[i];
	return NULL;
}

static void use_kind(struct bee *bee, const struct kind *kind, const char *name)
{
	struct bee_module *mod = NULL;
	char source[1024];

	snprintf(source, sizeof(source),
		 "struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);\n"
		 "	__type(key, u32); __type(value, u32); };\n"
		 "struct inner inner SEC(\".maps\");\n"
		 "struct { __uint(type, %u); %s } it SEC(\".maps\");\n"
		 "SEC(\"socket\") int tail(struct __sk_buff *skb) { return 0; }\n",
		 kind->number, kind->fields);
	if (try_load(bee, source, &mod))
		check_err(bee, -1, 0);
	print_message("%s\n", name);
	assert_string_not_equal(bee_map_kind(find_map(mod, "it")), "unknown");
	kind->use(kind, mod, find_map(mod, "it"));
	bee_module_close(mod);
}

static void every_kind_of_this_kernel_is_used(void **state)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_type *type;
	const struct btf_enum *at;
	int id = btf__find_by_name_kind(btf, "bpf_map_type", BTF_KIND_ENUM);

	assert_true(id > 0);
	type = btf__type_by_id(btf, id);
	at = btf_enum(type);
	for (unsigned int i = 0; i < btf_vlen(type); i++, at++) {
		const char *name = btf__name_by_offset(btf, at->name_off);
		const struct kind *kind = find_kind(at->val);

		if (!at->val || !strncmp(name, "__", 2))
			continue;
		if (!kind)
			fail_msg("%s (%d) is not tested", name, at->val);
		if (kind->fields)
			use_kind(bee_of(state), kind, name);
	}
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_kind_of_this_kernel_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
