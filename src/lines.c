// SPDX-License-Identifier: Apache-2.0
/*
 * Which lines of the source an object's instructions come from. .BTF.ext: a header, and at lines_offset
 * the size of a record, then for each ELF section its name, a count, and that many records.
 */
#include <linux/bpf.h>
#include <linux/btf.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lines.h"

struct ext_head {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t head_size, funcs_offset, funcs_size, lines_offset, lines_size;
};

int bee__lines_each(const struct btf *btf, const char *ext, size_t size, bee__line_fn fn, void *ctx)
{
	struct ext_head head;
	const char *at, *end;
	uint32_t record, part[2];
	int err = 0;

	if (!btf || size < sizeof(head))
		return 0;
	memcpy(&head, ext, sizeof(head));
	if ((uint64_t)head.head_size + head.lines_offset + head.lines_size > size ||
	    head.lines_size < sizeof(record))
		return 0;
	at = ext + head.head_size + head.lines_offset;
	end = at + head.lines_size;
	memcpy(&record, at, sizeof(record));
	at += sizeof(record);
	if (record < sizeof(struct bpf_line_info))
		return 0;
	while (!err && (size_t)(end - at) >= sizeof(part)) {
		const char *section;

		memcpy(part, at, sizeof(part));
		at += sizeof(part);
		section = btf__name_by_offset(btf, part[0]);
		for (uint32_t i = 0; !err && i < part[1]; i++, at += record) {
			struct bpf_line_info info;

			if ((size_t)(end - at) < record)
				return 0;
			memcpy(&info, at, sizeof(info));
			err = section ? fn(ctx, section, &info) : 0;
		}
	}
	return err;
}

/* ---- the place of an instruction ----------------------------------------------------------- */

/* What is looked for, and the best that was found. */
struct search {
	const struct bee_module *mod;
	const struct btf *btf;
	const struct bee__told *told;
	const struct bpf_insn *insns; /* of the program, as libbpf gave it to the kernel; or NULL */
	size_t len;
	/* The last record that fits, whose end is known by the next one. */
	struct bpf_line_info last;
	const char *last_section;
	struct bee__place best;
	size_t best_agree;
};

/* Calls and addresses are filled in on the way to the kernel; all else stays. */
static bool is_same(const struct bpf_insn *given, const char *code, size_t at)
{
	struct bpf_insn insn;

	memcpy(&insn, code + at * sizeof(insn), sizeof(insn));
	return insn.code == given->code && insn.dst_reg == given->dst_reg && insn.off == given->off;
}

/*
 * How many instructions around the program's number `told->insn` are those around another one in the
 * object: functions that are called stand somewhere else there, so that numbers tell nothing.
 */
static size_t count_same(const struct search *search, const char *code, size_t len, size_t at)
{
	size_t here = search->told->insn, before = 0, after = 0;

	while (here + after < search->len && at + after < len &&
	       is_same(&search->insns[here + after], code, at + after))
		after++;
	while (after && before < here && before < at &&
	       is_same(&search->insns[here - before - 1], code, at - before - 1))
		before++;
	return before + after;
}

/* The last record covers the instructions up to end, a count. */
static void weigh(struct search *search, size_t end)
{
	size_t first = search->last.insn_off / sizeof(struct bpf_insn), size, agree = 0;
	const char *code;

	if (search->insns && !bee__elf_section(search->mod->elf, search->mod->elf_size,
					       search->last_section, &code, &size)) {
		size /= sizeof(struct bpf_insn);
		for (size_t i = first; i < end && i < size; i++) {
			size_t same = count_same(search, code, size, i);

			agree = same > agree ? same : agree;
		}
	}
	if (agree <= search->best_agree && (search->best.file || !search->told->len))
		return;
	search->best_agree = agree;
	search->best = (struct bee__place){
		.file = btf__name_by_offset(search->btf, search->last.file_name_off),
		.line = BPF_LINE_INFO_LINE_NUM(search->last.line_col),
		.column = BPF_LINE_INFO_LINE_COL(search->last.line_col),
		.source = btf__name_by_offset(search->btf, search->last.line_off),
	};
}

static bool fits(const struct search *search, const struct bpf_line_info *info)
{
	const char *text = btf__name_by_offset(search->btf, info->line_off);
	const struct bee__told *told = search->told;

	if (!text || !btf__name_by_offset(search->btf, info->file_name_off) ||
	    (told->line && BPF_LINE_INFO_LINE_NUM(info->line_col) != told->line))
		return false;
	text += strspn(text, " \t"); /* as the kernel does before it prints a line */
	return !told->len || (strlen(text) == told->len && !strncmp(text, told->text, told->len));
}

static int on_record(void *ctx, const char *section, const struct bpf_line_info *info)
{
	struct search *search = ctx;

	if (search->last_section)
		weigh(search, strcmp(section, search->last_section)
				      ? SIZE_MAX
				      : info->insn_off / sizeof(struct bpf_insn));
	search->last = *info;
	search->last_section = fits(search, info) ? section : NULL;
	return 0;
}

struct bee__place bee__find_place(const struct bee_module *mod, const char *program,
				  const struct bee__told *told)
{
	struct search search = { .mod = mod, .btf = bpf_object__btf(mod->obj), .told = told };
	const struct bpf_program *prog = bpf_object__find_program_by_name(mod->obj, program);
	const char *ext;
	size_t size;

	search.len = prog && told->insn >= 0 ? bpf_program__insn_cnt(prog) : 0;
	if ((size_t)told->insn < search.len)
		search.insns = bpf_program__insns(prog);
	if ((!told->len && !search.insns) ||
	    bee__elf_section(mod->elf, mod->elf_size, ".BTF.ext", &ext, &size))
		return search.best;
	bee__lines_each(search.btf, ext, size, on_record, &search);
	if (search.last_section)
		weigh(&search, SIZE_MAX);
	return search.best;
}

struct first {
	const struct btf *btf;
	const char *section;
	struct bee__place place;
};

static int on_first(void *ctx, const char *section, const struct bpf_line_info *info)
{
	struct first *first = ctx;

	if (strcmp(section, first->section) != 0)
		return 0;
	first->place = (struct bee__place){
		.file = btf__name_by_offset(first->btf, info->file_name_off),
		.line = BPF_LINE_INFO_LINE_NUM(info->line_col),
		.column = BPF_LINE_INFO_LINE_COL(info->line_col),
		.source = btf__name_by_offset(first->btf, info->line_off),
	};
	return 1;
}

struct bee__place bee__find_section(const struct bee_module *mod, const char *section)
{
	struct first first = { .btf = bpf_object__btf(mod->obj), .section = section };
	const char *ext;
	size_t size;

	if (!bee__elf_section(mod->elf, mod->elf_size, ".BTF.ext", &ext, &size))
		bee__lines_each(first.btf, ext, size, on_first, &first);
	return first.place;
}
