// SPDX-License-Identifier: Apache-2.0
/* Diagnostics: what went wrong, where, and what to do about it. */
#include "internal.h"

static const char *const stage_names[] = {
	[BEE_STAGE_NONE] = "",           [BEE_STAGE_SOURCE] = "source", [BEE_STAGE_TYPES] = "types",
	[BEE_STAGE_COMPILE] = "compile", [BEE_STAGE_OBJECT] = "object", [BEE_STAGE_LOAD] = "load",
	[BEE_STAGE_ATTACH] = "attach",   [BEE_STAGE_EVENT] = "event",   [BEE_STAGE_MAP] = "map",
	[BEE_STAGE_VALUE] = "value",     [BEE_STAGE_TEST] = "test",
};

static const char *const severity_names[] = {
	[BEE_NOTE] = "note",
	[BEE_WARNING] = "warning",
	[BEE_ERROR] = "error",
};

const char *bee_stage_name(enum bee_stage stage)
{
	return stage < BEE_LEN(stage_names) ? stage_names[stage] : "";
}

static void diag_free(struct bee__diag *diag)
{
	free((char *)diag->pub.file);
	free((char *)diag->pub.text);
	free((char *)diag->pub.source);
	free((char *)diag->pub.hint);
	free((char *)diag->pub.log);
	free(diag);
}

void bee__diags_clear(struct bee *bee)
{
	struct bee__diag *diag, *next;

	for (diag = bee->diags.first; diag; diag = next) {
		next = diag->next;
		diag_free(diag);
	}
	bee->diags.first = bee->diags.last = NULL;
}

static bool dup_text(const char **text)
{
	*text = strdup(*text ? *text : "");
	return *text;
}

int bee__diag(struct bee *bee, const struct bee_diag *diag)
{
	struct bee__diag *copy = calloc(1, sizeof(*copy));
	bool is_whole;

	if (!copy)
		return diag->err;
	copy->pub = *diag;
	is_whole = dup_text(&copy->pub.file);
	is_whole &= dup_text(&copy->pub.text);
	is_whole &= dup_text(&copy->pub.source);
	is_whole &= dup_text(&copy->pub.hint);
	is_whole &= dup_text(&copy->pub.log);
	if (!is_whole) {
		diag_free(copy);
		return diag->err;
	}
	if (bee->diags.last)
		bee->diags.last->next = copy;
	else
		bee->diags.first = copy;
	bee->diags.last = copy;
	return diag->err;
}

void bee__diag_hint(struct bee__diag *diag, const char *hint)
{
	char *copy = strdup(hint);

	if (!copy)
		return;
	free((char *)diag->pub.hint);
	diag->pub.hint = copy;
}

void bee__diag_drop(struct bee *bee, struct bee__diag *before)
{
	struct bee__diag *diag = before->next;

	before->next = diag->next;
	if (bee->diags.last == diag)
		bee->diags.last = before;
	diag_free(diag);
}

int bee__fail(struct bee *bee, enum bee_stage stage, int err, const char *fmt, ...)
{
	struct bee__text text = { 0 };
	va_list args;

	va_start(args, fmt);
	bee__text_vprintf(&text, fmt, args);
	va_end(args);
	bee__diag(bee, &(struct bee_diag){
			       .stage = stage,
			       .severity = BEE_ERROR,
			       .err = err,
			       .text = text.data,
		       });
	bee__text_free(&text);
	if (err == -EMFILE)
		bee__hint(bee, "this process has as many descriptors open as it may: close some, "
			       "or raise the limit (ulimit -n)");
	return err;
}

void bee__hint(struct bee *bee, const char *fmt, ...)
{
	struct bee__text text = { 0 };
	va_list args;

	if (!bee->diags.last)
		return;
	va_start(args, fmt);
	bee__text_vprintf(&text, fmt, args);
	va_end(args);
	if (text.failed)
		return;
	/* Words of libbpf are lines; a hint stands where a line ends by itself. */
	while (text.len && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	free((char *)bee->diags.last->pub.hint);
	bee->diags.last->pub.hint = text.data;
}

const struct bee_diag *bee_diag_next(const struct bee *bee, const struct bee_diag *prev)
{
	/* The public part comes first, so that a pointer to it is one to the whole. */
	const struct bee__diag *next = prev ? ((const struct bee__diag *)prev)->next
					    : bee->diags.first;

	return next ? &next->pub : NULL;
}

static void write_caret(struct bee__text *out, const struct bee_diag *diag)
{
	bee__text_printf(out, "\n  %s", diag->source);
	if (!diag->column || diag->column > strlen(diag->source) + 1)
		return;
	bee__text_add(out, "\n  ", 3);
	for (const char *at = diag->source; at < diag->source + diag->column - 1; at++)
		bee__text_add(out, *at == '\t' ? "\t" : " ", 1);
	bee__text_add(out, "^", 1);
}

static void write_diag(struct bee__text *out, const struct bee_diag *diag)
{
	if (out->len)
		bee__text_add(out, "\n", 1);
	if (*diag->file)
		bee__text_printf(out, "%s:", diag->file);
	if (*diag->file && diag->line)
		bee__text_printf(out, "%u:", diag->line);
	if (*diag->file && diag->line && diag->column)
		bee__text_printf(out, "%u:", diag->column);
	if (*diag->file)
		bee__text_printf(out, " %s: ", severity_names[diag->severity]);
	bee__text_printf(out, "%s", diag->text);
	if (*diag->source)
		write_caret(out, diag);
	if (*diag->hint)
		bee__text_printf(out, "\n  hint: %s", diag->hint);
}

size_t bee_error_text(const struct bee *bee, char *buf, size_t size)
{
	const struct bee_diag *diag = NULL;
	struct bee__text out = { 0 };
	bool is_told = false;

	while ((diag = bee_diag_next(bee, diag))) {
		/* A note belongs to what stands before it. */
		is_told = diag->severity == BEE_ERROR || (diag->severity == BEE_NOTE && is_told);
		if (is_told)
			write_diag(&out, diag);
	}
	return bee__text_give(&out, buf, size);
}
