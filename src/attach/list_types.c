// SPDX-License-Identifier: Apache-2.0
/* Targets that the kernel's BTF tells: functions, tracepoints, decisions, objects. */
#include "../list_btf.h"
#include "list_functions.h"

/* ---- functions ----------------------------------------------------------------------------- */

/* What the kernel lets be traced and modified, as far as it tells. */
struct allowed {
	struct bee__candidates traced, modified;
	char *traced_text, *modified_text;
	bool has_traced; /* it lists them, and this user may read that */
};

/* Trampolines stand where ftrace can. */
static bool is_traceable(const void *ctx, const struct bee__rawbtf *btf, const char *module,
			 const char *name)
{
	const struct allowed *allowed = ctx;

	return !allowed->has_traced || bee__candidates_find(&allowed->traced, module, name);
}

/* The result is the program's to give where errors may be injected, or security is asked. */
static bool is_modifiable(const void *ctx, const struct bee__rawbtf *btf, const char *module,
			  const char *name)
{
	const struct allowed *allowed = ctx;

	return (!strncmp(name, "security_", 9) ||
		bee__candidates_find(&allowed->modified, "", name)) &&
	       is_traceable(ctx, btf, module, name);
}

static void read_allowed(struct bee__list *list, bool with_modified, struct allowed *allowed)
{
	allowed->has_traced =
		!bee__ftrace_functions(list->at.bee, &allowed->traced_text, &allowed->traced);
	bee__candidates_sort(&allowed->traced);
	if (with_modified)
		bee__debugfs_functions("error_injection/list", &allowed->modified_text,
				       &allowed->modified);
	/* Without these lists BTF's functions are all that is known. */
	bee__diags_clear(list->at.bee);
}

static int list_functions(struct bee__list *list, bool is_modified)
{
	struct allowed allowed = { 0 };
	struct bee__btf_names names = {
		.kind = BTF_KIND_FUNC,
		.prefix = "",
		.is_target = is_modified ? is_modifiable : is_traceable,
		.ctx = &allowed,
	};
	int err;

	read_allowed(list, is_modified, &allowed);
	err = bee__list_names(list, &names);
	free(allowed.traced.list);
	free(allowed.modified.list);
	free(allowed.traced_text);
	free(allowed.modified_text);
	return err;
}

int bee__list_traceable(struct bee__list *list)
{
	return list_functions(list, false);
}

int bee__list_modifiable(struct bee__list *list)
{
	return list_functions(list, true);
}

/* ---- what has a type of its own ------------------------------------------------------------ */

static const struct btf_type *find_type(const struct bee__rawbtf *btf, uint32_t kind,
					const char *name)
{
	for (uint32_t n = 1; n < btf->len; n++) {
		const struct btf_type *type = bee__btf_type(btf, bee__btf_own_id(btf, n));

		if (bee__btf_kind(type) == kind &&
		    !strcmp(bee__btf_name(btf, type->name_off), name))
			return type;
	}
	return NULL;
}

/* The hooks are the members of a union of pointers to functions. */
struct hooks {
	const struct bee__rawbtf *btf;
	const struct btf_type *options;
};

static bool is_lsm(const void *ctx, const struct bee__rawbtf *btf, const char *module,
		   const char *name)
{
	struct hooks *hooks = (struct hooks *)ctx;

	if (hooks->btf != btf)
		hooks->options = find_type(btf, BTF_KIND_UNION, "security_list_options");
	hooks->btf = btf;
	for (uint32_t i = 0; hooks->options && i < bee__btf_vlen(hooks->options); i++) {
		const struct btf_member *member = &bee__btf_members(hooks->options)[i];

		if (!strcmp(bee__btf_name(btf, member->name_off), name))
			return true;
	}
	return false;
}

int bee__list_lsm(struct bee__list *list)
{
	struct hooks hooks = { 0 };

	return bee__list_names(list, &(struct bee__btf_names){
					     .kind = BTF_KIND_FUNC,
					     .prefix = "bpf_lsm_",
					     .is_target = is_lsm,
					     .ctx = &hooks,
				     });
}

/* Programs read what the struct holds; functions of that prefix are also there for open iterators. */
static bool is_iter(const void *ctx, const struct bee__rawbtf *btf, const char *module,
		    const char *name)
{
	char record[256];

	snprintf(record, sizeof(record), "bpf_iter__%s", name);
	return find_type(btf, BTF_KIND_STRUCT, record);
}

int bee__list_iters(struct bee__list *list)
{
	return bee__list_names(list, &(struct bee__btf_names){
					     .kind = BTF_KIND_FUNC,
					     .prefix = "bpf_iter_",
					     .is_target = is_iter,
				     });
}

int bee__list_raw_tracepoints(struct bee__list *list)
{
	/* The first argument is the kernel's own business. */
	return bee__list_names(list, &(struct bee__btf_names){
					     .kind = BTF_KIND_TYPEDEF,
					     .prefix = "btf_trace_",
					     .protos = "__traceiter_",
					     .skipped = 1,
				     });
}
