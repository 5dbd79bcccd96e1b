/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of programs and libraries: patterns and other ways to name them, of one process, in another
 * mount namespace, behind a chroot, deleted, stripped; and files in which there is nothing to probe.
 */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "support.h"
#include "witness.h"

#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#define HITS "u64 hits;\nint f(struct pt_regs *ctx) { __sync_fetch_and_add(&hits, 1); return 0; }\n"

/* ---- what is probed ---------------------------------------------------------------------- */

#define PROBED(name, ...)                                    \
	long name(long a) __VA_ARGS__;                       \
	__attribute__((noinline, noclone)) long name(long a) \
	{                                                    \
		__asm__ volatile("");                        \
		return a + 1;                                \
	}

PROBED(probed_up_one)
PROBED(probed_up_two)
PROBED(probed_down)
/* bee::Class::method(long) and bee::Class::method(char) const, as C++ calls them. */
PROBED(method_of_long, __asm__("_ZN3bee5Class6methodEl"))
PROBED(method_of_char, __asm__("_ZNK3bee5Class6methodEc"))
long probed_up_alias(long a) __attribute__((alias("probed_up_one")));

/* In no table but that of all symbols. */
static __attribute__((noinline, noclone, used)) long probed_hidden(long a)
{
	__asm__ volatile("");
	return a + 1;
}

unsigned short beeuprobes_call_semaphore __attribute__((section(".probes"), used));

static void call_all(void)
{
	probed_up_one(1);
	probed_up_two(1);
	probed_down(1);
	method_of_long(1);
	method_of_char(1);
	probed_hidden(1);
	STAP_PROBE1(beeuprobes, call, 1);
}

/* The program in another role: it calls all functions for each byte that it reads, and says so. */
static int play(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) == 1) {
		byte = beeuprobes_call_semaphore ? 's' : 'n';
		call_all();
		if (write(STDOUT_FILENO, &byte, 1) != 1)
			return 1;
	}
	return 0;
}

static const char *self(void)
{
	static char path[256];

	assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	return path;
}

struct player {
	pid_t pid;
	int to, from;
};

/* A child that runs a file as such a program, after before() in its process. */
static struct player start(const char *file, void (*before)(const char *arg), const char *arg)
{
	struct player player;
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	player.pid = fork();
	if (!player.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		if (before)
			before(arg);
		execl(file, file, "play", NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	player.to = in[1];
	player.from = out[0];
	return player;
}

/* Have it call all functions, and wait until it has. Gives whether its probe's semaphore was set. */
static bool call_in(const struct player *player)
{
	char byte = 'x';

	assert_int_equal(write(player->to, &byte, 1), 1);
	assert_int_equal(read(player->from, &byte, 1), 1);
	return byte == 's';
}

static void stop(const struct player *player)
{
	int status;

	close(player->to);
	close(player->from);
	assert_int_equal(waitpid(player->pid, &status, 0), player->pid);
	assert_int_equal(status, 0);
}

/* A folder for copies of this program, and its removal. */
static const char *make_folder(void)
{
	static char folder[32];

	strcpy(folder, "/tmp/bee-uprobes-XXXXXX");
	assert_non_null(mkdtemp(folder));
	return folder;
}

static void shell(const char *format, const char *a, const char *b)
{
	free(output_of(format, a, b));
}

/* ---- helpers of the tests ---------------------------------------------------------------- */

static const char *target(const char *format, const char *arg)
{
	static char text[1024];

	snprintf(text, sizeof(text), format, arg);
	return text;
}

static void check_hits(struct bee *bee, const char *where, uint64_t want)
{
	struct bee_module *mod = load_at(bee, HITS, "f", where);

	call_all();
	assert_int_equal(get_var(mod, "hits"), want);
	bee_module_close(mod);
	call_all();
}

static void check_refused(struct bee *bee, const char *where, int want, const char *words,
			  const char *hint)
{
	const struct bee_wish wish = { .program = "f", .target = where };
	struct bee_module *mod = NULL;

	check_err(bee, try_load_wishes(bee, HITS, &wish, 1, &mod), 0);
	check_err(bee, bee_module_attach(mod), want);
	check_says(bee, words);
	check_says(bee, hint);
	bee_module_close(mod);
}

/* ---- patterns ---------------------------------------------------------------------------- */

/* Its two names are one function, which is seen once. */
static void a_pattern_is_attached_to_all_functions(void **state)
{
	struct bee *bee = bee_of(state);

	check_hits(bee, target("uprobe:%s:probed_up_*", self()), 2);
	check_hits(bee, target("uretprobe:%s:probed_up_*", self()), 2);
	check_hits(bee, target("uprobe:%s:probed_*", self()), 4);
}

/* One link holds all, where the kernel has it; the tenth call is from the tenth attach. */
static void hook_uprobe_multi_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	const struct bee_wish wish = { .program = "f",
				       .target = target("uprobe.multi:%s:probed_up_*", self()) };
	int fds;

	if (!has_feature(BEE_FEATURE_UPROBE_MULTI)) {
		check_hits(bee, target("uprobe.multi:%s:probed_up_*", self()), 2);
		skip_without_feature();
	}
	check_err(bee, try_load_wishes(bee, HITS, &wish, 1, &mod), 0);
	fds = count_fds();
	attach(bee, mod, 1);
	assert_int_equal(count_fds(), fds + 1);
	call_all();
	assert_int_equal(get_var(mod, "hits"), 2);
	bee_module_close(mod);
	check_hits(bee, target("uretprobe.multi:%s:probed_up_*", self()), 2);
}

/* A program that was loaded for one function is attached to several one by one. */
static void a_pattern_is_attached_one_by_one_later(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, "u64 hits;\nSEC(\"uprobe\")\n"
					   "int f(struct pt_regs *ctx) { hits++; return 0; }\n");
	struct bee_program *prog = bee_program_find(mod, "f");
	struct bee_link *link;
	int fds = count_fds();

	check_err(bee,
		  bee_program_attach(prog, target("uprobe:%s:probed_up_*", self()), NULL, &link),
		  0);
	assert_true(count_fds() >= fds + 2);
	call_all();
	assert_int_equal(get_var(mod, "hits"), 2);
	bee_link_close(link);
	call_all();
	assert_int_equal(get_var(mod, "hits"), 2);
}

static void a_pattern_shares_a_program_with_a_usdt_probe(void **state)
{
	char one[512], two[512];
	const struct bee_wish wishes[] = {
		{ .program = "f", .target = one },
		{ .program = "f", .target = two },
	};
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	snprintf(one, sizeof(one), "uprobe:%s:probed_up_*", self());
	snprintf(two, sizeof(two), "usdt:%d:beeuprobes:call", getpid());
	check_err(bee, try_load_wishes(bee, HITS, wishes, LEN(wishes), &mod), 0);
	attach(bee, mod, 2);
	call_all();
	assert_int_equal(get_var(mod, "hits"), 3);
}

/* ---- names ------------------------------------------------------------------------------- */

static void a_cpp_function_is_named_as_in_its_source(void **state)
{
	struct bee *bee = bee_of(state);

	check_hits(bee, target("uprobe:%s:bee::Class::method", self()), 2);
	check_refused(bee, target("uprobe:%s:bee::Class::nothing", self()), -ENOENT,
		      "no function 'bee::Class::nothing'", "");
}

static int find_base(struct dl_phdr_info *info, size_t size, void *ctx)
{
	*(uint64_t *)ctx = info->dlpi_addr;
	return 1; /* the program itself comes first */
}

/* As nm tells it: an address; with a sign: an offset behind a name. */
static void an_address_is_a_target(void **state)
{
	struct bee *bee = bee_of(state);
	char where[512];
	uint64_t base;

	dl_iterate_phdr(find_base, &base);
	snprintf(where, sizeof(where), "uprobe:%s:0x%llx", self(),
		 (unsigned long long)((uintptr_t)probed_down - base));
	check_hits(bee, where, 1);
	check_hits(bee, target("uprobe:%s:probed_down+0", self()), 1);
	check_refused(bee, target("uprobe:%s:0x7", self()), -EINVAL, "no code at 0x7", "");
	check_refused(bee, target("uprobe:%s:probed_down+x", self()), -EINVAL, "'x' is no offset",
		      "");
}

static void libraries_have_short_names(void **state)
{
	static const char *const names[] = { "uprobe:libc:isatty", "uprobe:c:isatty",
					     "uprobe:libc.so.6:isatt?" };
	struct bee *bee = bee_of(state);

	for (size_t i = 0; i < LEN(names); i++) {
		struct bee_module *mod =
			load_at(bee,
				"u64 hits;\nint f(struct pt_regs *ctx)\n"
				"{ if ((int)PT_REGS_PARM1(ctx) == MAGIC) hits++; return 0; }\n",
				"f", names[i]);

		isatty(magic());
		assert_int_equal(get_var(mod, "hits"), 1);
		bee_module_close(mod);
	}
}

/* glibc chooses its memcpy by the processor: no breakpoint in the choice is what the user means. */
static void a_function_that_is_chosen_at_start_is_told(void **state)
{
	char *ifunc = output_of("readelf -Ws --dyn-syms $(ldconfig -p | awk '/libc.so.6/ "
				"{print $NF; exit}') | grep -c 'IFUNC.* memcpy@@' || :");
	bool has = atoi(ifunc) > 0;

	free(ifunc);
	if (!has) {
		print_message("skipped: readelf shows no ifunc memcpy in libc.so.6\n");
		skip();
	}
	check_refused(bee_of(state), "uprobe:libc:memcpy", -ENOENT, "ifunc", "__memcpy_*");
}

#if defined(__x86_64__)
/* vzeroupper, whose opcode is that of a jump. */
__asm__(".globl probed_vex\n.type probed_vex, @function\n"
	"probed_vex: .byte 0xc5, 0xf8, 0x77\n ret\n.size probed_vex, . - probed_vex\n");
void probed_vex(void);

static void what_the_kernel_would_misread_is_left_alone(void **state)
{
	struct bee *bee = bee_of(state);

	check_refused(bee, target("uprobe:%s:probed_vex", self()), -EINVAL, "misread", "");
	check_hits(bee, target("uprobe:%s:probed_*", self()), 4);
}
#endif

/* ---- bad names and files ----------------------------------------------------------------- */

static void what_is_not_there_is_told_with_the_nearest(void **state)
{
	struct bee *bee = bee_of(state);

	check_refused(bee, target("uprobe:%s:probed_donw", self()), -ENOENT,
		      "no function 'probed_donw'", "did you mean 'probed_down'");
	check_refused(bee, target("uprobe:%s:probed_uup_*", self()), -ENOENT,
		      "no function that matches 'probed_uup_*'", "did you mean 'probed_up_");
	check_refused(bee, "uprobe:no_such_library:f", -ENOENT,
		      "no program or library is called 'no_such_library'", "");
	check_refused(bee, "uprobe:libc", -EINVAL, "expected uprobe:/path/or/library:function", "");
	check_refused(bee, "uprobe:pid:x:libc:f", -EINVAL, "'x' is no number of a process", "");
}

static void write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static void files_that_are_no_programs_are_told(void **state)
{
	const char *folder = make_folder();
	Elf32_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, 1 },
		.e_type = ET_EXEC,
		.e_machine = EM_386,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(header),
		.e_shentsize = sizeof(Elf32_Shdr),
	};
	struct bee *bee = bee_of(state);
	char path[64];

	snprintf(path, sizeof(path), "%s/file", folder);
	write_file(path, &header, sizeof(header));
	check_refused(bee, target("uprobe:%s:main", path), -EINVAL, "a program of 32 bits",
		      ":PATH:+0x1000");
	write_file(path, "#!/bin/sh\n", 10);
	check_refused(bee, target("uprobe:%s:main", path), -EINVAL, "is a script", "what runs it");
	write_file(path, "hello", 5);
	check_refused(bee, target("uprobe:%s:main", path), -EINVAL, "no ELF file", "");
	check_refused(bee, target("uprobe:%s:+0x10", path), -EINVAL, "can put no probe there", "");
	write_file(path, "", 0);
	check_refused(bee, target("uprobe:%s:main", path), -EINVAL, "no ELF file", "");
	check_refused(bee, target("uprobe:%s:main", folder), -EINVAL, "no ELF file", "");
	unlink(path);
	check_refused(bee, target("uprobe:%s:main", path), -ENOENT, "No such file", "");
	shell("rm -r %s", folder, NULL);
}

/* Without its symbol table, and then with that in a file of its own beside it. */
static void a_stripped_program_has_its_symbols_elsewhere(void **state)
{
	const char *folder = make_folder();
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	struct player player;
	char path[64];

	snprintf(path, sizeof(path), "%s/play", folder);
	shell("objcopy --strip-all -R .gnu_debuglink -R .note.gnu.build-id %s %s/play 2>&1", self(),
	      folder);
	check_refused(bee, target("uprobe:%s:probed_hidden", path), -ENOENT, "it is stripped", "");
	check_refused(bee, target("uprobe:%s:qqqq", path), -ENOENT, "it is stripped",
		      "debug symbols");

	shell("mkdir %2$s/.debug && objcopy --only-keep-debug %1$s %2$s/.debug/play.debug 2>&1",
	      self(), folder);
	shell("cd %1$s && objcopy --add-gnu-debuglink=.debug/play.debug play 2>&1", folder, NULL);
	player = start(path, NULL, NULL);
	call_in(&player);
	mod = load_at(bee, HITS, "f", target("uprobe:%s:probed_hidden", path));
	call_in(&player);
	assert_int_equal(get_var(mod, "hits"), 1);
	bee_module_close(mod);
	stop(&player);
	shell("rm -r %s", folder, NULL);
}

/* ---- processes --------------------------------------------------------------------------- */

static void a_process_is_a_scope(void **state)
{
	static const char *const formats[] = {
		"uprobe:%d:probed_down",
		"uprobe:pid:%d:%s:probed_down",
		"uprobe:%d:kernel_uprobes:probed_dow?",
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
	check_refused(bee, where, -ESRCH, "has ended", "");
	assert_int_equal(waitpid(child, NULL, 0), child);
	check_refused(bee, where, -ESRCH, "No such process", "");
	snprintf(where, sizeof(where), "usdt:%d:beeuprobes:call", child);
	check_refused(bee, where, -ESRCH, "process", "");
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

static void check_inside(struct bee *bee, const struct player *player, const char *path)
{
	char where[256];

	call_in(player); /* it has left exec(2) behind */
	snprintf(where, sizeof(where), "uprobe:%d:%s:probed_down", player->pid, path);
	check_player(bee, player, where, false);
	snprintf(where, sizeof(where), "uprobe:%d:probed_dow?", player->pid);
	check_player(bee, player, where, false);
	snprintf(where, sizeof(where), "usdt:%d:%s:beeuprobes:call", player->pid, path);
	check_player(bee, player, where, true);
	snprintf(where, sizeof(where), "usdt:%d:beeuprobes:call", player->pid);
	check_player(bee, player, where, true);
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
	check_inside(bee_of(state), &player, path);
	stop(&player);
	rmdir(folder);
}

static void a_chroot_is_looked_into(void **state)
{
	const char *folder = make_folder();
	struct player player = start("/opt/play", enter_tree, folder);

	check_inside(bee_of(state), &player, "/opt/play");
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pattern_is_attached_to_all_functions),
		TEST(hook_uprobe_multi_fires),
		TEST(a_pattern_is_attached_one_by_one_later),
		TEST(a_pattern_shares_a_program_with_a_usdt_probe),
		TEST(a_cpp_function_is_named_as_in_its_source),
		TEST(an_address_is_a_target),
		TEST(libraries_have_short_names),
		TEST(a_function_that_is_chosen_at_start_is_told),
#if defined(__x86_64__)
		TEST(what_the_kernel_would_misread_is_left_alone),
#endif
		TEST(what_is_not_there_is_told_with_the_nearest),
		TEST(files_that_are_no_programs_are_told),
		TEST(a_stripped_program_has_its_symbols_elsewhere),
		TEST(a_process_is_a_scope),
		TEST(a_process_that_has_ended_is_told),
		TEST(a_process_may_end_meanwhile),
		TEST(another_mount_namespace_is_looked_into),
		TEST(a_chroot_is_looked_into),
		TEST(a_deleted_program_is_still_probed),
	};

	if (argc > 1 && !strcmp(argv[1], "play"))
		return play();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
