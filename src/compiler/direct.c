/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads of kernel memory without a helper. Newer kernels have a function that makes a pointer of a
 * number, bpf_rdonly_cast(). Loads through it are plain instructions, which give 0 where the address
 * is bad, as a probe read does, at a hundredth of its cost:
 *
 *   value = *bpf_rdonly_cast(address, 0)
 *
 * Where the kernel wants a type in place of the 0, it is that of a struct that begins with a u64,
 * and each address is cast by itself.
 *
 * Such a load reads kernel memory only. What BCC's programs take for a pointer may be one of the
 * process's as well, and bpf_probe_read() reads both. So only what is known to be a kernel pointer
 * is loaded without a question: the current task, and what a typed program can see. Of all others,
 * the highest bit tells, which is set in addresses of the kernel and not in those of a process:
 *
 *   if (address >> 63)
 *           value = *bpf_rdonly_cast(address, 0)
 *   else
 *           bpf_probe_read(&value, sizeof(value), address)
 *
 * The shift is opaque to the optimiser, and so to the verifier, which would learn from a comparison
 * that the address is of the one kind or the other, and follow both to the program's end.
 *
 * The cast is a call of a helper with a number that no kernel has, until the object's bytes are
 * there: libbpf would read all types of the kernel to find a function that the header has found.
 * The number holds the function's id, so that IR and assembly that are shown can be compiled later.
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include <linux/bpf.h>
#include <linux/btf.h>

#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>

#include "reads.h"

#define HELPER_CAST 0x62600000 /* and the id of bpf_rdonly_cast(), for which it stands */
#define ID_MASK     BTF_MAX_TYPE
#define CAST_IDS    "moonbee.cast"

/* ---- loads ------------------------------------------------------------------------------- */

/* A pointer to base + offset that can be loaded through. Equal casts are one, as of any function. */
static LLVMValueRef build_cast(struct reads *reads, LLVMValueRef base, LLVMValueRef offset)
{
	LLVMTypeRef params[] = { reads->ptr, reads->i32 };
	LLVMTypeRef type = LLVMFunctionType(reads->ptr, params, BEE_CC_LEN(params), false);
	uint64_t id = HELPER_CAST | reads->cc->cast_function;
	LLVMValueRef number = LLVMConstInt(reads->i64, id, false), cast;
	LLVMValueRef args[] = { base, LLVMConstInt(reads->i32, reads->cc->cast_type, false) };

	if (reads->cc->cast_type)
		args[0] = LLVMBuildGEP2(reads->builder, reads->i8, base, &offset, 1, "");
	cast = LLVMBuildCall2(reads->builder, type, LLVMConstIntToPtr(number, reads->ptr), args,
			      BEE_CC_LEN(args), "");
	bee__build_pure(cast);
	if (reads->cc->cast_type)
		return cast;
	return LLVMBuildGEP2(reads->builder, reads->i8, cast, &offset, 1, "");
}

/*
 * The optimiser makes one load of two in different branches, if they are alike. The verifier wants
 * one kind of pointer for each: so these are of a kind of their own.
 */
static LLVMValueRef build_load(struct reads *reads, LLVMTypeRef type, LLVMValueRef base,
			       LLVMValueRef offset)
{
	LLVMValueRef cast = build_cast(reads, base, offset);
	LLVMValueRef load = LLVMBuildLoad2(reads->builder, type, cast, "");

	LLVMSetVolatile(load, true);
	return load;
}

/* ---- loads that ask whose the address is --------------------------------------------------- */

LLVMValueRef bee__build_other_read(struct reads *reads, LLVMValueRef fn, LLVMTypeRef type,
				   LLVMValueRef base, LLVMValueRef offset)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(reads->cc->module);
	LLVMBasicBlockRef here = LLVMGetInsertBlock(reads->builder);
	LLVMValueRef size = LLVMConstInt(reads->i32, LLVMStoreSizeOfType(layout, type), false);
	LLVMValueRef var;

	LLVMPositionBuilderBefore(reads->builder,
				  LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(fn)));
	var = LLVMBuildAlloca(reads->builder, type, "");
	LLVMSetAlignment(var, LLVMABIAlignmentOfType(layout, type));
	LLVMPositionBuilderAtEnd(reads->builder, here);
	bee__build_read(reads, HELPER_PROBE_READ, var, size,
			LLVMBuildGEP2(reads->builder, reads->i8, base, &offset, 1, ""));
	return LLVMBuildLoad2(reads->builder, type, var, "");
}

LLVMValueRef bee__build_question(struct reads *reads, LLVMValueRef address)
{
	LLVMTypeRef type = LLVMFunctionType(reads->i64, &reads->i64, 1, false);
	const char *shift = "$0 >>= 63", *operands = "=r,0";
	LLVMValueRef assembly = LLVMGetInlineAsm(type, shift, strlen(shift), operands,
						 strlen(operands), false, false,
						 LLVMInlineAsmDialectATT, false);
	LLVMValueRef bit;

	if (LLVMTypeOf(address) != reads->i64)
		address = LLVMBuildPtrToInt(reads->builder, address, reads->i64, "");
	bit = LLVMBuildCall2(reads->builder, type, assembly, &address, 1, "");

	bee__build_pure(bit);
	return LLVMBuildICmp(reads->builder, LLVMIntNE, bit, LLVMConstInt(reads->i64, 0, false),
			     "");
}

static void build_either(struct reads *reads, LLVMValueRef fn, LLVMTypeRef type)
{
	LLVMBasicBlockRef entry = LLVMAppendBasicBlockInContext(reads->cc->context, fn, "");
	LLVMBasicBlockRef kernel = LLVMAppendBasicBlockInContext(reads->cc->context, fn, "");
	LLVMBasicBlockRef other = LLVMAppendBasicBlockInContext(reads->cc->context, fn, "");
	LLVMValueRef base = LLVMGetParam(fn, 0), offset = LLVMGetParam(fn, 1);

	LLVMPositionBuilderAtEnd(reads->builder, entry);
	LLVMBuildCondBr(reads->builder, bee__build_question(reads, base), kernel, other);
	LLVMPositionBuilderAtEnd(reads->builder, kernel);
	LLVMBuildRet(reads->builder, build_load(reads, type, base, offset));
	LLVMPositionBuilderAtEnd(reads->builder, other);
	LLVMBuildRet(reads->builder, bee__build_other_read(reads, fn, type, base, offset));
}

LLVMValueRef bee__inline_function(struct reads *reads, const char *prefix, LLVMTypeRef fn_type,
				  bool *ret_is_new)
{
	unsigned int always = LLVMGetEnumAttributeKindForName("alwaysinline", 12);
	char *type_name = LLVMPrintTypeToString(LLVMGetReturnType(fn_type)), name[64];
	LLVMValueRef fn;

	snprintf(name, sizeof(name), "%s%s", prefix, type_name);
	LLVMDisposeMessage(type_name);
	fn = LLVMGetNamedFunction(reads->cc->module, name);
	*ret_is_new = !fn;
	if (fn)
		return fn;
	fn = LLVMAddFunction(reads->cc->module, name, fn_type);
	LLVMSetLinkage(fn, LLVMInternalLinkage);
	LLVMAddAttributeAtIndex(fn, LLVMAttributeFunctionIndex,
				LLVMCreateEnumAttribute(reads->cc->context, always, 0));
	LLVMSetCurrentDebugLocation2(reads->builder, NULL);
	return fn;
}

static LLVMValueRef either_function(struct reads *reads, LLVMTypeRef type)
{
	LLVMTypeRef params[] = { reads->ptr, reads->i64 };
	LLVMTypeRef fn_type = LLVMFunctionType(type, params, BEE_CC_LEN(params), false);
	bool is_new;
	LLVMValueRef fn = bee__inline_function(reads, "__bee_read_", fn_type, &is_new);

	if (is_new)
		build_either(reads, fn, type);
	return fn;
}

/* ---- which loads ------------------------------------------------------------------------- */

static bool is_current_task(LLVMValueRef value)
{
	while (LLVMIsAIntToPtrInst(value) || LLVMIsABitCastInst(value))
		value = LLVMGetOperand(value, 0);
	return bee__is_helper_call(value, HELPER_GET_CURRENT_TASK);
}

LLVMValueRef bee__direct_load(struct reads *reads, const struct site *site)
{
	LLVMTypeRef type = LLVMTypeOf(site->insn);
	int64_t distance;
	LLVMValueRef base = bee__strip_offsets(reads, LLVMGetOperand(site->insn, 0), &distance);
	LLVMValueRef args[] = { base, LLVMConstInt(reads->i64, distance, true) }, fn = NULL;

	if (!reads->cc->cast_function || (site->from & ~FROM_USER) != FROM_KERNEL ||
	    !bee__is_word(reads, type))
		return NULL;
	if (!is_current_task(base) &&
	    bee__read_helper(reads, site->insn, site->from) == HELPER_PROBE_READ)
		fn = either_function(reads, type);
	LLVMPositionBuilderBefore(reads->builder, site->insn);
	LLVMSetCurrentDebugLocation2(reads->builder, LLVMInstructionGetDebugLoc(site->insn));
	if (!fn)
		return build_load(reads, type, args[0], args[1]);
	return LLVMBuildCall2(reads->builder, LLVMGlobalGetValueType(fn), fn, args,
			      BEE_CC_LEN(args), "");
}

/* ---- the object's bytes ------------------------------------------------------------------ */

static void finish_section(struct bpf_insn *insns, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (insns[i].code != (BPF_JMP | BPF_CALL) || insns[i].src_reg ||
		    (insns[i].imm & ~ID_MASK) != HELPER_CAST)
			continue;
		insns[i].src_reg = BPF_PSEUDO_KFUNC_CALL;
		insns[i].imm &= ID_MASK;
	}
}

void bee__cc_finish_casts(void *elf)
{
	const Elf64_Ehdr *header = elf;
	const Elf64_Shdr *section = (const void *)((char *)elf + header->e_shoff);

	for (size_t i = 0; i < header->e_shnum; i++, section++)
		if (section->sh_type == SHT_PROGBITS && section->sh_flags & SHF_EXECINSTR)
			finish_section((void *)((char *)elf + section->sh_offset),
				       section->sh_size / sizeof(struct bpf_insn));
}

/* ---- ids in IR --------------------------------------------------------------------------- */

static LLVMMetadataRef id_node(struct bee__cc *cc, uint32_t id)
{
	return LLVMValueAsMetadata(LLVMConstInt(LLVMInt32TypeInContext(cc->context), id, false));
}

void bee__cc_keep_cast(struct bee__cc *cc)
{
	LLVMMetadataRef ids[] = { id_node(cc, cc->cast_function), id_node(cc, cc->cast_type) };
	LLVMMetadataRef node = LLVMMDNodeInContext2(cc->context, ids, BEE_CC_LEN(ids));

	if (cc->cast_function)
		LLVMAddNamedMetadataOperand(cc->module, CAST_IDS,
					    LLVMMetadataAsValue(cc->context, node));
}

void bee__cc_find_cast(struct bee__cc *cc)
{
	LLVMValueRef node, ids[2];

	if (cc->is_portable || LLVMGetNamedMetadataNumOperands(cc->module, CAST_IDS) != 1)
		return;
	LLVMGetNamedMetadataOperands(cc->module, CAST_IDS, &node);
	if (LLVMGetMDNodeNumOperands(node) != BEE_CC_LEN(ids))
		return;
	LLVMGetMDNodeOperands(node, ids);
	if (!LLVMIsAConstantInt(ids[0]) || !LLVMIsAConstantInt(ids[1]))
		return;
	cc->cast_function = LLVMConstIntGetZExtValue(ids[0]) & ID_MASK;
	cc->cast_type = LLVMConstIntGetZExtValue(ids[1]);
}
