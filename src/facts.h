/* SPDX-License-Identifier: Apache-2.0 */
/* Constants that are neither in BTF nor the same everywhere: asked of the running kernel. */
#ifndef BEE_FACTS_H
#define BEE_FACTS_H

#include "rawbtf.h"
#include "words.h"

struct bee;
struct bee__text;

/* Append a #define for each fact that the words name and the user does not define. */
void bee__facts_print(const struct bee__words *words, const struct bee__rawbtf *btf,
		      bool is_portable, struct bee__text *out);

/* Is there a fact of this name? */
bool bee__facts_have(const char *name);
/* The fact of this name, as text. -ENOENT: there is none, or the kernel does not tell. */
int bee__fact(const char *name, const struct bee__rawbtf *btf, char *buf, size_t size);
/* The option of the kernel's configuration; "n": it is not set. -ENOENT: no configuration is here. */
int bee__fact_option(const char *name, char *buf, size_t size);
/* The machine that programs are compiled for: "x86_64". */
const char *bee__fact_machine(void);

/* The kernel's function that makes a pointer of a number, and the struct that it wants: BTF ids. */
struct bee__cast {
	uint32_t function;
	uint32_t type; /* 0: it wants none */
};

/* The running kernel's, whose BTF this is. -EOPNOTSUPP: it has none; or why it refuses a use of it. */
int bee__cast_find(const struct bee__rawbtf *btf, struct bee__cast *ret_cast);
/* Ask the kernel, in probes.c: does it take a load of 64 bits through such a pointer? */
int bee__probe_cast(const struct bee__cast *cast);

/*
 * Append what the compiler needs to read kernel memory without a helper, where this kernel permits
 * it and the source says neither MOONBEE_PROBE_READS nor MOONBEE_NO_CAST.
 */
void bee__cast_print(const struct bee *bee, const struct bee__words *words,
		     const struct bee__rawbtf *btf, struct bee__text *out);

#endif
