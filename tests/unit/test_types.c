/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a source: from BTF made here, so that each case is the same on every kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "internal.h"
#include "rawbtf.h"

struct fixture {
	struct bee *bee;
	struct btf *btf;
	struct bee__text header;
	char path[64];
};

/*
 * struct inner { int a; };
 * struct far { u32 id; struct far *next; struct inner deep; };
 * struct near { u64 stamp; struct far *far; struct inner inner; void (*fn)(struct far *); };
 * struct packed { char c; u32 n; } packed; struct bits { u32 x : 3, : 5, y : 8; };
 * struct big { struct near *near; u64 fill[63]; u32 last; };
 * struct core::Option<u32> { u32 default; u32 some-thing; };
 * struct rusty { struct core::Option<u32> *while; struct core::Option<u32> whole; u32 last; }
 * struct embeds { u32 first; struct far; u32 last; }: of -fms-extensions
 * enum { ONE = 1, TWO }; enum wide : u64 { WIDE = 1 << 40 }; typedef of a pointer to itself
 */
static void add_records(struct btf *btf, int u32, int u64)
{
	int number, inner, far, near, proto, bytes, array;

	number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	inner = btf__add_struct(btf, "inner", 4);
	btf__add_field(btf, "a", number, 0, 0);
	far = btf__add_struct(btf, "far", 24);
	btf__add_field(btf, "id", u32, 0, 0);
	btf__add_field(btf, "next", far + 1, 64, 0);
	btf__add_field(btf, "deep", inner, 128, 0);
	assert_int_equal(btf__add_ptr(btf, far), far + 1);
	proto = btf__add_func_proto(btf, 0);
	btf__add_func_param(btf, "far", far + 1);
	near = btf__add_struct(btf, "near", 32);
	btf__add_field(btf, "stamp", u64, 0, 0);
	btf__add_field(btf, "far", far + 1, 64, 0);
	btf__add_field(btf, "inner", inner, 128, 0);
	btf__add_field(btf, "fn", near + 1, 192, 0);
	assert_int_equal(btf__add_ptr(btf, proto), near + 1);
	bytes = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	btf__add_struct(btf, "packed", 5);
	btf__add_field(btf, "c", bytes, 0, 0);
	btf__add_field(btf, "n", u32, 8, 0);
	btf__add_struct(btf, "bits", 4);
	btf__add_field(btf, "x", u32, 0, 3);
	btf__add_field(btf, "y", u32, 8, 8);
	array = btf__add_array(btf, u32, u64, 63);
	near = btf__add_ptr(btf, near);
	btf__add_struct(btf, "big", 520);
	btf__add_field(btf, "near", near, 0, 0);
	btf__add_field(btf, "fill", array, 64, 0);
	btf__add_field(btf, "last", u32, 4096, 0);
	inner = btf__add_struct(btf, "core::Option<u32>", 8);
	btf__add_field(btf, "default", u32, 0, 0);
	btf__add_field(btf, "some-thing", u32, 32, 0);
	btf__add_struct(btf, "rusty", 24);
	btf__add_field(btf, "while", inner + 2, 0, 0);
	btf__add_field(btf, "whole", inner, 64, 0);
	btf__add_field(btf, "last", u32, 128, 0);
	assert_int_equal(btf__add_ptr(btf, inner), inner + 2);
	btf__add_struct(btf, "embeds", 40);
	btf__add_field(btf, "first", u32, 0, 0);
	btf__add_field(btf, "", far, 64, 0);
	btf__add_field(btf, "last", u32, 256, 0);
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	int u32, u64;

	*state = fix;
	fix->btf = btf__new_empty();
	u32 = btf__add_typedef(fix->btf, "u32", btf__add_int(fix->btf, "unsigned int", 4, 0));
	u64 = btf__add_typedef(fix->btf, "u64", btf__add_int(fix->btf, "long unsigned int", 8, 0));
	btf__add_enum(fix->btf, "", 4);
	btf__add_enum_value(fix->btf, "ONE", 1);
	btf__add_enum_value(fix->btf, "TWO", 2);
	btf__add_enum64(fix->btf, "wide", 8, false);
	btf__add_enum64_value(fix->btf, "WIDE", 1ull << 40);
	add_records(fix->btf, u32, u64);
	strcpy(fix->path, "/tmp/bee-types-XXXXXX");
	close(mkstemp(fix->path));
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	bee__text_free(&fix->header);
	btf__free(fix->btf);
	bee_close(fix->bee);
	unlink(fix->path);
	free(fix);
	return 0;
}

static int make_from(struct fixture *fix, const void *data, size_t size, const char *source,
		     const char *define)
{
	struct bee_load_opts opts = { .size = sizeof(opts), .defines = &define };
	struct bee__file file = { .text = (char *)source, .size = strlen(source) };
	struct bee_opts bee_opts = { .size = sizeof(bee_opts), .btf = fix->path };
	FILE *out = fopen(fix->path, "w");

	opts.defines_len = define != NULL;
	assert_int_equal(fwrite(data, 1, size, out), size);
	fclose(out);
	bee_close(fix->bee);
	assert_int_equal(bee_open(&bee_opts, &fix->bee), 0);
	bee__text_free(&fix->header);
	return bee__types(fix->bee, &(struct bee__files){ .list = &file, .len = 1 }, &opts,
			  &fix->header);
}

static const char *make(struct fixture *fix, const char *source, const char *define)
{
	uint32_t size;
	const void *data = btf__raw_data(fix->btf, &size);

	assert_int_equal(make_from(fix, data, size, source, define), 0);
	return fix->header.data;
}

#define assert_has(text, part)   assert_non_null(strstr(text, part))
#define assert_lacks(text, part) assert_null(strstr(text, part))

static void only_what_is_reached_is_printed(void **state)
{
	const char *header = make(*state, "int f(struct inner *i) { return i->a; }", NULL);

	assert_has(header, "struct inner {\n\tint a;\n};\n");
	assert_lacks(header, "struct far");
	assert_lacks(header, "u32");
}

static void members_that_are_words_lead_on(void **state)
{
	const char *header = make(*state, "int f(struct near *n) { return n->far->id; }", NULL);

	assert_has(header, "struct far {\n\tu32 id;\n\tvoid *next;\n\tstruct inner deep;\n};\n");
	assert_has(header, "\tstruct far *far;\n\tstruct inner inner;\n\tvoid *fn;\n");
	assert_has(header, "typedef unsigned int u32;\n");
}

static void a_functions_pointer_keeps_its_type_when_named(void **state)
{
	const char *header = make(*state, "int f(struct near *n) { return n->fn; }", NULL);

	assert_has(header, "\tvoid (*fn)(struct far *);\n");
	assert_has(header, "struct far;\n");
}

static void large_records_hide_what_is_not_named(void **state)
{
	const char *header = make(*state, "int f(struct big *b) { return b->last; }", NULL);

	assert_has(header, "struct big {\n\tchar __bee_pad0[512];\n\tu32 last;\n"
			   "\tchar __bee_pad1[4];\n} __attribute__((aligned(8)));\n");
}

static void odd_layouts_are_kept(void **state)
{
	const char *header = make(*state, "struct packed *p; struct bits *b;", NULL);

	assert_has(header, "\tchar c;\n\tu32 n;\n} __attribute__((packed));\n");
	assert_has(header, "\tu32 x:3;\n\tunsigned int :5;\n\tu32 y:8;\n");
}

static void records_with_tags_lie_in_others_without_names(void **state)
{
	const char *header =
		make(*state, "int f(struct embeds *e) { return e->next->deep.a + e->last; }", NULL);

	assert_has(header, "struct embeds {\n\tu32 first;\n\tstruct {\n\t\tu32 id;\n"
			   "\t\tstruct far *next;\n\t\tstruct inner deep;\n\t} ;\n\tu32 last;\n");
	assert_has(header, "struct far {\n");
}

/* Whatever names them, members lie where they lie. */
static void names_of_other_languages_are_no_names_of_c(void **state)
{
	const char *header = make(*state, "int f(struct rusty *r) { return r->last; }", NULL);

	assert_has(header, "{\n\tu32 __bee_name0;\n\tu32 __bee_name1;\n};\n");
	assert_has(header, "struct rusty {\n\tvoid *__bee_name0;\n\tstruct __bee_");
	assert_has(header, " whole;\n\tu32 last;\n");
	assert_lacks(header, "Option");
	assert_lacks(header, "default");
}

static void enumerators_come_alone(void **state)
{
	const char *header = make(*state, "int x = TWO; enum wide w; long y = WIDE;", NULL);

	assert_has(header, "enum { TWO = 2, };\n");
	assert_lacks(header, "ONE");
	assert_has(header, "enum wide { WIDE = 1099511627776ULL,");
}

static void the_users_own_types_win(void **state)
{
	const char *header;

	header =
		make(*state, "struct inner { long mine; }; struct near *n; typedef int u32;", NULL);
	assert_has(header, "struct inner___kernel {\n\tint a;\n};\n");
	assert_has(header, "\tstruct inner___kernel inner;\n");
	assert_lacks(header, " u32;");
	header = make(*state, "enum { ONE = 7 }; int x = ONE + TWO;", NULL);
	assert_lacks(header, "ONE");
}

static void accesses_are_relocated_only_for_partial_structs(void **state)
{
	static const char plain[] = "int f(struct near *n) { return BPF_CORE_READ(n, stamp); }";
	static const char partial[] = "struct near___old { long stamp; };"
				      "int f(struct near___old *n) { BPF_CORE_READ(n, stamp); }";

	assert_has(make(*state, plain, NULL), "#define __bee_core(x) (x)\n");
	assert_has(make(*state, partial, NULL), "__builtin_preserve_access_index");
}

static void a_define_wins_over_all(void **state)
{
	const char *header;

	header = make(*state, "struct T *p; int x = AF_INET;", "T=struct_tag");
	assert_has(header, "#undef T\n");
	header = make(*state, "struct T *p;", "T=inner");
	assert_has(header, "struct inner {");
	header = make(*state, "int x = AF_INET;", "AF_INET=3");
	assert_lacks(header, "#define AF_INET ");
}

static void the_prelude_gives_what_is_named(void **state)
{
	const char *header;

	header = make(*state, "BPF_HASH(counts, u32); int f() { u32 k = 0; counts.lookup(&k); }",
		      NULL);
	assert_has(header, "#define BPF_HASH(");
	assert_has(header, "__bee_def_lookup(N)");
	assert_has(header, "(*const bpf_map_lookup_elem)");
	assert_has(header, "#define __bee_if_update(part, N)\n");
	assert_lacks(header, "bpf_map_update_elem");
	assert_lacks(header, "BPF_PERF_OUTPUT");
}

static void names_of_members_are_left_to_the_user(void **state)
{
	assert_has(make(*state, "int f(struct sock *s) { return s->sk_state; }", NULL),
		   "#define sk_state ");
	assert_lacks(make(*state, "struct e { int sk_state; }; int f() { e.sk_state = 1; }", NULL),
		     "#define sk_state ");
}

static void trailing_attributes_are_no_names(void **state)
{
	const char *header;

	header = make(*state, "struct odd { char c; int n; } __packed; extern int x __ksym __weak;",
		      NULL);
	assert_has(header, "#define __packed ");
	assert_has(header, "#define __weak ");
}

static void a_missing_tracepoint_is_told_at_its_line(void **state)
{
	struct fixture *fix = *state;
	const struct bee_diag *diag;
	uint32_t size;
	const void *data = btf__raw_data(fix->btf, &size);
	int err;

	err = make_from(fix, data, size, "#line 4 \"t.lua\"\nTRACEPOINT_PROBE(sched, no_such)\n{ }",
			NULL);
	diag = bee_diag_next(fix->bee, NULL);
	if (err != -ENOENT) {
		print_message("no tracefs: %s\n", diag->text);
		skip();
	}
	assert_int_equal(diag->stage, BEE_STAGE_TYPES);
	assert_int_equal(diag->line, 4);
	assert_string_equal(diag->file, "t.lua");
	assert_string_equal(diag->text, "no such tracepoint: 'sched:no_such'");
}

static void a_file_that_is_no_btf_is_told(void **state)
{
	struct bee_opts opts = { .size = sizeof(opts), .btf = "/no/such/btf" };
	struct bee__rawbtf btf;
	struct bee *bee;

	assert_int_equal(bee_open(&opts, &bee), 0);
	assert_int_equal(bee__rawbtf_open(bee, "/no/such/btf", &btf), -ENOENT);
	assert_int_equal(bee__rawbtf_open(bee, "/proc/self/mounts", &btf), -EINVAL);
	assert_int_equal(bee__rawbtf_open(bee, "/proc/self/exe", &btf), -ENOENT);
	assert_int_equal(bee_diag_next(bee, NULL)->stage, BEE_STAGE_TYPES);
	bee_close(bee);
}

/* Cut at every byte, and with every byte changed: no answer is wrong but a crash. */
static void broken_btf_is_survived(void **state)
{
	static const char source[] = "struct near *n; struct big *b; int x = n->far->deep.a + TWO;";
	struct fixture *fix = *state;
	uint32_t size;
	const char *data = btf__raw_data(fix->btf, &size);

	for (uint32_t i = 0; i < size; i++) {
		char *copy = malloc(size);

		memcpy(copy, data, size);
		make_from(fix, copy, i, source, NULL);
		copy[i] ^= 1 << i % 8;
		make_from(fix, copy, size, source, NULL);
		copy[i] = 0xff;
		make_from(fix, copy, size, source, NULL);
		free(copy);
	}
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(only_what_is_reached_is_printed),
		CASE(members_that_are_words_lead_on),
		CASE(a_functions_pointer_keeps_its_type_when_named),
		CASE(large_records_hide_what_is_not_named),
		CASE(odd_layouts_are_kept),
		CASE(records_with_tags_lie_in_others_without_names),
		CASE(names_of_other_languages_are_no_names_of_c),
		CASE(enumerators_come_alone),
		CASE(the_users_own_types_win),
		CASE(accesses_are_relocated_only_for_partial_structs),
		CASE(a_define_wins_over_all),
		CASE(the_prelude_gives_what_is_named),
		CASE(names_of_members_are_left_to_the_user),
		CASE(trailing_attributes_are_no_names),
		CASE(a_missing_tracepoint_is_told_at_its_line),
		CASE(a_file_that_is_no_btf_is_told),
		CASE(broken_btf_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
