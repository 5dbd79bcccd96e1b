// SPDX-License-Identifier: Apache-2.0
/*
 * The header of one source: kernel types, prelude and tracepoints, just what its words reach.
 *
 *   user's files ──► words ◄──► prelude blocks and tracepoint structs, whose own words count too
 *                      │
 *                      └─► reach, in BTF ──► types as C, then the blocks, then the tracepoints
 */
#include <unistd.h>

#include "blocks.h"
#include "conditions.h"
#include "cprint.h"
#include "facts.h"
#include "internal.h"
#include "rawbtf.h"
#include "reach.h"
#include "words.h"

#define USDT_MAPS "__bee_usdt_spec" /* what stands with them in one block */

struct header {
	struct bee *bee;
	const struct bee__files *files;
	const struct bee_load_opts *opts;
	struct bee__words words;
	struct bee__blocks blocks;
	struct bee__rawbtf btf;
	struct bee__reach reach;
	struct bee__text tracepoints; /* structs, from tracefs */
};

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
	bee__hint_tracepoint(header->bee, category, event);
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

static uint32_t define_len(const char *define)
{
	return strcspn(define, "=");
}

static void read_defines(struct header *header)
{
	for (size_t i = 0; i < header->opts->defines_len; i++) {
		const char *define = header->opts->defines[i];
		uint32_t len = define_len(define);
		const char *value = define + len + (define[len] == '=');
		char name[64];

		bee__words_mark(&header->words, define, len, BEE_WORD_OWN);
		bee__words_read(&header->words, value, strlen(value), BEE_WORDS_USER);
		/* "struct T" in the source, and T by a define: the value is a tag. */
		snprintf(name, sizeof(name), "%.*s", (int)len, define);
		if (bee__words_flags(&header->words, name) & BEE_WORD_TAG)
			header->words.makes_tags = true;
	}
}

/* CO-RE's `struct file___old` stands for the kernel's `struct file`. */
static void mark_flavors(struct bee__words *words)
{
	for (uint32_t i = 0, len = words->len; i < len; i++) {
		struct bee__word word = words->list[i];
		const char *suffix = memmem(word.text, word.len, "___", 3);

		if (word.flags & BEE_WORD_OWN_TAG && suffix && suffix > word.text) {
			bee__words_mark(words, word.text, suffix - word.text, BEE_WORD_FLAVOR);
			words->has_flavors = true;
		}
	}
	if (bee__words_flags(words, "preserve_access_index") & BEE_WORD_USER)
		words->has_flavors = true;
}

/* libbpf attaches to a USDT probe only where its two maps are, whether arguments are read or not. */
static bool has_usdt(const struct header *header)
{
	static const char section[] = "\"usdt", target[] = "usdt:";

	for (size_t i = 0; i < header->files->len; i++)
		if (memmem(header->files->list[i].text, header->files->list[i].size, section,
			   sizeof(section) - 1))
			return true;
	for (size_t i = 0; i < header->opts->wishes_len; i++)
		if (!strncmp(header->opts->wishes[i].target, target, sizeof(target) - 1))
			return true;
	return false;
}

static bool has_text(const struct bee__files *files, const char *text)
{
	for (size_t i = 0; i < files->len; i++)
		if (memmem(files->list[i].text, files->list[i].size, text, strlen(text)))
			return true;
	return false;
}

/* Is __KERNEL__ defined? BCC's sources are told that they are the kernel's, libbpf's are not. */
static bool is_kernel(const struct header *header)
{
	for (size_t i = 0; i < header->opts->defines_len; i++)
		if (!strncmp(header->opts->defines[i], "__KERNEL__", strlen("__KERNEL__")))
			return true;
	if (has_text(header->files, "define __KERNEL__"))
		return true;
	return !has_text(header->files, "SEC(") && !has_text(header->files, "bpf_helpers.h");
}

static int read_words(struct header *header)
{
	const struct bee__files *files = header->files;
	int err;

	header->words.is_kernel = is_kernel(header);
	for (size_t i = 0; i < files->len; i++)
		bee__words_read(&header->words, files->list[i].text, files->list[i].size,
				BEE_WORDS_USER);
	read_defines(header);
	if (has_usdt(header))
		bee__words_mark(&header->words, USDT_MAPS, strlen(USDT_MAPS), BEE_WORD_PLAIN);
	err = take_tracepoints(header);
	if (err)
		return err;
	bee__blocks_take(&header->blocks, &header->words);
	mark_flavors(&header->words);
	return header->words.failed ? -ENOMEM : 0;
}

/* ---- the header -------------------------------------------------------------------------- */

/* A define of the caller's must not hit a member of a kernel struct that has its name. */
static void hide_defines(const struct header *header, struct bee__text *out, bool is_hidden)
{
	for (size_t i = 0; i < header->opts->defines_len; i++) {
		const char *define = header->opts->defines[i];
		int len = define_len(define);

		if (is_hidden)
			bee__text_printf(out, "#pragma push_macro(\"%.*s\")\n#undef %.*s\n", len,
					 define, len, define);
		else
			bee__text_printf(out, "#pragma pop_macro(\"%.*s\")\n", len, define);
	}
}

/* For other kernels too: offsets become relocations, and the compiler tells these enums by a mark. */
static void mark_kernel_types(const struct header *header, struct bee__text *out, bool is_begin)
{
	static const char *const lines[] = {
		"pop\n",
		"push(__attribute__((preserve_access_index)), apply_to = record)\n",
		"push(__attribute__((annotate(\"kernel\"))), apply_to = enum)\n",
	};

	if (!header->opts->is_portable)
		return;
	for (size_t i = 0; i < 2; i++)
		bee__text_printf(out, "#pragma clang attribute %s", lines[is_begin ? i + 1 : 0]);
}

static void warn_of(struct header *header, const struct bee__word *word, const char *hint)
{
	struct bee__text text = { 0 };

	bee__text_printf(&text,
			 "%.*s is that of the running kernel: the BTF of another does not tell it",
			 (int)word->len, word->text);
	bee__diag(header->bee, &(struct bee_diag){
				       .stage = BEE_STAGE_TYPES,
				       .severity = BEE_WARNING,
				       .text = text.data,
				       .hint = hint,
			       });
	bee__text_free(&text);
}

/*
 * What the types of another kernel do not tell is the running one's, which may be wrong for it. Where
 * this one has no BTF, the other file is of this one.
 */
static void warn_of_running(struct header *header)
{
	static const char version[] = "LINUX_VERSION_CODE", config[] = "CONFIG_";
	bool is_told = false;

	if (!strcmp(header->bee->btf_path, BEE_BTF_PATH) || access(BEE_BTF_PATH, F_OK))
		return;
	for (uint32_t i = 0; i < header->words.len; i++) {
		const struct bee__word *word = &header->words.list[i];
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)word->len, word->text);
		if (!(word->flags & BEE_WORD_USER) || word->flags & BEE_WORD_OWN)
			continue;
		if (!strcmp(name, version))
			warn_of(header, word, "define it: -D LINUX_VERSION_CODE=0x060100 is 6.1.0");
		if (is_told || strncmp(name, config, sizeof(config) - 1) || bee__facts_have(name))
			continue;
		warn_of(header, word, "say for each option what it is there: -D NAME, or -U NAME");
		is_told = true;
	}
}

/*
 * The verifier takes a context's member only at a constant offset from the context itself, and with
 * this attribute clang makes no other: as bpftool has it in the vmlinux.h that it writes. For other
 * kernels each member is a relocation, which does the same.
 */
static void print_contexts(const struct header *header, struct bee__text *out)
{
	static const char *const names[] = {
		"__sk_buff",       "xdp_md",      "bpf_sock",           "bpf_sock_addr",
		"bpf_sock_ops",    "bpf_sockopt", "bpf_sk_lookup",      "sk_msg_md",
		"sk_reuseport_md", "bpf_sysctl",  "bpf_cgroup_dev_ctx",
	};

	for (size_t i = 0; i < BEE_LEN(names) && !header->opts->is_portable; i++) {
		uint32_t flags = bee__words_flags(&header->words, names[i]);

		if (flags & BEE_WORD_TAG && !(flags & BEE_WORD_OWN_TAG))
			bee__text_printf(out,
					 "struct __attribute__((preserve_static_offset)) %s;\n",
					 names[i]);
	}
}

static int print_header(struct header *header, struct bee__text *out)
{
	int err;

	warn_of_running(header);
	print_contexts(header, out);
	hide_defines(header, out, true);
	mark_kernel_types(header, out, true);
	err = bee__cprint(&header->reach, out);
	mark_kernel_types(header, out, false);
	if (err)
		return bee__fail(header->bee, BEE_STAGE_TYPES, err, "cannot print kernel types: %s",
				 strerror(-err));
	bee__blocks_print_records(&header->blocks, out);
	if (header->tracepoints.data)
		bee__text_add(out, header->tracepoints.data, header->tracepoints.len);
	hide_defines(header, out, false);

	/* Offsets are this kernel's own, and exact, unless the user declares kernel structs. */
	if (!(bee__words_flags(&header->words, "__VMLINUX_H__") & BEE_WORD_OWN) &&
	    !(bee__words_flags(&header->words, "pt_regs") & BEE_WORD_OWN_TAG))
		bee__text_printf(out, "#define __VMLINUX_H__ 1\n");
	bee__text_printf(out, "#define __bee_core(x) %s\n",
			 header->words.has_flavors || header->opts->is_portable
				 ? "__builtin_preserve_access_index(x)"
				 : "(x)");
	bee__text_printf(out, "#define __bee_has_wrapper %s\n",
			 header->opts->is_portable ? "LINUX_HAS_SYSCALL_WRAPPER" : "1");
	bee__facts_print(&header->words, &header->btf, header->opts->is_portable, out);
	if (!header->opts->is_portable)
		bee__cast_print(header->bee, &header->words, &header->btf, out);
	bee__blocks_print(&header->blocks, &header->words, &header->reach, out);
	for (size_t i = 0; i < header->opts->undefines_len; i++)
		bee__text_printf(out, "#undef %s\n", header->opts->undefines[i]);
	if (out->failed)
		return -ENOMEM;
	bee__conditions_warn(header->bee, &header->words, out->data);
	return 0;
}

/* What no BTF tells may be a struct of headers for programs; in there may be some of BTF's. */
static int find_records(struct header *header, size_t added)
{
	int err = 0;

	while (!err && (added || bee__blocks_take_records(&header->blocks, &header->words))) {
		added = 0;
		bee__reach_free(&header->reach);
		err = bee__reach_find(&header->btf, &header->words, &header->reach);
	}
	return err;
}

/* What vmlinux lacks may be a module's, loaded or not, whose types then are looked at too. */
static int find_types(struct header *header)
{
	const char *path = header->bee->btf_path;
	size_t added = 0;
	int err;

	err = bee__rawbtf_open(header->bee, path, &header->btf);
	err = err ?: bee__reach_find(&header->btf, &header->words, &header->reach);
	err = err ?: bee__modules_add(&header->btf, path, &header->words, &added);
	err = err ?: find_records(header, added);
	added = 0;
	err = err
		      ?: bee__modfiles_add(header->bee, &header->btf, header->files, header->opts,
					   &header->words, &added);
	return err ?: find_records(header, added);
}

static int make_header(struct header *header, struct bee__text *out)
{
	int err;

	err = read_words(header);
	err = err ?: find_types(header);
	return err ?: print_header(header, out);
}

int bee__types(struct bee *bee, const struct bee__files *files, const struct bee_load_opts *opts,
	       struct bee__text *ret_header)
{
	struct header header = { .bee = bee, .files = files, .opts = opts };
	struct bee__text out = { 0 };
	int err;

	err = make_header(&header, &out);
	bee__reach_free(&header.reach);
	bee__rawbtf_close(&header.btf);
	bee__blocks_free(&header.blocks);
	bee__words_free(&header.words);
	bee__text_free(&header.tracepoints);
	if (err) {
		bee__text_free(&out);
		return err;
	}
	*ret_header = out;
	return 0;
}
