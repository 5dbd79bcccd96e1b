// SPDX-License-Identifier: Apache-2.0
/* The functions of an ELF object: symbols say where they are, relocations what they refer to. */
#include <gelf.h>
#include <libelf.h>
#include <linux/bpf.h>

#include <bpf/btf.h>

#include "disasm.h"
#include "lines.h"

struct object {
	Elf *elf;
	size_t names; /* section of the sections' names */
	Elf_Data *symbols;
	size_t symbols_len, symbol_names;
	struct btf *btf;
	const char *lines; /* .BTF.ext, whole */
	size_t lines_size;
	struct code *codes; /* as the disassembly's functions */
};

/* Where a function's section is, for its relocations and lines. */
struct code {
	size_t section;
	const char *section_name;
};

static const char *section_name(const struct object *object, Elf_Scn *section)
{
	GElf_Shdr head;
	const char *name = NULL;

	if (section && gelf_getshdr(section, &head))
		name = elf_strptr(object->elf, object->names, head.sh_name);
	return name ? name : "";
}

static const char *section_name_at(const struct object *object, size_t index)
{
	return section_name(object, elf_getscn(object->elf, index));
}

static const char *symbol_name(const struct object *object, const GElf_Sym *symbol)
{
	const char *name = elf_strptr(object->elf, object->symbol_names, symbol->st_name);

	return name ? name : "";
}

static int find_symbols(struct object *object)
{
	Elf_Scn *section = NULL;
	GElf_Shdr head;

	/* Of an object that is cut short the header alone is left, and speaks of sections. */
	if (elf_getshdrstrndx(object->elf, &object->names) ||
	    (object->names && !elf_getscn(object->elf, object->names)))
		return -EINVAL;
	while ((section = elf_nextscn(object->elf, section))) {
		if (!gelf_getshdr(section, &head))
			return -EINVAL;
		if (head.sh_type != SHT_SYMTAB)
			continue;
		object->symbols = elf_getdata(section, NULL);
		object->symbols_len = head.sh_entsize ? head.sh_size / head.sh_entsize : 0;
		object->symbol_names = head.sh_link;
	}
	return 0;
}

/* ---- lines: .BTF.ext ---------------------------------------------------------------------- */

/* A function that takes its lines. */
struct taker {
	const struct object *object;
	const char *section;
	struct bee__function *fn;
};

static int add_line(void *ctx, const char *section, const struct bpf_line_info *info)
{
	const struct taker *taker = ctx;
	const struct btf *btf = taker->object->btf;
	const char *file = btf__name_by_offset(btf, info->file_name_off);
	const char *source = btf__name_by_offset(btf, info->line_off);
	struct bee__function *fn = taker->fn;

	if (strcmp(section, taker->section) != 0 || info->insn_off < fn->start ||
	    info->insn_off >= fn->start + fn->size)
		return 0;
	return bee__disasm_line(fn, &(struct bee__line){
					    .offset = info->insn_off - fn->start,
					    .file = file ? file : "",
					    .source = source ? source : "",
					    .line = BPF_LINE_INFO_LINE_NUM(info->line_col),
					    .column = BPF_LINE_INFO_LINE_COL(info->line_col),
				    });
}

/* ---- functions ---------------------------------------------------------------------------- */

static int add_function(struct bee__disasm *dis, size_t index, const char *name, Elf_Data *data,
			uint64_t start, uint64_t size)
{
	struct object *object = dis->owner;
	struct code *codes = realloc(object->codes, (dis->len + 1) * sizeof(*codes));
	const char *section = section_name_at(object, index);
	struct bee__function *fn;

	if (!codes)
		return -ENOMEM;
	object->codes = codes;
	codes[dis->len] = (struct code){ index, section };
	fn = bee__disasm_add(dis, name, (const char *)data->d_buf + start, size, start);
	return fn ? bee__lines_each(object->btf, object->lines, object->lines_size, add_line,
				    &(struct taker){ object, section, fn })
		  : -ENOMEM;
}

static int by_start(const void *a, const void *b)
{
	const GElf_Sym *one = a, *two = b;

	return one->st_value < two->st_value ? -1 : one->st_value > two->st_value;
}

/* A section's functions, in their order; one without any is taken as one. */
static int add_section(struct bee__disasm *dis, Elf_Scn *section)
{
	struct object *object = dis->owner;
	size_t index = elf_ndxscn(section), len = 0;
	GElf_Sym *list = calloc(object->symbols_len + 1, sizeof(*list)), symbol;
	Elf_Data *data = elf_getdata(section, NULL);
	int err = list ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < object->symbols_len; i++)
		if (gelf_getsym(object->symbols, i, &symbol) && symbol.st_shndx == index &&
		    GELF_ST_TYPE(symbol.st_info) == STT_FUNC)
			list[len++] = symbol;
	if (!err)
		qsort(list, len, sizeof(*list), by_start);
	for (size_t i = 0; !err && data && data->d_buf && i < len; i++) {
		uint64_t start = list[i].st_value, end = start + list[i].st_size;

		if (start % sizeof(struct bpf_insn) || end < start || end > data->d_size)
			err = -EINVAL;
		else if (end > start)
			err = add_function(dis, index, symbol_name(object, &list[i]), data, start,
					   end - start);
	}
	if (!err && !len && data && data->d_buf && data->d_size)
		err = add_function(dis, index, section_name(object, section), data, 0,
				   data->d_size);
	free(list);
	return err;
}

static int add_sections(struct bee__disasm *dis)
{
	struct object *object = dis->owner;
	Elf_Scn *section = NULL;
	GElf_Shdr head;
	int err = 0;

	while (!err && (section = elf_nextscn(object->elf, section))) {
		if (!gelf_getshdr(section, &head))
			return -EINVAL;
		if (head.sh_type == SHT_PROGBITS && head.sh_flags & SHF_EXECINSTR)
			err = add_section(dis, section);
	}
	return err;
}

/* ---- names -------------------------------------------------------------------------------- */

/* The symbol that a relocation of the section puts into the instruction at offset. */
static bool find_symbol(const struct object *object, size_t target, uint64_t offset,
			GElf_Sym *ret_symbol)
{
	Elf_Scn *section = NULL;
	GElf_Shdr head;
	GElf_Rel rel;

	while ((section = elf_nextscn(object->elf, section))) {
		Elf_Data *data;

		if (!gelf_getshdr(section, &head) || head.sh_type != SHT_REL ||
		    head.sh_info != target || !head.sh_entsize)
			continue;
		data = elf_getdata(section, NULL);
		for (size_t i = 0; data && i < head.sh_size / head.sh_entsize; i++)
			if (gelf_getrel(data, i, &rel) && rel.r_offset == offset)
				return gelf_getsym(object->symbols, GELF_R_SYM(rel.r_info),
						   ret_symbol);
	}
	return false;
}

/* The function of a section at a place of it. */
static bool function_at(const struct bee__disasm *dis, size_t section, uint64_t offset, char *buf,
			size_t size)
{
	const struct object *object = dis->owner;

	for (size_t i = 0; i < dis->len; i++) {
		if (object->codes[i].section != section || dis->list[i].start != offset)
			continue;
		snprintf(buf, size, "%s", dis->list[i].name);
		return true;
	}
	return false;
}

static void name_symbol(const struct bee__disasm *dis, const GElf_Sym *symbol,
			const struct bpf_insn *insn, char *buf, size_t size)
{
	const struct object *object = dis->owner;
	const char *section = section_name_at(object, symbol->st_shndx);
	const char *name = symbol_name(object, symbol);
	bool is_section = GELF_ST_TYPE(symbol->st_info) == STT_SECTION;

	if (insn->code == (BPF_JMP | BPF_CALL) && is_section &&
	    function_at(dis, symbol->st_shndx, ((int64_t)insn->imm + 1) * 8, buf, size))
		return;
	if (is_section)
		snprintf(buf, size, "&%s+%d", section, insn->imm);
	else if (!strcmp(section, ".maps") || !strcmp(section, "maps"))
		snprintf(buf, size, "map[%s]", name);
	else if (insn->code == (BPF_JMP | BPF_CALL))
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "&%s", name);
}

static bool find_name(struct bee__disasm *dis, const struct bee__function *fn, uint64_t offset,
		      const struct bpf_insn *insn, char *buf, size_t size)
{
	const struct object *object = dis->owner;
	size_t section = object->codes[fn - dis->list].section;
	uint64_t place = fn->start + offset;
	GElf_Sym symbol;

	if (find_symbol(object, section, place, &symbol)) {
		name_symbol(dis, &symbol, insn, buf, size);
		return true;
	}
	if (insn->code != (BPF_JMP | BPF_CALL))
		return false;
	if (insn->src_reg == BPF_PSEUDO_CALL)
		return function_at(dis, section, place + ((int64_t)insn->imm + 1) * 8, buf, size);
	if (!insn->src_reg)
		snprintf(buf, size, "%s#%d", bee__helper_name(insn->imm), insn->imm);
	return !insn->src_reg;
}

/* ---- all ---------------------------------------------------------------------------------- */

static int open_elf(struct object *object, const void *elf, size_t size)
{
	const char *btf;
	size_t btf_size;
	GElf_Ehdr head;
	int err;

	object->elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_memory((char *)elf, size);
	if (!object->elf || !gelf_getehdr(object->elf, &head) || head.e_machine != EM_BPF)
		return -EINVAL;
	err = find_symbols(object);
	if (err)
		return err;
	if (!bee__elf_section(elf, size, ".BTF", &btf, &btf_size))
		object->btf = btf__new(btf, btf_size);
	if (bee__elf_section(elf, size, ".BTF.ext", &object->lines, &object->lines_size))
		object->lines_size = 0;
	return 0;
}

int bee_disasm_object(struct bee *bee, const void *elf, size_t size, bee_insn_fn fn, void *ctx)
{
	struct object object = { 0 };
	struct bee__disasm dis = {
		.bee = bee,
		.fn = fn,
		.ctx = ctx,
		.find_name = find_name,
		.owner = &object,
	};
	int err;

	bee__diags_clear(bee);
	bee__libbpf_begin(bee);
	err = open_elf(&object, elf, size);
	err = err ?: add_sections(&dis);
	bee__libbpf_end(bee);
	if (err == -EINVAL)
		bee__fail(bee, BEE_STAGE_OBJECT, err, "this is no BPF object, or a broken one");
	err = err ?: bee__disasm_run(&dis);
	bee__disasm_free(&dis);
	btf__free(object.btf);
	free(object.codes);
	elf_end(object.elf);
	return err;
}
