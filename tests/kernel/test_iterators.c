/* SPDX-License-Identifier: Apache-2.0 */
/* Iterators: what their programs write is read from their links, as text or as records. */
#include <linux/bpf.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "support.h"
#include "witness.h"

static char *read_text(struct bee *bee, struct bee_link *link)
{
	void *data = NULL;
	size_t size;

	check_err(bee, bee_link_read(link, &data, &size), 0);
	assert_int_equal(strlen(data), size);
	return data;
}

static struct bee_link *attach_at(struct bee *bee, struct bee_module *mod, const char *target)
{
	struct bee_link *link = NULL;

	check_err(bee, bee_program_attach(bee_program_find(mod, "f"), target, NULL, &link), 0);
	return link;
}

/* Lines of "tgid tid". */
#define TASKS(section)                                                             \
	"#include <bpf/bpf_tracing.h>\n"                                           \
	"SEC(\"" section "\") int f(struct bpf_iter__task *ctx)\n"                 \
	"{\n"                                                                      \
	"	struct task_struct *task = ctx->task;\n"                                 \
	"	if (task)\n"                                                             \
	"		BPF_SEQ_PRINTF(ctx->meta->seq, \"%d %d\\n\", task->tgid, task->pid);\n" \
	"	return 0;\n"                                                             \
	"}\n"

/* This process, and one that is made meanwhile: an iterator runs anew each time it is read. */
static void check_tasks(struct bee *bee, struct bee_link *link)
{
	char own[32], child[32], *text = read_text(bee, link);
	int pid = fork();

	if (!pid) { /* nobody waits for it when the test has failed */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	snprintf(own, sizeof(own), "\n%d %d\n", getpid(), getpid());
	snprintf(child, sizeof(child), "\n%d %d\n", pid, pid);
	assert_non_null(strstr(text, own));
	assert_null(strstr(text, child));
	free(text);
	text = read_text(bee, link);
	assert_non_null(strstr(text, child));
	free(text);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void hook_iter_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, TASKS("iter/task"));
	struct bee_link *link;

	stage("loads");
	link = attach_at(bee, mod, NULL);
	stage("attaches");
	check_tasks(bee, link);
	stage("fired");
	bee_link_close(link);
	stage("detached");
}

static void hook_iter_sleepable_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, TASKS("iter.s/task"));
	struct bee_link *link;

	stage("loads");
	link = attach_at(bee, mod, "iter.s:task");
	stage("attaches");
	check_tasks(bee, link);
	stage("fired");
	bee_link_close(link);
	stage("detached");
}

/* By name and by wish: both say the same. */
static void an_iterator_attaches_with_its_module(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod =
		load_at(bee, "int f(struct bpf_iter__task *ctx) { return 0; }\n", "f", "iter:task");

	bee_module_close(mod);
	mod = load(bee, "int bpf_iter__task(struct bpf_iter__task *ctx) { return 0; }\n");
	attach(bee, mod, 1);
}

/* One process, of which this one's threads are not. */
static void an_iterator_takes_a_process(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, TASKS("iter/task"));
	struct bee_link *link;
	char target[64], want[64], *text;
	int err;

	snprintf(target, sizeof(target), "iter:task:pid:%d", getpid());
	snprintf(want, sizeof(want), "%d %d\n", getpid(), getpid());
	err = bee_program_attach(bee_program_find(mod, "f"), target, NULL, &link);
	if (err == -EOPNOTSUPP) {
		check_says(bee, "since Linux 6.1");
		print_message("skipped: task iterators take no process "
			      "[bpf(LINK_CREATE): %s]\n",
			      strerror(E2BIG));
		skip();
	}
	check_err(bee, err, 0);
	text = read_text(bee, link);
	assert_string_equal(text, want);
	free(text);
	snprintf(target, sizeof(target), "iter:task:tid:%d", getpid());
	link = attach_at(bee, mod, target);
	text = read_text(bee, link);
	assert_string_equal(text, want);
	free(text);
}

/* ---- elements of maps, as records -------------------------------------------------------- */

#define ELEMENTS                                                                 \
	"struct pair { u32 key; u32 value; };\n"                                 \
	"struct pair unused;\n"                                                  \
	"BPF_HASH(counts, u32, u32);\n"                                          \
	"BPF_HASH(others, u32, u32);\n"                                          \
	"BPF_QUEUE(queue, u32, 4);\n"                                            \
	"SEC(\"iter/bpf_map_elem\") int f(struct bpf_iter__bpf_map_elem *ctx)\n" \
	"{\n"                                                                    \
	"	u32 *key = ctx->key, *value = ctx->value;\n"                           \
	"	struct pair pair = { 0 };\n"                                           \
	"	if (!key || !value)\n"                                                 \
	"		return 0;\n"                                                          \
	"	pair.key = *key; pair.value = *value;\n"                               \
	"	bpf_seq_write(ctx->meta->seq, &pair, sizeof(pair));\n"                 \
	"	return 0;\n"                                                           \
	"}\n"

static void hook_iter_map_elem_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, ELEMENTS);
	struct bee_map *counts = find_map(mod, "counts");
	const struct bee_type *type = bee_type_find(mod, "struct pair");
	struct bee_link *link;
	uint32_t *records;
	size_t size;
	void *data;

	stage("loads");
	link = attach_at(bee, mod, "iter:bpf_map_elem:counts");
	stage("attaches");
	for (uint32_t key = 0, value = 7; key < 100; key++, value += 3)
		assert_int_equal(bee_map_update(counts, &key, &value, 0), 0);
	check_err(bee, bee_link_read(link, &data, &size), 0);
	assert_non_null(type);
	assert_int_equal(type->size, 8);
	assert_int_equal(size, 100 * type->size);
	records = data;
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(records[2 * i + 1], 7 + 3 * records[2 * i]);
	free(data);
	stage("fired");
	bee_link_close(link);
	stage("detached");
}

static void hook_iter_cgroup_fires(void **state)
{
	static const char source[] =
		"#include <bpf/bpf_tracing.h>\n"
		"SEC(\"iter/cgroup\") int f(struct bpf_iter__cgroup *ctx)\n"
		"{\n"
		"	if (ctx->cgroup)\n"
		"		BPF_SEQ_PRINTF(ctx->meta->seq, \"%d\\n\", ctx->cgroup->level);\n"
		"	return 0;\n"
		"}\n";
	struct bee *bee = bee_of(state);
	struct bee_link *link;
	struct bee_module *mod;
	char *text;

	if (!has_symbol("bpf_iter_cgroup$")) {
		print_message("skipped: no iterator of cgroups [/proc/kallsyms has no "
			      "'bpf_iter_cgroup']\n");
		skip();
	}
	mod = load(bee, source);
	stage("loads");
	link = attach_at(bee, mod, "iter:cgroup:/:self_only");
	stage("attaches");
	text = read_text(bee, link);
	assert_string_equal(text, "0\n");
	free(text);
	stage("fired");
	bee_link_close(link);
	link = attach_at(bee, mod, "iter:cgroup:/");
	text = read_text(bee, link);
	assert_ptr_equal(strstr(text, "0\n"), text);
	free(text);
	bee_link_close(link);
	stage("detached");
}

/* ---- bad input --------------------------------------------------------------------------- */

static void what_is_no_place_is_named(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, TASKS("iter/task"));

	check_refused_at(bee, mod, "iter:task:12", -EINVAL, "'12' is neither pid:12 nor tid:12",
			 "");
	check_refused_at(bee, mod, "iter:task:uid:12", -EINVAL, "neither pid nor tid", "");
	check_refused_at(bee, mod, "iter:task:pid:4194304", -ESRCH, "there is no process 4194304",
			 "");
	check_refused_at(bee, mod, "iter:task_file", -EINVAL, "the program was loaded for 'task'",
			 "");
	mod = load(bee, ELEMENTS);
	check_refused_at(bee, mod, NULL, -EINVAL, "it names no map", "iter:bpf_map_elem:counts");
	check_refused_at(bee, mod, "iter:bpf_map_elem:count", -ENOENT, "no map 'count'",
			 "'counts'");
	check_refused_at(bee, mod, "iter:bpf_map_elem:queue", -EINVAL,
			 "does not iterate over 'queue'", "bpf_map_elem takes hashes");
}

static void what_is_no_iterator_has_nothing_to_read(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod =
		load_at(bee, "int f(struct bpf_raw_tracepoint_args *ctx) { return 0; }\n", "f",
			"raw_tracepoint:sys_enter");
	struct bee_link *link = attach_at(bee, mod, "raw_tracepoint:sys_exit");
	size_t size;
	void *data;

	check_err(bee, bee_link_read(link, &data, &size), -EINVAL);
	check_says(bee, "raw_tracepoint:sys_exit has nothing to be read");
	assert_int_equal(bee_link_socket(link), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hook_iter_fires),
		TEST(hook_iter_sleepable_fires),
		TEST(an_iterator_attaches_with_its_module),
		TEST(an_iterator_takes_a_process),
		TEST(hook_iter_map_elem_fires),
		TEST(hook_iter_cgroup_fires),
		TEST(what_is_no_place_is_named),
		TEST(what_is_no_iterator_has_nothing_to_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
