// SPDX-License-Identifier: Apache-2.0
/* What the kernel's BTF has for programs to attach to, module by module. */
#include "list_btf.h"

/* ---- one BTF after the other --------------------------------------------------------------- */

struct each {
	struct bee__list *list;
	const struct bee__rawbtf *vmlinux;
	bee__btf_fn fn;
	void *ctx;
};

static int each_module(void *ctx, const char *module, const char *file)
{
	const struct each *each = ctx;
	struct bee__rawbtf part;
	char *data;
	size_t size;
	int err;

	/* It may have been unloaded meanwhile. */
	if (bee__read_file(file, &data, &size) ||
	    bee__rawbtf_split(each->vmlinux, data, size, &part))
		return 0;
	err = each->fn(each->list, &part, module, each->ctx);
	bee__rawbtf_close(&part);
	return err;
}

int bee__list_each_btf(struct bee__list *list, bee__btf_fn fn, void *ctx)
{
	const char *path = list->at.bee->btf_path;
	struct bee__rawbtf vmlinux;
	struct each each = { list, &vmlinux, fn, ctx };
	int err;

	err = bee__rawbtf_open(list->at.bee, path, &vmlinux);
	if (err)
		return err;
	err = fn(list, &vmlinux, "", ctx);
	err = err ?: bee__modules_each(path, each_module, &each);
	bee__rawbtf_close(&vmlinux);
	return err;
}

/* ---- names --------------------------------------------------------------------------------- */

static int collect(struct bee__list *list, const struct bee__rawbtf *btf, const char *module,
		   const struct bee__btf_names *names, struct bee__candidates *found)
{
	size_t prefix_len = strlen(names->prefix);
	int err = 0;

	for (uint32_t n = 1; n < btf->len && !err; n++) {
		uint32_t id = bee__btf_own_id(btf, n);
		const struct btf_type *type = bee__btf_type(btf, id);
		const char *name;

		if (bee__btf_kind(type) != names->kind)
			continue;
		name = bee__btf_name(btf, type->name_off);
		if (strncmp(name, names->prefix, prefix_len))
			continue;
		name += prefix_len;
		if (names->is_target && !names->is_target(names->ctx, btf, module, name))
			continue;
		if (bee__list_wants(list, name))
			err = bee__candidates_add(found, name, module, id);
	}
	bee__candidates_sort(found);
	return err;
}

/* Let functions, which BTF knows by the names of their parameters too, tell the arguments. */
static void find_protos(const struct bee__rawbtf *btf, const char *module, const char *prefix,
			const struct bee__candidates *found)
{
	size_t prefix_len = strlen(prefix);

	for (uint32_t n = 1; n < btf->len; n++) {
		uint32_t id = bee__btf_own_id(btf, n);
		const struct btf_type *type = bee__btf_type(btf, id);
		struct bee__candidate *one = NULL;
		const char *name;

		if (bee__btf_kind(type) != BTF_KIND_FUNC)
			continue;
		name = bee__btf_name(btf, type->name_off);
		if (!strncmp(name, prefix, prefix_len))
			one = bee__candidates_find(found, module, name + prefix_len);
		if (one)
			one->id = id;
	}
}

static int give(struct bee__list *list, const struct bee__rawbtf *btf,
		const struct bee__btf_names *names, const struct bee__candidates *found)
{
	int err = 0;

	for (size_t i = 0; i < found->len && !err; i++) {
		const struct bee__candidate *one = &found->list[i];

		/* Static functions of several files may share a name. */
		if (i && !strcmp(one->name, one[-1].name))
			continue;
		bee__list_begin(list);
		if (list->wants_args)
			bee__list_proto(list, btf, one->id, names->skipped);
		if (names->protos) /* these functions give back what concerns nobody */
			list->returns = 0;
		err = bee__list_give(list, one->name, one->module);
	}
	return err;
}

static int list_one(struct bee__list *list, const struct bee__rawbtf *btf, const char *module,
		    void *ctx)
{
	const struct bee__btf_names *names = ctx;
	struct bee__candidates found = { 0 };
	int err = collect(list, btf, module, names, &found);

	if (!err && names->protos && list->wants_args)
		find_protos(btf, module, names->protos, &found);
	err = err ?: give(list, btf, names, &found);
	free(found.list);
	return err;
}

int bee__list_names(struct bee__list *list, const struct bee__btf_names *names)
{
	return bee__list_each_btf(list, list_one, (void *)names);
}
