/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be done with a link once it is there. Whether a link is there is asked of the kernel: by
 * events, and by the link's number.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "support.h"
#include "witness.h"

#define PIN "/sys/fs/bpf/links-test"

/* Two programs at one place, which count apart. */
#define COUNTERS                                                                            \
	"u64 first, second;\n"                                                              \
	"SEC(\"tracepoint\") int one(struct tracepoint__syscalls__sys_enter_close *args)\n" \
	"{ if (args->fd == MAGIC) __sync_fetch_and_add(&first, 1); return 0; }\n"           \
	"SEC(\"tracepoint\") int two(struct tracepoint__syscalls__sys_enter_close *args)\n" \
	"{ if (args->fd == MAGIC) __sync_fetch_and_add(&second, 1); return 0; }\n"          \
	"SEC(\"raw_tracepoint\") int other(struct bpf_raw_tracepoint_args *ctx) { return 0; }\n"
#define TARGET "tracepoint:syscalls:sys_enter_close"

static struct bee_link *attach_to(struct bee *bee, struct bee_module *mod, const char *program,
				  const char *target)
{
	struct bee_link *link = NULL;

	check_err(bee, bee_program_attach(bee_program_find(mod, program), target, NULL, &link), 0);
	return link;
}

static void check_counts(struct bee_module *mod, uint64_t first, uint64_t second)
{
	assert_int_equal(get_var(mod, "first"), first);
	assert_int_equal(get_var(mod, "second"), second);
}

static struct bee_link_info info_of(struct bee_link *link, size_t part)
{
	struct bee_link_info info = { .size = sizeof(info) };

	assert_int_equal(bee_link_info(link, part, &info), 0);
	return info;
}

static bool is_in_kernel(uint32_t id)
{
	int fd = bpf_link_get_fd_by_id(id);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* What a program closes ends a moment later: until then the kernel still has it. */
static void wait_gone(uint32_t id)
{
	time_t end = time(NULL) + 20;

	while (is_in_kernel(id) && time(NULL) < end)
		usleep(1000);
	assert_false(is_in_kernel(id));
}

/* Perf events are links of the kernel's since Linux 5.15, when they got cookies too. */
static bool has_perf_links(void)
{
	return has_feature(BEE_FEATURE_COOKIE);
}

/* ---- update ------------------------------------------------------------------------------ */

static void an_update_goes_over_to_the_new_program(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, COUNTERS);
	struct bee_link *link = attach_to(bee, mod, "one", TARGET);

	fire(2);
	/* The kernel cannot update this kind, so that events may come twice. */
	check_err(bee, bee_link_update(link, bee_program_find(mod, "two")), 1);
	fire(3);
	check_counts(mod, 2, 3);
	assert_string_equal(bee_link_target(link), TARGET);
	assert_string_equal(info_of(link, 0).program, "two");
	check_err(bee, bee_link_update(link, bee_program_find(mod, "two")), 0);
	bee_link_close(link);
	fire(1);
	check_counts(mod, 2, 3);
}

static void an_update_keeps_the_cookie(void **state)
{
	struct bee_attach_opts opts = { .size = sizeof(opts), .cookie = 12345 };
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	struct bee_link *link;

	if (!has_feature(BEE_FEATURE_COOKIE))
		skip_without_feature();
	mod = load(bee, "u64 first, second;\n"
			"SEC(\"tracepoint\") int one(void *ctx)\n"
			"{ first = bpf_get_attach_cookie(ctx); return 0; }\n"
			"SEC(\"tracepoint\") int two(void *ctx)\n"
			"{ second = bpf_get_attach_cookie(ctx); return 0; }\n");
	check_err(bee, bee_program_attach(bee_program_find(mod, "one"), TARGET, &opts, &link), 0);
	fire(1);
	check_err(bee, bee_link_update(link, bee_program_find(mod, "two")), 1);
	fire(1);
	check_counts(mod, 12345, 12345);
	assert_int_equal(info_of(link, 0).cookie, 12345);
}

static void what_the_kernel_can_update_is_updated_in_one_step(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod =
		load(bee, "SEC(\"iter/task\") int one(struct bpf_iter__task *ctx) { return 0; }\n"
			  "SEC(\"iter/task\") int two(struct bpf_iter__task *ctx) { return 0; }\n");
	struct bee_link *link = attach_to(bee, mod, "one", NULL);
	uint32_t id = info_of(link, 0).id, program = info_of(link, 0).program_id;

	check_err(bee, bee_link_update(link, bee_program_find(mod, "two")), 0);
	assert_int_equal(info_of(link, 0).id, id);
	assert_int_not_equal(info_of(link, 0).program_id, program);
	assert_string_equal(info_of(link, 0).kind, "iter");
	assert_string_equal(info_of(link, 0).place, "task");
}

static void an_update_that_fails_leaves_the_old_program(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, COUNTERS);
	struct bee_link *link = attach_to(bee, mod, "one", TARGET);

	check_err(bee, bee_link_update(link, bee_program_find(mod, "other")), -EINVAL);
	check_says(bee, "another type");
	attach_to(bee, mod, "two", TARGET);
	/* It is there already, so that it cannot come to where the link is. */
	check_err(bee, bee_link_update(link, bee_program_find(mod, "two")), -EEXIST);
	fire(2);
	check_counts(mod, 2, 2);
	bee_link_detach(link);
	check_err(bee, bee_link_update(link, bee_program_find(mod, "two")), -ENOLINK);
}

static void an_updated_link_belongs_to_the_new_module(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *old = load(bee, COUNTERS), *new = load(bee, COUNTERS);
	struct bee_link *link = attach_to(bee, old, "one", TARGET);

	check_err(bee, bee_link_update(link, bee_program_find(new, "two")), 1);
	bee_module_close(old);
	fire(2);
	check_counts(new, 0, 2);
	assert_ptr_equal(bee_link_next(new, NULL), link);
	assert_null(bee_link_next(new, link));
	bee_module_close(new);
}

/* ---- pins -------------------------------------------------------------------------------- */

/* A link of an iterator is one on every kernel. */
static struct bee_link *attach_iter(struct bee *bee, struct bee_module **ret_mod)
{
	*ret_mod =
		load(bee, "SEC(\"iter/task\") int one(struct bpf_iter__task *ctx) { return 0; }\n");
	return attach_to(bee, *ret_mod, "one", NULL);
}

/* This process sees a BPF file system of its own, in which nothing of others stands. */
static void mount_bpffs(void)
{
	static bool is_done;

	if (!is_done && (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
			 mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))) {
		print_message("skipped: no BPF file system can be mounted: %s\n", strerror(errno));
		skip();
	}
	is_done = true;
}

static void a_pinned_link_stays(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	struct bee_link *link, *again;
	uint32_t id;

	mount_bpffs();
	link = attach_iter(bee, &mod);
	id = info_of(link, 0).id;
	check_err(bee, bee_link_pin(link, PIN), 0);
	assert_string_equal(info_of(link, 0).pin, PIN);
	check_err(bee, bee_link_pin(link, PIN "2"), -EBUSY);
	bee_module_close(mod);
	assert_true(is_in_kernel(id));

	check_err(bee, bee_link_open(bee, PIN, &again), 0);
	assert_int_equal(info_of(again, 0).id, id);
	assert_string_equal(info_of(again, 0).program, "one");
	assert_string_equal(bee_link_target(again), PIN);
	check_err(bee, bee_link_unpin(again), 0);
	check_err(bee, bee_link_unpin(again), -ENOENT);
	assert_true(is_in_kernel(id));
	bee_link_close(again);
	wait_gone(id);
	check_err(bee, bee_link_open(bee, PIN, &again), -ENOENT);
}

static void an_opened_link_can_be_updated(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod, *other;
	struct bee_link *link;

	mount_bpffs();
	link = attach_iter(bee, &mod);
	check_err(bee, bee_link_pin(link, PIN), 0);
	bee_link_close(link);
	check_err(bee, bee_link_open(bee, PIN, &link), 0);
	attach_iter(bee, &other);
	check_err(bee, bee_link_update(link, bee_program_find(other, "one")), 0);
	bee_module_close(mod);
	bee_module_close(other);
	assert_true(is_in_kernel(info_of(link, 0).id));
	bee_link_detach(link);
	assert_int_equal(access(PIN, F_OK), -1);
	bee_link_close(link);
}

/* Detached through its pin alone, also where it is a perf event, which libbpf's own would have stopped. */
static void a_pinned_link_goes_on_firing(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, COUNTERS);
	struct bee_link *link = attach_to(bee, mod, "one", TARGET);

	mount_bpffs();
	if (!has_perf_links()) {
		check_err(bee, bee_link_pin(link, PIN), -EOPNOTSUPP);
		check_says(bee, "5.15");
		skip_without_feature();
	}
	check_err(bee, bee_link_pin(link, PIN), 0);
	check_err(bee, bee_link_update(link, bee_program_find(mod, "two")), -EOPNOTSUPP);
	check_says(bee, "pinned");
	bee_link_close(link);
	fire(2);
	check_counts(mod, 2, 0);
	check_err(bee, bee_link_open(bee, PIN, &link), 0);
	bee_link_detach(link);
	fire(2);
	check_counts(mod, 2, 0);
}

static void many_parts_are_pinned_in_a_folder(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, "SEC(\"tracepoint\") int f(void *ctx) { return 0; }\n");
	struct bee_link *link = attach_to(bee, mod, "f", "tracepoint:syscalls:sys_enter_get*id");
	size_t len = info_of(link, 0).parts_len;
	uint32_t last = info_of(link, len - 1).id;

	mount_bpffs();
	assert_true(len > 3);
	if (!has_perf_links())
		skip_without_feature();
	check_err(bee, bee_link_pin(link, PIN), 0);
	bee_module_close(mod);
	assert_true(is_in_kernel(last));
	check_err(bee, bee_link_open(bee, PIN, &link), 0);
	assert_int_equal(info_of(link, 0).parts_len, len);
	assert_int_equal(info_of(link, len - 1).id, last);
	bee_link_detach(link);
	wait_gone(last);
	assert_int_equal(access(PIN, F_OK), -1);
	assert_int_equal(info_of(link, 0).parts_len, 0);
}

static void bad_pins_say_why(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	struct bee_link *link = attach_iter(bee, &mod), *opened;

	mount_bpffs();
	check_err(bee, bee_link_pin(link, "/tmp/moonbee-no-pin"), -EPERM);
	check_says(bee, "BPF file system");
	check_err(bee, bee_link_pin(link, "/sys/fs/bpf/no/such/folder"), -ENOENT);
	check_err(bee, bee_link_pin(link, PIN), 0);
	check_err(bee, bee_link_unpin(link), 0);
	assert_int_equal(bpf_obj_pin(bee_program_fd(bee_program_find(mod, "one")), PIN), 0);
	check_err(bee, bee_link_pin(link, PIN), -EEXIST);
	check_err(bee, bee_link_open(bee, PIN, &opened), -EINVAL);
	check_says(bee, "no pinned link");
	assert_int_equal(unlink(PIN), 0);
}

/* ---- several at once --------------------------------------------------------------------- */

static void many_are_attached_or_none(void **state)
{
	struct bee_wish wishes[] = {
		{ .program = "one", .target = TARGET },
		{ .program = "two", .target = "tracepoint:no:such", .optional = true },
		{ .program = "two", .target = TARGET },
		{ .program = "two", .target = "tracepoint:no:such" },
	};
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, COUNTERS);
	struct bee_link *links[4];

	check_err(bee, bee_module_attach_many(mod, wishes, 4, links), -ENOENT);
	assert_null(bee_link_next(mod, NULL));
	fire(2);
	check_counts(mod, 0, 0);
	check_err(bee, bee_module_attach_many(mod, wishes, 3, links), 2);
	assert_null(links[1]);
	fire(2);
	check_counts(mod, 2, 2);
	bee_links_close(links, 3);
	fire(2);
	check_counts(mod, 2, 2);
	wishes[0].program = "three";
	check_err(bee, bee_module_attach_many(mod, wishes, 1, links), -ENOENT);
	check_says(bee, "three");
}

static void a_module_lets_go_of_all(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, COUNTERS);
	uint32_t id;

	mount_bpffs();
	attach_to(bee, mod, "one", TARGET);
	attach_to(bee, mod, "two", TARGET);
	id = info_of(attach_to(bee, mod, "other", "raw_tracepoint:sys_exit"), 0).id;
	check_err(bee, bee_link_pin(bee_link_next(mod, NULL), PIN), 0);
	bee_module_detach(mod);
	fire(1);
	check_counts(mod, 0, 0);
	wait_gone(id);
	assert_null(bee_link_next(mod, NULL));
	attach_to(bee, mod, "one", TARGET);
	fire(1);
	check_counts(mod, 1, 0);
}

static void the_same_place_twice_is_an_error(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, COUNTERS);
	struct bee_link *link = attach_to(bee, mod, "one", TARGET), *again;
	struct bee_program *prog = bee_program_find(mod, "one");

	check_err(bee, bee_program_attach(prog, TARGET, NULL, &again), -EEXIST);
	check_says(bee, "attached there already");
	check_err(bee, bee_program_attach(prog, "tp:syscalls:sys_enter_close", NULL, &again),
		  -EEXIST);
	bee_link_detach(link);
	attach_to(bee, mod, "one", TARGET);
	fire(2);
	check_counts(mod, 2, 0);
}

/* ---- closing ----------------------------------------------------------------------------- */

static int count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int count = 0;

	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* A place for a uprobe at each instruction. */
#define PLACES 1000
void many_places(void);
__asm__(".text\n.globl many_places\n.type many_places, %function\n"
	"many_places:\n.rept 1000\nnop\n.endr\nret\n.size many_places, . - many_places\n");
#ifdef __x86_64__
#define NOP_SIZE 1
#else
#define NOP_SIZE 4
#endif

/* As many as LINKS_TEST_MANY says, at most PLACES: what they take is told. */
static void many_uprobes_are_closed_at_once(void **state)
{
	const char *asked = getenv("LINKS_TEST_MANY");
	int len = asked ? atoi(asked) : 100, fds;
	struct bee *bee = bee_of(state);
	struct bee_module *mod =
		load(bee, "u64 hits; SEC(\"uprobe\") int f(void *ctx) { hits++; return 0; }\n");
	struct bee_wish wishes[PLACES];
	struct bee_link *links[PLACES];
	static char targets[PLACES][300];
	char self[256] = { 0 };
	double start, attached;

	if (!has_feature(BEE_FEATURE_UPROBE))
		skip_without_feature();
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	for (int i = 0; i < len; i++) {
		snprintf(targets[i], sizeof(targets[i]), "uprobe:%s:many_places+%d", self,
			 i * NOP_SIZE);
		wishes[i] = (struct bee_wish){ .program = "f", .target = targets[i] };
	}
	fds = count_fds();
	start = now();
	check_err(bee, bee_module_attach_many(mod, wishes, len, links), len);
	attached = now();
	assert_true(count_fds() >= fds + len);
	many_places();
	assert_int_equal(get_var(mod, "hits"), len);
	start -= attached;
	attached = now();
	bee_links_close(links, len);
	print_message("%d uprobes: attached in %.2f s, closed in %.2f s\n", len, -start,
		      now() - attached);
	assert_int_equal(count_fds(), fds);
	assert_int_equal(count_threads(), 1);
	many_places();
	assert_int_equal(get_var(mod, "hits"), len);
}

/* A process that is killed while it holds a link. */
static void a_killed_process_leaves_nothing(void **state)
{
	int pipe_fds[2], status;
	uint32_t id = 0;
	pid_t child;

	assert_int_equal(pipe(pipe_fds), 0);
	child = fork();
	if (!child) {
		struct bee *bee;
		struct bee_module *mod;

		bee_open(NULL, &bee);
		id = info_of(attach_iter(bee, &mod), 0).id;
		if (write(pipe_fds[1], &id, sizeof(id)) != sizeof(id))
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(pipe_fds[0], &id, sizeof(id)), sizeof(id));
	assert_true(is_in_kernel(id));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	wait_gone(id);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_update_goes_over_to_the_new_program),
		TEST(an_update_keeps_the_cookie),
		TEST(what_the_kernel_can_update_is_updated_in_one_step),
		TEST(an_update_that_fails_leaves_the_old_program),
		TEST(an_updated_link_belongs_to_the_new_module),
		TEST(many_are_attached_or_none),
		TEST(the_same_place_twice_is_an_error),
		TEST(many_uprobes_are_closed_at_once),
		TEST(a_killed_process_leaves_nothing),
		TEST(a_pinned_link_stays), /* from here on this process is in a mount namespace of its own */
		TEST(an_opened_link_can_be_updated),
		TEST(a_pinned_link_goes_on_firing),
		TEST(many_parts_are_pinned_in_a_folder),
		TEST(bad_pins_say_why),
		TEST(a_module_lets_go_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
