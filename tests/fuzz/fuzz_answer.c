/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary bytes as what moonbee-cc says: a library that hosts others must survive any answer. */
#include "fuzz.h"

/* The reader is no one else's business: it is reached from inside its file. */
#include "compile.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char source[] = "#line 7 \"a.lua\"\nint x;\nint y;\n";
	struct bee__file file = { .path = "/a.c", .text = source, .size = sizeof(source) - 1 };
	struct bee__files files = { .list = &file, .len = 1 };
	struct bee__text text = { .data = copy_of(data, size), .len = size };
	siginfo_t info = { .si_code = CLD_EXITED };
	struct answer answer;
	char told[64];
	struct bee *bee;

	require(!bee_open(NULL, &bee));
	if (!read_answer(bee, &files, &text, &answer) && !judge(bee, "cc", &answer, &info))
		require(answer.elf >= text.data &&
			answer.elf + answer.elf_size <= text.data + text.len);
	bee_error_text(bee, told, sizeof(told));
	bee_close(bee);
	bee__text_free(&text);
	return 0;
}
