/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kind of packet a program reads: the calls that packets.cc made are given to the prelude's
 * function for it.
 *
 *   context        pointer to the header          function
 *   __sk_buff      a cursor: an offset            __bee_skb_get, __bee_skb_set
 *   xdp_md         a cursor                       __bee_xdp_get, __bee_xdp_set
 *   either         comes from ctx->data           __bee_data_get, __bee_data_set
 */
#include <stdio.h>
#include <string.h>

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>

#include <linux/bpf.h>

#include "compiler.h"
#include "hook.h"

#define STEPS_MAX 256 /* beyond so many, a pointer is taken for a cursor */

/* Contexts, and where in them the addresses of the packet are: data, data_end, data_meta. */
static const struct packet_kind {
	const char *context;
	const char *name;
	unsigned int addresses[3];
	uint64_t types; /* a bit for each enum bpf_prog_type whose programs are given one */
} kinds[] = {
	{ "__sk_buff",
	  "skb",
	  { 76, 80, 140 },
	  1 << BPF_PROG_TYPE_SOCKET_FILTER | 1 << BPF_PROG_TYPE_SCHED_CLS |
		  1 << BPF_PROG_TYPE_SCHED_ACT | 1 << BPF_PROG_TYPE_CGROUP_SKB |
		  1 << BPF_PROG_TYPE_LWT_IN | 1 << BPF_PROG_TYPE_LWT_OUT |
		  1 << BPF_PROG_TYPE_LWT_XMIT | 1 << BPF_PROG_TYPE_LWT_SEG6LOCAL |
		  1 << BPF_PROG_TYPE_SK_SKB },
	{ "xdp_md", "xdp", { 0, 4, 8 }, 1 << BPF_PROG_TYPE_XDP },
};

/* By the first parameter's type, or where that tells nothing, by where the program is attached. */
static const struct packet_kind *kind_of(struct bee__cc *cc, LLVMValueRef fn)
{
	const struct bee__cc_function *known = bee__cc_function_of(cc, fn);

	for (size_t i = 0; known && i < BEE_CC_LEN(kinds); i++)
		if (!strcmp(known->context, kinds[i].context))
			return &kinds[i];
	for (size_t i = 0; known && known->hook && i < BEE_CC_LEN(kinds); i++)
		if (kinds[i].types >> known->hook->type & 1)
			return &kinds[i];
	return NULL;
}

/* ---- cursor or address ------------------------------------------------------------------- */

/* Values still to be looked at, each once. */
struct walk {
	LLVMValueRef list[STEPS_MAX];
	size_t len;
};

static void add(struct walk *walk, LLVMValueRef value)
{
	for (size_t i = 0; i < walk->len; i++)
		if (walk->list[i] == value)
			return;
	if (walk->len < STEPS_MAX)
		walk->list[walk->len++] = value;
}

/* Is this a load of ctx->data or its like? */
static bool is_address(LLVMValueRef load, const struct packet_kind *kind)
{
	LLVMValueRef fn = LLVMGetBasicBlockParent(LLVMGetInstructionParent(load));
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(LLVMGetGlobalParent(fn));
	LLVMValueRef from = LLVMGetOperand(load, 0), index;
	unsigned int offset = 0;

	if (LLVMIsAGetElementPtrInst(from)) {
		LLVMTypeRef type = LLVMGetGEPSourceElementType(from);

		index = LLVMGetOperand(from, LLVMGetNumOperands(from) - 1);
		if (!LLVMIsAConstantInt(index))
			return false;
		offset = LLVMConstIntGetZExtValue(index);
		if (LLVMGetTypeKind(type) == LLVMStructTypeKind)
			offset = LLVMOffsetOfElement(layout, type, offset);
		from = LLVMGetOperand(from, 0);
	}
	if (bee__cc_is_call_of(from, "llvm.preserve.static.offset")) /* clang's mark of contexts */
		from = LLVMGetOperand(from, 0);
	if (from != LLVMGetParam(fn, 0))
		return false;
	for (size_t i = 0; i < BEE_CC_LEN(kind->addresses); i++)
		if (kind->addresses[i] == offset)
			return true;
	return false;
}

static void add_inputs(struct walk *walk, LLVMValueRef insn)
{
	if (LLVMIsAPHINode(insn)) {
		for (unsigned int i = 0; i < LLVMCountIncoming(insn); i++)
			add(walk, LLVMGetIncomingValue(insn, i));
		return;
	}
	if ((LLVMIsACallInst(insn) && !bee__cc_is_mark(insn)) || LLVMIsALoadInst(insn))
		return;
	for (int i = LLVMIsASelectInst(insn) ? 1 : 0; i < LLVMGetNumOperands(insn); i++)
		add(walk, LLVMGetOperand(insn, i));
}

static bool is_from_address(LLVMValueRef header, const struct packet_kind *kind)
{
	struct walk walk = { .len = 0 };

	add(&walk, header);
	for (size_t i = 0; i < walk.len; i++) {
		if (!LLVMIsAInstruction(walk.list[i]))
			continue;
		if (LLVMIsALoadInst(walk.list[i]) && is_address(walk.list[i], kind))
			return true;
		add_inputs(&walk, walk.list[i]);
	}
	return false;
}

/* ---- the calls --------------------------------------------------------------------------- */

static void refuse(struct bee__cc *cc, LLVMValueRef call)
{
	struct bee__cc_place place = bee__cc_place_of(call);

	bee__cc_error(cc, &place,
		      "its first parameter must be a struct __sk_buff * or a struct xdp_md *",
		      "a field of a packet's header, in a function that is given no packet");
}

/* Replace __bee_packet_VERB(header, ...) by __bee_KIND_VERB(ctx, header, ...). */
static void lower_call(struct bee__cc *cc, LLVMBuilderRef builder, LLVMValueRef call,
		       const char *verb)
{
	LLVMValueRef fn = LLVMGetBasicBlockParent(LLVMGetInstructionParent(call)), to, args[5];
	const struct packet_kind *kind = kind_of(cc, fn);
	int len = LLVMGetNumArgOperands(call);
	char name[64];

	if (!kind) {
		refuse(cc, call);
		return;
	}
	snprintf(name, sizeof(name), "__bee_%s_%s",
		 is_from_address(LLVMGetOperand(call, 0), kind) ? "data" : kind->name, verb);
	to = LLVMGetNamedFunction(cc->module, name);
	args[0] = LLVMGetParam(fn, 0);
	for (int i = 0; i < len; i++)
		args[i + 1] = LLVMGetOperand(call, i);
	LLVMPositionBuilderBefore(builder, call);
	LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(call));
	to = LLVMBuildCall2(builder, LLVMGlobalGetValueType(to), to, args, len + 1, "");
	LLVMReplaceAllUsesWith(call, to);
	LLVMInstructionEraseFromParent(call);
}

static void lower_calls(struct bee__cc *cc, LLVMBuilderRef builder, const char *name,
			const char *verb)
{
	LLVMValueRef callee = LLVMGetNamedFunction(cc->module, name);
	LLVMUseRef use = callee ? LLVMGetFirstUse(callee) : NULL, next;

	for (; use; use = next) {
		next = LLVMGetNextUse(use);
		if (LLVMIsACallInst(LLVMGetUser(use)))
			lower_call(cc, builder, LLVMGetUser(use), verb);
	}
}

bool bee__cc_packets(struct bee__cc *cc)
{
	LLVMBuilderRef builder;

	if (!LLVMGetNamedFunction(cc->module, "__bee_skb_get"))
		return false;
	builder = LLVMCreateBuilderInContext(cc->context);
	lower_calls(cc, builder, "__bee_packet_get", "get");
	lower_calls(cc, builder, "__bee_packet_set", "set");
	LLVMDisposeBuilder(builder);
	/* The functions were anyone's to call so that clang kept them. Now they are plain ones. */
	for (LLVMValueRef fn = LLVMGetFirstFunction(cc->module); fn; fn = LLVMGetNextFunction(fn))
		if (bee__cc_is_ours(fn) && LLVMCountBasicBlocks(fn))
			LLVMSetLinkage(fn, LLVMInternalLinkage);
	bee__cc_inline_all(cc);
	return true;
}
