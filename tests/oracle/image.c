/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images from ELF objects. libbpf tells the maps and the programs; it puts addresses into the
 * instructions only when it loads, so that is done here: all code becomes one array, in which calls
 * are relative and 64-bit constants name maps and data by their index.
 */
#include <elf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "oracle.h"

#define R_BPF_64_64 1
#define R_BPF_64_32 10

struct elf {
	const uint8_t *bytes;
	const Elf64_Shdr *sections;
	size_t sections_len;
	const char *names;
	const Elf64_Sym *symbols;
	size_t symbols_len;
	const char *symbol_names;
	size_t *code_at; /* where a section's code starts in the image */
};

void oracle_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("oracle: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

void *oracle_alloc(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (!memory)
		oracle_die("out of memory");
	return memory;
}

void *oracle_grow(void *list, size_t elem_size, size_t len)
{
	/* Powers of two, so that the list moves rarely. */
	if (!(len & (len - 1))) {
		list = realloc(list, elem_size * (len ? len * 2 : 1));
		if (!list)
			oracle_die("out of memory");
	}
	memset((char *)list + elem_size * len, 0, elem_size);
	return list;
}

/* ---- sections ---------------------------------------------------------------------------- */

static const char *section_name(const struct elf *elf, size_t index)
{
	return elf->names + elf->sections[index].sh_name;
}

static bool is_code(const struct elf *elf, size_t index)
{
	const Elf64_Shdr *section = &elf->sections[index];

	return section->sh_type == SHT_PROGBITS && section->sh_flags & SHF_EXECINSTR;
}

static bool is_data(const struct elf *elf, size_t index)
{
	static const char *const prefixes[] = { ".rodata", ".data", ".bss", ".kconfig" };

	for (size_t i = 0; i < ORACLE_LEN(prefixes); i++) {
		if (!strncmp(section_name(elf, index), prefixes[i], strlen(prefixes[i])))
			return elf->sections[index].sh_type == SHT_PROGBITS ||
			       elf->sections[index].sh_type == SHT_NOBITS;
	}
	return false;
}

static void open_elf(const void *bytes, size_t size, struct elf *elf)
{
	const Elf64_Ehdr *head = bytes;

	if (size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) ||
	    head->e_machine != EM_BPF || head->e_shoff >= size)
		oracle_die("not a BPF object");
	*elf = (struct elf){ .bytes = bytes, .sections_len = head->e_shnum };
	elf->sections = (const void *)(elf->bytes + head->e_shoff);
	elf->names = (const char *)elf->bytes + elf->sections[head->e_shstrndx].sh_offset;
	elf->code_at = oracle_alloc(elf->sections_len * sizeof(*elf->code_at));
	for (size_t i = 0; i < elf->sections_len; i++) {
		const Elf64_Shdr *section = &elf->sections[i];

		if (section->sh_type != SHT_SYMTAB)
			continue;
		elf->symbols = (const void *)(elf->bytes + section->sh_offset);
		elf->symbols_len = section->sh_size / sizeof(*elf->symbols);
		elf->symbol_names =
			(const char *)elf->bytes + elf->sections[section->sh_link].sh_offset;
	}
}

static void read_code(const struct elf *elf, size_t index, struct oracle_image *image)
{
	const struct bpf_insn *insns = (const void *)(elf->bytes + elf->sections[index].sh_offset);
	size_t len = elf->sections[index].sh_size / sizeof(*insns);

	elf->code_at[index] = image->insns_len;
	for (size_t i = 0; i < len; i++)
		*oracle_add(image->insns, image->insns_len) = insns[i];
}

static void read_data(const struct elf *elf, size_t index, struct oracle_image *image)
{
	const Elf64_Shdr *section = &elf->sections[index];
	struct oracle_data *data = oracle_add(image->data, image->data_len);

	data->section = index;
	data->size = section->sh_size;
	data->bytes = oracle_alloc(data->size);
	data->is_const = !(section->sh_flags & SHF_WRITE);
	if (section->sh_type == SHT_PROGBITS)
		memcpy(data->bytes, elf->bytes + section->sh_offset, data->size);
}

static size_t data_of(const struct oracle_image *image, size_t section)
{
	for (size_t i = 0; i < image->data_len; i++) {
		if (image->data[i].section == section)
			return i;
	}
	return SIZE_MAX;
}

static void read_symbol(const struct elf *elf, const Elf64_Sym *symbol, struct oracle_image *image)
{
	const char *name = elf->symbol_names + symbol->st_name;

	if (symbol->st_shndx >= elf->sections_len)
		return;
	if (ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && is_code(elf, symbol->st_shndx) &&
	    strcmp(section_name(elf, symbol->st_shndx), ".text")) {
		struct oracle_program *prog = oracle_add(image->programs, image->programs_len);

		prog->name = strdup(name);
		prog->section = strdup(section_name(elf, symbol->st_shndx));
		prog->start = elf->code_at[symbol->st_shndx] + symbol->st_value / 8;
	}
	if (ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT && is_data(elf, symbol->st_shndx)) {
		struct oracle_variable *var = oracle_add(image->variables, image->variables_len);

		var->name = strdup(name);
		var->data = data_of(image, symbol->st_shndx);
		var->offset = symbol->st_value;
		var->size = symbol->st_size;
	}
}

/* ---- maps -------------------------------------------------------------------------------- */

static void read_map(const struct bpf_map *from, struct oracle_map *map)
{
	map->name = strdup(bpf_map__name(from));
	map->kind = bpf_map__type(from);
	map->key_size = bpf_map__key_size(from);
	map->value_size = bpf_map__value_size(from);
	map->max_entries = bpf_map__max_entries(from);
}

static void read_maps(const struct elf *elf, size_t size, struct oracle_image *image)
{
	struct bpf_object *obj = bpf_object__open_mem(elf->bytes, size, NULL);
	struct bpf_map *map, *inner;

	if (!obj)
		oracle_die("libbpf cannot open the object");
	bpf_object__for_each_map(map, obj) {
		struct oracle_map *to;

		if (bpf_map__is_internal(map))
			continue;
		to = oracle_add(image->maps, image->maps_len);
		read_map(map, to);
		inner = bpf_map__inner_map(map);
		if (inner) {
			to->inner = oracle_alloc(sizeof(*to->inner));
			read_map(inner, to->inner);
		}
	}
	bpf_object__close(obj);
}

static size_t find_map(const struct oracle_image *image, const char *name)
{
	for (size_t i = 0; i < image->maps_len; i++) {
		if (!strcmp(image->maps[i].name, name))
			return i;
	}
	oracle_die("no map '%s'", name);
}

/* ---- relocations ------------------------------------------------------------------------- */

static void relocate_call(const struct elf *elf, const Elf64_Sym *symbol, size_t at,
			  struct oracle_image *image)
{
	struct bpf_insn *insn = &image->insns[at];
	size_t target;

	if (symbol->st_shndx >= elf->sections_len || !is_code(elf, symbol->st_shndx))
		oracle_die("a call of '%s', which is not in the object",
			   elf->symbol_names + symbol->st_name);
	target = elf->code_at[symbol->st_shndx] + symbol->st_value / 8;
	/* Against a section, the instruction says how far into it; against a function it says -1. */
	target += insn->imm + 1;
	insn->imm = target - at - 1;
}

static void relocate_constant(const struct elf *elf, const Elf64_Sym *symbol, size_t at,
			      struct oracle_image *image)
{
	struct bpf_insn *insn = &image->insns[at];
	size_t section = symbol->st_shndx, offset = symbol->st_value + (uint32_t)insn->imm;

	if (section >= elf->sections_len || section == SHN_UNDEF) {
		insn[0].imm = insn[1].imm = 0; /* a weak symbol that is not there */
	} else if (is_code(elf, section)) {
		insn->src_reg = ORACLE_CODE;
		insn->imm = elf->code_at[section] + offset / 8;
	} else if (is_data(elf, section)) {
		insn->src_reg = ORACLE_DATA;
		insn[0].imm = data_of(image, section);
		insn[1].imm = offset;
	} else {
		insn->src_reg = ORACLE_MAP;
		insn[0].imm = find_map(image, elf->symbol_names + symbol->st_name);
		insn[1].imm = 0;
	}
}

static void relocate(const struct elf *elf, size_t index, struct oracle_image *image)
{
	const Elf64_Shdr *section = &elf->sections[index];
	const Elf64_Rel *rels = (const void *)(elf->bytes + section->sh_offset);
	size_t len = section->sh_size / sizeof(*rels);

	for (size_t i = 0; i < len; i++) {
		const Elf64_Sym *symbol = &elf->symbols[ELF64_R_SYM(rels[i].r_info)];
		size_t at = elf->code_at[section->sh_info] + rels[i].r_offset / 8;

		if (ELF64_R_TYPE(rels[i].r_info) == R_BPF_64_32)
			relocate_call(elf, symbol, at, image);
		else if (ELF64_R_TYPE(rels[i].r_info) == R_BPF_64_64)
			relocate_constant(elf, symbol, at, image);
	}
}

void oracle_read_elf(const void *bytes, size_t size, struct oracle_image *image)
{
	struct elf elf;

	open_elf(bytes, size, &elf);
	*image = (struct oracle_image){ 0 };
	for (size_t i = 0; i < elf.sections_len; i++) {
		if (is_code(&elf, i))
			read_code(&elf, i, image);
		else if (is_data(&elf, i))
			read_data(&elf, i, image);
	}
	for (size_t i = 0; i < elf.symbols_len; i++)
		read_symbol(&elf, &elf.symbols[i], image);
	read_maps(&elf, size, image);
	for (size_t i = 0; i < elf.sections_len; i++) {
		if (elf.sections[i].sh_type == SHT_REL && is_code(&elf, elf.sections[i].sh_info))
			relocate(&elf, i, image);
	}
	free(elf.code_at);
}

static void free_map(struct oracle_map *map)
{
	if (map->inner)
		free_map(map->inner);
	free(map->inner);
	free(map->name);
}

void oracle_free_image(struct oracle_image *image)
{
	for (size_t i = 0; i < image->maps_len; i++)
		free_map(&image->maps[i]);
	for (size_t i = 0; i < image->programs_len; i++) {
		free(image->programs[i].name);
		free(image->programs[i].section);
	}
	for (size_t i = 0; i < image->data_len; i++)
		free(image->data[i].bytes);
	for (size_t i = 0; i < image->variables_len; i++)
		free(image->variables[i].name);
	free(image->insns);
	free(image->maps);
	free(image->programs);
	free(image->data);
	free(image->variables);
}
