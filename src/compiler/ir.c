/* SPDX-License-Identifier: Apache-2.0 */
/* Small questions to LLVM IR that several stages ask. */
#include <string.h>

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>

#include "compiler.h"

const char *bee__cc_name(LLVMValueRef value)
{
	size_t len;

	return LLVMGetValueName2(value, &len);
}

bool bee__cc_starts(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

bool bee__cc_is_ours(LLVMValueRef value)
{
	return bee__cc_starts(bee__cc_name(value), "__bee_");
}

bool bee__cc_is_call_of(LLVMValueRef insn, const char *name)
{
	LLVMValueRef callee = LLVMIsACallInst(insn) ? LLVMGetCalledValue(insn) : NULL;

	return callee && LLVMIsAFunction(callee) && !strcmp(bee__cc_name(callee), name);
}

LLVMValueRef bee__cc_next_insn(LLVMValueRef fn, LLVMValueRef insn)
{
	LLVMBasicBlockRef block = insn ? LLVMGetInstructionParent(insn) : NULL;

	insn = insn ? LLVMGetNextInstruction(insn) : NULL;
	while (!insn) {
		block = block ? LLVMGetNextBasicBlock(block) : LLVMGetFirstBasicBlock(fn);
		if (!block)
			return NULL;
		insn = LLVMGetFirstInstruction(block);
	}
	return insn;
}

/* LLVM's names end without a NUL; the copy lives as long as the answer. */
struct bee__cc_place bee__cc_place_of(LLVMValueRef insn)
{
	struct bee__cc_place place = { 0 };
	unsigned int len = 0;
	const char *file;
	char *copy;

	if (!LLVMInstructionGetDebugLoc(insn))
		return place;
	file = LLVMGetDebugLocFilename(insn, &len);
	copy = bee__cc_alloc(len + 1);
	if (len)
		memcpy(copy, file, len);
	place.file = copy;
	place.line = LLVMGetDebugLocLine(insn);
	place.column = LLVMGetDebugLocColumn(insn);
	return place;
}
