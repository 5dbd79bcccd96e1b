/* SPDX-License-Identifier: Apache-2.0 */
/* C source as a run of tokens, before the preprocessor: enough to see which names it holds. */
#ifndef BEE_LEX_H
#define BEE_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bee__token_kind {
	BEE_TOKEN_END,
	BEE_TOKEN_NAME,
	BEE_TOKEN_NUMBER,
	BEE_TOKEN_STRING,	 /* or a character constant */
	BEE_TOKEN_PUNCT,	 /* one character, but "->" is one token too */
	BEE_TOKEN_DIRECTIVE,	 /* the word behind #; what follows on the line are tokens */
	BEE_TOKEN_DIRECTIVE_END, /* the end of that line */
};

struct bee__token {
	enum bee__token_kind kind;
	char punct;		/* of PUNCT; '>' stands for "->" when len is 2 */
	unsigned int line;
	uint32_t len;
	const char *text;	/* in the source: not NUL-terminated */
};

struct bee__lexer {
	const char *at, *end;
	const char *file;	/* by the last #line; not NUL-terminated */
	uint32_t file_len;
	unsigned int line;
	bool in_directive;
	bool is_line_start;
};

void bee__lex_start(struct bee__lexer *lexer, const char *text, size_t size);
/* The next token. Comments, #include, #pragma and #error lines are passed over; #line is obeyed. */
struct bee__token bee__lex_next(struct bee__lexer *lexer);

bool bee__token_is(const struct bee__token *token, const char *word);

#endif
