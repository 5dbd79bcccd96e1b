/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Out of memory: allocations of the library, and of libbpf inside it, fail one after the other. Each
 * time the call gives an error or does without; nothing breaks, and nothing stays behind. The linker
 * puts the functions below in the place of malloc() and its kin.
 */
#include <malloc.h>

#include "support.h"

static long left;  /* allocations until one fails; 0: none does */
static long count; /* allocations so far */

static bool fails_now(void)
{
	count++;
	if (!left || --left)
		return false;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t len, size_t size);
void *__real_realloc(void *data, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t len, size_t size);
void *__wrap_realloc(void *data, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t len, size_t size)
{
	return fails_now() ? NULL : __real_calloc(len, size);
}

void *__wrap_realloc(void *data, size_t size)
{
	return fails_now() ? NULL : __real_realloc(data, size);
}

char *__wrap_strdup(const char *text)
{
	return fails_now() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
	return fails_now() ? NULL : __real_strndup(text, size);
}

static const char text[] = "struct key { u32 pid; u32 slot; };\n"
			   "BPF_RINGBUF_OUTPUT(ring, 1);\n"
			   "BPF_HASH(counts, struct key, u64);\n"
			   "const volatile int limit;\n"
			   "u64 hits;\n"
			   "int f(void *ctx)\n"
			   "{\n"
			   "	struct key key = { .pid = limit, .slot = 1 };\n"
			   "	counts.increment(key);\n"
			   "	hits++;\n"
			   "	return ring.ringbuf_output(&key, sizeof(key), 0);\n"
			   "}\n";

static const struct bee_wish wish = { .program = "f", .target = "raw_tracepoint:sys_enter" };
static const struct bee_const limit = { "limit", 5 };

static struct bee_load_opts options(void)
{
	return (struct bee_load_opts){
		.size = sizeof(struct bee_load_opts),
		.wishes = &wish,
		.wishes_len = 1,
		.consts = &limit,
		.consts_len = 1,
	};
}

static int on_event(void *ctx, const void *data, size_t size)
{
	return 0;
}

static int use(struct bee *bee, struct bee_module *mod)
{
	const struct bee_var *var = bee_var_find(mod, "hits");
	struct bee_map *map = bee_map_find(mod, "counts");
	struct {
		uint32_t pid, slot;
	} key = { 1, 2 };
	uint64_t value = 3;
	char buf[64], *drawn;
	int err;

	/* Without memory for their types, variables may be missing. */
	if (var)
		bee_value_text(var->type, var->data, buf, sizeof(buf));
	err = bee_map_update(map, &key, &value, 0);
	if (!err)
		err = bee_map_hist(map, NULL, &drawn);
	if (!err)
		free(drawn);
	return err;
}

/* A whole life of a module made of an object. */
static int live(const void *elf, size_t size)
{
	struct bee_load_opts opts = options();
	struct bee_module *mod;
	struct bee_events *events;
	char buf[256];
	struct bee *bee;
	int err = bee_open(NULL, &bee);

	if (err)
		return err;
	err = bee_load_object(bee, elf, size, &opts, &mod);
	if (!err)
		err = bee_events_open(bee_map_find(mod, "ring"), on_event, NULL, NULL, &events);
	if (!err)
		err = use(bee, mod);
	if (!err)
		err = bee_module_attach(mod);
	bee_error_text(bee, buf, sizeof(buf));
	bee_close(bee);
	return err;
}

static char folder[] = "/tmp/bee-memory-XXXXXX";

/* A header that takes more than one piece to read. */
static void write_header(void)
{
	char path[64];
	FILE *file;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/big.h", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 20000; i++)
		fprintf(file, "/* %d */\n", i);
	fclose(file);
}

/* From a source to an object. */
static int compile(const void *data, size_t size)
{
	struct bee_source source = {
		.size = sizeof(source), .text = data, .text_size = size, .dir = folder
	};
	struct bee_load_opts opts = options();
	void *elf = NULL;
	struct bee *bee;
	int err = bee_open(NULL, &bee);

	if (err)
		return err;
	err = bee_compile(bee, &source, &opts, &elf, &size);
	free(elf);
	bee_close(bee);
	return err;
}

static size_t used_bytes(void)
{
	return is_sanitized() ? 0 : mallinfo2().uordblks;
}

/* Let every stride'th allocation of a step fail. */
static void check_step(int (*step)(const void *, size_t), const void *data, size_t size, int want,
		       long runs_max)
{
	long total, stride, failures = 0;
	size_t used;
	int fds, err;

	/* The first run may leave what is made once for the process. */
	assert_int_equal(step(data, size), want);
	fds = count_fds();
	used = used_bytes();
	count = 0;
	assert_int_equal(step(data, size), want);
	total = count;
	assert_int_equal(used_bytes(), used);

	stride = total / runs_max + 1;
	for (long at = 1; at <= total; at += stride) {
		left = at;
		err = step(data, size);
		left = 0;
		if (err > want || (err < 0 && strerror(-err)[0] == 'U'))
			fail_msg("allocation %ld of %ld: %d is no errno", at, total, err);
		failures += err < 0;
		if (used_bytes() != used)
			fail_msg("allocation %ld of %ld (gave %d): %zd bytes stay", at, total, err,
				 (ssize_t)(used_bytes() - used));
		if (count_fds() != fds)
			fail_msg("allocation %ld of %ld (gave %d): descriptors stay", at, total,
				 err);
	}
	print_message("%ld allocations, every %ld. failed: %ld errors\n", total, stride, failures);
	assert_true(failures > 0);
	assert_int_equal(step(data, size), want);
}

static void a_module_lives_or_fails_as_a_whole(void **state)
{
	struct bee_source source = { .size = sizeof(source), .text = text };
	struct bee_load_opts opts = options();
	size_t size;
	void *elf;

	check_err(bee_of(state), bee_compile(bee_of(state), &source, &opts, &elf, &size), 0);
	check_step(live, elf, size, 1, 200);
	free(elf);
}

static void a_source_compiles_or_fails_as_a_whole(void **state)
{
	static const char more[] =
		"#include \"big.h\"\n"
		"#include <linux/sched.h>\n"
		"TRACEPOINT_PROBE(sched, sched_process_exec)\n"
		"{\n"
		"	struct task_struct *task = (void *)bpf_get_current_task();\n"
		"	return task->real_parent->tgid == args->pid;\n"
		"}\n";
	char source[sizeof(text) + sizeof(more)];

	write_header();
	snprintf(source, sizeof(source), "%s%s", more, text);
	check_step(compile, source, strlen(source), 0, 120);
	free(output_of("rm -r %s", folder));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_module_lives_or_fails_as_a_whole),
		TEST(a_source_compiles_or_fails_as_a_whole),
	};

	/* malloc's caches make it count what is free as used. */
	if (!is_sanitized() && !getenv("GLIBC_TUNABLES")) {
		setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
		execv("/proc/self/exe", argv);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
