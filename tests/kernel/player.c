/* SPDX-License-Identifier: Apache-2.0 */
/* A program to be probed, and children that play it. */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "player.h"
#include "support.h"

#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#define PROBED(name, ...)                                    \
	long name(long a) __VA_ARGS__;                       \
	__attribute__((noinline)) long name(long a) \
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
static __attribute__((noinline, used)) long probed_hidden(long a)
{
	__asm__ volatile("");
	return a + 1;
}

unsigned short beeuprobes_call_semaphore __attribute__((section(".probes"), used));

void call_all(void)
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
int play(void)
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

const char *self(void)
{
	static char path[256];

	assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	return path;
}

/* A child that runs a file as such a program, after before() in its process. */
struct player start(const char *file, void (*before)(const char *arg), const char *arg)
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
bool call_in(const struct player *player)
{
	char byte = 'x';

	assert_int_equal(write(player->to, &byte, 1), 1);
	assert_int_equal(read(player->from, &byte, 1), 1);
	return byte == 's';
}

void stop(const struct player *player)
{
	int status;

	close(player->to);
	close(player->from);
	assert_int_equal(waitpid(player->pid, &status, 0), player->pid);
	assert_int_equal(status, 0);
}

/* A folder for copies of this program, and its removal. */
const char *make_folder(void)
{
	static char folder[32];

	strcpy(folder, "/tmp/bee-uprobes-XXXXXX");
	assert_non_null(mkdtemp(folder));
	return folder;
}

void shell(const char *format, const char *a, const char *b)
{
	free(output_of(format, a, b));
}
