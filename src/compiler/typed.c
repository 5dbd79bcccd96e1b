/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads that begin at the current task, on kernels that cannot make a pointer of any number: since
 * Linux 5.11 bpf_get_current_task_btf() gives the task as a pointer of which the verifier knows the
 * type, and so does each load of a pointer through it. Loads through these need no helper:
 *
 *   task = bpf_get_current_task()        typed = bpf_get_current_task_btf(), task = number(typed)
 *   parent = task->real_parent           typed2 = typed->real_parent, parent = number(typed2)
 *   parent->tgid                         typed2->tgid
 *
 * The verifier refuses much of what a program may do with a typed pointer: masks, other offsets than
 * constants, a merge with a number. So only loads see it, and everything else a number that has the
 * same bits: what an instruction gives that swaps no bytes, of which the verifier knows nothing.
 *
 * A load that it would refuse, by the member that is loaded, reads by the number (members.h). So does,
 * where bpf_probe_read() reads both kinds of memory, a load through one of the few pointers that are
 * the process's: the highest bit tells (direct.c), and the load through the typed pointer gives 0.
 */
#include <stdlib.h>
#include <string.h>

#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>

#include "members.h"
#include "reads.h"

#define TYPED_FILE "moonbee.typed"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SAME_BITS "$0 = le64 $0"
#else
#define SAME_BITS "$0 = be64 $0"
#endif

/* ---- which loads ------------------------------------------------------------------------- */

static size_t add_typed(struct reads *reads, LLVMValueRef value, const void *record)
{
	reads->typed = bee__cc_grow(reads->typed, reads->typed_len, sizeof(*reads->typed));
	reads->typed[reads->typed_len++] = (struct typed){ .value = value, .record = record };
	return reads->typed_len;
}

static size_t find_typed(struct reads *reads, LLVMValueRef value);

/* What a load through a typed pointer is. *ret_through: that pointer's place; 0: it has no type. */
static enum bee__member member_of(struct reads *reads, LLVMValueRef load, size_t *ret_through,
				  const void **ret_record)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(reads->cc->module);
	int64_t offset;
	LLVMValueRef base = bee__strip_offsets(reads, LLVMGetOperand(load, 0), &offset);
	size_t through = find_typed(reads, base);

	*ret_through = through;
	if (!through || !reads->typed[through - 1].record || offset < 0)
		return BEE_MEMBER_NONE;
	return bee__record_member(reads->typed[through - 1].record, offset,
				  LLVMStoreSizeOfType(layout, LLVMTypeOf(load)), ret_record);
}

/* The source's own typed task gives typed pointers without our help: by loads that are no sites. */
static size_t find_loaded(struct reads *reads, LLVMValueRef load)
{
	const void *record = NULL;
	size_t through;

	if (bee__origins(reads, LLVMGetOperand(load, 0)) ||
	    member_of(reads, load, &through, &record) != BEE_MEMBER_POINTER)
		return 0;
	through = add_typed(reads, load, record);
	reads->typed[through - 1].pointer = load;
	return through;
}

/* The pointer of a value, as a place in the list plus one; 0: it has no type. */
static size_t find_typed(struct reads *reads, LLVMValueRef value)
{
	while (LLVMIsAIntToPtrInst(value) || LLVMIsAPtrToIntInst(value) ||
	       LLVMIsABitCastInst(value))
		value = LLVMGetOperand(value, 0);
	for (size_t i = 0; i < reads->typed_len; i++)
		if (reads->typed[i].value == value)
			return i + 1;
	if (LLVMIsALoadInst(value))
		return find_loaded(reads, value);
	if (!bee__is_helper_call(value, HELPER_GET_CURRENT_TASK) &&
	    !bee__is_helper_call(value, HELPER_GET_CURRENT_TASK_BTF))
		return 0;
	if (!reads->task_struct)
		reads->task_struct =
			bee__record_find(reads->cc->module, reads->cc->typed_file, "task_struct");
	return add_typed(reads, value, reads->task_struct);
}

static void judge(struct reads *reads, struct site *site)
{
	const void *record = NULL;
	size_t through;
	enum bee__member member = member_of(reads, site->insn, &through, &record);

	if (member == BEE_MEMBER_NONE)
		return;
	site->through = through;
	if (member == BEE_MEMBER_POINTER)
		site->gives = add_typed(reads, site->insn, record);
}

void bee__typed_find(struct reads *reads)
{
	for (size_t i = 0; reads->cc->typed_file && i < reads->sites_len; i++) {
		struct site *site = &reads->sites[i];

		if (LLVMIsALoadInst(site->insn) && !(site->from & FROM_USER) &&
		    bee__is_word(reads, LLVMTypeOf(site->insn)))
			judge(reads, site);
	}
}

/* Metadata of the loads that are made here, for who compiles the module's text. */
static unsigned int made_kind(struct reads *reads)
{
	return LLVMGetMDKindIDInContext(reads->cc->context, TYPED_FILE, strlen(TYPED_FILE));
}

bool bee__typed_is_made(struct reads *reads, LLVMValueRef load)
{
	return LLVMHasMetadata(load) && LLVMGetMetadata(load, made_kind(reads));
}

/* ---- loads ------------------------------------------------------------------------------- */

LLVMValueRef bee__build_number(struct reads *reads, LLVMValueRef pointer)
{
	LLVMTypeRef fn = LLVMFunctionType(reads->i64, &reads->i64, 1, false);
	LLVMValueRef assembly = LLVMGetInlineAsm(fn, SAME_BITS, strlen(SAME_BITS), "=r,0",
						 strlen("=r,0"), false, false,
						 LLVMInlineAsmDialectATT, false);
	LLVMValueRef bits = LLVMBuildPtrToInt(reads->builder, pointer, reads->i64, "");
	LLVMValueRef number = LLVMBuildCall2(reads->builder, fn, assembly, &bits, 1, "");

	bee__build_pure(number);
	return number;
}

static LLVMValueRef as_type(struct reads *reads, LLVMValueRef number, LLVMTypeRef type)
{
	return type == reads->i64 ? number : LLVMBuildIntToPtr(reads->builder, number, type, "");
}

/* The task by its typed helper, in the place of the other one. */
static LLVMValueRef build_task(struct reads *reads, LLVMValueRef call)
{
	LLVMTypeRef fn = LLVMFunctionType(reads->ptr, NULL, 0, false);
	LLVMValueRef number = LLVMConstInt(reads->i64, HELPER_GET_CURRENT_TASK_BTF, false);
	LLVMValueRef task, bits;

	LLVMPositionBuilderBefore(reads->builder, call);
	LLVMSetCurrentDebugLocation2(reads->builder, LLVMInstructionGetDebugLoc(call));
	task = LLVMBuildCall2(reads->builder, fn, LLVMConstIntToPtr(number, reads->ptr), NULL, 0,
			      "");
	bits = bee__build_number(reads, task);
	LLVMReplaceAllUsesWith(call, as_type(reads, bits, LLVMTypeOf(call)));
	LLVMInstructionEraseFromParent(call);
	return task;
}

/* A pointer by its type. NULL: it was read by a helper, or is not read yet. */
static LLVMValueRef typed_pointer(struct reads *reads, struct typed *typed)
{
	if (typed->pointer)
		return typed->pointer;
	if (bee__is_helper_call(typed->value, HELPER_GET_CURRENT_TASK))
		typed->pointer = build_task(reads, typed->value);
	else if (LLVMIsACallInst(typed->value))
		typed->pointer = typed->value;
	return typed->pointer;
}

/*
 * if (bits >> 63) return value; else bpf_probe_read(&value, sizeof(value), base + offset), return value
 */
static void build_either(struct reads *reads, LLVMValueRef fn, LLVMTypeRef type)
{
	LLVMContextRef context = reads->cc->context;
	LLVMBasicBlockRef entry = LLVMAppendBasicBlockInContext(context, fn, "");
	LLVMBasicBlockRef kernel = LLVMAppendBasicBlockInContext(context, fn, "");
	LLVMBasicBlockRef other = LLVMAppendBasicBlockInContext(context, fn, "");
	LLVMValueRef bits = LLVMGetParam(fn, 0), value = LLVMGetParam(fn, 1);
	LLVMValueRef base = LLVMGetParam(fn, 2), offset = LLVMGetParam(fn, 3);

	LLVMPositionBuilderAtEnd(reads->builder, entry);
	LLVMBuildCondBr(reads->builder, bee__build_question(reads, bits), kernel, other);
	LLVMPositionBuilderAtEnd(reads->builder, kernel);
	LLVMBuildRet(reads->builder, value);
	LLVMPositionBuilderAtEnd(reads->builder, other);
	LLVMBuildRet(reads->builder, bee__build_other_read(reads, fn, type, base, offset));
}

/* A value, where typed is a pointer of the kernel's; else what a helper reads at the number. */
static LLVMValueRef either(struct reads *reads, const struct site *site, LLVMValueRef typed,
			   LLVMValueRef value)
{
	LLVMTypeRef type = LLVMTypeOf(value);
	LLVMTypeRef params[] = { reads->i64, type, reads->ptr, reads->i64 };
	LLVMTypeRef fn_type = LLVMFunctionType(type, params, BEE_CC_LEN(params), false);
	bool is_new;
	LLVMValueRef fn = bee__inline_function(reads, "__bee_typed_", fn_type, &is_new), args[4];
	int64_t offset;

	if (is_new)
		build_either(reads, fn, type);
	bee__stand_before(reads, site->insn);
	args[0] = bee__build_number(reads, typed);
	args[1] = value;
	args[2] = bee__strip_offsets(reads, LLVMGetOperand(site->insn, 0), &offset);
	args[3] = LLVMConstInt(reads->i64, offset, true);
	return LLVMBuildCall2(reads->builder, fn_type, fn, args, BEE_CC_LEN(args), "");
}

/* May a pointer that is not the task itself be one of the process's, as its rseq is? */
static bool may_be_other(struct reads *reads, const struct site *site)
{
	return !LLVMIsACallInst(reads->typed[site->through - 1].pointer) &&
	       bee__read_helper(reads, site->insn, site->from) == HELPER_PROBE_READ;
}

LLVMValueRef bee__typed_load(struct reads *reads, const struct site *site)
{
	LLVMTypeRef type = LLVMTypeOf(site->insn);
	LLVMValueRef base, index, load, value;
	int64_t offset;

	if (!site->through)
		return NULL;
	base = typed_pointer(reads, &reads->typed[site->through - 1]);
	if (!base)
		return NULL;
	bee__strip_offsets(reads, LLVMGetOperand(site->insn, 0), &offset);
	bee__stand_before(reads, site->insn);
	index = LLVMConstInt(reads->i64, offset, true);
	load = LLVMBuildGEP2(reads->builder, reads->i8, base, &index, 1, "");
	load = LLVMBuildLoad2(reads->builder, site->gives ? reads->ptr : type, load, "");
	/* The verifier wants one kind of pointer for each load: no two of them become one. */
	LLVMSetVolatile(load, true);
	LLVMSetMetadata(load, made_kind(reads),
			LLVMMetadataAsValue(reads->cc->context,
					    LLVMMDNodeInContext2(reads->cc->context, NULL, 0)));
	if (site->gives)
		reads->typed[site->gives - 1].pointer = load;
	value = site->gives ? as_type(reads, bee__build_number(reads, load), type) : load;
	return may_be_other(reads, site) ? either(reads, site, base, value) : value;
}

/* ---- in IR --------------------------------------------------------------------------------- */

void bee__cc_keep_typed(struct bee__cc *cc)
{
	LLVMMetadataRef text, node;

	if (!cc->typed_file)
		return;
	text = LLVMMDStringInContext2(cc->context, cc->typed_file, strlen(cc->typed_file));
	node = LLVMMDNodeInContext2(cc->context, &text, 1);
	LLVMAddNamedMetadataOperand(cc->module, TYPED_FILE, LLVMMetadataAsValue(cc->context, node));
}

void bee__cc_find_typed(struct bee__cc *cc)
{
	LLVMValueRef node, text;
	unsigned int size;
	const char *file;

	if (cc->is_portable || LLVMGetNamedMetadataNumOperands(cc->module, TYPED_FILE) != 1)
		return;
	LLVMGetNamedMetadataOperands(cc->module, TYPED_FILE, &node);
	if (LLVMGetMDNodeNumOperands(node) != 1)
		return;
	LLVMGetMDNodeOperands(node, &text);
	file = text ? LLVMGetMDString(text, &size) : NULL;
	cc->typed_file = file ? strndup(file, size) : NULL;
}
