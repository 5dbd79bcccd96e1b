/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each member that can be reached from the current task by plain C has the value that the helper for
 * reads copies from its address: numbers of all sizes, pointers and one step through them, elements
 * of arrays, bits, what lies in nested structs and unions. The members are those of the kernel's own
 * BTF, as libbpf reads it, so that each kernel tests its own.
 */
#include <bpf/btf.h>

#include "support.h"

#define MEMBERS_MAX 120 /* of a program: the verifier has them all in one path */
#define DEPTH_MAX   4
#define FIRES       4 /* a value that changes by itself differs, but not each time */

/* The program that is written, and which members it compares. */
struct writer {
	const struct btf *btf;
	char *text;
	size_t text_len, text_size;
	char names[MEMBERS_MAX][256];
	int len, first, seen; /* compared; the first that is, and those met, of the whole struct */
	__u32 base; /* bits from what has a name to the struct without one that is in it */
};

static const struct btf_type *resolve(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type))
		type = btf__type_by_id(btf, type->type);
	return type;
}

static void put(struct writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void put(struct writer *writer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	writer->text_len += vsnprintf(writer->text + writer->text_len,
				      writer->text_size - writer->text_len, format, args);
	va_end(args);
	assert_true(writer->text_len < writer->text_size);
}

/*
 * Is the next member one of this program's? Then its name is kept. The helper itself counts in
 * pagefault_disabled.
 */
static bool take(struct writer *writer, const char *path)
{
	if (strstr(path, "pagefault_disabled"))
		return false;
	if (writer->seen++ < writer->first || writer->len == MEMBERS_MAX)
		return false;
	snprintf(writer->names[writer->len++], sizeof(writer->names[0]), "%s", path);
	return true;
}

static void write_number(struct writer *writer, const char *path)
{
	if (take(writer, path))
		put(writer, "	SAME(%d, %s)\n", writer->len - 1, path);
}

/* record is where the struct is, or the pointer to it. */
static void write_bits(struct writer *writer, const char *path, const char *record, __u32 offset,
		       __u32 bits)
{
	bool is_pointer = !strpbrk(record, ".>");

	offset += writer->base;
	if (offset % 8 + bits <= 64 && take(writer, path))
		put(writer, "	BITS(%d, %s, %s%s, %u, %u, %u)\n", writer->len - 1, path,
		    is_pointer ? "" : "&", record, offset / 8, offset % 8, bits);
}

static void write_type(struct writer *writer, __u32 id, const char *path, int depth, int steps);

static void write_members(struct writer *writer, const struct btf_type *type, const char *path,
			  const char *arrow, int depth, int steps);

/* The members of a member without a name are those of what it is in. */
static void write_nameless(struct writer *writer, const struct btf_type *type, __u32 i,
			   const char *path, const char *arrow, int depth, int steps)
{
	__u32 base = writer->base;

	writer->base += btf_member_bit_offset(type, i);
	write_members(writer, resolve(writer->btf, btf_members(type)[i].type), path, arrow,
		      depth + 1, steps);
	writer->base = base;
}

/* A struct in path, or one that it points to; of the latter only the first and last member. */
static void write_members(struct writer *writer, const struct btf_type *type, const char *path,
			  const char *arrow, int depth, int steps)
{
	const struct btf_member *member = btf_members(type);

	for (__u32 i = 0; i < btf_vlen(type) && depth < DEPTH_MAX; i++) {
		const char *name = btf__name_by_offset(writer->btf, member[i].name_off);
		__u32 bits = btf_member_bitfield_size(type, i);
		char inner[200];

		if (!steps && i && i + 1 < btf_vlen(type))
			continue;
		snprintf(inner, sizeof(inner), "%s%s%s", path, *name ? arrow : "", name);
		if (*name && bits && steps && !strchr(path, '.'))
			write_bits(writer, inner, path, btf_member_bit_offset(type, i), bits);
		else if (!bits && *name)
			write_type(writer, member[i].type, inner, depth + 1, steps);
		else if (!bits)
			write_nameless(writer, type, i, path, arrow, depth, steps);
	}
}

static void write_array(struct writer *writer, const struct btf_array *array, const char *path,
			int depth, int steps)
{
	char inner[220];

	for (__u32 i = 0; i<array->nelems; i += array->nelems> 1 ? array->nelems - 1 : 1) {
		snprintf(inner, sizeof(inner), "%s[%u]", path, i);
		write_type(writer, array->type, inner, depth, steps);
	}
}

static void write_pointer(struct writer *writer, const struct btf_type *type, const char *path,
			  int depth, int steps)
{
	const struct btf_type *target = type->type ? resolve(writer->btf, type->type) : type;

	write_number(writer, path);
	if (steps && btf_is_struct(target) && target->name_off && depth < DEPTH_MAX)
		write_members(writer, target, path, "->", DEPTH_MAX - 1, 0);
}

static void write_record(struct writer *writer, const struct btf_type *type, const char *path,
			 int depth, int steps)
{
	__u32 base = writer->base;

	writer->base = 0;
	write_members(writer, type, path, ".", depth, steps);
	writer->base = base;
}

static void write_type(struct writer *writer, __u32 id, const char *path, int depth, int steps)
{
	const struct btf_type *type = resolve(writer->btf, id);

	if ((btf_is_int(type) && type->size <= 8) || btf_is_any_enum(type))
		write_number(writer, path);
	else if (btf_is_ptr(type))
		write_pointer(writer, type, path, depth, steps);
	else if (btf_is_array(type))
		write_array(writer, btf_array(type), path, depth, steps);
	else if (btf_is_composite(type))
		write_record(writer, type, path, depth, steps);
}

#define HEAD                                                                               \
	"u64 v[120];\n"                                                                    \
	"#ifdef __x86_64__\n#define READ bpf_probe_read\n" /* the process's memory too */  \
	"#else\n#define READ bpf_probe_read_kernel\n#endif\n"                              \
	"#define MASK(size) (~0ull >> (64 - 8 * (size)))\n"                                \
	"#define SAME(i, x) w = 0; READ(&w, sizeof(x), &(x)); \\\n"                        \
	"	v[i] += w != ((u64)(x) & MASK(sizeof(x)));\n"                                    \
	"#define BITS(i, x, record, offset, shift, bits) w = 0; \\\n"                      \
	"	READ(&w, (shift + bits + 7) / 8, (void *)(record) + offset); \\\n"               \
	"	v[i] += (w >> shift & (1ull << bits) - 1) != ((u64)(x) & (1ull << bits) - 1);\n" \
	"RAW_TRACEPOINT_PROBE(sys_enter)\n{\n"                                             \
	"	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];\n	u64 w;\n"               \
	"	if (ctx->args[1] != NR_CLOSE || (int)PT_REGS_PARM1(regs) != MAGIC)\n"            \
	"		return 0;\n"                                                                    \
	"	struct task_struct *task = (struct task_struct *)bpf_get_current_task();\n"

static void run(struct bee *bee, const struct writer *writer)
{
	struct bee_module *mod = load(bee, writer->text);
	const uint64_t *differs = bee_var_find(mod, "v")->data;

	attach(bee, mod, 1);
	fire(FIRES);
	for (int i = 0; i < writer->len; i++)
		if (differs[i] == FIRES)
			fail_msg("%s is not what is there", writer->names[i]);
	bee_module_close(mod);
}

/* All members of a struct that is reached by start, in programs of MEMBERS_MAX. */
static int compare(struct bee *bee, const char *head, const char *name, const char *start)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct writer writer = { .btf = btf, .text_size = 128 << 10 };
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	assert_true(id > 0);
	writer.text = malloc(writer.text_size);
	do {
		writer.text_len = writer.len = writer.seen = 0;
		put(&writer, "%s%s	struct %s *at = %s;\n", head, HEAD, name, start);
		write_members(&writer, btf__type_by_id(btf, id), "at", "->", 0, 1);
		put(&writer, "	return 0;\n}\n");
		run(bee, &writer);
		writer.first += writer.len;
	} while (writer.first < writer.seen);
	free(writer.text);
	btf__free(btf);
	return writer.seen;
}

static void the_task(void **state)
{
	assert_true(compare(bee_of(state), "", "task_struct", "task") > 200);
}

/* As on kernels that have no pointers of numbers, but a typed one to the task. */
static void the_task_by_its_type(void **state)
{
	assert_true(compare(bee_of(state), "#define MOONBEE_NO_CAST 1\n", "cred", "task->cred") >
		    20);
}

static void what_it_leads_to(void **state)
{
	static const struct {
		const char *name, *start;
	} places[] = {
		// clang-format off
		{ "mm_struct",     "task->mm" },
		{ "signal_struct", "task->signal" },
		{ "files_struct",  "task->files" },
		{ "fs_struct",     "task->fs" },
		{ "nsproxy",       "task->nsproxy" },
		{ "file",          "task->mm->exe_file" },
		{ "inode",         "task->mm->exe_file->f_inode" },
		// clang-format on
	};

	for (size_t i = 0; i < LEN(places); i++)
		assert_true(compare(bee_of(state), "", places[i].name, places[i].start) > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_task),
		TEST(the_task_by_its_type),
		TEST(what_it_leads_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
