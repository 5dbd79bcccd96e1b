/* SPDX-License-Identifier: Apache-2.0 */
/* Code to text, by LLVM's own disassemblers: BPF's, and that of the machine, for JITed code. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Disassembler.h>
#include <llvm-c/Target.h>

#include "compiler.h"

#define TEXT_SIZE 256

/* A text that grows. */
struct text {
	char *data;
	size_t size, room;
};

static void add(struct text *text, const char *line)
{
	size_t len = strlen(line);

	if (text->room - text->size <= len) {
		text->room = (text->room + len) * 2 + 4096;
		text->data = realloc(text->data, text->room);
		if (!text->data)
			abort(); /* an answer like any other death of the compiler */
	}
	memcpy(text->data + text->size, line, len + 1);
	text->size += len;
}

static LLVMDisasmContextRef open_bpf(void)
{
	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFDisassembler();
	return LLVMCreateDisasmCPU("bpf", "v4", NULL, 0, NULL, NULL);
}

static LLVMDisasmContextRef open_native(void)
{
#if defined(__x86_64__)
	LLVMInitializeX86TargetInfo();
	LLVMInitializeX86TargetMC();
	LLVMInitializeX86Disassembler();
	return LLVMCreateDisasm("x86_64", NULL, 0, NULL, NULL);
#elif defined(__aarch64__)
	LLVMInitializeAArch64TargetInfo();
	LLVMInitializeAArch64TargetMC();
	LLVMInitializeAArch64Disassembler();
	return LLVMCreateDisasm("aarch64", NULL, 0, NULL, NULL);
#else
	return NULL;
#endif
}

/* One blank between words, where LLVM puts tabs. */
static void squeeze(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		char c = *at == '\t' || *at == '\n' ? ' ' : *at;

		if (c != ' ' || (to > text && to[-1] != ' '))
			*to++ = c;
	}
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}

/* A line for each instruction: its size in bytes, and its text. */
static void disassemble(LLVMDisasmContextRef disasm, const struct bee__cc_code *code,
			struct text *text)
{
	size_t unit = strcmp(code->machine, "bpf") ? 1 : 8, at = 0;
	uint8_t *bytes = (uint8_t *)code->bytes; /* LLVM only reads them */

	while (at < code->size) {
		char insn[TEXT_SIZE] = "", line[TEXT_SIZE + 32];
		size_t size = LLVMDisasmInstruction(disasm, bytes + at, code->size - at, at, insn,
						    sizeof(insn));

		squeeze(insn);
		if (!size || size > code->size - at) {
			size = code->size - at < unit ? code->size - at : unit;
			strcpy(insn, "<unknown>");
		}
		snprintf(line, sizeof(line), "%zu %s\n", size, insn);
		add(text, line);
		at += size;
	}
}

void bee__cc_disassemble(struct bee__cc *cc)
{
	static const struct bee__cc_place nowhere;
	bool is_bpf = !strcmp(cc->codes[0].machine, "bpf");
	LLVMDisasmContextRef disasm = is_bpf ? open_bpf() : open_native();
	struct text text = { 0 };

	if (!disasm) {
		bee__cc_error(cc, &nowhere, "", "there is no disassembler for this machine's code");
		return;
	}
	LLVMSetDisasmOptions(disasm, LLVMDisassembler_Option_PrintImmHex);
	for (size_t i = 0; i < cc->codes_len; i++)
		disassemble(disasm, &cc->codes[i], &text);
	bee__cc_answer(cc, text.data ? text.data : "", text.size);
}
