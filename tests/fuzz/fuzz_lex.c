/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary text as C: its tokens lie in it, one behind the other, and its words are found. */
#include "fuzz.h"
#include "words.h"

static void read_tokens(const char *text, size_t size)
{
	const char *at = text, *end = text + size;
	struct bee__lexer lexer;
	struct bee__token token;

	bee__lex_start(&lexer, text, size);
	do {
		token = bee__lex_next(&lexer);
		require(token.text >= at && token.text <= end && token.len <= end - token.text);
		require(token.len || token.kind == BEE_TOKEN_END ||
			token.kind == BEE_TOKEN_DIRECTIVE || token.kind == BEE_TOKEN_DIRECTIVE_END);
		at = token.text + token.len;
	} while (token.kind != BEE_TOKEN_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bee__words words = { 0 };

	read_tokens((const char *)data, size);
	for (int mode = BEE_WORDS_USER; mode <= BEE_WORDS_FORWARD; mode++)
		bee__words_read(&words, (const char *)data, size, mode);
	for (uint32_t i = 0; i < words.len; i++)
		require(words.list[i].len && words.list[i].text >= (const char *)data &&
			words.list[i].text + words.list[i].len <= (const char *)data + size);
	bee__words_free(&words);
	return 0;
}
