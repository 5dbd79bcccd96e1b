/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of programs and libraries, by their ELF symbols. */
#ifndef BEE_SYMBOLS_H
#define BEE_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

struct bee__symbol {
	const char *name;
	uint64_t address; /* as the file was linked */
	uint64_t offset;  /* in the file: where a probe stands */
	bool is_local;    /* other files may have functions of the name */
	bool is_old; /* a version for programs that were linked long ago: pthread_create@GLIBC_2.2.5 */
	bool is_ifunc; /* it chooses a function when the program starts, and is none itself */
};

/* What a file is, where it has no symbols for us. */
enum bee__binary_kind {
	BEE_BINARY_ELF, /* one of this machine */
	BEE_BINARY_SCRIPT,
	BEE_BINARY_OTHER, /* no ELF */
	BEE_BINARY_32,    /* ELF of 32 bits */
	BEE_BINARY_FOREIGN,
};

struct bee__binary_info {
	enum bee__binary_kind kind;
	bool has_symtab; /* its own or of a file with debug symbols; else it exports some at most */
};

/* Return non-zero to stop: bee__symbols_each() gives it to its caller. */
typedef int (*bee__symbol_fn)(void *ctx, const struct bee__symbol *symbol);
/*
 * Call fn for each function of a file: those of its symbol tables, and of a separate file with debug
 * symbols. One may come several times. -ENOEXEC: ret_info tells what the file is instead.
 */
int bee__symbols_each(const char *path, struct bee__binary_info *ret_info, bee__symbol_fn fn,
		      void *ctx);
/*
 * Where an address lies in the file. -ERANGE: in no code of it; -ENOEXEC as above.
 */
int bee__symbols_offset(const char *path, uint64_t address, struct bee__binary_info *ret_info,
			uint64_t *ret_offset);

#endif
