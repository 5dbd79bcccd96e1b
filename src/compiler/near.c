/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Neighbours among reads. Where each load of kernel memory is a call of a helper, those of one object
 * that stand in one block become a single call, which covers them all:
 *
 *   sk->skc_family, sk->skc_dport     bpf_probe_read(&tmp, 6, &sk->skc_dport), tmp.dport, tmp.family
 *
 * The ends of what is covered are read by the program itself, and lie so near that there is no page
 * between theirs: the call fails only where one of its reads would have. All are zeros then.
 *
 *   offset  lo           hi           of the object
 *           |            |
 *   buffer  [pad][dport][gap][family]     pad keeps the alignment that the object has
 */
#include <stdlib.h>

#include <llvm-c/Target.h>

#include "reads.h"

#define REACH     64  /* bytes that one call covers */
#define STACK_MAX 256 /* of variables that leave room for a buffer, of the 512 bytes there are */

/* What a load reads: its size of bytes at an offset from a base. */
struct place {
	LLVMValueRef base;
	int64_t offset;
	uint64_t size;
	unsigned int helper;
};

static bool find_place(struct reads *reads, const struct site *site, struct place *ret_place)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(reads->cc->module);
	struct place place = { 0 };

	if (!LLVMIsALoadInst(site->insn) || LLVMGetVolatile(site->insn) ||
	    !LLVMGetFirstUse(site->insn) || site->near || site->through)
		return false;
	place.base = bee__strip_offsets(reads, LLVMGetOperand(site->insn, 0), &place.offset);
	place.size = LLVMStoreSizeOfType(layout, LLVMTypeOf(site->insn));
	place.helper = bee__read_helper(reads, site->insn, site->from);
	*ret_place = place;
	return place.size <= 8;
}

/* A pointer that may be one of several may be one to the program's own memory, which it changes. */
static bool is_one_pointer(LLVMValueRef base)
{
	while (LLVMIsAIntToPtrInst(base) || LLVMIsAPtrToIntInst(base))
		base = LLVMGetOperand(base, 0);
	return LLVMIsALoadInst(base) || LLVMIsACallInst(base) || LLVMIsAArgument(base);
}

/* What may change the memory that is read: others' code; a store, if the memory is the program's. */
static bool is_barrier(LLVMValueRef insn, bool is_kernel)
{
	if (LLVMIsACallInst(insn))
		return !LLVMIsAIntrinsicInst(insn) || !is_kernel;
	if (LLVMIsAStoreInst(insn))
		return !is_kernel;
	return LLVMIsAAtomicRMWInst(insn) || LLVMIsAAtomicCmpXchgInst(insn) ||
	       LLVMIsAFenceInst(insn);
}

static bool is_reachable(const struct near *near, const struct place *place)
{
	int64_t lo = place->offset < near->lo ? place->offset : near->lo;
	int64_t end = place->offset + (int64_t)place->size, hi = end > near->hi ? end : near->hi;

	return hi - lo <= REACH;
}

static void add_neighbour(struct near *near, struct site *site, const struct place *place)
{
	int64_t end = place->offset + (int64_t)place->size;

	near->lo = place->offset < near->lo ? place->offset : near->lo;
	near->hi = end > near->hi ? end : near->hi;
	near->last = site->insn;
	near->len++;
	site->near = near;
}

/* Find those of the sites from first to end that stand in one block with the first. */
static void find_neighbours(struct reads *reads, struct site *first, const struct site *end)
{
	struct place place, other;
	struct site *site = first + 1;
	LLVMValueRef insn = first->insn;
	struct near *near;
	bool is_kernel;

	if (!find_place(reads, first, &place))
		return;
	near = bee__cc_alloc(sizeof(*near));
	*near = (struct near){ .lo = place.offset, .hi = place.offset };
	add_neighbour(near, first, &place);
	is_kernel = (first->from == FROM_KERNEL || first->from == FROM_USER) &&
		    is_one_pointer(place.base);
	while (site < end && (insn = LLVMGetNextInstruction(insn)) &&
	       !is_barrier(insn, is_kernel)) {
		if (insn != site->insn)
			continue;
		if (find_place(reads, site, &other) && other.base == place.base &&
		    other.helper == place.helper && is_reachable(near, &other))
			add_neighbour(near, site, &other);
		site++;
	}
	if (near->len > 1)
		return;
	first->near = NULL;
	free(near);
}

/* The power of two that an offset in the buffer, which is aligned to 8 bytes, is a multiple of. */
static unsigned int alignment_at(uint64_t offset)
{
	return (offset | 8) & -(offset | 8);
}

/* The bytes of a function's variables on the stack. */
static uint64_t stack_of(struct reads *reads, LLVMValueRef fn)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(reads->cc->module);
	LLVMValueRef insn = NULL;
	uint64_t sum = 0;

	while ((insn = bee__cc_next_insn(fn, insn)))
		if (LLVMIsAAllocaInst(insn))
			sum += LLVMABISizeOfType(layout, LLVMGetAllocatedType(insn));
	return sum;
}

void bee__near_find(struct reads *reads)
{
	const struct site *end = reads->sites + reads->sites_len;
	LLVMValueRef fn = NULL;
	bool has_room = false;

	if (reads->cc->cast_function) /* no call is cheaper than one */
		return;
	for (struct site *site = reads->sites; site < end; site++) {
		LLVMValueRef its = LLVMGetBasicBlockParent(LLVMGetInstructionParent(site->insn));

		if (its != fn)
			has_room = stack_of(reads, its) <= STACK_MAX;
		fn = its;
		if (has_room)
			find_neighbours(reads, site, end);
	}
}

static LLVMValueRef build_at(struct reads *reads, LLVMValueRef base, int64_t offset)
{
	LLVMValueRef index = LLVMConstInt(reads->i64, offset, true);

	return LLVMBuildGEP2(reads->builder, reads->i8, base, &index, 1, "");
}

LLVMValueRef bee__near_load(struct reads *reads, const struct site *site)
{
	struct near *near = site->near;
	uint64_t pad = near->lo & 7, size = (pad + near->hi - near->lo + 7) & ~7ull;
	LLVMTypeRef words = LLVMArrayType2(reads->i64, size / 8);
	int64_t offset;
	LLVMValueRef base = bee__strip_offsets(reads, LLVMGetOperand(site->insn, 0), &offset),
		     value;

	if (!near->buffer) {
		near->buffer = bee__build_variable(reads, site->insn, words);
		bee__build_lifetime(reads, "llvm.lifetime.start", near->buffer, size);
		bee__build_read(reads, bee__read_helper(reads, site->insn, site->from),
				build_at(reads, near->buffer, pad),
				LLVMConstInt(reads->i32, near->hi - near->lo, false),
				build_at(reads, base, near->lo));
	}
	value = LLVMBuildLoad2(reads->builder, LLVMTypeOf(site->insn),
			       build_at(reads, near->buffer, pad + offset - near->lo), "");
	/* What the source says may be wrong: kernel memory forgives that, and the stack does not. */
	LLVMSetAlignment(value, alignment_at(pad + offset - near->lo));
	if (near->last == site->insn)
		bee__build_lifetime(reads, "llvm.lifetime.end", near->buffer, size);
	return value;
}
