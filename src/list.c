// SPDX-License-Identifier: Apache-2.0
/* From a pattern to all that it names, by the hooks' own list functions. */
#include <fnmatch.h>

#include "cprint.h"
#include "list.h"

/* ---- names ------------------------------------------------------------------------------- */

bool bee__list_wants(struct bee__list *list, const char *name)
{
	const char *tail = list->is_plain ? bee__tail(name) : name;

	if (list->is_near) {
		bee__near_add(&list->near, tail);
		return false;
	}
	return !fnmatch(list->pattern, name, 0) || !fnmatch(list->pattern, tail, 0);
}

static int by_name(const void *a, const void *b)
{
	const struct bee__candidate *one = a, *two = b;
	int order = strcmp(one->module, two->module);

	return order ? order : strcmp(one->name, two->name);
}

int bee__candidates_add(struct bee__candidates *found, const char *name, const char *module,
			uint32_t id)
{
	if (found->len == found->room) {
		size_t room = found->room ? found->room * 2 : 256;
		struct bee__candidate *list = realloc(found->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		found->list = list;
		found->room = room;
	}
	found->list[found->len++] = (struct bee__candidate){ name, module, id, false };
	return 0;
}

void bee__candidates_sort(struct bee__candidates *found)
{
	if (found->len)
		qsort(found->list, found->len, sizeof(*found->list), by_name);
}

struct bee__candidate *bee__candidates_find(const struct bee__candidates *found, const char *module,
					    const char *name)
{
	const struct bee__candidate key = { .name = name, .module = module };

	return found->len ? bsearch(&key, found->list, found->len, sizeof(key), by_name) : NULL;
}

/* ---- arguments --------------------------------------------------------------------------- */

void bee__list_begin(struct bee__list *list)
{
	list->args_len = list->words.len = list->returns = 0;
}

static size_t keep(struct bee__list *list, const char *text)
{
	size_t at;

	if (!list->words.len)
		bee__text_add(&list->words, "", 1); /* so that no place is 0 */
	at = list->words.len;
	bee__text_add(&list->words, text, strlen(text) + 1);
	return at;
}

static bool grow_args(struct bee__list *list)
{
	size_t room = list->args_room ? list->args_room * 2 : 16;
	struct bee__arg_place *places = realloc(list->places, room * sizeof(*places));
	struct bee_arg *args;

	if (!places)
		return false;
	list->places = places;
	args = realloc(list->args, room * sizeof(*args));
	if (!args)
		return false;
	list->args = args;
	list->args_room = room;
	return true;
}

void bee__list_arg(struct bee__list *list, const char *name, const char *type, const char *text)
{
	if (list->args_len == list->args_room && !grow_args(list)) {
		list->words.failed = true;
		return;
	}
	list->places[list->args_len++] = (struct bee__arg_place){
		.name = keep(list, name),
		.type = keep(list, type),
		.text = keep(list, text),
	};
}

void bee__list_returns(struct bee__list *list, const char *type)
{
	list->returns = keep(list, type);
}

void bee__list_field(void *ctx, const char *type, const char *name, const char *array)
{
	struct bee__list *list = ctx;
	const char *space = *type && type[strlen(type) - 1] == '*' ? "" : " ";
	struct bee__text whole = { 0 }, text = { 0 };

	bee__text_printf(&whole, "%s%s", type, array);
	bee__text_printf(&text, "%s%s%s%s", type, space, name, array);
	if (whole.failed || text.failed)
		list->words.failed = true;
	else
		bee__list_arg(list, name, whole.data, text.data);
	bee__text_free(&whole);
	bee__text_free(&text);
}

/* The function's type behind a function, or a pointer to one, under whatever names; else void. */
static const struct btf_type *find_proto(const struct bee__rawbtf *btf, uint32_t id)
{
	const struct btf_type *type = bee__btf_type(btf, id);

	for (int depth = 0; depth < 8; depth++) {
		uint32_t kind = bee__btf_kind(type);

		if (kind == BTF_KIND_FUNC_PROTO)
			return type;
		if (kind != BTF_KIND_FUNC && kind != BTF_KIND_PTR && kind != BTF_KIND_TYPEDEF)
			break;
		type = bee__btf_type(btf, type->type);
	}
	return bee__btf_type(btf, 0);
}

static void add_param(struct bee__list *list, const struct bee__rawbtf *btf,
		      const struct btf_param *param, uint32_t index)
{
	struct bee__text type = { 0 }, text = { 0 };
	const char *name = bee__btf_name(btf, param->name_off);
	char number[16];

	if (!param->type) {
		bee__list_arg(list, "...", "...", "...");
		return;
	}
	snprintf(number, sizeof(number), "arg%u", index);
	name = *name ? name : number;
	bee__declare(btf, param->type, "", &type);
	bee__declare(btf, param->type, name, &text);
	if (type.failed || text.failed)
		list->words.failed = true;
	else
		bee__list_arg(list, name, type.data, text.data);
	bee__text_free(&type);
	bee__text_free(&text);
}

void bee__list_proto(struct bee__list *list, const struct bee__rawbtf *btf, uint32_t id,
		     uint32_t first)
{
	const struct btf_type *proto = find_proto(btf, id);
	struct bee__text returns = { 0 };

	if (bee__btf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return;
	for (uint32_t i = first; i < bee__btf_vlen(proto); i++)
		add_param(list, btf, &bee__btf_params(proto)[i], i - first);
	bee__declare(btf, proto->type, "", &returns);
	if (returns.failed)
		list->words.failed = true;
	else
		bee__list_returns(list, returns.data);
	bee__text_free(&returns);
}

int bee__list_give(struct bee__list *list, const char *name, const char *module)
{
	struct bee_probe probe = { .module = module, .args = list->args, .returns = "" };
	int err;

	list->target.len = 0;
	bee__text_printf(&list->target, "%s:%s%s", list->at.hook->name,
			 list->prefix ? list->prefix : "", name);
	if (list->target.failed || list->words.failed)
		return -ENOMEM;
	for (size_t i = 0; i < list->args_len; i++)
		list->args[i] = (struct bee_arg){
			.name = list->words.data + list->places[i].name,
			.type = list->words.data + list->places[i].type,
			.text = list->words.data + list->places[i].text,
		};
	probe.target = list->target.data;
	probe.args_len = list->args_len;
	if (list->returns)
		probe.returns = list->words.data + list->returns;
	list->found++;
	err = list->fn(list->ctx, &probe);
	list->is_ended = err < 0;
	return err < 0 ? err : 0;
}

/* ---- one hook ---------------------------------------------------------------------------- */

static int run(struct bee__list *list, const struct bee__hook *hook, const char *rest)
{
	list->at.hook = hook;
	list->at.rest = list->pattern = *rest ? rest : "*";
	free(list->prefix);
	list->prefix = NULL;
	return hook->list(list);
}

static void end(struct bee__list *list)
{
	bee__text_free(&list->target);
	bee__text_free(&list->words);
	free(list->prefix);
	free(list->places);
	free(list->args);
}

/* Once more, for the names that come near to a pattern that none matches: told with the error. */
static int fail_none(struct bee__list *list, const struct bee__hook *hook, const char *rest)
{
	struct bee__text before = { 0 };

	list->is_near = true;
	bee__near_begin(&list->near, list->pattern);
	list->near.by_tail = !strchr(list->pattern, ':');
	run(list, hook, rest);
	bee__diags_clear(list->at.bee);
	bee__attach_fail(&list->at, -ENOENT, "nothing of that name");
	bee__text_printf(&before, "%s:%s", hook->name, list->prefix ? list->prefix : "");
	if (before.data)
		bee__hint_near(list->at.bee, &list->near, before.data);
	bee__text_free(&before);
	return -ENOENT;
}

/* What is not there can have no names; what this user may not do has them nevertheless. */
static int check_feature(struct bee__list *list, const struct bee__hook *hook)
{
	const char *reason;
	int err = bee__feature(hook->needs, &reason);

	if (!err || err == -EPERM)
		return 0;
	list->at.hook = hook;
	bee__attach_fail(&list->at, err, "%s", reason);
	bee__hint_instead(list->at.bee, hook);
	return err;
}

static int list_hook(struct bee__list *list, const struct bee__hook *hook, const char *rest)
{
	int err;

	list->at.hook = hook;
	if (!hook->list) {
		bee__attach_fail(&list->at, -EOPNOTSUPP,
				 "nothing lists what it can be attached to");
		bee__hint(list->at.bee, "its targets are %s%s%s", hook->name,
			  hook->form && *hook->form ? ":" : "", hook->form ?: "");
		return -EOPNOTSUPP;
	}
	err = check_feature(list, hook);
	err = err ?: run(list, hook, rest);
	return err || list->found ? err : fail_none(list, hook, rest);
}

/* ---- patterns of hooks ------------------------------------------------------------------- */

/* Functions and probes of programs are asked for by a file, and a name alone is none. */
static bool wants_file(const struct bee__hook *hook)
{
	return hook->list == bee__list_symbols || hook->list == bee__list_usdt;
}

/* Whatever a hook of several cannot list is no error while others can. */
static int run_hooks(struct bee__list *list, const char *word, const char *rest, bool *ret_is_hook)
{
	const char *reason;
	int err = 0;

	for (size_t i = 0; i < bee__hooks_len && !err; i++) {
		const struct bee__hook *hook = &bee__hooks[i];

		if (fnmatch(word, hook->name, 0))
			continue;
		*ret_is_hook = true;
		if (!hook->list || (list->is_plain && wants_file(hook)) ||
		    bee__feature(hook->needs, &reason) == -EOPNOTSUPP)
			continue;
		err = run(list, hook, rest);
		if (!list->is_ended && err != -ENOMEM)
			err = 0;
	}
	return err;
}

static int list_hooks(struct bee__list *list, const char *word, const char *rest)
{
	struct bee *bee = list->at.bee;
	bool is_hook = false;
	int err;

	list->is_plain = !strchr(rest, ':');
	err = run_hooks(list, word, rest, &is_hook);
	if (!is_hook)
		return bee__attach_unknown(bee, list->at.target);
	if (err)
		return err;
	bee__diags_clear(bee);
	if (list->found)
		return 0;
	list->is_near = true;
	bee__near_begin(&list->near, rest);
	run_hooks(list, word, rest, &is_hook);
	bee__diags_clear(bee);
	bee__fail(bee, BEE_STAGE_ATTACH, -ENOENT, "cannot list %s: nothing of that name",
		  list->at.target);
	if (list->near.found)
		bee__hint_near(bee, &list->near, "");
	else
		bee__hint(bee,
			  "functions of programs and libraries are listed by their file, as in "
			  "uprobe:libc:mall*");
	return -ENOENT;
}

/* By its name, where hooks may share one; else as targets say it: by another word for it. */
static const struct bee__hook *find_hook(const char *pattern, const char **ret_rest)
{
	size_t len = strcspn(pattern, ":");

	for (size_t i = 0; i < bee__hooks_len; i++) {
		if (strlen(bee__hooks[i].name) != len ||
		    strncmp(bee__hooks[i].name, pattern, len) != 0)
			continue;
		*ret_rest = pattern + len + (pattern[len] == ':');
		return &bee__hooks[i];
	}
	return bee__hook_by_target(pattern, ret_rest);
}

int bee_list(struct bee *bee, const char *pattern, const struct bee_list_opts *opts,
	     bee_probe_fn fn, void *ctx)
{
	struct bee__list list = { .at = { .bee = bee, .target = pattern }, .fn = fn, .ctx = ctx };
	const struct bee__hook *hook;
	struct bee_list_opts asked;
	size_t len = strcspn(pattern, ":");
	const char *rest;
	char word[64];
	int err;

	bee__diags_clear(bee);
	err = bee__copy_opts(bee, BEE_STAGE_ATTACH, BEE__SIZED(bee_list_opts, wants_args), &asked,
			     opts);
	if (err)
		return err;
	list.wants_args = asked.wants_args;
	hook = find_hook(pattern, &rest);
	if (hook) {
		err = list_hook(&list, hook, rest);
	} else if (!pattern[len]) {
		err = list_hooks(&list, "*", pattern);
	} else if (len < sizeof(word) && strcspn(pattern, "*?[") < len) {
		snprintf(word, sizeof(word), "%.*s", (int)len, pattern);
		err = list_hooks(&list, word, pattern + len + 1);
	} else {
		err = bee__attach_unknown(bee, pattern);
	}
	end(&list);
	return err;
}

/* ---- the hooks themselves ---------------------------------------------------------------- */

int bee_hooks(struct bee *bee, bee_hook_fn fn, void *ctx)
{
	int states[BEE_FEATURES_LEN], err = 0;
	const char *reasons[BEE_FEATURES_LEN];

	bee__diags_clear(bee);
	for (int i = 0; i < BEE_FEATURES_LEN; i++) {
		reasons[i] = "";
		states[i] = 1; /* not asked yet */
	}
	for (size_t i = 0; i < bee__hooks_len && !err; i++) {
		const struct bee__hook *row = &bee__hooks[i];
		int *state = &states[row->needs];
		struct bee_hook hook = { .name = row->name,
					 .form = row->form ?: "",
					 .about = row->about ?: "" };

		if (*state > 0)
			*state = bee__feature(row->needs, &reasons[row->needs]);
		hook.err = *state;
		hook.reason = reasons[row->needs];
		hook.is_listed = row->list != NULL;
		err = fn(ctx, &hook);
	}
	return err;
}
