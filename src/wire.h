/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the library and moonbee-cc say to each other.
 *
 * A message is a run of fields, the last of which is BEE_WIRE_END:
 *
 *   | u32 tag | u32 head | u32 body | head bytes, NUL | body bytes, NUL |
 *
 * in the machine's own byte order. Both parts end in a NUL that is not counted, so that text can be
 * used where it lies. Nothing in a message is trusted: bee__wire_next() refuses what does not fit.
 */
#ifndef BEE_WIRE_H
#define BEE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a portable object assumes stands in a section of its own, a line each: kind, value and thing,
 * as "size 24 struct file_lock". Lines that the library knows stand in the virtual header behind
 * BEE_ASSUMES_COMMENT.
 */
#define BEE_ASSUMES_SECTION ".bee.assumes"
#define BEE_ASSUMES_COMMENT "// assumes: "

enum bee__wire_tag {
	BEE_WIRE_END = 1,
	/* request */
	BEE_WIRE_BUILD,   /* head: the sender's build id; first in both directions */
	BEE_WIRE_CPU,     /* head: "v3" */
	BEE_WIRE_DEFINE,  /* head: "NAME" or "NAME=VALUE" */
	BEE_WIRE_FILE,    /* head: path, body: text; the last one is the source to compile */
	BEE_WIRE_PRELUDE, /* head: path of a file that is included before the source */
	BEE_WIRE_WISH,    /* head: function name, body: target text */
	BEE_WIRE_FOLDER,  /* head: path of a folder where #include looks, in order */
	BEE_WIRE_INPUT,   /* head: "c", "ir" or "asm": what the last file is; "c" when not said */
	BEE_WIRE_PORTABLE, /* relocate what the running kernel may have elsewhere */
	BEE_WIRE_CODE,    /* head: "bpf" or "native", body: code to disassemble, instead of files */
	BEE_WIRE_SHOW,    /* head: the stage whose work is the answer; "object" when not said */
	/* answer */
	BEE_WIRE_DIAG,   /* head: struct bee__wire_diag, file and text; body: hint */
	BEE_WIRE_OBJECT, /* body: the ELF bytes, or the text that was asked for */
};

/* Head of BEE_WIRE_DIAG; the file's name and a NUL follow, then the text. */
struct bee__wire_diag {
	uint32_t severity; /* enum bee_severity */
	uint32_t line;
	uint32_t column;
};

/* A message being written. Running out of memory sets failed, and later puts do nothing. */
struct bee__wire {
	char *data;
	size_t size;
	size_t room;
	bool failed;
};

struct bee__wire_field {
	enum bee__wire_tag tag;
	const char *head;
	const char *body;
	size_t head_size;
	size_t body_size;
};

void bee__wire_put(struct bee__wire *wire, enum bee__wire_tag tag, const void *head,
		   size_t head_size, const void *body, size_t body_size);
/* Put a field whose parts are text. NULL is "". */
void bee__wire_put_text(struct bee__wire *wire, enum bee__wire_tag tag, const char *head,
			const char *body);
void bee__wire_free(struct bee__wire *wire);

/* 1: *field is the next one and *at moved behind it; 0: more bytes are needed; -EPROTO: nonsense. */
int bee__wire_next(const char **at, const char *end, struct bee__wire_field *field);

#endif
