// SPDX-License-Identifier: Apache-2.0
/* The table of the names in a source. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

static uint32_t hash_of(const char *text, uint32_t len)
{
	uint32_t hash = 2166136261u;

	for (uint32_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}

/* Of the first four characters: most of BTF's names are told apart without reading more. */
static uint32_t filter_bit(const char *text, uint32_t len)
{
	uint32_t bit = 0;

	for (uint32_t i = 0; i < len && i < 4; i++)
		bit = bit * 67 + (unsigned char)text[i];
	return bit & 0xffff;
}

static uint32_t *find_slot(const struct bee__words *words, const char *text, uint32_t len,
			   uint32_t hash)
{
	uint32_t at = hash & (words->slots_len - 1);

	for (; words->slots[at]; at = (at + 1) & (words->slots_len - 1)) {
		const struct bee__word *word = &words->list[words->slots[at] - 1];

		if (word->hash == hash && word->len == len && !memcmp(word->text, text, len))
			break;
	}
	return &words->slots[at];
}

static bool grow(struct bee__words *words)
{
	uint32_t room = words->room ? words->room * 2 : 512;
	struct bee__word *list;

	list = realloc(words->list, room * sizeof(*list));
	if (!list)
		return false;
	words->list = list;
	words->room = room;

	free(words->slots);
	words->slots_len = room * 2;
	words->slots = calloc(words->slots_len, sizeof(*words->slots));
	if (!words->slots) {
		words->slots_len = 0;
		return false;
	}
	for (uint32_t i = 0; i < words->len; i++)
		*find_slot(words, list[i].text, list[i].len, list[i].hash) = i + 1;
	return true;
}

void bee__words_mark(struct bee__words *words, const char *text, uint32_t len, uint32_t flags)
{
	uint32_t hash = hash_of(text, len);
	uint32_t bit = filter_bit(text, len);
	uint32_t *slot;

	if (!words->failed && words->len == words->room)
		words->failed = !grow(words);
	if (words->failed)
		return;
	slot = find_slot(words, text, len, hash);
	if (!*slot) {
		words->list[words->len] = (struct bee__word){ text, len, hash, 0 };
		*slot = ++words->len;
		words->filter[bit / 64] |= 1ull << bit % 64;
	}
	words->list[*slot - 1].flags |= flags;
}

struct bee__word *bee__words_find(const struct bee__words *words, const char *name)
{
	uint32_t len = strlen(name);
	uint32_t *slot;

	if (!words->slots_len)
		return NULL;
	slot = find_slot(words, name, len, hash_of(name, len));
	return *slot ? &words->list[*slot - 1] : NULL;
}

uint32_t bee__words_flags(const struct bee__words *words, const char *name)
{
	uint32_t bit = filter_bit(name, strnlen(name, 4));
	const struct bee__word *word;

	if (!(words->filter[bit / 64] >> bit % 64 & 1))
		return 0;
	word = bee__words_find(words, name);
	return word ? word->flags : 0;
}

bool bee__words_make(const struct bee__words *words, const char *name)
{
	for (size_t i = 0; i < words->prefixes_len; i++) {
		const struct bee__token *prefix = &words->prefixes[i];

		const char *rest = name + prefix->len;

		/* Numbers are no words: each may be meant. */
		if (!strncmp(name, prefix->text, prefix->len) &&
		    (isdigit(*rest) || bee__words_flags(words, rest) & BEE_WORD_USER))
			return true;
	}
	return false;
}

bool bee__words_has_member(const struct bee__words *words, const char *name)
{
	return bee__words_flags(words, name) & (BEE_WORD_MEMBER | BEE_WORD_USER);
}

void bee__words_free(struct bee__words *words)
{
	free(words->list);
	free(words->slots);
	free(words->tracepoints);
	free(words->conditions);
	while (words->made_len)
		free(words->made[--words->made_len]);
	memset(words, 0, sizeof(*words));
}
