// SPDX-License-Identifier: Apache-2.0
/* Texts that grow, and files read whole. */
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

static bool reserve(struct bee__text *text, size_t len)
{
	size_t room = text->room ? text->room : 256;
	char *data;

	if (text->failed)
		return false;
	while (room - text->len <= len)
		room *= 2;
	if (room == text->room)
		return true;
	data = realloc(text->data, room);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->room = room;
	return true;
}

void bee__text_add(struct bee__text *text, const char *data, size_t len)
{
	if (!reserve(text, len))
		return;
	memcpy(text->data + text->len, data, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void bee__text_vprintf(struct bee__text *text, const char *fmt, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0 || !reserve(text, len))
		return;
	vsnprintf(text->data + text->len, len + 1, fmt, args);
	text->len += len;
}

void bee__text_printf(struct bee__text *text, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	bee__text_vprintf(text, fmt, args);
	va_end(args);
}

void bee__text_free(struct bee__text *text)
{
	free(text->data);
	*text = (struct bee__text){ 0 };
}

size_t bee__text_give(struct bee__text *text, char *buf, size_t size)
{
	size_t len = text->len;

	if (size)
		snprintf(buf, size, "%s", text->data ? text->data : "");
	bee__text_free(text);
	return len;
}

int bee__read_fd(int fd, char **ret_data, size_t *ret_size)
{
	struct bee__text text = { 0 };
	ssize_t count;

	/* The size of a pseudo file is known only by reading it. */
	do {
		if (!reserve(&text, 64 << 10)) {
			bee__text_free(&text);
			return -ENOMEM;
		}
		count = read(fd, text.data + text.len, text.room - text.len - 1);
		if (count > 0)
			text.len += count;
	} while (count > 0 || (count < 0 && errno == EINTR));
	if (count < 0) {
		int err = -errno;

		bee__text_free(&text);
		return err;
	}
	text.data[text.len] = '\0';
	*ret_data = text.data;
	*ret_size = text.len;
	return 0;
}

int bee__read_file(const char *path, char **ret_data, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = bee__read_fd(fd, ret_data, ret_size);
	close(fd);
	return err;
}

bool bee__text_quoted(const char *text, const char *words, char *buf, size_t size)
{
	const char *at = strstr(text, words);
	size_t len = at ? strcspn(at + strlen(words), "'") : 0;

	if (!len || len >= size)
		return false;
	snprintf(buf, size, "%.*s", (int)len, at + strlen(words));
	return true;
}
