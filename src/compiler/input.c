/* SPDX-License-Identifier: Apache-2.0 */
/* The module that a compile works on: made of C by clang, read as IR, or an assembly text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/IRReader.h>
#include <llvm-c/Target.h>

#include "compiler.h"

static const struct bee__cc_file *main_file(const struct bee__cc *cc)
{
	return &cc->files[cc->files_len - 1];
}

/* ---- the licence ------------------------------------------------------------------------- */

static bool has_license(struct bee__cc *cc)
{
	for (LLVMValueRef var = LLVMGetFirstGlobal(cc->module); var; var = LLVMGetNextGlobal(var)) {
		const char *section = LLVMGetSection(var);

		if (section && !strcmp(section, "license"))
			return true;
	}
	/* In an assembly text it is a section too, of which LLVM knows nothing yet. */
	return !strcmp(cc->input, "asm") && strstr(main_file(cc)->text, "license");
}

/* The kernel lets only GPL programs call most tracing helpers, so silence means GPL, as in BCC. */
static void add_license(struct bee__cc *cc)
{
	const char *license = cc->license ? cc->license : "GPL";
	LLVMValueRef text, var;

	if (has_license(cc))
		return;
	text = LLVMConstStringInContext(cc->context, license, strlen(license), false);
	var = LLVMAddGlobal(cc->module, LLVMTypeOf(text), "_license");
	LLVMSetInitializer(var, text);
	LLVMSetSection(var, "license");
	LLVMSetAlignment(var, 1);
}

/* ---- IR ---------------------------------------------------------------------------------- */

/* "name.ll:3:5: error: words", and the line itself behind it. */
static void tell_parser_words(struct bee__cc *cc, const char *message)
{
	struct bee__cc_place place = { .file = main_file(cc)->path };
	const char *words = strstr(message, "error: ");
	size_t name_len = strlen(place.file);

	if (!strncmp(message, place.file, name_len))
		sscanf(message + name_len, ":%u:%u:", &place.line, &place.column);
	words = words ? words + strlen("error: ") : message;
	if (place.line)
		bee__cc_error(cc, &place, "", "%.*s", (int)strcspn(words, "\n"), words);
	else /* bitcode has no lines */
		bee__cc_error(cc, &place,
			      "it was cut or damaged, or made by another LLVM: compile it again",
			      "the bitcode cannot be read: %.*s", (int)strcspn(words, "\n"), words);
}

static void check_target(struct bee__cc *cc)
{
	const struct bee__cc_place place = { .file = main_file(cc)->path };
	char *layout = LLVMCopyStringRepOfTargetData(LLVMCreateTargetDataLayout(cc->machine));
	const char *triple = LLVMGetTarget(cc->module), *own = LLVMGetDataLayoutStr(cc->module);
	char *text = NULL;

	if (*triple && strcmp(triple, "bpf") && strcmp(triple, "bpfel"))
		bee__cc_error(cc, &place, "compile it with clang -target bpf",
			      "this module is for '%s', not for BPF", triple);
	else if (*own && strcmp(own, layout))
		bee__cc_error(cc, &place, "compile it with clang -target bpf",
			      "this module's data layout is not BPF's: '%s'", own);
	if (cc->errors)
		return;
	LLVMSetTarget(cc->module, "bpf");
	LLVMSetDataLayout(cc->module, layout);
	if (LLVMVerifyModule(cc->module, LLVMReturnStatusAction, &text))
		bee__cc_error(cc, &place, "", "broken IR: %.*s", (int)strcspn(text, "\n"), text);
}

static struct bee__cc_place place_of_function(const struct bee__cc *cc, LLVMValueRef value)
{
	struct bee__cc_place place = { .file = main_file(cc)->path };
	LLVMMetadataRef sub = LLVMGetSubprogram(value);
	LLVMMetadataRef file = sub ? LLVMDIScopeGetFile(sub) : NULL;
	unsigned int len = 0;
	const char *name = file ? LLVMDIFileGetFilename(file, &len) : NULL;

	if (!len)
		return place;
	place.file = strndup(name, len);
	place.line = LLVMDISubprogramGetLine(sub);
	return place;
}

/* What clang tells of C's functions, as far as their IR tells it too. */
static void list_functions(struct bee__cc *cc)
{
	struct bee__cc_function **tail = &cc->functions;

	for (LLVMValueRef fn = LLVMGetFirstFunction(cc->module); fn; fn = LLVMGetNextFunction(fn)) {
		if (!LLVMCountBasicBlocks(fn) || bee__cc_is_ours(fn))
			continue;
		*tail = bee__cc_alloc(sizeof(**tail));
		(*tail)->place = place_of_function(cc, fn);
		(*tail)->name = strdup(bee__cc_name(fn));
		(*tail)->context = "";
		(*tail)->is_static = LLVMGetLinkage(fn) == LLVMInternalLinkage ||
				     LLVMGetLinkage(fn) == LLVMPrivateLinkage;
		tail = &(*tail)->next;
	}
}

static void read_ir(struct bee__cc *cc)
{
	const struct bee__cc_file *file = main_file(cc);
	LLVMMemoryBufferRef buffer;
	char *message = NULL;

	buffer = LLVMCreateMemoryBufferWithMemoryRange(file->text, file->size, file->path, true);
	if (LLVMParseIRInContext(cc->context, buffer, &cc->module, &message)) {
		cc->module = NULL;
		tell_parser_words(cc, message ? message : "this is no LLVM module");
		return;
	}
	check_target(cc);
	if (cc->errors)
		return;
	list_functions(cc);
	bee__cc_find_cast(cc);
	bee__cc_find_typed(cc);
}

/* ---- assembly ---------------------------------------------------------------------------- */

/* A module may hold assembly of its own, which goes through LLVM's assembler with its code. */
static void take_assembly(struct bee__cc *cc)
{
	const struct bee__cc_file *file = main_file(cc);

	cc->module = LLVMModuleCreateWithNameInContext(file->path, cc->context);
	LLVMSetTarget(cc->module, "bpf");
	LLVMSetModuleInlineAsm2(cc->module, file->text, file->size);
}

/* ---- any input --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*take)(struct bee__cc *cc);
} inputs[] = {
	{ "c", bee__cc_parse },
	{ "ir", read_ir },
	{ "asm", take_assembly },
};

void bee__cc_take_input(struct bee__cc *cc)
{
	for (size_t i = 0; i < BEE_CC_LEN(inputs); i++)
		if (!strcmp(cc->input, inputs[i].name))
			inputs[i].take(cc);
	if (!cc->module || cc->errors)
		return;
	add_license(cc);
	if (cc->is_portable)
		bee__cc_add_assumes(cc);
}
