/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel tests share. Every failure ends the test that runs, with the runtime's own words. */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "moonbee.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* A runtime for each test, and a check that closing it gave all its descriptors back. */
struct test {
	struct bee *bee;
	int fds_before;
};

int test_setup(void **state);
int test_teardown(void **state);
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, test_setup, test_teardown)

struct bee *bee_of(void **state);

/*
 * Events that only this process causes: close(2) of a descriptor that no process has. Programs
 * see its number as MAGIC, and the system call's number as NR_CLOSE.
 */
int magic(void);
void fire(int times);

/* Load source with the two defines above. What may fail returns the error. */
int try_load(struct bee *bee, const char *text, struct bee_module **ret_mod);
int try_load_wishes(struct bee *bee, const char *text, const struct bee_wish *wishes,
		    size_t wishes_len, struct bee_module **ret_mod);
int try_load_consts(struct bee *bee, const char *text, const struct bee_const *consts,
		    size_t consts_len, struct bee_module **ret_mod);
/* A source that stands in a script named tool.lua, from its line 10 on. */
int load_at_line_10(struct bee *bee, const char *text);
struct bee_module *load(struct bee *bee, const char *text);
/* The same, and attach the one program to a target. */
struct bee_module *load_at(struct bee *bee, const char *text, const char *program,
			   const char *target);
void attach(struct bee *bee, struct bee_module *mod, int links);
struct bee_map *find_map(struct bee_module *mod, const char *name);

/* The value of a u64 global variable. */
uint64_t get_var(struct bee_module *mod, const char *name);

/*
 * What a hook's test, hook_NAME_fires, has come to: "loads", "attaches", "fired", "detached". tests/vm
 * makes a table of it.
 */
void stage(const char *name);

/* Fail with the runtime's error text unless err is want. */
void check_err(struct bee *bee, int err, int want);
/* The last error's text or hint or log must hold part. */
void check_says(struct bee *bee, const char *part);
/* Program 'f' is not attached there, and the error says both. */
void check_refused_at(struct bee *bee, struct bee_module *mod, const char *target, int err,
		      const char *says, const char *cure);
const struct bee_diag *first_error(struct bee *bee);

/* What a shell command prints. The caller frees it. */
char *output_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Give this process a network of its own, for good, or skip the test: lo, which is up, by its index. */
int enter_own_network(void);
/* Two ends of a TCP connection over the loopback. */
void connect_pair(int ret_pair[2]);
void close_pair(int pair[2]);
/* A cgroup of this test's own, which the caller removes, or a skip where cgroup2 is not mounted. */
int open_own_cgroup(char path[128]);
/* For a child that was forked: it ends with 1 where it may not enter. */
void move_into_cgroup(const char *path);
/* Does the kernel have a symbol that begins so? A `$` ends the name. */
bool has_symbol(const char *pattern);
int count_fds(void);
bool is_sanitized(void);

#endif
