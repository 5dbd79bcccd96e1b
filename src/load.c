// SPDX-License-Identifier: Apache-2.0
/* From source to programs and maps in the kernel. */
#include <linux/bpf.h>
#include <sys/mman.h>

#include <bpf/libbpf.h>

#include "internal.h"
#include "wire.h"
#include "legacy.h"

#define LOG_SIZE (16u << 20) /* the most that every kernel takes; only what is written costs */

/* ---- what this kernel can take ----------------------------------------------------------- */

static bool is_optional(const struct bee_program *prog)
{
	for (size_t i = 0; i < prog->targets_len; i++)
		if (!prog->targets[i].optional)
			return false;
	return prog->targets_len;
}

/* A program that is optional and that this kernel cannot have is not loaded at all. */
static void leave_out(struct bee_module *mod)
{
	for (size_t i = 0; i < mod->programs_len; i++) {
		struct bee_program *prog = &mod->programs[i];
		const char *reason;

		if (!is_optional(prog) || !prog->hook || !bee__feature(prog->hook->needs, &reason))
			continue;
		prog->is_left_out = true;
		bpf_program__set_autoload(prog->bpf, false);
		bee__log(mod->bee, BEE_LOG_INFO, "program '%s' is left out: %s",
			 bee_program_name(prog), reason);
	}
}

/* What a program may be attached to is settled when it is loaded: many places at once, or single ones. */
static int choose_links(struct bee_module *mod)
{
	int err = 0;

	for (size_t i = 0; i < mod->programs_len && !err; i++) {
		struct bee_program *prog = &mod->programs[i];
		unsigned int attach_type;

		if (prog->is_left_out)
			continue;
		if (bee__wants_multi(prog, &attach_type))
			bpf_program__set_expected_attach_type(prog->bpf, attach_type);
		else
			err = bee__clones_choose(prog);
	}
	return err;
}

/* ---- the verifier's log ------------------------------------------------------------------ */

/* One log for each program, of which the kernel fills that of the program that it refuses. */
static char *attach_logs(struct bee_module *mod)
{
	size_t size = (mod->programs_len + 1) * (size_t)LOG_SIZE;
	char *logs = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (logs == MAP_FAILED)
		return NULL;
	for (size_t i = 0; i < mod->programs_len; i++)
		bpf_program__set_log_buf(mod->programs[i].bpf, logs + i * LOG_SIZE, LOG_SIZE);
	return logs;
}

static void detach_logs(struct bee_module *mod, char *logs)
{
	for (size_t i = 0; i < mod->programs_len; i++)
		bpf_program__set_log_buf(mod->programs[i].bpf, NULL, 0);
	munmap(logs, (mod->programs_len + 1) * (size_t)LOG_SIZE);
}

static int explain(struct bee_module *mod, int err, const char *logs)
{
	const char *reason;

	/* It says nothing about the object, and without descriptors the kernel cannot be asked. */
	if (err == -EMFILE)
		return bee__fail(mod->bee, BEE_STAGE_LOAD, err, "cannot load the object: %s",
				 strerror(-err));
	if (err == -EPERM && bee__feature(BEE_FEATURE_BPF, &reason))
		return bee__fail(mod->bee, BEE_STAGE_LOAD, err, "%s", reason);
	for (size_t i = 0; i < mod->programs_len; i++)
		if (logs[i * LOG_SIZE])
			return bee__verdict(mod, bee_program_name(&mod->programs[i]), err,
					    logs + i * LOG_SIZE);
	return bee__why_not_loaded(mod, err);
}

/*
 * For struct_ops libbpf 1.1 looks into the kernel's BTF, which it has only where a program of that type
 * is loaded too, and else through NULL. Without such a program the map is just memory.
 */
static void drop_struct_ops(struct bee_module *mod)
{
	struct bpf_map *map;

	for (size_t i = 0; i < mod->programs_len; i++)
		if (bpf_program__autoload(mod->programs[i].bpf) &&
		    bpf_program__type(mod->programs[i].bpf) == BPF_PROG_TYPE_STRUCT_OPS)
			return;
	bpf_object__for_each_map(map, mod->obj)
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			bpf_map__set_type(map, BPF_MAP_TYPE_ARRAY);
}

int bee__load(struct bee_module *mod)
{
	int err, refused;
	char *logs;

	err = bee__assume_check(mod->bee, mod->elf, mod->elf_size);
	if (err)
		return err;
	leave_out(mod);
	err = choose_links(mod);
	if (err)
		return err;
	drop_struct_ops(mod);
	logs = attach_logs(mod);
	if (!logs)
		return -ENOMEM;
	bee__libbpf_begin(mod->bee);
	err = bee__share_maps(mod);
	err = err ?: bee__replace_bind(mod);
	refused = err ? 0 : bpf_object__load(mod->obj);
	bee__libbpf_end(mod->bee);
	if (refused)
		err = explain(mod, refused, logs);
	bee__share_done(mod);
	bee__replace_done(mod);
	detach_logs(mod, logs);
	if (err)
		return err;
	for (size_t i = 0; i < mod->maps_len; i++)
		mod->maps[i].fd = bpf_map__fd(mod->maps[i].bpf);
	err = bee__legacy_fill(mod);
	if (err)
		return err;
	return bee__object_vars(mod);
}

/* ---- all stages in a row ----------------------------------------------------------------- */

int bee__copy_bytes(const void *data, size_t size, void **ret_copy, size_t *ret_size)
{
	char *copy = malloc(size + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, size);
	copy[size] = '\0';
	*ret_copy = copy;
	*ret_size = size;
	return 0;
}

/* The types and the compile stage. first: the key to keep the outcome under, before its types; or NULL. */
static int make_object(struct bee *bee, const struct bee__files *files,
		       const struct bee_load_opts *opts, const struct bee__wire *first,
		       void **ret_elf, size_t *ret_size)
{
	struct bee__text header = { 0 };
	int err = 0;

	if (files->input == BEE_INPUT_C)
		err = bee__types(bee, files, opts, &header);
	/* What the types stage says would not be said again. */
	if (bee_diag_next(bee, NULL))
		first = NULL;
	if (!err && opts->show == BEE_SHOW_TYPES)
		err = bee__copy_bytes(header.data, header.len, ret_elf, ret_size);
	else if (!err)
		err = bee__compile(bee, files, &header, opts, first, ret_elf, ret_size);
	if (err == -EINVAL && files->input == BEE_INPUT_C)
		bee__explain(bee, files);
	bee__text_free(&header);
	return err;
}

/* The key that files are kept under. What earlier stages make is asked for by those who look at them. */
static int make_key(struct bee *bee, const struct bee__files *files,
		    const struct bee_load_opts *opts, struct bee__wire *ret_key)
{
	if (files->input != BEE_INPUT_C || opts->show != BEE_SHOW_OBJECT ||
	    bee_diag_next(bee, NULL))
		return -ENOENT;
	return bee__compile_key(bee, files, opts, ret_key);
}

/* The same, or neither of them where this has been compiled before. */
static int compile_files(struct bee *bee, const struct bee__files *files,
			 const struct bee_load_opts *opts, void **ret_elf, size_t *ret_size)
{
	struct bee__wire key = { 0 }, formats = { 0 };
	int err;

	if (make_key(bee, files, opts, &key))
		return make_object(bee, files, opts, NULL, ret_elf, ret_size);
	err = bee__compile_cached(bee, files, &key, ret_elf, ret_size);
	if (err) {
		bee->formats = &formats;
		err = make_object(bee, files, opts, &key, ret_elf, ret_size);
		bee->formats = NULL;
	}
	bee__wire_free(&formats);
	bee__wire_free(&key);
	return err;
}

/* What cannot be shown of a source, for it does not pass that stage. */
static int check_show(struct bee *bee, const struct bee_source *source, enum bee_show show)
{
	static const char *const inputs[] = {
		[BEE_INPUT_IR] = "an LLVM module",
		[BEE_INPUT_ASM] = "an assembly text",
		[BEE_INPUT_OBJECT] = "an object",
	};
	static const enum bee_show first[] = {
		[BEE_INPUT_IR] = BEE_SHOW_IR,
		[BEE_INPUT_ASM] = BEE_SHOW_ASM,
	};
	enum bee_input input = bee__input(source);

	if (show > BEE_SHOW_ASM || input > BEE_INPUT_OBJECT)
		return bee__fail(bee, BEE_STAGE_SOURCE, -EINVAL,
				 "options of a newer moonbee: an unknown input, or stage to show");
	if (input == BEE_INPUT_C || show == BEE_SHOW_OBJECT ||
	    (input != BEE_INPUT_OBJECT && show >= first[input]))
		return 0;
	return bee__fail(bee, BEE_STAGE_SOURCE, -EINVAL, "%s is %s: there is no such stage to show",
			 source->name ? source->name : "<bpf>", inputs[input]);
}

static int find_files(struct bee *bee, const struct bee__files *files,
		      const struct bee_load_opts *opts, void **ret_elf, size_t *ret_size)
{
	struct bee__wire key = { 0 };
	int err = make_key(bee, files, opts, &key);

	err = err ?: bee__compile_cached(bee, files, &key, ret_elf, ret_size);
	bee__wire_free(&key);
	return err;
}

/* What was compiled before, without the vmlinux.h that files lack, or with it: then it was needed. */
static int find_compiled(struct bee *bee, const struct bee_source *source,
			 const struct bee__files *files, const struct bee_load_opts *opts,
			 void **ret_elf, size_t *ret_size)
{
	struct bee__files all = { 0 };
	int err = find_files(bee, files, opts, ret_elf, ret_size);

	if (!err)
		return 0;
	err = bee__source_read(bee, source, opts, true, &all);
	err = err ?: find_files(bee, &all, opts, ret_elf, ret_size);
	bee__files_free(&all);
	return err;
}

/*
 * A source that has a vmlinux.h of some kernel beside it may need what only that kernel has, behind
 * a question whether it is there. It is read when the kernel's own types do not do.
 */
static int compile_text(struct bee *bee, const struct bee_source *source,
			const struct bee_load_opts *opts, void **ret_elf, size_t *ret_size)
{
	bool again;
	int err;

	for (bool with_dump = false;; with_dump = true) {
		struct bee__files files = { 0 };

		if (with_dump)
			bee__diags_clear(bee);
		err = bee__source_read(bee, source, opts, with_dump, &files);
		if (err || with_dump || !files.lacks_dump ||
		    find_compiled(bee, source, &files, opts, ret_elf, ret_size))
			err = err ?: compile_files(bee, &files, opts, ret_elf, ret_size);
		again = err == -EINVAL && files.lacks_dump;
		bee__files_free(&files);
		if (!again)
			return err;
	}
}

static int compile(struct bee *bee, const struct bee_source *source,
		   const struct bee_load_opts *opts, void **ret_elf, size_t *ret_size)
{
	int err = check_show(bee, source, opts->show);

	if (err)
		return err;
	if (bee__input(source) == BEE_INPUT_OBJECT && !source->text_size)
		return bee__fail(bee, BEE_STAGE_SOURCE, -EINVAL,
				 "an object is bytes, so its text_size must be said");
	if (bee__input(source) == BEE_INPUT_OBJECT)
		return bee__copy_bytes(source->text, source->text_size, ret_elf, ret_size);
	return compile_text(bee, source, opts, ret_elf, ret_size);
}

static int load(struct bee *bee, void *elf, size_t size, const struct bee_load_opts *opts,
		struct bee_module **ret_mod)
{
	struct bee_module *mod = NULL;
	int err;

	err = bee__object_open(bee, elf, size, opts, &mod);
	err = err ?: bee__share_wishes(mod, opts);
	err = err ?: bee__load(mod);
	if (err) {
		bee_module_close(mod);
		return err;
	}
	*ret_mod = mod;
	return 0;
}

/* ---- the public face --------------------------------------------------------------------- */

int bee_compile(struct bee *bee, const struct bee_source *source, const struct bee_load_opts *opts,
		void **ret_elf, size_t *ret_size)
{
	struct bee_load_opts asked;
	struct bee_source from;
	int err;

	bee__diags_clear(bee);
	err = bee__copy_source(bee, source, &from);
	err = err ?: bee__copy_load_opts(bee, opts, &asked);
	return err ?: compile(bee, &from, &asked, ret_elf, ret_size);
}

int bee__copy_object(struct bee *bee, const void *elf, size_t size,
		     const struct bee_load_opts *opts, struct bee_load_opts *ret_asked,
		     void **ret_copy)
{
	int err;

	bee__diags_clear(bee);
	err = bee__copy_load_opts(bee, opts, ret_asked);
	if (err)
		return err;
	if (!elf || !size)
		return bee__fail(bee, BEE_STAGE_OBJECT, -EINVAL, "the object is empty");
	return bee__copy_bytes(elf, size, ret_copy, &size);
}

int bee_load_object(struct bee *bee, const void *elf, size_t size, const struct bee_load_opts *opts,
		    struct bee_module **ret_mod)
{
	struct bee_load_opts asked;
	void *copy;
	int err = bee__copy_object(bee, elf, size, opts, &asked, &copy);

	return err ?: load(bee, copy, size, &asked, ret_mod);
}

int bee_load(struct bee *bee, const struct bee_source *source, const struct bee_load_opts *opts,
	     struct bee_module **ret_mod)
{
	struct bee_load_opts asked;
	struct bee_source from;
	void *elf = NULL;
	size_t size = 0;
	int err;

	bee__diags_clear(bee);
	err = bee__copy_source(bee, source, &from);
	err = err ?: bee__copy_load_opts(bee, opts, &asked);
	asked.show = BEE_SHOW_OBJECT;
	err = err ?: compile(bee, &from, &asked, &elf, &size);
	return err ?: load(bee, elf, size, &asked, ret_mod);
}
