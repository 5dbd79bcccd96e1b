// SPDX-License-Identifier: Apache-2.0
/* From a program and a target's text to a link, by the table of hooks. */
#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "internal.h"

/* ---- errors ------------------------------------------------------------------------------ */

int bee__attach_fail(struct bee__attach *at, int err, const char *fmt, ...)
{
	struct bee__text text = { 0 };
	va_list args;

	va_start(args, fmt);
	bee__text_vprintf(&text, fmt, args);
	va_end(args);
	if (at->prog)
		bee__fail(at->bee, BEE_STAGE_ATTACH, err, "cannot attach '%s' to %s: %s",
			  bee_program_name(at->prog), at->target,
			  text.data ? text.data : strerror(-err));
	else
		bee__fail(at->bee, BEE_STAGE_ATTACH, err, "cannot list %s: %s", at->target,
			  text.data ? text.data : strerror(-err));
	bee__text_free(&text);
	return err;
}

int bee__attach_refused(struct bee__attach *at, int err)
{
	/* A trampoline says it in its own way. */
	if (err == -EEXIST || (err == -EBUSY && at->hook && at->hook->args == BEE_ARGS_ARRAY)) {
		bee__attach_fail(at, -EEXIST, "the program is attached there already");
		bee__hint(at->bee, "close the link that it has there first");
		return -EEXIST;
	}
	if (err == -EPERM || err == -EACCES) {
		bee__attach_fail(at, -EPERM, "this process may not attach programs there");
		bee__hint(at->bee, "it needs root, or CAP_BPF and CAP_PERFMON");
		return -EPERM;
	}
	if (err == -E2BIG)
		return bee__attach_fail(at, err,
					"it has as many programs as the kernel lets it have");
	return bee__attach_fail(at, err, "%s", strerror(-err));
}

static void list_kinds(struct bee__text *names, const char *target)
{
	const char *rest;

	for (size_t i = 0; i < bee__hooks_len; i++)
		if (bee__hook_completes(&bee__hooks[i], target, &rest))
			bee__text_printf(names, "%s:%s", names->len ? ", " : "",
					 bee__hooks[i].kind);
}

/* The reason why there is no such hook, or those that come near. */
static void hint_hook(struct bee *bee, const char *target)
{
	const char *why = bee__why_no_hook(target);
	struct bee__near near;
	char word[64];

	if (why) {
		bee__hint(bee, "%s", why);
		return;
	}
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(target, ":"), target);
	bee__near_begin(&near, word);
	for (size_t i = 0; i < bee__hooks_len; i++)
		bee__near_add(&near, bee__hooks[i].name);
	if (near.found)
		bee__hint_near(bee, &near, "");
	else
		bee__hint(
			bee,
			"a target is HOOK:NAME, as kprobe:vfs_read; \"moonbee list\" tells all hooks");
}

int bee__attach_unknown(struct bee *bee, const char *target)
{
	struct bee__text names = { 0 };
	const char *rest;

	if (bee__hook_completes(NULL, target, &rest)) {
		list_kinds(&names, target);
		bee__fail(bee, BEE_STAGE_ATTACH, -EINVAL, "'%s' does not say at what", target);
		bee__hint(bee, "it ends in one of: %s", names.data ? names.data : "");
	} else {
		bee__fail(bee, BEE_STAGE_ATTACH, -EINVAL, "no hook is called '%.*s' (in '%s')",
			  (int)strcspn(target, ":"), target, target);
		hint_hook(bee, target);
	}
	bee__text_free(&names);
	return -EINVAL;
}

/* The first of the hooks that come near to this one which the kernel has; or NULL. */
static const struct bee__hook *find_instead(const struct bee__hook *hook)
{
	const char *at = hook->instead ? hook->instead : "";

	while (*at) {
		size_t len = strcspn(at, " ");
		const char *reason;

		for (size_t i = 0; i < bee__hooks_len; i++) {
			const struct bee__hook *near = &bee__hooks[i];

			if (strlen(near->name) == len && !strncmp(near->name, at, len) &&
			    !bee__feature(near->needs, &reason))
				return near;
		}
		at += len + (at[len] == ' ');
	}
	return NULL;
}

void bee__hint_instead(struct bee *bee, const struct bee__hook *hook)
{
	const struct bee__hook *near = find_instead(hook);

	if (near)
		bee__hint(bee, "the nearest hook that this kernel has is %s", near->name);
}

/* A system call's own function has a tracepoint, which names its arguments too. */
static void hint_syscall(struct bee__attach *at)
{
	static const char *const prefixes[] = { "__x64_sys_", "__arm64_sys_", "__sys_", "sys_" };
	const char *name = strstr(at->hook->name, "syscall") ? at->rest : NULL;
	const char *reason;

	for (size_t i = 0; !name && i < BEE_LEN(prefixes); i++)
		if (!strncmp(at->rest, prefixes[i], strlen(prefixes[i])))
			name = at->rest + strlen(prefixes[i]);
	if (name && !bee__feature(BEE_FEATURE_TRACEPOINT, &reason))
		bee__hint(at->bee,
			  "the nearest hook that this kernel has is "
			  "tracepoint:syscalls:sys_%s_%s",
			  strstr(at->hook->name, "ret") ? "exit" : "enter", name);
}

static int check_feature(struct bee__attach *at)
{
	const char *reason;
	int err = bee__feature(at->hook->needs, &reason);

	if (!err)
		return 0;
	bee__attach_fail(at, err, "%s", reason);
	if (err == -EMFILE)
		return err;
	bee__hint_instead(at->bee, at->hook);
	hint_syscall(at);
	return err;
}

/* ---- help for hooks ---------------------------------------------------------------------- */

int bee__attach_link(struct bee__attach *at, int fd, const struct bpf_link_create_opts *opts)
{
	int link = bpf_link_create(bee_program_fd(at->prog), fd, at->hook->attach_type, opts);

	return link < 0 ? link : bee__attach_fd(at, link);
}

/* "lsm_cgroup:socket_bind:/path": the program was bound to the first word when it was loaded. */
static int skip_bound(struct bee__attach *at, const char **ret_rest)
{
	const char *bound = "";
	size_t len = strcspn(at->rest, ":");

	*ret_rest = at->rest;
	if (!at->hook->takes_place || strchr(at->rest, '/') == at->rest)
		return 0;
	bee__hook_by_section(bee_program_section(at->prog), &bound);
	if (strlen(bound) != len || strncmp(bound, at->rest, len))
		return bee__attach_fail(at, -EINVAL, "the program was loaded for '%s'", bound);
	*ret_rest = at->rest + len + (at->rest[len] == ':');
	return 0;
}

int bee__attach_place(struct bee__attach *at, char **ret_place)
{
	const char *kind = at->hook->kind, *rest, *last;
	char *place;
	int err = skip_bound(at, &rest);

	if (err)
		return err;
	last = strrchr(rest, ':');
	if (kind && !strcmp(last ? last + 1 : rest, kind))
		place = strndup(rest, last ? last - rest : 0);
	else
		place = strdup(rest);
	if (!place)
		return -ENOMEM;
	*ret_place = place;
	return 0;
}

/* ---- attach ------------------------------------------------------------------------------ */

static int run(struct bee__attach *at, int (*attach)(struct bee__attach *))
{
	int err;

	if (at->prog->is_left_out || bee_program_fd(at->prog) < 0)
		return bee__attach_fail(at, -EBADF, "the program was left out at load");
	err = bee__link_open(at);
	if (!err) {
		bee__libbpf_begin(at->bee);
		err = attach(at);
		bee__libbpf_end(at->bee);
	}
	if (err)
		bee_link_close(at->link); /* NULL where none was opened */
	return err;
}

/* libbpf knows what to do with a section that is in no row, or that a row leaves to it. */
static int attach_auto(struct bee__attach *at)
{
	return bee__attach_part(at, bpf_program__attach(at->prog->bpf));
}

/*
 * Hooks that share a program type share a context: a kprobe's program serves a uprobe. But some
 * programs are bound to an attach type at load.
 */
static bool fits(const struct bee__attach *at)
{
	unsigned int bound = bpf_program__expected_attach_type(at->prog->bpf);

	if (bpf_program__type(at->prog->bpf) != at->hook->type)
		return false;
	if (!bee__multi_serves(at->prog, at->hook))
		return false;
	return !at->hook->kind || !bound || bound == at->hook->attach_type;
}

static int check_type(struct bee__attach *at)
{
	if (fits(at))
		return 0;
	return bee__attach_fail(at, -EINVAL, "the program was made for %s",
				bee_program_section(at->prog));
}

/* A cookie that nothing could read is no use, and on older kernels goes unsaid by the kernel itself. */
static int check_cookie(struct bee__attach *at)
{
	const char *reason;
	int err;

	if (!at->opts.cookie)
		return 0;
	if (!at->hook || !at->hook->cookie)
		return bee__attach_fail(at, -EINVAL, "no cookie can be given to %s",
					at->hook ? at->hook->name : "a program of this section");
	err = bee__feature(at->hook->cookie, &reason);
	return err ? bee__attach_fail(at, err, "%s", reason) : 0;
}

static int attach_target(struct bee_program *prog, const char *target,
			 const struct bee_attach_opts *opts, struct bee_link **ret_link)
{
	struct bee__attach at = {
		.bee = prog->mod->bee, .prog = prog, .target = target, .opts = *opts
	};
	int err;

	at.hook = bee__hook_by_target(target, &at.rest);
	if (prog->hook && (!at.hook || !at.hook->kind) &&
	    bee__hook_completes(prog->hook, target, &at.rest))
		at.hook = prog->hook;
	if (!at.hook)
		return bee__attach_unknown(at.bee, target);
	err = check_type(&at);
	err = err ?: check_feature(&at);
	err = err ?: check_cookie(&at);
	err = err ?: run(&at, at.hook->attach ? at.hook->attach : attach_auto);
	if (!err)
		*ret_link = at.link;
	return err;
}

/* To where the program's section says; -ENOENT, unrecorded, when it says nothing. */
static int attach_section(struct bee_program *prog, const struct bee_attach_opts *opts,
			  struct bee_link **ret_link)
{
	const char *sec = bee_program_section(prog);
	struct bee__attach at = {
		.bee = prog->mod->bee, .prog = prog, .target = sec, .rest = "", .opts = *opts
	};
	char target[1024];
	int err;

	if (prog->hook && prog->hook->by_hand)
		return -ENOENT;
	if (prog->hook && prog->hook->attach) {
		err = bee__hook_target(sec, target, sizeof(target));
		return err ?: attach_target(prog, target, opts, ret_link);
	}
	err = check_cookie(&at);
	err = err ?: run(&at, attach_auto);
	if (!err)
		*ret_link = at.link;
	return err;
}

int bee_program_attach(struct bee_program *prog, const char *target,
		       const struct bee_attach_opts *opts, struct bee_link **ret_link)
{
	struct bee *bee = prog->mod->bee;
	struct bee_attach_opts asked;
	int err;

	bee__diags_clear(bee);
	err = bee__copy_opts(bee, BEE_STAGE_ATTACH, BEE__SIZED(bee_attach_opts, cookie), &asked,
			     opts);
	if (err)
		return err;
	if (target)
		return attach_target(prog, target, &asked, ret_link);
	err = attach_section(prog, &asked, ret_link);
	if (err == -ENOENT && !bee_diag_next(bee, NULL))
		bee__fail(bee, BEE_STAGE_ATTACH, err, "program '%s' says no target",
			  bee_program_name(prog));
	return err;
}

int bee__attach_again(const struct bee_link *link, struct bee_program *prog,
		      struct bee_link **ret_link)
{
	struct bee_attach_opts opts = { .cookie = link->cookie };

	if (link->hook)
		return attach_target(prog, link->target, &opts, ret_link);
	/* libbpf attaches by the section alone, which has to be the same. */
	if (!strcmp(link->target, bee_program_section(prog)))
		return attach_section(prog, &opts, ret_link);
	return bee__fail(link->bee, BEE_STAGE_ATTACH, -EINVAL,
			 "cannot attach '%s' to %s: the program was made for %s",
			 bee_program_name(prog), link->target, bee_program_section(prog));
}

int bee_module_attach_many(struct bee_module *mod, const struct bee_wish *wishes, size_t len,
			   struct bee_link **ret_links)
{
	const struct bee_link *before = mod->links;
	int err = 0, count = 0;

	bee__diags_clear(mod->bee);
	for (size_t i = 0; i < len && !err; i++) {
		const struct bee_wish *wish = &wishes[i];
		struct bee_attach_opts opts = { .cookie = wish->cookie };
		struct bee_program *prog = wish->program ? bee_program_find(mod, wish->program)
							 : NULL;

		ret_links[i] = NULL;
		if (!prog || !wish->target)
			err = bee__fail(mod->bee, BEE_STAGE_ATTACH, prog ? -EINVAL : -ENOENT,
					"wishes[%zu]: there is no %s '%s'", i,
					prog ? "target for" : "program",
					wish->program ? wish->program : "");
		err = err ?: attach_target(prog, wish->target, &opts, &ret_links[i]);
		count += !err;
		if (err && wish->optional && prog && wish->target) {
			bee__diags_clear(mod->bee);
			err = 0;
		}
	}
	if (!err)
		return count;
	bee__links_end(&mod->links, before);
	return err;
}

/* "kprobe" alone says of which type a program is, which others call or attach by hand. */
static bool is_only_type(const char *target)
{
	const char *rest;
	const struct bee__hook *hook = bee__hook_by_target(target, &rest);

	return hook && !*rest && (hook->by_hand || !hook->is_bare);
}

/* All wishes of one program, or its section. Gives the number of links made. */
static int attach_program(struct bee_program *prog)
{
	struct bee_attach_opts opts = { 0 };
	struct bee_link *link;
	int count = 0, err;

	if (!prog->targets_len && !prog->is_left_out && bee_program_fd(prog) >= 0) {
		err = attach_section(prog, &opts, &link);
		if (err == -ENOENT && !bee_diag_next(prog->mod->bee, NULL))
			return 0; /* it waits for bee_program_attach() */
		return err ?: 1;
	}
	for (size_t i = 0; i < prog->targets_len; i++) {
		const struct bee__target *target = &prog->targets[i];

		if (prog->is_left_out || is_only_type(target->text))
			continue;
		opts.cookie = target->cookie;
		err = attach_target(prog, target->text, &opts, &link);
		if (err && !target->optional)
			return err;
		if (err)
			bee__diags_clear(prog->mod->bee);
		count += !err;
	}
	return count;
}

int bee__attach_nothing(struct bee__attach *at)
{
	bee__attach_fail(at, -EINVAL, "it is attached to nothing");
	bee__hint(at->bee, "a process runs it: bee_program_test(), or program:test_run{} of Lua");
	return -EINVAL;
}

/* Is there a link to that target? */
static bool is_attached(const struct bee_module *mod, const char *target)
{
	for (const struct bee_link *link = mod->links; link; link = link->next)
		if (!strcmp(link->target, target))
			return true;
	return false;
}

/* A table of struct_ops is attached by any of its programs; those by none. Gives 1, or 0. */
static int attach_table(struct bee_module *mod, const struct bee_map *map)
{
	const struct bee_attach_opts opts = { 0 };
	struct bee_program *prog = mod->programs_len ? mod->programs : NULL;
	struct bee_link *link;
	char target[128];

	snprintf(target, sizeof(target), "struct_ops:%s", bee_map_name(map));
	while (prog && bpf_program__type(prog->bpf) != BPF_PROG_TYPE_STRUCT_OPS)
		prog = bee_program_next(mod, prog);
	if (!prog || is_attached(mod, target))
		return 0;
	return attach_target(prog, target, &opts, &link) ?: 1;
}

int bee_module_attach(struct bee_module *mod)
{
	const struct bee_link *before = mod->links;
	int count = 0;

	bee__diags_clear(mod->bee);
	for (size_t i = 0; i < mod->programs_len; i++) {
		int made = attach_program(&mod->programs[i]);

		if (made < 0) {
			bee__links_end(&mod->links, before);
			return made;
		}
		count += made;
	}
	for (size_t i = 0; i < mod->maps_len; i++) {
		int made = mod->maps[i].kind == BPF_MAP_TYPE_STRUCT_OPS
				   ? attach_table(mod, &mod->maps[i])
				   : 0;

		if (made < 0) {
			bee__links_end(&mod->links, before);
			return made;
		}
		count += made;
	}
	if (count)
		return count;
	bee__fail(mod->bee, BEE_STAGE_ATTACH, -ENOENT, "nothing to attach: no program says where");
	bee__hint(mod->bee, "name it (kprobe__vfs_read), give it SEC(\"kprobe/vfs_read\"), or say "
			    "attach = { program = \"kprobe:vfs_read\" }");
	return -ENOENT;
}
