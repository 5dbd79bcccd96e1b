/* SPDX-License-Identifier: Apache-2.0 */
/* bee_verify(): what the running kernel says to each program. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "support.h"

static const char source_text[] =
	"BPF_HASH(counts, u32, u64, 64);\n"
	"const volatile int limit = 3;\n"
	"int good(struct xdp_md *ctx) { u32 k = limit; counts.increment(k); return XDP_PASS; }\n"
	"int first(struct xdp_md *ctx) { u32 k = 1; u64 *v = counts.lookup(&k); return *v; }\n"
	"int second(struct xdp_md *ctx) { return *(int *)(long)ctx->data; }\n"
	"int least(struct __sk_buff *ctx) { return 0; }\n";

struct fixture {
	struct bee *bee;
	void *elf;
	size_t elf_size;
	struct bee_verdict *list;
	size_t len;
};

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	*state = fix;
	return bee_open(NULL, &fix->bee);
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	free(fix->list);
	free(fix->elf);
	bee_close(fix->bee);
	free(fix);
	return 0;
}

static void compile(struct fixture *fix, const char *text, const struct bee_load_opts *opts)
{
	struct bee_source source = { .size = sizeof(source), .name = "verify.c", .text = text };

	assert_int_equal(bee_compile(fix->bee, &source, opts, &fix->elf, &fix->elf_size), 0);
}

static void verify(struct fixture *fix, const struct bee_load_opts *opts)
{
	assert_int_equal(bee_verify(fix->bee, fix->elf, fix->elf_size, opts, &fix->list, &fix->len),
			 0);
}

static const struct bee_verdict *verdict_of(const struct fixture *fix, const char *program)
{
	for (size_t i = 0; i < fix->len; i++)
		if (!strcmp(fix->list[i].program, program))
			return &fix->list[i];
	fail_msg("no verdict on %s", program);
	return NULL;
}

static void each_program_has_a_verdict_of_its_own(void **state)
{
	struct fixture *fix = *state;
	const struct bee_diag *diag = NULL;
	int fds, errors = 0;

	compile(fix, source_text, NULL);
	fds = count_fds();
	verify(fix, NULL);
	assert_int_equal(fix->len, 4);
	assert_int_equal(verdict_of(fix, "good")->err, 0);
	assert_int_equal(verdict_of(fix, "least")->err, 0);
	assert_int_not_equal(verdict_of(fix, "first")->err, 0);
	assert_int_not_equal(verdict_of(fix, "second")->err, 0);
	assert_string_equal(verdict_of(fix, "first")->reason, "");
	assert_string_equal(verdict_of(fix, "good")->type, "xdp");
	assert_string_equal(verdict_of(fix, "least")->type, "socket");
	while ((diag = bee_diag_next(fix->bee, diag))) {
		assert_int_equal(diag->stage, BEE_STAGE_LOAD);
		assert_int_equal(diag->line, errors ? 5 : 4);
		assert_true(diag->log[0]);
		errors++;
	}
	assert_int_equal(errors, 2);
	/* A program, a map or a BTF object would be held by a descriptor: nothing is pinned. */
	assert_int_equal(count_fds(), fds);
}

/* `return 0` is two instructions, which no kernel rewrites. */
static void instructions_are_counted_by_the_kernel(void **state)
{
	struct fixture *fix = *state;
	const struct bee_verdict *least;

	compile(fix, source_text, NULL);
	verify(fix, NULL);
	least = verdict_of(fix, "least");
	assert_int_equal(least->insns, 2);
	assert_true(least->verified_insns == 2 || least->verified_insns == 0);
	assert_true(verdict_of(fix, "good")->insns > 2);
	assert_int_equal(verdict_of(fix, "first")->insns, 0);
}

/* Whether this kernel has fentry is asked of the kernel, by a load through libbpf alone. */
static bool has_fentry(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd;

	opts.attach_btf_id = libbpf_find_vmlinux_btf_id("vfs_read", BPF_TRACE_FENTRY);
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "fentry", "GPL", insns, 2, &opts);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static const char fentry_text[] = "int least(struct xdp_md *ctx) { return 0; }\n"
				  "int on_read(void *ctx) { return 0; }\n";

static void what_the_kernel_lacks_is_no_refusal(void **state)
{
	struct bee_wish wish = { .program = "on_read", .target = "fentry:vfs_read" };
	struct bee_load_opts opts = { .size = sizeof(opts), .wishes = &wish, .wishes_len = 1 };
	struct fixture *fix = *state;
	const struct bee_verdict *on_read;

	compile(fix, fentry_text, &opts);
	verify(fix, &opts);
	assert_int_equal(verdict_of(fix, "least")->err, 0);
	on_read = verdict_of(fix, "on_read");
	assert_string_equal(on_read->type, "fentry");
	assert_int_equal(!on_read->err, has_fentry());
	assert_int_equal(!on_read->reason[0], has_fentry());
	assert_false(on_read->is_optional);
	assert_int_equal(!bee_diag_next(fix->bee, NULL), has_fentry());
}

static void what_is_optional_is_left_out_without_an_error(void **state)
{
	struct bee_wish wish = { .program = "on_read",
				 .target = "fentry:vfs_read",
				 .optional = true };
	struct bee_load_opts opts = { .size = sizeof(opts), .wishes = &wish, .wishes_len = 1 };
	struct fixture *fix = *state;

	compile(fix, fentry_text, &opts);
	verify(fix, &opts);
	assert_int_equal(verdict_of(fix, "on_read")->is_optional, !has_fentry());
	assert_null(bee_diag_next(fix->bee, NULL));
}

static void nothing_is_pinned(void **state)
{
	static const char path[] = "/sys/fs/bpf/bee_test_verify";
	static const char text[] =
		"BPF_TABLE_PINNED(\"hash\", u32, u64, pinned, 8, \"/sys/fs/bpf/bee_test_verify\");\n"
		"struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, u32); __type(value, u64);\n"
		"__uint(max_entries, 8); __uint(pinning, LIBBPF_PIN_BY_NAME); }\n"
		"bee_test_by_name SEC(\".maps\");\n"
		"int good(struct xdp_md *ctx)\n"
		"{ u32 k = 1; bpf_map_lookup_elem(&bee_test_by_name, &k); return !pinned.lookup(&k); }\n";
	struct fixture *fix = *state;

	compile(fix, text, NULL);
	verify(fix, NULL);
	assert_int_equal(verdict_of(fix, "good")->err, 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access("/sys/fs/bpf/bee_test_by_name", F_OK), -1);
}

static void what_is_no_object_is_an_error(void **state)
{
	struct fixture *fix = *state;

	assert_true(bee_verify(fix->bee, "no ELF", 6, NULL, &fix->list, &fix->len) < 0);
	assert_int_equal(bee_diag_next(fix->bee, NULL)->stage, BEE_STAGE_OBJECT);
	assert_null(fix->list);
	assert_int_equal(bee_verify(fix->bee, "", 0, NULL, &fix->list, &fix->len), -EINVAL);
	assert_int_equal(bee_verify(fix->bee, NULL, 0, NULL, &fix->list, &fix->len), -EINVAL);
}

static void an_object_without_programs_has_no_verdicts(void **state)
{
	struct fixture *fix = *state;

	compile(fix, "BPF_HASH(counts, u32, u64);\n", NULL);
	verify(fix, NULL);
	assert_int_equal(fix->len, 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_program_has_a_verdict_of_its_own),
		CASE(instructions_are_counted_by_the_kernel),
		CASE(what_the_kernel_lacks_is_no_refusal),
		CASE(what_is_optional_is_left_out_without_an_error),
		CASE(nothing_is_pinned),
		CASE(what_is_no_object_is_an_error),
		CASE(an_object_without_programs_has_no_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
