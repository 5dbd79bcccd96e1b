// SPDX-License-Identifier: Apache-2.0
/* What a source is: C, LLVM's IR, BPF assembly or a ready object. */
#include "internal.h"

/* What the first bytes tell, in any case. */
static const struct {
	const char *bytes;
	size_t size;
	enum bee_input input;
} starts[] = {
	{ "\177ELF", 4, BEE_INPUT_OBJECT },
	{ "BC\xc0\xde", 4, BEE_INPUT_IR },
	{ "\xde\xc0\x17\x0b", 4, BEE_INPUT_IR }, /* bitcode in a wrapper */
};

/* What the end of the name tells, of texts. */
static const struct {
	const char *suffix;
	enum bee_input input;
} suffixes[] = {
	{ ".ll", BEE_INPUT_IR },
	{ ".s", BEE_INPUT_ASM },
	{ ".S", BEE_INPUT_ASM },
	{ ".asm", BEE_INPUT_ASM },
};

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && !strcmp(text + len - end_len, end);
}

enum bee_input bee__input(const struct bee_source *source)
{
	size_t size = source->text_size ? source->text_size : strnlen(source->text, 4);

	if (source->input != BEE_INPUT_AUTO)
		return source->input;
	for (size_t i = 0; i < BEE_LEN(starts); i++)
		if (size >= starts[i].size &&
		    !memcmp(source->text, starts[i].bytes, starts[i].size))
			return starts[i].input;
	for (size_t i = 0; source->name && i < BEE_LEN(suffixes); i++)
		if (ends_in(source->name, suffixes[i].suffix))
			return suffixes[i].input;
	return BEE_INPUT_C;
}
