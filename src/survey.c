// SPDX-License-Identifier: Apache-2.0
/*
 * Reading a text for its words: which names are used, and which does the user define?
 *
 * No parser is needed for that. Two neighbours of a name, the depth of braces and parentheses, and
 * what the open braces belong to tell a definition from a use in all but contrived sources; where
 * this guesses wrong, the compiler says "redefinition" or "undeclared" at the user's line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "facts.h"

#define MAX_NESTING 63

struct survey {
	struct bee__words *words;
	enum bee__words_mode mode;
	struct bee__lexer lexer;
	struct bee__token earlier, before, token, after;
	struct bee__token macro;    /* name of the call whose arguments are being read */
	struct bee__token category; /* first argument of TRACEPOINT_PROBE */
	struct bee__token unless;   /* of the last #ifndef */
	int argument;               /* of macro, from 0 */
	int braces, parens;
	uint64_t records;      /* bit: the brace of this depth opened a struct or union */
	int enum_depth;        /* of the enum body being read; 0: none */
	int typedef_depth;     /* of the typedef being read; -1: none */
	int conditions;        /* open #if */
	int dead;              /* of these, the one whose text is not compiled; 0: none */
	uint64_t holds, fails; /* bits: what is known of the open #if of this depth */
	int guards;            /* of these, the one around a whole file */
	int directives;        /* seen so far */
	bool is_define;        /* the next token is what #define defines */
	bool in_directive;
	bool in_condition;    /* of #if, #ifdef or #elif */
	bool is_pointer_decl; /* in the parentheses of "type (*name)" */
	int saved_braces, saved_parens;
};

static bool is_one_of(const struct bee__token *token, const char *const *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bee__token_is(token, list[i]))
			return true;
	return false;
}

static bool is_tag_keyword(const struct bee__token *token)
{
	static const char *const list[] = { "struct", "union", "enum" };

	return is_one_of(token, list, 3);
}

/* What stands only behind a declared name, never between a function's type and its name. */
static bool is_attribute(const struct bee__token *token)
{
	static const char *const list[] = { "SEC", "__ksym", "__kconfig", "__asm__", "asm" };
	static const char section[] = "__section"; /* and __section_maps, __section_tail(id, key) */

	if (token->len >= sizeof(section) - 1 && !memcmp(token->text, section, sizeof(section) - 1))
		return true;
	return is_one_of(token, list, sizeof(list) / sizeof(list[0]));
}

static bool is_punct_of(const struct bee__token *token, const char *set)
{
	return token->kind == BEE_TOKEN_PUNCT && token->len == 1 && strchr(set, token->punct);
}

static bool is_shouted(const struct bee__token *token)
{
	for (uint32_t i = 0; i < token->len; i++)
		if (token->text[i] >= 'a' && token->text[i] <= 'z')
			return false;
	return true;
}

/* Does a star follow the token that is the next one? */
static bool is_before_star(const struct survey *survey)
{
	const char *at = survey->lexer.at;

	while (at < survey->lexer.end && (*at == ' ' || *at == '\t'))
		at++;
	return at < survey->lexer.end && *at == '*';
}

/* The name in a typedef: behind its type, or in "(*name)", or of a function, before its "(". */
static bool is_typedef_name(const struct survey *survey)
{
	if (survey->typedef_depth != survey->braces)
		return false;
	if (survey->is_pointer_decl)
		return is_punct_of(&survey->after, ")") && is_punct_of(&survey->before, "*");
	if (survey->parens)
		return false;
	return is_punct_of(&survey->after, ";[,") ||
	       (is_punct_of(&survey->after, "(") && !is_before_star(survey));
}

static bool is_preludes(const struct bee__token *name)
{
	char text[128];

	snprintf(text, sizeof(text), "%.*s", (int)name->len, name->text);
	return bee__blocks_have(text);
}

/* BPF_KPROBE, TRACEPOINT_PROBE: macros that stand where a function's name does. IS_ERR is a name. */
static bool is_function_macro(const struct bee__token *token)
{
	if (!is_shouted(token))
		return false;
	return (token->len > 4 && !memcmp(token->text, "BPF_", 4)) ||
	       memmem(token->text, token->len, "_PROBE", 6) || bee__token_is(token, "KMOD_RET");
}

/* A function or variable of the file. */
static bool is_file_name(const struct survey *survey)
{
	const struct bee__token *before = &survey->before, *after = &survey->after;

	if (survey->braces || survey->in_directive || survey->typedef_depth >= 0 ||
	    is_attribute(&survey->token))
		return false;
	if (survey->is_pointer_decl)
		return is_punct_of(after, ")");
	if (survey->parens)
		return false;
	if (is_punct_of(after, "(")) /* but not "static __u64 (*name)(void)" */
		return (before->kind == BEE_TOKEN_NAME || is_punct_of(before, "*")) &&
		       !is_function_macro(&survey->token) && !is_before_star(survey);
	/* "} __packed;", "} BPF_PACKET_HEADER;" and "__ksym __weak;" end in attributes, not in names. */
	if (survey->token.len > 2 && !memcmp(survey->token.text, "__", 2))
		return false;
	if (is_punct_of(before, "}") && is_preludes(&survey->token))
		return false;
	if (!is_punct_of(after, "=;[,") && !is_attribute(after))
		return false;
	return before->kind == BEE_TOKEN_NAME || is_punct_of(before, "*},");
}

/* The map of BPF_HASH(name, ...), or of BPF_TABLE("hash", key, value, name, ...). */
static bool is_map_name(const struct survey *survey)
{
	const struct bee__token *macro = &survey->macro;
	int place;

	if (survey->braces || survey->parens != 1 || survey->in_directive)
		return false;
	if (macro->len < 5 || memcmp(macro->text, "BPF_", 4) || !is_shouted(macro))
		return false;
	place = (macro->len >= 9 && !memcmp(macro->text, "BPF_TABLE", 9)) ||
				bee__token_is(macro, "BPF_F_TABLE")
			? 3
			: 0;
	return survey->argument == place && is_punct_of(&survey->before, "(,") &&
	       is_punct_of(&survey->after, "),");
}

static bool is_own_member(const struct survey *survey)
{
	if (!(survey->records >> survey->braces & 1) || survey->parens)
		return false;
	return is_punct_of(&survey->after, ";[,:") &&
	       (survey->before.kind == BEE_TOKEN_NAME || is_punct_of(&survey->before, "*},"));
}

/* A parameter, or a local variable: "type name" in parentheses or in a function's body. */
static bool is_local(const struct survey *survey)
{
	static const char *const statements[] = { "return", "goto", "else", "case", "sizeof" };
	const struct bee__token *before = &survey->before, *after = &survey->after;

	if (before->kind != BEE_TOKEN_NAME || survey->in_directive ||
	    is_one_of(before, statements, sizeof(statements) / sizeof(statements[0])))
		return false;
	return survey->parens ? is_punct_of(after, ",)[") : is_punct_of(after, ";=[,");
}

static bool is_enumerator(const struct survey *survey)
{
	return survey->enum_depth && survey->braces == survey->enum_depth && !survey->parens &&
	       is_punct_of(&survey->before, "{,");
}

/* Note a tracepoint that the text names. */
static void add_tracepoint(struct survey *survey, struct bee__token category,
			   struct bee__token event, bool is_called)
{
	struct bee__words *words = survey->words;
	struct bee__word_tracepoint *list;

	list = realloc(words->tracepoints, (words->tracepoints_len + 1) * sizeof(*list));
	if (!list) {
		words->failed = true;
		return;
	}
	list[words->tracepoints_len++] = (struct bee__word_tracepoint){
		.category = category,
		.event = event,
		.file = survey->lexer.file,
		.file_len = survey->lexer.file_len,
		.is_called = is_called,
	};
	words->tracepoints = list;
}

static void find_tracepoint(struct survey *survey)
{
	static const char prefix[] = "tracepoint__";
	struct bee__token token = survey->token, none = { .kind = BEE_TOKEN_END };

	if (survey->in_directive)
		return;
	if (bee__token_is(&survey->macro, "TRACEPOINT_PROBE") && survey->parens == 1) {
		if (survey->argument == 0)
			survey->category = token;
		else if (survey->argument == 1)
			add_tracepoint(survey, survey->category, token, true);
	} else if (token.len > sizeof(prefix) - 1 &&
		   !memcmp(token.text, prefix, sizeof(prefix) - 1)) {
		token.text += sizeof(prefix) - 1;
		token.len -= sizeof(prefix) - 1;
		add_tracepoint(survey, none, token, false);
	}
}

/* In the prelude, `sk_state` for `__sk_common.skc_state` and `reg1` for `di` or `regs[0]`: members. */
static bool is_alias_value(const struct survey *survey)
{
	if (survey->mode == BEE_WORDS_USER || !survey->in_directive)
		return false;
	return is_punct_of(&survey->after, ".[") ||
	       (survey->after.kind == BEE_TOKEN_DIRECTIVE_END &&
		survey->before.kind == BEE_TOKEN_NAME);
}

static uint32_t use_flags(const struct survey *survey)
{
	const struct bee__token *before = &survey->before;

	if (is_tag_keyword(before) && survey->mode == BEE_WORDS_FORWARD)
		return BEE_WORD_FORWARD;
	if (is_tag_keyword(before))
		return BEE_WORD_TAG;
	if (before->kind == BEE_TOKEN_PUNCT && (before->punct == '.' || before->len == 2))
		return BEE_WORD_MEMBER;
	return is_alias_value(survey) ? BEE_WORD_PLAIN | BEE_WORD_MEMBER : BEE_WORD_PLAIN;
}

/* The name of an attribute: a macro of the prelude by that name would spoil it. */
static bool is_attribute_name(const struct survey *survey)
{
	return survey->parens == 2 && bee__token_is(&survey->macro, "__attribute__");
}

static uint32_t definition_flags(const struct survey *survey)
{
	bool is_body = is_punct_of(&survey->after, "{");

	if (is_attribute_name(survey))
		return BEE_WORD_OWN;
	if (is_tag_keyword(&survey->before))
		return is_body ? BEE_WORD_OWN_TAG : 0;
	if (is_body && is_punct_of(&survey->before, ")"))
		return BEE_WORD_OWN_TAG; /* "struct __attribute__((packed)) name {" */
	if (is_own_member(survey))
		return BEE_WORD_OWN_LOCAL;
	if (is_typedef_name(survey) || is_enumerator(survey) || is_file_name(survey) ||
	    is_map_name(survey))
		return BEE_WORD_OWN;
	return is_local(survey) ? BEE_WORD_OWN_LOCAL : 0;
}

/* Is it asked, right before a #define, that there is no macro of the name, and the prelude has none? */
static bool is_missing(const struct survey *survey)
{
	const struct bee__token *name = &survey->token, *unless = &survey->unless;

	return unless->len == name->len && !memcmp(unless->text, name->text, name->len) &&
	       !is_preludes(name);
}

/* Did the text use a name that the header has before this #define of it? It means the header's there. */
static bool is_late(const struct survey *survey)
{
	uint32_t flags;
	char name[128];

	snprintf(name, sizeof(name), "%.*s", (int)survey->token.len, survey->token.text);
	flags = bee__words_flags(survey->words, name);
	return flags & BEE_WORD_USER && !(flags & BEE_WORD_DEFINED) &&
	       (bee__blocks_have(name) || bee__facts_have(name));
}

/* #define f(x) f(x, 0): the name in the body is not the macro's, but what it stands before. */
static bool names_itself(const struct survey *survey)
{
	struct bee__lexer lexer = survey->lexer;
	struct bee__token token = survey->after;

	while (token.kind != BEE_TOKEN_DIRECTIVE_END && token.kind != BEE_TOKEN_END) {
		if (token.kind == BEE_TOKEN_NAME && token.len == survey->token.len &&
		    !memcmp(token.text, survey->token.text, token.len))
			return true;
		token = bee__lex_next(&lexer);
	}
	return false;
}

/* What #define defines is the user's, unless a condition may leave it out. */
static uint32_t macro_flags(const struct survey *survey)
{
	bool is_certain = survey->conditions <= survey->guards + is_missing(survey) &&
			  !is_late(survey) && !names_itself(survey);

	return BEE_WORD_DEFINED | (is_certain ? BEE_WORD_OWN : 0);
}

/* A name that a macro makes of its argument. */
static void make_name(struct survey *survey, const char *before, const char *behind, uint32_t flags)
{
	struct bee__words *words = survey->words;
	char *name;

	if (words->made_len == sizeof(words->made) / sizeof(words->made[0]))
		return;
	if (asprintf(&name, "%s%.*s%s", before, (int)survey->token.len, survey->token.text,
		     behind) < 0) {
		words->failed = true;
		return;
	}
	if (bee__words_flags(words, name) & flags) {
		free(name);
		return;
	}
	words->made[words->made_len++] = name;
	bee__words_mark(words, name, strlen(name), flags | BEE_WORD_USER);
}

/* BPF_ITER(task) means struct bpf_iter__task, bpf_for_each(task, ...) means bpf_iter_task_new(), ... */
static void find_iterator(struct survey *survey)
{
	static const char *const functions[] = { "_new", "_next", "_destroy" };

	if (survey->in_directive)
		return;
	if (bee__token_is(&survey->macro, "BPF_ITER") && survey->parens == 1)
		make_name(survey, "bpf_iter__", "", BEE_WORD_TAG);
	if (!is_punct_of(&survey->before, "(") || !bee__token_is(&survey->earlier, "bpf_for_each"))
		return;
	make_name(survey, "bpf_iter_", "", BEE_WORD_TAG);
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		make_name(survey, "bpf_iter_", functions[i], BEE_WORD_PLAIN);
}

/* Note a name on which it depends what the compiler sees of the source. */
static void add_condition(struct survey *survey)
{
	struct bee__words *words = survey->words;
	size_t len = words->conditions_len;
	struct bee__word_condition *list = realloc(words->conditions, (len + 1) * sizeof(*list));

	if (!list) {
		words->failed = true;
		return;
	}
	list[len] = (struct bee__word_condition){ survey->token, survey->lexer.file,
						  survey->lexer.file_len };
	words->conditions = list;
	words->conditions_len++;
}

/* BPF_FUNC_##name: all that begins so may be meant. */
static void find_prefix(struct survey *survey)
{
	struct bee__words *words = survey->words;
	const struct bee__token *token = &survey->token;

	if (survey->in_directive && is_punct_of(&survey->after, "#") && token->len > 3 &&
	    token->text[token->len - 1] == '_' &&
	    words->prefixes_len < sizeof(words->prefixes) / sizeof(words->prefixes[0]))
		words->prefixes[words->prefixes_len++] = *token;
}

static void take_name(struct survey *survey)
{
	uint32_t flags = use_flags(survey);

	if (survey->mode == BEE_WORDS_USER) {
		find_prefix(survey);
		flags |= BEE_WORD_USER;
		flags |= survey->is_define ? macro_flags(survey) : definition_flags(survey);
		find_tracepoint(survey);
		find_iterator(survey);
		if (survey->in_condition)
			add_condition(survey);
	}
	survey->is_define = false;
	if (bee__token_is(&survey->token, "typedef") && survey->typedef_depth < 0)
		survey->typedef_depth = survey->braces;
	if (survey->in_directive && is_tag_keyword(&survey->token))
		survey->words->makes_tags |= survey->mode == BEE_WORDS_USER;
	bee__words_mark(survey->words, survey->token.text, survey->token.len, flags);
}

static void open_brace(struct survey *survey)
{
	const struct bee__token *before = &survey->before, *earlier = &survey->earlier;
	bool is_enum = false;

	if (survey->braces < MAX_NESTING)
		survey->braces++;
	survey->records &= ~(1ull << survey->braces);
	if (is_tag_keyword(before))
		is_enum = bee__token_is(before, "enum");
	else if (before->kind == BEE_TOKEN_NAME && is_tag_keyword(earlier))
		is_enum = bee__token_is(earlier, "enum");
	else if (before->kind != BEE_TOKEN_NAME || !is_punct_of(earlier, ")"))
		return; /* not even "struct __attribute__((packed)) name {" */
	if (is_enum)
		survey->enum_depth = survey->braces;
	else
		survey->records |= 1ull << survey->braces;
}

static void close_brace(struct survey *survey)
{
	if (survey->enum_depth == survey->braces)
		survey->enum_depth = 0;
	if (survey->braces)
		survey->braces--;
	survey->parens = 0;
}

static void take_punct(struct survey *survey)
{
	switch (survey->token.len == 1 ? survey->token.punct : '\0') {
	case '{':
		open_brace(survey);
		break;
	case '}':
		close_brace(survey);
		break;
	case '(':
		if (!survey->parens++) {
			survey->macro = survey->before;
			survey->argument = 0;
			survey->is_pointer_decl = is_punct_of(&survey->after, "*");
		}
		break;
	case ')':
		survey->parens -= survey->parens > 0;
		survey->is_pointer_decl = false;
		break;
	case '#':
		if (survey->mode == BEE_WORDS_USER && is_punct_of(&survey->before, "#"))
			survey->words->makes_members = true;
		break;
	case ',':
		survey->argument += survey->parens == 1;
		break;
	case ';':
		if (survey->typedef_depth == survey->braces)
			survey->typedef_depth = -1;
		break;
	}
}

/* The words of a directive without blanks, up to a comment. */
static void join_words(const struct survey *survey, char *buf, size_t size)
{
	const char *at = survey->token.text;
	size_t len = 0;

	for (; at < survey->lexer.end && *at != '\n' && *at != '/' && len + 1 < size; at++)
		if (*at != ' ' && *at != '\t' && *at != '\r')
			buf[len++] = *at;
	buf[len] = '\0';
}

/* Is a macro of this name defined, as far as that is known? Libbpf's sources are not the kernel's own text. */
static bool is_known_macro(const struct survey *survey, const char *name, size_t len,
			   bool *ret_is_defined)
{
	const struct {
		const char *name;
		bool is_defined;
	} macros[] = {
		{ "__KERNEL__", survey->words->is_kernel },
		{ "__BPF__", true },
		{ "__bpf__", true },
		{ "__cplusplus", false },
	};
	char text[128];

	for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++) {
		*ret_is_defined = macros[i].is_defined;
		if (strlen(macros[i].name) == len && !memcmp(macros[i].name, name, len))
			return true;
	}
	snprintf(text, sizeof(text), "%.*s", (int)len, name);
	if (!bee__token_is(&survey->after, text) || !bee__blocks_define(text))
		return false;
	/* The prelude's is asked for, so that it is there. */
	bee__words_mark(survey->words, survey->after.text, len, BEE_WORD_PLAIN | BEE_WORD_USER);
	*ret_is_defined = true;
	return true;
}

/* Does a condition hold? Only those on one of the macros above are known. */
static bool is_known_condition(const struct survey *survey, bool *ret_holds)
{
	static const struct {
		const char *before, *behind;
		bool is_opposite;
	} forms[] = {
		{ "ifdef", "", false },  { "ifdefined(", ")", false },  { "ifdefined", "", false },
		{ "ifndef", "", true }, { "if!defined(", ")", true }, { "if!defined", "", true },
	};
	char words[48];
	size_t len;

	join_words(survey, words, sizeof(words));
	len = strlen(words);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t before = strlen(forms[i].before), behind = strlen(forms[i].behind);
		bool is_defined;

		if (len <= before + behind || memcmp(words, forms[i].before, before) ||
		    memcmp(words + len - behind, forms[i].behind, behind) ||
		    !is_known_macro(survey, words + before, len - before - behind, &is_defined))
			continue;
		*ret_holds = is_defined != forms[i].is_opposite;
		return true;
	}
	return false;
}

/* Follow which of the text between #if, #else and #endif is compiled, as far as that is known. */
static void follow_condition(struct survey *survey)
{
	const struct bee__token *token = &survey->token;
	uint64_t bit = 1ull << (survey->conditions & 63);
	bool holds;

	if (token->len >= 2 && !memcmp(token->text, "if", 2)) {
		survey->holds &= ~bit;
		survey->fails &= ~bit;
		if (!is_known_condition(survey, &holds))
			return;
		*(holds ? &survey->holds : &survey->fails) |= bit;
		if (!holds && !survey->dead)
			survey->dead = survey->conditions;
	} else if (token->len >= 2 && !memcmp(token->text, "el", 2)) {
		if (survey->dead == survey->conditions)
			survey->dead = 0;
		else if (survey->holds & bit && !survey->dead)
			survey->dead = survey->conditions;
	}
}

/* Braces in a macro's body need not match: the depth around it is kept. */
static void take_directive(struct survey *survey)
{
	const struct bee__token *token = &survey->token;
	bool is_ifndef = token->len == 6 && !memcmp(token->text, "ifndef", 6);

	survey->in_directive = true;
	survey->saved_braces = survey->braces;
	survey->saved_parens = survey->parens;
	survey->is_define = token->len == 6 && !memcmp(token->text, "define", 6);
	survey->in_condition = !is_ifndef && token->len >= 2 &&
			       (!memcmp(token->text, "if", 2) || !memcmp(token->text, "el", 2));
	if (token->len >= 2 && !memcmp(token->text, "if", 2))
		survey->conditions++;
	follow_condition(survey);
	if (token->len == 5 && !memcmp(token->text, "endif", 5)) {
		if (survey->dead == survey->conditions)
			survey->dead = 0;
		survey->conditions -= survey->conditions > 0;
	}
	if (!survey->conditions)
		survey->guards = 0; /* it was the guard of something smaller */
	if (is_ifndef)
		survey->unless = survey->after;
	/* The guard of a header: an #ifndef before anything else. */
	if (!survey->directives++ && is_ifndef && survey->before.kind == BEE_TOKEN_END)
		survey->guards = 1;
}

static void end_directive(struct survey *survey)
{
	survey->in_directive = false;
	survey->in_condition = false;
	survey->is_define = false;
	survey->braces = survey->saved_braces;
	survey->parens = survey->saved_parens;
}

void bee__words_read(struct bee__words *words, const char *text, size_t size,
		     enum bee__words_mode mode)
{
	struct survey survey = { .words = words, .mode = mode, .typedef_depth = -1 };

	bee__lex_start(&survey.lexer, text, size);
	survey.token = bee__lex_next(&survey.lexer);
	while (survey.token.kind != BEE_TOKEN_END && !words->failed) {
		survey.after = bee__lex_next(&survey.lexer);
		if (survey.token.kind == BEE_TOKEN_NAME && !survey.dead)
			take_name(&survey);
		else if (survey.token.kind == BEE_TOKEN_PUNCT && !survey.dead)
			take_punct(&survey);
		else if (survey.token.kind == BEE_TOKEN_DIRECTIVE)
			take_directive(&survey);
		else if (survey.token.kind == BEE_TOKEN_DIRECTIVE_END)
			end_directive(&survey);
		survey.earlier = survey.before;
		survey.before = survey.token;
		survey.token = survey.after;
	}
}
