// SPDX-License-Identifier: Apache-2.0
/* What a verifier's log says: the user's line, what could not be proven, and the usual cure. */
#include <ctype.h>

#include "lines.h"

static const char takes_for_number[] =
	"the verifier takes this pointer for a number: read through it with "
	"bpf_probe_read_kernel() or bpf_probe_read_user()";

/* Words of the verifier, and what a person does about them. */
static const struct cure {
	const char *words;
	const char *cure;
} cures[] = {
	{ "map_value_or_null", "a lookup may find nothing: check its result for NULL before use" },
	{ "mem_or_null", "a reservation may fail: check its result for NULL before use" },
	{ "_or_null'", "the pointer may be NULL: check it before use" },
	{ "invalid mem access 'scalar'", takes_for_number },
	{ "invalid mem access 'inv'", takes_for_number },
	{ "reference leak",
	  "what was reserved or acquired must be submitted, discarded or released on every path" },
	{ "Unreleased reference",
	  "what was reserved or acquired must be submitted, discarded or released on every path" },
	{ "invalid access to packet", "compare with data_end before you read that far" },
	{ "outside of the packet", "compare with data_end before you read that far" },
	{ "unbounded", "bound the value first: if (n > MAX) n = MAX; or n &= MAX - 1" },
	{ "min value is negative", "use an unsigned value, or check that it is not negative" },
	{ "invalid access to map value",
	  "the index or size reaches behind the map's value: bound it" },
	{ "invalid indirect read from stack",
	  "not all bytes are written, padding counts: initialise with = {} or memset()" },
	{ "invalid read from stack", "the variable is read before it is written" },
	{ "invalid write to stack", "the write reaches outside the variable" },
	{ "infinite loop detected", "give the loop a constant bound" },
	{ "back-edge",
	  "no function may call itself: make it a loop; and where this kernel takes no loop, "
	  "unroll it with #pragma unroll" },
	{ "recursive call from", "no function may call itself: make it a loop" },
	{ "BPF program is too large", "split the program, or bound its loops lower" },
	{ "cannot call GPL-restricted function",
	  "declare a GPL-compatible licence, as char LICENSE[] SEC(\"license\") = \"GPL\", or none, "
	  "which means it" },
	{ "unknown func", "this kernel, or this type of program, does not have that helper" },
	{ "program of this type cannot use helper",
	  "this type of program does not have that helper" },
	{ "R0 !read_ok",
	  "the program must return a value on every path, and one that was set: see the warnings" },
	{ "!read_ok", "what is read here was never set: see the warnings" },
	{ "the call stack of",
	  "functions call each other at most 8 deep, and none calls itself: make it a loop" },
	{ "invalid zero-sized read", "the size may be 0: check that it is above 0, and bound it" },
	{ "helper access to the packet is not allowed",
	  "copy these bytes to a variable first, by bpf_skb_load_bytes() or bpf_xdp_load_bytes()" },
	{ "expected=ctx",
	  "give the context as the program got it: its first parameter, unchanged" },
	{ "variable ctx access",
	  "read the context's fields by their names: it has no bytes at an index" },
	{ "dereference of modified ctx",
	  "read the context's fields by their names: ctx itself may not be moved" },
	{ "expected=fp",
	  "the helper wants the address of memory of the program: copy the value into a "
	  "variable, and give its address" },
	{ "leaks addr", "a program may not give an address away: return or store a number" },
	{ "R0 has value", "the program may only return the values that its type allows" },
	{ "At program exit", "the program may only return the values that its type allows" },
	{ "failed to resolve CO-RE relocation",
	  "this kernel has no such member or type: read it only where bpf_core_field_exists() or "
	  "bpf_core_type_exists() says that it is there, or compile for this kernel" },
	{ "combined stack size", "the stack is 512 bytes: keep large structs in a per-CPU array" },
	{ "invalid bpf_context access",
	  "the context has no such field at that offset and size, or it may not be written" },
};

/* ---- the log ----------------------------------------------------------------------------- */

/* A line of the log, without its newline. */
struct line {
	const char *text;
	size_t len;
};

static bool next_line(const char **at, struct line *ret_line)
{
	if (!**at)
		return false;
	ret_line->text = *at;
	ret_line->len = strcspn(*at, "\n");
	*at += ret_line->len + ((*at)[ret_line->len] == '\n');
	return true;
}

static bool starts(const struct line *line, const char *words)
{
	return line->len >= strlen(words) && !strncmp(line->text, words, strlen(words));
}

/* What the verifier prints after its verdict. */
static bool is_statistics(const struct line *line)
{
	static const char *const words[] = {
		"processed ",           "verification time ", "stack depth ",
		"max_states_per_insn ", "mark_precise",       "-- ",
		"cur state:",           "old state:",
	};

	for (size_t i = 0; i < BEE_LEN(words); i++)
		if (starts(line, words[i]))
			return true;
	return !line->len;
}

/* "12: (79) r1 = *(u64 *)(r0 +0)": the number of an instruction that is looked at; or -1. */
static long insn_of(const struct line *line)
{
	char *end;
	long number = line->len && isdigit((unsigned char)line->text[0])
			      ? strtol(line->text, &end, 10)
			      : -1;

	return number >= 0 && !strncmp(end, ": (", 3) ? number : -1;
}

#define STEPS_LEN 64

/* A line of the source that the verifier came to, and the first instruction of it, or -1. */
struct step {
	struct line source;
	long insn;
};

/* What a log ends in. */
struct ending {
	struct line verdict;
	struct step at;               /* source as the log last gave it; insn at which it ends */
	struct step steps[STEPS_LEN]; /* the last ones on the way there, in a ring */
	size_t steps_len;
	bool is_whole;
};

/*
 * The verdict is the last line that is no statistics; its place, the last "; source" before it. Newer
 * kernels go on after it with a report of many lines. A log that is not whole was too long for its
 * memory, and the kernel kept the beginning.
 */
static struct ending read_log(const char *log)
{
	struct line line = { "", 0 };
	struct step step = { line, -1 };
	struct ending ending = { .verdict = line, .at = step };
	long number;

	while (next_line(&log, &line) && !starts(&line, "Verification failed: ")) {
		ending.is_whole |= starts(&line, "processed ");
		if (starts(&line, "; ")) {
			step.source = (struct line){ line.text + 2, line.len - 2 };
			ending.steps[ending.steps_len++ % STEPS_LEN] =
				(struct step){ step.source, -1 };
		} else if ((number = insn_of(&line)) >= 0) {
			struct step *last = &ending.steps[(ending.steps_len - 1) % STEPS_LEN];

			step.insn = number;
			if (ending.steps_len && last->insn < 0)
				last->insn = number;
		} else if (!is_statistics(&line)) {
			ending.verdict = line;
			ending.at = step;
		}
	}
	ending.is_whole |= starts(&line, "Verification failed: ");
	return ending;
}

/* Newer kernels append the place: "text @ file.c:12". Cut it off, and give the line's number. */
static unsigned int cut_place(struct line *source)
{
	for (size_t i = source->len; i-- > 3;) {
		const char *colon;

		if (strncmp(source->text + i - 3, " @ ", 3))
			continue;
		colon = memchr(source->text + i, ':', source->len - i);
		source->len = i - 3;
		return colon ? strtoul(colon + 1, NULL, 10) : 0;
	}
	return 0;
}

/* ---- the verdict ------------------------------------------------------------------------- */

static const char *find_cure(const struct line *verdict)
{
	for (size_t i = 0; i < BEE_LEN(cures); i++)
		if (memmem(verdict->text, verdict->len, cures[i].words, strlen(cures[i].words)))
			return cures[i].cure;
	return NULL;
}

/* Is this what the verifier knows of a number that is 0? Older kernels write inv0, or invP0. */
static bool is_zero(const char *value)
{
	value += strncmp(value, "inv", 3) ? 0 : 3;
	value += *value == 'P';
	return *value == '0' && !isalnum((unsigned char)value[1]);
}

/* What a line says of the register, "R1=0", "R1_w=0"; or what its instruction gives it: NULL when nothing. */
static const char *find_state(const struct line *line, char number)
{
	const char state[] = { 'R', number, 0 }, given[] = { 'r', number, ' ', '=', ' ', 0 };
	const char *at = line->text, *end = line->text + line->len, *found = NULL;

	while ((at = memmem(at, end - at, state, 2))) {
		at += 2;
		at += at < end && *at == '_' ? 1 + strspn(at + 1, "rw") : 0;
		if (at < end && *at == '=')
			found = at + 1;
	}
	at = found ? NULL : memmem(line->text, line->len, given, 5);
	return at && at - line->text >= 2 && at[-2] == ')' ? at + 5 : found;
}

/* A pointer that was compared with NULL, or is set to it, is the number 0 to the verifier. */
static bool is_null(const char *log, const struct line *verdict)
{
	struct line line;
	bool is_null = false;

	if (verdict->len < 2 || verdict->text[0] != 'R')
		return false;
	while (next_line(&log, &line) && line.text < verdict->text) {
		const char *state = find_state(&line, verdict->text[1]);

		is_null = state ? is_zero(state) : is_null;
	}
	return is_null;
}

static const char *find_hint(const char *log, const struct line *verdict)
{
	const char *cure = find_cure(verdict);

	if (cure == takes_for_number && is_null(log, verdict))
		return "the pointer is NULL on the way to this line: leave before it, as by "
		       "if (!p) return 0";
	return cure;
}

/* The reason stands at the end of the log, which is not there. */
static int refuse_cut(struct bee_module *mod, const char *program, const char *log)
{
	struct bee__text text = { 0 };

	bee__text_printf(&text,
			 "the verifier refused '%s', and its log is too long to hold the reason",
			 program);
	bee__diag(mod->bee, &(struct bee_diag){
				    .stage = BEE_STAGE_LOAD,
				    .severity = BEE_ERROR,
				    .err = -ENOSPC,
				    .text = text.data,
				    .hint = "bound its loops lower while you look for the reason",
				    .log = log,
			    });
	bee__text_free(&text);
	return -ENOSPC;
}

static struct bee__place place_of(const struct bee_module *mod, const char *program,
				  const struct step *step)
{
	struct line source = step->source;
	unsigned int number = cut_place(&source);

	return bee__find_place(mod, program,
			       &(struct bee__told){
				       .text = source.text,
				       .len = source.len,
				       .line = number,
				       .insn = step->insn,
			       });
}

/* What is refused before the first step has no line: "back-edge from insn 10 to 3". */
static struct bee__place place_in_words(const struct bee_module *mod, const char *program,
					const struct line *verdict)
{
	static const char before[] = "insn ";
	struct bee__told told = { .insn = -1 };
	const char *at = memmem(verdict->text, verdict->len, before, strlen(before));

	if (at && isdigit((unsigned char)at[strlen(before)]))
		told.insn = strtol(at + strlen(before), NULL, 10);
	return bee__find_place(mod, program, &told);
}

/* A function of the prelude is no place that a user could look at: the line that led to it is. */
static struct bee__place find_place(const struct bee_module *mod, const char *program,
				    const struct ending *ending)
{
	struct bee__place place = place_of(mod, program, &ending->at);
	size_t first = ending->steps_len > STEPS_LEN ? ending->steps_len - STEPS_LEN : 0;

	for (size_t i = ending->steps_len; i > first; i--) {
		if (!place.file || strcmp(place.file, BEE_HEADER_PATH) != 0)
			break;
		place = place_of(mod, program, &ending->steps[(i - 1) % STEPS_LEN]);
	}
	return place.file ? place : place_in_words(mod, program, &ending->verdict);
}

int bee__verdict(struct bee_module *mod, const char *program, int err, const char *log)
{
	struct ending ending = read_log(log);
	struct bee__text text = { 0 };
	struct bee__place place;

	if (!ending.is_whole && err == -ENOSPC)
		return refuse_cut(mod, program, log);
	place = find_place(mod, program, &ending);
	bee__text_printf(&text, "the verifier refused '%s': %.*s", program, (int)ending.verdict.len,
			 ending.verdict.text);
	bee__diag(mod->bee, &(struct bee_diag){
				    .stage = BEE_STAGE_LOAD,
				    .severity = BEE_ERROR,
				    .err = err,
				    .file = place.file,
				    .line = place.line,
				    .column = place.column,
				    .text = text.data,
				    .source = place.source,
				    .hint = find_hint(log, &ending.verdict),
				    .log = log,
			    });
	bee__text_free(&text);
	return err;
}
