/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fuzz driver is: one function that survives any bytes. libFuzzer calls it with ever new ones;
 * replay.c with those of files. A driver aborts when something is wrong that no sanitizer sees.
 */
#ifndef BEE_FUZZ_H
#define BEE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An input of several parts: a u32 with the size of each but the last stands before it. */
struct part {
	const char *data;
	size_t size;
};

static inline struct part take_part(const uint8_t **data, size_t *size)
{
	struct part part = { (const char *)*data, *size };
	uint32_t len;

	if (*size >= sizeof(len)) {
		memcpy(&len, *data, sizeof(len));
		part.data += sizeof(len);
		part.size -= sizeof(len);
		part.size = len < part.size ? len : part.size;
	}
	*size -= (const uint8_t *)part.data + part.size - *data;
	*data = (const uint8_t *)part.data + part.size;
	return part;
}

static inline void require(int condition)
{
	if (!condition)
		abort();
}

/* Bytes of their own, so that reading past their end is seen. */
static inline void *copy_of(const void *data, size_t size)
{
	char *copy = malloc(size ? size : 1);

	require(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

#endif
