/* SPDX-License-Identifier: Apache-2.0 */
/* moonbee-cc: one request on fd 0, one answer on fd 1. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"

/* More than the largest source with every header that it could include. */
#define REQUEST_MAX (64u << 20)

enum { EXIT_USAGE = 2, EXIT_REQUEST = 3, EXIT_MEMORY = 4, EXIT_ANSWER = 5 };

/* ---- memory ------------------------------------------------------------------------------ */

void *bee__cc_alloc(size_t size)
{
	void *data = calloc(1, size ? size : 1);

	if (!data)
		_exit(EXIT_MEMORY);
	return data;
}

void *bee__cc_grow(void *array, size_t len, size_t size)
{
	/* Room doubles at the powers of two, so that adding one by one stays linear. */
	if (len & (len - 1))
		return array;
	array = reallocarray(array, len ? len * 2 : 1, size);
	if (!array)
		_exit(EXIT_MEMORY);
	memset((char *)array + len * size, 0, (len ? len : 1) * size);
	return array;
}

/* ---- the request ------------------------------------------------------------------------- */

static bool is_whole(const char *at, const char *end)
{
	struct bee__wire_field field;

	while (bee__wire_next(&at, end, &field) == 1)
		if (field.tag == BEE_WIRE_END)
			return true;
	return false;
}

/* All that the parent sends; it shuts its end down, or stops at the END field. */
static char *read_request(size_t *ret_size)
{
	size_t size = 0, room = 256 << 10;
	char *data = bee__cc_alloc(room);

	for (;;) {
		ssize_t len = read(STDIN_FILENO, data + size, room - size);

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			break;
		size += len;
		if (size > REQUEST_MAX)
			_exit(EXIT_REQUEST);
		if (size < room) {
			if (is_whole(data, data + size))
				break;
			continue;
		}
		room *= 2;
		data = realloc(data, room);
		if (!data)
			_exit(EXIT_MEMORY);
	}
	*ret_size = size;
	return data;
}

static void take_file(struct bee__cc *cc, const struct bee__wire_field *field)
{
	cc->files = bee__cc_grow(cc->files, cc->files_len, sizeof(*cc->files));
	cc->files[cc->files_len++] = (struct bee__cc_file){
		.path = field->head,
		.text = field->body,
		.size = field->body_size,
	};
}

static void take_code(struct bee__cc *cc, const struct bee__wire_field *field)
{
	cc->codes = bee__cc_grow(cc->codes, cc->codes_len, sizeof(*cc->codes));
	cc->codes[cc->codes_len++] =
		(struct bee__cc_code){ field->head, field->body, field->body_size };
}

static void take_wish(struct bee__cc *cc, const struct bee__wire_field *field)
{
	cc->wishes = bee__cc_grow(cc->wishes, cc->wishes_len, sizeof(*cc->wishes));
	cc->wishes[cc->wishes_len++] = (struct bee__cc_wish){ field->head, field->body };
}

static void take_define(struct bee__cc *cc, const struct bee__wire_field *field)
{
	cc->defines = bee__cc_grow(cc->defines, cc->defines_len, sizeof(*cc->defines));
	cc->defines[cc->defines_len++] = field->head;
}

static void take_folder(struct bee__cc *cc, const struct bee__wire_field *field)
{
	cc->folders = bee__cc_grow(cc->folders, cc->folders_len, sizeof(*cc->folders));
	cc->folders[cc->folders_len++] = field->head;
}

static void take_field(struct bee__cc *cc, const struct bee__wire_field *field)
{
	switch (field->tag) {
	case BEE_WIRE_CPU:
		cc->cpu = field->head;
		break;
	case BEE_WIRE_CODE:
		take_code(cc, field);
		break;
	case BEE_WIRE_PORTABLE:
		cc->is_portable = true;
		break;
	case BEE_WIRE_INPUT:
		cc->input = field->head;
		break;
	case BEE_WIRE_SHOW:
		cc->show = field->head;
		break;
	case BEE_WIRE_DEFINE:
		take_define(cc, field);
		break;
	case BEE_WIRE_FILE:
		take_file(cc, field);
		break;
	case BEE_WIRE_PRELUDE:
		cc->prelude = field->head;
		break;
	case BEE_WIRE_WISH:
		take_wish(cc, field);
		break;
	case BEE_WIRE_FOLDER:
		take_folder(cc, field);
		break;
	default:
		_exit(EXIT_REQUEST);
	}
}

/* A library of another build may mean other things by the same fields: nothing else is read. */
static void check_build(struct bee__cc *cc, const struct bee__wire_field *field)
{
	if (field->tag != BEE_WIRE_BUILD)
		_exit(EXIT_REQUEST);
	if (strcmp(field->head, BEE_BUILD_ID))
		bee__cc_finish(cc);
}

static void take_request(struct bee__cc *cc)
{
	struct bee__wire_field field;
	const char *at, *end;
	size_t size;

	at = read_request(&size);
	end = at + size;
	if (bee__wire_next(&at, end, &field) != 1)
		_exit(EXIT_REQUEST);
	check_build(cc, &field);
	for (;;) {
		if (bee__wire_next(&at, end, &field) != 1)
			_exit(EXIT_REQUEST);
		if (field.tag == BEE_WIRE_END)
			break;
		take_field(cc, &field);
	}
	if (!cc->files_len && !cc->codes_len)
		_exit(EXIT_REQUEST);
}

/* ---- the answer -------------------------------------------------------------------------- */

/* The same of another column of the line is no news. */
static bool is_repeated(struct bee__cc *cc, const struct bee__cc_place *place, const char *text)
{
	bool same = cc->last_words && !strcmp(cc->last_words, text) &&
		    (!place->line || cc->last_place.line == place->line);

	free(cc->last_words);
	cc->last_words = strdup(text);
	cc->last_place = *place;
	return same;
}

void bee__cc_diag(struct bee__cc *cc, enum bee_severity severity, const struct bee__cc_place *place,
		  const char *text, const char *hint)
{
	struct bee__wire_diag head = { severity, place->line, place->column };
	const char *file = place->file ? place->file : "";
	size_t file_size = strlen(file) + 1, text_size = strlen(text);
	char *data;

	if (severity == BEE_ERROR)
		cc->errors++;
	if (is_repeated(cc, place, text))
		return;
	data = bee__cc_alloc(sizeof(head) + file_size + text_size);
	memcpy(data, &head, sizeof(head));
	memcpy(data + sizeof(head), file, file_size);
	memcpy(data + sizeof(head) + file_size, text, text_size);
	bee__wire_put(&cc->answer, BEE_WIRE_DIAG, data, sizeof(head) + file_size + text_size, hint,
		      strlen(hint));
	free(data);
}

void bee__cc_error(struct bee__cc *cc, const struct bee__cc_place *place, const char *hint,
		   const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	bee__cc_diag(cc, BEE_ERROR, place, text, hint);
}

void bee__cc_answer(struct bee__cc *cc, const char *data, size_t size)
{
	bee__wire_put(&cc->answer, BEE_WIRE_OBJECT, NULL, 0, data, size);
}

void bee__cc_finish(struct bee__cc *cc)
{
	size_t done = 0;

	bee__wire_put_text(&cc->answer, BEE_WIRE_END, NULL, NULL);
	if (cc->answer.failed)
		_exit(EXIT_MEMORY);
	while (done < cc->answer.size) {
		ssize_t len = write(STDOUT_FILENO, cc->answer.data + done, cc->answer.size - done);

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			_exit(EXIT_ANSWER);
		done += len;
	}
	/* Destructors would take longer than the kernel needs to drop the process. */
	_exit(EXIT_SUCCESS);
}

/* ---- the compile ------------------------------------------------------------------------- */

// clang-format off
static const struct stage {
	const char *name;			/* by which a request asks for what it made */
	void (*run)(struct bee__cc *cc);	/* NULL: it only shows */
	void (*show)(struct bee__cc *cc);	/* puts what it made into the answer; NULL: it cannot */
} stages[] = {
	{ "target",       bee__cc_open_target, NULL },
	{ "preprocessed", NULL,                bee__cc_preprocess },
	{ "ir",           bee__cc_take_input,  bee__cc_show_ir },	/* text -> IR */
	{ "names",        bee__cc_names,       bee__cc_show_ir },	/* functions -> programs */
	{ "ir-reads",     bee__cc_lower,       bee__cc_show_ir },	/* dialect, reads -> calls */
	{ "ir-optimised", bee__cc_optimise,    bee__cc_show_ir },
	{ "asm",          NULL,                bee__cc_show_asm },
	{ "object",       NULL,                bee__cc_emit },
};
// clang-format on

/* Run the stages up to the one that is asked for, unless one finds an error. */
static void run_stages(struct bee__cc *cc)
{
	for (size_t i = 0; i < BEE_CC_LEN(stages); i++) {
		if (stages[i].run)
			stages[i].run(cc);
		if (cc->errors)
			return;
		if (strcmp(stages[i].name, cc->show))
			continue;
		if (stages[i].show)
			stages[i].show(cc);
		return;
	}
}

static int speak_to_person(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("moonbee-cc %s, build %s\n", BEE_VERSION, BEE_BUILD_ID);
		return EXIT_SUCCESS;
	}
	fprintf(stderr, "moonbee-cc is run by moonbee: it reads a compile request from a pipe\n");
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct bee__cc cc = { .cpu = "v3", .input = "c", .show = "object" };

	if (argc > 1 || isatty(STDIN_FILENO))
		return speak_to_person(argc, argv);
	bee__cc_limit();
	bee__wire_put_text(&cc.answer, BEE_WIRE_BUILD, BEE_BUILD_ID, NULL);
	take_request(&cc);
	bee__cc_lock_in();
	if (cc.codes_len)
		bee__cc_disassemble(&cc);
	else
		run_stages(&cc);
	bee__cc_finish(&cc);
}
