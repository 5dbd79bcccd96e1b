// SPDX-License-Identifier: Apache-2.0
/*
 * What lets the compiler read kernel memory without a helper, where it is:
 *
 *   bpf_rdonly_cast()             makes a pointer of a number. Kernels since 6.17 take 0 in place of a
 *                                 type; those since 6.2 want a struct, and a load that stays within
 *                                 its first member
 *   bpf_get_current_task_btf()    gives the task as a pointer with a type, and pointers with a type
 *                                 are loaded through it: since 5.11
 */
#include "facts.h"
#include "internal.h"

/* Begins with a number of 64 bits on every kernel. */
#define CARRIER "timespec64"

/* Of the source: no such reads at all, and those of kernels that have but the second. */
#define OPT_OUT "MOONBEE_PROBE_READS"
#define NO_CAST "MOONBEE_NO_CAST"

/* The id of vmlinux's own type of a kind and a name; 0: there is none. */
static uint32_t find_type(const struct bee__rawbtf *btf, uint32_t kind, const char *name)
{
	char whole[64];
	size_t len = snprintf(whole, sizeof(whole), "%c%s", '\0', name) + 1;
	const char *at = memmem(btf->names, btf->names_size, whole, len);

	for (uint32_t id = 1; at && id < btf->base_len; id++) {
		const struct btf_type *type = bee__btf_type(btf, id);

		if (type->name_off == at + 1 - btf->names && bee__btf_kind(type) == kind)
			return id;
	}
	return 0;
}

int bee__cast_find(const struct bee__rawbtf *btf, struct bee__cast *ret_cast)
{
	struct bee__cast cast = { .function = find_type(btf, BTF_KIND_FUNC, "bpf_rdonly_cast") };
	int err;

	if (!cast.function)
		return -EOPNOTSUPP;
	err = bee__probe_cast(&cast);
	if (err) {
		cast.type = find_type(btf, BTF_KIND_STRUCT, CARRIER);
		err = cast.type ? bee__probe_cast(&cast) : err;
	}
	if (!err)
		*ret_cast = cast;
	return err;
}

/*
 * Does BTF mark pointers that are no addresses of the kernel's? The verifier refuses loads through
 * them, and the compiler is not told which they are.
 */
static bool has_marks(const struct bee__rawbtf *btf)
{
	for (uint32_t id = 1; id < btf->base_len; id++) {
		const struct btf_type *type = bee__btf_type(btf, id);
		const char *name;

		if (bee__btf_kind(type) != BEE_BTF_TYPE_TAG)
			continue;
		name = bee__btf_name(btf, type->name_off);
		if (!strcmp(name, "user") || !strcmp(name, "percpu"))
			return true;
	}
	return false;
}

void bee__cast_print(const struct bee *bee, const struct bee__words *words,
		     const struct bee__rawbtf *btf, struct bee__text *out)
{
	struct bee__cast cast;
	const char *reason;

	/* Ids are those of the running kernel, and so is the answer. */
	if (strcmp(bee->btf_path, BEE_BTF_PATH) || bee__words_flags(words, OPT_OUT))
		return;
	if (!bee__words_flags(words, NO_CAST) && !bee__cast_find(btf, &cast))
		bee__text_printf(out,
				 "#define __bee_cast_function %u\n#define __bee_cast_type %u\n",
				 cast.function, cast.type);
	else if (!bee__feature(BEE_FEATURE_TASK_TYPED, &reason) && !has_marks(btf))
		bee__text_printf(out, "#define __bee_task_typed 1\n");
}
