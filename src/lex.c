// SPDX-License-Identifier: Apache-2.0
/* C source as a run of tokens. */
#include <string.h>

#include "lex.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static bool is_name(char c)
{
	return is_name_start(c) || is_digit(c);
}

bool bee__token_is(const struct bee__token *token, const char *word)
{
	return token->kind == BEE_TOKEN_NAME && !strncmp(token->text, word, token->len) &&
	       !word[token->len];
}

void bee__lex_start(struct bee__lexer *lexer, const char *text, size_t size)
{
	*lexer = (struct bee__lexer){
		.at = text,
		.end = text + size,
		.file = "",
		.line = 1,
		.is_line_start = true,
	};
}

static char peek(const struct bee__lexer *lexer, size_t ahead)
{
	return lexer->at + ahead < lexer->end ? lexer->at[ahead] : '\0';
}

/* The length of a line's end that a backslash takes away, or 0. */
static size_t spliced_len(const struct bee__lexer *lexer)
{
	if (peek(lexer, 0) != '\\')
		return 0;
	if (peek(lexer, 1) == '\n')
		return 2;
	return peek(lexer, 1) == '\r' && peek(lexer, 2) == '\n' ? 3 : 0;
}

static void skip_block_comment(struct bee__lexer *lexer)
{
	lexer->at += 2;
	while (lexer->at < lexer->end && !(peek(lexer, 0) == '*' && peek(lexer, 1) == '/'))
		lexer->line += *lexer->at++ == '\n';
	lexer->at += lexer->end - lexer->at < 2 ? lexer->end - lexer->at : 2;
}

/* Go to the end of the logical line, which is not passed. */
static void skip_line(struct bee__lexer *lexer)
{
	while (lexer->at < lexer->end && *lexer->at != '\n') {
		size_t spliced = spliced_len(lexer);

		lexer->line += spliced > 0;
		if (!spliced && peek(lexer, 0) == '/' && peek(lexer, 1) == '*')
			skip_block_comment(lexer);
		else
			lexer->at += spliced ? spliced : 1;
	}
}

/* Pass blanks, comments and spliced line ends, and the ends of lines outside directives. */
static void skip_blanks(struct bee__lexer *lexer)
{
	while (lexer->at < lexer->end) {
		char c = *lexer->at;
		size_t spliced = spliced_len(lexer);

		if (spliced) {
			lexer->at += spliced;
			lexer->line++;
		} else if (is_space(c)) {
			lexer->at++;
		} else if (c == '\n' && !lexer->in_directive) {
			lexer->at++;
			lexer->line++;
			lexer->is_line_start = true;
		} else if (c == '/' && peek(lexer, 1) == '*') {
			skip_block_comment(lexer);
		} else if (c == '/' && peek(lexer, 1) == '/') {
			while (lexer->at < lexer->end && *lexer->at != '\n')
				lexer->at++;
		} else {
			return;
		}
	}
}

/* A string or character constant; one that is not closed ends with its line. */
static void skip_string(struct bee__lexer *lexer)
{
	char quote = *lexer->at++;

	while (lexer->at < lexer->end && *lexer->at != quote && *lexer->at != '\n') {
		size_t spliced = spliced_len(lexer);

		lexer->line += spliced > 0;
		if (!spliced)
			spliced = *lexer->at == '\\' && peek(lexer, 1) != '\n' ? 2 : 1;
		lexer->at += spliced;
	}
	if (lexer->at >= lexer->end)
		lexer->at = lexer->end;
	else if (*lexer->at == quote)
		lexer->at++;
}

static void read_line_directive(struct bee__lexer *lexer)
{
	unsigned int line = 0;

	skip_blanks(lexer);
	for (; is_digit(peek(lexer, 0)); lexer->at++)
		line = line * 10 + (*lexer->at - '0');
	skip_blanks(lexer);
	if (peek(lexer, 0) == '"') {
		lexer->file = lexer->at + 1;
		skip_string(lexer);
		lexer->file_len = lexer->at - lexer->file - (lexer->at > lexer->file);
	}
	skip_line(lexer);
	lexer->line = line - 1; /* the end of this line makes it what the directive says */
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(text, word, len);
}

/* Behind a #: true when the rest of the line is worth reading. */
static bool start_directive(struct bee__lexer *lexer, struct bee__token *token)
{
	static const char *const passed[] = { "include", "include_next", "import", "pragma",
					      "error",   "warning",      "" };

	lexer->in_directive = true;
	skip_blanks(lexer);
	token->kind = BEE_TOKEN_DIRECTIVE;
	token->line = lexer->line;
	token->text = lexer->at;
	while (is_name(peek(lexer, 0)) && !is_digit(peek(lexer, 0)))
		lexer->at++;
	token->len = lexer->at - token->text;
	if (is_word(token->text, token->len, "line")) {
		read_line_directive(lexer);
		lexer->in_directive = false;
		return false;
	}
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
		if (!is_word(token->text, token->len, passed[i]))
			continue;
		skip_line(lexer);
		lexer->in_directive = false;
		return false;
	}
	return true;
}

static void read_word(struct bee__lexer *lexer, struct bee__token *token)
{
	char c = *lexer->at;

	if (is_name_start(c)) {
		token->kind = BEE_TOKEN_NAME;
		while (is_name(peek(lexer, 0)))
			lexer->at++;
	} else if (is_digit(c)) {
		token->kind = BEE_TOKEN_NUMBER;
		while (is_name(peek(lexer, 0)) || peek(lexer, 0) == '.')
			lexer->at++;
	} else if (c == '"' || c == '\'') {
		token->kind = BEE_TOKEN_STRING;
		skip_string(lexer);
	} else {
		token->kind = BEE_TOKEN_PUNCT;
		token->punct = c == '-' && peek(lexer, 1) == '>' ? '>' : c;
		lexer->at += token->punct == c ? 1 : 2;
	}
	token->len = lexer->at - token->text;
}

struct bee__token bee__lex_next(struct bee__lexer *lexer)
{
	struct bee__token token;

	for (;;) {
		token = (struct bee__token){ .kind = BEE_TOKEN_END };
		skip_blanks(lexer);
		token.line = lexer->line;
		token.text = lexer->at;
		if (lexer->in_directive && (lexer->at == lexer->end || *lexer->at == '\n')) {
			lexer->in_directive = false;
			token.kind = BEE_TOKEN_DIRECTIVE_END;
			return token;
		}
		if (lexer->at == lexer->end)
			return token;
		if (*lexer->at != '#' || !lexer->is_line_start)
			break;
		lexer->at++;
		lexer->is_line_start = false;
		if (start_directive(lexer, &token))
			return token;
	}
	lexer->is_line_start = false;
	read_word(lexer, &token);
	return token;
}
