/* SPDX-License-Identifier: Apache-2.0 */
/* The words for hooks: targets, libbpf's sections, BCC's function names. One table, three spellings. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hook.h"

static void check_target(const char *target, const char *sec, const char *rest, const char *section)
{
	const char *got_rest = NULL;
	const struct bee__hook *hook = bee__hook_by_target(target, &got_rest);
	char buf[128];

	if (!hook)
		fail_msg("no hook for %s", target);
	assert_string_equal(hook->sec, sec);
	assert_string_equal(got_rest, rest);
	assert_int_equal(bee__hook_section(hook, got_rest, buf, sizeof(buf)), 0);
	assert_string_equal(buf, section);
}

static void a_target_text_gives_libbpfs_section(void **state)
{
	check_target("kprobe:vfs_read", "kprobe", "vfs_read", "kprobe/vfs_read");
	check_target("kretprobe:vfs_read", "kretprobe", "vfs_read", "kretprobe/vfs_read");
	check_target("tracepoint:sched:sched_switch", "tracepoint", "sched:sched_switch",
		     "tracepoint/sched/sched_switch");
	check_target("raw_tracepoint:sys_enter", "raw_tracepoint", "sys_enter",
		     "raw_tracepoint/sys_enter");
	check_target("usdt:/bin/sh:shell:start", "usdt", "/bin/sh:shell:start",
		     "usdt//bin/sh:shell:start");
	check_target("uprobe:/bin/sh:main", "uprobe", "/bin/sh:main", "uprobe//bin/sh:main");
	check_target("fentry:tcp_close", "fentry", "tcp_close", "fentry/tcp_close");
	check_target("tp_btf:sched_switch", "tp_btf", "sched_switch", "tp_btf/sched_switch");
	check_target("profile:hz:99", "perf_event", "hz:99", "perf_event");
	check_target("interval:s:1", "perf_event", "s:1", "perf_event");
	check_target("cgroup:/a:connect4", "cgroup/connect4", "/a:connect4", "cgroup/connect4");
	check_target("cgroup/connect4:/a", "cgroup/connect4", "/a", "cgroup/connect4");
	check_target("lsm_cgroup:socket_bind:/a", "lsm_cgroup", "socket_bind:/a",
		     "lsm_cgroup/socket_bind");
}

static void what_is_no_hook_is_null(void **state)
{
	const char *rest;

	assert_null(bee__hook_by_target("kprobes:vfs_read", &rest));
	assert_null(bee__hook_by_target("", &rest));
	assert_null(bee__hook_by_target("kprob", &rest));
	assert_null(bee__hook_by_section("no_such/vfs_read", &rest));
	assert_null(bee__hook_by_name("my_function", &rest));
	assert_null(bee__hook_by_name("kprobe_vfs_read", &rest));
	assert_null(bee__hook_by_context("task_struct"));
}

static void check_name(const char *name, const char *section)
{
	const char *rest;
	const struct bee__hook *hook = bee__hook_by_name(name, &rest);
	char buf[128];

	if (!hook)
		fail_msg("no hook for %s", name);
	assert_int_equal(bee__hook_section_of_name(hook, rest, buf, sizeof(buf)), 0);
	assert_string_equal(buf, section);
}

static void bccs_names_give_sections(void **state)
{
	check_name("kprobe__vfs_read", "kprobe/vfs_read");
	check_name("kprobe____x64_sys_read", "kprobe/__x64_sys_read");
	check_name("kretprobe__vfs_read", "kretprobe/vfs_read");
	check_name("syscall__openat", "ksyscall/openat");
	check_name("tracepoint__sched__sched_switch", "tracepoint/sched/sched_switch");
	check_name("raw_tracepoint__sys_enter", "raw_tracepoint/sys_enter");
	check_name("kfunc__vfs_read", "fentry/vfs_read");
	check_name("kfunc__vmlinux__vfs_read", "fentry/vfs_read");
	check_name("kretfunc__vmlinux__vfs_read", "fexit/vfs_read");
}

static void check_section(const char *section, const char *target)
{
	char buf[128];

	assert_int_equal(bee__hook_target(section, buf, sizeof(buf)), 0);
	assert_string_equal(buf, target);
}

static void a_section_gives_its_target_text(void **state)
{
	char buf[128];

	check_section("kprobe/vfs_read", "kprobe:vfs_read");
	check_section("?kprobe/vfs_read", "kprobe:vfs_read");
	check_section("tracepoint/sched/sched_switch", "tracepoint:sched:sched_switch");
	check_section("tp/sched/sched_switch", "tracepoint:sched:sched_switch");
	check_section("raw_tp/sys_enter", "raw_tracepoint:sys_enter");
	assert_int_equal(bee__hook_target("kprobe", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(bee__hook_target("perf_event", buf, sizeof(buf)), -ENOENT);
}

static void a_buffer_too_small_is_an_error(void **state)
{
	const char *rest;
	const struct bee__hook *hook = bee__hook_by_target("tracepoint:a:b", &rest);
	char buf[14]; /* "tracepoint/a/b" takes 15 */

	assert_int_equal(bee__hook_section(hook, rest, buf, sizeof(buf)), -ENAMETOOLONG);
	assert_int_equal(bee__hook_target("tracepoint/a/b", buf, sizeof(buf)), -ENAMETOOLONG);
}

static void check_row(const char *section, const char *name, const char *kind)
{
	const char *rest;
	const struct bee__hook *hook = bee__hook_by_section(section, &rest);

	if (!hook)
		fail_msg("no hook for %s", section);
	assert_string_equal(hook->name, name);
	assert_string_equal(hook->kind ? hook->kind : "", kind);
}

/* Sections of several words, of which the longest that fits counts. */
static void sections_tell_hooks_of_one_name_apart(void **state)
{
	const char *rest;

	check_row("cgroup_skb/egress", "cgroup", "egress");
	check_row("?cgroup/connect4", "cgroup", "connect4");
	check_row("cgroup/sock", "cgroup", "sock_create");
	check_row("cgroup/sock_release", "cgroup", "sock_release");
	check_row("sockops", "cgroup", "sockops");
	check_row("fentry.s/vfs_read", "fentry.s", "");
	assert_null(bee__hook_by_section("cgroup/no_such", &rest));
	assert_null(bee__hook_by_section("cgroup/connect4/x", &rest));
	assert_null(bee__hook_by_target("cgroup:/a:no_such", &rest));
	assert_null(bee__hook_by_target("cgroup:/a", &rest));
}

/* What a target leaves out, the program's own hook may tell. */
static void a_hook_completes_a_target(void **state)
{
	const struct bee__hook *hook;
	const char *rest = "";

	hook = bee__hook_by_section("cgroup/connect4", &rest);
	assert_true(bee__hook_completes(hook, "cgroup:/a", &rest));
	assert_string_equal(rest, "/a");
	assert_true(bee__hook_completes(NULL, "cgroup:/a", &rest));
	assert_false(bee__hook_completes(hook, "kprobe:a", &rest));
	assert_false(bee__hook_completes(NULL, "kprobe:a", &rest));
}

static void a_context_tells_its_hook(void **state)
{
	assert_string_equal(bee__hook_by_context("pt_regs")->name, "kprobe");
	assert_string_equal(bee__hook_by_context("xdp_md")->name, "xdp");
	assert_string_equal(bee__hook_by_context("bpf_perf_event_data")->name, "profile");
}

/* Words that must not be ambiguous, and hooks that rows name in their place. */
static void the_table_is_sound(void **state)
{
	for (size_t i = 0; i < bee__hooks_len; i++) {
		const struct bee__hook *hook = &bee__hooks[i];
		const char *rest, *word = hook->instead;
		char name[64];

		assert_non_null(hook->name);
		assert_non_null(hook->sec);
		snprintf(name, sizeof(name), "%s%s%s", hook->name, hook->kind ? ":/x:" : "",
			 hook->kind ? hook->kind : "");
		assert_ptr_equal(bee__hook_by_target(name, &rest), hook);
		assert_true(hook->needs < BEE_FEATURES_LEN);
		while (word && *word) {
			size_t len = strcspn(word, " ");

			snprintf(name, sizeof(name), "%.*s", (int)len, word);
			if (!bee__hook_by_target(name, &rest))
				fail_msg("%s names '%s', which is no hook", hook->name, name);
			word += len + (word[len] == ' ');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_target_text_gives_libbpfs_section),
		cmocka_unit_test(what_is_no_hook_is_null),
		cmocka_unit_test(bccs_names_give_sections),
		cmocka_unit_test(a_section_gives_its_target_text),
		cmocka_unit_test(a_buffer_too_small_is_an_error),
		cmocka_unit_test(sections_tell_hooks_of_one_name_apart),
		cmocka_unit_test(a_hook_completes_a_target),
		cmocka_unit_test(a_context_tells_its_hook),
		cmocka_unit_test(the_table_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
