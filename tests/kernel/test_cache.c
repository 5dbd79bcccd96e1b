/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of compiled objects. Whether something comes from it is seen by a runtime that has no
 * compiler: what is not in the cache is an error there.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../../src/wire.h"
#include "internal.h"
#include "support.h"

#define SOURCE                                                           \
	"TRACEPOINT_PROBE(syscalls, sys_enter_close)\n"                  \
	"{ struct task_struct *task = (void *)bpf_get_current_task();\n" \
	"  return args->fd + task->pid == MAGIC; }\n"

static char folder[] = "/tmp/moonbee-cache-XXXXXX";

/* A folder that is empty, and this user's alone. */
static int setup(void **state)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

#define CACHE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static const char *const magic_define[] = { "MAGIC=1" };

static struct bee_source source_of(const char *text)
{
	return (struct bee_source){ .size = sizeof(struct bee_source),
				    .name = "a.c",
				    .text = text };
}

static struct bee_load_opts usual(void)
{
	return (struct bee_load_opts){ .size = sizeof(struct bee_load_opts),
				       .defines = magic_define,
				       .defines_len = 1 };
}

static struct bee *open_with(const char *cache, const char *compiler)
{
	struct bee_opts opts = { .size = sizeof(opts), .cache = cache, .compiler = compiler };
	struct bee *bee = NULL;

	assert_int_equal(bee_open(&opts, &bee), 0);
	return bee;
}

static int compile_with(const char *cache, const char *compiler, const struct bee_source *source,
			const struct bee_load_opts *opts, char **ret_words)
{
	struct bee *bee = open_with(cache, compiler);
	const struct bee_diag *diag = NULL;
	struct bee__text words = { 0 };
	void *elf = NULL;
	size_t size;
	int err = bee_compile(bee, source, opts, &elf, &size);

	while (ret_words && (diag = bee_diag_next(bee, diag)))
		bee__text_printf(&words, "%s:%u:%u: %d %s|%s|%s\n", diag->file, diag->line,
				 diag->column, diag->severity, diag->text, diag->source,
				 diag->hint);
	if (ret_words)
		*ret_words = words.data;
	free(elf);
	bee_close(bee);
	return err;
}

static int make(const struct bee_source *source, const struct bee_load_opts *opts)
{
	return compile_with(folder, NULL, source, opts, NULL);
}

static bool is_kept(const struct bee_source *source, const struct bee_load_opts *opts)
{
	int err = compile_with(folder, "/nowhere/moonbee-cc", source, opts, NULL);

	assert_true(!err || err == -ENOENT);
	return !err;
}

/* The files of the folder by name, so that a test can spoil them. */
static size_t each_file(void (*fn)(const char *path))
{
	DIR *dir = opendir(folder);
	size_t count = 0;
	char path[300];

	assert_non_null(dir);
	for (struct dirent *at = readdir(dir); at; at = readdir(dir)) {
		if (at->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, at->d_name);
		if (fn)
			fn(path);
		count++;
	}
	closedir(dir);
	return count;
}

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

/* ---- what is not trusted ----------------------------------------------------------------- */

static void flip_byte(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat info;
	char byte;

	assert_int_equal(fstat(fd, &info), 0);
	assert_int_equal(pread(fd, &byte, 1, info.st_size - 100), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, info.st_size - 100), 1);
	close(fd);
}

static void cut_short(const char *path)
{
	assert_int_equal(truncate(path, 1000), 0);
}

static void cut_all(const char *path)
{
	assert_int_equal(truncate(path, 0), 0);
}

static void give_away(const char *path)
{
	assert_int_equal(chown(path, 65534, 65534), 0);
}

static void open_to_all(const char *path)
{
	assert_int_equal(chmod(path, 0666), 0);
}

static void make_symlink(const char *path)
{
	char moved[320];

	snprintf(moved, sizeof(moved), "%s.moved", folder);
	mkdir(moved, 0700);
	snprintf(moved, sizeof(moved), "%s.moved/%s", folder, strrchr(path, '/') + 1);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(symlink(moved, path), 0);
}

/* A file that is not as it was left is as good as none, and is made anew. */
static void check_spoilt(void (*spoil)(const char *path))
{
	struct bee_source source = source_of(SOURCE);
	struct bee_load_opts opts = usual();

	assert_int_equal(make(&source, &opts), 0);
	assert_int_equal(each_file(spoil), 2);
	assert_false(is_kept(&source, &opts));
	assert_int_equal(make(&source, &opts), 0);
	assert_true(is_kept(&source, &opts));
}

static void a_damaged_file_is_made_anew(void **state)
{
	check_spoilt(flip_byte);
}

static void a_cut_file_is_made_anew(void **state)
{
	check_spoilt(cut_short);
	check_spoilt(cut_all);
}

static void a_file_of_others_is_not_used(void **state)
{
	check_spoilt(give_away);
}

static void a_file_that_others_can_write_is_not_used(void **state)
{
	check_spoilt(open_to_all);
}

static void a_symlink_is_not_followed(void **state)
{
	check_spoilt(make_symlink);
	assert_int_equal(system("rm -rf /tmp/moonbee-cache-*.moved"), 0);
}

/* Compiled, and neither kept nor found. */
static void check_uncached(const char *cache)
{
	struct bee_source source = source_of(SOURCE);
	struct bee_load_opts opts = usual();

	assert_int_equal(compile_with(cache, NULL, &source, &opts, NULL), 0);
	assert_int_equal(compile_with(cache, "/nowhere/moonbee-cc", &source, &opts, NULL), -ENOENT);
}

static void a_folder_that_is_not_private_is_not_used(void **state)
{
	char link[64];

	assert_int_equal(chmod(folder, 0755), 0);
	check_uncached(folder);
	assert_int_equal(each_file(NULL), 0);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(chown(folder, 65534, 65534), 0);
	check_uncached(folder);
	assert_int_equal(chown(folder, 0, 0), 0);
	assert_int_equal(each_file(NULL), 0);
	snprintf(link, sizeof(link), "%s.link", folder);
	assert_int_equal(symlink(folder, link), 0);
	check_uncached(link);
	assert_int_equal(each_file(NULL), 0);
	unlink(link);
}

static void no_folder_is_no_error(void **state)
{
	struct bee_source source = source_of(SOURCE);
	struct bee_load_opts opts = usual();

	check_uncached("");
	check_uncached("/proc/nowhere/cache");
	setenv("MOONBEE_CACHE", "", 1);
	check_uncached(NULL);
	setenv("MOONBEE_CACHE", folder, 1);
	assert_int_equal(compile_with(NULL, NULL, &source, &opts, NULL), 0);
	setenv("MOONBEE_CACHE", "", 1);
	assert_int_equal(each_file(NULL), 2);
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

static void what_was_used_last_stays(void **state)
{
	const struct timespec old[] = { { 1000, 0 }, { 1000, 0 } };
	char path[100], data[1000] = { 0 };
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;

	for (int i = 0; i < 10; i++) {
		struct timespec times[] = { { 2000 + i, 0 }, { 2000 + i, 0 } };

		snprintf(path, sizeof(path), "%s/file%d", folder, i);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
		futimens(fd, times);
		close(fd);
	}
	snprintf(path, sizeof(path), "%s/new.1.2", folder);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	utimensat(AT_FDCWD, path, old, 0);
	bee__cache_trim(dir, 10000);
	assert_int_equal(each_file(NULL), 10); /* but for the one that was never finished */
	bee__cache_trim(dir, 8000);
	assert_int_equal(each_file(NULL), 6);
	snprintf(path, sizeof(path), "%s/file3", folder);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/file4", folder);
	assert_int_equal(access(path, F_OK), 0);
	close(dir);
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
		CACHE_TEST(a_damaged_file_is_made_anew),
		CACHE_TEST(a_cut_file_is_made_anew),
		CACHE_TEST(a_file_of_others_is_not_used),
		CACHE_TEST(a_file_that_others_can_write_is_not_used),
		CACHE_TEST(a_symlink_is_not_followed),
		CACHE_TEST(a_folder_that_is_not_private_is_not_used),
		CACHE_TEST(no_folder_is_no_error),
		CACHE_TEST(writers_at_once_leave_whole_files),
		CACHE_TEST(two_users_do_not_meet),
		CACHE_TEST(what_was_used_last_stays),
		CACHE_TEST(a_full_disk_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
