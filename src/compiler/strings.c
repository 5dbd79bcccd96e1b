/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C's functions of strings and memory. BPF has no library; clang makes plain code of the calls whose
 * sizes are small constants, and the rest would find no function. Nor can plain code read the kernel's
 * memory, or a process's. So
 *
 *   strcmp(task->comm, "sshd")    reads as many bytes as the constant has into a variable, and compares
 *                                 that: memcmp(variable, "sshd", 5)
 *   memcmp(a, b, size)            calls a function of headers/strings.h, which does it part by part
 *
 * What reads there is a call of __bee_string_read() or __bee_string_read_text(), which the next stage
 * makes a helper's of, by whose memory it is.
 */
#include <string.h>

#include <llvm-c/Target.h>

#include "reads.h"

#define TEXT_MAX     64   /* bytes of a constant, with its NUL, that are read at once */
#define PLAIN_MAX    1024 /* bytes of own memory that LLVM's plain code compares */
#define GONE_THROUGH 4096 /* bytes that a function of strings.h goes through */

/* A function that may be called, and what stands for it. */
struct library {
	const char *name;
	const char *instead;
	unsigned int texts; /* how many of its first arguments are read */
	int size;           /* the argument that is its size; -1: none */
	bool (*replace)(struct reads *reads, LLVMValueRef call, const struct library *row);
};

/* ---- building ---------------------------------------------------------------------------- */

static LLVMValueRef function_named(struct reads *reads, const char *name, LLVMTypeRef result,
				   LLVMTypeRef *params, unsigned int len)
{
	LLVMValueRef fn = LLVMGetNamedFunction(reads->cc->module, name);

	if (!fn)
		fn = LLVMAddFunction(reads->cc->module, name,
				     LLVMFunctionType(result, params, len, false));
	return fn;
}

static LLVMValueRef build_call(struct reads *reads, LLVMValueRef fn, LLVMValueRef *args,
			       unsigned int len)
{
	return LLVMBuildCall2(reads->builder, LLVMGlobalGetValueType(fn), fn, args, len, "");
}

static void build_string_read(struct reads *reads, const char *name, LLVMValueRef to,
			      LLVMValueRef size, LLVMValueRef from)
{
	LLVMTypeRef params[] = { reads->ptr, reads->i64, reads->ptr };
	LLVMValueRef args[] = { to, size, from };

	build_call(reads, function_named(reads, name, reads->i64, params, BEE_CC_LEN(params)), args,
		   BEE_CC_LEN(args));
}

static void put_instead(LLVMValueRef call, LLVMValueRef value)
{
	LLVMReplaceAllUsesWith(call, value);
	LLVMInstructionEraseFromParent(call);
}

/* Call what strings.h has, with the call's own pointers. */
static bool call_instead(struct reads *reads, LLVMValueRef call, const char *name,
			 LLVMValueRef size)
{
	LLVMValueRef fn = LLVMGetNamedFunction(reads->cc->module, name), args[3];
	unsigned int always = LLVMGetEnumAttributeKindForName("alwaysinline", 12);
	unsigned int len = 0;

	if (!fn)
		return false;
	for (; len + 1 < LLVMCountParams(fn); len++)
		args[len] = LLVMGetOperand(call, len);
	LLVMAddAttributeAtIndex(fn, LLVMAttributeFunctionIndex,
				LLVMCreateEnumAttribute(reads->cc->context, always, 0));
	bee__stand_before(reads, call);
	args[len++] = LLVMBuildIntCast2(reads->builder, size,
					LLVMTypeOf(LLVMGetParam(fn, LLVMCountParams(fn) - 1)),
					false, "");
	put_instead(call, build_call(reads, fn, args, len));
	return true;
}

/* ---- constants --------------------------------------------------------------------------- */

/* The bytes of a constant string with its NUL; 0: it is none, or none that ends. */
static uint64_t text_size(LLVMValueRef value)
{
	LLVMValueRef bytes;
	const char *text;
	size_t len, end;

	if (!LLVMIsAGlobalVariable(value) || !LLVMIsGlobalConstant(value))
		return 0;
	bytes = LLVMGetInitializer(value);
	if (bytes && LLVMIsNull(bytes))
		return 1;
	if (!bytes || !LLVMIsAConstantDataArray(bytes) || !LLVMIsConstantString(bytes))
		return 0;
	text = LLVMGetAsString(bytes, &len);
	end = strnlen(text, len);
	return end < len ? end + 1 : 0;
}

/* Clang folds a call whose texts it has all. */
static bool is_folded(LLVMValueRef call, const struct library *row)
{
	for (unsigned int i = 0; i < row->texts; i++)
		if (!text_size(LLVMGetOperand(call, i)))
			return false;
	return true;
}

static LLVMValueRef size_of_call(struct reads *reads, LLVMValueRef call, const struct library *row)
{
	if (row->size < 0)
		return LLVMConstInt(reads->i64, GONE_THROUGH, false);
	return LLVMGetOperand(call, row->size);
}

/* ---- comparisons ------------------------------------------------------------------------- */

/*
 * Compare with a constant. The string that is read may be shorter, and what is behind its end undefined:
 * its NUL is a difference.
 */
static void compare_with_text(struct reads *reads, LLVMValueRef call, unsigned int text,
			      uint64_t size)
{
	LLVMTypeRef params[] = { reads->ptr, reads->ptr, reads->i64 };
	LLVMValueRef memcmp =
		function_named(reads, "memcmp", reads->i32, params, BEE_CC_LEN(params));
	LLVMTypeRef type = LLVMArrayType2(reads->i64, (size + 8) / 8);
	LLVMValueRef args[3] = { 0 }, var, order;

	var = bee__build_variable(reads, call, type);
	bee__build_lifetime(reads, "llvm.lifetime.start", var, (size + 8) & ~7ull);
	build_string_read(reads, "__bee_string_read_text", var,
			  LLVMConstInt(reads->i64, size + 1, false),
			  LLVMGetOperand(call, 1 - text));
	args[text] = LLVMGetOperand(call, text);
	args[1 - text] = var;
	args[2] = LLVMConstInt(reads->i64, size, false);
	order = build_call(reads, memcmp, args, BEE_CC_LEN(args));
	bee__build_lifetime(reads, "llvm.lifetime.end", var, (size + 8) & ~7ull);
	put_instead(call, order);
}

/* strcmp() and strncmp(). */
static bool compare_strings(struct reads *reads, LLVMValueRef call, const struct library *row)
{
	LLVMValueRef size = size_of_call(reads, call, row);

	for (unsigned int i = 0; i < 2; i++) {
		uint64_t len = text_size(LLVMGetOperand(call, i));

		if (!len || !LLVMIsAConstantInt(size))
			continue;
		if (LLVMConstIntGetZExtValue(size) < len)
			len = LLVMConstIntGetZExtValue(size);
		if (!len || len >= TEXT_MAX)
			continue;
		compare_with_text(reads, call, i, len);
		return true;
	}
	return call_instead(reads, call, row->instead, size);
}

/* How many of a call's texts are not the program's own, where such can be read. */
static unsigned int count_others(struct reads *reads, LLVMValueRef call, const struct library *row)
{
	LLVMValueRef fn = LLVMGetBasicBlockParent(LLVMGetInstructionParent(call));
	unsigned int len = 0;

	if (bee__body_of(reads, fn)->reads == BEE_READS_NEVER)
		return 0;
	for (unsigned int i = 0; i < row->texts; i++)
		len += bee__origins(reads, LLVMGetOperand(call, i)) != 0;
	return len;
}

/* memcmp() and bcmp(). Small constants are plain code, of copies where they must be. */
static bool compare_memory(struct reads *reads, LLVMValueRef call, const struct library *row)
{
	LLVMValueRef size = LLVMGetOperand(call, row->size);
	uint64_t most = bee__cc_most(size, call);
	unsigned int others = count_others(reads, call, row);
	struct bee__cc_place place;

	if (LLVMIsAConstantInt(size) && most <= (others ? BEE_COMPARE_MAX / others : PLAIN_MAX))
		return false;
	if (most <= GONE_THROUGH)
		return call_instead(reads, call, row->instead, size);
	place = bee__cc_place_of(call);
	if (LLVMIsAConstantInt(size))
		bee__cc_error(reads->cc, &place, "compare it in parts",
			      "%s() of %llu bytes: at most %d "
			      "can be compared",
			      row->name, (unsigned long long)most, GONE_THROUGH);
	else
		bee__cc_error(reads->cc, &place,
			      "compare the size with a constant first, as an unsigned number: "
			      "if (size > 64) return 0;",
			      "%s() of a size that may be larger than %d bytes", row->name,
			      GONE_THROUGH);
	return false;
}

/* ---- others ------------------------------------------------------------------------------ */

static bool call_sized(struct reads *reads, LLVMValueRef call, const struct library *row)
{
	return call_instead(reads, call, row->instead, size_of_call(reads, call, row));
}

/* What a GEP gives the address of; NULL: it is no GEP. */
static LLVMTypeRef type_of_place(LLVMValueRef gep)
{
	LLVMTypeRef type;

	if (!LLVMIsAGetElementPtrInst(gep))
		return NULL;
	type = LLVMGetGEPSourceElementType(gep);
	for (int i = 2; i < LLVMGetNumOperands(gep); i++) {
		if (LLVMGetTypeKind(type) == LLVMStructTypeKind)
			type = LLVMStructGetTypeAtIndex(
				type, LLVMConstIntGetZExtValue(LLVMGetOperand(gep, i)));
		else
			type = LLVMGetElementType(type);
	}
	return type;
}

/* The bytes behind a pointer into a variable, or into an array of a struct; 0: who knows. */
static uint64_t room_behind(struct reads *reads, LLVMValueRef pointer)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(reads->cc->module);
	LLVMTypeRef type;
	int64_t offset;
	LLVMValueRef base = bee__strip_offsets(reads, pointer, &offset);

	type = type_of_place(pointer);
	if (type && LLVMGetTypeKind(type) == LLVMArrayTypeKind)
		return LLVMABISizeOfType(layout, type);
	if (!LLVMIsAAllocaInst(base) && !LLVMIsAGlobalVariable(base))
		return 0;
	type = LLVMIsAAllocaInst(base) ? LLVMGetAllocatedType(base) : LLVMGlobalGetValueType(base);
	return LLVMABISizeOfType(layout, type) - offset;
}

/* strchr(). In own memory each place is another pointer, of which the verifier shall not see many. */
static bool find_character(struct reads *reads, LLVMValueRef call, const struct library *row)
{
	uint64_t room = room_behind(reads, LLVMGetOperand(call, 0));

	return call_instead(reads, call, row->instead,
			    LLVMConstInt(reads->i64, room >= 8 ? room : GONE_THROUGH, false));
}

static void copy_constant(struct reads *reads, LLVMValueRef call, uint64_t size)
{
	LLVMValueRef to = LLVMGetOperand(call, 0);

	bee__stand_before(reads, call);
	LLVMBuildMemCpy(reads->builder, to, 1, LLVMGetOperand(call, 1), 1,
			LLVMConstInt(reads->i64, size, false));
	put_instead(call, to);
}

/* strcpy(), whose macro says how large an array is that it copies into. */
static bool copy_string(struct reads *reads, LLVMValueRef call, const struct library *row)
{
	LLVMValueRef room = row->size < 0 ? NULL : LLVMGetOperand(call, row->size);
	struct bee__cc_place place;
	uint64_t size = text_size(LLVMGetOperand(call, 1));

	if (size) {
		copy_constant(reads, call, size);
		return false;
	}
	if (room && LLVMIsAConstantInt(room))
		size = LLVMConstIntGetZExtValue(room);
	if (!size)
		size = room_behind(reads, LLVMGetOperand(call, 0));
	if (size)
		return call_instead(reads, call, row->instead,
				    LLVMConstInt(reads->i64, size, false));
	place = bee__cc_place_of(call);
	bee__cc_error(
		reads->cc, &place,
		"bpf_probe_read_kernel_str(to, size, from) copies a string, and its end, into so "
		"many bytes",
		"strcpy(): how large the target is cannot be seen");
	return false;
}

static bool copy_sized_string(struct reads *reads, LLVMValueRef call, const struct library *row)
{
	LLVMValueRef size = LLVMGetOperand(call, row->size);
	struct bee__cc_place place;

	if (text_size(LLVMGetOperand(call, 1)))
		return false;
	if (LLVMIsAConstantInt(size))
		return call_instead(reads, call, row->instead, size);
	place = bee__cc_place_of(call);
	bee__cc_error(
		reads->cc, &place,
		"give it a constant size; or bpf_probe_read_kernel_str(to, size, from), where what "
		"is behind the string's end does not count",
		"strncpy() of a size that is no constant");
	return false;
}

static const struct library libraries[] = {
	{ "memcmp", "__bee_string_memcmp", 2, 2, compare_memory },
	{ "bcmp", "__bee_string_memcmp", 2, 2, compare_memory },
	{ "strcmp", "__bee_string_strncmp", 2, -1, compare_strings },
	{ "strncmp", "__bee_string_strncmp", 2, 2, compare_strings },
	{ "strlen", "__bee_string_strnlen", 1, -1, call_sized },
	{ "strnlen", "__bee_string_strnlen", 1, 1, call_sized },
	{ "strchr", "__bee_string_strchr", 1, -1, find_character },
	{ "strcpy", "__bee_string_strcpy", 0, -1, copy_string },
	{ "__bee_string_copy", "__bee_string_strcpy", 0, 2, copy_string },
	{ "strncpy", "__bee_string_strncpy", 0, 2, copy_sized_string },
};

static bool replace(struct reads *reads, LLVMValueRef insn)
{
	LLVMValueRef callee = LLVMIsACallInst(insn) ? LLVMGetCalledValue(insn) : NULL;

	if (!callee || !LLVMIsAFunction(callee) || LLVMCountBasicBlocks(callee))
		return false;
	for (size_t i = 0; i < BEE_CC_LEN(libraries); i++) {
		const struct library *row = &libraries[i];

		if (!bee__cc_is_call_of(insn, row->name))
			continue;
		if (row->texts && is_folded(insn, row))
			return false;
		return row->replace(reads, insn, row);
	}
	return false;
}

bool bee__strings(struct reads *reads)
{
	bool changed = false;

	for (size_t i = 0; i < reads->bodies_len; i++) {
		LLVMValueRef fn = reads->bodies[i].fn, insn, next;

		if (bee__cc_starts(bee__cc_name(fn), BEE_STRINGS))
			continue;
		for (insn = bee__cc_next_insn(fn, NULL); insn; insn = next) {
			next = bee__cc_next_insn(fn, insn);
			changed |= replace(reads, insn);
		}
	}
	return changed;
}

/* ---- after the optimiser ----------------------------------------------------------------- */

static void copy_by_helper(struct reads *reads, LLVMValueRef copy)
{
	LLVMValueRef size;

	if (!LLVMIsAMemCpyInst(copy) || LLVMIsAConstantInt(LLVMGetOperand(copy, 2)))
		return;
	bee__stand_before(reads, copy);
	size = LLVMBuildIntCast2(reads->builder, LLVMGetOperand(copy, 2), reads->i32, false, "");
	bee__build_read(reads, HELPER_PROBE_READ_KERNEL, LLVMGetOperand(copy, 0), size,
			LLVMGetOperand(copy, 1));
	LLVMInstructionEraseFromParent(copy);
}

void bee__cc_finish_copies(struct bee__cc *cc)
{
	LLVMValueRef fn = LLVMGetFirstFunction(cc->module), insn, next;
	struct reads reads;

	bee__open_reads(&reads, cc);
	for (; fn; fn = LLVMGetNextFunction(fn)) {
		if (!LLVMCountBasicBlocks(fn))
			continue;
		for (insn = bee__cc_next_insn(fn, NULL); insn; insn = next) {
			next = bee__cc_next_insn(fn, insn);
			copy_by_helper(&reads, insn);
		}
	}
	LLVMDisposeBuilder(reads.builder);
}
