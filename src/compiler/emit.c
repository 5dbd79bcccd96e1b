/* SPDX-License-Identifier: Apache-2.0 */
/* IR to an ELF object: lower what C cannot say, optimise, generate code. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/Core.h>
#include <llvm-c/ErrorHandling.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "compiler.h"
#include "hook.h"

/* LLVM's handler of fatal errors is given no context: the one compile of this process. */
static struct bee__cc *current;

/* ---- what LLVM has to say ---------------------------------------------------------------- */

static const struct bee__cc_place nowhere;

/* The backend speaks to those who know its insides; this is what its words mean for a source. */
static const struct meaning {
	const char *words;
	const char *text; /* NULL: its own words will do */
	const char *hint;
} meanings[] = {
	{ "of stack", NULL,
	  "keep large variables in a map, as the one element of a per-CPU array" },
	{ "signed division", NULL,
	  "make both sides unsigned: BPF has a signed division only from CPU v4 on" },
	{ "ti3'", "BPF has no division of 128 bits", "divide 64 bits, or shift" },
	{ "built-in function 'mem", NULL,
	  "BPF has no C library: give it a size that is a constant, of at most 1024 bytes" },
	{ "built-in function", "BPF has no floating point",
	  "count in whole numbers of a smaller unit, and divide where they are printed" },
	{ "dynamic stack allocation", NULL, "the size of an array must be a constant" },
	{ "Constant<6> too many arguments", "bpf_trace_printk() prints at most 3 values",
	  "print twice, or use bpf_printk(), which prints 12 (Linux 5.16)" },
	{ "too many arguments", "too many arguments",
	  "a function that is not inlined has at most 5 parameters" },
	{ "aggregate returns", NULL,
	  "return through a pointer, or make the function static inline" },
	{ "variadic", NULL, "a function that is not inlined has a fixed number of parameters" },
	{ "Cannot select", NULL,
	  "atomic operations are for 32 and 64 bits, and without plain loads and stores; there is "
	  "no va_arg and no computed goto" },
};

static const struct meaning *meaning_of(const char *words)
{
	static const struct meaning none = { "", NULL, "" };

	for (size_t i = 0; i < BEE_CC_LEN(meanings); i++)
		if (strstr(words, meanings[i].words))
			return &meanings[i];
	return &none;
}

static void on_diagnostic(LLVMDiagnosticInfoRef info, void *ctx)
{
	LLVMDiagnosticSeverity severity = LLVMGetDiagInfoSeverity(info);
	const struct meaning *meaning;
	struct bee__cc *cc = ctx;
	struct bee__cc_place place;
	char *text, *useless;

	/* Remarks are about the optimiser, not about the source. */
	if (severity != LLVMDSError && severity != LLVMDSWarning)
		return;
	text = bee__cc_backend_words(cc, info, &place);
	useless = strstr(text, " For non-kernel uses");
	if (useless)
		*useless = '\0';
	meaning = meaning_of(text);
	bee__cc_diag(cc, severity == LLVMDSError ? BEE_ERROR : BEE_WARNING, &place,
		     meaning->text ? meaning->text : text, meaning->hint);
	free(text);
}

/* A dumped node ends in its place: "..., name.c:4:11". Cuts it off the words. */
static struct bee__cc_place take_place(char *words)
{
	struct bee__cc_place place = { 0 };
	char *comma = strrchr(words, ','), *colon;

	if (!comma || comma[1] != ' ' || !(colon = strchr(comma, ':')))
		return place;
	if (sscanf(colon, ":%u:%u", &place.line, &place.column) != 2)
		return nowhere;
	*comma = *colon = '\0';
	place.file = comma + 2;
	return place;
}

/*
 * The backend gives up on what it cannot select with a dump of its graph, then aborts. The dump's
 * first line is the node: "Cannot select: 0x1234: i64,ch = AtomicLoad<...> 0x5678, name.c:4:11".
 */
static void on_fatal_error(const char *reason)
{
	char *words = strndup(reason, strcspn(reason, "\n"));
	char *node = words ? strstr(words, " = ") : NULL;
	struct bee__cc_place place;

	if (!node || !strstr(words, "Cannot select")) {
		bee__cc_error(current, &nowhere, meaning_of(reason)->hint,
			      "the code generator gave up: %s", words ? words : "no memory");
		bee__cc_finish(current);
	}
	place = take_place(words);
	node += strlen(" = ");
	bee__cc_error(current, &place, meaning_of(reason)->hint,
		      "BPF has no instruction for this: %.*s", (int)strcspn(node, "<[ "), node);
	bee__cc_finish(current);
}

/* ---- the target -------------------------------------------------------------------------- */

void bee__cc_open_target(struct bee__cc *cc)
{
	LLVMTargetRef target;
	char *err = NULL;

	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTarget();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFAsmPrinter();
	LLVMInitializeBPFAsmParser();
	current = cc;
	LLVMInstallFatalErrorHandler(on_fatal_error);
	cc->context = LLVMContextCreate();
	LLVMContextSetDiagnosticHandler(cc->context, on_diagnostic, cc);
	if (LLVMGetTargetFromTriple("bpf", &target, &err)) {
		bee__cc_error(cc, &nowhere, "", "%s", err);
		return;
	}
	cc->machine = LLVMCreateTargetMachine(target, "bpf", cc->cpu, "", LLVMCodeGenLevelDefault,
					      LLVMRelocStatic, LLVMCodeModelDefault);
}

/* ---- the passes -------------------------------------------------------------------------- */

void bee__cc_run_passes(struct bee__cc *cc, const char *passes)
{
	LLVMPassBuilderOptionsRef opts = LLVMCreatePassBuilderOptions();
	LLVMErrorRef err = LLVMRunPasses(cc->module, passes, cc->machine, opts);

	if (err)
		bee__cc_error(cc, &nowhere, "", "%s", LLVMGetErrorMessage(err));
	LLVMDisposePassBuilderOptions(opts);
}

/*
 * Inline and clean up until every pointer can be followed to where it comes from. Nothing may
 * combine instructions yet: the CO-RE pass, which runs first in O2, must find its chains whole.
 */
static void lower_all(struct bee__cc *cc)
{
	bee__cc_inline_ours(cc);
	bee__cc_run_passes(cc, "function(sroa,early-cse),always-inline");
	bee__cc_lower_returns(cc);
	bee__cc_inline_all(cc);
	bee__cc_run_passes(cc, "function(sroa,early-cse),always-inline,function(sroa,early-cse),"
			       "always-inline,function(sroa,early-cse<memssa>)");
	bee__cc_lower_tables(cc);
	if (bee__cc_packets(cc))
		bee__cc_run_passes(cc, "always-inline,function(sroa,early-cse<memssa>)");
}

/* Whether something may read memory that plain loads cannot, or as they cannot. */
static bool has_memory(struct bee__cc *cc)
{
	for (struct bee__cc_function *fn = cc->functions; fn; fn = fn->next)
		if (fn->hook && fn->hook->reads != BEE_READS_NEVER)
			return true;
	for (LLVMValueRef fn = LLVMGetFirstFunction(cc->module); fn; fn = LLVMGetNextFunction(fn))
		if (bee__cc_starts(bee__cc_name(fn), BEE_STRINGS))
			return true;
	return false;
}

/* A source that needs no lowering must give clang's own code, so the lowering is tried on a copy. */
static void lower_copy(struct bee__cc *cc)
{
	LLVMModuleRef original = cc->module;

	cc->module = LLVMCloneModule(original);
	lower_all(cc);
	if (!cc->errors && !bee__cc_reads(cc))
		cc->module = original;
}

void bee__cc_lower(struct bee__cc *cc)
{
	if (cc->is_portable)
		bee__cc_lower_bitfields(cc);
	cc->has_dialect = bee__cc_has_dialect(cc->module);
	if (cc->has_dialect) {
		lower_all(cc);
		bee__cc_reads(cc);
		bee__cc_keep_halves(cc);
	} else if (has_memory(cc)) {
		lower_copy(cc);
	}
	bee__cc_drop_marks(cc);
}

/* Does a table hold addresses? No loader fills them in. */
static bool has_addresses(LLVMValueRef value)
{
	if (LLVMIsAGlobalValue(value) || LLVMIsAConstantExpr(value))
		return true;
	for (int i = 0; LLVMIsAConstantArray(value) && i < LLVMGetNumOperands(value); i++)
		if (has_addresses(LLVMGetOperand(value, i)))
			return true;
	return false;
}

static bool is_of_table(LLVMValueRef load)
{
	LLVMValueRef at = LLVMIsALoadInst(load) ? LLVMGetOperand(load, 0) : NULL;

	if (!at || LLVMGetTypeKind(LLVMTypeOf(load)) != LLVMPointerTypeKind)
		return false;
	while (LLVMIsAGetElementPtrInst(at))
		at = LLVMGetOperand(at, 0);
	return LLVMIsAGlobalVariable(at) && LLVMGetInitializer(at) &&
	       has_addresses(LLVMGetInitializer(at));
}

/* Where the optimiser could not tell which element of `char *names[]` is meant, the pointer is lost. */
static void warn_of_tables(struct bee__cc *cc)
{
	LLVMValueRef fn = LLVMGetFirstFunction(cc->module), insn;

	for (; fn; fn = LLVMGetNextFunction(fn))
		for (insn = LLVMCountBasicBlocks(fn) ? bee__cc_next_insn(fn, NULL) : NULL; insn;
		     insn = bee__cc_next_insn(fn, insn)) {
			struct bee__cc_place place;

			if (!is_of_table(insn))
				continue;
			place = bee__cc_place_of(insn);
			bee__cc_diag(cc, BEE_WARNING, &place,
				     "pointers in a table are 0 when the program runs",
				     "make it a table of arrays, char names[][16], or a switch");
		}
}

void bee__cc_optimise(struct bee__cc *cc)
{
#ifndef NDEBUG
	char *text = NULL;

	if (LLVMVerifyModule(cc->module, LLVMReturnStatusAction, &text)) {
		bee__cc_error(cc, &nowhere, "this is a bug of moonbee", "broken IR: %s", text);
		return;
	}
#endif
	bee__cc_run_passes(cc, "default<O2>");
	bee__cc_finish_copies(cc);
	bee__cc_keep_widths(cc);
	warn_of_tables(cc);
	if (cc->has_dialect)
		bee__cc_keep_least(cc);
	bee__cc_let_sleep(cc);
	bee__cc_check_formats(cc);
}

/* ---- the object -------------------------------------------------------------------------- */

/*
 * With this flag the debug information becomes BTF alone. DWARF would be the most of the object,
 * and half of the time to generate it.
 */
static void leave_out_dwarf(struct bee__cc *cc)
{
	LLVMValueRef one = LLVMConstInt(LLVMInt32TypeInContext(cc->context), 1, false);

	LLVMAddModuleFlag(cc->module, LLVMModuleFlagBehaviorWarning, "CodeView", strlen("CodeView"),
			  LLVMValueAsMetadata(one));
}

/* Generate code, and put it into the answer. */
static void emit(struct bee__cc *cc, LLVMCodeGenFileType form)
{
	LLVMMemoryBufferRef code;
	char *text = NULL, *copy;
	size_t size;

	leave_out_dwarf(cc);
	if (LLVMTargetMachineEmitToMemoryBuffer(cc->machine, cc->module, form, &text, &code)) {
		bee__cc_error(cc, &nowhere, "", "%s", text);
		return;
	}
	if (cc->errors) /* the backend goes on after an error, and says that all went well */
		return;
	size = LLVMGetBufferSize(code);
	copy = bee__cc_alloc(size);
	memcpy(copy, LLVMGetBufferStart(code), size);
	if (form == LLVMObjectFile)
		bee__cc_finish_casts(copy);
	bee__cc_answer(cc, copy, size);
}

void bee__cc_emit(struct bee__cc *cc)
{
	emit(cc, LLVMObjectFile);
}

void bee__cc_show_asm(struct bee__cc *cc)
{
	emit(cc, LLVMAssemblyFile);
}

void bee__cc_show_ir(struct bee__cc *cc)
{
	char *text = LLVMPrintModuleToString(cc->module);

	bee__cc_answer(cc, text, strlen(text));
}
