// SPDX-License-Identifier: Apache-2.0
/* Of many names, the few that are nearest to one that there is not. */
#include "internal.h"

#define LOOKED_AT 64 /* letters */

/* How many letters must be put in, taken out or changed to make b, of b_len letters, of a. */
static unsigned int distance(const char *a, const char *b, unsigned int b_len)
{
	unsigned int row[LOOKED_AT + 1];

	for (unsigned int k = 0; k <= b_len; k++)
		row[k] = k;
	for (unsigned int i = 1; a[i - 1] && i <= LOOKED_AT; i++) {
		unsigned int corner = row[0];

		row[0] = i;
		for (unsigned int k = 1; k <= b_len; k++) {
			unsigned int change = corner + (a[i - 1] != b[k - 1]);

			corner = row[k];
			row[k] = (row[k] < row[k - 1] ? row[k] : row[k - 1]) + 1;
			if (change < row[k])
				row[k] = change;
		}
	}
	return row[b_len];
}

void bee__near_begin(struct bee__near *near, const char *word)
{
	size_t len = strcspn(word, "*?");

	*near = (struct bee__near){ .is_start = word[len] != '\0' };
	if (len >= sizeof(near->word))
		len = sizeof(near->word) - 1;
	memcpy(near->word, word, len);
	near->len = len;
}

const char *bee__tail(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

/* How far a name is off; at most the limit counts. What begins with the word is one step off. */
static unsigned int far_of(const struct bee__near *near, const char *name, unsigned int limit)
{
	size_t len = strnlen(name, LOOKED_AT);

	if (near->len >= near->start_len && !strncmp(name, near->word, near->len))
		return 1;
	if (near->is_start && len > near->len)
		len = near->len;
	if ((len > near->len ? len - near->len : near->len - len) > limit)
		return limit + 1;
	return distance(near->word, name, len);
}

void bee__near_add(struct bee__near *near, const char *name)
{
	unsigned int limit = near->len / 3, far;
	size_t at;

	if (!near->len || strlen(name) >= sizeof(near->names[0]))
		return;
	far = far_of(near, near->by_tail ? bee__tail(name) : name, limit);
	if (far > limit)
		return;
	for (at = 0; at < near->found; at++) {
		if (!strcmp(near->names[at], name))
			return;
		if (far < near->far[at])
			break;
	}
	if (at == BEE_LEN(near->names))
		return;
	near->found += near->found < BEE_LEN(near->names);
	for (size_t i = near->found - 1; i > at; i--) {
		strcpy(near->names[i], near->names[i - 1]);
		near->far[i] = near->far[i - 1];
	}
	strcpy(near->names[at], name);
	near->far[at] = far;
}

void bee__near_print(const struct bee__near *near, const char *before, struct bee__text *out)
{
	size_t found = near->found;

	/* Beside one that is very near, what is farther is not meant. */
	while (found && near->far[found - 1] > 2 * near->far[0])
		found--;
	for (size_t i = 0; i < found; i++)
		bee__text_printf(out, "%s'%s%s'",
				 !i              ? "did you mean "
				 : i + 1 < found ? ", "
						 : " or ",
				 before, near->names[i]);
	if (found)
		bee__text_add(out, "?", 1);
}

void bee__hint_near(struct bee *bee, const struct bee__near *near, const char *before)
{
	struct bee__text text = { 0 };

	bee__near_print(near, before, &text);
	if (text.data)
		bee__hint(bee, "%s", text.data);
	bee__text_free(&text);
}
