/* SPDX-License-Identifier: Apache-2.0 */
/* What the verifier refuses: its own words, whole, and the place in the user's text. */
#include "support.h"

static void a_refusal_keeps_the_verifiers_log_whole(void **state)
{
	const char *text = "BPF_HASH(counts, u32, u64);\n"
			   "SEC(\"raw_tracepoint/sys_enter\")\n"
			   "int f(void *ctx)\n"
			   "{\n"
			   "	u32 key = 1;\n"
			   "	u64 *value = counts.lookup(&key);\n"
			   "	*value += 1;\n"
			   "	return 0;\n"
			   "}\n";
	struct bee *bee = bee_of(state);
	const struct bee_diag *diag;

	check_err(bee, load_at_line_10(bee, text), -EACCES);
	diag = first_error(bee);
	assert_int_equal(diag->stage, BEE_STAGE_LOAD);
	/* The verifier's words, from the first instruction to its last line. */
	assert_non_null(strstr(diag->log, "\n0: ("));
	assert_non_null(strstr(diag->log, "R0 invalid mem access 'map_value_or_null'"));
	assert_non_null(strstr(diag->log, "processed "));
	assert_string_equal(diag->file, "tool.lua");
	assert_int_equal(diag->line, 16);
	assert_string_equal(diag->source, "\t*value += 1;");
	assert_true(diag->hint[0] != '\0');
}

/* Lines 10 and on of tool.lua, refused: at which line and column? */
static void check_column(struct bee *bee, const char *text, unsigned int line, const char *at)
{
	const struct bee_diag *diag;

	check_err(bee, load_at_line_10(bee, text), -EACCES);
	diag = first_error(bee);
	assert_int_equal(diag->line, line);
	assert_string_equal(diag->source + diag->column - 1, at);
}

/* The kernel tells the line's text alone, which all of its statements share. */
static void the_column_is_that_of_the_statement(void **state)
{
	static const char *const texts[] = {
		"BPF_HASH(h, u32, u64); u32 one = 1, two = 2;\n"
		"SEC(\"socket\") int f(struct __sk_buff *skb) {\n"
		"	u64 *a = h.lookup(&one), *b = h.lookup(&two); if (!a) return 0; return *a + *b;\n"
		"}\n",
		"BPF_HASH(h, u32, u64); u32 one = 1, two = 2;\n"
		"SEC(\"socket\") int f(struct __sk_buff *skb) {\n"
		"	u64 *a = h.lookup(&one), *b = h.lookup(&two); if (!b) return 0; *a = 7; *b = 8; return 0;\n"
		"}\n",
		/* A function that is called is part of each program that calls it. */
		"BPF_HASH(h, u32, u64); u32 one = 1, two = 2;\n"
		"static __attribute__((noinline)) int first(int n) { return n * one + two; }\n"
		"static __attribute__((noinline)) int second(int n) { u64 *a = h.lookup(&n), *b = h.lookup(&one); if (!a) return 0; *a = n; *b = n; return 1; }\n"
		"SEC(\"socket\") int f(struct __sk_buff *skb) { return second(first(skb->len)); }\n",
	};
	struct bee *bee = bee_of(state);

	check_column(bee, texts[0], 12, "*b;");
	check_column(bee, texts[1], 12, "= 7; *b = 8; return 0;");
	check_column(bee, texts[2], 12, "= n; return 1; }");
}

/* Straight on, many times: a log that outgrows any first guess at its size. */
static void a_long_log_is_whole_too(void **state)
{
	const char *text = "BPF_ARRAY(values, u64, 64);\n"
			   "SEC(\"raw_tracepoint/sys_enter\")\n"
			   "int f(void *ctx)\n"
			   "{\n"
			   "	volatile u64 sum = 0;\n"
			   "	_Pragma(\"unroll\")\n"
			   "	for (int i = 0; i < 1000; i++)\n"
			   "		sum += bpf_ktime_get_ns() * i;\n"
			   "	int key = sum;\n"
			   "	return *(u64 *)values.lookup(&key);\n"
			   "}\n";
	struct bee *bee = bee_of(state);
	const struct bee_diag *diag;

	check_err(bee, load_at_line_10(bee, text), -EACCES);
	diag = first_error(bee);
	assert_true(strlen(diag->log) > 64 << 10);
	assert_non_null(strstr(diag->log, "\n0: ("));
	assert_non_null(strstr(diag->log, "processed "));
}

/*
 * A loop of which some kernels write tens of megabytes, and then keep the beginning: the reason is
 * lost, and the error must not take the log's last line for it.
 */
static void a_log_without_its_end_gives_no_reason(void **state)
{
	const char *text = "BPF_ARRAY(values, u64, 64);\n"
			   "SEC(\"raw_tracepoint/sys_enter\")\n"
			   "int f(void *ctx)\n"
			   "{\n"
			   "	u64 sum = 0;\n"
			   "	for (int i = 0; i < 5000; i++) {\n"
			   "		int key = i & 63;\n"
			   "		u64 *value = values.lookup(&key);\n"
			   "		if (value)\n"
			   "			sum += *value;\n"
			   "	}\n"
			   "	return *(u64 *)values.lookup((int *)&sum);\n"
			   "}\n";
	struct bee *bee = bee_of(state);
	int err = load_at_line_10(bee, text);

	check_err(bee, err, err == -ENOSPC ? err : -EACCES);
	if (!strstr(first_error(bee)->log, "processed "))
		check_says(bee, "too long to hold the reason");
	else
		check_says(bee, "map_value_or_null");
}

/* The hint for the refusal of a program at its line 10. */
static const char *hint_for(struct bee *bee, const char *text)
{
	const char *hint;

	check_err(bee, load_at_line_10(bee, text), -EACCES);
	hint = first_error(bee)->hint;
	assert_non_null(hint);
	return hint;
}

static void a_null_pointer_is_told_from_a_number(void **state)
{
	static const char checked_the_wrong_way[] = "BPF_HASH(values, u32, u64);\n"
						    "SEC(\"socket\") int f(struct __sk_buff *skb)\n"
						    "{\n"
						    "	u32 key = skb->len;\n"
						    "	u64 *value = values.lookup(&key);\n"
						    "	\n"
						    "	if (value)\n"
						    "		return 0;\n"
						    "	\n"
						    "	return *(volatile u64 *)value;\n"
						    "}\n";
	static const char never_set[] = "SEC(\"socket\") int f(struct __sk_buff *skb)\n"
					"{\n"
					"	volatile u64 *value = NULL;\n"
					"	\n\n\n\n\n\n"
					"	return *value;\n"
					"}\n";
	static const char a_number[] = "SEC(\"socket\") int f(struct __sk_buff *skb)\n"
				       "{\n"
				       "	u64 value = bpf_get_prandom_u32();\n"
				       "	\n\n\n\n\n\n"
				       "	return *(volatile u64 *)value;\n"
				       "}\n";
	struct bee *bee = bee_of(state);

	assert_non_null(strstr(hint_for(bee, checked_the_wrong_way), "the pointer is NULL"));
	assert_non_null(strstr(hint_for(bee, never_set), "the pointer is NULL"));
	assert_non_null(strstr(hint_for(bee, a_number), "bpf_probe_read_kernel()"));
}

/* What the verifier says, and which words of the hint help. */
static void usual_mistakes_have_their_cure(void **state)
{
	static const struct {
		const char *text, *words, *cure;
	} cases[] = {
		{ "u64 n = bpf_get_prandom_u32(), sum = 0;\n"
		  "while (n) { sum += n; n = bpf_get_prandom_u32(); }\nreturn sum;\n",
		  "infinite loop detected", "constant bound" },
		{ "int x;\nreturn x;\n", "R0 !read_ok", "one that was set" },
		{ "char b[16];\nbpf_skb_load_bytes(skb, 0, b, skb->len & 15);\nreturn b[0];\n",
		  "zero-sized", "check that it is above 0" },
		{ "u64 key = bpf_get_prandom_u32();\nreturn values.lookup((void *)key) != 0;\n",
		  "expected=fp", "copy the value into a variable" },
		{ "return *(int *)((void *)skb + (skb->len & 4));\n", "variable ctx access",
		  "by their names" },
		{ "skb->len = 3;\nreturn 0;\n", "invalid bpf_context access",
		  "may not be written" },
		{ "return fact(skb->len);\n", "", "make it a loop" },
	};
	struct bee *bee = bee_of(state);
	char text[1000];

	for (size_t i = 0; i < LEN(cases); i++) {
		snprintf(
			text, sizeof(text),
			"BPF_HASH(values, u32, u64);\n"
			"static int fact(int n) { return n < 2 ? 1 : n * fact(n - 1) + bpf_get_prandom_u32(); }\n"
			"SEC(\"socket\") int f(struct __sk_buff *skb)\n{\n%s}\n",
			cases[i].text);
		assert_true(load_at_line_10(bee, text) < 0);
		print_message("%s: %s\n", first_error(bee)->text, first_error(bee)->hint);
		assert_non_null(strstr(first_error(bee)->text, cases[i].words));
		assert_non_null(strstr(first_error(bee)->hint, cases[i].cure));
		/* Linux 7.3 names functions that call themselves, and neither line nor instruction. */
		if (!strstr(first_error(bee)->text, "recursive call from fact() to fact()"))
			assert_string_equal(first_error(bee)->file, "tool.lua");
	}
	if (first_error(bee)->line)
		assert_int_equal(first_error(bee)->line, 11); /* fact()'s */
}

/* What the library has inside is nothing to look at. */
static void a_refusal_inside_of_a_function_of_ours_is_told_at_its_call(void **state)
{
	const char *text =
		"int f(struct pt_regs *ctx)\n"
		"{\n"
		"	u64 value;\n"
		"	bpf_usdt_readarg(ctx, 1, &value);\n" /* number and context, swapped */
		"	return value;\n"
		"}\n";
	const struct bee_wish wish = { .program = "f", .target = "usdt" };
	struct bee_source source = {
		.size = sizeof(source), .name = "tool.lua", .line = 10, .text = text
	};
	struct bee_load_opts opts = { .size = sizeof(opts), .wishes = &wish, .wishes_len = 1 };
	struct bee_module *mod = NULL;
	struct bee *bee = bee_of(state);

	check_err(bee, bee_load(bee, &source, &opts, &mod), -EACCES);
	assert_string_equal(first_error(bee)->file, "tool.lua");
	assert_int_equal(first_error(bee)->line, 13);
	assert_string_equal(first_error(bee)->source, "\tbpf_usdt_readarg(ctx, 1, &value);");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refusal_keeps_the_verifiers_log_whole),
		TEST(the_column_is_that_of_the_statement),
		TEST(a_long_log_is_whole_too),
		TEST(a_log_without_its_end_gives_no_reason),
		TEST(a_null_pointer_is_told_from_a_number),
		TEST(usual_mistakes_have_their_cure),
		TEST(a_refusal_inside_of_a_function_of_ours_is_told_at_its_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
