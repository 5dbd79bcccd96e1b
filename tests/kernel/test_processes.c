/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions and USDT probes of some processes: of one by its number, of those in a cgroup; in another mount
 * namespace, behind a chroot, of a file that is deleted; and of processes that end.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "internal.h"
#include "player.h"
#include "support.h"
#include "witness.h"

static void check_refused(struct bee *bee, const char *where, int want, const char *words)
{
	const struct bee_wish wish = { .program = "f", .target = where };
	struct bee_module *mod = NULL;

	check_err(bee, try_load_wishes(bee, HITS, &wish, 1, &mod), 0);
	check_err(bee, bee_module_attach(mod), want);
	check_says(bee, words);
	bee_module_close(mod);
}

/* ---- processes --------------------------------------------------------------------------- */

static void a_process_is_a_scope(void **state)
{
	static const char *const formats[] = {
		"uprobe:%d:probed_down",
		"uprobe:pid:%d:%s:probed_down",
		"uprobe:%d:kernel_processes:probed_dow?",
		"uprobe:%d:probed_dow?",
		"uretprobe:%d:%s:probed_down",
	};
	struct player player = start(self(), NULL, NULL);
	struct bee *bee = bee_of(state);

	call_in(&player);
	for (size_t i = 0; i < LEN(formats); i++) {
		struct bee_module *mod;
		char where[512];

		snprintf(where, sizeof(where), formats[i], player.pid, self());
		mod = load_at(bee, HITS, "f", where);
		call_all();
		assert_int_equal(get_var(mod, "hits"), 0);
		call_in(&player);
		assert_int_equal(get_var(mod, "hits"), 1);
		bee_module_close(mod);
	}
	stop(&player);
}

static void a_process_that_has_ended_is_told(void **state)
{
	struct bee *bee = bee_of(state);
	char where[64];
	siginfo_t info;
	pid_t child = fork();

	if (!child)
		_exit(0);
	/* Dead, and not yet buried. */
	assert_int_equal(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	snprintf(where, sizeof(where), "uprobe:%d:libc:malloc", child);
	check_refused(bee, where, -ESRCH, "has ended");
	assert_int_equal(waitpid(child, NULL, 0), child);
	check_refused(bee, where, -ESRCH, "has ended");
	snprintf(where, sizeof(where), "usdt:%d:beeuprobes:call", child);
	check_refused(bee, where, -ESRCH, "process");
}

/* It ends somewhere between the first look at it and the link: that is no other error, nor a crash. */
static void a_process_may_end_meanwhile(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, "SEC(\"uprobe\")\n"
					   "int f(struct pt_regs *ctx) { return 0; }\n");
	struct bee_program *prog = bee_program_find(mod, "f");

	for (int i = 0; i < 12; i++) {
		struct bee_link *link = NULL;
		pid_t child = fork();
		char where[64];
		int err;

		if (!child) {
			usleep(i * 100);
			_exit(0);
		}
		snprintf(where, sizeof(where), "uprobe:%d:libc:malloc", child);
		err = bee_program_attach(prog, where, NULL, &link);
		if (err != -ESRCH)
			check_err(bee, err, 0);
		bee_link_close(link);
		assert_int_equal(waitpid(child, NULL, 0), child);
	}
}

/* ---- other views of the file system ------------------------------------------------------ */

/* In a mount namespace of its own: a copy of this program at a path that nobody else has. */
static void enter_namespace(const char *folder)
{
	char copy[512];

	snprintf(copy, sizeof(copy), "cp %s %s/play", self(), folder);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bee", folder, "tmpfs", 0, NULL) || system(copy))
		_exit(126);
}

/* Behind a chroot: all of the system, and the copy in its own /opt. */
static void enter_tree(const char *folder)
{
	char copy[512], opt[64];

	snprintf(opt, sizeof(opt), "%s/opt", folder);
	snprintf(copy, sizeof(copy), "cp %s %s/play", self(), opt);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("/", folder, NULL, MS_BIND | MS_REC, NULL) ||
	    mount("bee", opt, "tmpfs", 0, NULL) || system(copy) || chroot(folder) || chdir("/"))
		_exit(126);
}

static void check_player(struct bee *bee, const struct player *player, const char *where,
			 bool has_semaphore)
{
	struct bee_module *mod;

	assert_false(call_in(player));
	mod = load_at(bee, HITS, "f", where);
	assert_int_equal(call_in(player), has_semaphore);
	assert_int_equal(get_var(mod, "hits"), 1);
	call_all();
	assert_int_equal(get_var(mod, "hits"), 1);
	bee_module_close(mod);
	assert_false(call_in(player));
}

/* Without cookies it takes a path that stands in the process's mappings as the process knows it. */
static void check_usdt(struct bee *bee, const struct player *player, const char *where,
		       bool is_chroot)
{
	if (is_chroot && !has_feature(BEE_FEATURE_COOKIE))
		check_refused(bee, where, -EOPNOTSUPP, "no cookies");
	else
		check_player(bee, player, where, true);
}

static void check_inside(struct bee *bee, const struct player *player, const char *path,
			 bool is_chroot)
{
	char where[256];

	call_in(player); /* it has left exec(2) behind */
	snprintf(where, sizeof(where), "uprobe:%d:%s:probed_down", player->pid, path);
	check_player(bee, player, where, false);
	snprintf(where, sizeof(where), "uprobe:%d:probed_dow?", player->pid);
	check_player(bee, player, where, false);
	snprintf(where, sizeof(where), "usdt:%d:%s:beeuprobes:call", player->pid, path);
	check_usdt(bee, player, where, is_chroot);
	snprintf(where, sizeof(where), "usdt:%d:beeuprobes:call", player->pid);
	check_usdt(bee, player, where, is_chroot);
}

static void another_mount_namespace_is_looked_into(void **state)
{
	const char *folder = make_folder();
	char path[64];
	struct player player;

	snprintf(path, sizeof(path), "%s/play", folder);
	player = start(path, enter_namespace, folder);
	call_in(&player);
	assert_int_equal(access(path, F_OK), -1);
	check_inside(bee_of(state), &player, path, false);
	stop(&player);
	rmdir(folder);
}

static void a_chroot_is_looked_into(void **state)
{
	const char *folder = make_folder();
	struct player player = start("/opt/play", enter_tree, folder);

	check_inside(bee_of(state), &player, "/opt/play", true);
	stop(&player);
	rmdir(folder);
}

/* The file has no name any more, and the process still runs it. */
static void a_deleted_program_is_still_probed(void **state)
{
	const char *folder = make_folder();
	struct player player;
	char path[64], where[128];

	snprintf(path, sizeof(path), "%s/play", folder);
	shell("cp %s %s/play", self(), folder);
	player = start(path, NULL, NULL);
	call_in(&player);
	shell("rm -r %s", folder, NULL);
	snprintf(where, sizeof(where), "uprobe:%d:probed_down", player.pid);
	check_player(bee_of(state), &player, where, false);
	stop(&player);
}

/* ---- cgroups ----------------------------------------------------------------------------- */

/* A cgroup of the test's own, and one in it, by names below the root. */
static int cgroups = -1;
static char outer[64], inner[96];

static void make_cgroups(void)
{
	cgroups = bee__mount_detached("cgroup2");
	assert_true(cgroups >= 0);
	snprintf(outer, sizeof(outer), "bee-trace-%d", getpid());
	snprintf(inner, sizeof(inner), "%s/inner", outer);
	assert_int_equal(mkdirat(cgroups, outer, 0755), 0);
	assert_int_equal(mkdirat(cgroups, inner, 0755), 0);
}

/* A cgroup goes once its last process is gone for good, which may take a moment. */
static void remove_cgroups(void)
{
	for (int i = 0; i < 1000 && unlinkat(cgroups, inner, AT_REMOVEDIR) && errno == EBUSY; i++)
		usleep(1000);
	for (int i = 0; i < 1000 && unlinkat(cgroups, outer, AT_REMOVEDIR) && errno == EBUSY; i++)
		usleep(1000);
	assert_int_equal(faccessat(cgroups, outer, F_OK, 0), -1);
	close(cgroups);
}

static void enter_cgroup(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", name);
	fd = openat(cgroups, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(126);
}

static void check_hits(struct bee *bee, const struct player players[3], const char *where,
		       uint64_t want)
{
	struct bee_module *mod = load_at(bee, HITS, "f", where);

	call_all();
	for (int i = 0; i < 3; i++)
		call_in(&players[i]);
	assert_int_equal(get_var(mod, "hits"), want);
	bee_module_close(mod);
}

static void check_cgroup(struct bee *bee, const struct player players[3], const char *where,
			 uint64_t want)
{
	if (!strncmp(where, "usdt:", 5) && !has_feature(BEE_FEATURE_COOKIE)) {
		check_refused(bee, where, -EOPNOTSUPP, "no cookies");
		return;
	}
	check_hits(bee, players, where, want);
}

/* Of three processes two are in the cgroup, one of them in a cgroup below it. */
static void a_cgroup_is_a_scope(void **state)
{
	struct bee *bee = bee_of(state);
	struct player players[3];
	char where[512];

	make_cgroups();
	players[0] = start(self(), enter_cgroup, outer);
	players[1] = start(self(), enter_cgroup, inner);
	players[2] = start(self(), NULL, NULL);
	for (int i = 0; i < 3; i++)
		call_in(&players[i]);
	snprintf(where, sizeof(where), "uprobe:cgroup:/%s:kernel_processes:probed_down", outer);
	check_cgroup(bee, players, where, 2);
	snprintf(where, sizeof(where), "uretprobe:cgroup:%s:%s:probed_up_*", inner, self());
	check_cgroup(bee, players, where, 2);
	snprintf(where, sizeof(where), "usdt:cgroup:/%s:%s:beeuprobes:call", outer, self());
	check_cgroup(bee, players, where, 2);

	snprintf(where, sizeof(where), "uprobe:cgroup:%s:no_such_program:f", outer);
	check_refused(bee, where, -ENOENT, "runs 'no_such_program'");
	snprintf(where, sizeof(where), "uprobe:cgroup:%s:kernel_processes:nothing", outer);
	check_refused(bee, where, -ENOENT, "has 'nothing'");
	snprintf(where, sizeof(where), "usdt:cgroup:%s:kernel_processes:nothing", outer);
	check_refused(bee, where, -ENOENT, "has the probe");
	check_refused(bee, "uprobe:cgroup:/no/such/cgroup:libc:malloc", -ENOENT,
		      "no cgroup '/no/such/cgroup'");
	check_refused(bee, "uprobe:cgroup::x", -EINVAL, "expected uprobe:cgroup:/PATH:");
	for (int i = 0; i < 3; i++)
		stop(&players[i]);
	remove_cgroups();
}

/* ---- namespaces of pids ------------------------------------------------------------------ */

/* The first process of a new namespace is number 1 in it. */
static void a_process_has_the_number_of_its_namespace(void **state)
{
	static const char source[] =
		"u64 in, out, same, dev, ino;\n"
		"SEC(\"tracepoint/syscalls/sys_enter_close\")\n"
		"int f(struct trace_event_raw_sys_enter *ctx)\n"
		"{\n"
		"	struct bpf_pidns_info ns = { 0 };\n"
		"	if ((u32)ctx->args[0] != MAGIC) return 0;\n"
		"	in = BPF_NS_PID_TGID();\n"
		"	out = bpf_get_current_pid_tgid();\n"
		"	bpf_get_ns_current_pid_tgid(dev, ino, &ns, sizeof(ns));\n"
		"	same = (u64)ns.tgid << 32 | ns.pid;\n"
		"	return 0;\n"
		"}\n";
	struct bee_module *mod = load(bee_of(state), source);
	int fd = magic(), go[2];
	char path[64];
	struct stat info;
	pid_t child, self = getpid();

	attach(bee_of(state), mod, 1);
	fire(1);
	assert_int_equal(get_var(mod, "in") >> 32, self);
	assert_int_equal(get_var(mod, "in"), get_var(mod, "out"));

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	child = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	if (!child) {
		char byte;

		if (read(go[0], &byte, 1) == 1)
			syscall(SYS_close, fd);
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", child);
	assert_int_equal(stat(path, &info), 0);
	*(uint64_t *)bee_var_find(mod, "dev")->data = info.st_dev;
	*(uint64_t *)bee_var_find(mod, "ino")->data = info.st_ino;
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(go[0]);
	close(go[1]);
	assert_int_equal(get_var(mod, "out") >> 32, child);
	assert_int_equal(get_var(mod, "in"), 1ull << 32 | 1);
	assert_int_equal(get_var(mod, "same"), 1ull << 32 | 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_process_is_a_scope),        TEST(a_process_that_has_ended_is_told),
		TEST(a_process_may_end_meanwhile), TEST(another_mount_namespace_is_looked_into),
		TEST(a_chroot_is_looked_into),     TEST(a_deleted_program_is_still_probed),
		TEST(a_cgroup_is_a_scope),         TEST(a_process_has_the_number_of_its_namespace),
	};

	if (argc > 1 && !strcmp(argv[1], "play"))
		return play();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
