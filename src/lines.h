/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the source by an object's instructions. */
#ifndef BEE_LINES_H
#define BEE_LINES_H

#include "internal.h"

struct bpf_line_info;
struct btf;

/* A nonzero return ends the walk, which gives it to its caller. section: the code's; offsets are in bytes. */
typedef int (*bee__line_fn)(void *ctx, const char *section, const struct bpf_line_info *info);

/* Call fn for each record of .BTF.ext, which lie by section, and there by offset. 0 where there are none. */
int bee__lines_each(const struct btf *btf, const char *ext, size_t size, bee__line_fn fn,
		    void *ctx);

/* What the kernel says of a place: the text of a line without its indent, and the number of an instruction. */
struct bee__told {
	const char *text;
	size_t len;        /* 0: it does not say */
	unsigned int line; /* 0: it does not say */
	long insn;         /* in the program as the kernel has it; negative: it does not say */
};

struct bee__place {
	const char *file; /* NULL: it is not known */
	unsigned int line, column;
	const char *source;
};

/* Where in the source that is. Strings are of the module's BTF. */
struct bee__place bee__find_place(const struct bee_module *mod, const char *program,
				  const struct bee__told *told);
/* Where in the source the code of a section begins. */
struct bee__place bee__find_section(const struct bee_module *mod, const char *section);

#endif
