/* SPDX-License-Identifier: Apache-2.0 */
/* struct_ops: a congestion control of TCP, written in C, in use by a real connection. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "support.h"
#include "witness.h"

/* Reno's rules, the least that the kernel takes; the window never shrinks. */
#define RENO(section)                                                                           \
	"#include <bpf/bpf_tracing.h>\n"                                                        \
	"u64 inits, acks;\n"                                                                    \
	"SEC(\"struct_ops/begin\") void BPF_PROG(begin, struct sock *sk)\n"                     \
	"{ __sync_fetch_and_add(&inits, 1); }\n"                                                \
	"SEC(\"struct_ops/threshold\") u32 BPF_PROG(threshold, struct sock *sk)\n"              \
	"{ return ((struct tcp_sock *)sk)->snd_cwnd; }\n"                                       \
	"SEC(\"struct_ops/undo\") u32 BPF_PROG(undo, struct sock *sk)\n"                        \
	"{ return ((struct tcp_sock *)sk)->snd_cwnd; }\n"                                       \
	"SEC(\"struct_ops/avoid\") void BPF_PROG(avoid, struct sock *sk, u32 ack, u32 acked)\n" \
	"{\n"                                                                                   \
	"	struct tcp_sock *tp = (struct tcp_sock *)sk;\n"                                       \
	"	__sync_fetch_and_add(&acks, acked);\n"                                                \
	"	if (tp->snd_cwnd < 100) tp->snd_cwnd = tp->snd_cwnd + 1;\n"                           \
	"}\n"                                                                                   \
	"SEC(\"" section "\") struct tcp_congestion_ops bee_reno = {\n"                         \
	"	.init = (void *)begin, .ssthresh = (void *)threshold,\n"                              \
	"	.undo_cwnd = (void *)undo, .cong_avoid = (void *)avoid,\n"                            \
	"	.name = \"bee_reno\",\n"                                                              \
	"};\n"

static int choose(int fd)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "bee_reno", strlen("bee_reno")) ? -errno
											   : 0;
}

/* A megabyte over the loopback, by a connection of our congestion control. */
static void send_much(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), ends[2];
	static char data[64 << 10];
	socklen_t len = sizeof(name);
	char word[32] = { 0 };

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(server, (void *)&name, sizeof(name)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (void *)&name, &len), 0);
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(choose(ends[0]), 0);
	assert_int_equal(connect(ends[0], (void *)&name, sizeof(name)), 0);
	ends[1] = accept(server, NULL, NULL);
	for (int i = 0; i < 16; i++) {
		assert_int_equal(send(ends[0], data, sizeof(data), 0), sizeof(data));
		assert_int_equal(recv(ends[1], data, sizeof(data), MSG_WAITALL), sizeof(data));
	}
	len = sizeof(word);
	assert_int_equal(getsockopt(ends[0], IPPROTO_TCP, TCP_CONGESTION, word, &len), 0);
	assert_string_equal(word, "bee_reno");
	close(ends[0]);
	close(ends[1]);
	close(server);
}

static bool is_listed(void)
{
	char *names = output_of("cat /proc/sys/net/ipv4/tcp_available_congestion_control");
	bool found = strstr(names, "bee_reno");

	free(names);
	return found;
}

static void check_reno(struct bee *bee, const char *text)
{
	struct bee_link *link = NULL;
	struct bee_module *mod;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!has_feature(BEE_FEATURE_STRUCT_OPS))
		skip_without_feature();
	mod = load(bee, text);
	stage("loads");
	assert_int_equal(choose(fd), -ENOENT);
	check_err(bee,
		  bee_program_attach(bee_program_find(mod, "avoid"), "struct_ops:bee_reno", NULL,
				     &link),
		  0);
	stage("attaches");
	assert_true(is_listed());
	send_much();
	assert_int_equal(get_var(mod, "inits"), 1);
	assert_true(get_var(mod, "acks") > 0);
	stage("fired");
	bee_link_close(link);
	assert_false(is_listed());
	assert_int_equal(choose(fd), -ENOENT);
	stage("detached");
	close(fd);
}

static void hook_struct_ops_fires(void **state)
{
	check_reno(bee_of(state), RENO(".struct_ops"));
}

/* As newer sources have it; a link it is in any case. */
static void hook_struct_ops_link_fires(void **state)
{
	check_reno(bee_of(state), RENO(".struct_ops.link"));
}

/* The kernel's own rules for what runs next, and a count of it. */
static void hook_sched_ext_fires(void **state)
{
	static const char source[] =
		"#include <bpf/bpf_tracing.h>\n"
		"u64 hits;\n"
		"SEC(\"struct_ops/running\") void BPF_PROG(running, struct task_struct *p)\n"
		"{ __sync_fetch_and_add(&hits, 1); }\n"
		"SEC(\".struct_ops.link\") struct sched_ext_ops bee_sched = {\n"
		"	.running = (void *)running, .name = \"bee_sched\",\n"
		"};\n";
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	char *word;

	if (access("/sys/kernel/sched_ext/state", F_OK)) {
		print_message("skipped: no sched_ext [/sys/kernel/sched_ext/state: %s]\n",
			      strerror(errno));
		skip();
	}
	mod = load(bee, source);
	stage("loads");
	attach(bee, mod, 1);
	stage("attaches");
	word = output_of("cat /sys/kernel/sched_ext/root/ops");
	assert_string_equal(word, "bee_sched\n");
	free(word);
	assert_true(get_var(mod, "hits") > 0); /* the command that was waited for ran */
	stage("fired");
	bee_module_close(mod);
	word = output_of("cat /sys/kernel/sched_ext/state");
	assert_string_equal(word, "disabled\n");
	free(word);
	stage("detached");
}

/* With its module it attaches by itself, and is a map of the kind. */
static void struct_ops_attach_with_their_module(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;

	if (!has_feature(BEE_FEATURE_STRUCT_OPS))
		skip_without_feature();
	mod = load(bee, RENO(".struct_ops"));
	assert_string_equal(bee_map_kind(find_map(mod, "bee_reno")), "struct_ops");
	attach(bee, mod, 1);
	send_much();
	assert_int_equal(get_var(mod, "inits"), 1);
	bee_module_close(mod);
	assert_false(is_listed());
}

static void bad_struct_ops_are_told(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod, *other;
	struct bee_link *link;

	if (!has_feature(BEE_FEATURE_STRUCT_OPS))
		skip_without_feature();
	mod = load(bee, RENO(".struct_ops"));
	check_err(bee,
		  bee_program_attach(bee_program_find(mod, "avoid"), "struct_ops:no_such", NULL,
				     &link),
		  -ENOENT);
	check_says(bee, "there is no 'no_such' in SEC(\".struct_ops\")");
	attach(bee, mod, 1);
	other = load(bee, RENO(".struct_ops"));
	check_err(bee, bee_module_attach(other), -EEXIST);
	check_says(bee, "the kernel has one of that name");
	check_says(bee, "another .name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hook_struct_ops_fires),   TEST(hook_struct_ops_link_fires),
		TEST(hook_sched_ext_fires),    TEST(struct_ops_attach_with_their_module),
		TEST(bad_struct_ops_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
