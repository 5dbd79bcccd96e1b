// SPDX-License-Identifier: Apache-2.0
/* What a caller gives in structs that carry their own size: copied, and checked as far as C can be. */
#include "internal.h"

#define SIZED_MAX 4096 /* bytes: no struct of options will ever be that long */

static int fail_opts(struct bee *bee, enum bee_stage stage, const char *hint, const char *fmt, ...)
{
	struct bee__text text = { 0 };
	va_list args;

	if (!bee)
		return -EINVAL;
	va_start(args, fmt);
	bee__text_vprintf(&text, fmt, args);
	va_end(args);
	bee__fail(bee, stage, -EINVAL, "%s", text.data ? text.data : hint);
	bee__hint(bee, "%s", hint);
	bee__text_free(&text);
	return -EINVAL;
}

int bee__copy_opts(struct bee *bee, enum bee_stage stage, const struct bee__sized *sized, void *dst,
		   const void *src)
{
	const unsigned char *bytes = src;
	size_t size;

	memset(dst, 0, sized->size);
	if (!src)
		return 0;
	memcpy(&size, src, sizeof(size));
	/* A field is never cut in two: no struct ends but at a multiple of its alignment. */
	if (size < sized->least || size > SIZED_MAX || size % sizeof(size))
		return fail_opts(bee, stage, "set its field size to the sizeof of the struct",
				 "no %s has a size of %zu", sized->name, size);
	/* Options of a newer library, which ask for what this one does not know. */
	for (size_t i = sized->size; i < size; i++)
		if (bytes[i])
			return fail_opts(
				bee, stage, "use the moonbee.h that came with the library",
				"%s is of a newer moonbee.h than this library, " BEE_VERSION
				", and asks for what it does not know",
				sized->name);
	memcpy(dst, src, size < sized->size ? size : sized->size);
	return 0;
}

static int fail_list(struct bee *bee, const char *list, size_t at)
{
	return bee__fail(bee, BEE_STAGE_SOURCE, -EINVAL,
			 "struct bee_load_opts: %s[%zu] is NULL, or lacks a name", list, at);
}

static int check_texts(struct bee *bee, const char *list, const char *const *texts, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!texts || !texts[i])
			return fail_list(bee, list, i);
	return 0;
}

/* Every element of a list has what it cannot be without. */
static int check_lists(struct bee *bee, const struct bee_load_opts *opts)
{
	for (size_t i = 0; i < opts->wishes_len; i++)
		if (!opts->wishes || !opts->wishes[i].program || !opts->wishes[i].target)
			return fail_list(bee, "wishes", i);
	for (size_t i = 0; i < opts->consts_len; i++)
		if (!opts->consts || !opts->consts[i].name)
			return fail_list(bee, "consts", i);
	for (size_t i = 0; i < opts->map_wishes_len; i++)
		if (!opts->map_wishes || !opts->map_wishes[i].map)
			return fail_list(bee, "map_wishes", i);
	return check_texts(bee, "defines", opts->defines, opts->defines_len) ?:
	       check_texts(bee, "undefines", opts->undefines, opts->undefines_len) ?:
	       check_texts(bee, "includes", opts->includes, opts->includes_len);
}

/* These become lines of the header, so that only names will do. */
static int check_undefines(struct bee *bee, const struct bee_load_opts *opts)
{
	static const char letters[] = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789";

	for (size_t i = 0; i < opts->undefines_len; i++) {
		const char *name = opts->undefines[i];

		if (!*name || strchr("0123456789", *name) || name[strspn(name, letters)])
			return bee__fail(bee, BEE_STAGE_SOURCE, -EINVAL,
					 "undefine: '%s' is no name of a macro", name);
	}
	return 0;
}

static int check_wishes(struct bee *bee, const struct bee_load_opts *opts)
{
	for (size_t i = 0; i < opts->wishes_len; i++) {
		const char *target = opts->wishes[i].target, *rest;

		if (!bee__hook_by_target(target, &rest) &&
		    !bee__hook_completes(NULL, target, &rest))
			return bee__attach_unknown(bee, target);
	}
	return 0;
}

static int check_cpu(struct bee *bee, const char *cpu)
{
	if (cpu && (cpu[0] != 'v' || !strchr("1234", cpu[1]) || !cpu[1] || cpu[2]))
		return bee__fail(bee, BEE_STAGE_SOURCE, -EINVAL,
				 "no CPU version '%s': there are v1, v2, v3 and v4", cpu);
	return 0;
}

int bee__copy_load_opts(struct bee *bee, const struct bee_load_opts *opts,
			struct bee_load_opts *ret_opts)
{
	int err = bee__copy_opts(bee, BEE_STAGE_SOURCE, BEE__SIZED(bee_load_opts, consts_len),
				 ret_opts, opts);

	err = err ?: check_lists(bee, ret_opts);
	err = err ?: check_cpu(bee, ret_opts->cpu);
	err = err ?: check_undefines(bee, ret_opts);
	return err ?: check_wishes(bee, ret_opts);
}

int bee__copy_source(struct bee *bee, const struct bee_source *source,
		     struct bee_source *ret_source)
{
	int err = bee__copy_opts(bee, BEE_STAGE_SOURCE, BEE__SIZED(bee_source, dir), ret_source,
				 source);

	if (!err && !ret_source->text)
		err = bee__fail(bee, BEE_STAGE_SOURCE, -EINVAL, "the source has no text");
	return err;
}
