/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compile one case and print what became of it, by what libbpf reads in the object:
 *
 *     accepted                         or: refused EINVAL
 *     error 5:7: no such thing         diagnostics; "header.h 1:2:" where not in the case itself
 *     licence GPL
 *     program NAME SECTION
 *     map NAME KIND key 4 value 8
 *     globals .bss 8                   bytes of global variables
 *     event MAP TYPE                   what a ring or perf buffer is said to carry
 *     struct event 24: pid@0 comm@4    where the case asks with "// show: struct event"
 *     calls NAME 14 113                helpers by number, asked for with "// show: calls"
 *
 * Comments of the case are its options: "// define: N=1", "// undefine: N", "// include: FOLDER",
 * "// wish: program kprobe:vfs_read".
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <linux/bpf.h>

#include "internal.h"

enum { WORDS_MAX = 16, HELPERS_MAX = 512, PROGRAMS_MAX = 64, MAPS_MAX = 64 };

struct words {
	char *list[WORDS_MAX];
	size_t len;
};

struct options {
	struct words defines, undefines, includes, wishes, optionals, shows;
};

static void add_option(struct words *words, const char *line, const char *name)
{
	char start[32];
	size_t len = snprintf(start, sizeof(start), "// %s: ", name);

	if (!strncmp(line, start, len) && words->len < WORDS_MAX)
		words->list[words->len++] = strndup(line + len, strcspn(line + len, "\n"));
}

static void read_options(const char *text, struct options *opts)
{
	const char *line = text;

	while (line) {
		add_option(&opts->defines, line, "define");
		add_option(&opts->undefines, line, "undefine");
		add_option(&opts->includes, line, "include");
		add_option(&opts->wishes, line, "wish");
		add_option(&opts->optionals, line, "optional");
		add_option(&opts->shows, line, "show");
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
}

static void free_options(struct options *opts)
{
	struct words *all[] = { &opts->defines, &opts->undefines, &opts->includes,
				&opts->wishes,  &opts->optionals, &opts->shows };

	for (size_t i = 0; i < BEE_LEN(all); i++) {
		while (all[i]->len)
			free(all[i]->list[--all[i]->len]);
	}
}

static bool is_shown(const struct options *opts, const char *what)
{
	size_t i;

	for (i = 0; i < opts->shows.len; i++) {
		if (!strcmp(opts->shows.list[i], what))
			return true;
	}
	return false;
}

static size_t fill_wishes(struct words *words, bool optional, struct bee_wish *wishes)
{
	size_t i;

	for (i = 0; i < words->len; i++) {
		char *space = strchr(words->list[i], ' ');

		if (!space)
			continue;
		*space = 0;
		wishes[i] = (struct bee_wish){ .program = words->list[i],
					       .target = space + 1,
					       .optional = optional };
	}
	return words->len;
}

/* The name and the directory of the case's file. */
static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int compile(struct bee *bee, const char *path, const char *text, struct options *opts,
		   void **elf, size_t *elf_size)
{
	const char *name = name_of(path);
	char dir[4096];
	struct bee_wish wishes[2 * WORDS_MAX];
	struct bee_source source = {
		.size = sizeof(source),
		.name = name,
		.text = text,
		.dir = dir,
	};
	struct bee_load_opts load = {
		.size = sizeof(load),
		.defines = (const char *const *)opts->defines.list,
		.defines_len = opts->defines.len,
		.undefines = (const char *const *)opts->undefines.list,
		.undefines_len = opts->undefines.len,
		.includes = (const char *const *)opts->includes.list,
		.includes_len = opts->includes.len,
		.wishes = wishes,
	};

	snprintf(dir, sizeof(dir), "%.*s.", (int)(name - path), path);
	load.wishes_len = fill_wishes(&opts->wishes, false, wishes);
	load.wishes_len += fill_wishes(&opts->optionals, true, wishes + load.wishes_len);
	return bee_compile(bee, &source, &load, elf, elf_size);
}

static void print_diags(struct bee *bee, const char *path)
{
	static const char *const severities[] = { "note", "warning", "error" };
	const char *name = name_of(path);
	const struct bee_diag *diag;

	for (diag = bee_diag_next(bee, NULL); diag; diag = bee_diag_next(bee, diag)) {
		printf("%s ", severities[diag->severity]);
		if (strcmp(diag->file, name) && diag->file[0])
			printf("%s ", diag->file);
		printf("%u:%u: %s\n", diag->line, diag->column, diag->text);
		if (diag->hint[0])
			printf("hint %s\n", diag->hint);
	}
}

static void print_calls(const struct bpf_program *prog)
{
	const struct bpf_insn *insns = bpf_program__insns(prog);
	size_t i, len = bpf_program__insn_cnt(prog);
	bool has[HELPERS_MAX] = { 0 };

	for (i = 0; i < len; i++) {
		const struct bpf_insn *insn = &insns[i];

		if (insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg && insn->imm > 0 &&
		    insn->imm < HELPERS_MAX)
			has[insn->imm] = true;
	}
	printf("calls %s", bpf_program__name(prog));
	for (i = 0; i < HELPERS_MAX; i++) {
		if (has[i])
			printf(" %zu", i);
	}
	printf("\n");
}

static void print_struct(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;
	size_t i;

	if (!type) {
		printf("struct %s is not in the BTF\n", name);
		return;
	}
	printf("struct %s %u:", name, type->size);
	for (i = 0; i < btf_vlen(type); i++) {
		printf(" %s@%u", btf__name_by_offset(btf, btf_members(type)[i].name_off),
		       btf_member_bit_offset(type, i) / 8);
	}
	printf("\n");
}

/* The bytes of the section that the kernel takes the licence from. */
static const char *find_licence(const char *elf, size_t size)
{
	const Elf64_Ehdr *head = (const void *)elf;
	const Elf64_Shdr *sections = (const void *)(elf + head->e_shoff);
	const char *names;
	size_t i;

	if (size < sizeof(*head) || head->e_shoff + head->e_shnum * sizeof(*sections) > size)
		return "unreadable";
	names = elf + sections[head->e_shstrndx].sh_offset;
	for (i = 0; i < head->e_shnum; i++) {
		if (!strcmp(names + sections[i].sh_name, "license"))
			return elf + sections[i].sh_offset;
	}
	return "missing";
}

static int compare_programs(const void *a, const void *b)
{
	return strcmp(bpf_program__name(*(struct bpf_program *const *)a),
		      bpf_program__name(*(struct bpf_program *const *)b));
}

/* By name: their order in the object means nothing. */
static void print_programs(struct bpf_object *obj, const struct options *opts)
{
	struct bpf_program *progs[PROGRAMS_MAX], *prog;
	size_t len = 0;

	bpf_object__for_each_program(prog, obj) {
		if (len < PROGRAMS_MAX)
			progs[len++] = prog;
	}
	qsort(progs, len, sizeof(progs[0]), compare_programs);
	for (size_t i = 0; i < len; i++) {
		printf("program %s %s\n", bpf_program__name(progs[i]),
		       bpf_program__section_name(progs[i]));
		if (is_shown(opts, "calls"))
			print_calls(progs[i]);
	}
}

static int compare_maps(const void *a, const void *b)
{
	return strcmp(bpf_map__name(*(struct bpf_map *const *)a),
		      bpf_map__name(*(struct bpf_map *const *)b));
}

static void print_maps(struct bpf_object *obj)
{
	static const char *const globals[] = { ".rodata", ".data", ".bss" };
	struct bpf_map *maps[MAPS_MAX], *map;
	size_t len = 0;

	bpf_object__for_each_map(map, obj) {
		if (len < MAPS_MAX && !bpf_map__is_internal(map))
			maps[len++] = map;
	}
	qsort(maps, len, sizeof(maps[0]), compare_maps);
	for (size_t i = 0; i < len; i++)
		printf("map %s %s key %u value %u\n", bpf_map__name(maps[i]),
		       libbpf_bpf_map_type_str(bpf_map__type(maps[i])), bpf_map__key_size(maps[i]),
		       bpf_map__value_size(maps[i]));
	/* libbpf puts a piece of the object's name before these; .rodata.str1.1 and such are clang's. */
	for (size_t i = 0; i < BEE_LEN(globals); i++) {
		bpf_object__for_each_map(map, obj) {
			const char *dot = strchr(bpf_map__name(map), '.');

			if (bpf_map__is_internal(map) && dot && !strcmp(dot, globals[i]))
				printf("globals %s %u\n", dot, bpf_map__value_size(map));
		}
	}
}

/* What the maps' events are said to be, by moonbee's own reading of the object, which takes elf. */
static int print_events(struct bee *bee, void *elf, size_t size)
{
	const struct bee_load_opts nothing = { .size = sizeof(nothing) };
	struct bee_module *mod;
	int err = bee__object_open(bee, elf, size, &nothing, &mod);

	if (err)
		return err;
	for (size_t i = 0; i < mod->maps_len; i++) {
		if (mod->maps[i].event)
			printf("event %s %s\n", bee_map_name(&mod->maps[i]),
			       mod->maps[i].event->name);
	}
	bee_module_close(mod);
	return 0;
}

static int print_object(struct bee *bee, void *elf, size_t size, const struct options *opts)
{
	struct bpf_object *obj = bpf_object__open_mem(elf, size, NULL);
	const struct btf *btf = obj ? bpf_object__btf(obj) : NULL;

	if (!obj)
		return -errno;
	printf("licence %s\n", find_licence(elf, size));
	print_programs(obj, opts);
	print_maps(obj);
	for (size_t i = 0; btf && i < opts->shows.len; i++) {
		if (!strncmp(opts->shows.list[i], "struct ", 7))
			print_struct(btf, opts->shows.list[i] + 7);
	}
	bpf_object__close(obj);
	return print_events(bee, elf, size);
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

int main(int argc, char **argv)
{
	struct options opts = { 0 };
	struct bee *bee;
	size_t size, elf_size;
	char *text;
	void *elf = NULL;
	int err;

	libbpf_set_print(print_nothing);
	if (argc != 2 || bee__read_file(argv[1], &text, &size) || bee_open(NULL, &bee)) {
		fprintf(stderr, "usage: compile_case FILE\n");
		return 2;
	}
	read_options(text, &opts);
	err = compile(bee, argv[1], text, &opts, &elf, &elf_size);
	printf("%s%s\n", err ? "refused " : "accepted", err ? strerrorname_np(-err) : "");
	print_diags(bee, argv[1]);
	if (!err) {
		err = print_object(bee, elf, elf_size, &opts);
		if (err)
			printf("cannot be opened: %s\n", strerrorname_np(-err));
	}
	bee_close(bee);
	free_options(&opts);
	free(text);
	return 0;
}
