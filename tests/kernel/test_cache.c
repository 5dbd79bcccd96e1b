/* SPDX-License-Identifier: Apache-2.0 */
/* What the cache finds, what makes another key, and what several users of it see. */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../../src/wire.h"
#include "internal.h"
#include "kept.h"
#include "support.h"

/* ---- hits -------------------------------------------------------------------------------- */

static void the_second_time_compiles_nothing(void **state)
{
	struct bee_source source = source_of("#warning this is only told\n" SOURCE);
	struct bee_load_opts opts = usual();
	char *first, *second;

	assert_false(is_kept(&source, &opts));
	assert_int_equal(compile_with(folder, NULL, &source, &opts, &first), 0);
	assert_int_equal(compile_with(folder, "/nowhere/moonbee-cc", &source, &opts, &second), 0);
	/* Warnings too, word by word. */
	assert_non_null(first);
	assert_non_null(strstr(first, "a.c:1:"));
	assert_string_equal(first, second);
	assert_int_equal(each_file(NULL), 2);
	free(first);
	free(second);
}

static void what_is_kept_loads_and_counts(void **state)
{
	struct bee_source source = source_of("u64 hits;\n"
					     "TRACEPOINT_PROBE(syscalls, sys_enter_close)\n"
					     "{ if (args->fd == MAGIC) hits++; return 0; }\n");
	char define[32];
	const char *defines[] = { define };
	struct bee_load_opts opts = { .size = sizeof(opts), .defines = defines, .defines_len = 1 };
	struct bee_module *mod;
	struct bee *bee;

	snprintf(define, sizeof(define), "MAGIC=%d", magic());
	assert_int_equal(make(&source, &opts), 0);
	bee = open_with(folder, "/nowhere/moonbee-cc");
	check_err(bee, bee_load(bee, &source, &opts, &mod), 0);
	attach(bee, mod, 1);
	fire(3);
	assert_int_equal(get_var(mod, "hits"), 3);
	bee_close(bee);
}

/* Types that a header brings make the first key miss; the request is the same all the same. */
static void a_request_that_was_made_before_hits_too(void **state)
{
	struct bee_source source = source_of(SOURCE);
	struct bee_load_opts opts = usual();
	struct bee_opts how = { .size = sizeof(how),
				.cache = folder,
				.btf = "/tmp/../sys/kernel/btf/vmlinux" };
	struct bee *bee = NULL;
	void *elf = NULL;
	size_t size;

	/* By another path there is no first key, for nothing is known of the file. */
	assert_int_equal(bee_open(&how, &bee), 0);
	check_err(bee, bee_compile(bee, &source, &opts, &elf, &size), 0);
	free(elf);
	bee_close(bee);
	assert_int_equal(each_file(NULL), 1);
	how.compiler = "/nowhere/moonbee-cc";
	assert_int_equal(bee_open(&how, &bee), 0);
	check_err(bee, bee_compile(bee, &source, &opts, &elf, &size), 0);
	free(elf);
	bee_close(bee);
}

static void errors_are_not_kept(void **state)
{
	struct bee_source source = source_of("int f(void *ctx) { return nothing; }\n");
	struct bee_load_opts opts = usual();

	assert_int_equal(make(&source, &opts), -EINVAL);
	assert_int_equal(each_file(NULL), 0);
}

/* ---- what makes another key -------------------------------------------------------------- */

#define KEY_TEXT \
	"#include \"part.h\"\nSEC(\"kprobe/f\") int f(void *ctx) { return PART + MAGIC; }\n"

static void write_part(const char *text)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s.part", folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s.part/part.h", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void each_part_of_the_key_counts(void **state)
{
	static const char *const other_define[] = { "MAGIC=2" }, *const no_macro[] = { "OTHER" };
	const struct bee_wish wish = { .program = "f", .target = "kprobe:vfs_read" };
	struct bee_source source = source_of(KEY_TEXT), other;
	struct bee_load_opts opts = usual(), changed;
	char dir[64];

	snprintf(dir, sizeof(dir), "%s.part", folder);
	source.dir = dir;
	write_part("#define PART 1\n");
	assert_int_equal(make(&source, &opts), 0);
	assert_true(is_kept(&source, &opts));

#define CHANGE(...)                                  \
	other = source, changed = opts;              \
	__VA_ARGS__;                                 \
	assert_false(is_kept(&other, &changed));     \
	assert_int_equal(make(&other, &changed), 0); \
	assert_true(is_kept(&other, &changed))

	CHANGE(other.text = KEY_TEXT "int more;\n");
	CHANGE(other.name = "b.c");
	CHANGE(other.line = 17);
	CHANGE(changed.defines = other_define);
	CHANGE(changed.cpu = "v2");
	CHANGE(changed.is_portable = true);
	CHANGE(changed.undefines = no_macro, changed.undefines_len = 1);
	CHANGE(changed.wishes = &wish, changed.wishes_len = 1);
	write_part("#define PART 2\n");
	assert_false(is_kept(&source, &opts));
	assert_int_equal(make(&source, &opts), 0);
	/* The first one is there still. */
	write_part("#define PART 1\n");
	assert_true(is_kept(&source, &opts));
	assert_int_equal(system("rm -rf /tmp/moonbee-cache-*.part"), 0);
}

static void the_key_holds_the_kernel_and_the_library(void **state)
{
	struct bee *bee = open_with("", NULL);
	struct bee__wire key = { 0 }, again = { 0 };
	char *notes;
	size_t size;

	assert_int_equal(bee__identity_put(bee, &key), 0);
	assert_int_equal(bee__read_file("/sys/kernel/notes", &notes, &size), 0);
	assert_non_null(memmem(key.data, key.size, notes, size));
	free(notes);
	/* The linker's id of this program, as binutils show it. */
	notes = output_of("readelf -n /proc/%d/exe | sed -n 's/.*Build ID: //p'", getpid());
	size = strlen(notes) / 2;
	for (size_t i = 0; i < size; i++) {
		unsigned int byte;

		sscanf(notes + 2 * i, "%2x", &byte);
		notes[i] = byte;
	}
	assert_true(size >= 16);
	assert_non_null(memmem(key.data, key.size, notes, size));
	free(notes);
	assert_int_equal(bee__identity_put(bee, &again), 0);
	assert_int_equal(key.size, again.size);
	assert_memory_equal(key.data, again.data, key.size);
	bee__wire_free(&key);
	bee__wire_free(&again);
	bee_close(bee);
}

static void formats_that_changed_are_a_miss(void **state)
{
	struct bee *bee = open_with(folder, NULL);
	struct bee__wire key = { 0 }, formats = { 0 };
	struct bee__text answer = { 0 }, found = { 0 };
	char *format;

	bee__wire_put_text(&key, BEE_WIRE_FILE, "key", NULL);
	bee__text_printf(&answer, "answer");
	assert_int_equal(bee__tracepoint_format(bee, "sched/sched_switch", &format), 0);
	bee__wire_put_text(&formats, BEE_WIRE_FILE, "sched/sched_switch", format);
	free(format);
	bee__cache_keep(bee, &key, &formats, &answer);
	assert_true(bee__cache_find(bee, &key, &found));
	assert_string_equal(found.data, "answer");
	bee__wire_free(&formats);
	bee__wire_put_text(&formats, BEE_WIRE_FILE, "sched/sched_switch", "name: another\n");
	bee__cache_keep(bee, &key, &formats, &answer);
	assert_false(bee__cache_find(bee, &key, &found));
	bee__wire_free(&formats);
	bee__wire_free(&key);
	bee__text_free(&answer);
	bee__text_free(&found);
	bee_close(bee);
}

/* ---- several, and little room ------------------------------------------------------------ */

static void writers_at_once_leave_whole_files(void **state)
{
	struct bee_source source = source_of(SOURCE);
	struct bee_load_opts opts = usual();
	pid_t children[4];
	int status;

	for (size_t i = 0; i < LEN(children); i++) {
		children[i] = fork();
		if (!children[i])
			_exit(make(&source, &opts) ? 1 : 0);
	}
	for (size_t i = 0; i < LEN(children); i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(each_file(NULL), 2);
	assert_true(is_kept(&source, &opts));
}

/* Another user has a folder of its own, and never this one. */
static void two_users_do_not_meet(void **state)
{
	struct bee_source source =
		source_of("SEC(\"xdp\") int f(struct xdp_md *ctx) { return 2; }\n");
	struct bee_load_opts opts = usual();
	char home[64];
	int status;
	pid_t child;

	assert_int_equal(make(&source, &opts), 0);
	snprintf(home, sizeof(home), "%s.home", folder);
	assert_int_equal(mkdir(home, 0700), 0);
	assert_int_equal(chown(home, 65534, 65534), 0);
	child = fork();
	if (!child) {
		char own[80];

		if (setgid(65534) || setuid(65534))
			_exit(10);
		snprintf(own, sizeof(own), "%s/cache", home);
		if (compile_with(folder, "/nowhere/moonbee-cc", &source, &opts, NULL) != -ENOENT)
			_exit(11);
		/* Its compiler may stand where this user cannot go. */
		if (!compile_with(own, NULL, &source, &opts, NULL) &&
		    compile_with(own, "/nowhere/moonbee-cc", &source, &opts, NULL))
			_exit(12);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(is_kept(&source, &opts));
	assert_int_equal(system("rm -rf /tmp/moonbee-cache-*.home"), 0);
}

/* Last: this process is in a mount namespace of its own from here on. */
static void a_full_disk_is_no_error(void **state)
{
	struct bee_source source = source_of(SOURCE);
	struct bee_load_opts opts = usual();
	char path[100], page[4096] = { 0 };
	size_t count;
	int fd, err;

	if (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("full", folder, "tmpfs", 0, "size=4k,mode=700")) {
		print_message("skipped: no file system can be mounted: %s\n", strerror(errno));
		skip();
	}
	snprintf(path, sizeof(path), "%s/filler", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, page, sizeof(page)) > 0)
		;
	close(fd);
	err = compile_with(folder, NULL, &source, &opts, NULL);
	count = each_file(NULL);
	assert_int_equal(umount2(folder, MNT_DETACH), 0);
	assert_int_equal(err, 0);
	assert_int_equal(count, 1); /* the filler: nothing is left half written */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CACHE_TEST(the_second_time_compiles_nothing),
		CACHE_TEST(what_is_kept_loads_and_counts),
		CACHE_TEST(a_request_that_was_made_before_hits_too),
		CACHE_TEST(errors_are_not_kept),
		CACHE_TEST(each_part_of_the_key_counts),
		CACHE_TEST(the_key_holds_the_kernel_and_the_library),
		CACHE_TEST(formats_that_changed_are_a_miss),
		CACHE_TEST(writers_at_once_leave_whole_files),
		CACHE_TEST(two_users_do_not_meet),
		CACHE_TEST(a_full_disk_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
