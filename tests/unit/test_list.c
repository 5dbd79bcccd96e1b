/* SPDX-License-Identifier: Apache-2.0 */
/* Listing from BTF that libbpf made, of vmlinux and of a module, with no kernel behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "cprint.h"
#include "internal.h"
#include "rawbtf.h"

struct fixture {
	char folder[64];
	struct bee *bee;
	struct bee__text told; /* "target [module] (arguments) returned" a line */
};

static void write_btf(const char *folder, const char *name, struct btf *btf)
{
	char path[128];
	uint32_t size;
	const void *data = btf__raw_data(btf, &size);
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	fclose(out);
}

/* typedef void (*btf_trace_NAME)(void *__data, struct car *which), in any BTF. */
static void add_tracepoint(struct btf *btf, const char *name, int pointer, int which)
{
	char word[64];
	int proto = btf__add_func_proto(btf, 0);

	btf__add_func_param(btf, "__data", pointer);
	btf__add_func_param(btf, "which", which);
	snprintf(word, sizeof(word), "btf_trace_%s", name);
	btf__add_typedef(btf, word, btf__add_ptr(btf, proto));
}

/*
 * vmlinux: int; struct car; tracepoints stop(car *) and start(car *)
 * motor:   struct valve; tracepoint stop_valve(valve *)
 */
static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	struct btf *vmlinux = btf__new_empty(), *motor;
	char path[128];
	struct bee_opts opts = { .size = sizeof(opts), .btf = path };
	int number = btf__add_int(vmlinux, "int", 4, BTF_INT_SIGNED), any, car;

	*state = fix;
	strcpy(fix->folder, "/tmp/bee-list-XXXXXX");
	assert_non_null(mkdtemp(fix->folder));
	any = btf__add_ptr(vmlinux, 0);
	btf__add_struct(vmlinux, "car", 4);
	btf__add_field(vmlinux, "speed", number, 0, 0);
	car = btf__add_ptr(vmlinux, btf__add_const(vmlinux, btf__find_by_name(vmlinux, "car")));
	add_tracepoint(vmlinux, "stop", any, car);
	add_tracepoint(vmlinux, "start", any, car);
	motor = btf__new_empty_split(vmlinux);
	btf__add_struct(motor, "valve", 4);
	btf__add_field(motor, "speed", number, 0, 0);
	add_tracepoint(motor, "stop_valve", any,
		       btf__add_ptr(motor, btf__find_by_name(motor, "valve")));
	write_btf(fix->folder, "vmlinux", vmlinux);
	write_btf(fix->folder, "motor", motor);
	btf__free(motor);
	btf__free(vmlinux);
	snprintf(path, sizeof(path), "%s/vmlinux", fix->folder);
	return bee_open(&opts, &fix->bee);
}

static int teardown(void **state)
{
	struct fixture *fix = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/vmlinux", fix->folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/motor", fix->folder);
	unlink(path);
	rmdir(fix->folder);
	bee_close(fix->bee);
	bee__text_free(&fix->told);
	free(fix);
	return 0;
}

static int tell(void *ctx, const struct bee_probe *probe)
{
	struct bee__text *told = ctx;

	bee__text_printf(told, "%s [%s]", probe->target, probe->module);
	for (size_t i = 0; i < probe->args_len; i++)
		bee__text_printf(told, " %s: %s;", probe->args[i].name, probe->args[i].text);
	bee__text_printf(told, "\n");
	return 0;
}

static const char *list(struct fixture *fix, const char *pattern, bool wants_args, int want)
{
	struct bee_list_opts opts = { .size = sizeof(opts), .wants_args = wants_args };
	const char *reason;

	/* raw_tracepoint needs BPF of the kernel, whatever BTF is read. */
	if (bee__feature(BEE_FEATURE_BPF, &reason) == -EOPNOTSUPP) {
		print_message("skipped: %s\n", reason);
		skip();
	}
	bee__text_free(&fix->told);
	fix->told = (struct bee__text){ 0 };
	assert_int_equal(bee_list(fix->bee, pattern, &opts, tell, &fix->told), want);
	return fix->told.data ? fix->told.data : "";
}

static void modules_follow_the_kernel_and_are_named(void **state)
{
	assert_string_equal(list(*state, "raw_tracepoint:*", false, 0),
			    "raw_tracepoint:start []\n"
			    "raw_tracepoint:stop []\n"
			    "raw_tracepoint:stop_valve [motor]\n");
}

/* Types of the kernel and of the module alike: the module's ids begin where the kernel's end. */
static void arguments_are_of_the_kernel_or_of_the_module(void **state)
{
	assert_string_equal(list(*state, "raw_tp:stop*", true, 0),
			    "raw_tracepoint:stop [] which: const struct car *which;\n"
			    "raw_tracepoint:stop_valve [motor] which: struct valve *which;\n");
}

static void near_names_are_told(void **state)
{
	struct fixture *fix = *state;
	const struct bee_diag *diag;

	assert_string_equal(list(fix, "raw_tp:stopp", false, -ENOENT), "");
	diag = bee_diag_next(fix->bee, NULL);
	assert_string_equal(diag->text, "cannot list raw_tp:stopp: nothing of that name");
	assert_non_null(strstr(diag->hint, "'raw_tracepoint:stop'"));
	assert_null(bee_diag_next(fix->bee, diag));
}

static void options_of_a_newer_library_are_refused(void **state)
{
	struct fixture *fix = *state;
	struct bee_list_opts opts = { .size = 3 };

	assert_int_equal(bee_list(fix->bee, "raw_tp", &opts, tell, &fix->told), -EINVAL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(modules_follow_the_kernel_and_are_named),
		TEST(arguments_are_of_the_kernel_or_of_the_module),
		TEST(near_names_are_told),
		TEST(options_of_a_newer_library_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
