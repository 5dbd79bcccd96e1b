// SPDX-License-Identifier: Apache-2.0
/*
 * What the kernel's verifier says to each program of an object. The maps are made once, with no
 * program; then each program is loaded by itself, from the same bytes, and dropped again:
 *
 *   base: maps ──► one: maps reused, program 1 ──► one: maps reused, program 2 ──► ...
 */
#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "internal.h"

/* ---- one program ------------------------------------------------------------------------- */

/* Nothing but the program at index is loaded; ~0: none at all. */
static void keep_one(struct bee_module *mod, size_t index)
{
	mod->is_trial = true;
	for (size_t i = 0; i < mod->programs_len; i++) {
		if (i == index)
			continue;
		mod->programs[i].is_left_out = true;
		bpf_program__set_autoload(mod->programs[i].bpf, false);
	}
}

static int reuse_maps(struct bee_module *mod, const struct bee_module *base)
{
	struct bpf_map *made;
	int err = 0;

	bpf_object__for_each_map(made, base->obj) {
		struct bpf_map *map = bpf_object__find_map_by_name(mod->obj, bpf_map__name(made));

		/* What the map of struct_ops is made of are the programs, of which the base has none. */
		if (!err && map && bpf_map__fd(made) >= 0 &&
		    bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			err = bpf_map__reuse_fd(map, bpf_map__fd(made));
	}
	return err;
}

static int open_one(const struct bee_module *base, const struct bee_load_opts *opts, size_t index,
		    struct bee_module **ret_mod)
{
	size_t size;
	void *elf;
	int err = bee__copy_bytes(base->elf, base->elf_size, &elf, &size);

	if (err)
		return err;
	err = bee__object_open(base->bee, elf, size, opts, ret_mod);
	if (!err)
		keep_one(*ret_mod, index);
	return err ?: reuse_maps(*ret_mod, base);
}

static void count_insns(const struct bee_program *prog, struct bee_verdict *verdict)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bee_program_fd(prog), &info, &size))
		return;
	verdict->insns = info.xlated_prog_len / sizeof(struct bpf_insn);
	verdict->verified_insns = info.verified_insns;
}

/* Has the verifier spoken? Else it was the kernel that does not take such a program at all. */
static bool has_log(const struct bee *bee)
{
	const struct bee_diag *diag = NULL;

	while ((diag = bee_diag_next(bee, diag)))
		if (diag->severity == BEE_ERROR && !bee_diag_next(bee, diag))
			return diag->log[0];
	return false;
}

static int verify_one(const struct bee_module *base, const struct bee_load_opts *opts, size_t index,
		      struct bee_verdict *verdict)
{
	const struct bee__hook *hook = base->programs[index].hook;
	struct bee_module *one = NULL;
	int err = open_one(base, opts, index, &one);

	if (err) {
		bee_module_close(one);
		return err;
	}
	verdict->err = bee__load(one);
	if (!verdict->err && one->programs[index].is_left_out)
		verdict->is_optional = true;
	else if (!verdict->err)
		count_insns(&one->programs[index], verdict);
	/* What cannot be attached here may well be verified: the reason is told all the same. */
	if (hook && !(verdict->err && has_log(base->bee)))
		err = bee__feature(hook->needs, &verdict->reason);
	if (verdict->is_optional)
		verdict->err = err;
	bee_module_close(one);
	return 0;
}

/* ---- all programs ------------------------------------------------------------------------ */

/* The word for a program's type, as in its section; borrowed, and not always NUL-terminated. */
static const char *type_of(const struct bee_program *prog, size_t *ret_len)
{
	const char *section = bee_program_section(prog);
	const char *type = prog->hook ? prog->hook->sec : section + (*section == '?');

	*ret_len = strcspn(type, "/");
	return type;
}

static char *put_text(char **at, const char *text, size_t len)
{
	char *put = memcpy(*at, text, len);

	put[len] = '\0';
	*at += len + 1;
	return put;
}

/* One block that holds the verdicts and their texts, so that the caller has one thing to free. */
static struct bee_verdict *new_verdicts(const struct bee_module *mod)
{
	size_t size = (mod->programs_len + 1) * sizeof(struct bee_verdict);
	struct bee_verdict *list;
	char *at;

	for (size_t i = 0; i < mod->programs_len; i++)
		size += strlen(bee_program_name(&mod->programs[i])) +
			2 * strlen(bee_program_section(&mod->programs[i])) + 64;
	list = calloc(1, size);
	if (!list)
		return NULL;
	at = (char *)(list + mod->programs_len + 1);
	for (size_t i = 0; i < mod->programs_len; i++) {
		const struct bee_program *prog = &mod->programs[i];
		const char *name = bee_program_name(prog), *section = bee_program_section(prog);
		size_t len;
		const char *type = type_of(prog, &len);

		list[i].program = put_text(&at, name, strlen(name));
		list[i].section = put_text(&at, section, strlen(section));
		list[i].type = put_text(&at, type, len);
		list[i].reason = "";
	}
	return list;
}

static int verify(struct bee *bee, void *elf, size_t size, const struct bee_load_opts *opts,
		  struct bee_verdict **ret_verdicts, size_t *ret_len)
{
	struct bee_module *base = NULL;
	struct bee_verdict *list = NULL;
	int err;

	bee__elf_drop_slots(elf, size);
	err = bee__object_open(bee, elf, size, opts, &base);
	if (!err)
		keep_one(base, ~0ul);
	err = err ?: bee__load(base);
	if (!err && !(list = new_verdicts(base)))
		err = -ENOMEM;
	for (size_t i = 0; !err && i < base->programs_len; i++)
		err = verify_one(base, opts, i, &list[i]);
	if (!err) {
		*ret_verdicts = list;
		*ret_len = base->programs_len;
	} else {
		free(list);
	}
	bee_module_close(base);
	return err;
}

int bee_verify(struct bee *bee, const void *elf, size_t size, const struct bee_load_opts *opts,
	       struct bee_verdict **ret_verdicts, size_t *ret_len)
{
	struct bee_load_opts asked;
	void *copy;
	int err = bee__copy_object(bee, elf, size, opts, &asked, &copy);

	return err ?: verify(bee, copy, size, &asked, ret_verdicts, ret_len);
}
