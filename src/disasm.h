/* SPDX-License-Identifier: Apache-2.0 */
/* Disassembly: functions from an object or from the kernel, in one form. */
#ifndef BEE_DISASM_H
#define BEE_DISASM_H

#include "internal.h"

struct bpf_insn;
struct bpf_line_info;

/* Where an instruction comes from; it holds up to the next one. Strings are borrowed. */
struct bee__line {
	uint64_t offset; /* bytes from the function's start */
	const char *file, *source;
	unsigned int line, column;
};

struct bee__function {
	char *name;
	const char *code; /* borrowed */
	size_t size;
	uint64_t start; /* BPF: bytes from the section's start; JITed: the address */
	struct bee__line *lines;
	size_t lines_len;
};

struct bee__disasm {
	struct bee *bee;
	bee_insn_fn fn;
	void *ctx;
	bool is_native;
	struct bee__function *list;
	size_t len;
	/* The name of what an instruction refers to, into buf. false: of nothing that has one. */
	bool (*find_name)(struct bee__disasm *dis, const struct bee__function *fn, uint64_t offset,
			  const struct bpf_insn *insn, char *buf, size_t size);
	void *owner; /* find_name's own */
};

/* Another function, whose code is borrowed. NULL: no memory. */
struct bee__function *bee__disasm_add(struct bee__disasm *dis, const char *name, const char *code,
				      size_t size, uint64_t start);
int bee__disasm_line(struct bee__function *fn, const struct bee__line *line);
/* Have moonbee-cc make text of all functions, and hand it out. */
int bee__disasm_run(struct bee__disasm *dis);
void bee__disasm_free(struct bee__disasm *dis);

/* The name of a helper by its number, or "helper". */
const char *bee__helper_name(int number);

/* Symbols of the kernel: filled in one pass over /proc/kallsyms. */
struct bee__ksym {
	uint64_t address;
	char name[64]; /* "": there is none */
};
void bee__ksyms_find(struct bee__ksym *list, size_t len);
/* The address of a symbol; 0: the kernel does not tell. */
uint64_t bee__ksym_address(const char *name);

#endif
