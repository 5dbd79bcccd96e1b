// SPDX-License-Identifier: Apache-2.0
/* Looking up hooks by the words that users have for them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hook.h"

static bool is_word(const char *word, const char *text, size_t len)
{
	return word && strlen(word) == len && !strncmp(word, text, len);
}

/* Does the target end in this word, behind a colon? */
static bool ends_in(const char *target, const char *kind)
{
	const char *last = strrchr(target, ':');

	return last && !strcmp(last + 1, kind);
}

const struct bee__hook *bee__hook_by_target(const char *target, const char **ret_rest)
{
	size_t len = strcspn(target, ":");

	for (size_t i = 0; i < bee__hooks_len; i++) {
		const struct bee__hook *hook = &bee__hooks[i];
		bool is_named = is_word(hook->name, target, len) &&
				(!hook->kind || ends_in(target, hook->kind));

		if (!is_named && !is_word(hook->alias, target, len) &&
		    !is_word(hook->sec, target, len))
			continue;
		*ret_rest = target + len + (target[len] == ':');
		return hook;
	}
	return NULL;
}

bool bee__hook_completes(const struct bee__hook *hook, const char *target, const char **ret_rest)
{
	size_t len = strcspn(target, ":");

	for (size_t i = 0; i < bee__hooks_len; i++) {
		const struct bee__hook *row = &bee__hooks[i];

		if (!row->kind || (hook && row != hook) || !is_word(row->name, target, len))
			continue;
		*ret_rest = target + len + (target[len] == ':');
		return true;
	}
	return false;
}

/* The length of the words that text begins with, "xdp/devmap"; 0: it begins with others. */
static size_t match_words(const char *words, const char *text)
{
	size_t len = words ? strlen(words) : 0;

	return len && !strncmp(text, words, len) && (!text[len] || text[len] == '/') ? len : 0;
}

const struct bee__hook *bee__hook_by_section(const char *sec, const char **ret_rest)
{
	const struct bee__hook *best = NULL;
	size_t best_len = 0;

	if (*sec == '?') /* libbpf's mark for "not loaded unless asked for" */
		sec++;
	for (size_t i = 0; i < bee__hooks_len; i++) {
		size_t len = match_words(bee__hooks[i].sec, sec)
				     ?: match_words(bee__hooks[i].alias, sec);

		if (len <= best_len || (bee__hooks[i].is_bare && sec[len]))
			continue;
		best = &bee__hooks[i];
		best_len = len;
	}
	if (best)
		*ret_rest = sec + best_len + (sec[best_len] == '/');
	return best;
}

const struct bee__hook *bee__hook_by_name(const char *name, const char **ret_rest)
{
	for (size_t i = 0; i < bee__hooks_len; i++) {
		const char *prefix = bee__hooks[i].prefix;

		if (!prefix || strncmp(name, prefix, strlen(prefix)))
			continue;
		*ret_rest = name + strlen(prefix);
		return &bee__hooks[i];
	}
	return NULL;
}

const struct bee__hook *bee__hook_by_context(const char *ctx)
{
	for (size_t i = 0; i < bee__hooks_len; i++)
		if (bee__hooks[i].ctx && !strcmp(bee__hooks[i].ctx, ctx))
			return &bee__hooks[i];
	return NULL;
}

static int fits(int len, size_t size)
{
	return len >= 0 && (size_t)len < size ? 0 : -ENAMETOOLONG;
}

int bee__hook_section(const struct bee__hook *hook, const char *rest, char *buf, size_t size)
{
	size_t first = strcspn(rest, ":");

	if (hook->is_bare || !*rest)
		return fits(snprintf(buf, size, "%s", hook->sec), size);
	if (hook->takes_place)
		return fits(snprintf(buf, size, "%s/%.*s", hook->sec, (int)first, rest), size);
	if (!hook->splits || !rest[first])
		return fits(snprintf(buf, size, "%s/%s", hook->sec, rest), size);
	return fits(
		snprintf(buf, size, "%s/%.*s/%s", hook->sec, (int)first, rest, rest + first + 1),
		size);
}

int bee__hook_section_of_name(const struct bee__hook *hook, const char *rest, char *buf,
			      size_t size)
{
	static const char vmlinux[] = "vmlinux__"; /* BCC's word for "in no module" */
	const char *second = strstr(rest, "__");

	if (hook->args == BEE_ARGS_ARRAY && !strncmp(rest, vmlinux, strlen(vmlinux)))
		rest += strlen(vmlinux);
	if (!hook->splits || !second)
		return fits(snprintf(buf, size, "%s/%s", hook->sec, rest), size);
	return fits(snprintf(buf, size, "%s/%.*s/%s", hook->sec, (int)(second - rest), rest,
			     second + 2),
		    size);
}

int bee__hook_target(const char *sec, char *buf, size_t size)
{
	const char *rest, *slash;
	const struct bee__hook *hook = bee__hook_by_section(sec, &rest);

	if (!hook || !*rest)
		return -ENOENT;
	slash = hook->splits ? strchr(rest, '/') : NULL;
	if (!slash)
		return fits(snprintf(buf, size, "%s:%s", hook->name, rest), size);
	return fits(
		snprintf(buf, size, "%s:%.*s:%s", hook->name, (int)(slash - rest), rest, slash + 1),
		size);
}
