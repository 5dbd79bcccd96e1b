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
#include <string.h>

#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>

#include "reads.h"

/* ---- which instructions ------------------------------------------------------------------ */

/* Values of maps may point to memory that a process lends the kernel: libbpf's __uptr. */
static bool has_lent_memory(const struct bee__cc *cc)
{
	static const char tag[] = "\"uptr\"";

	for (size_t i = 0; i < cc->files_len; i++)
		if (memmem(cc->files[i].text, cc->files[i].size, tag, sizeof(tag) - 1))
			return true;
	return false;
}

/* A number is no place to write to, in whosever memory. */
static void refuse_store(struct reads *reads, LLVMValueRef insn, LLVMValueRef pointer)
{
	int from = bee__origins(reads, pointer);
	struct bee__cc_place place = bee__cc_place_of(insn);

	if (from & (FROM_KERNEL | FROM_USER) && has_lent_memory(reads->cc))
		return;
	if (from & FROM_KERNEL)
		bee__cc_error(reads->cc, &place,
			      "copy what it points to into a variable or a map, and change that",
			      "a store through a kernel pointer: BPF programs can only read kernel "
			      "memory");
	else if (from & FROM_USER)
		bee__cc_error(reads->cc, &place,
			      "bpf_probe_write_user() writes to it, where the kernel permits that",
			      "a store through a pointer of the traced process");
}

/* Arguments of helpers that must be memory of the program's own: the verifier takes no number. */
static const struct memory_argument {
	unsigned int helper;
	int argument;
	const char *what;
} memory_arguments[] = {
	// clang-format off
	{   1, 1, "the key of a lookup" },
	{   2, 1, "the key of an update" },
	{   2, 2, "the value of an update" },
	{   3, 1, "the key of a deletion" },
	{  25, 3, "the data of an event" },
	{  87, 1, "the value of a push" },
	{ 130, 1, "the data of an event" },
	{ 182, 0, "the text of bpf_strncmp()" },
	// clang-format on
};

static void judge_arguments(struct reads *reads, LLVMValueRef call)
{
	for (size_t i = 0; i < BEE_CC_LEN(memory_arguments); i++) {
		const struct memory_argument *row = &memory_arguments[i];
		struct bee__cc_place place;
		int from;

		if (!bee__is_helper_call(call, row->helper))
			continue;
		from = bee__origins(reads, LLVMGetOperand(call, row->argument));
		if (!from || from & FROM_UNSURE)
			continue;
		place = bee__cc_place_of(call);
		bee__cc_error(reads->cc, &place, "copy it into a variable first, and pass that",
			      "%s is %s memory, where the program's own is needed", row->what,
			      from & FROM_KERNEL ? "kernel" : "the traced process's");
	}
}

static void add_site(struct reads *reads, LLVMValueRef insn, int from)
{
	if (!from)
		return;
	reads->sites = bee__cc_grow(reads->sites, reads->sites_len, sizeof(*reads->sites));
	reads->sites[reads->sites_len++] =
		(struct site){ .insn = insn, .from = from, .is_shifted = reads->is_shifted };
}

static bool is_copy(LLVMValueRef insn)
{
	return LLVMIsAMemCpyInst(insn) || LLVMIsAMemMoveInst(insn);
}

/* memcmp() of a few bytes, which can be copied first; strings.c left no larger ones. */
static bool is_compare(LLVMValueRef insn)
{
	LLVMValueRef size;

	if (!bee__cc_is_call_of(insn, "memcmp") && !bee__cc_is_call_of(insn, "bcmp"))
		return false;
	size = LLVMGetOperand(insn, 2);
	return LLVMIsAConstantInt(size) && LLVMConstIntGetZExtValue(size) <= BEE_COMPARE_MAX;
}

/* What the functions of strings.h read by. */
static bool is_reader(LLVMValueRef insn)
{
	return bee__cc_is_call_of(insn, "__bee_string_read") ||
	       bee__cc_is_call_of(insn, "__bee_string_read_text");
}

/* A call that reads whatever memory there is needs a helper in any case. */
static void judge_reader(struct reads *reads, LLVMValueRef call, enum bee__reads kind)
{
	int from = kind == BEE_READS_NEVER ? 0 : bee__origins(reads, LLVMGetOperand(call, 2));

	add_site(reads, call, from ? from : FROM_OWN);
}

static void judge_instruction(struct reads *reads, LLVMValueRef insn)
{
	if (LLVMIsALoadInst(insn)) {
		if (!bee__typed_is_made(reads, insn))
			add_site(reads, insn, bee__origins(reads, LLVMGetOperand(insn, 0)));
	} else if (is_copy(insn)) {
		add_site(reads, insn, bee__origins(reads, LLVMGetOperand(insn, 1)));
		refuse_store(reads, insn, LLVMGetOperand(insn, 0));
	} else if (is_compare(insn)) {
		add_site(reads, insn,
			 bee__origins(reads, LLVMGetOperand(insn, 0)) |
				 bee__origins(reads, LLVMGetOperand(insn, 1)));
	} else if (LLVMIsAStoreInst(insn)) {
		refuse_store(reads, insn, LLVMGetOperand(insn, 1));
	} else if (LLVMIsAAtomicRMWInst(insn) || LLVMIsAAtomicCmpXchgInst(insn) ||
		   LLVMIsAMemSetInst(insn)) {
		refuse_store(reads, insn, LLVMGetOperand(insn, 0));
	} else if (LLVMIsACallInst(insn)) {
		judge_arguments(reads, insn);
	}
}

static void find_sites(struct reads *reads)
{
	for (size_t i = 0; i < reads->bodies_len; i++) {
		const struct body *body = &reads->bodies[i];
		LLVMValueRef insn = NULL;

		if (bee__cc_starts(bee__cc_name(body->fn), BEE_STRINGS))
			continue;
		while ((insn = bee__cc_next_insn(body->fn, insn)))
			if (is_reader(insn))
				judge_reader(reads, insn, body->reads);
			else if (body->reads != BEE_READS_NEVER)
				judge_instruction(reads, insn);
	}
}

/* ---- rewriting --------------------------------------------------------------------------- */

static LLVMValueRef function_of(LLVMValueRef insn)
{
	return LLVMGetBasicBlockParent(LLVMGetInstructionParent(insn));
}

/*
 * bpf_probe_read() serves kernel and user memory, as BCC's programs expect, where the two cannot
 * overlap: on x86. Typed programs see kernel pointers only.
 */
unsigned int bee__read_helper(struct reads *reads, LLVMValueRef insn, int from)
{
	const struct body *body = bee__body_of(reads, function_of(insn));

	if (from == FROM_USER)
		return HELPER_PROBE_READ_USER;
	if (from == FROM_OWN)
		return HELPER_PROBE_READ_KERNEL;
#if defined(__x86_64__)
	if (body->reads != BEE_READS_TYPED || (from & FROM_USER && body->has_probe_read))
		return HELPER_PROBE_READ;
#endif
	(void)body;
	return HELPER_PROBE_READ_KERNEL;
}

void bee__stand_before(struct reads *reads, LLVMValueRef insn)
{
	LLVMPositionBuilderBefore(reads->builder, insn);
	LLVMSetCurrentDebugLocation2(reads->builder, LLVMInstructionGetDebugLoc(insn));
}

void bee__build_pure(LLVMValueRef call)
{
	static const char *const attributes[] = { "memory", "nounwind", "willreturn" };
	LLVMContextRef context = LLVMGetTypeContext(LLVMTypeOf(call));

	for (size_t i = 0; i < BEE_CC_LEN(attributes); i++) {
		unsigned int kind =
			LLVMGetEnumAttributeKindForName(attributes[i], strlen(attributes[i]));

		LLVMAddCallSiteAttribute(call, LLVMAttributeFunctionIndex,
					 LLVMCreateEnumAttribute(context, kind, 0));
	}
}

bool bee__is_word(struct reads *reads, LLVMTypeRef type)
{
	LLVMTypeKind kind = LLVMGetTypeKind(type);
	uint64_t bits = LLVMSizeOfTypeInBits(LLVMGetModuleDataLayout(reads->cc->module), type);

	return (kind == LLVMIntegerTypeKind || kind == LLVMPointerTypeKind) &&
	       (bits == 8 || bits == 16 || bits == 32 || bits == 64);
}

LLVMValueRef bee__build_read(struct reads *reads, unsigned int helper, LLVMValueRef to,
			     LLVMValueRef size, LLVMValueRef from)
{
	LLVMTypeRef params[] = { reads->ptr, reads->i32, reads->ptr };
	LLVMTypeRef type = LLVMFunctionType(reads->i64, params, BEE_CC_LEN(params), false);
	LLVMValueRef number = LLVMConstInt(reads->i64, helper, false);
	LLVMValueRef args[] = { to, size, from };

	return LLVMBuildCall2(reads->builder, type, LLVMConstIntToPtr(number, reads->ptr), args,
			      BEE_CC_LEN(args), "");
}

/* A variable on the stack. It must stand in the entry block, or it would grow the stack. */
LLVMValueRef bee__build_variable(struct reads *reads, LLVMValueRef insn, LLVMTypeRef type)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(reads->cc->module);
	LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(function_of(insn));
	LLVMValueRef var;

	LLVMPositionBuilderBefore(reads->builder, LLVMGetFirstInstruction(entry));
	LLVMSetCurrentDebugLocation2(reads->builder, NULL);
	var = LLVMBuildAlloca(reads->builder, type, "");
	LLVMSetAlignment(var, LLVMABIAlignmentOfType(layout, type));
	bee__stand_before(reads, insn);
	return var;
}

void bee__build_lifetime(struct reads *reads, const char *name, LLVMValueRef var, uint64_t size)
{
	unsigned int id = LLVMLookupIntrinsicID(name, strlen(name));
	LLVMValueRef fn = LLVMGetIntrinsicDeclaration(reads->cc->module, id, &reads->ptr, 1);
	LLVMValueRef args[] = { LLVMConstInt(reads->i64, size, false), var };

	LLVMBuildCall2(reads->builder, LLVMGlobalGetValueType(fn), fn, args, BEE_CC_LEN(args), "");
}

static LLVMValueRef read_into_variable(struct reads *reads, const struct site *site)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(reads->cc->module);
	LLVMTypeRef type = LLVMTypeOf(site->insn);
	uint64_t size = LLVMStoreSizeOfType(layout, type);
	LLVMValueRef var = bee__build_variable(reads, site->insn, type), value;

	bee__build_lifetime(reads, "llvm.lifetime.start", var, size);
	bee__build_read(reads, bee__read_helper(reads, site->insn, site->from), var,
			LLVMConstInt(reads->i32, size, false), LLVMGetOperand(site->insn, 0));
	value = LLVMBuildLoad2(reads->builder, type, var, "");
	bee__build_lifetime(reads, "llvm.lifetime.end", var, size);
	return value;
}

static void rewrite_load(struct reads *reads, const struct site *site)
{
	LLVMValueRef value = NULL;

	bee__stand_before(reads, site->insn);
	if (LLVMGetFirstUse(site->insn)) {
		value = bee__typed_load(reads, site);
		if (!value)
			value = site->near ? bee__near_load(reads, site)
					   : bee__direct_load(reads, site);
		if (!value)
			value = read_into_variable(reads, site);
		LLVMReplaceAllUsesWith(site->insn, value);
	}
	LLVMInstructionEraseFromParent(site->insn);
}

static void rewrite_copy(struct reads *reads, const struct site *site)
{
	LLVMValueRef copy = site->insn, size = LLVMGetOperand(copy, 2);

	bee__stand_before(reads, copy);
	if (LLVMTypeOf(size) != reads->i32)
		size = LLVMBuildTrunc(reads->builder, size, reads->i32, "");
	bee__build_read(reads, bee__read_helper(reads, copy, site->from), LLVMGetOperand(copy, 0),
			size, LLVMGetOperand(copy, 1));
	LLVMInstructionEraseFromParent(copy);
}

/*
 * A pointer whose offsets are added to a number. What the verifier knows of a typed pointer limits what
 * may be added to it.
 */
static LLVMValueRef numbered(struct reads *reads, LLVMValueRef pointer)
{
	LLVMValueRef copy, base;

	if (bee__cc_is_mark(pointer))
		return numbered(reads, LLVMGetOperand(pointer, 0));
	if (!LLVMIsAGetElementPtrInst(pointer))
		return LLVMBuildIntToPtr(reads->builder, bee__build_number(reads, pointer),
					 reads->ptr, "");
	base = numbered(reads, LLVMGetOperand(pointer, 0));
	copy = LLVMInstructionClone(pointer);
	LLVMSetOperand(copy, 0, base);
	LLVMInsertIntoBuilder(reads->builder, copy);
	return copy;
}

static void rewrite_compare(struct reads *reads, const struct site *site)
{
	LLVMValueRef call = site->insn;
	uint64_t size = LLVMConstIntGetZExtValue(LLVMGetOperand(call, 2));
	LLVMTypeRef type = LLVMArrayType2(reads->i8, size);

	for (unsigned int i = 0; i < 2; i++) {
		LLVMValueRef pointer = LLVMGetOperand(call, i), var;
		int from = bee__origins(reads, pointer);

		if (!from)
			continue;
		var = bee__build_variable(reads, call, type);
		if (reads->is_shifted)
			pointer = numbered(reads, pointer);
		bee__build_lifetime(reads, "llvm.lifetime.start", var, size);
		bee__build_read(reads, bee__read_helper(reads, call, from), var,
				LLVMConstInt(reads->i32, size, false), pointer);
		LLVMSetOperand(call, i, var);
		LLVMPositionBuilderBefore(reads->builder, LLVMGetNextInstruction(call));
		bee__build_lifetime(reads, "llvm.lifetime.end", var, size);
	}
}

/* The helper that reads a string where another reads memory. */
static unsigned int text_helper(unsigned int helper)
{
	return helper == HELPER_PROBE_READ        ? HELPER_PROBE_READ_STR
	       : helper == HELPER_PROBE_READ_USER ? HELPER_PROBE_READ_USER_STR
						  : HELPER_PROBE_READ_KERNEL_STR;
}

static void rewrite_reader(struct reads *reads, const struct site *site)
{
	unsigned int helper = bee__read_helper(reads, site->insn, site->from);
	LLVMValueRef call = site->insn, size, value;

	if (bee__cc_is_call_of(call, "__bee_string_read_text"))
		helper = text_helper(helper);
	bee__stand_before(reads, call);
	size = LLVMBuildTrunc(reads->builder, LLVMGetOperand(call, 1), reads->i32, "");
	value = bee__build_read(reads, helper, LLVMGetOperand(call, 0), size,
				LLVMGetOperand(call, 2));
	LLVMReplaceAllUsesWith(call, value);
	LLVMInstructionEraseFromParent(call);
}

/* The argument of a site's instruction that it reads. */
static unsigned int place_of_pointer(LLVMValueRef insn)
{
	return LLVMIsALoadInst(insn) ? 0 : is_reader(insn) ? 2 : 1;
}

static void rewrite(struct reads *reads, const struct site *site)
{
	if (site->is_shifted && !is_compare(site->insn)) {
		unsigned int place = place_of_pointer(site->insn);

		bee__stand_before(reads, site->insn);
		LLVMSetOperand(site->insn, place,
			       numbered(reads, LLVMGetOperand(site->insn, place)));
	}
	if (LLVMIsALoadInst(site->insn))
		rewrite_load(reads, site);
	else if (is_copy(site->insn))
		rewrite_copy(reads, site);
	else if (is_reader(site->insn))
		rewrite_reader(reads, site);
	else
		rewrite_compare(reads, site);
}

/*
 * Inlining a read parts the block that it stands in, and variables behind it would no longer be in
 * the first block, which is the only one where they have a fixed place.
 */
static void hoist_variables(struct reads *reads, LLVMValueRef fn)
{
	LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(fn);
	LLVMValueRef top = LLVMGetFirstInstruction(entry), insn = top, next;

	for (; insn; insn = next) {
		next = LLVMGetNextInstruction(insn);
		if (!LLVMIsAAllocaInst(insn) || insn == top)
			continue;
		LLVMInstructionRemoveFromParent(insn);
		LLVMPositionBuilderBefore(reads->builder, top);
		LLVMInsertIntoBuilder(reads->builder, insn);
	}
}

void bee__open_reads(struct reads *reads, struct bee__cc *cc)
{
	*reads = (struct reads){
		.cc = cc,
		.builder = LLVMCreateBuilderInContext(cc->context),
		.i8 = LLVMInt8TypeInContext(cc->context),
		.i32 = LLVMInt32TypeInContext(cc->context),
		.i64 = LLVMInt64TypeInContext(cc->context),
		.ptr = LLVMPointerTypeInContext(cc->context, 0),
	};
}

size_t bee__cc_reads(struct bee__cc *cc)
{
	struct reads reads;

	bee__open_reads(&reads, cc);
	bee__origins_find(&reads);
	if (bee__strings(&reads)) {
		bee__cc_run_passes(cc, "always-inline,function(sroa,early-cse<memssa>)");
		LLVMDisposeBuilder(reads.builder);
		bee__open_reads(&reads, cc);
		bee__origins_find(&reads);
	}
	find_sites(&reads);
	bee__typed_find(&reads);
	bee__near_find(&reads);
	for (size_t i = 0; reads.sites_len && i < reads.bodies_len; i++)
		hoist_variables(&reads, reads.bodies[i].fn);
	for (size_t i = 0; i < reads.sites_len; i++)
		rewrite(&reads, &reads.sites[i]);
	LLVMDisposeBuilder(reads.builder);
	return reads.sites_len;
}
