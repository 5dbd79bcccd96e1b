/* SPDX-License-Identifier: Apache-2.0 */
/* What the cache does not trust, how it is told of, and how it is cleared. */
#include <fcntl.h>
#include <sys/stat.h>

#include "internal.h"
#include "kept.h"
#include "support.h"

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

static void what_was_used_last_stays(void **state)
{
	const struct timespec old[] = { { 1000, 0 }, { 1000, 0 } };
	char path[100], data[1000] = { 0 };
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;

	for (int i = 0; i < 10; i++) {
		struct timespec times[] = { { 2000 + i, 0 }, { 2000 + i, 0 } };

		snprintf(path, sizeof(path), "%s/%024x", folder, i);
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
	snprintf(path, sizeof(path), "%s/%024x", folder, 3);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/%024x", folder, 4);
	assert_int_equal(access(path, F_OK), 0);
	close(dir);
}

/* ---- telling, and clearing --------------------------------------------------------------- */

static void it_is_told_and_cleared(void **state)
{
	struct bee_cache_info info = { .size = sizeof(info) };
	struct bee_source source = source_of(SOURCE);
	struct bee_load_opts opts = usual();
	struct bee *bee = open_with(folder, NULL);
	char path[100];
	uint64_t count;

	assert_int_equal(bee_cache_info(bee, &info), 0);
	assert_string_equal(info.folder, folder);
	assert_int_equal(info.entries, 0);
	assert_int_equal(make(&source, &opts), 0);
	snprintf(path, sizeof(path), "%s/of-others", folder);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(bee_cache_info(bee, &info), 0);
	assert_int_equal(info.entries, 2);
	assert_true(info.bytes > 1000 && info.bytes < info.max_bytes);
	assert_string_equal(info.reason, "");
	assert_int_equal(bee_cache_clear(bee, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(each_file(NULL), 1); /* what is none of the cache's business */
	assert_false(is_kept(&source, &opts));
	info.size = 8;
	assert_int_equal(bee_cache_info(bee, &info), -EINVAL);
	bee_close(bee);
}

static void a_folder_that_cannot_be_used_is_told(void **state)
{
	struct bee_cache_info info = { .size = sizeof(info) };
	struct bee *bee = open_with("/nowhere/cache", NULL);
	uint64_t count = 7;

	/* What is not there yet is no fault, and is not made by asking. */
	assert_int_equal(bee_cache_info(bee, &info), 0);
	assert_string_equal(info.reason, "");
	assert_int_equal(bee_cache_clear(bee, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(access("/nowhere", F_OK), -1);
	bee_close(bee);
	assert_int_equal(chmod(folder, 0755), 0);
	bee = open_with(folder, NULL);
	assert_int_equal(bee_cache_info(bee, &info), 0);
	assert_string_equal(info.reason, "it is not this user's alone");
	check_err(bee, bee_cache_clear(bee, &count), -EACCES);
	check_says(bee, "it is not this user's alone");
	bee_close(bee);
	bee = open_with("", NULL);
	assert_int_equal(bee_cache_info(bee, &info), 0);
	assert_string_equal(info.folder, "");
	assert_int_equal(bee_cache_clear(bee, &count), 0);
	bee_close(bee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CACHE_TEST(a_damaged_file_is_made_anew),
		CACHE_TEST(a_cut_file_is_made_anew),
		CACHE_TEST(a_file_of_others_is_not_used),
		CACHE_TEST(a_file_that_others_can_write_is_not_used),
		CACHE_TEST(a_symlink_is_not_followed),
		CACHE_TEST(a_folder_that_is_not_private_is_not_used),
		CACHE_TEST(no_folder_is_no_error),
		CACHE_TEST(what_was_used_last_stays),
		CACHE_TEST(it_is_told_and_cleared),
		CACHE_TEST(a_folder_that_cannot_be_used_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
