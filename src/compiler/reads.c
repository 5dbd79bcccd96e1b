/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads of kernel memory. `sk->__sk_common.skc_dport`, with sk a pointer that the verifier takes for
 * a number, becomes bpf_probe_read(&tmp, 2, &sk->...), tmp.
 *
 * Each pointer is followed back to where it comes from:
 *
 *   stack, global, context, a helper's result     the verifier knows it: the load stays
 *   loaded from memory, made from a number        the kernel's: the load becomes a probe read
 *   parameter of a subprogram                     whichever its callers give
 *   merge of several (phi, select)                a probe read if any of them needs it
 *
 * A probe read of what the verifier knows is correct too, just slower, so doubt means a read. All
 * loads are judged before one is changed: a rewritten load looks like a load from the stack.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>

#include "compiler.h"
#include "hook.h"

#define HELPER_PROBE_READ	    4
#define HELPER_PROBE_READ_KERNEL    113
#define HELPER_GET_CURRENT_TASK_BTF 158
#define STACK_MAX		    512	/* bytes of stack that a BPF program has */

/* What a pointer can come from: a set of these. */
enum {
	FROM_KERNEL = 1,	/* a number to the verifier */
	FROM_STACK_SLOT = 2,	/* kept on the stack: the verifier may still know what it is */
};

/* A function that is looked through. */
struct body {
	LLVMValueRef fn;
	enum bee__reads reads;
	bool is_program;
	bool is_argument_kernel; /* the program's parameter is a kernel struct, not a context */
};

/* A value to be followed, and whether what counts is a pointer loaded through it. */
struct step {
	LLVMValueRef value;
	bool is_loaded;
};

/* A set of steps, and a list of them in the order in which they came. */
struct trail {
	struct step *list;
	size_t len, done;
	size_t *slots;		/* index into list, plus one; 0: free */
	size_t slots_len;	/* a power of two */
};

struct reads {
	struct bee__cc *cc;
	struct body *bodies;
	size_t bodies_len;
	LLVMValueRef *kernel_params;	/* of subprograms */
	size_t kernel_params_len;
	LLVMValueRef *sites;		/* instructions to be rewritten */
	size_t sites_len;
	struct trail trail;
	LLVMBuilderRef builder;
	LLVMTypeRef i8, i32, i64, ptr;
};

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

static struct body *body_of(struct reads *reads, LLVMValueRef fn)
{
	for (size_t i = 0; i < reads->bodies_len; i++)
		if (reads->bodies[i].fn == fn)
			return &reads->bodies[i];
	return NULL;
}

static bool is_kernel_param(const struct reads *reads, LLVMValueRef param)
{
	for (size_t i = 0; i < reads->kernel_params_len; i++)
		if (reads->kernel_params[i] == param)
			return true;
	return false;
}

static int follow_argument(struct reads *reads, struct step step)
{
	LLVMValueRef fn = LLVMGetParamParent(step.value);
	const struct body *body = body_of(reads, fn);

	if (body && body->is_program)
		return body->is_argument_kernel ? FROM_KERNEL : 0;
	return step.is_loaded || is_kernel_param(reads, step.value) ? FROM_KERNEL : 0;
}

static LLVMValueRef strip(LLVMValueRef value)
{
	while (LLVMIsAGetElementPtrInst(value) || LLVMIsABitCastInst(value))
		value = LLVMGetOperand(value, 0);
	return value;
}

/*
 * A loaded pointer is a number, but where the verifier types what the context holds, it also types
 * what is loaded through that.
 */
static int follow_load(struct reads *reads, LLVMValueRef load)
{
	LLVMValueRef fn = LLVMGetBasicBlockParent(LLVMGetInstructionParent(load));
	const struct body *body = body_of(reads, fn);
	LLVMValueRef address = LLVMGetOperand(load, 0);

	if (LLVMIsAAllocaInst(strip(address)))
		return FROM_STACK_SLOT;
	if (!body || body->reads != BEE_READS_TYPED)
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

static int follow_call(struct reads *reads, struct step step)
{
	LLVMValueRef callee = LLVMGetCalledValue(step.value);
	int argument = LLVMIsAFunction(callee) ? passed_argument(callee) : -1;

	if (argument >= 0) {
		push(&reads->trail, LLVMGetOperand(step.value, argument), step.is_loaded);
		return 0;
	}
	if (LLVMIsAFunction(callee) && LLVMCountBasicBlocks(callee)) {
		push_returns(reads, callee, step.is_loaded);
		return 0;
	}
	if (LLVMGetTypeKind(LLVMTypeOf(step.value)) != LLVMPointerTypeKind)
		return FROM_KERNEL;	/* bpf_get_current_task() gives a number */
	if (step.is_loaded && !is_helper(callee, HELPER_GET_CURRENT_TASK_BTF))
		return FROM_KERNEL;
	return 0;
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
		return step.is_loaded ? FROM_STACK_SLOT : 0;
	case LLVMGetElementPtr:
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
		return 0;	/* null, undef, a number: nothing that could be read */
	if (LLVMGetConstOpcode(step.value) == LLVMIntToPtr)
		return FROM_KERNEL;
	push(&reads->trail, LLVMGetOperand(step.value, 0), step.is_loaded);
	return 0;
}

static int origins(struct reads *reads, LLVMValueRef pointer)
{
	struct trail *trail = &reads->trail;
	int from = 0;

	if (LLVMGetPointerAddressSpace(LLVMTypeOf(pointer)))	/* an arena, which is mapped */
		return 0;
	start_trail(trail, pointer);
	while (trail->done < trail->len && !(from & FROM_KERNEL)) {
		struct step step = trail->list[trail->done++];

		if (LLVMIsAArgument(step.value))
			from |= follow_argument(reads, step);
		else if (LLVMIsAInstruction(step.value))
			from |= follow_instruction(reads, step);
		else
			from |= follow_constant(reads, step);
	}
	return from;
}

/* ---- which functions --------------------------------------------------------------------- */

/* A struct of the kernel's that is no context: BCC programs may take one and read its fields. */
static bool is_kernel_struct(const struct bee__cc_function *fn)
{
	static const char *const contexts[] = {
		"bpf_",		"tracepoint__",	    "trace_event_raw_",	"syscall_trace_",
		"user_pt_regs",	"user_regs_struct", "__sk_buff",	"xdp_md",
		"sk_msg_md",	"sk_reuseport_md",
	};

	if (!fn->has_kernel_type || bee__hook_by_context(fn->context))
		return false;
	for (size_t i = 0; i < BEE_CC_LEN(contexts); i++)
		if (bee__cc_starts(fn->context, contexts[i]))
			return false;
	return true;
}

static void add_body(struct reads *reads, LLVMValueRef value)
{
	const struct bee__cc_function *fn = bee__cc_function_of(reads->cc, value);
	struct body *body;

	reads->bodies = bee__cc_grow(reads->bodies, reads->bodies_len, sizeof(*body));
	body = &reads->bodies[reads->bodies_len++];
	body->fn = value;
	if (!fn || !fn->hook)
		return;
	body->is_program = true;
	body->reads = fn->hook->reads;
	body->is_argument_kernel = body->reads == BEE_READS_SCALAR && is_kernel_struct(fn);
}

/* A subprogram reads as its callers do; a number is the more careful of two opinions. */
static bool inherit(struct body *callee, enum bee__reads reads)
{
	enum bee__reads old = callee->reads;

	if (callee->is_program || old == BEE_READS_SCALAR || reads == BEE_READS_NEVER)
		return false;
	callee->reads = reads;
	return callee->reads != old;
}

/* Callbacks are given to helpers, not called, so that any mention of a function counts. */
static bool spread_from(struct reads *reads, const struct body *body)
{
	LLVMValueRef insn = bee__cc_next_insn(body->fn, NULL);
	bool changed = false;

	for (; insn; insn = bee__cc_next_insn(body->fn, insn)) {
		if (!LLVMIsACallInst(insn))
			continue;
		for (int i = 0; i < LLVMGetNumOperands(insn); i++) {
			LLVMValueRef operand = LLVMGetOperand(insn, i);
			struct body *callee = NULL;

			if (LLVMIsAFunction(operand))
				callee = body_of(reads, operand);
			if (callee)
				changed |= inherit(callee, body->reads);
		}
	}
	return changed;
}

static void find_bodies(struct reads *reads)
{
	LLVMValueRef fn = LLVMGetFirstFunction(reads->cc->module);
	bool changed = true;

	for (; fn; fn = LLVMGetNextFunction(fn))
		if (LLVMCountBasicBlocks(fn))
			add_body(reads, fn);
	while (changed) {
		changed = false;
		for (size_t i = 0; i < reads->bodies_len; i++)
			if (reads->bodies[i].reads != BEE_READS_NEVER)
				changed |= spread_from(reads, &reads->bodies[i]);
	}
}

/* ---- which parameters of subprograms ----------------------------------------------------- */

static bool judge_argument(struct reads *reads, LLVMValueRef argument, LLVMValueRef param)
{
	if (LLVMGetTypeKind(LLVMTypeOf(param)) != LLVMPointerTypeKind ||
	    is_kernel_param(reads, param) || !(origins(reads, argument) & FROM_KERNEL))
		return false;
	reads->kernel_params = bee__cc_grow(reads->kernel_params, reads->kernel_params_len,
					    sizeof(*reads->kernel_params));
	reads->kernel_params[reads->kernel_params_len++] = param;
	return true;
}

static bool judge_call(struct reads *reads, LLVMValueRef insn)
{
	LLVMValueRef callee = LLVMIsACallInst(insn) ? LLVMGetCalledValue(insn) : NULL;
	bool changed = false;

	if (!callee || !LLVMIsAFunction(callee) || !LLVMCountBasicBlocks(callee))
		return false;
	for (unsigned int i = 0; i < LLVMCountParams(callee) && i < LLVMGetNumArgOperands(insn);
	     i++)
		changed |= judge_argument(reads, LLVMGetOperand(insn, i), LLVMGetParam(callee, i));
	return changed;
}

/* Parameters are safe until a call shows otherwise, which may show the same of others. */
static void find_kernel_params(struct reads *reads)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < reads->bodies_len; i++) {
			LLVMValueRef fn = reads->bodies[i].fn, insn = NULL;

			if (reads->bodies[i].reads == BEE_READS_NEVER)
				continue;
			while ((insn = bee__cc_next_insn(fn, insn)))
				changed |= judge_call(reads, insn);
		}
	}
}

/* ---- which instructions ------------------------------------------------------------------ */

static void refuse_store(struct reads *reads, LLVMValueRef insn, LLVMValueRef pointer)
{
	struct bee__cc_place place;

	if (!(origins(reads, pointer) & FROM_KERNEL))
		return;
	place = bee__cc_place_of(insn);
	bee__cc_error(reads->cc, &place,
		      "copy what it points to into a variable or a map, and change that",
		      "a store through a kernel pointer: BPF programs can only read kernel memory");
}

static void add_site(struct reads *reads, LLVMValueRef insn)
{
	reads->sites = bee__cc_grow(reads->sites, reads->sites_len, sizeof(*reads->sites));
	reads->sites[reads->sites_len++] = insn;
}

static bool is_copy(LLVMValueRef insn)
{
	return LLVMIsAMemCpyInst(insn) || LLVMIsAMemMoveInst(insn);
}

/* memcmp() of memory that has a size: the memory can be copied first. */
static bool is_compare(LLVMValueRef insn)
{
	LLVMValueRef size;

	if (!bee__cc_is_call_of(insn, "memcmp") && !bee__cc_is_call_of(insn, "bcmp"))
		return false;
	size = LLVMGetOperand(insn, 2);
	return LLVMIsAConstantInt(size) && LLVMConstIntGetZExtValue(size) <= STACK_MAX;
}

static void judge_instruction(struct reads *reads, LLVMValueRef insn)
{
	bool is_read = false;

	if (LLVMIsALoadInst(insn)) {
		is_read = origins(reads, LLVMGetOperand(insn, 0));
	} else if (is_copy(insn)) {
		is_read = origins(reads, LLVMGetOperand(insn, 1));
		refuse_store(reads, insn, LLVMGetOperand(insn, 0));
	} else if (is_compare(insn)) {
		is_read = origins(reads, LLVMGetOperand(insn, 0)) ||
			  origins(reads, LLVMGetOperand(insn, 1));
	} else if (LLVMIsAStoreInst(insn)) {
		refuse_store(reads, insn, LLVMGetOperand(insn, 1));
	} else if (LLVMIsAAtomicRMWInst(insn) || LLVMIsAAtomicCmpXchgInst(insn) ||
		   LLVMIsAMemSetInst(insn)) {
		refuse_store(reads, insn, LLVMGetOperand(insn, 0));
	}
	if (is_read)
		add_site(reads, insn);
}

static void find_sites(struct reads *reads)
{
	for (size_t i = 0; i < reads->bodies_len; i++) {
		LLVMValueRef insn = NULL;

		if (reads->bodies[i].reads == BEE_READS_NEVER)
			continue;
		while ((insn = bee__cc_next_insn(reads->bodies[i].fn, insn)))
			judge_instruction(reads, insn);
	}
}

/* ---- rewriting --------------------------------------------------------------------------- */

/*
 * bpf_probe_read() serves kernel and user memory, as BCC's programs expect, where the two cannot
 * overlap: on x86. Typed programs see kernel pointers only.
 */
static unsigned int read_helper(const struct body *body)
{
#if defined(__x86_64__)
	if (body->reads == BEE_READS_SCALAR)
		return HELPER_PROBE_READ;
#endif
	return HELPER_PROBE_READ_KERNEL;
}

static LLVMValueRef function_of(LLVMValueRef insn)
{
	return LLVMGetBasicBlockParent(LLVMGetInstructionParent(insn));
}

static void stand_before(struct reads *reads, LLVMValueRef insn)
{
	LLVMPositionBuilderBefore(reads->builder, insn);
	LLVMSetCurrentDebugLocation2(reads->builder, LLVMInstructionGetDebugLoc(insn));
}

static void build_read(struct reads *reads, LLVMValueRef insn, LLVMValueRef to, LLVMValueRef size,
		       LLVMValueRef from)
{
	const struct body *body = body_of(reads, function_of(insn));
	LLVMTypeRef params[] = { reads->ptr, reads->i32, reads->ptr };
	LLVMTypeRef type = LLVMFunctionType(reads->i64, params, BEE_CC_LEN(params), false);
	LLVMValueRef number = LLVMConstInt(reads->i64, read_helper(body), false);
	LLVMValueRef args[] = { to, size, from };

	LLVMBuildCall2(reads->builder, type, LLVMConstIntToPtr(number, reads->ptr), args,
		       BEE_CC_LEN(args), "");
}

/* A variable on the stack. It must stand in the entry block, or it would grow the stack. */
static LLVMValueRef build_variable(struct reads *reads, LLVMValueRef insn, LLVMTypeRef type)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(reads->cc->module);
	LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(function_of(insn));
	LLVMValueRef var;

	LLVMPositionBuilderBefore(reads->builder, LLVMGetFirstInstruction(entry));
	LLVMSetCurrentDebugLocation2(reads->builder, NULL);
	var = LLVMBuildAlloca(reads->builder, type, "");
	LLVMSetAlignment(var, LLVMABIAlignmentOfType(layout, type));
	stand_before(reads, insn);
	return var;
}

/* Tell where a variable is in use, so that others can have its place on the small stack. */
static void build_lifetime(struct reads *reads, const char *name, LLVMValueRef var, uint64_t size)
{
	unsigned int id = LLVMLookupIntrinsicID(name, strlen(name));
	LLVMValueRef fn = LLVMGetIntrinsicDeclaration(reads->cc->module, id, &reads->ptr, 1);
	LLVMValueRef args[] = { LLVMConstInt(reads->i64, size, false), var };

	LLVMBuildCall2(reads->builder, LLVMGlobalGetValueType(fn), fn, args, BEE_CC_LEN(args), "");
}

static void rewrite_load(struct reads *reads, LLVMValueRef load)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(reads->cc->module);
	LLVMTypeRef type = LLVMTypeOf(load);
	uint64_t size = LLVMStoreSizeOfType(layout, type);
	LLVMValueRef var = build_variable(reads, load, type), value;

	build_lifetime(reads, "llvm.lifetime.start", var, size);
	build_read(reads, load, var, LLVMConstInt(reads->i32, size, false),
		   LLVMGetOperand(load, 0));
	value = LLVMBuildLoad2(reads->builder, type, var, "");
	build_lifetime(reads, "llvm.lifetime.end", var, size);
	LLVMReplaceAllUsesWith(load, value);
	LLVMInstructionEraseFromParent(load);
}

static void rewrite_copy(struct reads *reads, LLVMValueRef copy)
{
	LLVMValueRef size = LLVMGetOperand(copy, 2);

	stand_before(reads, copy);
	if (LLVMTypeOf(size) != reads->i32)
		size = LLVMBuildTrunc(reads->builder, size, reads->i32, "");
	build_read(reads, copy, LLVMGetOperand(copy, 0), size, LLVMGetOperand(copy, 1));
	LLVMInstructionEraseFromParent(copy);
}

static void rewrite_compare(struct reads *reads, LLVMValueRef call)
{
	uint64_t size = LLVMConstIntGetZExtValue(LLVMGetOperand(call, 2));
	LLVMTypeRef type = LLVMArrayType2(reads->i8, size);

	for (unsigned int i = 0; i < 2; i++) {
		LLVMValueRef from = LLVMGetOperand(call, i), var;

		if (!origins(reads, from))
			continue;
		var = build_variable(reads, call, type);
		build_read(reads, call, var, LLVMConstInt(reads->i32, size, false), from);
		LLVMSetOperand(call, i, var);
	}
}

static void rewrite(struct reads *reads, LLVMValueRef insn)
{
	if (LLVMIsALoadInst(insn))
		rewrite_load(reads, insn);
	else if (is_copy(insn))
		rewrite_copy(reads, insn);
	else
		rewrite_compare(reads, insn);
}

size_t bee__cc_reads(struct bee__cc *cc)
{
	struct reads reads = {
		.cc = cc,
		.builder = LLVMCreateBuilderInContext(cc->context),
		.i8 = LLVMInt8TypeInContext(cc->context),
		.i32 = LLVMInt32TypeInContext(cc->context),
		.i64 = LLVMInt64TypeInContext(cc->context),
		.ptr = LLVMPointerTypeInContext(cc->context, 0),
	};

	find_bodies(&reads);
	find_kernel_params(&reads);
	find_sites(&reads);
	for (size_t i = 0; i < reads.sites_len; i++)
		rewrite(&reads, reads.sites[i]);
	LLVMDisposeBuilder(reads.builder);
	return reads.sites_len;
}
