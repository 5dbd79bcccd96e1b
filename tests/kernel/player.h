/* SPDX-License-Identifier: Apache-2.0 */
/* A program to be probed: the test itself, or a child in that role, which may see another file system. */
#ifndef TEST_PLAYER_H
#define TEST_PLAYER_H

#include <stdbool.h>
#include <sys/types.h>

#define HITS "u64 hits;\nint f(struct pt_regs *ctx) { __sync_fetch_and_add(&hits, 1); return 0; }\n"

/* What is probed: probed_up_one (and probed_up_alias, which is the same), probed_up_two, probed_down,
 * bee::Class::method twice, and probed_hidden, which is in no table but that of all symbols. */
long probed_down(long a);
/* Call each of these functions, and pass the USDT probe beeuprobes:call, once. */
void call_all(void);

/* main() in the other role, which argv[1] "play" tells: it calls all for each byte that it reads. */
int play(void);
/* This program's file. */
const char *self(void);

struct player {
	pid_t pid;
	int to, from;
};

/* A child that runs a file as such a program, after before(arg) in its process. */
struct player start(const char *file, void (*before)(const char *arg), const char *arg);
/* Have it call all functions, and wait until it has. Gives whether its probe's semaphore was set. */
bool call_in(const struct player *player);
void stop(const struct player *player);

/* A folder of its own for copies of this program. */
const char *make_folder(void);
/* Run a command with two words in it, which must succeed. */
void shell(const char *format, const char *a, const char *b);

#endif
