/* SPDX-License-Identifier: Apache-2.0 */
/* Write and read the fields that the library and moonbee-cc exchange. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

/* No part of a field is larger; a size beyond it is a stream that is out of step. */
#define PART_MAX (1u << 30)

struct field_header {
	uint32_t tag;
	uint32_t head_size;
	uint32_t body_size;
};

static bool reserve(struct bee__wire *wire, size_t size)
{
	size_t room = wire->room ? wire->room : 4096;
	char *data;

	if (wire->failed)
		return false;
	while (room - wire->size < size)
		room *= 2;
	if (room == wire->room)
		return true;

	data = realloc(wire->data, room);
	if (!data) {
		wire->failed = true;
		return false;
	}
	wire->data = data;
	wire->room = room;
	return true;
}

static void append(struct bee__wire *wire, const void *data, size_t size)
{
	if (size)
		memcpy(wire->data + wire->size, data, size);
	wire->size += size;
}

void bee__wire_put(struct bee__wire *wire, enum bee__wire_tag tag, const void *head,
		   size_t head_size, const void *body, size_t body_size)
{
	struct field_header header = { tag, head_size, body_size };

	if (head_size > PART_MAX || body_size > PART_MAX) {
		wire->failed = true;
		return;
	}
	if (!reserve(wire, sizeof(header) + head_size + body_size + 2))
		return;
	append(wire, &header, sizeof(header));
	append(wire, head, head_size);
	append(wire, "", 1);
	append(wire, body, body_size);
	append(wire, "", 1);
}

void bee__wire_put_text(struct bee__wire *wire, enum bee__wire_tag tag, const char *head,
			const char *body)
{
	bee__wire_put(wire, tag, head, head ? strlen(head) : 0, body, body ? strlen(body) : 0);
}

void bee__wire_free(struct bee__wire *wire)
{
	free(wire->data);
	memset(wire, 0, sizeof(*wire));
}

int bee__wire_next(const char **at, const char *end, struct bee__wire_field *field)
{
	size_t left = end - *at;
	struct field_header header;
	const char *head, *body;

	if (left < sizeof(header))
		return 0;
	/* Fields lie unaligned behind each other, so the header is copied, not pointed to. */
	memcpy(&header, *at, sizeof(header));
	if (header.tag < BEE_WIRE_END || header.tag > BEE_WIRE_OBJECT ||
	    header.head_size > PART_MAX || header.body_size > PART_MAX)
		return -EPROTO;
	if (left - sizeof(header) < (size_t)header.head_size + header.body_size + 2)
		return 0;

	head = *at + sizeof(header);
	body = head + header.head_size + 1;
	if (head[header.head_size] || body[header.body_size])
		return -EPROTO;
	field->tag = header.tag;
	field->head = head;
	field->body = body;
	field->head_size = header.head_size;
	field->body_size = header.body_size;
	*at = body + header.body_size + 1;
	return 1;
}
