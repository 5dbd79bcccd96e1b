// SPDX-License-Identifier: Apache-2.0
/*
 * What clang says of names that there are not, for those who write programs for the kernel: the name
 * that comes near, of the kernel's types and of what a source may use without an include, or the way.
 * Only an error comes here, so that looking at each name costs nobody who waits.
 */
#include <ctype.h>

#include "blocks.h"
#include "internal.h"
#include "prelude.h"
#include "rawbtf.h"

/* What names of the kernel's are looked at, beside those of the prelude. */
enum {
	OF_PRELUDE = 1,
	OF_TYPES = 2,
	OF_VALUES = 4,
	OF_RECORDS = 8,
};

struct explain {
	struct bee *bee;
	const struct bee__files *files;
	struct bee__rawbtf btf;
	bool has_btf;
	struct bee__diag *diag; /* that is looked at */
	char name[128];         /* that it is about */
};

/* ---- ways ---------------------------------------------------------------------------------- */

/* What C programs call, and what programs in the kernel do instead. */
static const struct way {
	const char *names; /* each between spaces */
	const char *way;
} ways[] = {
	{ " printf fprintf puts putchar perror ",
	  "print by bpf_trace_printk(\"...\"), which goes to the trace pipe: bee.trace()" },
	{ " sprintf snprintf ", "BPF_SNPRINTF(text, size, \"...\", ...) writes into a text" },
	{ " malloc calloc realloc free alloca kmalloc kfree ",
	  "there is no heap: keep it in a map, as an element of a BPF_HASH or BPF_ARRAY" },
	{ " sleep usleep nanosleep msleep udelay ",
	  "a program cannot wait: keep the time, bpf_ktime_get_ns(), and look at it later" },
	{ " time gettimeofday clock_gettime ", "the time since boot is bpf_ktime_get_ns()" },
	{ " getpid gettid ",
	  "bpf_get_current_pid_tgid() >> 32 is the process, its lower half the thread" },
	{ " getuid geteuid ", "bpf_get_current_uid_gid() has the user in its lower half" },
	{ " rand random ", "bpf_get_prandom_u32() is random" },
	{ " exit abort assert ", "a program ends by return" },
	{ " strstr strrchr strpbrk strtok memchr strcasecmp strncasecmp ",
	  "there is no C library in the kernel, but for memcmp(), strcmp(), strncmp(), strlen(), strnlen() and strchr()" },
	{ " strcat strdup strlcpy strscpy ",
	  "there is no C library in the kernel: bpf_probe_read_kernel_str(to, sizeof(to), from) copies a text" },
	{ " class namespace template typename new delete nullptr std public private cout string ",
	  "the source is C, not C++" },
};

static const char *way_of(const char *name)
{
	char word[140];

	snprintf(word, sizeof(word), " %s ", name);
	for (size_t i = 0; i < BEE_LEN(ways); i++)
		if (strstr(ways[i].names, word))
			return ways[i].way;
	return NULL;
}

/* ---- names that come near ------------------------------------------------------------------ */

static void add_prelude(struct bee__near *near)
{
	for (size_t i = 0; i < bee__prelude_names_len; i++) {
		const char *name = bee__prelude_name(&bee__prelude_names[i]);

		if (strncmp(name, "__bee", 5) != 0)
			bee__near_add(near, name);
	}
}

static void add_type(const struct bee__rawbtf *btf, const struct btf_type *type, unsigned int which,
		     struct bee__near *near)
{
	bool is_record = bee__btf_is_record(type);
	uint32_t kind = bee__btf_kind(type);

	if ((is_record && (which & OF_RECORDS)) || (kind == BTF_KIND_TYPEDEF && (which & OF_TYPES)))
		bee__near_add(near, bee__btf_name(btf, type->name_off));
	if (!bee__btf_is_enum(type) || !(which & OF_VALUES))
		return;
	for (uint32_t i = 0; i < bee__btf_vlen(type); i++) {
		int64_t value;

		bee__near_add(near, bee__btf_name(btf, bee__btf_enumerator(type, i, &value)));
	}
}

static bool is_capital(const char *name)
{
	for (; *name; name++)
		if (!isupper((unsigned char)*name) && !isdigit((unsigned char)*name) &&
		    *name != '_')
			return false;
	return true;
}

/*
 * Hint at names of these kinds that come near to the diagnostic's; before: "struct ". false: there is none.
 * The kernel has constants of all sorts, so that something comes near to any.
 */
static bool hint_near(struct explain *at, unsigned int which, const char *before)
{
	struct bee__text hint = { 0 };
	struct bee__near near;

	bee__near_begin(&near, at->name);
	near.start_len = 8; /* what begins with "pid" is many things */
	if (which & OF_PRELUDE)
		add_prelude(&near);
	for (uint32_t id = 1; at->has_btf && id < at->btf.len; id++)
		add_type(&at->btf, bee__btf_type(&at->btf, id), which, &near);
	if ((which & OF_VALUES) && near.found && near.far[0] > 2 && is_capital(at->name))
		near.found = 0;
	bee__near_print(&near, before, &hint);
	if (hint.data)
		bee__diag_hint(at->diag, hint.data);
	bee__text_free(&hint);
	return near.found;
}

static void add_members(const struct bee__rawbtf *btf, uint32_t id, int depth,
			struct bee__near *near)
{
	const struct btf_type *type = bee__btf_type(btf, bee__btf_resolve(btf, id));

	for (uint32_t i = 0; bee__btf_is_record(type) && depth && i < bee__btf_vlen(type); i++) {
		const struct btf_member *member = &bee__btf_members(type)[i];
		const char *name = bee__btf_name(btf, member->name_off);

		if (*name)
			bee__near_add(near, name);
		else
			add_members(btf, member->type, depth - 1, near);
	}
}

/* ---- what each is about -------------------------------------------------------------------- */

/* The name between quotes behind some words of the diagnostic. */
static bool take_name(struct explain *at, const char *words)
{
	return bee__text_quoted(at->diag->pub.text, words, at->name, sizeof(at->name));
}

static void tell_identifier(struct explain *at)
{
	const char *way = way_of(at->name);
	struct bee__text hint = { 0 };

	if (way)
		bee__diag_hint(at->diag, way);
	else if (!hint_near(at, OF_PRELUDE | OF_VALUES | OF_TYPES, "") && is_capital(at->name)) {
		bee__text_printf(&hint,
				 "where a tool puts it in before it compiles: -D %s=..., define = "
				 "{ %s = ... }",
				 at->name, at->name);
		bee__diag_hint(at->diag, hint.data);
		bee__text_free(&hint);
	}
}

/* clang's advice is for who has a C library, and its words for who wrote C before 1999. */
static void tell_function(struct explain *at)
{
	const char *way = way_of(at->name), *quote = strchr(at->diag->pub.text, '\'');
	size_t len = quote ? strcspn(quote + 1, "'") + 2 + (quote - at->diag->pub.text) : 0;

	((char *)at->diag->pub.text)[len] = '\0';
	if (way)
		bee__diag_hint(at->diag, way);
	else if (!hint_near(at, OF_PRELUDE, "") && strstr(at->diag->pub.text, "library"))
		bee__diag_hint(
			at->diag,
			"there is no C library in the kernel: a program calls helpers, bpf_*()");
}

static void tell_type(struct explain *at)
{
	const char *way = way_of(at->name);

	if (way)
		bee__diag_hint(at->diag, way);
	else
		hint_near(at, OF_PRELUDE | OF_TYPES, "");
}

static void tell_record(struct explain *at)
{
	if (!hint_near(at, OF_RECORDS, "struct "))
		bee__diag_hint(at->diag, "neither the source nor the kernel's BTF has such a type; "
					 "a module's is there once it is loaded: modprobe");
}

/* Only members that the source names were printed, so that clang knows no others. */
static void tell_member(struct explain *at)
{
	struct bee__text hint = { 0 };
	struct bee__near near;
	char record[128];

	if (strstr(at->diag->pub.text, "did you mean") || !at->has_btf)
		return;
	bee__near_begin(&near, at->name);
	if (!take_name(at, "' in 'struct ") && !take_name(at, "' in 'union "))
		return;
	strcpy(record, at->name);
	for (uint32_t id = 1; id < at->btf.len; id++) {
		const struct btf_type *type = bee__btf_type(&at->btf, id);

		if (bee__btf_is_record(type) &&
		    !strcmp(bee__btf_name(&at->btf, type->name_off), record))
			add_members(&at->btf, id, 4, &near);
	}
	bee__near_print(&near, "", &hint);
	if (hint.data)
		bee__diag_hint(at->diag, hint.data);
	bee__text_free(&hint);
}

static void tell_include(struct explain *at)
{
	bee__diag_hint(at->diag, "it is looked for beside the source, and in folders of -I or "
				 "include = { ... }; the kernel's own headers are not needed");
}

static const struct rule {
	const char *words; /* before the name */
	void (*tell)(struct explain *at);
} rules[] = {
	{ "use of undeclared identifier '", tell_identifier },
	{ "call to undeclared function '", tell_function },
	{ "call to undeclared library function '", tell_function },
	{ "unknown type name '", tell_type },
	{ "incomplete definition of type 'struct ", tell_record },
	{ "incomplete type 'struct ", tell_record },
	{ "no member named '", tell_member },
};

/* ---- macros that there are not ------------------------------------------------------------- */

static bool is_defined(const struct explain *at, const char *name)
{
	char define[160];

	snprintf(define, sizeof(define), "define %s", name);
	for (size_t i = 0; i < at->files->len; i++)
		if (strstr(at->files->list[i].text, define))
			return true;
	return bee__blocks_have(name);
}

/* "BPF_HSAH(counts, u32, u64);": what clang says of it is about what stands between the brackets. */
static bool tell_macro(struct explain *at)
{
	const char *line = at->diag->pub.source + strspn(at->diag->pub.source, " \t");
	size_t len = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
	struct bee__text text = { 0 };

	if (len < 4 || len >= sizeof(at->name) || line[len] != '(')
		return false;
	snprintf(at->name, sizeof(at->name), "%.*s", (int)len, line);
	if (is_defined(at, at->name) || !hint_near(at, OF_PRELUDE, ""))
		return false;
	bee__text_printf(&text, "no macro is called '%s'", at->name);
	if (text.data) {
		free((char *)at->diag->pub.text);
		at->diag->pub.text = text.data;
		at->diag->pub.column = line - at->diag->pub.source + 1;
	}
	return true;
}

/* ---- all that was said --------------------------------------------------------------------- */

static bool is_same_line(const struct bee_diag *one, const struct bee_diag *other)
{
	return one->line == other->line && !strcmp(one->file, other->file);
}

/* Take away the diagnostics behind one that tell of the same line. */
static void drop_others(struct explain *at)
{
	while (at->diag->next && is_same_line(&at->diag->pub, &at->diag->next->pub))
		bee__diag_drop(at->bee, at->diag);
}

static void explain(struct explain *at)
{
	const struct bee__diag *next = at->diag->next;

	if (next && next->pub.severity == BEE_NOTE &&
	    strstr(next->pub.text, "include the header <"))
		bee__diag_drop(at->bee, at->diag);
	if (strstr(at->diag->pub.text, "' file not found"))
		tell_include(at);
	for (size_t i = 0; i < BEE_LEN(rules); i++) {
		if (!take_name(at, rules[i].words))
			continue;
		rules[i].tell(at);
		return;
	}
	if (tell_macro(at))
		drop_others(at);
}

void bee__explain(struct bee *bee, const struct bee__files *files)
{
	struct explain at = { .bee = bee, .files = files };

	/* It was read a moment ago; where it is not there, names of the prelude are still told. */
	at.has_btf = !bee__rawbtf_open(bee, bee->btf_path, &at.btf);
	for (at.diag = bee->diags.first; at.diag; at.diag = at.diag->next)
		if (at.diag->pub.severity == BEE_ERROR && at.diag->pub.stage == BEE_STAGE_COMPILE &&
		    !*at.diag->pub.hint)
			explain(&at);
	if (at.has_btf)
		bee__rawbtf_close(&at.btf);
}
