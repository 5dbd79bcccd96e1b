// SPDX-License-Identifier: Apache-2.0
/*
 * The header of one source: kernel types, prelude and tracepoints, just what its words reach.
 *
 *   user's files ──► words ◄──► prelude blocks and tracepoint structs, whose own words count too
 *                      │
 *                      └─► reach, in BTF ──► types as C, then the blocks, then the tracepoints
 */
#include <sys/utsname.h>

#include "cprint.h"
#include "internal.h"
#include "prelude.h"
#include "rawbtf.h"
#include "reach.h"
#include "words.h"

struct header {
	struct bee *bee;
	const struct bee__files *files;
	struct bee__words words;
	struct bee__rawbtf btf;
	struct bee__reach reach;
	bool *blocks;			/* of the prelude: is it needed? */
	struct bee__text tracepoints;	/* structs, from tracefs */
	struct bee__text version;	/* what the kernel's build knows and BTF does not */
};

/* ---- the prelude ------------------------------------------------------------------------- */

static int compare_name(const void *key, const void *row)
{
	const struct bee__word *word = key;
	const char *name = ((const struct bee__prelude_name *)row)->name;
	int order = strncmp(word->text, name, word->len);

	return order ? order : name[word->len] ? -1 : 0;
}

static const struct bee__prelude_name *find_in_prelude(const struct bee__word *word)
{
	return bsearch(word, bee__prelude_names, bee__prelude_names_len,
		       sizeof(*bee__prelude_names), compare_name);
}

/* A helper's prototype names structs that it needs no more of than their names. */
static bool is_prototype(const char *block)
{
	return *block != '#' && strstr(block, " = (void *)");
}

/* Take the blocks of all names; those that they name in turn join the list while it is walked. */
static void take_blocks(struct header *header)
{
	struct bee__words *words = &header->words;

	for (uint32_t i = 0; i < words->len; i++) {
		const struct bee__prelude_name *name = find_in_prelude(&words->list[i]);
		const char *block;

		if (!name || words->list[i].flags & BEE_WORD_OWN || header->blocks[name->block])
			continue;
		header->blocks[name->block] = true;
		block = bee__prelude_blocks[name->block];
		bee__words_read(words, block, strlen(block),
				is_prototype(block) ? BEE_WORDS_FORWARD : BEE_WORDS_PRELUDE);
	}
}

/* Constants that BTF turned out to have need no macro. */
static void drop_known(struct header *header)
{
	for (uint32_t i = 0; i < header->words.len; i++) {
		const struct bee__word *word = &header->words.list[i];
		const struct bee__prelude_name *name = find_in_prelude(word);

		if (name && word->flags & BEE_WORD_IN_BTF)
			header->blocks[name->block] = false;
	}
}

/* ---- tracepoints ------------------------------------------------------------------------- */

static int fail_tracepoint(struct header *header, const struct bee__word_tracepoint *wanted,
			   int err, const char *category, const char *event)
{
	struct bee__text text = { 0 }, file = { 0 };

	bee__text_printf(&text, "no such tracepoint: '%s:%s'", category, event);
	bee__text_add(&file, wanted->file ? wanted->file : "", wanted->file_len);
	bee__diag(header->bee, &(struct bee_diag){
				       .stage = BEE_STAGE_TYPES,
				       .severity = BEE_ERROR,
				       .err = err,
				       .file = file.data,
				       .line = wanted->event.line,
				       .text = text.data,
			       });
	bee__text_free(&text);
	bee__text_free(&file);
	return err;
}

static int take_tracepoint(struct header *header, const char *category, const char *event)
{
	char known[300];

	snprintf(known, sizeof(known), "struct tracepoint__%s__%s {", category, event);
	if (header->tracepoints.data && strstr(header->tracepoints.data, known))
		return 0;
	return bee__tracepoint_struct(header->bee, category, event, &header->tracepoints);
}

/* "category__event", where either may hold "__" too: the first split that tracefs knows. */
static int take_joined(struct header *header, const struct bee__token *name)
{
	char text[256], *at;

	if (name->len >= sizeof(text))
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)name->len, name->text);
	for (at = strstr(text, "__"); at; at = strstr(at + 1, "__")) {
		int err;

		*at = '\0';
		err = take_tracepoint(header, text, at + 2);
		*at = '_';
		if (err != -ENOENT)
			return err;
	}
	return 0; /* the user's own struct, perhaps; if not, clang says so */
}

static int take_tracepoints(struct header *header)
{
	int err = 0;

	for (size_t i = 0; !err && i < header->words.tracepoints_len; i++) {
		const struct bee__word_tracepoint *wanted = &header->words.tracepoints[i];
		char category[128], event[128];

		if (!wanted->is_called) {
			err = take_joined(header, &wanted->event);
			continue;
		}
		snprintf(category, sizeof(category), "%.*s", (int)wanted->category.len,
			 wanted->category.text);
		snprintf(event, sizeof(event), "%.*s", (int)wanted->event.len, wanted->event.text);
		err = take_tracepoint(header, category, event);
		if (err == -ENOENT)
			err = fail_tracepoint(header, wanted, err, category, event);
	}
	if (!err && header->tracepoints.len)
		bee__words_read(&header->words, header->tracepoints.data, header->tracepoints.len,
				BEE_WORDS_PRELUDE);
	return err;
}

/* ---- words ------------------------------------------------------------------------------- */

static void read_defines(struct header *header, const struct bee_load_opts *opts)
{
	for (size_t i = 0; i < opts->defines_len; i++) {
		const char *equals = strchr(opts->defines[i], '=');
		const char *name = opts->defines[i];

		bee__words_mark(&header->words, name,
				equals ? (uint32_t)(equals - name) : strlen(name), BEE_WORD_OWN);
		if (equals)
			bee__words_read(&header->words, equals + 1, strlen(equals + 1),
					BEE_WORDS_USER);
	}
}

/* CO-RE's `struct file___old` stands for the kernel's `struct file`. */
static void mark_flavors(struct bee__words *words)
{
	for (uint32_t i = 0, len = words->len; i < len; i++) {
		struct bee__word word = words->list[i];
		const char *suffix = memmem(word.text, word.len, "___", 3);

		if (word.flags & BEE_WORD_OWN_TAG && suffix && suffix > word.text)
			bee__words_mark(words, word.text, suffix - word.text, BEE_WORD_FLAVOR);
	}
}

static void add_version(struct header *header)
{
	unsigned int a = 0, b = 0, c = 0;
	struct utsname name;

	if (!bee__words_flags(&header->words, "LINUX_VERSION_CODE") || uname(&name))
		return;
	sscanf(name.release, "%u.%u.%u", &a, &b, &c);
	bee__text_printf(&header->version, "#define LINUX_VERSION_CODE %u\n",
			 (a << 16) + (b << 8) + (c > 255 ? 255 : c));
}

static int read_words(struct header *header, const struct bee_load_opts *opts)
{
	const struct bee__files *files = header->files;
	int err;

	for (size_t i = 0; i < files->len; i++)
		bee__words_read(&header->words, files->list[i].text, files->list[i].size,
				BEE_WORDS_USER);
	read_defines(header, opts);
	err = take_tracepoints(header);
	if (err)
		return err;
	take_blocks(header);
	mark_flavors(&header->words);
	add_version(header);
	return header->words.failed ? -ENOMEM : 0;
}

/* ---- the header -------------------------------------------------------------------------- */

/* Offsets are this kernel's own, and exact, unless the user declares kernel structs himself. */
static const char *core_macro(const struct header *header)
{
	return header->words.has_flavors ? "#define __bee_core(x) __builtin_preserve_access_index(x)\n" :
					   "#define __bee_core(x) (x)\n";
}

static int print_header(struct header *header, struct bee__text *out)
{
	int err;

	bee__text_printf(out, "#define __VMLINUX_H__ 1\n");
	err = bee__cprint(&header->reach, out);
	if (err)
		return err;
	bee__text_printf(out, "%s", core_macro(header));
	if (header->version.data)
		bee__text_add(out, header->version.data, header->version.len);
	for (size_t i = 0; i < bee__prelude_blocks_len; i++)
		if (header->blocks[i])
			bee__text_printf(out, "%s", bee__prelude_blocks[i]);
	if (header->tracepoints.data)
		bee__text_add(out, header->tracepoints.data, header->tracepoints.len);
	return out->failed ? -ENOMEM : 0;
}

static int make_header(struct header *header, const struct bee_load_opts *opts,
		       struct bee__text *out)
{
	int err;

	header->blocks = calloc(bee__prelude_blocks_len, sizeof(*header->blocks));
	if (!header->blocks)
		return -ENOMEM;
	err = read_words(header, opts);
	err = err ?: bee__rawbtf_open(header->bee, header->bee->btf_path, &header->btf);
	err = err ?: bee__reach_find(&header->btf, &header->words, &header->reach);
	if (err)
		return err;
	drop_known(header);
	return print_header(header, out);
}

int bee__types(struct bee *bee, const struct bee__files *files, const struct bee_load_opts *opts,
	       struct bee__text *ret_header)
{
	struct header header = { .bee = bee, .files = files };
	struct bee__text out = { 0 };
	int err;

	err = make_header(&header, opts, &out);
	bee__reach_free(&header.reach);
	bee__rawbtf_close(&header.btf);
	bee__words_free(&header.words);
	bee__text_free(&header.tracepoints);
	bee__text_free(&header.version);
	free(header.blocks);
	if (err) {
		bee__text_free(&out);
		return err;
	}
	*ret_header = out;
	return 0;
}
