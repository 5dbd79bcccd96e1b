/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of programs and libraries: patterns and other ways to name them, with their symbols or without;
 * and files in which there is nothing to probe. Those of some processes are in test_processes.c.
 */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>

#include "player.h"
#include "support.h"
#include "witness.h"

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

/* One link holds all, where the kernel has it. */
static void hook_uprobe_multi_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	const struct bee_wish wish = { .program = "f",
				       .target = target("uprobe.multi:%s:probed_up_*", self()) };
	struct bee_link *link;
	int fds;

	if (!has_feature(BEE_FEATURE_UPROBE_MULTI)) {
		check_hits(bee, target("uprobe.multi:%s:probed_up_*", self()), 2);
		skip_without_feature();
	}
	check_err(bee, try_load_wishes(bee, HITS, &wish, 1, &mod), 0);
	stage("loads");
	fds = count_fds();
	check_err(bee, bee_program_attach(bee_program_find(mod, "f"), wish.target, NULL, &link), 0);
	stage("attaches");
	assert_int_equal(count_fds(), fds + 1);
	call_all();
	assert_int_equal(get_var(mod, "hits"), 2);
	stage("fired");
	bee_link_close(link);
	assert_int_equal(count_fds(), fds);
	call_all();
	assert_int_equal(get_var(mod, "hits"), 2);
	stage("detached");
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
	};

	if (argc > 1 && !strcmp(argv[1], "play"))
		return play();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
