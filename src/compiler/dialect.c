/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BCC's dialect below C: what the prelude's macros leave for the IR.
 *
 * A table is a map and a constant struct of functions, `__bee_tbl_<map>`; both are gone once the
 * functions are inlined. Three things no macro can say:
 *
 *   __bee_return_zero()   return 0 from the function that called the method
 *   __bee_ctx()           the context of the program that this is inlined into
 *   &table, as argument   the map
 */
#include <string.h>

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>

#include "compiler.h"

#define TABLE_PREFIX "__bee_tbl_"

static bool is_defined(LLVMValueRef fn)
{
	return LLVMCountBasicBlocks(fn) > 0;
}

bool bee__cc_has_dialect(LLVMModuleRef module)
{
	for (LLVMValueRef fn = LLVMGetFirstFunction(module); fn; fn = LLVMGetNextFunction(fn))
		if (bee__cc_is_ours(fn) && !bee__cc_starts(bee__cc_name(fn), BEE_STRINGS) &&
		    !bee__cc_starts(bee__cc_name(fn), BEE_MARKS))
			return true;
	for (LLVMValueRef var = LLVMGetFirstGlobal(module); var; var = LLVMGetNextGlobal(var))
		if (bee__cc_starts(bee__cc_name(var), TABLE_PREFIX))
			return true;
	return false;
}

/* ---- inlining ---------------------------------------------------------------------------- */

static unsigned int attribute_kind(const char *name)
{
	return LLVMGetEnumAttributeKindForName(name, strlen(name));
}

static bool has_attribute(LLVMValueRef fn, const char *name)
{
	return LLVMGetEnumAttributeAtIndex(fn, LLVMAttributeFunctionIndex, attribute_kind(name));
}

static void set_inline(LLVMValueRef fn, bool always)
{
	LLVMContextRef context = LLVMGetModuleContext(LLVMGetGlobalParent(fn));
	unsigned int kind = attribute_kind("alwaysinline");

	if (always)
		LLVMAddAttributeAtIndex(fn, LLVMAttributeFunctionIndex,
					LLVMCreateEnumAttribute(context, kind, 0));
	else
		LLVMRemoveEnumAttributeAtIndex(fn, LLVMAttributeFunctionIndex, kind);
}

/* The functions of strings.h are not called yet; the inliner drops what it finds without a use. */
static bool can_inline(LLVMValueRef fn)
{
	return is_defined(fn) && LLVMGetLinkage(fn) == LLVMInternalLinkage &&
	       !bee__cc_starts(bee__cc_name(fn), BEE_STRINGS) && !has_attribute(fn, "noinline") &&
	       !has_attribute(fn, "optnone");
}

void bee__cc_inline_ours(struct bee__cc *cc)
{
	for (LLVMValueRef fn = LLVMGetFirstFunction(cc->module); fn; fn = LLVMGetNextFunction(fn))
		if (can_inline(fn))
			set_inline(fn, bee__cc_is_ours(fn));
}

void bee__cc_inline_all(struct bee__cc *cc)
{
	for (LLVMValueRef fn = LLVMGetFirstFunction(cc->module); fn; fn = LLVMGetNextFunction(fn))
		if (can_inline(fn))
			set_inline(fn, true);
}

/* ---- lookup_or_init ---------------------------------------------------------------------- */

static void erase(LLVMValueRef insn)
{
	if (LLVMGetFirstUse(insn))
		LLVMReplaceAllUsesWith(insn, LLVMGetUndef(LLVMTypeOf(insn)));
	LLVMInstructionEraseFromParent(insn);
}

/* The call does not return: nothing behind it in its block is ever run. Gives the new return. */
static LLVMValueRef return_zero_at(LLVMBuilderRef builder, LLVMValueRef fn, LLVMValueRef call)
{
	LLVMTypeRef type = LLVMGetReturnType(LLVMGlobalGetValueType(fn));
	LLVMBasicBlockRef block = LLVMGetInstructionParent(call);
	LLVMValueRef last, ret;

	LLVMPositionBuilderBefore(builder, call);
	LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(call));
	if (LLVMGetTypeKind(type) == LLVMVoidTypeKind)
		ret = LLVMBuildRetVoid(builder);
	else
		ret = LLVMBuildRet(builder, LLVMConstNull(type));
	while ((last = LLVMGetLastInstruction(block)) != ret)
		erase(last);
	return ret;
}

void bee__cc_lower_returns(struct bee__cc *cc)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(cc->context);

	for (LLVMValueRef fn = LLVMGetFirstFunction(cc->module); fn; fn = LLVMGetNextFunction(fn)) {
		LLVMValueRef insn = bee__cc_next_insn(fn, NULL);

		if (bee__cc_is_ours(fn))	/* a method, which is about to be dropped */
			continue;
		for (; insn; insn = bee__cc_next_insn(fn, insn))
			if (bee__cc_is_call_of(insn, "__bee_return_zero"))
				insn = return_zero_at(builder, fn, insn);
	}
	LLVMDisposeBuilder(builder);
}

/* ---- tables and contexts ----------------------------------------------------------------- */

static LLVMValueRef map_of(LLVMModuleRef module, LLVMValueRef value)
{
	if (!LLVMIsAGlobalVariable(value) || !bee__cc_starts(bee__cc_name(value), TABLE_PREFIX))
		return NULL;
	return LLVMGetNamedGlobal(module, bee__cc_name(value) + strlen(TABLE_PREFIX));
}

static void lower_call(struct bee__cc *cc, LLVMValueRef fn, LLVMValueRef call)
{
	if (bee__cc_is_call_of(call, "__bee_ctx") && LLVMCountParams(fn)) {
		LLVMReplaceAllUsesWith(call, LLVMGetParam(fn, 0));
		LLVMInstructionEraseFromParent(call);
		return;
	}
	for (unsigned int i = 0; i < LLVMGetNumArgOperands(call); i++) {
		LLVMValueRef map = map_of(cc->module, LLVMGetOperand(call, i));

		if (map)
			LLVMSetOperand(call, i, map);
	}
}

void bee__cc_lower_tables(struct bee__cc *cc)
{
	for (LLVMValueRef fn = LLVMGetFirstFunction(cc->module); fn; fn = LLVMGetNextFunction(fn)) {
		LLVMValueRef insn = bee__cc_next_insn(fn, NULL), next;

		for (; insn; insn = next) {
			next = bee__cc_next_insn(fn, insn);
			if (LLVMIsACallInst(insn))
				lower_call(cc, fn, insn);
		}
	}
}
