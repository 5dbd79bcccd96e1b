/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of a C text, and what its words are found to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "words.h"

/* Tokens as text, with blanks between; directives as "#word" up to "$". */
static const char *tokens(const char *text)
{
	static char out[512];
	struct bee__lexer lexer;
	size_t len = 0;

	bee__lex_start(&lexer, text, strlen(text));
	for (;;) {
		struct bee__token token = bee__lex_next(&lexer);

		if (token.kind == BEE_TOKEN_END)
			break;
		len += snprintf(out + len, sizeof(out) - len, "%s%s%.*s", len ? " " : "",
				token.kind == BEE_TOKEN_DIRECTIVE       ? "#"
				: token.kind == BEE_TOKEN_DIRECTIVE_END ? "$"
									: "",
				(int)token.len, token.text);
	}
	out[len] = '\0';
	return out;
}

static void comments_and_strings_hold_no_names(void **state)
{
	assert_string_equal(tokens("a /* b */ c // d\ne"), "a c e");
	assert_string_equal(tokens("\"a b\" 'c' \"\\\"d\" e"), "\"a b\" 'c' \"\\\"d\" e");
	assert_string_equal(tokens("a /* not closed"), "a");
	assert_string_equal(tokens("\"not closed\nb"), "\"not closed b");
	assert_string_equal(tokens("a // spliced? \\\nno"), "a no");
}

static void directives_are_told_from_text(void **state)
{
	assert_string_equal(tokens("#define A 1\nb"), "#define A 1 $ b");
	assert_string_equal(tokens("#define A(x) \\\n  x\nb"), "#define A ( x ) x $ b");
	assert_string_equal(tokens("  #  include <a.h>\nb"), "b");
	assert_string_equal(tokens("#error don't\nb"), "b");
	assert_string_equal(tokens("a # b"), "a # b");
	assert_string_equal(tokens("#line 3 \"x\""), "");
	assert_string_equal(tokens("#if A /* b\n c */\nd"), "#if A $ d");
}

static void operators_are_single_but_for_the_arrow(void **state)
{
	assert_string_equal(tokens("a->b.c"), "a -> b . c");
	assert_string_equal(tokens("1.5e3 0x1fUL"), "1.5e3 0x1fUL");
}

static void lines_are_counted_and_set(void **state)
{
	static const char text[] = "a\n#line 10 \"f.c\"\nb\n/*\n*/ c \\\n d";
	static const unsigned int lines[] = { 1, 10, 12, 13 };
	struct bee__lexer lexer;

	bee__lex_start(&lexer, text, sizeof(text) - 1);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(bee__lex_next(&lexer).line, lines[i]);
	assert_int_equal(lexer.file_len, 3);
	assert_memory_equal(lexer.file, "f.c", 3);
}

static uint32_t flags_in(const char *text, const char *word)
{
	struct bee__words *words = calloc(1, sizeof(*words));
	uint32_t flags;

	bee__words_read(words, text, strlen(text), BEE_WORDS_USER);
	assert_false(words->failed);
	flags = bee__words_flags(words, word);
	bee__words_free(words);
	free(words);
	return flags;
}

static void the_use_of_a_word_is_seen(void **state)
{
	assert_true(flags_in("struct sock *sk;", "sock") & BEE_WORD_TAG);
	assert_true(flags_in("x = sk->sk_state;", "sk_state") & BEE_WORD_MEMBER);
	assert_true(flags_in("u64 f(void);", "u64") & BEE_WORD_PLAIN);
	assert_int_equal(flags_in("int x; /* sock */ char *y = \"sock\";", "sock"), 0);
}

static void what_the_user_defines_is_his(void **state)
{
	assert_true(flags_in("struct key { int a; };", "key") & BEE_WORD_OWN_TAG);
	assert_true(flags_in("struct __attribute__((packed)) key { int a; };", "key") &
		    BEE_WORD_OWN_TAG);
	assert_false(flags_in("struct key *k;", "key") & BEE_WORD_OWN_TAG);
	assert_true(flags_in("typedef unsigned long u64;", "u64") & BEE_WORD_OWN);
	assert_true(flags_in("typedef int (*fn)(int);", "fn") & BEE_WORD_OWN);
	assert_true(flags_in("typedef struct { int a; } name;", "name") & BEE_WORD_OWN);
	assert_true(flags_in("enum { A, B = 3, C };", "C") & BEE_WORD_OWN);
	assert_true(flags_in("static int min(int a, int b) { }", "min") & BEE_WORD_OWN);
	assert_true(flags_in("struct { int a; } events SEC(\".maps\");", "events") & BEE_WORD_OWN);
	assert_true(flags_in("extern int f(void) __ksym; int x __kconfig;", "x") & BEE_WORD_OWN);
	assert_true(flags_in("static long (*bpf_x)(int) = (void *)1;", "bpf_x") & BEE_WORD_OWN);
	assert_true(flags_in("BPF_HASH(counts, u32);", "counts") & BEE_WORD_OWN);
	assert_true(flags_in("BPF_TABLE(\"hash\", u32, u64, t, 8);", "t") & BEE_WORD_OWN);
}

static void what_the_user_only_uses_is_not(void **state)
{
	static const char text[] = "static u64 __always_inline f(u32 x) { return x; }\n"
				   "BPF_HASH(counts, u32);\n"
				   "SEC(\"x\") int BPF_KPROBE(g, struct sock *sk) { h(); }\n"
				   "BPF_ARRAY(other, u16);\n";

	assert_false(flags_in(text, "u64") & BEE_WORD_OWN);
	assert_false(flags_in(text, "u32") & BEE_WORD_OWN);
	assert_false(flags_in(text, "BPF_HASH") & BEE_WORD_OWN);
	assert_false(flags_in(text, "BPF_KPROBE") & BEE_WORD_OWN);
	assert_false(flags_in(text, "BPF_ARRAY") & BEE_WORD_OWN);
	assert_false(flags_in(text, "SEC") & BEE_WORD_OWN);
	assert_false(flags_in(text, "h") & BEE_WORD_OWN);
	assert_false(flags_in("extern int x __kconfig;", "__kconfig") & BEE_WORD_OWN);
}

static void members_and_variables_are_locals(void **state)
{
	assert_true(flags_in("struct e { u16 sk_state; };", "sk_state") & BEE_WORD_OWN_LOCAL);
	assert_true(flags_in("int f(u16 READ) { }", "READ") & BEE_WORD_OWN_LOCAL);
	assert_true(flags_in("int f() { u16 READ = 1; }", "READ") & BEE_WORD_OWN_LOCAL);
	assert_false(flags_in("int f() { return READ; }", "READ") & BEE_WORD_OWN_LOCAL);
	assert_false(flags_in("int f() { g(x, READ); }", "READ") & BEE_WORD_OWN_LOCAL);
}

static void a_macro_under_a_condition_may_not_be_defined(void **state)
{
	assert_true(flags_in("#define A 1\n", "A") & BEE_WORD_OWN);
	assert_false(flags_in("int x;\n#if B\n#define A 1\n#endif\n", "A") & BEE_WORD_OWN);
	assert_true(flags_in("int x;\n#ifndef A\n#define A 1\n#endif\n", "A") & BEE_WORD_OWN);
	assert_true(flags_in("#ifndef H\n#define H\n#define A 1\n#endif\n", "A") & BEE_WORD_OWN);
}

static void tracepoints_are_found_with_their_line(void **state)
{
	static const char text[] =
		"#line 5 \"t.lua\"\nint x;\nTRACEPOINT_PROBE(sched, sched_switch)\n"
		"{ }\nint f(struct tracepoint__a__b *c);";
	struct bee__words words = { 0 };

	bee__words_read(&words, text, sizeof(text) - 1, BEE_WORDS_USER);
	assert_int_equal(words.tracepoints_len, 2);
	assert_true(words.tracepoints[0].is_called);
	assert_true(bee__token_is(&words.tracepoints[0].category, "sched"));
	assert_true(bee__token_is(&words.tracepoints[0].event, "sched_switch"));
	assert_int_equal(words.tracepoints[0].event.line, 6);
	assert_memory_equal(words.tracepoints[0].file, "t.lua", 5);
	assert_false(words.tracepoints[1].is_called);
	bee__words_free(&words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comments_and_strings_hold_no_names),
		cmocka_unit_test(directives_are_told_from_text),
		cmocka_unit_test(operators_are_single_but_for_the_arrow),
		cmocka_unit_test(lines_are_counted_and_set),
		cmocka_unit_test(the_use_of_a_word_is_seen),
		cmocka_unit_test(what_the_user_defines_is_his),
		cmocka_unit_test(what_the_user_only_uses_is_not),
		cmocka_unit_test(members_and_variables_are_locals),
		cmocka_unit_test(a_macro_under_a_condition_may_not_be_defined),
		cmocka_unit_test(tracepoints_are_found_with_their_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
