/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each type of programs and of attachment that libbpf or the running kernel knows has a row in the table
 * of hooks, or one in the table of reasons, beside it.
 */
#include <ctype.h>
#include <linux/bpf.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "internal.h"
#include "support.h"

static bool has_reason(const char *name)
{
	for (size_t i = 0; i < bee__no_hooks_len; i++)
		if (!strcmp(bee__no_hooks[i].type, name))
			return true;
	return bee__why_no_hook(name);
}

/* 0 is a type of attachment too, but also what rows have that have none. */
static bool has_row(const char *name, unsigned int value)
{
	bool is_prog = !strncmp(name, "BPF_PROG_TYPE_", strlen("BPF_PROG_TYPE_"));

	for (size_t i = 0; i < bee__hooks_len; i++) {
		const struct bee__hook *hook = &bee__hooks[i];

		if (is_prog ? hook->type == value
			    : hook->attach_type == value &&
				      (value || hook->type == BPF_PROG_TYPE_CGROUP_SKB))
			return true;
	}
	return false;
}

static int bad;

static void check_name(const char *name, bool is_row, const char *who)
{
	if (is_row + has_reason(name) == 1)
		return;
	print_error("%s knows %s, which has %s row and %s reason\n", who, name, is_row ? "a" : "no",
		    has_reason(name) ? "a" : "no");
	bad++;
}

/* ---- libbpf ------------------------------------------------------------------------------ */

static void check_list(const char *(*name_of)(unsigned int), const char *prefix)
{
	char name[128];

	for (unsigned int type = 0; name_of(type); type++) {
		snprintf(name, sizeof(name), "%s%s", prefix, name_of(type));
		for (char *at = name; *at; at++)
			*at = toupper(*at);
		check_name(name, has_row(name, type), "libbpf");
	}
}

static const char *prog_type(unsigned int type)
{
	return libbpf_bpf_prog_type_str(type);
}

static const char *attach_type(unsigned int type)
{
	return libbpf_bpf_attach_type_str(type);
}

static void libbpfs_types_have_rows_or_reasons(void **state)
{
	bad = 0;
	check_list(prog_type, "BPF_PROG_TYPE_");
	check_list(attach_type, "BPF_");
	assert_int_equal(bad, 0);
}

/* What libbpf says of a section that it does not know: all that it knows. */
static char sections[16 << 10];

static int keep(enum libbpf_print_level level, const char *format, va_list args)
{
	size_t len = strlen(sections);

	return vsnprintf(sections + len, sizeof(sections) - len, format, args);
}

static void libbpfs_sections_have_rows_or_reasons(void **state)
{
	libbpf_print_fn_t before = libbpf_set_print(keep);
	enum bpf_attach_type attach;
	enum bpf_prog_type prog;
	char *save = NULL, *list;
	int count = 0;

	bad = 0;
	assert_int_equal(libbpf_prog_type_by_name("no such section", &prog, &attach), -ESRCH);
	libbpf_set_print(before);
	list = strstr(sections, "names are:");
	assert_non_null(list);
	for (char *at = strtok_r(list + strlen("names are:"), " \n", &save); at;
	     at = strtok_r(NULL, " \n", &save)) {
		const struct bee__hook *hook;
		const char *rest = "";

		at[strcspn(at, "+")] = '\0'; /* a target may follow */
		hook = bee__hook_by_section(at, &rest);
		assert_int_equal(libbpf_prog_type_by_name(at, &prog, &attach), 0);
		if (hook && hook->type != prog)
			fail_msg("%s: libbpf says type %d, and the table %u", at, prog, hook->type);
		check_name(at, hook && !*rest, "libbpf");
		count++;
	}
	assert_true(count > 60);
	assert_int_equal(bad, 0);
}

/* ---- the kernel -------------------------------------------------------------------------- */

static void check_enum(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);
	const struct btf_type *type = btf__type_by_id(btf, id);
	const struct btf_enum *at;

	assert_true(id > 0);
	at = btf_enum(type);
	assert_true(btf_vlen(type) > 20);
	for (int i = 0; i < btf_vlen(type); i++, at++) {
		const char *word = btf__name_by_offset(btf, at->name_off);

		if (strncmp(word, "__MAX", strlen("__MAX"))) /* how many there are */
			check_name(word, has_row(word, at->val), "the kernel");
	}
}

static void the_kernels_types_have_rows_or_reasons(void **state)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf) {
		print_message("skipped: no BTF [/sys/kernel/btf/vmlinux: %s]\n", strerror(errno));
		skip();
	}
	bad = 0;
	check_enum(btf, "bpf_prog_type");
	check_enum(btf, "bpf_attach_type");
	btf__free(btf);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libbpfs_types_have_rows_or_reasons),
		cmocka_unit_test(libbpfs_sections_have_rows_or_reasons),
		cmocka_unit_test(the_kernels_types_have_rows_or_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
