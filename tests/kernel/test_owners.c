/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BCC's tables of what belongs to sockets, tasks, inodes and cgroups: what a program leaves with one of
 * them, it finds there again, and so does who reads the map; what is sent to one socket arrives at
 * another.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "support.h"
#include "witness.h"

#define CPUS_MAX 1024

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

/* Two ends of a TCP connection. */
static void connect_pair(int ret_pair[2])
{
	struct sockaddr_in address = loopback(0);
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (void *)&address, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (void *)&address, &len), 0);
	ret_pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(ret_pair[0], (void *)&address, len), 0);
	ret_pair[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(ret_pair[1] >= 0);
	close(listener);
}

static void close_pair(int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

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

/* A cgroup of this test's own, or a skip where cgroup2 is not mounted. */
static int open_cgroup(char path[128])
{
	char *mount =
		output_of("awk '$3 == \"cgroup2\" { printf \"%%s\", $2; exit }' /proc/mounts");

	snprintf(path, 128, "%s/moonbee-owners-%d", mount, getpid());
	free(mount);
	if (path[1] == 'm') {
		print_message("skipped: no cgroup2 in /proc/mounts\n");
		skip();
	}
	assert_int_equal(mkdir(path, 0755), 0);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void enter(const char *path)
{
	char procs[160];
	int fd;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(1);
	close(fd);
}

static void cgroup_array_knows_who_is_below(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	char path[128];
	int fd = open_cgroup(path), number = magic(), status;
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
		enter(path);
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

static void send_datagrams(int count)
{
	struct sockaddr_in address = loopback(9);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	while (count--)
		sendto(fd, "x", 1, 0, (void *)&address, sizeof(address));
	close(fd);
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
	int fd = open_cgroup(path);

	snprintf(target, sizeof(target), "cgroup:%s:egress", path);
	mod = load_at(bee, text, "f", target);
	map = find_map(mod, "packets");
	assert_int_equal(bee_map_is_percpu(map), is_percpu);
	fstat(fd, &info);
	key.cgroup_inode_id = info.st_ino;
	assert_int_equal(bee_map_update(map, &key, values, BPF_EXIST), 0);
	if (!fork()) {
		enter(path);
		send_datagrams(4);
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

/* ---- sockets to send to ------------------------------------------------------------------ */

/* What arrives, for which there may be a thread of the kernel to wait for. */
static void check_receives(int fd, const char *want)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char got[16] = "";

	assert_int_equal(poll(&poll_fd, 1, 10000), 1);
	assert_int_equal(recv(fd, got, sizeof(got) - 1, 0), strlen(want));
	assert_string_equal(got, want);
}

/*
 * What would be read from one connection, sent or received by its socket at 1, is read from another:
 * come to the socket at 2, or sent out by it to its peer.
 */
static void check_redirect(struct bee *bee, const char *text, const char *target, bool is_ingress)
{
	struct bee_module *mod = load_at(bee, text, "redirect", target);
	struct bee_map *map = find_map(mod, "sockets");
	int from[2], to[2], is_sender = strncmp(target, "sk_skb", 6) != 0;
	uint32_t key;
	char got;

	connect_pair(from);
	connect_pair(to);
	key = 1;
	assert_int_equal(bee_map_update(map, &key, &from[0], BPF_ANY), 0);
	key = 2;
	assert_int_equal(bee_map_update(map, &key, &to[1], BPF_ANY), 0);
	assert_int_equal(write(from[!is_sender], "hello", 5), 5);
	check_receives(to[is_ingress], "hello");
	assert_int_equal(recv(from[is_sender], &got, 1, MSG_DONTWAIT), -1);
	assert_int_equal(recv(to[!is_ingress], &got, 1, MSG_DONTWAIT), -1);
	close_pair(from);
	close_pair(to);
	bee_module_close(mod);
}

static void check_redirects(struct bee *bee, const char *text, const char *target)
{
	char program[256];

	snprintf(program, sizeof(program), text, "BPF_F_INGRESS");
	check_redirect(bee, program, target, true);
	snprintf(program, sizeof(program), text, "0");
	check_redirect(bee, program, target, false);
}

static void messages_are_redirected(void **state)
{
	check_redirects(bee_of(state),
			"BPF_SOCKMAP(sockets, 4);\n"
			"int redirect(struct sk_msg_md *msg)\n"
			"{ return sockets.msg_redirect_map(msg, 2, %s); }\n",
			"sk_msg:sockets");
	check_redirects(bee_of(state),
			"BPF_SOCKHASH(sockets);\n"
			"int redirect(struct sk_msg_md *msg)\n"
			"{ u32 key = 2; return sockets.msg_redirect_hash(msg, &key, %s); }\n",
			"sk_msg:sockets");
}

static void received_data_is_redirected(void **state)
{
	check_redirects(bee_of(state),
			"BPF_SOCKMAP(sockets, 4);\n"
			"int redirect(struct __sk_buff *skb)\n"
			"{ return sockets.sk_redirect_map(skb, 2, %s); }\n",
			"sk_skb:sockets:stream_verdict");
	check_redirects(bee_of(state),
			"BPF_SOCKHASH(sockets);\n"
			"int redirect(struct __sk_buff *skb)\n"
			"{ u32 key = 2; return sockets.sk_redirect_hash(skb, &key, %s); }\n",
			"sk_skb:sockets:stream_verdict");
}

/* A program puts the sockets of new connections into the table itself. */
static void check_new_connections(struct bee *bee, const char *text)
{
	struct bee_module *mod;
	char path[128], target[160];
	int fd = open_cgroup(path), status = -1;
	uint32_t key = 7;

	snprintf(target, sizeof(target), "cgroup:%s:sockops", path);
	mod = load_at(bee, text, "f", target);
	if (!fork()) {
		int pair[2];

		enter(path);
		connect_pair(pair);
		/* It is in the table for as long as it is open. */
		_exit(bee_map_delete(find_map(mod, "sockets"), &key) ? 2 : 0);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(get_var(mod, "added"), 1);
	assert_true(bee_map_delete(find_map(mod, "sockets"), &key) < 0);
	bee_module_close(mod);
	rmdir(path);
	close(fd);
}

#define ADDS(declaration, method)                                             \
	declaration "u64 added;\n"                                            \
		    "int f(struct bpf_sock_ops *ops)\n"                       \
		    "{\n"                                                     \
		    "	u32 key = 7;\n"                                         \
		    "	if (ops->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB &&\n" \
		    "	    !sockets." method "(ops, &key, BPF_ANY))\n"       \
		    "		added++;\n"                                            \
		    "	return 1;\n"                                            \
		    "}\n"

static void new_connections_are_put_into_the_table(void **state)
{
	check_new_connections(bee_of(state), ADDS("BPF_SOCKMAP(sockets, 8);\n", "sock_map_update"));
	check_new_connections(bee_of(state),
			      ADDS("BPF_SOCKHASH(sockets, u32, 8);\n", "sock_hash_update"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sockets_keep_what_is_left_with_them),
		TEST(tasks_keep_what_is_left_with_them),
		TEST(inodes_keep_what_is_left_with_them),
		TEST(cgroup_array_knows_who_is_below),
		TEST(cgroups_keep_what_is_left_with_them),
		TEST(messages_are_redirected),
		TEST(received_data_is_redirected),
		TEST(new_connections_are_put_into_the_table),
	};

	return cmocka_run_group_tests_name("owners", tests, NULL, NULL);
}
