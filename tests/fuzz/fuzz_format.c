/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary text as a tracepoint's format file. */
#include "fuzz.h"

/* The parser is no one else's business: it is reached from inside its file. */
#include "tracepoint.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *format = strndup((const char *)data, size);
	struct bee__text text = { 0 };

	print_fields(format, &text);
	require(!text.data || strlen(text.data) == text.len);
	bee__text_free(&text);
	free(format);
	return 0;
}
