/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * C's functions of strings and memory, of which BPF has none. clang knows them, and makes plain code of
 * a call where it can; of the others strings.c makes calls of what stands here. A macro that stands for
 * itself is there to be found by who writes clang's name for a function.
 *
 * Each reads a part at a time into variables, by whichever helper reads that memory: the kernel's, a
 * process's, or the program's own. A helper that reads a string ends it with a NUL, so that a part has
 * one byte less than its variable. Strings end after 4096 bytes, as paths do. What is hidden in the
 * empty assembly is what the verifier shall see compared.
 */

extern long __bee_string_read(void *to, unsigned long size, const void *from);

extern long __bee_string_read_text(void *to, unsigned long size, const void *from);

#define memcmp(a, b, size) __builtin_memcmp(a, b, size)
#define bcmp(a, b, size) __builtin_bcmp(a, b, size)
#define strcmp(a, b) __builtin_strcmp(a, b)
#define strncmp(a, b, size) __builtin_strncmp(a, b, size)
#define strlen(text) __builtin_strlen(text)
#define strnlen(text, size) __bee_text_strnlen(text, size)
#define strchr(text, c) __builtin_strchr(text, c)
#define strcpy(to, from) __bee_string_copy(to, from, __bee_room(to))
#define strncpy(to, from, size) __builtin_strncpy(to, from, size)

#define __builtin_memcmp __builtin_memcmp
#define __builtin_bcmp __builtin_bcmp
static inline int __bee_string_memcmp(const char *a, const char *b, unsigned long size)
{
	for (unsigned long i = 0; i < 4096 && i < size; i += 32) {
		unsigned long len = size - i, x[4] = {}, y[4] = {};
		int order;
		__asm__ volatile("" : "+r"(len));
		if (len > 32)
			len = 32;
		__bee_string_read(x, len, a + i);
		__bee_string_read(y, len, b + i);
		order = __builtin_memcmp(x, y, 32);
		if (order)
			return order;
	}
	return 0;
}

#define __builtin_strcmp __builtin_strcmp
#define __builtin_strncmp __builtin_strncmp
static inline int __bee_string_strncmp(const char *a, const char *b, unsigned long size)
{
	for (unsigned long i = 0; i < 4096 && i < size; i += 31) {
		unsigned long len = size - i, x[4] = {}, y[4] = {};
		long got;
		int order;
		__asm__ volatile("" : "+r"(len));
		if (len > 31)
			len = 31;
		got = __bee_string_read_text(x, len + 1, a + i);
		__bee_string_read_text(y, len + 1, b + i);
		order = __builtin_memcmp(x, y, 32);
		if (order || got < 32)
			return order;
	}
	return 0;
}

#define __builtin_strlen __builtin_strlen
extern unsigned long __bee_text_strnlen(const char *text, unsigned long size) __asm__("strnlen");
static inline unsigned long __bee_string_strnlen(const char *text, unsigned long size)
{
	if (size > 4096)
		size = 4096;
	for (unsigned long i = 0; i < 4096 && i < size; i += 63) {
		unsigned long len = size - i, part[8];
		long got;
		__asm__ volatile("" : "+r"(len));
		if (len > 63)
			len = 63;
		got = __bee_string_read_text(part, len + 1, text + i);
		if (got <= 0)
			return i;
		if (got <= len)
			return i + got - 1;
	}
	return size;
}

/* The bytes of a word that are 0, each as its highest bit; above the first of them also others. */
#define __bee_string_zeros(word) \
	(((word) - 0x0101010101010101) & ~(word) & 0x8080808080808080)
#define __builtin_strchr __builtin_strchr
static inline char *__bee_string_strchr(const char *text, int c, unsigned long size)
{
	for (unsigned long i = 0; i < size; i += 56) {
		unsigned long part[8] = {};
		long got = __bee_string_read_text(part, 57, text + i);
		for (unsigned long k = 0; k < 7; k++) {
			unsigned long word = part[k];
			unsigned long other = word ^ (unsigned char)c * 0x0101010101010101;
			unsigned long found = __bee_string_zeros(other), end = __bee_string_zeros(word);
			unsigned long first = (found | end) & -(found | end), at = i + k * 8;
			if (!first)
				continue;
			if (!(found & first))
				return 0;
			if (!(first & 0xffffffff))
				at += 4, first >>= 32;
			if (!(first & 0xffff))
				at += 2, first >>= 16;
			if (!(first & 0xff))
				at += 1;
			return (char *)text + at;
		}
		if (got <= 0)
			return 0;
	}
	return 0;
}

/* The size of an array; 0 of a pointer. */
#define __bee_room(to) \
	(__builtin_types_compatible_p(typeof(to), typeof(&(to)[0])) ? 0 : sizeof(to))

#define __builtin_strcpy __builtin_strcpy
extern char *__bee_string_copy(char *to, const char *from, unsigned long room);
static inline char *__bee_string_strcpy(char *to, const char *from, unsigned long size)
{
	__bee_string_read_text(to, size, from);
	return to;
}

#define __builtin_strncpy __builtin_strncpy
static inline char *__bee_string_strncpy(char *to, const char *from, unsigned long size)
{
	__builtin_memset(to, 0, size);
	if (__bee_string_read_text(to, size, from) == size)
		__bee_string_read(to + size - 1, 1, from + size - 1);
	return to;
}
