/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arbitrary bytes as a request to moonbee-cc, which ends its process when it dislikes them, and keeps
 * what it allocates until then: here both are undone after each input.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "fuzz.h"

static const uint8_t *input;
static size_t input_size;
static jmp_buf over;
static void *kept[1 << 16];
static size_t kept_len;

static ssize_t write_nothing(size_t size)
{
	return size;
}

static void *keep(void *data)
{
	require(kept_len < sizeof(kept) / sizeof(kept[0]));
	return kept[kept_len++] = data;
}

/* The same room, larger: in the place of what it was, which is looked for before it is gone. */
static void *keep_again(void *old, size_t n, size_t size)
{
	size_t i = 0;

	while (i < kept_len && kept[i] != old)
		i++;
	if (i == kept_len)
		keep(old);
	return kept[i] = reallocarray(old, n, size);
}

static ssize_t read_input(void *to, size_t size)
{
	if (size > input_size)
		size = input_size;
	memcpy(to, input, size);
	input += size;
	input_size -= size;
	return size;
}

#define _exit(code)                longjmp(over, 1)
#define calloc(n, size)            keep(calloc(n, size))
#define realloc(old, size)         keep_again(old, 1, size)
#define reallocarray(old, n, size) keep_again(old, n, size)
#define read(fd, to, size)         read_input(to, size)
#define write(fd, from, size)      write_nothing(size)
#define main(argc, argv)           cc_main(argc, argv)
int cc_main(int argc, char **argv);
#include "compiler/main.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bee__cc cc = { 0 };

	input = data;
	input_size = size;
	if (!setjmp(over))
		take_request(&cc);
	bee__wire_free(&cc.answer);
	while (kept_len)
		free(kept[--kept_len]);
	return 0;
}
