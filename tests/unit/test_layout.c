/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel types as the types stage prints them, against what clang makes of them: every record of the
 * running kernel's BTF and of its modules', and of the BTF files that the list BEE_BTF_FILES names. A
 * module's has that of its vmlinux beside it.
 *
 *   BTF ──► types stage ──► C ──► clang ──► sizes, offsets and bits in an object's sections
 *    └─────────────────────────────────────────────► compared
 */
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "internal.h"
#include "rawbtf.h"

/* How a source names the kernel's records: so that all members are shown, or just some of them. */
static const struct style {
	const char *name;
	const char *head;
	unsigned int share; /* one in so many names of members is a word; 0: none */
} styles[] = {
	{ "full", "#define PASTE(a, b) a##b\n", 0 }, /* pasted names may be any member's */
	{ "slim", "", 7 },
};

/* One number that clang is asked for: a size, an offset, or the bits of a bitfield. */
struct question {
	const char *member; /* "": the record itself */
	uint32_t expected;  /* in bits */
	uint32_t bits;      /* of a bitfield, else 0 */
	uint32_t image;     /* a bitfield: where the record's image begins in the section of bits */
};

/* One record of the kernel, which may be what a printed one stands for. */
struct group {
	const char *record;
	uint32_t size, first, len;
	bool is_other; /* another record of the name is meant, perhaps: the group before this one */
};

struct layout {
	const char *path;
	struct btf *base, *btf; /* of vmlinux, if the other is of a module */
	uint32_t first;         /* id that is not of the base */
	uint32_t *slots, room;  /* ids of records by the hash of their names */
	size_t names;           /* of records that are not the base's, each counted once */
	struct question *questions;
	struct group *groups;
	size_t questions_len, groups_len, images;
	struct bee__text offsets, fields, values; /* of the C source that asks */
};

static const char *name_of(const struct layout *layout, uint32_t offset)
{
	return btf__name_by_offset(layout->btf, offset);
}

static uint32_t hash_of(const char *text)
{
	uint32_t hash = 2166136261u;

	while (*text)
		hash = (hash ^ (unsigned char)*text++) * 16777619u;
	return hash;
}

static void index_records(struct layout *layout)
{
	uint32_t len = btf__type_cnt(layout->btf);

	layout->room = len * 2;
	layout->slots = calloc(layout->room, sizeof(*layout->slots));
	for (uint32_t id = 1; id < len; id++) {
		const struct btf_type *type = btf__type_by_id(layout->btf, id);
		uint32_t at;
		bool is_new = true;

		if (!btf_is_composite(type) || !type->name_off)
			continue;
		at = hash_of(name_of(layout, type->name_off)) % layout->room;
		for (; layout->slots[at]; at = (at + 1) % layout->room)
			is_new &= btf__type_by_id(layout->btf, layout->slots[at])->name_off !=
				  type->name_off;
		layout->slots[at] = id;
		layout->names += is_new && id >= layout->first;
	}
}

/* ---- a source that names everything ------------------------------------------------------ */

static void name_records(const struct layout *layout, const struct style *style,
			 struct bee__text *source)
{
	bee__text_printf(source, "%sint f(", style->head);
	for (uint32_t id = layout->first; id < btf__type_cnt(layout->btf); id++) {
		const struct btf_type *type = btf__type_by_id(layout->btf, id);
		const char *name = name_of(layout, type->name_off);

		if (!btf_is_composite(type))
			continue;
		if (*name)
			bee__text_printf(source, ", %s %s *p\n",
					 btf_is_struct(type) ? "struct" : "union", name);
		for (int i = 0; style->share && i < btf_vlen(type); i++) {
			name = name_of(layout, btf_members(type)[i].name_off);
			if (*name && hash_of(name) % style->share == 0)
				bee__text_printf(source, "->%s", name);
		}
	}
	bee__text_printf(source, ") { }\n");
}

/* ---- questions --------------------------------------------------------------------------- */

/* A record as it is printed. */
struct printed {
	const char *name, *body; /* "struct name {": behind the keyword; the members */
	size_t keyword_len, name_len, body_len;
};

static bool read_record(const char *line, struct printed *printed)
{
	size_t keyword = !strncmp(line, "struct ", 7) ? 7 : !strncmp(line, "union ", 6) ? 6 : 0;
	const char *end;

	printed->keyword_len = keyword;
	printed->name = line + keyword;
	printed->name_len = strcspn(printed->name, " \n");
	printed->body = printed->name + printed->name_len;
	if (!keyword || strncmp(printed->body, " {\n", 3))
		return false;
	end = strstr(printed->body, "\n}");
	printed->body_len = end - printed->body;
	return true;
}

static bool is_shown(const struct printed *printed, const char *member)
{
	const char *at = printed->body, *end = at + printed->body_len;
	size_t len = strlen(member);

	for (; (at = memmem(at, end - at, member, len)); at++)
		if (strchr(" *(", at[-1]) && strchr(";[):", at[len]))
			return true;
	return false;
}

static void ask(struct layout *layout, const struct printed *printed, struct question question)
{
	int len = printed->keyword_len + printed->name_len;
	const char *record = printed->name - printed->keyword_len;
	struct group *group = &layout->groups[layout->groups_len - 1];

	if (question.bits) {
		bee__text_printf(&layout->fields, "%.*s x%zu;\n", len, record,
				 layout->questions_len);
		bee__text_printf(&layout->values, ".x%zu.%s = -1,\n", layout->questions_len,
				 question.member);
		question.image = layout->images;
		layout->images += group->size;
	} else if (*question.member) {
		bee__text_printf(&layout->offsets, "__builtin_offsetof(%.*s, %s),\n", len, record,
				 question.member);
	} else {
		bee__text_printf(&layout->offsets, "sizeof(%.*s),\n", len, record);
	}
	layout->questions =
		reallocarray(layout->questions, layout->questions_len + 1, sizeof(question));
	layout->questions[layout->questions_len++] = question;
	group->len++;
}

/* In the full style, clang complains of a member that is not shown. */
static void ask_members(struct layout *layout, const struct printed *printed,
			const struct btf_type *type, uint32_t base, bool is_full)
{
	const struct btf_member *member = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++, member++) {
		const char *name = name_of(layout, member->name_off);
		uint32_t offset = base + btf_member_bit_offset(type, i);

		if (!*name) {
			int id = btf__resolve_type(layout->btf, member->type);
			const struct btf_type *inner = btf__type_by_id(layout->btf, id);

			if (btf_is_composite(inner))
				ask_members(layout, printed, inner, offset, is_full);
		} else if (is_full || is_shown(printed, name)) {
			ask(layout, printed,
			    (struct question){ .member = name,
					       .expected = offset,
					       .bits = btf_member_bitfield_size(type, i) });
		}
	}
}

/* Is this record printed under that name, with its id behind it perhaps? */
static bool is_name_of(const struct layout *layout, uint32_t id, const struct printed *printed)
{
	const char *name = name_of(layout, btf__type_by_id(layout->btf, id)->name_off);
	char suffixed[256];

	snprintf(suffixed, sizeof(suffixed), "%s___%" PRIu32, name, id);
	return (strlen(name) == printed->name_len &&
		!memcmp(name, printed->name, printed->name_len)) ||
	       (strlen(suffixed) == printed->name_len &&
		!memcmp(suffixed, printed->name, printed->name_len));
}

static uint32_t count_twins(const struct layout *layout, const char *name, int kind)
{
	uint32_t count = 0;

	for (uint32_t at = hash_of(name) % layout->room; layout->slots[at];
	     at = (at + 1) % layout->room) {
		const struct btf_type *type = btf__type_by_id(layout->btf, layout->slots[at]);

		count += btf_kind(type) == kind && !strcmp(name_of(layout, type->name_off), name);
	}
	return count;
}

/* All of the kernel's records of a name, or the one whose id stands behind it. */
static void ask_record(struct layout *layout, const struct printed *printed, bool is_full)
{
	const char *suffix = memmem(printed->name, printed->name_len, "___", 3);
	size_t lens[] = { printed->name_len, suffix ? (size_t)(suffix - printed->name) : 0 };
	bool is_other = false;
	char name[256];

	for (int i = 0; i < 2 && lens[i] && !is_other; i++) {
		snprintf(name, sizeof(name), "%.*s", (int)lens[i], printed->name);
		for (uint32_t at = hash_of(name) % layout->room; layout->slots[at];
		     at = (at + 1) % layout->room) {
			const struct btf_type *type =
				btf__type_by_id(layout->btf, layout->slots[at]);

			if (!is_name_of(layout, layout->slots[at], printed) ||
			    btf_is_struct(type) != (printed->keyword_len == 7))
				continue;
			layout->groups = reallocarray(layout->groups, layout->groups_len + 1,
						      sizeof(*layout->groups));
			layout->groups[layout->groups_len++] = (struct group){
				.record = name_of(layout, type->name_off),
				.size = type->size,
				.first = layout->questions_len,
				.is_other = is_other,
			};
			is_other = true;
			ask(layout, printed,
			    (struct question){ .member = "", .expected = type->size * 8 });
			ask_members(layout, printed, type, 0,
				    is_full && count_twins(layout, name, btf_kind(type)) == 1);
		}
	}
	assert_true(is_other); /* a record that the kernel does not have */
}

/* Returns the number of records in the text. */
static size_t ask_all(struct layout *layout, const char *text, bool is_full)
{
	struct printed printed;
	size_t count = 0;

	bee__text_printf(&layout->offsets, "const unsigned int all_offsets[] "
					   "__attribute__((section(\"offsets\"))) = {\n");
	bee__text_printf(&layout->fields, "const struct {\n");
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!read_record(line, &printed))
			continue;
		ask_record(layout, &printed, is_full);
		count++;
	}
	bee__text_printf(&layout->offsets, "};\n");
	bee__text_printf(&layout->fields, "} __attribute__((packed)) all_bits "
					  "__attribute__((section(\"bits\"))) = {\n");
	bee__text_printf(&layout->values, "};\n");
	return count;
}

/* ---- answers ----------------------------------------------------------------------------- */

static void compile(const struct layout *layout, const struct bee__text *header, const char *path)
{
	const struct bee__text *texts[] = { header, &layout->offsets, &layout->fields,
					    &layout->values };
	char command[256];
	FILE *pipe;

	snprintf(command, sizeof(command),
		 "clang-19 -target bpf -c -Wno-everything -x c - -o %s 2>&1 | grep -m 5 error",
		 path);
	pipe = popen(command, "w");
	assert_non_null(pipe);
	for (size_t i = 0; i < BEE_LEN(texts); i++)
		assert_int_equal(fwrite(texts[i]->data, 1, texts[i]->len, pipe), texts[i]->len);
	assert_int_equal(pclose(pipe), 256); /* grep found nothing */
}

static const void *find_section(Elf *elf, const char *name, size_t *ret_size)
{
	Elf_Scn *section = NULL;
	size_t names;

	assert_int_equal(elf_getshdrstrndx(elf, &names), 0);
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr head;
		const Elf_Data *data;

		if (!gelf_getshdr(section, &head) ||
		    strcmp(elf_strptr(elf, names, head.sh_name), name))
			continue;
		data = elf_rawdata(section, NULL);
		*ret_size = data->d_size;
		return data->d_buf;
	}
	return NULL;
}

/* The first bit that is set in a record's image, and how many there are. */
static bool has_bits(const uint8_t *image, uint32_t size, const struct question *question)
{
	uint32_t first = 0, count = 0;

	for (uint32_t bit = 0; bit < size * 8; bit++) {
		if (!(image[bit / 8] >> bit % 8 & 1))
			continue;
		first = count ? first : bit;
		count++;
	}
	return first == question->expected && count == question->bits;
}

/* Where the answers of a group begin in the section of numbers: bitfields have none there. */
static bool is_group_right(const struct layout *layout, const struct group *group,
			   const uint32_t **offset, const uint8_t *bits)
{
	bool is_right = true;

	for (uint32_t i = group->first; i < group->first + group->len; i++) {
		const struct question *question = &layout->questions[i];
		bool is_same = question->bits
				       ? has_bits(bits + question->image, group->size, question)
				       : *(*offset)++ * 8 == question->expected;

		if (!is_same && is_right && !group->is_other)
			print_message("%s.%s: not at bit %u\n", group->record, question->member,
				      question->expected);
		is_right &= is_same;
	}
	return is_right;
}

/* Returns how many records differ from what the kernel has by their names. */
static size_t compare(const struct layout *layout, Elf *elf)
{
	size_t offsets_size, bits_size = 0, failed = 0;
	const uint32_t *offset = find_section(elf, "offsets", &offsets_size);
	const uint8_t *bits = find_section(elf, "bits", &bits_size);

	assert_non_null(offset);
	assert_int_equal(bits_size, layout->images);
	for (size_t i = 0; i < layout->groups_len;) {
		const struct group *group = &layout->groups[i];
		bool is_right = false;

		do {
			is_right |= is_group_right(layout, &layout->groups[i], &offset, bits);
			i++;
		} while (i < layout->groups_len && layout->groups[i].is_other);
		if (!is_right)
			print_message("%s is printed wrongly\n", group->record);
		failed += !is_right;
	}
	return failed;
}

/* ---- cases ------------------------------------------------------------------------------- */

static void forget_questions(struct layout *layout)
{
	bee__text_free(&layout->offsets);
	bee__text_free(&layout->fields);
	bee__text_free(&layout->values);
	free(layout->questions);
	free(layout->groups);
	layout->questions = NULL;
	layout->groups = NULL;
	layout->questions_len = layout->groups_len = layout->images = 0;
}

static void check_style(struct layout *layout, struct bee *bee, const struct style *style)
{
	struct bee_load_opts opts = { .size = sizeof(opts) };
	struct bee__text source = { 0 }, header = { 0 };
	char path[] = "/tmp/bee-layout-XXXXXX";
	struct bee__file file;
	size_t count;
	Elf *elf;
	int fd;

	name_records(layout, style, &source);
	file = (struct bee__file){ .text = source.data, .size = source.len };
	assert_int_equal(
		bee__types(bee, &(struct bee__files){ .list = &file, .len = 1 }, &opts, &header),
		0);
	count = ask_all(layout, header.data, !style->share);
	print_message("%s: %zu records, %zu numbers, %s\n", style->name, count,
		      layout->questions_len, layout->path);
	assert_true(count >= layout->names);
	close(mkstemp(path));
	compile(layout, &header, path);
	elf_version(EV_CURRENT);
	fd = open(path, O_RDONLY | O_CLOEXEC); /* which clang has put in the place of the first */
	unlink(path);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	assert_int_equal(compare(layout, elf), 0);
	elf_end(elf);
	close(fd);
	bee__text_free(&source);
	bee__text_free(&header);
	forget_questions(layout);
}

static void check_layout(struct layout *layout, const char *btf_path)
{
	struct bee_opts opts = { .size = sizeof(opts), .btf = btf_path };
	struct bee *bee;

	assert_non_null(layout->btf);
	assert_int_equal(bee_open(&opts, &bee), 0);
	index_records(layout);
	for (size_t i = 0; layout->names && i < BEE_LEN(styles); i++)
		check_style(layout, bee, &styles[i]);
	free(layout->slots);
	bee_close(bee);
	btf__free(layout->btf);
	btf__free(layout->base);
}

/* Alone with its vmlinux, so that the ids are those that libbpf gives. */
static void check_module(const char *path, const char *vmlinux, const char *name)
{
	struct layout layout = { .path = path };
	char folder[] = "/tmp/bee-layout-XXXXXX", base[64], module[128];

	assert_non_null(mkdtemp(folder));
	snprintf(base, sizeof(base), "%s/vmlinux", folder);
	snprintf(module, sizeof(module), "%s/%s", folder, name);
	assert_int_equal(symlink(vmlinux, base), 0);
	assert_int_equal(symlink(path, module), 0);
	layout.base = btf__parse(vmlinux, NULL);
	assert_non_null(layout.base);
	layout.first = btf__type_cnt(layout.base);
	layout.btf = btf__parse_split(path, layout.base);
	check_layout(&layout, base);
	unlink(module);
	unlink(base);
	rmdir(folder);
}

static void check_file(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct layout layout = { .path = path, .first = 1 };
	char vmlinux[256];

	snprintf(vmlinux, sizeof(vmlinux), "%.*svmlinux", (int)(name - path), path);
	if (strcmp(name, "vmlinux") && !access(vmlinux, R_OK)) {
		check_module(path, vmlinux, name);
		return;
	}
	layout.btf = btf__parse(path, NULL);
	check_layout(&layout, path);
}

static void skip_without_clang(void)
{
	if (!system("clang-19 --version >/dev/null 2>&1"))
		return;
	print_message("no clang-19 to lay types out\n");
	skip();
}

static void records_are_as_the_kernel_has_them(void **state)
{
	skip_without_clang();
	if (access(BEE_BTF_PATH, R_OK)) {
		print_message("no BTF at %s\n", BEE_BTF_PATH);
		skip();
	}
	check_file(BEE_BTF_PATH);
}

static int check_loaded(void *ctx, const char *module, const char *file)
{
	check_file(file);
	++*(size_t *)ctx;
	return 0;
}

static void records_are_as_modules_have_them(void **state)
{
	size_t count = 0;

	skip_without_clang();
	bee__modules_each(BEE_BTF_PATH, check_loaded, &count);
	if (!count) {
		print_message("no module is loaded that has BTF: /sys/kernel/btf\n");
		skip();
	}
}

static void records_are_as_other_kernels_have_them(void **state)
{
	char *list = getenv("BEE_BTF_FILES"), *save = NULL;

	skip_without_clang();
	if (!list || !*list) {
		print_message("BEE_BTF_FILES names no BTF of another kernel\n");
		skip();
	}
	list = strdup(list);
	for (char *path = strtok_r(list, ":", &save); path; path = strtok_r(NULL, ":", &save))
		check_file(path);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_as_the_kernel_has_them),
		cmocka_unit_test(records_are_as_modules_have_them),
		cmocka_unit_test(records_are_as_other_kernels_have_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
