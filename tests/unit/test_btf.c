/* SPDX-License-Identifier: Apache-2.0 */
/* BTF files: what is told of broken ones, and modules' BTF, made by libbpf upon a vmlinux's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "internal.h"
#include "rawbtf.h"

struct fixture {
	char folder[64];
	struct btf *vmlinux, *wifi, *disk;
	int u32;
	struct bee *bee;
	struct bee__text header;
};

/* struct of one member by the name */
static int add_record(struct btf *btf, const char *name, const char *member, int type)
{
	int id = btf__add_struct(btf, name, btf__resolve_size(btf, type));

	btf__add_field(btf, member, type, 0, 0);
	return id;
}

/*
 * vmlinux: u32; struct device { u32 id; }; a declaration of struct queue
 * wifi:    struct queue { u32 depth; }; struct radio { struct device *dev; struct queue *queue; };
 *          enum band { LOW = 1, HIGH = 5 }; typedef struct queue queue_t;
 * disk:    struct queue { u64 sectors; }; struct disk { struct queue *queue; u32 id; }
 */
static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	int device, queue;

	*state = fix;
	strcpy(fix->folder, "/tmp/bee-btf-XXXXXX");
	assert_non_null(mkdtemp(fix->folder));
	fix->vmlinux = btf__new_empty();
	fix->u32 = btf__add_typedef(fix->vmlinux, "u32",
				    btf__add_int(fix->vmlinux, "unsigned int", 4, 0));
	device = add_record(fix->vmlinux, "device", "id", fix->u32);
	btf__add_fwd(fix->vmlinux, "queue", BTF_FWD_STRUCT);

	fix->wifi = btf__new_empty_split(fix->vmlinux);
	queue = add_record(fix->wifi, "queue", "depth", fix->u32);
	btf__add_ptr(fix->wifi, device);
	btf__add_ptr(fix->wifi, queue);
	btf__add_struct(fix->wifi, "radio", 16);
	btf__add_field(fix->wifi, "dev", queue + 1, 0, 0);
	btf__add_field(fix->wifi, "queue", queue + 2, 64, 0);
	btf__add_enum(fix->wifi, "band", 4);
	btf__add_enum_value(fix->wifi, "LOW", 1);
	btf__add_enum_value(fix->wifi, "HIGH", 5);
	btf__add_typedef(fix->wifi, "queue_t", queue);

	fix->disk = btf__new_empty_split(fix->vmlinux);
	queue = add_record(fix->disk, "queue", "sectors",
			   btf__add_int(fix->disk, "long long unsigned int", 8, 0));
	btf__add_ptr(fix->disk, queue);
	btf__add_struct(fix->disk, "disk", 16);
	btf__add_field(fix->disk, "queue", queue + 1, 0, 0);
	btf__add_field(fix->disk, "id", fix->u32, 64, 0);
	return 0;
}

static const char *path_of(const struct fixture *fix, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", fix->folder, name);
	return path;
}

static int teardown(void **state)
{
	static const char *const names[] = { "vmlinux",
					     "wifi",
					     "disk",
					     "zero",
					     "other",
					     "modules.dep",
					     "radio-core.ko",
					     "radio-core.ko.gz",
					     "radio-core.ko.xz",
					     "radio-core.ko.zst",
					     "disk.ko",
					     "net80.ko",
					     "modules.symbols" };
	struct fixture *fix = *state;

	for (size_t i = 0; i < BEE_LEN(names); i++)
		unlink(path_of(fix, names[i]));
	rmdir(fix->folder);
	btf__free(fix->disk);
	btf__free(fix->wifi);
	btf__free(fix->vmlinux);
	bee__text_free(&fix->header);
	bee_close(fix->bee);
	free(fix);
	return 0;
}

static void write_bytes(const struct fixture *fix, const char *name, const void *data, size_t size)
{
	FILE *out = fopen(path_of(fix, name), "w");

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	fclose(out);
}

static void write_btf(const struct fixture *fix, const char *name, const struct btf *btf)
{
	uint32_t size;
	const void *data = btf__raw_data(btf, &size);

	write_bytes(fix, name, data, size);
}

static int try_make(struct fixture *fix, const char *name, const char *source)
{
	struct bee_opts opts = { .size = sizeof(opts), .btf = path_of(fix, name) };
	struct bee_load_opts load = { .size = sizeof(load) };
	struct bee__file file = { .text = (char *)source, .size = strlen(source) };

	bee_close(fix->bee);
	assert_int_equal(bee_open(&opts, &fix->bee), 0);
	bee__text_free(&fix->header);
	return bee__types(fix->bee, &(struct bee__files){ .list = &file, .len = 1 }, &load,
			  &fix->header);
}

static const char *make(struct fixture *fix, const char *source)
{
	write_btf(fix, "vmlinux", fix->vmlinux);
	assert_int_equal(try_make(fix, "vmlinux", source), 0);
	return fix->header.data;
}

#define assert_has(text, part)   assert_non_null(strstr(text, part))
#define assert_lacks(text, part) assert_null(strstr(text, part))

/* ---- modules ----------------------------------------------------------------------------- */

static void a_modules_type_is_found(void **state)
{
	struct fixture *fix = *state;
	const char *header;

	write_btf(fix, "wifi", fix->wifi);
	header = make(fix, "int f(struct radio *r, queue_t *q)"
			   "{ return r->dev->id + r->queue->depth + HIGH; }");
	assert_has(header, "struct device {\n\tu32 id;\n};\n");
	assert_has(header, "struct queue {\n\tu32 depth;\n};\n");
	assert_has(header, "struct radio {\n\tstruct device *dev;\n\tstruct queue *queue;\n};\n");
	assert_has(header, "enum band { HIGH = 5, };\n");
	assert_has(header, "typedef struct queue queue_t;\n");
}

static void two_modules_keep_their_types_apart(void **state)
{
	struct fixture *fix = *state;
	const char *header;

	write_btf(fix, "wifi", fix->wifi);
	write_btf(fix, "disk", fix->disk);
	header = make(fix, "int f(struct radio *r, struct disk *d)"
			   "{ return r->queue->depth + d->queue->sectors + d->id; }");
	assert_has(header, "struct disk {\n\tstruct queue *queue;\n\tu32 id;\n};\n");
	assert_has(header, "struct queue {\n\tlong long unsigned int sectors;\n};\n");
	/* Whichever is first keeps the name; the other one has its number behind it. */
	assert_has(header, "\tstruct queue___");
	assert_has(header, " {\n\tu32 depth;\n};\n");
}

static void modules_are_left_alone_when_vmlinux_has_all(void **state)
{
	struct fixture *fix = *state;
	const char *header;

	write_btf(fix, "wifi", fix->wifi);
	header = make(fix, "struct queue { int mine; }; int f(struct device *d, struct queue *q)"
			   "{ return d->id + q->mine + HIGH; }");
	assert_lacks(header, "HIGH");
	/* And so they are where the file is not one of a folder of them. */
	write_btf(fix, "other", fix->vmlinux);
	assert_int_equal(try_make(fix, "other", "struct radio *r;"), 0);
	assert_lacks(fix->header.data, "radio");
}

static void broken_modules_are_passed_over(void **state)
{
	struct fixture *fix = *state;
	uint32_t size;
	const char *data = btf__raw_data(fix->wifi, &size);

	for (uint32_t i = 0; i < size; i++) {
		char *copy = malloc(size);

		memcpy(copy, data, size);
		copy[i] ^= 0x55;
		write_bytes(fix, "wifi", copy, size);
		make(fix, "int f(struct radio *r) { return r->queue->depth; }");
		write_bytes(fix, "wifi", data, i);
		make(fix, "int f(struct radio *r) { return r->queue->depth; }");
		free(copy);
	}
}

/* ---- modules that are not loaded --------------------------------------------------------- */

/* A module's file, as its build makes it and a distribution packs it. */
static void write_module(const struct fixture *fix, const char *name, const char *btf,
			 const char *pack)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "cd %s && objcopy -I binary -O elf64-x86-64 %s %s"
		 " && objcopy --add-section .BTF=%s %s && rm %s && %s",
		 fix->folder, btf, name, btf, name, btf, pack);
	assert_int_equal(system(command), 0);
}

static void list_modules(const struct fixture *fix, const char *list)
{
	write_bytes(fix, "modules.dep", list, strlen(list));
}

static void skip_without(const char *tool)
{
	char command[64];

	snprintf(command, sizeof(command), "%s --version >/dev/null 2>&1", tool);
	if (system(command)) {
		print_message("no %s\n", tool);
		skip();
	}
}

static const char a_radio[] = "int f(struct radio *r, queue_t *q)"
			      "{ return r->dev->id + r->queue->depth + HIGH; }";

static void check_packed(struct fixture *fix, const char *tool, const char *list, const char *pack)
{
	const char *header;

	skip_without("objcopy");
	skip_without(tool);
	write_btf(fix, "wifi", fix->wifi);
	write_module(fix, "radio-core.ko", "wifi", pack);
	list_modules(fix, list);
	header = make(fix, a_radio);
	assert_null(bee_diag_next(fix->bee, NULL));
	assert_has(header, "struct device {\n\tu32 id;\n};\n");
	assert_has(header, "struct queue {\n\tu32 depth;\n};\n");
	assert_has(header, "struct radio {\n\tstruct device *dev;\n\tstruct queue *queue;\n};\n");
	assert_has(header, "enum band { HIGH = 5, };\n");
}

static void a_file_of_a_module_is_read(void **state)
{
	check_packed(*state, "objcopy", "disk.ko:\nradio-core.ko: disk.ko\n", ":");
}

static void files_are_unpacked_by_gzip(void **state)
{
	check_packed(*state, "gzip", "radio-core.ko.gz:\n", "gzip radio-core.ko");
}

static void files_are_unpacked_by_xz(void **state)
{
	check_packed(*state, "xz", "radio-core.ko.xz:\n",
		     "xz --check=crc32 --lzma2=dict=1MiB radio-core.ko");
}

static void files_are_unpacked_by_zstd(void **state)
{
	/* From a pipe, so that the size is not told. */
	check_packed(*state, "zstd", "radio-core.ko.zst:\n",
		     "zstd -q <radio-core.ko >radio-core.ko.zst && rm radio-core.ko");
}

/* Names of both have "queue", whose file comes first and does not have what is asked for. */
static void only_what_is_wanted_is_joined(void **state)
{
	struct fixture *fix = *state;
	const char *header;

	skip_without("objcopy");
	write_btf(fix, "wifi", fix->wifi);
	write_module(fix, "radio-core.ko", "wifi", ":");
	write_btf(fix, "disk", fix->disk);
	write_module(fix, "disk.ko", "disk", ":");
	list_modules(fix, "disk.ko:\nradio-core.ko:\n");
	header = make(fix,
		      "int f(struct radio *r, struct disk_radio *d) { return r->queue->depth; }");
	assert_has(header, "struct queue {\n\tu32 depth;\n};\n");
	assert_lacks(header, "sectors");
}

/* Nothing in the name of struct radio is the module's: what else the source names is. */
static void functions_and_headers_tell_the_module(void **state)
{
	static const char symbols[] = "# Aliases\nalias symbol:send_wave net80\n";
	static const char *const sources[] = {
		"int kprobe__net80_open(void *ctx, struct radio *r) { return r->dev->id; }",
		"SEC(\"fentry/net80_open\") int f(struct radio *r) { return r->dev->id; }",
		"#include <linux/net80.h>\nint f(struct radio *r) { return r->dev->id; }",
		"int kprobe__send_wave(void *ctx, struct radio *r) { return r->dev->id; }",
	};
	struct fixture *fix = *state;

	skip_without("objcopy");
	write_btf(fix, "wifi", fix->wifi);
	write_module(fix, "net80.ko", "wifi", ":");
	list_modules(fix, "net80.ko:\n");
	write_bytes(fix, "modules.symbols", symbols, sizeof(symbols) - 1);
	for (size_t i = 0; i < BEE_LEN(sources); i++)
		assert_has(make(fix, sources[i]), "struct radio {\n");
	assert_lacks(make(fix, "int kprobe__send(void *ctx, struct radio *r) { return 0; }"),
		     "struct radio {\n");
}

static void a_file_of_another_build_is_told(void **state)
{
	struct fixture *fix = *state;
	const struct bee_diag *diag;

	skip_without("objcopy");
	write_btf(fix, "wifi", fix->wifi);
	write_module(fix, "radio-core.ko", "wifi", "mv radio-core.ko disk.ko");
	list_modules(fix, "disk.ko:\n");
	btf__add_typedef(fix->vmlinux, "a_new_name", fix->u32);
	make(fix, "int f(struct disk_radio *r) { return 0; }");
	diag = bee_diag_next(fix->bee, NULL);
	assert_non_null(diag);
	assert_int_equal(diag->severity, BEE_WARNING);
	assert_has(diag->text, "module disk");
	assert_has(diag->text, "does not fit");
}

static void damaged_files_of_modules_are_passed_over(void **state)
{
	static const char *const tools[] = { "objcopy", "gzip", "xz", "zstd" };
	static const char *const packs[] = { ":", "gzip radio-core.ko", "xz radio-core.ko",
					     "zstd -q --rm radio-core.ko" };
	static const char *const files[] = { "radio-core.ko", "radio-core.ko.gz",
					     "radio-core.ko.xz", "radio-core.ko.zst" };
	struct fixture *fix = *state;
	char *data, list[64];
	size_t size;

	for (size_t i = 0; i < BEE_LEN(files); i++) {
		skip_without(tools[i]);
		write_btf(fix, "wifi", fix->wifi);
		write_module(fix, "radio-core.ko", "wifi", packs[i]);
		snprintf(list, sizeof(list), "%s:\n", files[i]);
		list_modules(fix, list);
		assert_int_equal(bee__read_file(path_of(fix, files[i]), &data, &size), 0);
		for (size_t at = 0; at < size; at += 3) {
			data[at] ^= 0x55;
			write_bytes(fix, files[i], data, size);
			make(fix, a_radio);
			data[at] ^= 0x55;
			write_bytes(fix, files[i], data, at);
			make(fix, a_radio);
			assert_lacks(fix->header.data, "struct radio {");
		}
		free(data);
		unlink(path_of(fix, files[i]));
	}
}

/* ---- files that are none ------------------------------------------------------------------ */

static void assert_told(struct fixture *fix, const char *name, int err, const char *text)
{
	const struct bee_diag *diag;

	assert_int_equal(try_make(fix, name, "struct device *d;"), err);
	diag = bee_diag_next(fix->bee, NULL);
	assert_int_equal(diag->stage, BEE_STAGE_TYPES);
	assert_has(diag->text, path_of(fix, name));
	assert_has(diag->text, text);
}

static void what_is_wrong_with_a_file_is_told(void **state)
{
	struct fixture *fix = *state;
	uint32_t size;
	const char *data = btf__raw_data(fix->vmlinux, &size);
	char garbage[64];

	assert_told(fix, "vmlinux", -ENOENT, "No such file");
	write_bytes(fix, "zero", "", 0);
	assert_told(fix, "zero", -EINVAL, "not BTF");
	memset(garbage, 'x', sizeof(garbage));
	write_bytes(fix, "zero", garbage, sizeof(garbage));
	assert_told(fix, "zero", -EINVAL, "not BTF");
	write_bytes(fix, "vmlinux", data, size - 1);
	assert_told(fix, "vmlinux", -EINVAL, "cut short");
	write_bytes(fix, "vmlinux", data, 8);
	assert_told(fix, "vmlinux", -EINVAL, "cut short");
	write_btf(fix, "wifi", fix->wifi);
	assert_told(fix, "wifi", -EINVAL, "of a module");
	assert_has(bee_diag_next(fix->bee, NULL)->hint, "give its vmlinux");
	assert_int_equal(btf__set_endianness(fix->vmlinux, BTF_BIG_ENDIAN), 0);
	write_btf(fix, "vmlinux", fix->vmlinux);
	assert_told(fix, "vmlinux", -EINVAL, "other byte order");
	btf__set_endianness(fix->vmlinux, BTF_LITTLE_ENDIAN);
}

static void an_elf_file_gives_its_btf(void **state)
{
	struct fixture *fix = *state;
	char command[512];

	write_btf(fix, "other", fix->vmlinux);
	snprintf(command, sizeof(command),
		 "cd %s && objcopy -I binary -O elf64-x86-64 other vmlinux"
		 " && objcopy --add-section .BTF=other vmlinux",
		 fix->folder);
	skip_without("objcopy");
	assert_int_equal(system(command), 0);
	assert_int_equal(try_make(fix, "vmlinux", "int f(struct device *d) { return d->id; }"), 0);
	assert_has(fix->header.data, "struct device {\n\tu32 id;\n};\n");
	assert_int_equal(truncate(path_of(fix, "vmlinux"), 100), 0);
	assert_true(try_make(fix, "vmlinux", "struct device *d;") < 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_modules_type_is_found),
		CASE(two_modules_keep_their_types_apart),
		CASE(modules_are_left_alone_when_vmlinux_has_all),
		CASE(broken_modules_are_passed_over),
		CASE(a_file_of_a_module_is_read),
		CASE(files_are_unpacked_by_gzip),
		CASE(files_are_unpacked_by_xz),
		CASE(files_are_unpacked_by_zstd),
		CASE(only_what_is_wanted_is_joined),
		CASE(functions_and_headers_tell_the_module),
		CASE(a_file_of_another_build_is_told),
		CASE(damaged_files_of_modules_are_passed_over),
		CASE(what_is_wrong_with_a_file_is_told),
		CASE(an_elf_file_gives_its_btf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
