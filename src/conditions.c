// SPDX-License-Identifier: Apache-2.0
/*
 * Names in #if and #ifdef that the kernel's headers may define, and the virtual header does not. The
 * compiler takes them for undefined without a word, and the wrong half of the source is compiled.
 */
#include <ctype.h>

#include "blocks.h"
#include "conditions.h"
#include "internal.h"

#define FAMILY_MIN 5 /* fewer names that begin alike are no family of the kernel's */

/* What kernels once had, and sources still ask for: that these are undefined is right. */
static const char *const gone[] = { "REQ_WRITE", "REQ_OP_SHIFT", "INIT_PID_LINK" };

static bool is_gone(const char *name)
{
	for (size_t i = 0; i < BEE_LEN(gone); i++)
		if (!strcmp(name, gone[i]))
			return true;
	return false;
}

/* Is a name written as the kernel writes those of its constants, and akin to some of them? */
static bool looks_known(const struct bee__token *name)
{
	const char *end = memchr(name->text, '_', name->len);

	for (uint32_t i = 0; i < name->len; i++)
		if (!isupper(name->text[i]) && !isdigit(name->text[i]) && name->text[i] != '_')
			return false;
	return end && end > name->text &&
	       bee__blocks_count_family(name->text, end + 1 - name->text) >= FAMILY_MIN;
}

/* Has the header a line that defines the name, or says that it is undefined? */
static bool is_settled(const struct bee__token *name, const char *header)
{
	static const char *const directives[] = { "#define ", "#undef " };

	for (size_t i = 0; i < BEE_LEN(directives); i++) {
		for (const char *at = header; (at = strstr(at, directives[i]));) {
			at += strlen(directives[i]);
			if (!strncmp(at, name->text, name->len) && !isalnum(at[name->len]) &&
			    at[name->len] != '_')
				return true;
		}
	}
	return false;
}

static void warn(struct bee *bee, const struct bee__word_condition *condition)
{
	struct bee__text text = { 0 }, file = { 0 };

	bee__text_printf(&text, "nothing is known of '%.*s': the condition takes it for undefined",
			 (int)condition->name.len, condition->name.text);
	bee__text_add(&file, condition->file ? condition->file : "", condition->file_len);
	bee__diag(bee, &(struct bee_diag){
			       .stage = BEE_STAGE_TYPES,
			       .severity = BEE_WARNING,
			       .file = file.data,
			       .line = condition->name.line,
			       .text = text.data,
			       .hint = "if this kernel's headers define it, define it too",
		       });
	bee__text_free(&text);
	bee__text_free(&file);
}

static bool is_first(const struct bee__words *words, size_t index)
{
	const struct bee__token *name = &words->conditions[index].name;

	for (size_t i = 0; i < index; i++)
		if (words->conditions[i].name.len == name->len &&
		    !memcmp(words->conditions[i].name.text, name->text, name->len))
			return false;
	return true;
}

void bee__conditions_warn(struct bee *bee, const struct bee__words *words, const char *header)
{
	/* An enumerator is no macro: that the condition is false is what C says. */
	const uint32_t settled = BEE_WORD_OWN | BEE_WORD_DEFINED | BEE_WORD_IN_BTF;

	for (size_t i = 0; i < words->conditions_len; i++) {
		const struct bee__word_condition *condition = &words->conditions[i];
		char name[128];

		snprintf(name, sizeof(name), "%.*s", (int)condition->name.len,
			 condition->name.text);
		if (bee__words_flags(words, name) & settled ||
		    !strncmp(name, "CONFIG_", strlen("CONFIG_")) || is_gone(name) ||
		    !is_first(words, i) || !looks_known(&condition->name) ||
		    is_settled(&condition->name, header))
			continue;
		warn(bee, condition);
	}
}
