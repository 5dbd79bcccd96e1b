/* SPDX-License-Identifier: Apache-2.0 */
/* What is listed is what the kernel's own files have, what bpftool reads, and what libbpf prints. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "support.h"
#include "witness.h"

/* ---- lines --------------------------------------------------------------------------------- */

struct lines {
	char **list;
	size_t len;
	const char *module; /* of what is gathered; NULL: all */
};

static void add_line(struct lines *lines, const char *text, size_t len)
{
	if (!(lines->len & (lines->len - 1)))
		lines->list = realloc(lines->list,
				      (lines->len ? lines->len * 2 : 1) * sizeof(*lines->list));
	lines->list[lines->len++] = strndup(text, len);
}

static void free_lines(struct lines *lines)
{
	for (size_t i = 0; i < lines->len; i++)
		free(lines->list[i]);
	free(lines->list);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct lines *lines)
{
	if (lines->len)
		qsort(lines->list, lines->len, sizeof(*lines->list), by_text);
}

static bool has_line(const struct lines *lines, const char *text)
{
	return lines->len && bsearch(&text, lines->list, lines->len, sizeof(*lines->list), by_text);
}

/* The lines of a text, which is freed, sorted. */
static struct lines take_lines(char *text)
{
	struct lines lines = { 0 };

	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		add_line(&lines, at, strcspn(at, "\n"));
	free(text);
	sort(&lines);
	return lines;
}

/* A file of tracefs or debugfs, mounted where nobody else sees it. No lines: there is none. */
static struct lines lines_of_file(const char *fs, const char *path)
{
	return take_lines(output_of("unshare -m sh -c 'mount -t %s none /mnt && cat /mnt/%s || "
				    "true' 2>/dev/null",
				    fs, path));
}

/* Names of types of a kind in vmlinux's BTF, as bpftool reads it, without a prefix. */
static struct lines lines_of_btf(const char *module, const char *kind, const char *prefix)
{
	return take_lines(output_of("bpftool btf dump -B /sys/kernel/btf/vmlinux file "
				    "/sys/kernel/btf/%s | sed -n \"s/^\\[[0-9]*\\] %s "
				    "'%s\\([^']*\\)'.*/\\1/p\" | sort -u",
				    module, kind, prefix));
}

/* ---- comparing ----------------------------------------------------------------------------- */

static int add_target(void *ctx, const struct bee_probe *probe)
{
	struct lines *lines = ctx;

	assert_int_equal(probe->args_len, 0);
	assert_string_equal(probe->returns, "");
	if (!lines->module || !strcmp(probe->module, lines->module))
		add_line(lines, probe->target, strlen(probe->target));
	return 0;
}

/* What is listed of a module (NULL: of all) is what is wanted, line for line; both are freed. */
static void check_same(struct bee *bee, const char *pattern, const char *module, size_t least,
		       struct lines *wanted)
{
	struct lines found = { .module = module };

	check_err(bee, bee_list(bee, pattern, NULL, add_target, &found), 0);
	sort(&found);
	sort(wanted);
	for (size_t i = 0; i < found.len && i < wanted->len; i++)
		if (strcmp(found.list[i], wanted->list[i]) != 0)
			fail_msg("%s: listed '%s', and there is '%s'", pattern, found.list[i],
				 wanted->list[i]);
	assert_int_equal(found.len, wanted->len);
	assert_true(found.len >= least);
	free_lines(&found);
	free_lines(wanted);
}

/* The lines as targets, those that begin so alone. */
static struct lines targets_of(struct lines *names, const char *hook, const char *start)
{
	struct lines targets = { 0 };
	char target[512];

	for (size_t i = 0; i < names->len; i++) {
		if (strncmp(names->list[i], start, strlen(start)) != 0)
			continue;
		snprintf(target, sizeof(target), "%s:%s", hook, names->list[i]);
		add_line(&targets, target, strlen(target));
	}
	return targets;
}

/* ---- what there is ------------------------------------------------------------------------- */

static void tracepoints_are_the_events_of_tracefs(void **state)
{
	struct lines events = lines_of_file("tracefs", "available_events");
	struct lines all = targets_of(&events, "tracepoint", "");
	struct lines some = targets_of(&events, "tracepoint", "sched:sched_");

	check_same(bee_of(state), "tracepoint", NULL, 500, &all);
	check_same(bee_of(state), "tp:sched:sched_*", NULL, 10, &some);
	free_lines(&events);
}

/* A line of available_filter_functions: "name" or "name [module]". */
static void split(char *line, const char **ret_module)
{
	char *space = strchr(line, ' ');

	*ret_module = "";
	if (!space)
		return;
	*space = '\0';
	*ret_module = space + 2;
	space[strlen(space + 1)] = '\0';
}

static void kprobes_are_ftraces_functions_without_the_blacklist(void **state)
{
	struct lines functions, blacklist, wanted = { 0 };
	char target[512];

	if (!has_feature(BEE_FEATURE_KPROBE))
		skip_without_feature();
	functions = lines_of_file("tracefs", "available_filter_functions");
	blacklist = take_lines(output_of("unshare -m sh -c 'mount -t debugfs none /mnt && "
					 "cut -f2 /mnt/kprobes/blacklist' | cut -d' ' -f1"));
	assert_true(blacklist.len > 10);
	for (size_t i = 0, same; i < functions.len; i += same) {
		size_t len = strcspn(functions.list[i], " ");
		const char *module;

		/* What several functions are called is the name of none. */
		for (same = 1; i + same < functions.len; same++)
			if (strcspn(functions.list[i + same], " ") != len ||
			    strncmp(functions.list[i], functions.list[i + same], len) != 0)
				break;
		split(functions.list[i], &module);
		if (same > 1 || has_line(&blacklist, functions.list[i]) ||
		    strstr(functions.list[i], "__ftrace_invalid"))
			continue;
		snprintf(target, sizeof(target), "kprobe:%s%s%s", module, *module ? ":" : "",
			 functions.list[i]);
		add_line(&wanted, target, strlen(target));
	}
	check_same(bee_of(state), "kprobe:*", NULL, 10000, &wanted);
	free_lines(&functions);
	free_lines(&blacklist);
}

/* The names in a list of functions that are those of a module, sorted. */
static struct lines functions_of(const struct lines *functions, const char *wanted)
{
	struct lines names = { 0 };

	for (size_t i = 0; i < functions->len; i++) {
		char *line = strdup(functions->list[i]);
		const char *module;

		split(line, &module);
		if (!strcmp(module, wanted))
			add_line(&names, line, strlen(line));
		free(line);
	}
	sort(&names);
	return names;
}

static void check_trampolines(struct bee *bee, const struct lines *functions, const char *module)
{
	struct lines typed = lines_of_btf(*module ? module : "vmlinux", "FUNC", "");
	struct lines traced = functions_of(functions, module), both = { 0 }, wanted;

	/* A kernel that lists no functions leaves only what BTF says. */
	for (size_t i = 0; i < typed.len; i++)
		if (!functions->len || has_line(&traced, typed.list[i]))
			add_line(&both, typed.list[i], strlen(typed.list[i]));
	wanted = targets_of(&both, "fentry", "");
	check_same(bee, "fentry:*", module, *module ? 0 : 10000, &wanted);
	free_lines(&both);
	free_lines(&traced);
	free_lines(&typed);
}

static void trampolines_stand_where_btf_and_ftrace_have_a_function(void **state)
{
	struct lines functions, modules;
	const char *reason;

	/* Lockdown forbids their use, and they are there nevertheless. */
	if (!has_feature(BEE_FEATURE_FENTRY) &&
	    bee__feature(BEE_FEATURE_FENTRY, &reason) == -EOPNOTSUPP)
		skip_without_feature();
	functions = lines_of_file("tracefs", "available_filter_functions");
	modules = take_lines(output_of("ls /sys/kernel/btf"));
	check_trampolines(bee_of(state), &functions, "");
	/* Three modules tell as much as a hundred. */
	for (size_t i = 0; i < modules.len && i < 3; i++)
		if (strcmp(modules.list[i], "vmlinux") != 0)
			check_trampolines(bee_of(state), &functions, modules.list[i]);
	free_lines(&functions);
	free_lines(&modules);
}

static void raw_tracepoints_are_typedefs_of_btf(void **state)
{
	struct lines names, wanted;

	if (!has_feature(BEE_FEATURE_BTF))
		skip_without_feature();
	names = lines_of_btf("vmlinux", "TYPEDEF", "btf_trace_");
	wanted = targets_of(&names, "tp_btf", "");
	check_same(bee_of(state), "tp_btf:", "", 500, &wanted);
	wanted = targets_of(&names, "raw_tracepoint", "sched_");
	check_same(bee_of(state), "raw_tp:sched_*", "", 10, &wanted);
	free_lines(&names);
}

/* Where an iterator's struct is, its function is too; what it holds may have a struct too, "task__safe". */
static void iterators_have_a_struct_of_their_own(void **state)
{
	struct lines names, wanted;

	if (!has_feature(BEE_FEATURE_BTF))
		skip_without_feature();
	names = take_lines(output_of("bpftool btf dump file /sys/kernel/btf/vmlinux | sed -n "
				     "\"s/^.* STRUCT 'bpf_iter__\\([^']*\\)' .*/\\1/p\" | "
				     "grep -v __"));
	wanted = targets_of(&names, "iter", "");
	check_same(bee_of(state), "iter:*", "", 5, &wanted);
	free_lines(&names);
}

/* ---- arguments ----------------------------------------------------------------------------- */

struct types {
	struct btf *btf;
	struct btf_dump *dump;
	const char *prefix; /* of functions in BTF, as the hook has it before its targets */
	char text[512];
	size_t checked;
};

static void print_type(void *ctx, const char *fmt, va_list args)
{
	struct types *types = ctx;
	size_t len = strlen(types->text);

	vsnprintf(types->text + len, sizeof(types->text) - len, fmt, args);
}

/* libbpf's own text for a declaration. */
static const char *declared(struct types *types, uint32_t id, const char *name)
{
	LIBBPF_OPTS(btf_dump_emit_type_decl_opts, opts, .field_name = name);

	types->text[0] = '\0';
	if (!id) /* it prints no void */
		return "void";
	assert_int_equal(btf_dump__emit_type_decl(types->dump, id, &opts), 0);
	return types->text;
}

static const char *skip_space(const char *text)
{
	return text + strspn(text, " ");
}

/* The same, whoever puts a space between what and what. Tags of types are for the verifier. */
static void check_text(const char *got, const char *wanted)
{
	static const char tag[] = "__attribute__((btf_type_tag(";
	const char *a = skip_space(got), *b = skip_space(wanted);

	for (; *a || *b; a = skip_space(a + 1), b = skip_space(b + 1)) {
		while (!strncmp(b, tag, strlen(tag)) && strstr(b, "\")))"))
			b = skip_space(strstr(b, "\")))") + 4);
		/* libbpf leaves it open what such a function takes. */
		if (*b == ')' && !strncmp(a, "void)", 5))
			a += 4;
		if (*a != *b)
			fail_msg("'%s', and libbpf prints '%s'", got, wanted);
	}
}

static int check_types(void *ctx, const struct bee_probe *probe)
{
	struct types *types = ctx;
	const struct btf_param *param;
	const struct btf_type *proto;
	char name[256];
	int id;

	snprintf(name, sizeof(name), "%s%s", types->prefix, strchr(probe->target, ':') + 1);
	if (*probe->module)
		return 0;
	id = btf__find_by_name_kind(types->btf, name, BTF_KIND_FUNC);
	assert_true(id > 0);
	proto = btf__type_by_id(types->btf, btf__type_by_id(types->btf, id)->type);
	param = btf_params(proto);
	assert_int_equal(probe->args_len, btf_vlen(proto));
	for (size_t i = 0; i < probe->args_len; i++) {
		if (!param[i].type) {
			assert_string_equal(probe->args[i].text, "...");
			continue;
		}
		assert_string_equal(probe->args[i].name,
				    btf__name_by_offset(types->btf, param[i].name_off));
		check_text(probe->args[i].type, declared(types, param[i].type, ""));
		check_text(probe->args[i].text,
			   declared(types, param[i].type, probe->args[i].name));
	}
	check_text(probe->returns, declared(types, proto->type, ""));
	types->checked++;
	return 0;
}

static void types_read_as_libbpf_prints_them(void **state)
{
	struct bee_list_opts opts = { .size = sizeof(opts), .wants_args = true };
	struct types types = { .prefix = "bpf_lsm_" };
	const char *reason;

	if (!has_feature(BEE_FEATURE_BTF))
		skip_without_feature();
	types.btf = btf__load_vmlinux_btf();
	types.dump = btf_dump__new(types.btf, print_type, &types, NULL);
	assert_non_null(types.dump);
	if (bee__feature(BEE_FEATURE_LSM, &reason) != -EOPNOTSUPP) {
		check_err(bee_of(state),
			  bee_list(bee_of(state), "lsm:*", &opts, check_types, &types), 0);
		assert_true(types.checked > 100);
	}
	types.prefix = "";
	if (bee__feature(BEE_FEATURE_FENTRY, &reason) != -EOPNOTSUPP)
		check_err(bee_of(state),
			  bee_list(bee_of(state), "fentry:tcp_*", &opts, check_types, &types), 0);
	btf_dump__free(types.dump);
	btf__free(types.btf);
}

/* ---- what is wrong ------------------------------------------------------------------------- */

static int stop(void *ctx, const struct bee_probe *probe)
{
	return ++*(int *)ctx == 3 ? -ECANCELED : 0;
}

static void a_callback_ends_the_listing(void **state)
{
	int count = 0;

	check_err(bee_of(state), bee_list(bee_of(state), "tracepoint", NULL, stop, &count),
		  -ECANCELED);
	assert_int_equal(count, 3);
	count = 0;
	check_err(bee_of(state), bee_list(bee_of(state), "t*:*", NULL, stop, &count), -ECANCELED);
	assert_int_equal(count, 3);
}

static void what_is_not_there_is_told_with_what_is_near(void **state)
{
	struct bee *bee = bee_of(state);
	struct lines none = { 0 };

	check_err(bee, bee_list(bee, "tracepoint:sched:sched_swich", NULL, add_target, &none),
		  -ENOENT);
	check_says(bee, "cannot list tracepoint:sched:sched_swich: nothing of that name");
	check_says(bee, "'tracepoint:sched:sched_switch'");
	check_err(bee, bee_list(bee, "t*:no_such_thing", NULL, add_target, &none), -ENOENT);
	check_says(bee, "cannot list t*:no_such_thing: nothing of that name");
	check_err(bee, bee_list(bee, "no_hook:vfs_read", NULL, add_target, &none), -EINVAL);
	check_says(bee, "no hook is called 'no_hook'");
	check_err(bee, bee_list(bee, "no_ho*:vfs_read", NULL, add_target, &none), -EINVAL);
	check_says(bee, "no hook is called 'no_ho*'");
	check_err(bee, bee_list(bee, "profile:hz:99", NULL, add_target, &none), -EOPNOTSUPP);
	check_says(bee, "profile:hz:RATE");
	assert_int_equal(none.len, 0);
}

static int check_hook(void *ctx, const struct bee_hook *hook)
{
	if (!*hook->name || !hook->form || !hook->about || !*hook->about)
		fail_msg("hook '%s' does not say what it is", hook->name);
	assert_int_equal(!hook->err, !*hook->reason);
	*(size_t *)ctx += 1;
	return 0;
}

static void every_hook_says_what_it_is(void **state)
{
	size_t count = 0;

	check_err(bee_of(state), bee_hooks(bee_of(state), check_hook, &count), 0);
	assert_true(count >= 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tracepoints_are_the_events_of_tracefs),
		TEST(kprobes_are_ftraces_functions_without_the_blacklist),
		TEST(trampolines_stand_where_btf_and_ftrace_have_a_function),
		TEST(raw_tracepoints_are_typedefs_of_btf),
		TEST(iterators_have_a_struct_of_their_own),
		TEST(types_read_as_libbpf_prints_them),
		TEST(a_callback_ends_the_listing),
		TEST(what_is_not_there_is_told_with_what_is_near),
		TEST(every_hook_says_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
