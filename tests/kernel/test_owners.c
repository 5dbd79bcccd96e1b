/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BCC's tables of what belongs to sockets, tasks, inodes and cgroups: what a program leaves with one of
 * them, it finds there again, and so does who reads the map.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "support.h"
#include "witness.h"

#define CPUS_MAX 1024

/* What a helper does is a function, of which kallsyms tells. */
static void need_helper(const char *function)
{
	char symbol[64];

	snprintf(symbol, sizeof(symbol), "%s$", function);
	if (has_symbol(symbol))
		return;
	print_message("skipped: /proc/kallsyms has no %s\n", function);
	skip();
}

/* fire() of the parent's events, in a child. */
static void fire_for_parent(int number, int times)
{
	while (times--)
		close(number);
}

/* ---- storage ----------------------------------------------------------------------------- */

/* A count that a program keeps with the owner that fd is of: it is read, written, and taken away. */
static void check_count_of(const struct bee_map *map, int fd, uint64_t want,
			   void (*cause_fn)(int times))
{
	uint64_t value = 0;

	assert_true(fd >= 0);
	assert_int_equal(bee_map_lookup(map, &fd, &value), 0);
	assert_int_equal(value, want);
	value = 40;
	assert_int_equal(bee_map_update(map, &fd, &value, BPF_EXIST), 0);
	cause_fn(2);
	assert_int_equal(bee_map_lookup(map, &fd, &value), 0);
	assert_int_equal(value, 42);
	assert_int_equal(bee_map_delete(map, &fd), 0);
	assert_int_equal(bee_map_lookup(map, &fd, &value), -ENOENT);
	cause_fn(1);
	assert_int_equal(bee_map_lookup(map, &fd, &value), 0);
	assert_int_equal(value, 1);
}

/* A connection passes through several states; each is counted with its socket. */
static void sockets_keep_what_is_left_with_them(void **state)
{
	struct bee *bee = bee_of(state);
	struct seen {
		uint32_t states, last, port;
	} seen;
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	struct bee_module *mod;
	struct bee_map *map;
	int pair[2];

	need_helper("bpf_sk_storage_get_tracing");
	mod = load(bee, "struct seen { u32 states, last, port; };\n"
			"BPF_SK_STORAGE(seen, struct seen);\n"
			"u64 closed_after;\n"
			"SEC(\"tp_btf/inet_sock_set_state\")\n"
			"int BPF_PROG(f, struct sock *sk, int from, int to)\n"
			"{\n"
			"	struct seen *s = seen.sk_storage_get(sk, NULL, 1);\n"
			"	if (!s)\n"
			"		return 0;\n"
			"	s->states++;\n"
			"	s->last = to;\n"
			"	s->port = sk->__sk_common.skc_num;\n"
			"	if (to == TCP_CLOSE) {\n"
			"		if (s->states > closed_after)\n"
			"			closed_after = s->states;\n"
			"		seen.sk_storage_delete(sk);\n"
			"	}\n"
			"	return 0;\n"
			"}\n");
	map = find_map(mod, "seen");
	attach(bee, mod, 1);
	connect_pair(pair);
	assert_int_equal(getsockname(pair[0], (void *)&name, &len), 0);
	assert_int_equal(bee_map_lookup(map, &pair[0], &seen), 0);
	assert_int_equal(seen.states, 2); /* SYN_SENT, ESTABLISHED */
	assert_int_equal(seen.last, BPF_TCP_ESTABLISHED);
	assert_int_equal(seen.port, ntohs(name.sin_port));
	/* What is written here, the program goes on from. */
	seen.states = 1000;
	assert_int_equal(bee_map_update(map, &pair[0], &seen, BPF_EXIST), 0);
	close(pair[1]);
	shutdown(pair[0], SHUT_RDWR);
	for (int i = 0; get_var(mod, "closed_after") < 1000 && i < 1000; i++)
		usleep(10000);
	assert_in_range(get_var(mod, "closed_after"), 1001, 1010);
	assert_int_equal(bee_map_lookup(map, &pair[0], &seen), -ENOENT);
	close(pair[0]);
}

static void tasks_keep_what_is_left_with_them(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	int number = magic(), task;

	need_helper("bpf_task_storage_get");
	mod = load(bee, "BPF_TASK_STORAGE(calls, u64);\n"
			"u64 last;\n"
			"SEC(\"tp_btf/sys_enter\")\n"
			"int BPF_PROG(f, struct pt_regs *regs, long id)\n"
			"{\n"
			"	u64 *n;\n"
			"	if (id != NR_CLOSE || PT_REGS_PARM1_CORE(regs) != MAGIC)\n"
			"		return 0;\n"
			"	n = calls.task_storage_get(bpf_get_current_task_btf(), NULL, 1);\n"
			"	if (n)\n"
			"		last = ++*n;\n"
			"	return 0;\n"
			"}\n");
	attach(bee, mod, 1);
	fire(3);
	assert_int_equal(get_var(mod, "last"), 3);
	if (!fork()) {
		fire_for_parent(number, 1);
		_exit(0);
	}
	assert_true(wait(NULL) > 0);
	assert_int_equal(get_var(mod, "last"), 1);
	task = syscall(SYS_pidfd_open, getpid(), 0);
	check_count_of(find_map(mod, "calls"), task, 3, fire);
	close(task);
}

static int inode = -1;

static void make_folders(int times)
{
	while (times--) {
		assert_int_equal(mkdirat(inode, "inner", 0755), 0);
		assert_int_equal(unlinkat(inode, "inner", AT_REMOVEDIR), 0);
	}
}

/* Only programs at security decisions may leave something with an inode. */
static void inodes_keep_what_is_left_with_them(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	char folder[] = "/tmp/moonbee-inode-XXXXXX";

	if (!has_feature(BEE_FEATURE_LSM))
		skip_without_feature();
	mod = load(bee, "BPF_INODE_STORAGE(made, u64);\n"
			"LSM_PROBE(inode_mkdir, struct inode *dir)\n"
			"{\n"
			"	u64 *n = made.inode_storage_get(dir, NULL, 1);\n"
			"	if (n)\n"
			"		__sync_fetch_and_add(n, 1);\n"
			"	return 0;\n"
			"}\n"
			"LSM_PROBE(inode_rename, struct inode *dir)\n"
			"{\n"
			"	made.inode_storage_delete(dir);\n"
			"	return 0;\n"
			"}\n");
	attach(bee, mod, 2);
	assert_non_null(mkdtemp(folder));
	inode = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_folders(3);
	check_count_of(find_map(mod, "made"), inode, 3, make_folders);
	assert_int_equal(mkdirat(inode, "a", 0755), 0);
	assert_int_equal(renameat(inode, "a", inode, "b"), 0);
	assert_int_equal(bee_map_delete(find_map(mod, "made"), &inode), -ENOENT);
	unlinkat(inode, "b", AT_REMOVEDIR);
	close(inode);
	rmdir(folder);
}

/* ---- cgroups ----------------------------------------------------------------------------- */

static void cgroup_array_knows_who_is_below(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	char path[128];
	int fd = open_own_cgroup(path), number = magic(), status;
	uint32_t slot = 0;

	mod = load(bee, "BPF_CGROUP_ARRAY(groups, 1);\n"
			"u64 inside, outside;\n"
			"TRACEPOINT_PROBE(syscalls, sys_enter_close)\n"
			"{\n"
			"	if (args->fd != MAGIC)\n"
			"		return 0;\n"
			"	if (groups.check_current_task(0) > 0)\n"
			"		__sync_fetch_and_add(&inside, 1);\n"
			"	else\n"
			"		__sync_fetch_and_add(&outside, 1);\n"
			"	return 0;\n"
			"}\n");
	assert_int_equal(bee_map_update(find_map(mod, "groups"), &slot, &fd, BPF_ANY), 0);
	attach(bee, mod, 1);
	fire(1);
	if (!fork()) {
		move_into_cgroup(path);
		fire_for_parent(number, 2);
		_exit(0);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	rmdir(path);
	close(fd);
	assert_int_equal(get_var(mod, "inside"), 2);
	assert_int_equal(get_var(mod, "outside"), 1);
}

static void send_datagrams(int fd, int count)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	/* Nobody is there: each second call only tells so, where it is not asked before. */
	while (count--) {
		int error;
		socklen_t len = sizeof(error);

		sendto(fd, "x", 1, 0, (const void *)&address, sizeof(address));
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	}
}

/* Packets of a cgroup are counted with the cgroup, from the ten on that are written first. */
static void check_cgroup_count(struct bee *bee, const char *text, bool is_percpu)
{
	struct bpf_cgroup_storage_key key = { .attach_type = BPF_CGROUP_INET_EGRESS };
	uint64_t values[CPUS_MAX] = { 10 }, packets = 0;
	struct bee_module *mod;
	struct bee_map *map;
	struct stat info;
	char path[128], target[160];
	int fd = open_own_cgroup(path);

	snprintf(target, sizeof(target), "cgroup:%s:egress", path);
	mod = load_at(bee, text, "f", target);
	map = find_map(mod, "packets");
	assert_int_equal(bee_map_is_percpu(map), is_percpu);
	fstat(fd, &info);
	key.cgroup_inode_id = info.st_ino;
	assert_int_equal(bee_map_update(map, &key, values, BPF_EXIST), 0);
	if (!fork()) {
		move_into_cgroup(path);
		send_datagrams(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), 4);
		_exit(0);
	}
	assert_true(wait(NULL) > 0);
	assert_int_equal(bee_map_lookup(map, &key, values), 0);
	bee_map_sum(map, values, &packets);
	bee_module_close(mod);
	rmdir(path);
	close(fd);
	assert_int_equal(packets, 14);
}

static void cgroups_keep_what_is_left_with_them(void **state)
{
	check_cgroup_count(bee_of(state),
			   "BPF_CGROUP_STORAGE(packets, u64);\n"
			   "int f(struct __sk_buff *skb)\n"
			   "{\n"
			   "	__sync_fetch_and_add(packets.get_local_storage(0), 1);\n"
			   "	return 1;\n"
			   "}\n",
			   false);
	check_cgroup_count(bee_of(state),
			   "BPF_PERCPU_CGROUP_STORAGE(packets, u64);\n"
			   "int f(struct __sk_buff *skb)\n"
			   "{ ++*packets.get_local_storage(0); return 1; }\n",
			   true);
}

/* In the cgroup: what is wrong, by its number; 0: nothing. */
static int count_own_packets(const struct bee_map *map)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), other = dup(fd);
	uint64_t value = 0;

	if (bee_map_lookup(map, &fd, &value) != -ENOENT)
		return 2;
	send_datagrams(fd, 3);
	if (bee_map_lookup(map, &other, &value) || value != 13)
		return 3;
	value = 40;
	if (bee_map_update(map, &fd, &value, BPF_EXIST))
		return 4;
	send_datagrams(fd, 2);
	if (bee_map_lookup(map, &fd, &value) || value != 42)
		return 5;
	return bee_map_delete(map, &fd) ? 6 : 0;
}

/* Packets are counted with the socket that sends them, from the ten on that a new count begins with. */
static void packets_are_counted_with_their_socket(void **state)
{
	struct bee_module *mod;
	char path[128], target[160];
	int fd = open_own_cgroup(path), status = -1;

	snprintf(target, sizeof(target), "cgroup:%s:egress", path);
	mod = load_at(bee_of(state),
		      "BPF_SK_STORAGE(packets, u64);\n"
		      "int f(struct __sk_buff *skb)\n"
		      "{\n"
		      "	struct bpf_sock *sk = skb->sk;\n"
		      "	u64 first = 10, *n;\n"
		      "	if (!sk || !(sk = bpf_sk_fullsock(sk)))\n"
		      "		return 1;\n"
		      "	n = packets.sk_storage_get(sk, &first, BPF_SK_STORAGE_GET_F_CREATE);\n"
		      "	if (n)\n"
		      "		__sync_fetch_and_add(n, 1);\n"
		      "	return 1;\n"
		      "}\n",
		      "f", target);
	if (!fork()) {
		move_into_cgroup(path);
		_exit(count_own_packets(find_map(mod, "packets")));
	}
	assert_true(wait(&status) > 0);
	rmdir(path);
	close(fd);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sockets_keep_what_is_left_with_them),
		TEST(tasks_keep_what_is_left_with_them),
		TEST(inodes_keep_what_is_left_with_them),
		TEST(cgroup_array_knows_who_is_below),
		TEST(cgroups_keep_what_is_left_with_them),
		TEST(packets_are_counted_with_their_socket),
	};

	return cmocka_run_group_tests_name("owners", tests, NULL, NULL);
}
