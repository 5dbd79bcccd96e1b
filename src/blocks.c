// SPDX-License-Identifier: Apache-2.0
/* Picking from the prelude, by the words of a source. */
#include "blocks.h"
#include "internal.h"
#include "prelude.h"

/*
 * A name of the prelude that stands for another one: __bee_if_lookup is needed in a block only if
 * the user's text has the word lookup.
 */
#define IF_PREFIX "__bee_if_"

static int compare_name(const void *key, const void *row)
{
	const struct bee__word *word = key;
	const char *name = bee__prelude_name(row);
	int order = strncmp(word->text, name, word->len);

	return order ? order : name[word->len] ? -1 : 0;
}

static const struct bee__prelude_name *find_name(const struct bee__word *word)
{
	return bsearch(word, bee__prelude_names, bee__prelude_names_len,
		       sizeof(*bee__prelude_names), compare_name);
}

/* A helper's prototype names structs that it needs no more of than their names. */
static bool is_prototype(const char *block)
{
	return *block != '#' && strstr(block, " = (void *)");
}

/* What a helper returns a pointer to may be looked into where it is called. */
static void mark_result(struct bee__words *words, const char *block)
{
	static const char start[] = "static struct ";
	const char *name = block + sizeof(start) - 1;

	if (!strncmp(block, start, sizeof(start) - 1))
		bee__words_mark(words, name, strcspn(name, " *"), BEE_WORD_TAG);
}

/* A macro without parameters, which may hit any use of its name; NULL, or what it stands for. */
static const char *plain_macro_value(const char *block, const char *name)
{
	static const char define[] = "#define ";
	size_t len = strlen(name);

	if (strncmp(block, define, sizeof(define) - 1))
		return NULL;
	block += sizeof(define) - 1;
	return !strncmp(block, name, len) && block[len] == ' ' ? block + len + 1 : NULL;
}

/* "struct rcu_head", which is a macro: what it stands for is the tag. */
static void mark_alias(struct bee__words *words, uint32_t index, const char *block,
		       const char *name)
{
	const char *value = plain_macro_value(block, name);

	if (value && words->list[index].flags & BEE_WORD_TAG)
		bee__words_mark(words, value, strcspn(value, "\n"), BEE_WORD_TAG);
}

/* __bee_if_X of a source without X. */
static bool is_unasked(const struct bee__words *words, const struct bee__word *word)
{
	size_t skip = sizeof(IF_PREFIX) - 1;
	char name[64];

	if (word->len <= skip || memcmp(word->text, IF_PREFIX, skip))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(word->len - skip), word->text + skip);
	return !(bee__words_flags(words, name) & BEE_WORD_USER);
}

/* Does a block define the struct or enum of a name? */
static bool is_record(const char *block, const char *name)
{
	size_t len = strlen(name);

	block += strncmp(block, "struct ", 7) ? strncmp(block, "enum ", 5) ? 0 : 5 : 7;
	return !strncmp(block, name, len) && !strncmp(block + len, " {", 2);
}

/* The user's own definition wins, and so does his own member or variable over a plain macro. */
static bool is_users_own(const struct bee__word *word, const struct bee__prelude_name *name)
{
	const char *block = bee__prelude_block(name->block);
	bool is_plain = plain_macro_value(block, bee__prelude_name(name));

	if (word->flags & BEE_WORD_OWN)
		return true;
	if (word->flags & BEE_WORD_OWN_TAG &&
	    (is_plain || is_record(block, bee__prelude_name(name))))
		return true;
	/* In "struct rcu_head rcu_head;" the macro may hit both. */
	return word->flags & BEE_WORD_OWN_LOCAL && !(word->flags & BEE_WORD_TAG) &&
	       strncmp(bee__prelude_name(name), "__", 2) && is_plain;
}

/* Names of the prelude that the user's macros put together. */
static void mark_made(struct bee__words *words)
{
	for (size_t i = 0; words->prefixes_len && i < bee__prelude_names_len; i++) {
		const char *name = bee__prelude_name(&bee__prelude_names[i]);

		if (bee__words_make(words, name))
			bee__words_mark(words, name, strlen(name), BEE_WORD_PLAIN);
	}
}

void bee__blocks_take(struct bee__blocks *blocks, struct bee__words *words)
{
	mark_made(words);
	blocks->is_taken = calloc(bee__prelude_blocks_len, sizeof(*blocks->is_taken));
	if (!blocks->is_taken) {
		words->failed = true;
		return;
	}
	for (uint32_t i = 0; i < words->len; i++) {
		const struct bee__prelude_name *name = find_name(&words->list[i]);
		const char *block;

		if (!name || name->block >= bee__prelude_first_record ||
		    blocks->is_taken[name->block] || is_users_own(&words->list[i], name) ||
		    is_unasked(words, &words->list[i]))
			continue;
		blocks->is_taken[name->block] = true;
		block = bee__prelude_block(name->block);
		bee__words_read(words, block, strlen(block),
				is_prototype(block) ? BEE_WORDS_FORWARD : BEE_WORDS_PRELUDE);
		if (is_prototype(block))
			mark_result(words, block);
		mark_alias(words, i, block, bee__prelude_name(name));
		if (is_record(block, bee__prelude_name(name)))
			words->list[i].flags |= BEE_WORD_TAG_IN_BTF; /* nor in modules */
	}
}

size_t bee__blocks_take_records(struct bee__blocks *blocks, struct bee__words *words)
{
	size_t taken = 0;

	for (uint32_t i = 0, len = words->len; i < len; i++) {
		uint32_t flags = words->list[i].flags;
		const struct bee__prelude_name *name;
		const char *block;

		if (!(flags & BEE_WORD_TAG) || flags & (BEE_WORD_OWN_TAG | BEE_WORD_TAG_IN_BTF))
			continue;
		name = find_name(&words->list[i]);
		if (!name || name->block < bee__prelude_first_record ||
		    blocks->is_taken[name->block])
			continue;
		blocks->is_taken[name->block] = true;
		words->list[i].flags |= BEE_WORD_TAG_IN_BTF; /* no one need look for it there */
		taken++;
		block = bee__prelude_block(name->block);
		bee__words_read(words, block, strlen(block), BEE_WORDS_PRELUDE);
	}
	return taken;
}

static void print_blocks(const struct bee__blocks *blocks, size_t from, size_t to,
			 struct bee__text *out)
{
	for (size_t i = from; i < to; i++)
		if (blocks->is_taken[i])
			bee__text_add(out, bee__prelude_block(i), strlen(bee__prelude_block(i)));
}

void bee__blocks_print_records(const struct bee__blocks *blocks, struct bee__text *out)
{
	print_blocks(blocks, bee__prelude_first_record, bee__prelude_blocks_len, out);
}

/* Has one of the records that the source may look into a member of this name? */
static bool is_kernel_member(const struct bee__reach *reach, const char *name)
{
	for (uint32_t i = 0; i < reach->len; i++) {
		const struct btf_type *type = bee__btf_type(reach->btf, reach->list[i]);
		const struct btf_member *member = bee__btf_members(type);

		if (!bee__btf_is_record(type) || !(reach->marks[reach->list[i]] & BEE_MARK_OPEN))
			continue;
		for (uint32_t k = 0; k < bee__btf_vlen(type); k++)
			if (!strcmp(bee__btf_name(reach->btf, member[k].name_off), name))
				return true;
	}
	return false;
}

/* Is a word's block to be left out for what BTF has? */
static bool is_in_btf(const struct bee__reach *reach, const struct bee__word *word,
		      const struct bee__prelude_name *name)
{
	const char *value =
		plain_macro_value(bee__prelude_block(name->block), bee__prelude_name(name));

	if (word->flags & (BEE_WORD_IN_BTF | BEE_WORD_TAG_IN_BTF))
		return value != NULL;
	/* "sk_state" for "__sk_common.skc_state", on kernels where it is no member by itself. */
	return value && value[strcspn(value, "( .")] == '.' &&
	       is_kernel_member(reach, bee__prelude_name(name));
}

void bee__blocks_print(const struct bee__blocks *blocks, const struct bee__words *words,
		       const struct bee__reach *reach, struct bee__text *out)
{
	for (uint32_t i = 0; i < words->len; i++) {
		const struct bee__word *word = &words->list[i];
		const struct bee__prelude_name *name;

		if (word->flags & BEE_WORD_FORWARD)
			bee__text_printf(out, "struct %.*s;\n", (int)word->len, word->text);
		name = find_name(word);
		if (!name)
			continue;
		if (is_unasked(words, word))
			bee__text_printf(out, "#define %s(part, N)\n", bee__prelude_name(name));
		else if (is_in_btf(reach, word, name))
			blocks->is_taken[name->block] = false;
	}
	print_blocks(blocks, 0, bee__prelude_first_record, out);
}

bool bee__blocks_have(const char *name)
{
	const struct bee__word word = { .text = name, .len = strlen(name) };

	return find_name(&word);
}

bool bee__blocks_define(const char *name)
{
	const struct bee__word word = { .text = name, .len = strlen(name) };
	const struct bee__prelude_name *found = find_name(&word);
	char start[160];

	snprintf(start, sizeof(start), "#define %s(", name);
	return found && strstr(bee__prelude_block(found->block), start);
}

static int compare_start(const void *key, const void *row)
{
	const struct bee__word *start = key;

	return strncmp(start->text, bee__prelude_name(row), start->len);
}

size_t bee__blocks_count_family(const char *start, size_t len)
{
	const struct bee__word word = { .text = start, .len = len };
	const struct bee__prelude_name *end = bee__prelude_names + bee__prelude_names_len;
	const struct bee__prelude_name *first, *last;

	first = bsearch(&word, bee__prelude_names, bee__prelude_names_len, sizeof(*first),
			compare_start);
	if (!first)
		return 0;
	for (last = first + 1; last < end && !compare_start(&word, last); last++)
		;
	while (first > bee__prelude_names && !compare_start(&word, first - 1))
		first--;
	return last - first;
}

void bee__blocks_free(struct bee__blocks *blocks)
{
	free(blocks->is_taken);
	blocks->is_taken = NULL;
}
