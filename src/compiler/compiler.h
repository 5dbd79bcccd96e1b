/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the stages of moonbee-cc share.
 *
 *   request ──► parse ──► names ──► reads ──► optimise ──► emit ──► answer
 *   main.c      parse.cc  names.c   reads.c   emit.c       emit.c   main.c
 *
 * The process makes one answer and ends, so that nothing is freed that lives until then.
 */
#ifndef BEE_COMPILER_H
#define BEE_COMPILER_H

#include <stdbool.h>
#include <stddef.h>

#include <llvm-c/TargetMachine.h>
#include <llvm-c/Types.h>

#include "moonbee.h"
#include "wire.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bee__hook;

#define BEE_STRINGS              "__bee_string_" /* how the names of strings.h begin */
/* What pointers.cc marks a pointer with, and how both names begin. */
#define BEE_MARKS                "__bee_pointer_"
#define BEE_MARK_USER            "__bee_pointer_user"
#define BEE_MARK_PLAIN           "__bee_pointer_plain"
#define BEE_MARK_WIDER           "__bee_pointer_wider"
#define BEE_CC_SECTION_SIZE      512 /* bytes that any section's name has room in */
#define BEE_CC_LEN(array)        (sizeof(array) / sizeof((array)[0]))
#define BEE_CC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Where in the user's files. line 0: unknown. */
struct bee__cc_place {
	const char *file;
	unsigned int line;
	unsigned int column;
};

struct bee__cc_file {
	const char *path;
	const char *text; /* ends in a NUL behind size bytes */
	size_t size;
};

/* A function's code, to be disassembled. */
struct bee__cc_code {
	const char *machine; /* "bpf" or "native"; of all the same */
	const char *bytes;
	size_t size;
};

struct bee__cc_wish {
	const char *program;
	const char *target;
};

/* A function with a body: what its declaration says, and what names.c makes of it. */
struct bee__cc_function {
	struct bee__cc_function *next;
	struct bee__cc_place place;
	const char *name;
	const char *context;  /* the struct that the first parameter points to; "": it does not */
	bool has_kernel_type; /* that struct comes from the prelude, not from the user */
	bool is_static;
	const struct bee__hook *hook; /* NULL: none, or one that only libbpf knows */
	bool is_named; /* became a program by name, wish or context, not by its SEC */
};

/* One compile. */
struct bee__cc {
	const char *cpu;
	const char *input; /* "c", "ir" or "asm" */
	const char *show;  /* the stage whose work is the answer */
	bool is_portable;  /* kernel structs are relocated at load */
	const char *prelude;
	struct bee__cc_file *files;
	size_t files_len;
	struct bee__cc_code *codes; /* no compile then */
	size_t codes_len;
	struct bee__cc_wish *wishes;
	size_t wishes_len;
	const char **defines;
	size_t defines_len;
	const char **folders;
	size_t folders_len;

	LLVMContextRef context;
	LLVMTargetMachineRef machine;
	LLVMModuleRef module;
	struct bee__cc_function *functions;
	bool has_dialect;    /* the source is of BCC's: it uses tables with methods */
	const void *sources; /* clang's source manager, which knows the places of inline asm */
	const char *license; /* what BPF_LICENSE is defined as; NULL: it is not */
	char **assumes;      /* what a portable object assumes of the kernel, a line each */
	size_t assumes_len;
	uint32_t cast_function; /* BTF id of the kernel's bpf_rdonly_cast(); 0: it has none */
	uint32_t cast_type;     /* BTF id of the struct that it wants; 0: it wants none */
	const char *
		typed_file; /* where the current task is typed: what declares its struct; or NULL */

	struct bee__wire answer;
	unsigned int errors;
	char *last_words; /* of the last diagnostic: the backend repeats itself */
	struct bee__cc_place last_place;
};

/* ---- main.c ------------------------------------------------------------------------------ */

/* Put a diagnostic into the answer. An error means that no object will follow. */
void bee__cc_diag(struct bee__cc *cc, enum bee_severity severity, const struct bee__cc_place *place,
		  const char *text, const char *hint);
/* The same for an error, formatted. */
void bee__cc_error(struct bee__cc *cc, const struct bee__cc_place *place, const char *hint,
		   const char *fmt, ...) BEE_CC_PRINTF(4, 5);
/* Put the object, or the text that was asked for, into the answer. */
void bee__cc_answer(struct bee__cc *cc, const char *data, size_t size);
/* Send the answer as it is, and end the process. */
void bee__cc_finish(struct bee__cc *cc) __attribute__((noreturn));
/* Memory that is zeroed and lives as long as the process; there is no answer without it. */
void *bee__cc_alloc(size_t size);
/* A larger array, with its new elements zeroed. */
void *bee__cc_grow(void *array, size_t len, size_t size);

/* ---- sandbox.c --------------------------------------------------------------------------- */

/* Bound what this process may use. */
void bee__cc_limit(void);
/* Give up every right that the compile does not need: user, files, network, other processes. */
void bee__cc_lock_in(void);

/* ---- parse.cc ---------------------------------------------------------------------------- */

/* C to IR: sets module, functions and license. Errors become diagnostics, and module NULL. */
void bee__cc_parse(struct bee__cc *cc);
/* Put the preprocessed C into the answer. */
void bee__cc_preprocess(struct bee__cc *cc);

/* ---- backend.cc -------------------------------------------------------------------------- */

/* A diagnostic of LLVM's: its place, which may be unknown, and its words, for the caller to free. */
char *bee__cc_backend_words(struct bee__cc *cc, LLVMDiagnosticInfoRef info,
			    struct bee__cc_place *place);

/* ---- input.c ----------------------------------------------------------------------------- */

/* Make the module, of C, IR or assembly. Errors become diagnostics. */
void bee__cc_take_input(struct bee__cc *cc);

/* ---- ir.c -------------------------------------------------------------------------------- */

/* A value's name, "" when it has none; borrowed until the value is renamed. */
const char *bee__cc_name(LLVMValueRef value);
bool bee__cc_starts(const char *text, const char *start);
/* Whether a function or variable is the prelude's own: its name begins with __bee_. */
bool bee__cc_is_ours(LLVMValueRef value);
/* Whether an instruction calls the function of that name. */
bool bee__cc_is_call_of(LLVMValueRef insn, const char *name);
/* Whether a value is a pointer that is handed on with a mark. */
bool bee__cc_is_mark(LLVMValueRef value);
/* Put the pointers themselves in the place of all that are marked. */
void bee__cc_drop_marks(struct bee__cc *cc);
/* The instruction behind insn in fn; NULL gives the first, and is what follows the last. */
LLVMValueRef bee__cc_next_insn(LLVMValueRef fn, LLVMValueRef insn);
/* Where an instruction comes from. */
struct bee__cc_place bee__cc_place_of(LLVMValueRef insn);

/* ---- names.c ----------------------------------------------------------------------------- */

/* Make programs of functions: sections, and parameters behind the context. */
void bee__cc_names(struct bee__cc *cc);
/* What is known of an IR function, or NULL. */
struct bee__cc_function *bee__cc_function_of(struct bee__cc *cc, LLVMValueRef fn);

/* ---- dialect.c --------------------------------------------------------------------------- */

/* Whether the module uses the prelude's dialect: tables with methods. */
bool bee__cc_has_dialect(LLVMModuleRef module);
/* Let inline just the prelude's own functions, or also the user's static ones. */
void bee__cc_inline_ours(struct bee__cc *cc);
void bee__cc_inline_all(struct bee__cc *cc);
/* Once the methods are inlined: lookup_or_init() returns from the function that called it. */
void bee__cc_lower_returns(struct bee__cc *cc);
/* Once all is inlined: the current context; a table given to a helper is its map. */
void bee__cc_lower_tables(struct bee__cc *cc);

/* ---- packets.c --------------------------------------------------------------------------- */

/* Let the calls that stand for fields of packets read and write them. false: there are none. */
bool bee__cc_packets(struct bee__cc *cc);

/* ---- portable.c, assume.cc --------------------------------------------------------------- */

/* Note that the object will be right only where this line holds. */
void bee__cc_assume(struct bee__cc *cc, const char *fmt, ...) BEE_CC_PRINTF(2, 3);
/* Put what is assumed into a section of the module. */
void bee__cc_add_assumes(struct bee__cc *cc);
/* Relocate the bits that are read of bitfields, too, not only the bytes that they lie in. */
void bee__cc_lower_bitfields(struct bee__cc *cc);

/* ---- reads.c ----------------------------------------------------------------------------- */

/* Make probe reads of the loads through kernel pointers. Returns how many there are. */
size_t bee__cc_reads(struct bee__cc *cc);

/* ---- strings.c --------------------------------------------------------------------------- */

/* After the optimiser: what is left of copies with a size that only the program knows. */
void bee__cc_finish_copies(struct bee__cc *cc);

/* ---- ranges.cc --------------------------------------------------------------------------- */

/* The most that a number can be where at stands, unsigned, by all that is compared on the way there. */
uint64_t bee__cc_most(LLVMValueRef number, LLVMValueRef at);

/* ---- bounds.c ---------------------------------------------------------------------------- */

/* Before the optimiser: halves of numbers, whose bounds are compared, stay halves, also for helpers. */
void bee__cc_keep_halves(struct bee__cc *cc);
/* After it: where 1 is taken from a number that is not 0, the verifier shall see the least it can be. */
void bee__cc_keep_least(struct bee__cc *cc);
/* After it, in any dialect: members of contexts are read and written each by itself. */
void bee__cc_keep_widths(struct bee__cc *cc);

/* ---- formats.c --------------------------------------------------------------------------- */

/* Warn of formatted text that the kernel will not print: it only returns an error. */
void bee__cc_check_formats(struct bee__cc *cc);

/* ---- sleep.c ----------------------------------------------------------------------------- */

/* Let programs sleep that call helpers which may wait. */
void bee__cc_let_sleep(struct bee__cc *cc);

/* ---- disasm.c ---------------------------------------------------------------------------- */

/* Put the text of all codes into the answer, a line for each instruction: "8 r0 = r1". */
void bee__cc_disassemble(struct bee__cc *cc);

/* ---- direct.c ---------------------------------------------------------------------------- */

/* Put the kernel's function for casts in the place of what stands for it, in an object's bytes. */
void bee__cc_finish_casts(void *elf);
/* Keep in the module which function that is, for who compiles the module's text; and find it there. */
void bee__cc_keep_cast(struct bee__cc *cc);
void bee__cc_find_cast(struct bee__cc *cc);

/* ---- typed.c ----------------------------------------------------------------------------- */

/* The same for the file whose structs are the kernel's own, as the verifier sees them. */
void bee__cc_keep_typed(struct bee__cc *cc);
void bee__cc_find_typed(struct bee__cc *cc);

/* ---- emit.c ------------------------------------------------------------------------------ */

/* Prepare LLVM for BPF. */
void bee__cc_open_target(struct bee__cc *cc);
void bee__cc_run_passes(struct bee__cc *cc, const char *passes);
/* Lower what C cannot say: the dialect, and the reads of kernel memory. */
void bee__cc_lower(struct bee__cc *cc);
void bee__cc_optimise(struct bee__cc *cc);
/* Put the ELF bytes, the assembly or the IR into the answer. */
void bee__cc_emit(struct bee__cc *cc);
void bee__cc_show_asm(struct bee__cc *cc);
void bee__cc_show_ir(struct bee__cc *cc);

#ifdef __cplusplus
}
#endif

#endif
