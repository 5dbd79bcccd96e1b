/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about reads of kernel memory share. */
#ifndef BEE_READS_H
#define BEE_READS_H

#include <llvm-c/Core.h>

#include "compiler.h"
#include "hook.h"

#define HELPER_PROBE_READ            4
#define HELPER_GET_CURRENT_TASK      35
#define HELPER_PROBE_READ_STR        45
#define HELPER_PROBE_READ_USER       112
#define HELPER_PROBE_READ_KERNEL     113
#define HELPER_PROBE_READ_USER_STR   114
#define HELPER_PROBE_READ_KERNEL_STR 115
#define HELPER_GET_CURRENT_TASK_BTF  158

#define BEE_COMPARE_MAX 128 /* bytes of others' memory that are copied to be compared */

/* What a pointer can come from: a set of these. */
enum {
	FROM_KERNEL = 1, /* a number to the verifier */
	FROM_USER = 2,   /* the same, and an address of the process's memory */
	FROM_UNSURE = 4, /* the verifier may know what it is */
	FROM_OWN = 8,    /* it does, but a helper reads it all the same */
	FROM_TYPED = 16, /* it knows the type; bee__origins() does not tell */
};

/* A function that is looked through. */
struct body {
	LLVMValueRef fn;
	enum bee__reads reads;
	bool is_program;
	bool has_probe_read;     /* a typed program that may call it where it reads both memories */
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
	size_t *slots;    /* index into list, plus one; 0: free */
	size_t slots_len; /* a power of two */
};

/* Loads that one read serves: their bytes of an object, and a copy of these on the stack. */
struct near {
	int64_t lo, hi;
	size_t len;
	LLVMValueRef last;   /* the load behind which the copy is not needed */
	LLVMValueRef buffer; /* NULL: not read yet */
};

/* A pointer of which the verifier knows the type: the current task, or loaded through one. */
struct typed {
	LLVMValueRef value;   /* the source's own, which is gone once it is rewritten */
	const void *record;   /* what it points to (members.h); NULL: it is not known */
	LLVMValueRef pointer; /* NULL: not made yet */
};

/* An instruction to be rewritten, and where its pointers come from. */
struct site {
	LLVMValueRef insn;
	int from;
	size_t through, gives; /* of a load: the typed pointers, by place plus one; 0: none */
	struct near *near;     /* NULL: it is read alone */
	bool is_shifted;       /* its pointer is to be made of a number */
};

/* A parameter, and what its callers give for it. */
struct given {
	LLVMValueRef param;
	int from;
};

struct reads {
	struct bee__cc *cc;
	struct body *bodies;
	size_t bodies_len;
	struct given *params; /* of subprograms, that are not what the verifier knows */
	size_t params_len;
	struct site *sites;
	size_t sites_len;
	struct typed *typed;
	size_t typed_len;
	const void *task_struct; /* NULL: not known, or not looked for yet */
	struct trail trail;
	bool is_shifted; /* the verifier knows where the last trail began, and not where it leads */
	LLVMBuilderRef builder;
	LLVMTypeRef i8, i32, i64, ptr;
};

/* ---- bodies.c ---------------------------------------------------------------------------- */

/* Find the functions, and which parameters of subprograms are given kernel pointers. */
void bee__origins_find(struct reads *reads);
struct body *bee__body_of(struct reads *reads, LLVMValueRef fn);
/* What the callers of a subprogram give for a parameter; 0: what the verifier knows. */
int bee__given_to(const struct reads *reads, LLVMValueRef param);

/* ---- origins.c --------------------------------------------------------------------------- */

/* What a pointer comes from; 0: what the verifier knows. */
int bee__origins(struct reads *reads, LLVMValueRef pointer);
/* Whether a value calls the helper of a number. */
bool bee__is_helper_call(LLVMValueRef value, unsigned int number);
/* A pointer without the constants that are added to it, which are summed up in *ret_offset. */
LLVMValueRef bee__strip_offsets(struct reads *reads, LLVMValueRef pointer, int64_t *ret_offset);

/* ---- reads.c ----------------------------------------------------------------------------- */

void bee__open_reads(struct reads *reads, struct bee__cc *cc);
void bee__stand_before(struct reads *reads, LLVMValueRef insn);
/* Call the helper that copies size bytes from what insn reads to what the verifier knows. */
LLVMValueRef bee__build_read(struct reads *reads, unsigned int helper, LLVMValueRef to,
			     LLVMValueRef size, LLVMValueRef from);
/* The helper for a pointer of these origins, in the function of insn. */
unsigned int bee__read_helper(struct reads *reads, LLVMValueRef insn, int from);

/* Let the builder stand before an instruction, and what it builds have that one's place. */
void bee__stand_before(struct reads *reads, LLVMValueRef insn);
/* Let the optimiser take a call for one that does nothing but give a value. */
void bee__build_pure(LLVMValueRef call);
/* Whether a type is a number or a pointer that one instruction loads. */
bool bee__is_word(struct reads *reads, LLVMTypeRef type);

/* A variable in the first block of insn's function; the builder then stands before insn. */
LLVMValueRef bee__build_variable(struct reads *reads, LLVMValueRef insn, LLVMTypeRef type);
/* Tell where a variable is in use, so that others can have its place on the small stack. */
void bee__build_lifetime(struct reads *reads, const char *name, LLVMValueRef var, uint64_t size);

/* ---- strings.c --------------------------------------------------------------------------- */

/*
 * Make plain code, or calls of strings.h, of calls of C's string functions. true: something is to be
 * inlined now.
 */
bool bee__strings(struct reads *reads);

/* ---- typed.c ----------------------------------------------------------------------------- */

/* Find which sites are loads through pointers that the verifier knows, or can be made so. */
void bee__typed_find(struct reads *reads);
/* Whether a load is one that has been made. */
bool bee__typed_is_made(struct reads *reads, LLVMValueRef load);
/* The number that a typed pointer is. */
LLVMValueRef bee__build_number(struct reads *reads, LLVMValueRef pointer);
/* Make such a load of a load; NULL: it is none. */
LLVMValueRef bee__typed_load(struct reads *reads, const struct site *site);

/* ---- near.c ------------------------------------------------------------------------------ */

/* Find which sites are neighbours, where each would call a helper. */
void bee__near_find(struct reads *reads);
/* The value of a site that has neighbours. */
LLVMValueRef bee__near_load(struct reads *reads, const struct site *site);

/* ---- direct.c ---------------------------------------------------------------------------- */

/* Make a load that needs no helper of a load; NULL: this kernel or this load does not permit it. */
LLVMValueRef bee__direct_load(struct reads *reads, const struct site *site);

/* Whether an address has its highest bit set, which tells the kernel's from a process's. */
LLVMValueRef bee__build_question(struct reads *reads, LLVMValueRef address);
/* A read of either's memory into a variable, which stands in fn's first block. */
LLVMValueRef bee__build_other_read(struct reads *reads, LLVMValueRef fn, LLVMTypeRef type,
				   LLVMValueRef base, LLVMValueRef offset);
/*
 * The function of a prefix for what it returns, which has a body unless it is new. It is inlined later,
 * and parts the blocks of its callers in two.
 */
LLVMValueRef bee__inline_function(struct reads *reads, const char *prefix, LLVMTypeRef fn_type,
				  bool *ret_is_new);

#endif
