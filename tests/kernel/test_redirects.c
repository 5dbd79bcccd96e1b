/* SPDX-License-Identifier: Apache-2.0 */
/* BCC's tables of sockets: what is sent to one arrives at another. */
#include <fcntl.h>
#include <linux/bpf.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "support.h"

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
	int fd = open_own_cgroup(path), status = -1;
	uint32_t key = 7;

	snprintf(target, sizeof(target), "cgroup:%s:sockops", path);
	mod = load_at(bee, text, "f", target);
	if (!fork()) {
		int pair[2];

		move_into_cgroup(path);
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
		TEST(messages_are_redirected),
		TEST(received_data_is_redirected),
		TEST(new_connections_are_put_into_the_table),
	};

	return cmocka_run_group_tests_name("redirects", tests, NULL, NULL);
}
