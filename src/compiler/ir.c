/* SPDX-License-Identifier: Apache-2.0 */
/* Small questions to LLVM IR that several stages ask. */
#include <stdlib.h>
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

bool bee__cc_is_mark(LLVMValueRef value)
{
	LLVMValueRef callee = LLVMIsACallInst(value) ? LLVMGetCalledValue(value) : NULL;

	return callee && LLVMIsAFunction(callee) && bee__cc_starts(bee__cc_name(callee), BEE_MARKS);
}

void bee__cc_drop_marks(struct bee__cc *cc)
{
	static const char *const names[] = { BEE_MARK_USER, BEE_MARK_PLAIN, BEE_MARK_WIDER };

	for (size_t i = 0; i < BEE_CC_LEN(names); i++) {
		LLVMValueRef fn = LLVMGetNamedFunction(cc->module, names[i]);
		LLVMUseRef use;

		while (fn && (use = LLVMGetFirstUse(fn))) {
			LLVMValueRef call = LLVMGetUser(use);

			LLVMReplaceAllUsesWith(call, LLVMGetOperand(call, 0));
			LLVMInstructionEraseFromParent(call);
		}
		if (fn)
			LLVMDeleteFunction(fn);
	}
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

static LLVMValueRef operand_of(LLVMContextRef context, LLVMMetadataRef node, unsigned int index)
{
	LLVMValueRef value = LLVMMetadataAsValue(context, node), operand = NULL;
	unsigned int len = LLVMGetMDNodeNumOperands(value);
	LLVMValueRef *operands = bee__cc_alloc(len * sizeof(LLVMValueRef));

	LLVMGetMDNodeOperands(value, operands);
	if (index < len)
		operand = operands[index];
	free(operands);
	return operand;
}

/* Is a place in one of the prelude's own functions? Then a macro of the user's text led there. */
static bool is_in_prelude(LLVMContextRef context, LLVMMetadataRef location)
{
	enum { SCOPE = 1, NAME = 2 };	/* operands of what a place is in */
	LLVMMetadataRef scope = LLVMDILocationGetScope(location);
	LLVMValueRef name;
	unsigned int len = 0;
	const char *text;

	while (scope && LLVMGetMetadataKind(scope) != LLVMDISubprogramMetadataKind) {
		LLVMValueRef outer = operand_of(context, scope, SCOPE);

		scope = outer ? LLVMValueAsMetadata(outer) : NULL;
	}
	name = scope ? operand_of(context, scope, NAME) : NULL;
	text = name ? LLVMGetMDString(name, &len) : NULL;
	return len > 6 && !strncmp(text, "__bee_", 6);
}

/* LLVM's names end without a NUL; the copy lives as long as the answer. */
struct bee__cc_place bee__cc_place_of(LLVMValueRef insn)
{
	LLVMContextRef context = LLVMGetTypeContext(LLVMTypeOf(insn));
	LLVMMetadataRef location = LLVMInstructionGetDebugLoc(insn), outer;
	struct bee__cc_place place = { 0 };
	unsigned int len = 0;
	const char *file;
	char *copy;

	if (!location)
		return place;
	while (is_in_prelude(context, location) && (outer = LLVMDILocationGetInlinedAt(location)))
		location = outer;
	file = LLVMDIFileGetFilename(LLVMDIScopeGetFile(LLVMDILocationGetScope(location)), &len);
	copy = bee__cc_alloc(len + 1);
	if (len)
		memcpy(copy, file, len);
	place.file = copy;
	place.line = LLVMDILocationGetLine(location);
	place.column = LLVMDILocationGetColumn(location);
	return place;
}
