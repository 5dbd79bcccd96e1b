/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel tests share. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "support.h"

int magic(void)
{
	return 0x40000000 | getpid();
}

void fire(int times)
{
	while (times--)
		syscall(SYS_close, magic());
}

bool is_sanitized(void)
{
#ifdef __SANITIZE_ADDRESS__
	return true;
#else
	return false;
#endif
}

int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = -1; /* the directory's own */

	assert_non_null(dir);
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

int test_setup(void **state)
{
	struct test *test = calloc(1, sizeof(*test));

	test->fds_before = count_fds();
	*state = test;
	return bee_open(NULL, &test->bee);
}

int test_teardown(void **state)
{
	struct test *test = *state;
	int before = test->fds_before, after;

	bee_close(test->bee);
	free(test);
	after = count_fds();
	if (after != before)
		print_error("%d descriptors before the test, %d after it\n", before, after);
	return after != before;
}

struct bee *bee_of(void **state)
{
	return ((struct test *)*state)->bee;
}

static int load_with(struct bee *bee, const char *text, struct bee_load_opts *opts,
		     struct bee_module **ret_mod)
{
	char magic_define[32], nr_define[32];
	const char *defines[] = { magic_define, nr_define };
	struct bee_source source = { .size = sizeof(source), .name = "test.c", .text = text };

	snprintf(magic_define, sizeof(magic_define), "MAGIC=%d", magic());
	snprintf(nr_define, sizeof(nr_define), "NR_CLOSE=%d", SYS_close);
	opts->size = sizeof(*opts);
	opts->defines = defines;
	opts->defines_len = LEN(defines);
	return bee_load(bee, &source, opts, ret_mod);
}

int try_load(struct bee *bee, const char *text, struct bee_module **ret_mod)
{
	struct bee_load_opts opts = { 0 };

	return load_with(bee, text, &opts, ret_mod);
}

int try_load_wishes(struct bee *bee, const char *text, const struct bee_wish *wishes,
		    size_t wishes_len, struct bee_module **ret_mod)
{
	struct bee_load_opts opts = { .wishes = wishes, .wishes_len = wishes_len };

	return load_with(bee, text, &opts, ret_mod);
}

int try_load_consts(struct bee *bee, const char *text, const struct bee_const *consts,
		    size_t consts_len, struct bee_module **ret_mod)
{
	struct bee_load_opts opts = { .consts = consts, .consts_len = consts_len };

	return load_with(bee, text, &opts, ret_mod);
}

int load_at_line_10(struct bee *bee, const char *text)
{
	struct bee_source source = {
		.size = sizeof(source), .name = "tool.lua", .line = 10, .text = text
	};
	struct bee_module *mod = NULL;

	return bee_load(bee, &source, NULL, &mod);
}

struct bee_module *load(struct bee *bee, const char *text)
{
	struct bee_module *mod = NULL;

	check_err(bee, try_load(bee, text, &mod), 0);
	return mod;
}

struct bee_module *load_at(struct bee *bee, const char *text, const char *program,
			   const char *target)
{
	struct bee_wish wish = { .program = program, .target = target };
	struct bee_module *mod = NULL;

	check_err(bee, try_load_wishes(bee, text, &wish, 1, &mod), 0);
	attach(bee, mod, 1);
	return mod;
}

void attach(struct bee *bee, struct bee_module *mod, int links)
{
	check_err(bee, bee_module_attach(mod), links);
}

struct bee_map *find_map(struct bee_module *mod, const char *name)
{
	struct bee_map *map = bee_map_find(mod, name);

	if (!map)
		fail_msg("no map '%s'", name);
	return map;
}

uint64_t get_var(struct bee_module *mod, const char *name)
{
	const struct bee_var *var = bee_var_find(mod, name);

	if (!var)
		fail_msg("no variable '%s'", name);
	assert_int_equal(var->type->size, sizeof(uint64_t));
	return *(volatile uint64_t *)var->data;
}

void stage(const char *name)
{
	print_message("hook %s\n", name);
}

void check_err(struct bee *bee, int err, int want)
{
	static char text[64 << 10];

	if (err == want)
		return;
	bee_error_text(bee, text, sizeof(text));
	fail_msg("got %d (%s), not %d: %s", err, err < 0 ? strerror(-err) : "", want, text);
}

const struct bee_diag *first_error(struct bee *bee)
{
	const struct bee_diag *diag = bee_diag_next(bee, NULL);

	while (diag && diag->severity != BEE_ERROR)
		diag = bee_diag_next(bee, diag);
	if (!diag)
		fail_msg("no error was recorded");
	return diag;
}

void check_says(struct bee *bee, const char *part)
{
	const struct bee_diag *diag = bee_diag_next(bee, NULL);
	static char text[64 << 10];

	for (; diag; diag = bee_diag_next(bee, diag)) {
		if (strstr(diag->text, part) || strstr(diag->hint, part) || strstr(diag->log, part))
			return;
	}
	bee_error_text(bee, text, sizeof(text));
	fail_msg("nothing says '%s' in: %s", part, text);
}

void check_refused_at(struct bee *bee, struct bee_module *mod, const char *target, int err,
		      const char *says, const char *cure)
{
	struct bee_link *link;

	check_err(bee, bee_program_attach(bee_program_find(mod, "f"), target, NULL, &link), err);
	check_says(bee, says);
	check_says(bee, cure);
}

int enter_own_network(void)
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
	assert_int_equal(ioctl(fd, SIOCGIFINDEX, &ifr), 0);
	close(fd);
	return ifr.ifr_ifindex;
}

char *output_of(const char *format, ...)
{
	size_t room = 4 << 20, len;
	char command[512], *text;
	va_list args;
	FILE *pipe;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	text = malloc(room);
	assert_non_null(text);
	len = fread(text, 1, room - 1, pipe);
	text[len] = '\0';
	if (pclose(pipe))
		fail_msg("'%s' failed: %s", command, text);
	return text;
}

bool has_symbol(const char *pattern)
{
	char *count = output_of("grep -c ' %s' /proc/kallsyms || true", pattern);
	bool has = atoi(count) > 0;

	free(count);
	return has;
}

void connect_pair(int ret_pair[2])
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (void *)&address, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (void *)&address, &len), 0);
	ret_pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(ret_pair[0], (void *)&address, len), 0);
	ret_pair[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(ret_pair[1] >= 0);
	close(listener);
}

void close_pair(int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

int open_own_cgroup(char path[128])
{
	char *mount =
		output_of("awk '$3 == \"cgroup2\" { printf \"%%s\", $2; exit }' /proc/mounts");

	snprintf(path, 128, "%s/moonbee-own-%d", mount, getpid());
	free(mount);
	if (path[1] == 'm') {
		print_message("skipped: no cgroup2 in /proc/mounts\n");
		skip();
	}
	assert_int_equal(mkdir(path, 0755), 0);
	return open(path, O_RDONLY | O_CLOEXEC);
}

void move_into_cgroup(const char *path)
{
	char procs[160];
	int fd;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(1);
	close(fd);
}
