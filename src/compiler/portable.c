/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an object needs besides CO-RE's relocations to run on other kernels: its assumptions, in a
 * section, and bitfields.
 *
 * clang relocates where the bytes lie that hold a bitfield, but not where in them. So a read
 *
 *   unit = *(u8 *)preserve.access(...), unit >> 3 & 7
 *
 * gets its unit made anew, by relocations of CO-RE's own for bitfields, as this kernel has it:
 *
 *   read byte size bytes at byte offset, << lshift, >> rshift, << 3
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>

#include "compiler.h"
#include "hook.h"

#define HELPER_PROBE_READ_KERNEL 113

/* ---- assumptions ------------------------------------------------------------------------- */

void bee__cc_assume(struct bee__cc *cc, const char *fmt, ...)
{
	char line[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	for (size_t i = 0; i < cc->assumes_len; i++)
		if (!strcmp(cc->assumes[i], line))
			return;
	cc->assumes = bee__cc_grow(cc->assumes, cc->assumes_len, sizeof(*cc->assumes));
	cc->assumes[cc->assumes_len++] = strdup(line);
}

/* What the library knows stands in the virtual header, as comments. */
static void take_comments(struct bee__cc *cc, const char *text)
{
	static const char start[] = BEE_ASSUMES_COMMENT;

	while (text) {
		if (bee__cc_starts(text, start))
			bee__cc_assume(cc, "%.*s", (int)strcspn(text + sizeof(start) - 1, "\n"),
				       text + sizeof(start) - 1);
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
}

void bee__cc_add_assumes(struct bee__cc *cc)
{
	size_t size = 1;
	char *text, *end;
	LLVMValueRef value, var;

	for (size_t i = 0; i < cc->files_len; i++)
		if (cc->prelude && !strcmp(cc->files[i].path, cc->prelude))
			take_comments(cc, cc->files[i].text);
	for (size_t i = 0; i < cc->assumes_len; i++)
		size += strlen(cc->assumes[i]) + 1;
	text = end = bee__cc_alloc(size);
	for (size_t i = 0; i < cc->assumes_len; i++)
		end += sprintf(end, "%s\n", cc->assumes[i]);
	value = LLVMConstStringInContext(cc->context, text, end - text, true);
	var = LLVMAddGlobal(cc->module, LLVMTypeOf(value), "__bee_assumes");
	LLVMSetInitializer(var, value);
	LLVMSetGlobalConstant(var, true);
	LLVMSetSection(var, BEE_ASSUMES_SECTION);
	LLVMSetAlignment(var, 1);
}

/* ---- bitfields: where they are ------------------------------------------------------------ */

/* CO-RE's questions about a field: <linux/bpf.h>, enum bpf_core_relo_kind. */
enum { FIELD_BYTE_OFFSET, FIELD_BYTE_SIZE, FIELD_LSHIFT_U64 = 4, FIELD_RSHIFT_U64 = 5 };

/* Operands of debug information that its C interface has no name for. */
enum { MEMBER_EXTRA_DATA = 4, COMPOSITE_ELEMENTS = 4 };

static LLVMValueRef operand_of(LLVMValueRef node, unsigned int index)
{
	unsigned int len = node && LLVMIsAMDNode(node) ? LLVMGetMDNodeNumOperands(node) : 0;
	LLVMValueRef *list, operand = NULL;

	if (index >= len)
		return NULL;
	list = bee__cc_alloc(len * sizeof(LLVMValueRef));
	LLVMGetMDNodeOperands(node, list);
	operand = list[index];
	free(list);
	return operand;
}

static bool is_access(LLVMValueRef value)
{
	return LLVMIsACallInst(value) && LLVMIsAFunction(LLVMGetCalledValue(value)) &&
	       bee__cc_starts(bee__cc_name(LLVMGetCalledValue(value)), "llvm.preserve.");
}

/* Is a pointer one to a relocated bitfield? *ret_shift: its first bit in what is loaded there. */
static bool is_bitfield(struct bee__cc *cc, LLVMValueRef pointer, uint64_t *ret_shift)
{
	static const char kind[] = "llvm.preserve.access.index";
	LLVMValueRef record, member, storage;
	LLVMMetadataRef type;

	if (!is_access(pointer) || LLVMGetNumArgOperands(pointer) != 3)
		return false;
	record =
		LLVMGetMetadata(pointer, LLVMGetMDKindIDInContext(cc->context, kind, strlen(kind)));
	member = operand_of(operand_of(record, COMPOSITE_ELEMENTS),
			    LLVMConstIntGetZExtValue(LLVMGetOperand(pointer, 2)));
	if (!member)
		return false;
	type = LLVMValueAsMetadata(member);
	if (LLVMGetMetadataKind(type) != LLVMDIDerivedTypeMetadataKind ||
	    !(LLVMDITypeGetFlags(type) & LLVMDIFlagBitField))
		return false;
	storage = operand_of(member, MEMBER_EXTRA_DATA);
	*ret_shift =
		LLVMDITypeGetOffsetInBits(type) -
		(storage && LLVMIsAConstantInt(storage) ? LLVMConstIntGetZExtValue(storage) : 0);
	return true;
}

/* What is loaded, only to be stored again with other bits, is memory of the program's own. */
static bool is_stored_to(LLVMValueRef pointer)
{
	for (LLVMUseRef use = LLVMGetFirstUse(pointer); use; use = LLVMGetNextUse(use))
		if (LLVMIsAStoreInst(LLVMGetUser(use)))
			return true;
	return false;
}

/* ---- bitfields: how they are read --------------------------------------------------------- */

struct lowering {
	struct bee__cc *cc;
	LLVMBuilderRef builder;
	LLVMTypeRef i32, i64, ptr;
};

/* A number that libbpf puts in when it loads the object. */
static LLVMValueRef build_info(struct lowering *low, LLVMValueRef pointer, unsigned int question)
{
	static const char name[] = "llvm.bpf.preserve.field.info";
	unsigned int id = LLVMLookupIntrinsicID(name, strlen(name));
	LLVMValueRef fn = LLVMGetIntrinsicDeclaration(low->cc->module, id, &low->ptr, 1);
	LLVMValueRef args[] = { pointer, LLVMConstInt(low->i64, question, false) };

	return LLVMBuildCall2(low->builder, LLVMGlobalGetValueType(fn), fn, args, BEE_CC_LEN(args),
			      "");
}

static LLVMValueRef build_wide_info(struct lowering *low, LLVMValueRef pointer,
				    unsigned int question)
{
	return LLVMBuildZExt(low->builder, build_info(low, pointer, question), low->i64, "");
}

static LLVMValueRef build_variable(struct lowering *low, LLVMValueRef load)
{
	LLVMValueRef fn = LLVMGetBasicBlockParent(LLVMGetInstructionParent(load)), var;

	LLVMPositionBuilderBefore(low->builder,
				  LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(fn)));
	LLVMSetCurrentDebugLocation2(low->builder, NULL);
	var = LLVMBuildAlloca(low->builder, low->i64, "");
	LLVMPositionBuilderBefore(low->builder, load);
	LLVMSetCurrentDebugLocation2(low->builder, LLVMInstructionGetDebugLoc(load));
	return var;
}

/* The bytes that hold the field, in a variable of 64 bits. */
static LLVMValueRef build_read(struct lowering *low, LLVMValueRef load, LLVMValueRef pointer)
{
	LLVMTypeRef params[] = { low->ptr, low->i32, low->ptr };
	LLVMTypeRef type = LLVMFunctionType(low->i64, params, BEE_CC_LEN(params), false);
	LLVMValueRef number = LLVMConstInt(low->i64, HELPER_PROBE_READ_KERNEL, false);
	LLVMValueRef var = build_variable(low, load), base = pointer, offset, args[3];

	while (is_access(base))
		base = LLVMGetOperand(base, 0);
	LLVMBuildStore(low->builder, LLVMConstInt(low->i64, 0, false), var);
	offset = build_wide_info(low, pointer, FIELD_BYTE_OFFSET);
	args[0] = var;
	args[1] = build_info(low, pointer, FIELD_BYTE_SIZE);
	args[2] = LLVMBuildGEP2(low->builder, LLVMInt8TypeInContext(low->cc->context), base,
				&offset, 1, "");
	LLVMBuildCall2(low->builder, type, LLVMConstIntToPtr(number, low->ptr), args,
		       BEE_CC_LEN(args), "");
	return LLVMBuildLoad2(low->builder, low->i64, var, "");
}

/* Put the field where the code behind the load expects it, in a unit that is zero elsewhere. */
static void lower_load(struct lowering *low, LLVMValueRef load, uint64_t shift)
{
	LLVMValueRef pointer = LLVMGetOperand(load, 0), value = build_read(low, load, pointer);

	value = LLVMBuildShl(low->builder, value, build_wide_info(low, pointer, FIELD_LSHIFT_U64),
			     "");
	value = LLVMBuildLShr(low->builder, value, build_wide_info(low, pointer, FIELD_RSHIFT_U64),
			      "");
	value = LLVMBuildShl(low->builder, value, LLVMConstInt(low->i64, shift, false), "");
	if (LLVMTypeOf(load) != low->i64)
		value = LLVMBuildIntCast2(low->builder, value, LLVMTypeOf(load), false, "");
	LLVMReplaceAllUsesWith(load, value);
	LLVMInstructionEraseFromParent(load);
}

/* What only looks at packets reads no kernel struct: the bits of a protocol stand still. */
static bool reads_kernel(struct bee__cc *cc, LLVMValueRef value)
{
	const struct bee__cc_function *fn = bee__cc_function_of(cc, value);

	if (fn && fn->hook)
		return fn->hook->reads != BEE_READS_NEVER;
	for (fn = cc->functions; fn; fn = fn->next)
		if (fn->hook && fn->hook->reads != BEE_READS_NEVER)
			return true;
	return false;
}

static void lower_function(struct lowering *low, LLVMValueRef fn)
{
	LLVMValueRef insn = bee__cc_next_insn(fn, NULL), next;
	uint64_t shift;

	for (; insn; insn = next) {
		next = bee__cc_next_insn(fn, insn);
		if (LLVMIsALoadInst(insn) &&
		    is_bitfield(low->cc, LLVMGetOperand(insn, 0), &shift) &&
		    !is_stored_to(LLVMGetOperand(insn, 0)))
			lower_load(low, insn, shift);
	}
}

void bee__cc_lower_bitfields(struct bee__cc *cc)
{
	struct lowering low = {
		.cc = cc,
		.builder = LLVMCreateBuilderInContext(cc->context),
		.i32 = LLVMInt32TypeInContext(cc->context),
		.i64 = LLVMInt64TypeInContext(cc->context),
		.ptr = LLVMPointerTypeInContext(cc->context, 0),
	};

	for (LLVMValueRef fn = LLVMGetFirstFunction(cc->module); fn; fn = LLVMGetNextFunction(fn))
		if (reads_kernel(cc, fn))
			lower_function(&low, fn);
	LLVMDisposeBuilder(low.builder);
}
