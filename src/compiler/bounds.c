/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verifier would not take, put so that it does.
 *
 * Contexts. Of two members that stand side by side the code generator makes one load of twice the size,
 * where the verifier takes each by itself alone. A volatile load stays as it is.
 *
 * What the verifiers of older kernels do not learn from a comparison comes next, in BCC's dialect alone:
 * libbpf's sources get clang's own code.
 *
 * Half a number. `u32 i = args[0]; if (i < 69) table[i]++`: clang knows that seven bits are left, and
 * masks all 64 with 0x7f, of which the verifier takes away up to 127. Hidden from the optimiser the
 * half stays a 32-bit register, whose bounds are known.
 *
 * Whole arguments. A helper's argument of 32 bits is handed over in a register of 64, whose other half
 * clang leaves as it is: of `u32 n = s.len; if (n > 7) n = 7`, all of s.len is in there still.
 *
 * Not zero. `if (!n) return 0; table[n - 1]`: that n is not 0 says nothing of the least that it can
 * be before Linux 6.8. That it is not below 1 does, but that clang makes a comparison with 0 again.
 */
#include <string.h>

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>

#include "compiler.h"

static bool is_order(LLVMValueRef value)
{
	return LLVMIsAICmpInst(value) && LLVMGetICmpPredicate(value) != LLVMIntEQ &&
	       LLVMGetICmpPredicate(value) != LLVMIntNE &&
	       (LLVMIsAConstantInt(LLVMGetOperand(value, 0)) ||
		LLVMIsAConstantInt(LLVMGetOperand(value, 1)));
}

static bool is_ordered(LLVMValueRef value)
{
	for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use))
		if (is_order(LLVMGetUser(use)))
			return true;
	return false;
}

/* A half that is compared with a constant, as it is or widened, and becomes a whole. */
static bool is_bounded_half(LLVMValueRef insn)
{
	bool is_compared, is_widened = false;
	LLVMUseRef use;

	if (!LLVMIsATruncInst(insn) || LLVMGetTypeKind(LLVMTypeOf(insn)) != LLVMIntegerTypeKind ||
	    LLVMGetIntTypeWidth(LLVMTypeOf(insn)) != 32)
		return false;
	is_compared = is_ordered(insn);
	for (use = LLVMGetFirstUse(insn); use; use = LLVMGetNextUse(use))
		if (LLVMIsAZExtInst(LLVMGetUser(use))) {
			is_widened = true;
			is_compared |= is_ordered(LLVMGetUser(use));
		}
	return is_compared && is_widened;
}

/* Clang's own way to hide a value, which leaves no instruction. */
static void hide(struct bee__cc *cc, LLVMBuilderRef builder, LLVMValueRef insn)
{
	const char *name = "llvm.bpf.passthrough";
	LLVMTypeRef type = LLVMTypeOf(insn), types[] = { type, type };
	LLVMTypeRef i32 = LLVMInt32TypeInContext(cc->context);
	LLVMValueRef fn = LLVMGetIntrinsicDeclaration(
		cc->module, LLVMLookupIntrinsicID(name, strlen(name)), types, BEE_CC_LEN(types));
	LLVMValueRef args[] = { LLVMConstInt(i32, 0, false), LLVMGetUndef(type) }, call;

	LLVMPositionBuilderBefore(builder, LLVMGetNextInstruction(insn));
	call = LLVMBuildCall2(builder, LLVMGlobalGetValueType(fn), fn, args, BEE_CC_LEN(args), "");
	LLVMReplaceAllUsesWith(insn, call);
	LLVMSetOperand(call, 1, insn);
}

static bool is_half(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(type) == 32;
}

static bool takes_half(LLVMValueRef insn)
{
	LLVMValueRef callee = LLVMIsACallInst(insn) ? LLVMGetCalledValue(insn) : NULL;

	if (!callee || !LLVMIsAConstantExpr(callee) || LLVMGetConstOpcode(callee) != LLVMIntToPtr)
		return false;
	for (unsigned int i = 0; i < LLVMGetNumArgOperands(insn); i++)
		if (is_half(LLVMTypeOf(LLVMGetOperand(insn, i))) &&
		    !LLVMIsAConstant(LLVMGetOperand(insn, i)))
			return true;
	return false;
}

/* The same call, with the other half 0. */
static void give_whole(struct bee__cc *cc, LLVMBuilderRef builder, LLVMValueRef call)
{
	LLVMTypeRef i64 = LLVMInt64TypeInContext(cc->context), params[5], type;
	unsigned int len = LLVMGetNumArgOperands(call);
	LLVMValueRef args[5], whole;

	if (len > BEE_CC_LEN(args))
		return;
	LLVMPositionBuilderBefore(builder, call);
	LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(call));
	for (unsigned int i = 0; i < len; i++) {
		args[i] = LLVMGetOperand(call, i);
		if (is_half(LLVMTypeOf(args[i])) && !LLVMIsAConstant(args[i]))
			args[i] = LLVMBuildZExt(builder, args[i], i64, "");
		params[i] = LLVMTypeOf(args[i]);
	}
	type = LLVMFunctionType(LLVMTypeOf(call), params, len, false);
	whole = LLVMBuildCall2(builder, type, LLVMGetCalledValue(call), args, len, "");
	LLVMReplaceAllUsesWith(call, whole);
	LLVMInstructionEraseFromParent(call);
}

/* A number of which 1 is taken away, compared with 0. */
static bool is_lowered(LLVMValueRef compare)
{
	LLVMValueRef number, right, amount;
	LLVMUseRef use;

	if (!LLVMIsAICmpInst(compare) || (LLVMGetICmpPredicate(compare) != LLVMIntEQ &&
					  LLVMGetICmpPredicate(compare) != LLVMIntNE))
		return false;
	number = LLVMGetOperand(compare, 0);
	right = LLVMGetOperand(compare, 1);
	if (!LLVMIsAConstantInt(right) || LLVMConstIntGetZExtValue(right) ||
	    (LLVMGetIntTypeWidth(LLVMTypeOf(number)) != 64 &&
	     LLVMGetIntTypeWidth(LLVMTypeOf(number)) != 32))
		return false;
	for (use = LLVMGetFirstUse(number); use; use = LLVMGetNextUse(use)) {
		if (!LLVMIsAInstruction(LLVMGetUser(use)) ||
		    LLVMGetInstructionOpcode(LLVMGetUser(use)) != LLVMAdd)
			continue;
		amount = LLVMGetOperand(LLVMGetUser(use), 1);
		if (LLVMIsAConstantInt(amount) && LLVMConstIntGetSExtValue(amount) == -1)
			return true;
	}
	return false;
}

/* Make it 1 or 0, by another question, which is the assembler's alone. */
static void ask_below_one(struct bee__cc *cc, LLVMBuilderRef builder, LLVMValueRef compare)
{
	LLVMValueRef number = LLVMGetOperand(compare, 0), is_zero;
	LLVMTypeRef i64 = LLVMInt64TypeInContext(cc->context), param = LLVMTypeOf(number);
	LLVMTypeRef type = LLVMFunctionType(i64, &param, 1, false);
	const char *text = "$0 = 1\nif $1 < 1 goto +1\n$0 = 0", *operands = "=&r,r";
	LLVMValueRef assembly = LLVMGetInlineAsm(type, text, strlen(text), operands,
						 strlen(operands), false, false,
						 LLVMInlineAsmDialectATT, false);

	LLVMPositionBuilderBefore(builder, compare);
	is_zero = LLVMBuildCall2(builder, type, assembly, &number, 1, "");
	LLVMReplaceAllUsesWith(
		compare,
		LLVMBuildICmp(builder,
			      LLVMGetICmpPredicate(compare) == LLVMIntEQ ? LLVMIntNE : LLVMIntEQ,
			      is_zero, LLVMConstInt(i64, 0, false), ""));
	LLVMInstructionEraseFromParent(compare);
}

static void for_each(struct bee__cc *cc, bool (*is_it)(LLVMValueRef insn),
		     void (*change)(struct bee__cc *cc, LLVMBuilderRef builder, LLVMValueRef insn))
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(cc->context);
	LLVMValueRef fn = LLVMGetFirstFunction(cc->module), insn, next;

	for (; fn; fn = LLVMGetNextFunction(fn)) {
		if (!LLVMCountBasicBlocks(fn))
			continue;
		for (insn = bee__cc_next_insn(fn, NULL); insn; insn = next) {
			next = bee__cc_next_insn(fn, insn);
			if (is_it(insn))
				change(cc, builder, insn);
		}
	}
	LLVMDisposeBuilder(builder);
}

void bee__cc_keep_halves(struct bee__cc *cc)
{
	for_each(cc, is_bounded_half, hide);
	for_each(cc, takes_half, give_whole);
}

void bee__cc_keep_least(struct bee__cc *cc)
{
	for_each(cc, is_lowered, ask_below_one);
}

/* A load or a store of a context's member: types.c marks the structs, and clang then makes a call of it. */
static bool is_of_context(LLVMValueRef insn)
{
	LLVMValueRef callee = LLVMIsACallInst(insn) ? LLVMGetCalledValue(insn) : NULL;

	return callee && LLVMIsAFunction(callee) &&
	       bee__cc_starts(bee__cc_name(callee), "llvm.bpf.getelementptr.and.");
}

/* Behind the value that is stored and the context stands whether it is volatile. */
static void make_volatile(struct bee__cc *cc, LLVMBuilderRef builder, LLVMValueRef call)
{
	const char *name = bee__cc_name(LLVMGetCalledValue(call));
	unsigned int at = strstr(name, ".store.") ? 2 : 1;

	LLVMSetOperand(call, at, LLVMConstInt(LLVMInt1TypeInContext(cc->context), 1, false));
}

void bee__cc_keep_widths(struct bee__cc *cc)
{
	for_each(cc, is_of_context, make_volatile);
}
