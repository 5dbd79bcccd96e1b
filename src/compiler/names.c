/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which functions are programs, where they attach, and where their parameters come from.
 *
 *   int kprobe__vfs_read(struct pt_regs *ctx, struct file *file)
 *
 * becomes a function of one parameter in section "kprobe/vfs_read", which loads file from ctx.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>

#include "compiler.h"
#include "hook.h"

struct bee__cc_function *bee__cc_function_of(struct bee__cc *cc, LLVMValueRef fn)
{
	const char *name = bee__cc_name(fn);

	for (struct bee__cc_function *at = cc->functions; at; at = at->next)
		if (!strcmp(at->name, name))
			return at;
	return NULL;
}

/* ---- sections ---------------------------------------------------------------------------- */

static const struct bee__cc_wish *find_wish(struct bee__cc *cc, const char *program)
{
	for (size_t i = 0; i < cc->wishes_len; i++)
		if (!strcmp(cc->wishes[i].program, program))
			return &cc->wishes[i];
	return NULL;
}

/* The row that the function's section, set by the user, names. Unknown ones are libbpf's. */
static const struct bee__hook *hook_of_section(LLVMValueRef fn)
{
	const char *rest;

	return bee__hook_by_section(LLVMGetSection(fn), &rest);
}

/*
 * gobpf and cilium/ebpf have other words for some types, and let a name of the program's own stand
 * behind any: "socket/count". libbpf's section takes its place.
 */
static const struct bee__hook *hook_of_other_section(LLVMValueRef fn, char *section)
{
	static const char *const words[][2] = {
		{ "socket_filter", "socket" },
		{ "sched_cls", "tc" },
		{ "sched_act", "action" },
	};
	const struct bee__hook *hook;
	const char *text = LLVMGetSection(fn), *rest;
	size_t len = strcspn(text, "/");
	char *slash;

	for (size_t i = 0; i < BEE_CC_LEN(words); i++)
		if (strlen(words[i][0]) == len && bee__cc_starts(text, words[i][0])) {
			snprintf(section, BEE_CC_SECTION_SIZE, "%s", words[i][1]);
			return bee__hook_by_section(section, &rest);
		}
	snprintf(section, BEE_CC_SECTION_SIZE, "%s", text);
	while (!(hook = bee__hook_by_section(section, &rest)) && (slash = strrchr(section, '/')))
		*slash = '\0';
	return hook;
}

static const struct bee__hook *hook_of_name(const char *name, char *section)
{
	const char *rest;
	const struct bee__hook *hook = bee__hook_by_name(name, &rest);

	if (!hook || bee__hook_section_of_name(hook, rest, section, BEE_CC_SECTION_SIZE))
		return NULL;
	return hook;
}

static const struct bee__hook *hook_of_wish(struct bee__cc *cc, const struct bee__cc_wish *wish,
					    const struct bee__cc_function *fn, char *section)
{
	const char *rest;
	const struct bee__hook *hook = bee__hook_by_target(wish->target, &rest);

	if (!hook || bee__hook_section(hook, rest, section, BEE_CC_SECTION_SIZE)) {
		bee__cc_error(cc, &fn->place, "", "%s: '%s' names no hook", fn->name, wish->target);
		return NULL;
	}
	return hook;
}

/* A tracepoint's struct is named as a function for that tracepoint would be. */
static const struct bee__hook *hook_of_context(const struct bee__cc_function *fn, char *section)
{
	const struct bee__hook *hook = hook_of_name(fn->context, section);

	if (hook && hook->splits)
		return hook;
	hook = bee__hook_by_context(fn->context);
	if (!hook || bee__hook_section(hook, "", section, BEE_CC_SECTION_SIZE))
		return NULL;
	return hook;
}

static bool is_called(LLVMValueRef fn)
{
	for (LLVMUseRef use = LLVMGetFirstUse(fn); use; use = LLVMGetNextUse(use))
		if (LLVMIsACallInst(LLVMGetUser(use)))
			return true;
	return false;
}

/*
 * The rule of order: SEC, name, wish, context. But "syscall__" only says where the arguments are,
 * so a wish may say where the program goes. A function that others call is a program only if its
 * name or a wish says so: a context is what helpers are given as well.
 */
static const struct bee__hook *choose_hook(struct bee__cc *cc, const struct bee__cc_function *fn,
					   LLVMValueRef value, char *section)
{
	const struct bee__cc_wish *wish = find_wish(cc, fn->name);
	const struct bee__hook *hook = hook_of_name(fn->name, section);

	if (hook && !(wish && hook->args == BEE_ARGS_SYSCALL))
		return hook;
	if (wish)
		return hook_of_wish(cc, wish, fn, section);
	if (*fn->context && !is_called(value))
		return hook_of_context(fn, section);
	return NULL;
}

/* ---- parameters -------------------------------------------------------------------------- */

/* Where an architecture keeps a call's arguments, as offsets in its struct pt_regs. */
struct registers {
	const char *arch;
	size_t args_len;
	unsigned int args[8];
	unsigned int syscall[6];
};

// clang-format off
static const struct registers registers_of[] = {
	{
		.arch = "x86_64",	/* di si dx cx r8 r9; a system call has r10 for cx */
		.args_len = 6,
		.args = { 112, 104, 96, 88, 72, 64 },
		.syscall = { 112, 104, 96, 56, 72, 64 },
	}, {
		.arch = "aarch64",	/* regs[0] to regs[7] */
		.args_len = 8,
		.args = { 0, 8, 16, 24, 32, 40, 48, 56 },
		.syscall = { 0, 8, 16, 24, 32, 40 },
	},
};
// clang-format on

/* The kernel's architecture is that of this program, which runs on it. */
static const struct registers *host_registers(void)
{
#if defined(__aarch64__)
	return &registers_of[1];
#else
	return &registers_of[0];
#endif
}

/* BPF passes at most this many words in a tracing context: the kernel's MAX_BPF_FUNC_ARGS. */
#define ARRAY_MAX 12

static size_t max_arguments(enum bee__args args)
{
	switch (args) {
	case BEE_ARGS_REGS:
		return host_registers()->args_len;
	case BEE_ARGS_SYSCALL:
		return BEE_CC_LEN(host_registers()->syscall);
	case BEE_ARGS_ARRAY:
		return ARRAY_MAX;
	default:
		return 0;
	}
}

static unsigned int argument_offset(enum bee__args args, unsigned int index)
{
	switch (args) {
	case BEE_ARGS_REGS:
		return host_registers()->args[index];
	case BEE_ARGS_SYSCALL:
		return host_registers()->syscall[index];
	default:
		return index * sizeof(uint64_t);
	}
}

/* Some names say that the context holds the registers of a system call, wherever they attach. */
static enum bee__args args_of(const struct bee__cc_function *fn)
{
	if (bee__cc_starts(fn->name, "syscall__") || bee__cc_starts(fn->name, "kprobe____x64_sys_"))
		return BEE_ARGS_SYSCALL;
	return fn->hook->args;
}

/* Unoptimised code puts each parameter on the stack; in an unused one that is the end of it. */
static bool is_only_stored(LLVMValueRef slot, LLVMValueRef param)
{
	for (LLVMUseRef use = LLVMGetFirstUse(slot); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (LLVMIsAStoreInst(user) && LLVMGetOperand(user, 0) == param)
			continue;
		if (LLVMIsAIntrinsicInst(user) &&
		    bee__cc_starts(bee__cc_name(LLVMGetCalledValue(user)), "llvm.lifetime."))
			continue;
		return false;
	}
	return true;
}

static bool is_used(LLVMValueRef param)
{
	for (LLVMUseRef use = LLVMGetFirstUse(param); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (!LLVMIsAStoreInst(user) || !LLVMIsAAllocaInst(LLVMGetOperand(user, 1)) ||
		    !is_only_stored(LLVMGetOperand(user, 1), param))
			return true;
	}
	return false;
}

/* BCC's return probes may declare the function's parameters, as long as they do not read them. */
static bool has_used_parameters(LLVMValueRef value)
{
	for (unsigned int i = 1; i < LLVMCountParams(value); i++)
		if (is_used(LLVMGetParam(value, i)))
			return true;
	return false;
}

static bool check_parameters(struct bee__cc *cc, const struct bee__cc_function *fn,
			     LLVMValueRef value)
{
	size_t len = LLVMCountParams(value) - 1, max = max_arguments(args_of(fn));

	if (!max && !has_used_parameters(value))
		return true;
	if (!max && strstr(fn->hook->name, "ret"))
		bee__cc_error(cc, &fn->place, "PT_REGS_RC(ctx) is what the function returned",
			      "%s: a return probe has no arguments", fn->name);
	else if (!max)
		bee__cc_error(cc, &fn->place, "the context is its one parameter",
			      "%s: a program of '%s' has no arguments", fn->name, fn->hook->name);
	else if (len > max)
		bee__cc_error(cc, &fn->place, "", "%s: %zu arguments, where '%s' has at most %zu",
			      fn->name, len, fn->hook->name, max);
	else
		return true;
	return false;
}

/* Bring a register's 64 bits to a parameter's type; NULL: that type does not fit one. */
static LLVMValueRef convert(LLVMBuilderRef builder, LLVMValueRef word, LLVMTypeRef type)
{
	LLVMTypeRef word_type = LLVMTypeOf(word);
	unsigned int width;

	if (LLVMGetTypeKind(type) == LLVMPointerTypeKind)
		return LLVMBuildIntToPtr(builder, word, type, "");
	if (LLVMGetTypeKind(type) != LLVMIntegerTypeKind)
		return NULL;
	width = LLVMGetIntTypeWidth(type);
	if (width > 64)
		return NULL;
	if (width == 64)
		return word;
	if (width == 1) /* bool: whatever is not 0 */
		return LLVMBuildICmp(builder, LLVMIntNE, word, LLVMConstNull(word_type), "");
	return LLVMBuildTrunc(builder, word, type, "");
}

static LLVMValueRef load_at(LLVMBuilderRef builder, LLVMTypeRef type, LLVMValueRef base,
			    unsigned int offset)
{
	LLVMContextRef context = LLVMGetTypeContext(type);
	LLVMValueRef index = LLVMConstInt(LLVMInt64TypeInContext(context), offset, false);
	LLVMValueRef at =
		LLVMBuildGEP2(builder, LLVMInt8TypeInContext(context), base, &index, 1, "");

	return LLVMBuildLoad2(builder, type, at, "");
}

/* Replace the parameters of from, whose body to has taken over, by loads from to's context. */
static void load_arguments(struct bee__cc *cc, const struct bee__cc_function *fn, LLVMValueRef from,
			   LLVMValueRef to)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(cc->context);
	LLVMTypeRef word = LLVMInt64TypeInContext(cc->context);
	LLVMValueRef base = LLVMGetParam(to, 0);
	enum bee__args args = args_of(fn);

	LLVMPositionBuilderBefore(builder, LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(to)));
	if (args == BEE_ARGS_SYSCALL)
		base = load_at(builder, LLVMTypeOf(base), base, argument_offset(BEE_ARGS_REGS, 0));
	for (unsigned int i = 1; i < LLVMCountParams(from); i++) {
		LLVMValueRef param = LLVMGetParam(from, i);
		LLVMValueRef value = load_at(builder, word, base, argument_offset(args, i - 1));

		value = convert(builder, value, LLVMTypeOf(param));
		if (value)
			LLVMReplaceAllUsesWith(param, value);
		else
			bee__cc_error(cc, &fn->place, "take a pointer, and read what it points to",
				      "%s: parameter %u is neither a number nor a pointer",
				      fn->name, i + 1);
	}
	LLVMDisposeBuilder(builder);
}

static void drop_arguments(LLVMValueRef from)
{
	for (unsigned int i = 1; i < LLVMCountParams(from); i++) {
		LLVMValueRef param = LLVMGetParam(from, i);

		LLVMReplaceAllUsesWith(param, LLVMGetUndef(LLVMTypeOf(param)));
	}
}

static void copy_attributes(LLVMValueRef from, LLVMValueRef to)
{
	unsigned int len = LLVMGetAttributeCountAtIndex(from, LLVMAttributeFunctionIndex);
	LLVMAttributeRef *list = bee__cc_alloc(len * sizeof(LLVMAttributeRef));

	LLVMGetAttributesAtIndex(from, LLVMAttributeFunctionIndex, list);
	for (unsigned int i = 0; i < len; i++)
		LLVMAddAttributeAtIndex(to, LLVMAttributeFunctionIndex, list[i]);
	free(list);
}

/* A program's result is read in any case: of one that returns nothing it is 0. */
static void return_zero(struct bee__cc *cc, LLVMValueRef fn)
{
	LLVMValueRef zero = LLVMConstNull(LLVMInt32TypeInContext(cc->context));
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(cc->context);
	LLVMBasicBlockRef block;

	for (block = LLVMGetFirstBasicBlock(fn); block; block = LLVMGetNextBasicBlock(block)) {
		LLVMValueRef last = LLVMGetBasicBlockTerminator(block);

		if (!last || !LLVMIsAReturnInst(last))
			continue;
		LLVMPositionBuilderBefore(builder, last);
		LLVMInstructionSetDebugLoc(LLVMBuildRet(builder, zero),
					   LLVMInstructionGetDebugLoc(last));
		LLVMInstructionEraseFromParent(last);
	}
	LLVMDisposeBuilder(builder);
}

static bool returns_nothing(LLVMValueRef fn)
{
	LLVMTypeRef result = LLVMGetReturnType(LLVMGlobalGetValueType(fn));

	return LLVMGetTypeKind(result) == LLVMVoidTypeKind;
}

/* A function of the context alone, which takes the body, name, section and users of fn. */
static LLVMValueRef take_over(struct bee__cc *cc, const struct bee__cc_function *fn,
			      LLVMValueRef from)
{
	LLVMTypeRef param = LLVMTypeOf(LLVMGetParam(from, 0));
	LLVMTypeRef result = returns_nothing(from)
				     ? LLVMInt32TypeInContext(cc->context)
				     : LLVMGetReturnType(LLVMGlobalGetValueType(from));
	LLVMValueRef to =
		LLVMAddFunction(cc->module, "", LLVMFunctionType(result, &param, 1, false));
	LLVMBasicBlockRef block;

	copy_attributes(from, to);
	LLVMSetSubprogram(to, LLVMGetSubprogram(from));
	LLVMSetLinkage(to, LLVMGetLinkage(from));
	if (LLVMGetSection(from))
		LLVMSetSection(to, LLVMGetSection(from));
	while ((block = LLVMGetFirstBasicBlock(from))) {
		LLVMRemoveBasicBlockFromParent(block);
		LLVMAppendExistingBasicBlock(to, block);
	}
	if (returns_nothing(from))
		return_zero(cc, to);
	LLVMReplaceAllUsesWith(LLVMGetParam(from, 0), LLVMGetParam(to, 0));
	if (args_of(fn) == BEE_ARGS_NONE)
		drop_arguments(from);
	else
		load_arguments(cc, fn, from, to);
	LLVMReplaceAllUsesWith(from, to);
	LLVMDeleteFunction(from);
	LLVMSetValueName2(to, fn->name, strlen(fn->name));
	return to;
}

/* ---- checks ------------------------------------------------------------------------------ */

/* A program's context is the kernel's to give, so no one else can call one. */
static void refuse_calls(struct bee__cc *cc, const struct bee__cc_function *fn, LLVMValueRef value)
{
	for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);
		struct bee__cc_place place;

		if (!LLVMIsACallInst(user) || LLVMGetCalledValue(user) != value)
			continue;
		place = bee__cc_place_of(user);
		bee__cc_error(cc, &place, "make it static, so that it is a plain function",
			      "'%s' is a program, which cannot be called", fn->name);
	}
}

static bool is_listed(struct bee__cc *cc, const char *name, bool *ret_is_static)
{
	for (struct bee__cc_function *fn = cc->functions; fn; fn = fn->next) {
		if (strcmp(fn->name, name))
			continue;
		*ret_is_static = fn->is_static;
		return true;
	}
	return false;
}

/* "the source has f, g": the functions that a wish may name. */
static void list_functions(const struct bee__cc *cc, char *buf, size_t size)
{
	size_t len = 0;

	*buf = '\0';
	for (struct bee__cc_function *fn = cc->functions; fn; fn = fn->next) {
		if (fn->is_static || len > size / 2)
			continue;
		len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "the source has ",
				fn->name);
	}
}

static void check_wishes(struct bee__cc *cc)
{
	static const struct bee__cc_place nowhere;

	for (size_t i = 0; i < cc->wishes_len; i++) {
		const char *name = cc->wishes[i].program;
		bool is_static;
		char has[512];

		list_functions(cc, has, sizeof(has));
		if (!is_listed(cc, name, &is_static))
			bee__cc_error(cc, &nowhere, has,
				      "there is no function '%s' to attach to '%s'", name,
				      cc->wishes[i].target);
		else if (is_static)
			bee__cc_error(cc, &nowhere, "programs are not static",
				      "'%s' is static: it cannot be attached to '%s'", name,
				      cc->wishes[i].target);
	}
}

/* ---- all functions ----------------------------------------------------------------------- */

/* A function of a pointer that nobody uses was meant to be a program, most likely. */
static void note_no_program(struct bee__cc *cc, const struct bee__cc_function *fn,
			    LLVMValueRef value)
{
	char text[256];

	if (LLVMGetFirstUse(value) || LLVMCountParams(value) != 1 ||
	    LLVMGetTypeKind(LLVMTypeOf(LLVMGetParam(value, 0))) != LLVMPointerTypeKind)
		return;
	snprintf(text, sizeof(text), "'%s' is no program: nothing tells its type", fn->name);
	bee__cc_diag(cc, BEE_NOTE, &fn->place, text,
		     "a SEC, its name, its context's type or `attach` tells it");
}

static void name_program(struct bee__cc *cc, struct bee__cc_function *fn)
{
	LLVMValueRef value = LLVMGetNamedFunction(cc->module, fn->name);
	char section[BEE_CC_SECTION_SIZE];

	if (fn->is_static || !value || !LLVMCountBasicBlocks(value))
		return;
	if (LLVMGetSection(value) && *LLVMGetSection(value)) {
		fn->hook = hook_of_section(value);
		if (!fn->hook && (fn->hook = hook_of_other_section(value, section)))
			LLVMSetSection(value, section);
	} else {
		fn->hook = choose_hook(cc, fn, value, section);
		fn->is_named = fn->hook;
	}
	if (!fn->hook && !LLVMGetSection(value))
		note_no_program(cc, fn, value);
	if (!fn->hook)
		return;
	if (fn->is_named) {
		refuse_calls(cc, fn, value);
		LLVMSetSection(value, section);
	}
	if (!LLVMCountParams(value) || args_of(fn) == BEE_ARGS_OWN ||
	    !check_parameters(cc, fn, value))
		return;
	if (LLVMCountParams(value) > 1 || (fn->is_named && returns_nothing(value)))
		take_over(cc, fn, value);
}

/*
 * libbpf 1.1 knows tables of struct_ops by one section; they are attached by a link in any case. Sources
 * for gobpf have a section for each map, "maps/NAME": legacy.c reads them from one.
 */
static void name_tables(struct bee__cc *cc)
{
	for (LLVMValueRef var = LLVMGetFirstGlobal(cc->module); var; var = LLVMGetNextGlobal(var)) {
		const char *section = LLVMGetSection(var);

		if (section && !strcmp(section, ".struct_ops.link"))
			LLVMSetSection(var, ".struct_ops");
		else if (section && bee__cc_starts(section, "maps/"))
			LLVMSetSection(var, "maps/");
	}
}

void bee__cc_names(struct bee__cc *cc)
{
	check_wishes(cc);
	name_tables(cc);
	for (struct bee__cc_function *fn = cc->functions; fn; fn = fn->next)
		name_program(cc, fn);
}
