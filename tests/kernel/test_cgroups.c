/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks of cgroups, each in a cgroup of the test's own: what is done in it is seen so often, what is done
 * outside of it or after the link is closed is not seen.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <mntent.h>
#include <sys/stat.h>

#include <bpf/bpf.h>

#include "sockets.h"
#include "support.h"
#include "witness.h"

#define TIMES 3

static char mount[256], folder[512]; /* where cgroup v2 is, and our own cgroup */

/* ---- a cgroup of our own ----------------------------------------------------------------- */

static void move_to(const char *cgroup)
{
	char path[600], pid[16];
	int fd, len = snprintf(pid, sizeof(pid), "%d", getpid());

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, pid, len), len);
	close(fd);
}

/* The first mount of a type, with a word among its options. */
static bool find_mount(const char *type, const char *option, char *buf, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	bool found = false;

	assert_non_null(mounts);
	while (!found && (entry = getmntent(mounts))) {
		found = !strcmp(entry->mnt_type, type) && (!option || hasmntopt(entry, option));
		if (found)
			snprintf(buf, size, "%s", entry->mnt_dir);
	}
	endmntent(mounts);
	return found;
}

static int make_cgroup(void **state)
{
	if (!find_mount("cgroup2", NULL, mount, sizeof(mount))) {
		print_error("no cgroup v2 is mounted\n");
		return -1;
	}
	snprintf(folder, sizeof(folder), "%s/moonbee-test-%d", mount, getpid());
	return mkdir(folder, 0755);
}

static int remove_cgroup(void **state)
{
	move_to(mount);
	return rmdir(folder);
}

/* ---- one hook ---------------------------------------------------------------------------- */

struct hook {
	const char *kind, *section, *context;
	const char *when; /* which of the calls count; "": all */
	void (*act)(int family);
	int family;
};

static struct bee_module *load_hook(struct bee *bee, const struct hook *hook)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "u64 hits;\n"
		 "SEC(\"%s\") int f(struct %s *ctx)\n"
		 "{ if (1 %s) __sync_fetch_and_add(&hits, 1); return 1; }\n",
		 hook->section, hook->context, hook->when);
	return load(bee, text);
}

static void act(const struct hook *hook, const char *cgroup)
{
	move_to(cgroup);
	for (int i = 0; i < TIMES; i++)
		hook->act(hook->family);
	move_to(mount);
}

static void check_hook(struct bee *bee, const struct hook *hook)
{
	struct bee_module *mod = load_hook(bee, hook);
	struct bee_link *link;
	char target[600];

	stage("loads");
	snprintf(target, sizeof(target), "cgroup:%s:%s", folder, hook->kind);
	check_err(bee, bee_program_attach(bee_program_find(mod, "f"), target, NULL, &link), 0);
	stage("attaches");
	act(hook, mount);
	assert_int_equal(get_var(mod, "hits"), 0);
	act(hook, folder);
	assert_int_equal(get_var(mod, "hits"), TIMES);
	stage("fired");
	bee_link_close(link);
	act(hook, folder);
	assert_int_equal(get_var(mod, "hits"), TIMES);
	bee_module_close(mod);
	stage("detached");
}

#define HOOK(kind, section, context, when, act, family)                                         \
	static void hook_cgroup_##kind##_fires(void **state)                                    \
	{                                                                                       \
		static const struct hook hook = { #kind, section, context, when, act, family }; \
                                                                                                \
		check_hook(bee_of(state), &hook);                                               \
	}

HOOK(egress, "cgroup_skb/egress", "__sk_buff", "", send_one, AF_INET)
HOOK(ingress, "cgroup_skb/ingress", "__sk_buff", "", send_one, AF_INET)
HOOK(sock_create, "cgroup/sock_create", "bpf_sock", "", open_and_close, AF_INET)
HOOK(sock_release, "cgroup/sock_release", "bpf_sock", "", open_and_close, AF_INET)
HOOK(post_bind4, "cgroup/post_bind4", "bpf_sock", "", bind_one, AF_INET)
HOOK(post_bind6, "cgroup/post_bind6", "bpf_sock", "", bind_one, AF_INET6)
HOOK(bind4, "cgroup/bind4", "bpf_sock_addr", "", bind_one, AF_INET)
HOOK(bind6, "cgroup/bind6", "bpf_sock_addr", "", bind_one, AF_INET6)
HOOK(connect4, "cgroup/connect4", "bpf_sock_addr", "", connect_one, AF_INET)
HOOK(connect6, "cgroup/connect6", "bpf_sock_addr", "", connect_one, AF_INET6)
HOOK(sendmsg4, "cgroup/sendmsg4", "bpf_sock_addr", "", send_one, AF_INET)
HOOK(sendmsg6, "cgroup/sendmsg6", "bpf_sock_addr", "", send_one, AF_INET6)
HOOK(recvmsg4, "cgroup/recvmsg4", "bpf_sock_addr", "", send_one, AF_INET)
HOOK(recvmsg6, "cgroup/recvmsg6", "bpf_sock_addr", "", send_one, AF_INET6)
HOOK(getpeername4, "cgroup/getpeername4", "bpf_sock_addr", "", connect_one, AF_INET)
HOOK(getpeername6, "cgroup/getpeername6", "bpf_sock_addr", "", connect_one, AF_INET6)
HOOK(getsockname4, "cgroup/getsockname4", "bpf_sock_addr", "", bind_one, AF_INET)
HOOK(getsockname6, "cgroup/getsockname6", "bpf_sock_addr", "", bind_one, AF_INET6)
HOOK(sysctl, "cgroup/sysctl", "bpf_sysctl", "&& !ctx->write", read_sysctl, 0)
HOOK(getsockopt, "cgroup/getsockopt", "bpf_sockopt", "&& ctx->level == 6", set_and_get_option,
     AF_INET)
HOOK(setsockopt, "cgroup/setsockopt", "bpf_sockopt", "&& ctx->level == 6", set_and_get_option,
     AF_INET)
HOOK(device, "cgroup/dev", "bpf_cgroup_dev_ctx", "&& ctx->major == 1 && ctx->minor == 3",
     open_device, 0)
/* BPF_SOCK_OPS_TCP_CONNECT_CB: the client is about to send its first packet. */
HOOK(sockops, "sockops", "bpf_sock_ops", "&& ctx->op == 3", connect_stream, AF_INET)

#define UNIX_HOOK(name, act)                                                                      \
	static void hook_cgroup_##name##_unix_fires(void **state)                                 \
	{                                                                                         \
		static const struct hook hook = {                                                 \
			#name "_unix", "cgroup/" #name "_unix", "bpf_sock_addr", "", act, AF_UNIX \
		};                                                                                \
                                                                                                  \
		if (!has_feature(BEE_FEATURE_CGROUP_UNIX))                                        \
			skip_without_feature();                                                   \
		check_hook(bee_of(state), &hook);                                                 \
	}

UNIX_HOOK(connect, connect_one)
UNIX_HOOK(sendmsg, send_one)
UNIX_HOOK(recvmsg, send_one)
UNIX_HOOK(getpeername, connect_one)
UNIX_HOOK(getsockname, bind_one)

static void hook_lsm_cgroup_fires(void **state)
{
	static const struct hook hook = { .act = bind_one, .family = AF_INET };
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	struct bee_link *link;
	char target[600];

	if (!has_feature(BEE_FEATURE_LSM_CGROUP))
		skip_without_feature();
	mod = load(bee, "u64 hits;\n"
			"SEC(\"lsm_cgroup/socket_bind\") int BPF_PROG(f, struct socket *sock)\n"
			"{ __sync_fetch_and_add(&hits, 1); return 1; }\n");
	stage("loads");
	snprintf(target, sizeof(target), "lsm_cgroup:socket_bind:%s", folder);
	check_err(bee, bee_program_attach(bee_program_find(mod, "f"), target, NULL, &link), 0);
	stage("attaches");
	act(&hook, mount);
	assert_int_equal(get_var(mod, "hits"), 0);
	act(&hook, folder);
	assert_int_equal(get_var(mod, "hits"), TIMES);
	stage("fired");
	bee_link_close(link);
	act(&hook, folder);
	assert_int_equal(get_var(mod, "hits"), TIMES);
	stage("detached");
}

/* ---- how it is said ---------------------------------------------------------------------- */

#define CONNECT4                                                      \
	"u64 hits;\n"                                                 \
	"SEC(\"cgroup/connect4\") int f(struct bpf_sock_addr *ctx)\n" \
	"{ __sync_fetch_and_add(&hits, 1); return 1; }\n"

static const struct hook connect4 = { .act = connect_one, .family = AF_INET };

static void check_target(struct bee *bee, const char *target)
{
	struct bee_module *mod = load_at(bee, CONNECT4, "f", target);

	act(&connect4, folder);
	if (get_var(mod, "hits") != TIMES)
		fail_msg("%s: %d hits", target, (int)get_var(mod, "hits"));
	bee_module_close(mod);
}

/* The same cgroup: by its whole path, below the root cgroup, and with what the section says left out. */
static void a_cgroup_is_said_in_several_ways(void **state)
{
	const char *name = folder + strlen(mount) + 1;
	char target[600];

	snprintf(target, sizeof(target), "cgroup:/%s:connect4", name);
	check_target(bee_of(state), target);
	snprintf(target, sizeof(target), "cgroup:%s:connect4", name);
	check_target(bee_of(state), target);
	snprintf(target, sizeof(target), "cgroup:%s", folder);
	check_target(bee_of(state), target);
	snprintf(target, sizeof(target), "cgroup/connect4:%s", folder);
	check_target(bee_of(state), target);
}

/* Without a SEC the target says the type; below the root cgroup, "/", stands all. */
static void a_target_tells_the_type(void **state)
{
	struct bee_module *mod = load_at(bee_of(state),
					 "u64 hits;\n"
					 "int f(struct bpf_sock_addr *ctx)\n"
					 "{ __sync_fetch_and_add(&hits, 1); return 1; }\n",
					 "f", "cgroup:/:connect4");

	act(&connect4, folder);
	assert_true(get_var(mod, "hits") >= TIMES);
}

/* A program of cgroup/skb is of either direction. */
static void a_program_without_a_direction_goes_both_ways(void **state)
{
	static const struct hook send = { .act = send_one, .family = AF_INET };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, "u64 hits;\n"
					   "SEC(\"cgroup/skb\") int f(struct __sk_buff *skb)\n"
					   "{ __sync_fetch_and_add(&hits, 1); return 1; }\n");
	static const char *const kinds[] = { "egress", "ingress" };

	for (size_t i = 0; i < LEN(kinds); i++) {
		struct bee_link *link;
		char target[600];

		snprintf(target, sizeof(target), "cgroup:%s:%s", folder, kinds[i]);
		check_err(bee, bee_program_attach(bee_program_find(mod, "f"), target, NULL, &link),
			  0);
	}
	act(&send, folder);
	assert_int_equal(get_var(mod, "hits"), 2 * TIMES);
}

/* What a program returns is obeyed: 0 forbids. */
static void a_program_can_forbid(void **state)
{
	char target[600];
	struct end server = open_bound(AF_INET, SOCK_DGRAM), client;
	struct bee_module *mod;

	snprintf(target, sizeof(target), "cgroup:%s:connect4", folder);
	mod = load_at(bee_of(state), "int f(struct bpf_sock_addr *ctx) { return 0; }\n", "f",
		      target);
	move_to(folder);
	client = open_end(AF_INET, SOCK_DGRAM); /* of the cgroup that it is made in */
	assert_int_equal(connect(client.fd, &server.any, server.len), -1);
	assert_int_equal(errno, EPERM);
	bee_module_close(mod);
	assert_int_equal(connect(client.fd, &server.any, server.len), 0);
	move_to(mount);
	close(client.fd);
	close(server.fd);
}

/* ---- bad input --------------------------------------------------------------------------- */

static void what_is_no_cgroup_is_named(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, CONNECT4);

	check_refused_at(bee, mod, "cgroup:/no/such/cgroup:connect4", -ENOENT,
			 "cannot attach 'f' to cgroup:/no/such/cgroup:connect4: there is no cgroup "
			 "'/no/such/cgroup'",
			 "mkdir makes one");
	check_refused_at(bee, mod, "cgroup:/etc:connect4", -ENOENT, "there is no cgroup '/etc'",
			 "mkdir");
	check_refused_at(bee, mod, "cgroup:/etc/passwd:connect4", -ENOENT,
			 "no cgroup '/etc/passwd'", "mkdir");
	check_refused_at(bee, mod, "cgroup::connect4", -EINVAL, "it names no cgroup",
			 "cgroup:/path:connect4");
}

static void a_cgroup_of_version_1_is_told(void **state)
{
	struct bee *bee = bee_of(state);
	char v1[256], target[300];

	if (!find_mount("cgroup", NULL, v1, sizeof(v1))) {
		print_message("skipped: no cgroup v1 is mounted [/proc/self/mounts has none]\n");
		skip();
	}
	snprintf(target, sizeof(target), "cgroup:%s:connect4", v1);
	check_refused_at(bee, load(bee, CONNECT4), target, -EINVAL, "is a cgroup v1",
			 "grep cgroup2");
}

static void the_wrong_end_is_told(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, CONNECT4);

	check_refused_at(bee, mod, "cgroup:/:egres", -ENOENT, "no cgroup '/:egres'", "mkdir");
	check_refused_at(bee, mod, "cgroup:/:connect6", -EINVAL,
			 "the program was made for cgroup/connect4", "");
	check_refused_at(bee, mod, "cgroup:/:egress", -EINVAL,
			 "the program was made for cgroup/connect4", "");
}

/* Whoever attached without BPF_F_ALLOW_MULTI keeps all others out. */
static void a_busy_cgroup_is_told(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, CONNECT4);
	struct bee_program *prog = bee_program_find(mod, "f");
	struct bee_link *link;
	char target[600];
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(bpf_prog_attach(bee_program_fd(prog), fd, BPF_CGROUP_INET4_CONNECT, 0), 0);
	snprintf(target, sizeof(target), "cgroup:%s:connect4", folder);
	check_err(bee, bee_program_attach(prog, target, NULL, &link), -EPERM);
	check_says(bee, "keeps others out");
	assert_int_equal(bpf_prog_detach2(bee_program_fd(prog), fd, BPF_CGROUP_INET4_CONNECT), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hook_cgroup_egress_fires),
		TEST(hook_cgroup_ingress_fires),
		TEST(hook_cgroup_sock_create_fires),
		TEST(hook_cgroup_sock_release_fires),
		TEST(hook_cgroup_post_bind4_fires),
		TEST(hook_cgroup_post_bind6_fires),
		TEST(hook_cgroup_bind4_fires),
		TEST(hook_cgroup_bind6_fires),
		TEST(hook_cgroup_connect4_fires),
		TEST(hook_cgroup_connect6_fires),
		TEST(hook_cgroup_sendmsg4_fires),
		TEST(hook_cgroup_sendmsg6_fires),
		TEST(hook_cgroup_recvmsg4_fires),
		TEST(hook_cgroup_recvmsg6_fires),
		TEST(hook_cgroup_getpeername4_fires),
		TEST(hook_cgroup_getpeername6_fires),
		TEST(hook_cgroup_getsockname4_fires),
		TEST(hook_cgroup_getsockname6_fires),
		TEST(hook_cgroup_sysctl_fires),
		TEST(hook_cgroup_getsockopt_fires),
		TEST(hook_cgroup_setsockopt_fires),
		TEST(hook_cgroup_device_fires),
		TEST(hook_cgroup_sockops_fires),
		TEST(hook_cgroup_connect_unix_fires),
		TEST(hook_cgroup_sendmsg_unix_fires),
		TEST(hook_cgroup_recvmsg_unix_fires),
		TEST(hook_cgroup_getpeername_unix_fires),
		TEST(hook_cgroup_getsockname_unix_fires),
		TEST(hook_lsm_cgroup_fires),
		TEST(a_cgroup_is_said_in_several_ways),
		TEST(a_target_tells_the_type),
		TEST(a_program_without_a_direction_goes_both_ways),
		TEST(a_program_can_forbid),
		TEST(what_is_no_cgroup_is_named),
		TEST(a_cgroup_of_version_1_is_told),
		TEST(the_wrong_end_is_told),
		TEST(a_busy_cgroup_is_told),
	};

	return cmocka_run_group_tests(tests, make_cgroup, remove_cgroup);
}
