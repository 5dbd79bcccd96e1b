/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One test a hook: the event is caused here, so often, and the program must have seen it so often,
 * and not once more when its link is closed. Those at kernel functions are in test_functions.c.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sys/socket.h>

#include "support.h"

#define HIT "__sync_fetch_and_add(&hits, 1); return 0;"

/* Fire, and fire again when all links are gone; the module keeps its variables. */
static void check_fires(struct bee *bee, const char *text, const char *program, const char *target)
{
	struct bee_module *mod = load(bee, text);
	struct bee_link *link;

	stage("loads");
	check_err(bee, bee_program_attach(bee_program_find(mod, program), target, NULL, &link), 0);
	stage("attaches");
	assert_int_equal(get_var(mod, "hits"), 0);
	fire(5);
	assert_int_equal(get_var(mod, "hits"), 5);
	stage("fired");
	bee_link_close(link);
	fire(5);
	assert_int_equal(get_var(mod, "hits"), 5);
	stage("detached");
	bee_module_close(mod);
}

static void hook_tracepoint_fires(void **state)
{
	check_fires(bee_of(state),
		    "u64 hits;\n"
		    "TRACEPOINT_PROBE(syscalls, sys_enter_close)\n"
		    "{ if (args->fd != MAGIC) return 0; " HIT " }\n",
		    "tracepoint__syscalls__sys_enter_close", NULL);
}

static void tracepoint_fires_by_target_text(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod =
		load_at(bee,
			"u64 hits;\n"
			"int f(struct tracepoint__syscalls__sys_enter_close *args)\n"
			"{ if (args->fd != MAGIC) return 0; " HIT " }\n",
			"f", "tracepoint:syscalls:sys_enter_close");

	fire(3);
	assert_int_equal(get_var(mod, "hits"), 3);
}

static void hook_raw_tracepoint_fires(void **state)
{
	check_fires(
		bee_of(state),
		"u64 hits;\n"
		"SEC(\"raw_tracepoint/sys_enter\")\n"
		"int f(struct bpf_raw_tracepoint_args *ctx)\n"
		"{\n"
		"	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];\n"
		"	if (ctx->args[1] != NR_CLOSE || PT_REGS_PARM1(regs) != MAGIC) return 0;\n" HIT
		"}\n",
		"f", NULL);
}

static void hook_tp_btf_fires(void **state)
{
	check_fires(bee_of(state),
		    "#include <bpf/bpf_tracing.h>\n"
		    "u64 hits;\n"
		    "SEC(\"tp_btf/sys_enter\")\n"
		    "int BPF_PROG(f, struct pt_regs *regs, long id)\n"
		    "{\n"
		    "	if (id != NR_CLOSE || PT_REGS_PARM1(regs) != MAGIC) return 0;\n" HIT "}\n",
		    "f", NULL);
}

/* What the uprobes are put on: found by its name, so it is not static. */
long probed_sum(long a, long b);

__attribute__((noinline)) long probed_sum(long a, long b)
{
	__asm__ volatile("");
	return a + b;
}

static void check_sum(struct bee *bee, const char *text, const char *hook, uint64_t want)
{
	char self[256] = { 0 }, target[512];
	struct bee_module *mod;
	struct bee_link *link;
	int err;

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(target, sizeof(target), "%s:%s:probed_sum", hook, self);
	mod = load(bee, text);
	stage("loads");
	err = bee_program_attach(bee_program_find(mod, "f"), target, NULL, &link);
	check_err(bee, err, 0);
	stage("attaches");
	assert_string_equal(bee_link_target(link), target);
	assert_int_equal(probed_sum(40, 2), 42);
	assert_int_equal(get_var(mod, "sum"), want);
	stage("fired");
	bee_link_close(link);
	probed_sum(1, 1);
	assert_int_equal(get_var(mod, "sum"), want);
	stage("detached");
}

static void hook_uprobe_fires(void **state)
{
	check_sum(bee_of(state),
		  "u64 sum;\n"
		  "SEC(\"uprobe\")\n"
		  "int f(struct pt_regs *ctx)\n"
		  "{ sum += PT_REGS_PARM1(ctx) * 100 + PT_REGS_PARM2(ctx); return 0; }\n",
		  "uprobe", 4002);
}

static void uprobe_gives_parameters(void **state)
{
	check_sum(bee_of(state),
		  "u64 sum;\n"
		  "SEC(\"uprobe\")\n"
		  "int f(struct pt_regs *ctx, long a, long b)\n"
		  "{ sum += a * 100 + b; return 0; }\n",
		  "uprobe", 4002);
}

static void hook_uretprobe_fires(void **state)
{
	check_sum(bee_of(state),
		  "u64 sum;\n"
		  "SEC(\"uretprobe\")\n"
		  "int f(struct pt_regs *ctx) { sum += PT_REGS_RC(ctx); return 0; }\n",
		  "uretprobe", 42);
}

static void uprobe_finds_a_library_by_name(void **state)
{
	struct bee_module *mod = load_at(bee_of(state),
					 "u64 hits;\n"
					 "int f(struct pt_regs *ctx)\n"
					 "{ if ((int)PT_REGS_PARM1(ctx) != MAGIC) return 0; " HIT
					 " }\n",
					 "f", "uprobe:libc.so.6:isatty");

	isatty(magic());
	isatty(magic());
	assert_int_equal(get_var(mod, "hits"), 2);
}

/* ---- packets ----------------------------------------------------------------------------- */

static void send_packets(int times)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9999) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	while (times--)
		assert_int_equal(sendto(fd, "bee", 3, 0, (void *)&to, sizeof(to)), 3);
	close(fd);
}

static void xdp_sees_packets(void **state)
{
	static const char source[] =
		"u64 hits;\n"
		"SEC(\"xdp\")\n"
		"int f(struct xdp_md *ctx)\n"
		"{\n"
		"	void *end = (void *)(long)ctx->data_end;\n"
		"	struct ethhdr *eth = (void *)(long)ctx->data;\n"
		"	struct iphdr *ip = (void *)(eth + 1);\n"
		"	struct udphdr *udp = (void *)(ip + 1);\n"
		"	if ((void *)(udp + 1) > end || ip->protocol != 17) return XDP_PASS;\n"
		"	if (udp->dest == bpf_htons(9999)) __sync_fetch_and_add(&hits, 1);\n"
		"	return XDP_PASS;\n"
		"}\n";
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	int ifindex, prog;

	enter_own_network();
	mod = load(bee, source);
	prog = bee_program_fd(bee_program_find(mod, "f"));
	ifindex = if_nametoindex("lo");
	assert_int_equal(bpf_xdp_attach(ifindex, prog, 0, NULL), 0);
	send_packets(4);
	assert_int_equal(get_var(mod, "hits"), 4);
	assert_int_equal(bpf_xdp_detach(ifindex, 0, NULL), 0);
}

/* ---- several at once --------------------------------------------------------------------- */

#define TWO                                                              \
	"u64 hits;\n"                                                    \
	"int good(struct tracepoint__syscalls__sys_enter_close *args)\n" \
	"{ if (args->fd != MAGIC) return 0; " HIT " }\n"                 \
	"int other(struct bpf_raw_tracepoint_args *ctx) { return 0; }\n"

static void attach_is_all_or_nothing(void **state)
{
	const struct bee_wish wishes[] = {
		{ .program = "good", .target = "tracepoint:syscalls:sys_enter_close" },
		{ .program = "other", .target = "raw_tracepoint:no_such_event" },
	};
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	check_err(bee, try_load_wishes(bee, TWO, wishes, 2, &mod), 0);
	check_err(bee, bee_module_attach(mod), -ENOENT);
	check_says(bee, "no_such_event");
	fire(5);
	assert_int_equal(get_var(mod, "hits"), 0);
}

static void an_optional_wish_is_left_out(void **state)
{
	const struct bee_wish wishes[] = {
		{ .program = "good", .target = "tracepoint:syscalls:sys_enter_close" },
		{ .program = "other", .target = "raw_tracepoint:no_such_event", .optional = true },
	};
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	check_err(bee, try_load_wishes(bee, TWO, wishes, 2, &mod), 0);
	attach(bee, mod, 1);
	fire(5);
	assert_int_equal(get_var(mod, "hits"), 5);
}

static void a_target_of_another_type_is_refused(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, "SEC(\"raw_tracepoint/sys_enter\")\n"
					   "int f(void *ctx) { return 0; }\n");
	struct bee_link *link;

	check_err(bee,
		  bee_program_attach(bee_program_find(mod, "f"), "uprobe:libc.so.6:isatty", NULL,
				     &link),
		  -EINVAL);
}

static void a_module_that_says_no_target_attaches_nothing(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, "SEC(\"uprobe\")\n"
					   "int f(struct pt_regs *ctx) { return 0; }\n");

	check_err(bee, bee_module_attach(mod), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hook_tracepoint_fires),
		TEST(tracepoint_fires_by_target_text),
		TEST(hook_raw_tracepoint_fires),
		TEST(hook_tp_btf_fires),
		TEST(hook_uprobe_fires),
		TEST(uprobe_gives_parameters),
		TEST(hook_uretprobe_fires),
		TEST(uprobe_finds_a_library_by_name),
		TEST(attach_is_all_or_nothing),
		TEST(an_optional_wish_is_left_out),
		TEST(a_target_of_another_type_is_refused),
		TEST(a_module_that_says_no_target_attaches_nothing),
		TEST(xdp_sees_packets), /* last: it leaves this process in a network of its own */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
