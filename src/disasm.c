// SPDX-License-Identifier: Apache-2.0
/* Functions to text: moonbee-cc disassembles, and names and lines are put in here. */
#include <inttypes.h>
#include <linux/bpf.h>

#include "disasm.h"
#include "wire.h"

/* ---- helpers ------------------------------------------------------------------------------ */

const char *bee__helper_name(int number)
{
/* Linux 6.2 and newer put the number behind the name, and no comma behind that. */
#ifdef ___BPF_FUNC_MAPPER
#define NAME(name, ...) "bpf_" #name,
	static const char *const names[] = { ___BPF_FUNC_MAPPER(NAME) };
#else
#define NAME(name) "bpf_" #name
	static const char *const names[] = { __BPF_FUNC_MAPPER(NAME) };
#endif
#undef NAME

	return number > 0 && (size_t)number < BEE_LEN(names) ? names[number] : "helper";
}

/* ---- functions ---------------------------------------------------------------------------- */

struct bee__function *bee__disasm_add(struct bee__disasm *dis, const char *name, const char *code,
				      size_t size, uint64_t start)
{
	struct bee__function *list = realloc(dis->list, (dis->len + 1) * sizeof(*list));
	char *copy = strdup(name);

	if (list)
		dis->list = list;
	if (!list || !copy) {
		free(copy);
		return NULL;
	}
	list[dis->len] = (struct bee__function){
		.name = copy,
		.code = code,
		.size = size,
		.start = start,
	};
	return &list[dis->len++];
}

int bee__disasm_line(struct bee__function *fn, const struct bee__line *line)
{
	struct bee__line *lines;

	/* Room doubles at the powers of two. */
	if (!(fn->lines_len & (fn->lines_len - 1))) {
		size_t room = fn->lines_len ? fn->lines_len * 2 : 1;

		lines = realloc(fn->lines, room * sizeof(*lines));
		if (!lines)
			return -ENOMEM;
		fn->lines = lines;
	}
	fn->lines[fn->lines_len++] = *line;
	return 0;
}

void bee__disasm_free(struct bee__disasm *dis)
{
	for (size_t i = 0; i < dis->len; i++) {
		free(dis->list[i].name);
		free(dis->list[i].lines);
	}
	free(dis->list);
}

/* ---- names -------------------------------------------------------------------------------- */

/* "r1 = 0x0 ll" and "call 0x1", with a name in place of the number. */
static bool name_bpf(struct bee__disasm *dis, const struct bee__function *fn, uint64_t offset,
		     const char *raw, char *buf, size_t size)
{
	struct bpf_insn insn;
	char name[256];

	memcpy(&insn, fn->code + offset, sizeof(insn));
	if (insn.code != (BPF_JMP | BPF_CALL) && insn.code != (BPF_LD | BPF_IMM | BPF_DW))
		return false;
	if (!dis->find_name || !dis->find_name(dis, fn, offset, &insn, name, sizeof(name)))
		return false;
	if (insn.code == (BPF_JMP | BPF_CALL))
		snprintf(buf, size, "call %s", name);
	else
		snprintf(buf, size, "r%u = %s", insn.dst_reg, name);
	return true;
}

/* A jump says how far; a reader wants to know where to. */
static void name_jump(const struct bee__function *fn, uint64_t offset, const char *raw, char *buf,
		      size_t size)
{
	struct bpf_insn insn;
	int64_t target;

	snprintf(buf, size, "%s", raw);
	memcpy(&insn, fn->code + offset, sizeof(insn));
	if (!strstr(raw, "goto"))
		return;
	target = (int64_t)((fn->start + offset) / sizeof(insn)) + 1;
	target += insn.code == (BPF_JMP32 | BPF_JA) ? insn.imm : insn.off;
	snprintf(buf, size, "%s <%" PRId64 ">", raw, target);
}

static void name_native(struct bee__disasm *dis, const struct bee__function *fn, uint64_t offset,
			size_t insn_size, const char *raw, char *buf, size_t size)
{
	const char *space = strchr(raw, ' ');
	bool is_call = !strncmp(raw, "call", 4);
	uint64_t target;
	char name[256], *end;

	snprintf(buf, size, "%s", raw);
	if (!space || (!is_call && raw[0] != 'j'))
		return;
	target = strtoll(space + 1, &end, 0);
	if (end == space + 1 || *end)
		return;
	/* x86 counts from behind the instruction. */
	target += fn->start + offset + insn_size;
	if (target >= fn->start && target < fn->start + fn->size)
		snprintf(buf, size, "%.*s 0x%" PRIx64, (int)(space - raw), raw, target - fn->start);
	else if (dis->find_name && dis->find_name(dis, fn, target, NULL, name, sizeof(name)))
		snprintf(buf, size, "%.*s %s", (int)(space - raw), raw, name);
	else
		snprintf(buf, size, "%.*s 0x%" PRIx64, (int)(space - raw), raw, target);
}

static void name_insn(struct bee__disasm *dis, const struct bee__function *fn, uint64_t offset,
		      size_t insn_size, const char *raw, char *buf, size_t size)
{
	if (dis->is_native)
		name_native(dis, fn, offset, insn_size, raw, buf, size);
	else if (insn_size < sizeof(struct bpf_insn))
		snprintf(buf, size, "%s", raw);
	else if (!name_bpf(dis, fn, offset, raw, buf, size))
		name_jump(fn, offset, raw, buf, size);
}

/* ---- the answer --------------------------------------------------------------------------- */

static const struct bee__line *line_at(const struct bee__function *fn, uint64_t offset)
{
	static const struct bee__line none = { .file = "", .source = "" };
	const struct bee__line *line = &none;

	for (size_t i = 0; i < fn->lines_len && fn->lines[i].offset <= offset; i++)
		line = &fn->lines[i];
	return line;
}

static int give_insn(struct bee__disasm *dis, const struct bee__function *fn, uint64_t offset,
		     size_t size, const char *raw)
{
	const struct bee__line *line = line_at(fn, offset);
	char text[512];

	name_insn(dis, fn, offset, size, raw, text, sizeof(text));
	return dis->fn(dis->ctx, &(struct bee_insn){
					 .program = fn->name,
					 .offset = dis->is_native ? offset
								  : (fn->start + offset) /
									    sizeof(struct bpf_insn),
					 .bytes = (const uint8_t *)fn->code + offset,
					 .size = size,
					 .text = text,
					 .raw_text = raw,
					 .file = line->file,
					 .line = line->line,
					 .column = line->column,
					 .source = line->source,
				 });
}

/* The lines of one function: "8 r0 = r1". *at moves behind them. */
static int give_function(struct bee__disasm *dis, const struct bee__function *fn, char **at)
{
	uint64_t offset = 0;
	int err = 0;

	while (!err && offset < fn->size) {
		char *end = strchr(*at, '\n'), *text;
		size_t size = strtoul(*at, &text, 10);

		if (!end || !size || size > fn->size - offset || *text != ' ')
			return bee__fail(dis->bee, BEE_STAGE_COMPILE, -EPROTO,
					 "the disassembler's answer makes no sense");
		*end = '\0';
		err = give_insn(dis, fn, offset, size, text + 1);
		err = err < 0 ? err : 0;
		offset += size;
		*at = end + 1;
	}
	return err;
}

int bee__disasm_run(struct bee__disasm *dis)
{
	const struct bee__files none = { 0 };
	struct bee__wire request = { 0 };
	void *answer = NULL;
	size_t size;
	char *at;
	int err;

	if (!dis->len)
		return 0;
	bee__request_begin(&request);
	for (size_t i = 0; i < dis->len; i++)
		bee__wire_put(&request, BEE_WIRE_CODE, dis->is_native ? "native" : "bpf",
			      dis->is_native ? 6 : 3, dis->list[i].code, dis->list[i].size);
	bee__wire_put_text(&request, BEE_WIRE_END, NULL, NULL);
	err = bee__ask(dis->bee, &request, &none, &answer, &size);
	at = answer;
	for (size_t i = 0; !err && i < dis->len; i++)
		err = give_function(dis, &dis->list[i], &at);
	free(answer);
	bee__wire_free(&request);
	return err;
}
