// SPDX-License-Identifier: Apache-2.0
/* SHA-1 (FIPS 180-4), by which iproute2 names the folder of an object's pins. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "legacy.h"

static uint32_t rotate(uint32_t word, unsigned int by)
{
	return word << by | word >> (32 - by);
}

static void add_block(uint32_t state[5], const unsigned char block[64])
{
	static const uint32_t constants[] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
	uint32_t words[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

	for (unsigned int i = 0; i < 16; i++)
		words[i] = (uint32_t)block[i * 4] << 24 | block[i * 4 + 1] << 16 |
			   block[i * 4 + 2] << 8 | block[i * 4 + 3];
	for (unsigned int i = 16; i < 80; i++)
		words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
	for (unsigned int i = 0; i < 80; i++) {
		uint32_t f = i < 20   ? (b & c) | (~b & d)
			     : i < 40 ? b ^ c ^ d
			     : i < 60 ? (b & c) | (b & d) | (c & d)
				      : b ^ c ^ d;
		uint32_t next = rotate(a, 5) + f + e + constants[i / 20] + words[i];

		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

void bee__sha1(const void *data, size_t size, char ret_hex[41])
{
	uint32_t state[] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	size_t whole = size / 64 * 64, rest = size - whole, tail_size = rest < 56 ? 64 : 128;
	unsigned char tail[128] = { 0 };

	for (size_t at = 0; at < whole; at += 64)
		add_block(state, (const unsigned char *)data + at);
	memcpy(tail, (const char *)data + whole, rest);
	tail[rest] = 0x80;
	for (unsigned int i = 0; i < 8; i++)
		tail[tail_size - 1 - i] = (uint64_t)size * 8 >> (i * 8);
	add_block(state, tail);
	if (tail_size == 128)
		add_block(state, tail + 64);
	for (unsigned int i = 0; i < 5; i++)
		sprintf(ret_hex + i * 8, "%08x", state[i]);
}
