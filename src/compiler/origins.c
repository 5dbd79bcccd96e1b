/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where pointers come from. Each is followed back, through casts, arithmetic, merges and calls, to
 * its roots:
 *
 *   stack, global, context, a helper's result     nothing that needs care
 *   loaded from memory, made from a number        FROM_KERNEL
 *   loaded from a context that holds the registers or arguments of a process, or through such a
 *   pointer                                       FROM_USER
 *   loaded from the stack, through a parameter of a subprogram or the current task's typed pointer
 *                                                 FROM_UNSURE
 *   loaded from a union, where the verifier knows types
 *                                                 FROM_KERNEL
 *   loaded from a context, where the verifier knows types
 *                                                 FROM_TYPED
 *   parameter of a subprogram                     whatever its callers give
 */
#include <stdlib.h>
#include <string.h>

#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>

#include "reads.h"

/* ---- a trail ----------------------------------------------------------------------------- */

static size_t *find_slot(const struct trail *trail, struct step step)
{
	size_t at = ((uintptr_t)step.value >> 4) * 31 + step.is_loaded;

	for (;; at++) {
		size_t *slot = &trail->slots[at & (trail->slots_len - 1)];

		if (!*slot)
			return slot;
		if (trail->list[*slot - 1].value == step.value &&
		    trail->list[*slot - 1].is_loaded == step.is_loaded)
			return slot;
	}
}

static void grow_slots(struct trail *trail)
{
	free(trail->slots);
	trail->slots_len = trail->slots_len ? trail->slots_len * 2 : 64;
	trail->slots = bee__cc_alloc(trail->slots_len * sizeof(*trail->slots));
	for (size_t i = 0; i < trail->len; i++)
		*find_slot(trail, trail->list[i]) = i + 1;
}

static void push(struct trail *trail, LLVMValueRef value, bool is_loaded)
{
	struct step step = { value, is_loaded };
	size_t *slot;

	if (trail->len * 2 >= trail->slots_len)
		grow_slots(trail);
	slot = find_slot(trail, step);
	if (*slot)
		return;
	trail->list = bee__cc_grow(trail->list, trail->len, sizeof(*trail->list));
	trail->list[trail->len++] = step;
	*slot = trail->len;
}

static void start_trail(struct trail *trail, LLVMValueRef value)
{
	if (trail->slots)
		memset(trail->slots, 0, trail->slots_len * sizeof(*trail->slots));
	trail->len = trail->done = 0;
	push(trail, value, false);
}

/* ---- where a pointer comes from ---------------------------------------------------------- */

static int follow_argument(struct reads *reads, struct step step)
{
	LLVMValueRef fn = LLVMGetParamParent(step.value);
	const struct body *body = bee__body_of(reads, fn);
	int from;

	if (body && body->is_program && !step.is_loaded)
		return body->is_argument_kernel ? FROM_KERNEL : 0;
	if (body && body->is_program && body->reads == BEE_READS_USER)
		return FROM_USER;
	if (body && body->is_program && body->reads == BEE_READS_TYPED)
		return FROM_TYPED;
	if (body && body->is_program)
		return FROM_KERNEL;
	from = bee__given_to(reads, step.value);
	if (from)
		return from;
	/* A subprogram, or a callback, may be given a struct of pointers that lies on the stack. */
	return step.is_loaded ? FROM_UNSURE : 0;
}

static LLVMValueRef strip(LLVMValueRef value)
{
	while (LLVMIsAGetElementPtrInst(value) || LLVMIsABitCastInst(value) ||
	       bee__cc_is_mark(value))
		value = LLVMGetOperand(value, 0);
	return value;
}

static bool is_union(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMStructTypeKind && LLVMGetStructName(type) &&
	       bee__cc_starts(LLVMGetStructName(type), "union.");
}

/* Does an address go into a union? Of which the verifier sees the first member that is as large. */
static bool is_in_union(LLVMValueRef address)
{
	for (; LLVMIsAGetElementPtrInst(address); address = LLVMGetOperand(address, 0)) {
		LLVMTypeRef type = LLVMGetGEPSourceElementType(address);

		for (int i = 2; i < LLVMGetNumOperands(address) && !is_union(type); i++) {
			LLVMValueRef index = LLVMGetOperand(address, i);

			if (LLVMGetTypeKind(type) != LLVMStructTypeKind)
				type = LLVMGetElementType(type);
			else
				type = LLVMStructGetTypeAtIndex(type,
								LLVMConstIntGetZExtValue(index));
		}
		if (is_union(type))
			return true;
	}
	return false;
}

static bool is_typed(const struct body *body)
{
	return body && body->reads == BEE_READS_TYPED;
}

static bool is_number(LLVMValueRef load)
{
	return LLVMGetTypeKind(LLVMTypeOf(load)) == LLVMIntegerTypeKind;
}

/* Is an address one in the context of a program? */
static bool is_context(const struct body *body, LLVMValueRef address)
{
	return body->is_program && strip(address) == LLVMGetParam(body->fn, 0);
}

static bool is_written(LLVMValueRef value)
{
	for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);
		bool is_part = LLVMIsAGetElementPtrInst(user) ||
			       (LLVMIsAConstantExpr(user) &&
				LLVMGetConstOpcode(user) == LLVMGetElementPtr);

		if (is_part ? is_written(user) : !LLVMIsALoadInst(user) || LLVMGetVolatile(user))
			return true;
	}
	return false;
}

/*
 * Does a pointer stand in a table of the program's own, as in an array of texts, which has what the
 * source says and nothing else? What is volatile may be set by who loads the program.
 */
static bool is_of_table(LLVMValueRef load)
{
	LLVMValueRef table = LLVMGetOperand(load, 0);

	while (LLVMIsAGetElementPtrInst(table) ||
	       (LLVMIsAConstantExpr(table) && LLVMGetConstOpcode(table) == LLVMGetElementPtr))
		table = LLVMGetOperand(table, 0);
	return LLVMIsAGlobalVariable(table) && LLVMGetInitializer(table) &&
	       !LLVMGetVolatile(load) && LLVMGetTypeKind(LLVMTypeOf(load)) == LLVMPointerTypeKind &&
	       (LLVMIsGlobalConstant(table) ||
		(LLVMGetLinkage(table) == LLVMInternalLinkage && !is_written(table)));
}

/* A loaded pointer is what can be loaded through the pointer to it. */
static int follow_load(struct reads *reads, LLVMValueRef load)
{
	LLVMValueRef address = LLVMGetOperand(load, 0);
	LLVMBasicBlockRef block = LLVMGetInstructionParent(load);
	const struct body *body = bee__body_of(reads, LLVMGetBasicBlockParent(block));

	if (LLVMIsAAllocaInst(strip(address)))
		return FROM_UNSURE;
	if (is_of_table(load))
		return 0;
	/* What the kernel has as a number, the verifier does; but for the numbers of a context. */
	if (is_typed(body) && is_number(load) && !is_context(body, address))
		return FROM_KERNEL | FROM_USER;
	/* The unions of a context, as of iterators, only make room for a pointer. */
	if (is_typed(body) && is_in_union(address) && !is_context(body, address))
		return FROM_KERNEL;
	push(&reads->trail, address, true);
	return 0;
}

/* Clang's own calls that hand a pointer on: which argument it is; -1: no such call. */
static int passed_argument(LLVMValueRef callee)
{
	static const struct {
		const char *name;
		int argument;
	} calls[] = {
		{ "llvm.preserve.", 0 },
		{ "llvm.launder.", 0 },
		{ "llvm.strip.", 0 },
		{ "llvm.bpf.passthrough", 1 },
	};
	const char *name = bee__cc_name(callee);

	for (size_t i = 0; i < BEE_CC_LEN(calls); i++)
		if (bee__cc_starts(name, calls[i].name))
			return calls[i].argument;
	return -1;
}

/* Does a constant lead to what is before, or to the next of several structs? */
static bool leads_out(LLVMValueRef value, unsigned int place)
{
	int64_t index = LLVMConstIntGetSExtValue(LLVMGetOperand(value, place));

	if (index < 0)
		return true;
	return index && place == 1 && LLVMIsAGetElementPtrInst(value) &&
	       LLVMGetTypeKind(LLVMGetGEPSourceElementType(value)) == LLVMStructTypeKind;
}

/* Whether an offset is added that only the program knows, or one that leads to what is around. */
static void note_index(struct reads *reads, struct step step)
{
	for (int i = 1; !step.is_loaded && i < LLVMGetNumOperands(step.value); i++) {
		LLVMValueRef index = LLVMGetOperand(step.value, i);

		if (LLVMIsAConstantInt(index))
			reads->is_shifted |= leads_out(step.value, i);
		else if (LLVMIsAInstruction(index) || LLVMIsAArgument(index))
			reads->is_shifted = true;
	}
}

static void push_returns(struct reads *reads, LLVMValueRef fn, bool is_loaded)
{
	LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(fn);

	for (; block; block = LLVMGetNextBasicBlock(block)) {
		LLVMValueRef last = LLVMGetBasicBlockTerminator(block);

		if (last && LLVMIsAReturnInst(last) && LLVMGetNumOperands(last))
			push(&reads->trail, LLVMGetOperand(last, 0), is_loaded);
	}
}

/* A helper is called by its number, cast to a function pointer. */
static bool is_helper(LLVMValueRef callee, unsigned int number)
{
	return LLVMIsAConstantExpr(callee) && LLVMGetConstOpcode(callee) == LLVMIntToPtr &&
	       LLVMConstIntGetZExtValue(LLVMGetOperand(callee, 0)) == number;
}

bool bee__is_helper_call(LLVMValueRef value, unsigned int number)
{
	return LLVMIsACallInst(value) && is_helper(LLVMGetCalledValue(value), number);
}

/* Where a pointer into an object was taken from, if not out of one of its structs' members. */
static LLVMValueRef strip_plain(LLVMValueRef value)
{
	for (;;) {
		if (LLVMIsAGetElementPtrInst(value) &&
		    LLVMGetTypeKind(LLVMGetGEPSourceElementType(value)) != LLVMIntegerTypeKind)
			return value;
		if (!LLVMIsAGetElementPtrInst(value) && !LLVMIsABitCastInst(value) &&
		    !LLVMIsAIntToPtrInst(value))
			return value;
		value = LLVMGetOperand(value, 0);
	}
}

/*
 * A pointer to what is no struct. Where the verifier knows types, it knows none of what is behind such a
 * pointer: it is a number when it was loaded, also from the context if that has it for such a pointer.
 * It may be one of the process's, too, as the buffer of a read is.
 */
static int follow_plain(struct reads *reads, struct step step)
{
	LLVMBasicBlockRef block = LLVMGetInstructionParent(step.value);
	const struct body *body = bee__body_of(reads, LLVMGetBasicBlockParent(block));
	LLVMValueRef load = strip_plain(LLVMGetOperand(step.value, 0));

	if (is_typed(body) && LLVMIsALoadInst(load) &&
	    !LLVMIsAAllocaInst(strip(LLVMGetOperand(load, 0))) &&
	    is_number(load) == is_context(body, LLVMGetOperand(load, 0)))
		return FROM_KERNEL | FROM_USER;
	push(&reads->trail, LLVMGetOperand(step.value, 0), step.is_loaded);
	return 0;
}

/* Some programs are given less than their argument is: a congestion control's socket is one of TCP. */
static int follow_wider(struct reads *reads, struct step step)
{
	LLVMBasicBlockRef block = LLVMGetInstructionParent(step.value);
	const struct body *body = bee__body_of(reads, LLVMGetBasicBlockParent(block));

	reads->is_shifted |= !step.is_loaded && body && body->has_probe_read;
	push(&reads->trail, LLVMGetOperand(step.value, 0), step.is_loaded);
	return 0;
}

static int follow_call(struct reads *reads, struct step step)
{
	LLVMValueRef callee = LLVMGetCalledValue(step.value);
	int argument = LLVMIsAFunction(callee) ? passed_argument(callee) : -1;
	const struct body *body;

	if (bee__cc_is_mark(step.value)) {
		if (!strcmp(bee__cc_name(callee), BEE_MARK_USER))
			return FROM_USER;
		if (!strcmp(bee__cc_name(callee), BEE_MARK_PLAIN))
			return follow_plain(reads, step);
		return follow_wider(reads, step);
	}
	if (argument >= 0) {
		note_index(reads, step);
		push(&reads->trail, LLVMGetOperand(step.value, argument), step.is_loaded);
		return 0;
	}
	if (LLVMIsAFunction(callee) && LLVMCountBasicBlocks(callee)) {
		push_returns(reads, callee, step.is_loaded);
		return 0;
	}
	if (LLVMGetTypeKind(LLVMTypeOf(step.value)) != LLVMPointerTypeKind)
		return FROM_KERNEL; /* bpf_get_current_task() gives a number */
	if (!step.is_loaded)
		return 0;
	if (!is_helper(callee, HELPER_GET_CURRENT_TASK_BTF))
		return FROM_KERNEL;
	body = bee__body_of(reads, LLVMGetBasicBlockParent(LLVMGetInstructionParent(step.value)));
	return is_typed(body) ? FROM_TYPED : FROM_UNSURE;
}

/* The side of pointer arithmetic that is the pointer, not the offset. */
static LLVMValueRef pointer_side(LLVMValueRef value)
{
	LLVMValueRef left = LLVMGetOperand(value, 0), right = LLVMGetOperand(value, 1);

	return LLVMIsAPtrToIntInst(right) || LLVMIsAConstantInt(left) ? right : left;
}

static void push_inputs(struct reads *reads, struct step step)
{
	if (LLVMIsASelectInst(step.value)) {
		push(&reads->trail, LLVMGetOperand(step.value, 1), step.is_loaded);
		push(&reads->trail, LLVMGetOperand(step.value, 2), step.is_loaded);
		return;
	}
	for (unsigned int i = 0; i < LLVMCountIncoming(step.value); i++)
		push(&reads->trail, LLVMGetIncomingValue(step.value, i), step.is_loaded);
}

static int follow_instruction(struct reads *reads, struct step step)
{
	switch (LLVMGetInstructionOpcode(step.value)) {
	case LLVMAlloca:
		return step.is_loaded ? FROM_UNSURE : 0;
	case LLVMGetElementPtr:
		note_index(reads, step);
		push(&reads->trail, LLVMGetOperand(step.value, 0), step.is_loaded);
		return 0;
	case LLVMBitCast:
	case LLVMAddrSpaceCast:
	case LLVMFreeze:
	case LLVMPtrToInt:
	case LLVMIntToPtr:
		push(&reads->trail, LLVMGetOperand(step.value, 0), step.is_loaded);
		return 0;
	case LLVMAdd:
	case LLVMSub:
	case LLVMAnd:
	case LLVMOr:
		reads->is_shifted |= !step.is_loaded &&
				     !LLVMIsAConstantInt(LLVMGetOperand(step.value, 1));
		push(&reads->trail, pointer_side(step.value), step.is_loaded);
		return 0;
	case LLVMPHI:
	case LLVMSelect:
		push_inputs(reads, step);
		return 0;
	case LLVMLoad:
		return follow_load(reads, step.value);
	case LLVMCall:
		return follow_call(reads, step);
	default:
		return FROM_KERNEL;
	}
}

static int follow_constant(struct reads *reads, struct step step)
{
	if (LLVMIsAGlobalValue(step.value))
		return step.is_loaded ? FROM_KERNEL : 0;
	if (!LLVMIsAConstantExpr(step.value))
		return 0; /* null, undef, a number: nothing that could be read */
	if (LLVMGetConstOpcode(step.value) == LLVMIntToPtr)
		return FROM_KERNEL;
	push(&reads->trail, LLVMGetOperand(step.value, 0), step.is_loaded);
	return 0;
}

int bee__origins(struct reads *reads, LLVMValueRef pointer)
{
	struct trail *trail = &reads->trail;
	int from = 0;

	if (LLVMGetPointerAddressSpace(LLVMTypeOf(pointer))) /* an arena, which is mapped */
		return 0;
	start_trail(trail, pointer);
	reads->is_shifted = false;
	while (trail->done < trail->len && !(from & FROM_KERNEL)) {
		struct step step = trail->list[trail->done++];

		if (LLVMIsAArgument(step.value))
			from |= follow_argument(reads, step);
		else if (LLVMIsAInstruction(step.value))
			from |= follow_instruction(reads, step);
		else
			from |= follow_constant(reads, step);
	}
	/* The verifier takes no such offsets, where it knows the type. */
	reads->is_shifted &= (from & FROM_TYPED) != 0;
	if (reads->is_shifted)
		from |= FROM_KERNEL;
	return from & ~FROM_TYPED;
}

/* ---- constants that are added ------------------------------------------------------------- */

/* What a GEP adds to its pointer; false: that is no constant. */
static bool constant_offset(struct reads *reads, LLVMValueRef gep, int64_t *offset)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(reads->cc->module);
	LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);

	for (int i = 1; i < LLVMGetNumOperands(gep); i++) {
		LLVMValueRef index = LLVMGetOperand(gep, i);
		int64_t number;

		if (!LLVMIsAConstantInt(index))
			return false;
		number = LLVMConstIntGetSExtValue(index);
		if (i > 1 && LLVMGetTypeKind(type) == LLVMStructTypeKind) {
			*offset += LLVMOffsetOfElement(layout, type, number);
			type = LLVMStructGetTypeAtIndex(type, number);
			continue;
		}
		if (i > 1)
			type = LLVMGetElementType(type);
		*offset += number * (int64_t)LLVMABISizeOfType(layout, type);
	}
	return true;
}

LLVMValueRef bee__strip_offsets(struct reads *reads, LLVMValueRef pointer, int64_t *ret_offset)
{
	int64_t offset = 0, added = 0;

	while (LLVMIsAGetElementPtrInst(pointer) && constant_offset(reads, pointer, &added)) {
		pointer = LLVMGetOperand(pointer, 0);
		offset += added;
		added = 0;
	}
	*ret_offset = offset;
	return pointer;
}
