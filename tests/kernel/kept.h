/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of compiled objects, in a folder of the test's own. Whether something comes from it is seen by
 * a runtime that has no compiler: what is not in the cache is an error there.
 */
#ifndef KEPT_H
#define KEPT_H

#include "moonbee.h"

#define SOURCE                                                           \
	"TRACEPOINT_PROBE(syscalls, sys_enter_close)\n"                  \
	"{ struct task_struct *task = (void *)bpf_get_current_task();\n" \
	"  return args->fd + task->pid == MAGIC; }\n"

/* Empty when a test begins, and this user's alone. */
extern char folder[];

int cache_setup(void **state);
int cache_teardown(void **state);

#define CACHE_TEST(fn) cmocka_unit_test_setup_teardown(fn, cache_setup, cache_teardown)

struct bee_source source_of(const char *text);
/* Options that define MAGIC. */
struct bee_load_opts usual(void);
struct bee *open_with(const char *cache, const char *compiler);
/* ret_words: NULL, or what was said, which the caller frees. */
int compile_with(const char *cache, const char *compiler, const struct bee_source *source,
		 const struct bee_load_opts *opts, char **ret_words);
/* Compile, and keep it in the folder. */
int make(const struct bee_source *source, const struct bee_load_opts *opts);
/* Is it found there? */
bool is_kept(const struct bee_source *source, const struct bee_load_opts *opts);
/* Call fn, or NULL, with the path of each file of the folder, and count them. */
size_t each_file(void (*fn)(const char *path));

#endif
