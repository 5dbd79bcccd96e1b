/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One test a hook: the event is caused here, so often, and the program must have seen it so often,
 * and not once more when its link is closed. Where the kernel lacks a hook, which is proved without
 * moonbee, the error must say so by name, and what the kernel has instead.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "support.h"

#define HIT "__sync_fetch_and_add(&hits, 1); return 0;"

/* Fire, and fire again when all links are gone; the module keeps its variables. */
static void check_fires(struct bee *bee, const char *text, const char *program, const char *target)
{
	struct bee_module *mod = load(bee, text);
	struct bee_link *link;

	check_err(bee, bee_program_attach(bee_program_find(mod, program), target, &link), 0);
	assert_int_equal(get_var(mod, "hits"), 0);
	fire(5);
	assert_int_equal(get_var(mod, "hits"), 5);
	bee_link_close(link);
	fire(5);
	assert_int_equal(get_var(mod, "hits"), 5);
	bee_module_close(mod);
}

static void tracepoint_fires(void **state)
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

static void raw_tracepoint_fires(void **state)
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

static void tp_btf_fires(void **state)
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
	err = bee_program_attach(bee_program_find(mod, "f"), target, &link);
	check_err(bee, err, 0);
	assert_string_equal(bee_link_target(link), target);
	assert_int_equal(probed_sum(40, 2), 42);
	assert_int_equal(get_var(mod, "sum"), want);
	bee_link_close(link);
	probed_sum(1, 1);
	assert_int_equal(get_var(mod, "sum"), want);
}

static void uprobe_fires_with_arguments(void **state)
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

static void uretprobe_fires_with_the_result(void **state)
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

/* Until a variable moves, or 20 s are over; with the processor in use or not. */
static void wait_for(struct bee_module *mod, const char *var, bool spin)
{
	time_t end = time(NULL) + 20;

	while (!get_var(mod, var) && time(NULL) < end) {
		if (!spin)
			usleep(1000);
	}
	assert_true(get_var(mod, var) > 0);
}

static void profile_samples(void **state)
{
	struct bee_module *mod = load_at(bee_of(state),
					 "u64 hits;\n"
					 "int f(struct bpf_perf_event_data *ctx) { " HIT " }\n",
					 "f", "profile:hz:99");

	wait_for(mod, "hits", true);
}

static void interval_ticks(void **state)
{
	struct bee_module *mod = load_at(bee_of(state),
					 "u64 hits;\n"
					 "int f(struct bpf_perf_event_data *ctx) { " HIT " }\n",
					 "f", "interval:ms:20");

	wait_for(mod, "hits", false);
}

/* ---- hooks that this kernel may lack ----------------------------------------------------- */

static bool has_kprobes(void)
{
	char *symbols = output_of("grep -c ' register_kprobe$' /proc/kallsyms || true");
	bool has = atoi(symbols) > 0;

	free(symbols);
	return has;
}

/*
 * The least program of a kind that needs a BPF trampoline, straight through the system call: 0, or
 * the kernel's own error.
 */
static int try_trampoline(enum bpf_prog_type type, enum bpf_attach_type kind, const char *function)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = kind);
	int fd, link;

	opts.attach_btf_id = libbpf_find_vmlinux_btf_id(function, kind);
	fd = bpf_prog_load(type, "probe", "GPL", insns, LEN(insns), &opts);
	if (fd < 0)
		return fd;
	link = bpf_raw_tracepoint_open(NULL, fd);
	close(fd);
	if (link < 0)
		return link;
	close(link);
	return 0;
}

static int try_fentry(void)
{
	return try_trampoline(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "bpf_fentry_test1");
}

static int try_lsm(void)
{
	return try_trampoline(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "file_open");
}

/* Load and attach; the error that either gives is in *ret_err. */
static struct bee_module *try_attach(struct bee *bee, const char *text, int *ret_err)
{
	struct bee_module *mod = NULL;

	*ret_err = try_load(bee, text, &mod);
	if (!*ret_err)
		*ret_err = bee_module_attach(mod);
	return mod;
}

/* The error is that the hook is not supported, or what the kernel itself said. */
static void check_lacks(struct bee *bee, const char *text, int kernels_err, const char *name,
			const char *instead)
{
	int fds = count_fds(), err;
	struct bee_module *mod = try_attach(bee, text, &err);

	check_err(bee, err, err == kernels_err ? err : -EOPNOTSUPP);
	check_says(bee, name);
	if (instead)
		check_says(bee, instead);
	bee_module_close(mod);
	assert_int_equal(count_fds(), fds);
}

/* Files are read in all of these: /proc/self/stat, which calls vfs_read. */
static void read_files(int times)
{
	char byte;

	while (times--) {
		int fd = open("/proc/self/stat", O_RDONLY);

		assert_int_equal(read(fd, &byte, 1), 1);
		close(fd);
	}
}

static void check_reads(struct bee *bee, const char *text)
{
	struct bee_module *mod = load(bee, text);

	attach(bee, mod, 1);
	read_files(5);
	assert_true(get_var(mod, "hits") >= 5);
}

static void kprobe_fires_or_says_why_not(void **state)
{
	const char *text = "u64 hits;\n"
			   "int kprobe__vfs_read(struct pt_regs *ctx, struct file *file)\n"
			   "{ if (file->f_flags == 12345) return 0; " HIT " }\n";

	if (has_kprobes())
		check_reads(bee_of(state), text);
	else
		check_lacks(bee_of(state), text, -EOPNOTSUPP, "CONFIG_KPROBES", "tracepoint");
}

static void kretprobe_fires_or_says_why_not(void **state)
{
	const char *text = "u64 hits;\n"
			   "int kretprobe__vfs_read(struct pt_regs *ctx)\n"
			   "{ if ((long)PT_REGS_RC(ctx) < 0) return 0; " HIT " }\n";

	if (has_kprobes())
		check_reads(bee_of(state), text);
	else
		check_lacks(bee_of(state), text, -EOPNOTSUPP, "CONFIG_KPROBES", "tracepoint");
}

static void syscall_probe_fires_or_says_why_not(void **state)
{
	const char *text = "u64 hits;\n"
			   "int syscall__close(struct pt_regs *ctx, int fd)\n"
			   "{ if (fd != MAGIC) return 0; " HIT " }\n";
	struct bee *bee = bee_of(state);

	if (has_kprobes()) {
		struct bee_module *mod = load(bee, text);

		attach(bee, mod, 1);
		fire(5);
		assert_int_equal(get_var(mod, "hits"), 5);
	} else {
		check_lacks(bee, text, -EOPNOTSUPP, "CONFIG_KPROBES", "tracepoint");
	}
}

static void fentry_fires_or_says_why_not(void **state)
{
	const char *text = "#include <bpf/bpf_tracing.h>\n"
			   "u64 hits;\n"
			   "SEC(\"fentry/vfs_read\")\n"
			   "int BPF_PROG(f, struct file *file) { " HIT " }\n";

	int err = try_fentry();

	if (!err)
		check_reads(bee_of(state), text);
	else
		check_lacks(bee_of(state), text, err, "fentry", "tp_btf");
}

static void fexit_fires_or_says_why_not(void **state)
{
	const char *text =
		"#include <bpf/bpf_tracing.h>\n"
		"u64 hits;\n"
		"SEC(\"fexit/vfs_read\")\n"
		"int BPF_PROG(f, struct file *file, char *buf, size_t count, loff_t *pos,\n"
		"	     ssize_t ret) { if (ret < 0) return 0; " HIT " }\n";

	int err = try_fentry();

	if (!err)
		check_reads(bee_of(state), text);
	else
		check_lacks(bee_of(state), text, err, "fexit", "tp_btf");
}

static void lsm_fires_or_says_why_not(void **state)
{
	const char *text = "#include <bpf/bpf_tracing.h>\n"
			   "u64 hits;\n"
			   "SEC(\"lsm/file_open\")\n"
			   "int BPF_PROG(f, struct file *file) { " HIT " }\n";

	int err = try_lsm();

	if (!err)
		check_reads(bee_of(state), text);
	else
		check_lacks(bee_of(state), text, err, "LSM", NULL);
}

/* ---- what libbpf attaches ---------------------------------------------------------------- */

static void iterator_attaches(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, "u64 hits;\n"
					   "SEC(\"iter/task\")\n"
					   "int f(struct bpf_iter__task *ctx) { " HIT " }\n");
	int iter, link = -1;
	char byte;

	attach(bee, mod, 1);
	/* The link is the module's; the iterator is read through a second one on the same program. */
	link = bpf_link_create(bee_program_fd(bee_program_find(mod, "f")), 0, BPF_TRACE_ITER, NULL);
	assert_true(link >= 0);
	iter = bpf_iter_create(link);
	assert_true(iter >= 0);
	assert_int_equal(read(iter, &byte, 1), 0);
	close(iter);
	close(link);
	assert_true(get_var(mod, "hits") > 0);
}

/* A network of our own, whose lo is up. */
static void enter_own_network(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd;

	if (unshare(CLONE_NEWNET)) {
		print_message("skipped: no network namespace: %s\n", strerror(errno));
		skip();
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
	close(fd);
}

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
		  bee_program_attach(bee_program_find(mod, "f"), "uprobe:libc.so.6:isatty", &link),
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
		TEST(tracepoint_fires),
		TEST(tracepoint_fires_by_target_text),
		TEST(raw_tracepoint_fires),
		TEST(tp_btf_fires),
		TEST(uprobe_fires_with_arguments),
		TEST(uprobe_gives_parameters),
		TEST(uretprobe_fires_with_the_result),
		TEST(uprobe_finds_a_library_by_name),
		TEST(profile_samples),
		TEST(interval_ticks),
		TEST(kprobe_fires_or_says_why_not),
		TEST(kretprobe_fires_or_says_why_not),
		TEST(syscall_probe_fires_or_says_why_not),
		TEST(fentry_fires_or_says_why_not),
		TEST(fexit_fires_or_says_why_not),
		TEST(lsm_fires_or_says_why_not),
		TEST(iterator_attaches),
		TEST(attach_is_all_or_nothing),
		TEST(an_optional_wish_is_left_out),
		TEST(a_target_of_another_type_is_refused),
		TEST(a_module_that_says_no_target_attaches_nothing),
		TEST(xdp_sees_packets), /* last: it leaves this process in a network of its own */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
