/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formatted text that no kernel prints. bpf_trace_printk() and its like return an error for it when
 * they run, which nobody looks at: the program seems not to run at all. What kernels know is told by
 * bpf_bprintf_prepare() in the kernel's kernel/bpf/helpers.c; those before Linux 5.13 know less.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "reads.h"

#define WORD 8 /* bytes of an argument in an array of them */

static const struct printer {
	unsigned int helper;
	const char *name;
	unsigned int format; /* which argument of the call */
	unsigned int data;   /* the first of the values, */
	bool is_array;       /* or their array, with its size behind it */
} printers[] = {
	{ 6, "bpf_trace_printk", 0, 2, false },
	{ 126, "bpf_seq_printf", 1, 3, true },
	{ 177, "bpf_trace_vprintk", 0, 2, true },
};

/* ---- the text ---------------------------------------------------------------------------- */

/* Behind a "%p". NULL: no kernel knows such a pointer. */
static const char *skip_pointer(const char *at)
{
	if (!*at || isspace((unsigned char)*at) || ispunct((unsigned char)*at))
		return at;
	if ((*at == 'k' || *at == 'u') && at[1] == 's')
		return at + 2;
	if ((*at == 'i' || *at == 'I') && (at[1] == '4' || at[1] == '6'))
		return at + 2;
	return strchr("KxsSB", *at) ? at + 1 : NULL;
}

/* Behind a conversion, of which at is the "%". NULL: no kernel knows it. */
static const char *skip_conversion(const char *at)
{
	at++;
	at += strspn(at, "0+- ");
	at += strspn(at, "0123456789");
	if (*at == 'p')
		return skip_pointer(at + 1);
	if (*at == 's' || *at == 'c')
		return at + 1;
	for (int i = 0; i < 2 && *at == 'l'; i++)
		at++;
	return *at && strchr("diuxX", *at) ? at + 1 : NULL;
}

/* Up to the letter that ends what looks like a conversion. */
static int conversion_len(const char *at)
{
	size_t len = 1 + strspn(at + 1, "0123456789+-# .*hlLqjzt");

	len += at[len] == 'p' && at[len + 1] ? 1 : 0;
	return len + (at[len] != '\0');
}

/* Why the kernel prints nothing of a text, as its cure is returned; NULL: it does. */
static const char *judge_text(const char *text, unsigned int values_len, char *why, size_t size)
{
	unsigned int len = 0;

	for (const char *at = text, *next; *at; at = next) {
		next = at + 1;
		if (iscntrl((unsigned char)*at) && !isspace((unsigned char)*at)) {
			snprintf(why, size, "the control character 0x%02x", *at);
			return "give it as a value, for %c or in a string for %s";
		}
		if (*at != '%')
			continue;
		next = at[1] == '%' ? at + 2 : skip_conversion(at);
		if (!next) {
			snprintf(why, size, "'%.*s'", conversion_len(at), at);
			return "the kernel knows %d %i %u %x %X, with l or ll and a width, %c, %s, "
			       "%p, %px, %ps, %pS, %pB, %pks, %pus, %pI4, %pI6 and %%";
		}
		len += at[1] != '%';
	}
	if (len <= values_len)
		return NULL;
	snprintf(why, size, "%u conversions and %u values", len, values_len);
	return "a conversion takes one value";
}

/* ---- the calls --------------------------------------------------------------------------- */

/* The characters that a pointer points to, as far as a NUL; NULL: not known. */
static const char *text_of(LLVMValueRef pointer)
{
	LLVMValueRef value = LLVMIsAGlobalVariable(pointer) ? LLVMGetInitializer(pointer) : NULL;
	const char *text;
	size_t len;

	if (!value || !LLVMIsGlobalConstant(pointer) || !LLVMIsConstantString(value))
		return NULL;
	text = LLVMGetAsString(value, &len);
	return memchr(text, '\0', len) ? text : NULL;
}

/* How many values a call has; enough for any text where that is not known. */
static unsigned int count_values(const struct printer *printer, LLVMValueRef call)
{
	LLVMValueRef size;

	if (!printer->is_array)
		return LLVMGetNumArgOperands(call) - printer->data;
	size = LLVMGetOperand(call, printer->data + 1);
	return LLVMIsAConstantInt(size) ? LLVMConstIntGetZExtValue(size) / WORD : ~0u;
}

static void judge_call(struct bee__cc *cc, const struct printer *printer, LLVMValueRef call)
{
	struct bee__cc_place place;
	const char *text, *cure;
	char why[64], words[160];

	if (LLVMGetNumArgOperands(call) < printer->data + (printer->is_array ? 2 : 0))
		return;
	text = text_of(LLVMGetOperand(call, printer->format));
	cure = text ? judge_text(text, count_values(printer, call), why, sizeof(why)) : NULL;
	if (!cure)
		return;
	place = bee__cc_place_of(call);
	snprintf(words, sizeof(words), "%s() prints nothing of a text with %s", printer->name, why);
	bee__cc_diag(cc, BEE_WARNING, &place, words, cure);
}

/* Of the C library's, only what the optimiser knows the text of is no call any more. */
static void refuse_library(struct bee__cc *cc, LLVMValueRef insn)
{
	static const struct {
		const char *called, *written;
	} names[] = {
		{ "sprintf", "sprintf" },
		{ "snprintf", "snprintf" },
		{ "strcpy", "sprintf" }, /* of one "%s" */
		{ "stpcpy", "sprintf" },
	};

	for (size_t i = 0; i < BEE_CC_LEN(names); i++) {
		struct bee__cc_place place;

		if (!bee__cc_is_call_of(insn, names[i].called) ||
		    !LLVMIsDeclaration(LLVMGetCalledValue(insn)))
			continue;
		place = bee__cc_place_of(insn);
		bee__cc_error(cc, &place,
			      "BPF_SNPRINTF(to, size, fmt, ...) does, from Linux 5.13 on",
			      "%s() only copies texts that stand in the source: BPF has no C "
			      "library to format others",
			      names[i].written);
	}
}

void bee__cc_check_formats(struct bee__cc *cc)
{
	LLVMValueRef fn, insn;

	for (fn = LLVMGetFirstFunction(cc->module); fn; fn = LLVMGetNextFunction(fn)) {
		for (insn = NULL; (insn = bee__cc_next_insn(fn, insn));) {
			refuse_library(cc, insn);
			for (size_t i = 0; i < BEE_CC_LEN(printers); i++)
				if (bee__is_helper_call(insn, printers[i].helper))
					judge_call(cc, &printers[i], insn);
		}
	}
}
