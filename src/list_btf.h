/* SPDX-License-Identifier: Apache-2.0 */
/* Names that the kernel's BTF has for what programs attach to. */
#ifndef BEE_LIST_BTF_H
#define BEE_LIST_BTF_H

#include "list.h"

typedef int (*bee__btf_fn)(struct bee__list *list, const struct bee__rawbtf *btf,
			   const char *module, void *ctx);

/* Call fn for the BTF of vmlinux, then for that of each module. Errors are recorded. */
int bee__list_each_btf(struct bee__list *list, bee__btf_fn fn, void *ctx);

/* How BTF tells of a hook's targets: "typedef ... btf_trace_sched_switch". */
struct bee__btf_names {
	uint32_t kind;      /* BTF_KIND_FUNC, ... of which the targets are */
	const char *prefix; /* what stands before the target's name */
	const char
		*protos;  /* a function with this prefix has the arguments; NULL: the type itself */
	uint32_t skipped; /* arguments that come first, and not to the program */
	/* Whether one is a target. NULL: all are. */
	bool (*is_target)(const void *ctx, const struct bee__rawbtf *btf, const char *module,
			  const char *name);
	const void *ctx;
};

/* Give all targets that BTF has. */
int bee__list_names(struct bee__list *list, const struct bee__btf_names *names);

#endif
