/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BCC's tables of what belongs to sockets, tasks and cgroups: what a program leaves with a socket it
 * finds there again, and a message that is sent to one socket arrives at another.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "support.h"

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

/* A connection passes through several states; each is counted with its socket. */
static void sockets_keep_what_is_left_with_them(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	int pair[2];

	need_helper("bpf_sk_storage_get_tracing");
	mod = load(bee, "struct seen { u32 states; };\n"
			"BPF_SK_STORAGE(seen, struct seen);\n"
			"u64 most;\n"
			"SEC(\"tp_btf/inet_sock_set_state\")\n"
			"int BPF_PROG(f, struct sock *sk, int from, int to)\n"
			"{\n"
			"	struct seen *s = seen.sk_storage_get(sk, NULL, 1);\n"
			"	if (s && ++s->states > most)\n"
			"		most = s->states;\n"
			"	if (s && to == TCP_CLOSE)\n"
			"		seen.sk_storage_delete(sk);\n"
			"	return 0;\n"
			"}\n");
	attach(bee, mod, 1);
	connect_pair(pair);
	close_pair(pair);
	/* Closed to sent, to established, and on: no state is the first that a socket had. */
	assert_in_range(get_var(mod, "most"), 2, 20);
}

static void tasks_keep_what_is_left_with_them(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	int number = magic();

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
}

/* ---- cgroups ----------------------------------------------------------------------------- */

/* A cgroup of this test's own, where cgroup2 is mounted; -1: it is not. */
static int open_cgroup(char path[128])
{
	char *mount =
		output_of("awk '$3 == \"cgroup2\" { printf \"%%s\", $2; exit }' /proc/mounts");

	snprintf(path, 128, "%s/moonbee-test-%d", mount, getpid());
	free(mount);
	return *path == '/' && path[1] != 'm' && !mkdir(path, 0755)
		       ? open(path, O_RDONLY | O_CLOEXEC)
		       : -1;
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

	if (fd < 0) {
		print_message("skipped: no cgroup2 in /proc/mounts\n");
		skip();
	}
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

/* Packets of a cgroup are counted with the cgroup, in its local storage. */
static void cgroups_keep_what_is_left_with_them(void **state)
{
	struct bee *bee = bee_of(state);
	struct bpf_cgroup_storage_key key = { .attach_type = BPF_CGROUP_INET_EGRESS };
	struct bee_module *mod;
	struct stat info;
	uint64_t packets = 0;
	char path[128];
	int fd = open_cgroup(path), prog;

	if (fd < 0) {
		print_message("skipped: no cgroup2 in /proc/mounts\n");
		skip();
	}
	mod = load(bee, "BPF_CGROUP_STORAGE(packets, u64);\n"
			"SEC(\"cgroup_skb/egress\")\n"
			"int f(struct __sk_buff *skb)\n"
			"{\n"
			"	__sync_fetch_and_add(packets.get_local_storage(0), 1);\n"
			"	return 1;\n"
			"}\n");
	prog = bee_program_fd(bee_program_find(mod, "f"));
	assert_int_equal(bpf_prog_attach(prog, fd, BPF_CGROUP_INET_EGRESS, 0), 0);
	if (!fork()) {
		enter(path);
		send_datagrams(4);
		_exit(0);
	}
	assert_true(wait(NULL) > 0);
	fstat(fd, &info);
	key.cgroup_inode_id = info.st_ino;
	assert_int_equal(bee_map_lookup(find_map(mod, "packets"), &key, &packets), 0);
	bpf_prog_detach2(prog, fd, BPF_CGROUP_INET_EGRESS);
	rmdir(path);
	close(fd);
	assert_int_equal(packets, 4);
}

/* ---- sockets to send to ------------------------------------------------------------------ */

/* What is written to one connection is read from another, where the program sends it. */
static void check_redirect(struct bee *bee, const char *text)
{
	struct bee_module *mod = load(bee, text);
	struct bee_map *map = find_map(mod, "sockets");
	int from[2], to[2], prog = bee_program_fd(bee_program_find(mod, "redirect"));
	uint32_t key;
	char got[8] = "";

	connect_pair(from);
	connect_pair(to);
	assert_int_equal(bpf_prog_attach(prog, bee_map_fd(map), BPF_SK_MSG_VERDICT, 0), 0);
	key = 1;
	assert_int_equal(bee_map_update(map, &key, &from[0], BPF_ANY), 0);
	key = 2;
	assert_int_equal(bee_map_update(map, &key, &to[1], BPF_ANY), 0);
	assert_int_equal(write(from[0], "hello", 5), 5);
	assert_int_equal(read(to[1], got, sizeof(got)), 5);
	assert_string_equal(got, "hello");
	assert_int_equal(recv(from[1], got, sizeof(got), MSG_DONTWAIT), -1);
	bpf_prog_detach2(prog, bee_map_fd(map), BPF_SK_MSG_VERDICT);
	close_pair(from);
	close_pair(to);
}

static void messages_are_redirected(void **state)
{
	check_redirect(bee_of(state),
		       "BPF_SOCKMAP(sockets, 4);\n"
		       "int redirect(struct sk_msg_md *msg)\n"
		       "{ return sockets.msg_redirect_map(msg, 2, BPF_F_INGRESS); }\n");
	check_redirect(bee_of(state),
		       "BPF_SOCKHASH(sockets);\n"
		       "int redirect(struct sk_msg_md *msg)\n"
		       "{ u32 key = 2;\n"
		       "return sockets.msg_redirect_hash(msg, &key, BPF_F_INGRESS); }\n");
}

/* A program puts the sockets of new connections into the table itself. */
static void new_connections_are_put_into_the_table(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	char path[128];
	int fd = open_cgroup(path), prog;
	uint32_t key = 7;

	if (fd < 0) {
		print_message("skipped: no cgroup2 in /proc/mounts\n");
		skip();
	}
	mod = load(bee, "BPF_SOCKHASH(sockets, u32, 8);\n"
			"u64 added;\n"
			"int f(struct bpf_sock_ops *ops)\n"
			"{\n"
			"	u32 key = 7;\n"
			"	if (ops->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB &&\n"
			"	    !sockets.sock_hash_update(ops, &key, BPF_ANY))\n"
			"		added++;\n"
			"	return 1;\n"
			"}\n");
	prog = bee_program_fd(bee_program_find(mod, "f"));
	assert_int_equal(bpf_prog_attach(prog, fd, BPF_CGROUP_SOCK_OPS, 0), 0);
	if (!fork()) {
		int pair[2];

		enter(path);
		connect_pair(pair);
		/* It is in the table for as long as it is open. */
		_exit(bee_map_delete(find_map(mod, "sockets"), &key) ? 2 : 0);
	}
	int status = -1;
	assert_true(wait(&status) > 0);
	bpf_prog_detach2(prog, fd, BPF_CGROUP_SOCK_OPS);
	rmdir(path);
	close(fd);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(get_var(mod, "added"), 1);
	assert_int_equal(bee_map_delete(find_map(mod, "sockets"), &key), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sockets_keep_what_is_left_with_them),
		TEST(tasks_keep_what_is_left_with_them),
		TEST(cgroup_array_knows_who_is_below),
		TEST(cgroups_keep_what_is_left_with_them),
		TEST(messages_are_redirected),
		TEST(new_connections_are_put_into_the_table),
	};

	return cmocka_run_group_tests_name("owners", tests, NULL, NULL);
}
