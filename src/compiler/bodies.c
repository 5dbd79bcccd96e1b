/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions that are looked through for reads: of which memory each program's context speaks, what a
 * subprogram has from its callers, and what these give for its parameters.
 */
#include <string.h>

#include <linux/bpf.h>

#include "reads.h"

struct body *bee__body_of(struct reads *reads, LLVMValueRef fn)
{
	for (size_t i = 0; i < reads->bodies_len; i++)
		if (reads->bodies[i].fn == fn)
			return &reads->bodies[i];
	return NULL;
}

int bee__given_to(const struct reads *reads, LLVMValueRef param)
{
	for (size_t i = 0; i < reads->params_len; i++)
		if (reads->params[i].param == param)
			return reads->params[i].from;
	return 0;
}

/* ---- which functions --------------------------------------------------------------------- */

/* A struct of the kernel's that is no context: BCC programs may take one and read its fields. */
static bool is_kernel_struct(const struct bee__cc_function *fn)
{
	static const char *const contexts[] = {
		"bpf_",         "tracepoint__",     "trace_event_raw_", "syscall_trace_",
		"user_pt_regs", "user_regs_struct", "__sk_buff",        "xdp_md",
		"sk_msg_md",    "sk_reuseport_md",
	};

	if (!fn->has_kernel_type || bee__hook_by_context(fn->context))
		return false;
	for (size_t i = 0; i < BEE_CC_LEN(contexts); i++)
		if (bee__cc_starts(fn->context, contexts[i]))
			return false;
	return true;
}

/*
 * Of which memory a program's context speaks. The arguments of system calls are the process's; a
 * function that is attached to places of several kinds must do for all of them.
 */
static enum bee__reads reads_of(const struct reads *reads, const struct bee__cc_function *fn,
				const char *section)
{
	static const char *const syscalls[] = { "tracepoint/syscalls/", "tp/syscalls/" };
	enum bee__reads kind = fn->hook->reads;

	for (size_t i = 0; section && i < BEE_CC_LEN(syscalls); i++)
		if (bee__cc_starts(section, syscalls[i]))
			kind = BEE_READS_USER;
	for (size_t i = 0; i < reads->cc->wishes_len; i++) {
		const struct bee__cc_wish *wish = &reads->cc->wishes[i];
		const struct bee__hook *hook;
		const char *rest;

		if (strcmp(wish->program, fn->name))
			continue;
		hook = bee__hook_by_target(wish->target, &rest);
		if (hook && hook->reads != fn->hook->reads)
			return BEE_READS_SCALAR;
	}
	return kind;
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
	body->reads = reads_of(reads, fn, LLVMGetSection(value));
	body->has_probe_read = fn->hook->type == BPF_PROG_TYPE_TRACING ||
			       fn->hook->type == BPF_PROG_TYPE_LSM;
	body->is_argument_kernel = body->reads == BEE_READS_SCALAR && is_kernel_struct(fn);
}

/* A subprogram reads as its callers do; of several opinions, a number is the most careful one. */
static bool inherit(struct body *callee, enum bee__reads reads)
{
	enum bee__reads old = callee->reads;

	if (callee->is_program || reads == BEE_READS_NEVER)
		return false;
	callee->reads = old == BEE_READS_NEVER || old == reads ? reads : BEE_READS_SCALAR;
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
				callee = bee__body_of(reads, operand);
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

static void add_given(struct reads *reads, LLVMValueRef param, int from)
{
	for (size_t i = 0; i < reads->params_len; i++) {
		if (reads->params[i].param == param) {
			reads->params[i].from |= from;
			return;
		}
	}
	reads->params = bee__cc_grow(reads->params, reads->params_len, sizeof(*reads->params));
	reads->params[reads->params_len++] = (struct given){ param, from };
}

static bool judge_argument(struct reads *reads, LLVMValueRef argument, LLVMValueRef param)
{
	int from, known;

	if (LLVMGetTypeKind(LLVMTypeOf(param)) != LLVMPointerTypeKind)
		return false;
	known = bee__given_to(reads, param);
	from = bee__origins(reads, argument) & (FROM_KERNEL | FROM_USER);
	if (!(from & ~known))
		return false;
	add_given(reads, param, from);
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
static void find_given(struct reads *reads)
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

void bee__origins_find(struct reads *reads)
{
	find_bodies(reads);
	find_given(reads);
}
