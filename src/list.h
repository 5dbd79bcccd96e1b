/* SPDX-License-Identifier: Apache-2.0 */
/* Listing what hooks can be attached to: what their `list` functions work with. */
#ifndef BEE_LIST_H
#define BEE_LIST_H

#include "internal.h"
#include "rawbtf.h"

/* Where in bee__list.words the texts of an argument begin: they move while they grow. */
struct bee__arg_place {
	size_t name, type, text;
};

/* One listing of one hook. A `list` function walks the names that there are, and for each:
 *
 *   if (bee__list_wants(list, name)) {         at once, or later: what is found is often sorted
 *           bee__list_begin(list);
 *           ... bee__list_arg() ...            where list->wants_args
 *           err = bee__list_give(list, name, module);
 *   }
 */
struct bee__list {
	struct bee__attach at; /* without a program: the hook, and whom to tell of errors */
	const char *pattern;   /* of the names; at.rest is all that stands behind the hook's name */
	char *prefix; /* between the hook's name and each name: "/bin/sh:"; allocated, or NULL */
	bool wants_args;
	bool is_plain; /* a name is looked for in all hooks: of "sched:sched_switch" the last part too */
	bool is_near;  /* nothing was found: names near to the pattern are looked for instead */
	bee_probe_fn fn;
	void *ctx;
	size_t found;
	struct bee__near near;
	bool is_ended; /* by the caller, whose answer is the result */
	struct bee__text target, words;
	struct bee__arg_place *places;
	struct bee_arg *args;
	size_t args_len, args_room;
	size_t returns; /* place of what it returns; 0: unknown */
};

/* Does the name match? Where nothing has matched, it is remembered as near instead: false. */
bool bee__list_wants(struct bee__list *list, const char *name);
/* Begin to tell of a probe, which has no arguments yet. */
void bee__list_begin(struct bee__list *list);
/* Another argument of the probe that is given next; text: as C declares it. */
void bee__list_arg(struct bee__list *list, const char *name, const char *type, const char *text);
/* A field of a record, as tracefs tells it: "char", "comm", "[16]". ctx: the list. */
void bee__list_field(void *ctx, const char *type, const char *name, const char *array);
/* Arguments, from the first on, and what is returned, by a function's type in BTF. */
void bee__list_proto(struct bee__list *list, const struct bee__rawbtf *btf, uint32_t id,
		     uint32_t first);
/* What the probe that is given next returns. */
void bee__list_returns(struct bee__list *list, const char *type);
/* Hand the probe to the caller, whose negative return ends the listing. module: "" for none. */
int bee__list_give(struct bee__list *list, const char *name, const char *module);

/* What a list function found, to be sorted before it is given. */
struct bee__candidate {
	const char *name;
	const char *module;
	uint32_t id; /* of the type that has its arguments; 0: not known */
	bool is_given;
};

struct bee__candidates {
	struct bee__candidate *list;
	size_t len, room;
};

int bee__candidates_add(struct bee__candidates *found, const char *name, const char *module,
			uint32_t id);
/* By module, then by name. */
void bee__candidates_sort(struct bee__candidates *found);
/* The one of this module and name, in a sorted list; or NULL. */
struct bee__candidate *bee__candidates_find(const struct bee__candidates *found, const char *module,
					    const char *name);

#endif
