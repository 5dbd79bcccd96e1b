/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the classes of moonbee.core share.
 *
 * Every object is a userdata box that borrows from the library. A box's first user value is its
 * parent, so a child keeps its module reachable; the module's close ends what its children hold.
 *
 *   registry ─► runtime ─► alive: { [box] = box }     what the loop may call, and what is attached
 *                  ▲
 *               module ─► { maps, programs, vars }, types
 *                ▲  ▲
 *              map  subscription, program, link, vars
 *               ▲
 *              walk
 */
#ifndef LBEE_H
#define LBEE_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "moonbee.h"

#define LBEE_EXPORT __attribute__((visibility("default")))

/* ---- runtime.c --------------------------------------------------------------------------- */

/* The runtime of a Lua state. */
struct lruntime {
	struct bee *bee;	/* NULL: not opened yet, or closed */
	bool is_closed;
	bool has_no_cache; /* core.no_cache() was called: for what opens it later */
	bool tells_progress;	/* on stderr */
	lua_State *L;		/* in a dispatch: the thread that it runs on */
	bool has_failed;	/* a callback raised: its error is kept at LBEE_ERROR */
	bool is_stopped;	/* core.stop() was called */
	bool has_mask;		/* inside bee.run: mask is the one from before it */
	sigset_t mask;
};

/* Where things stand on the Lua stack while callbacks are called. */
enum { LBEE_ALIVE = 1, LBEE_TRACEBACK, LBEE_ERROR };

/* The state's runtime, opened if need be: 0 or a negative errno. */
int lbee_runtime(lua_State *L, struct lruntime **ret_rt);
/* Keep the value at index reachable until lbee_release(), under the address of its box. */
void lbee_keep(lua_State *L, int index, const void *box);
void lbee_release(lua_State *L, const void *box);
/*
 * Call step(alive, data) protected, for a callback that C called. A raised error is kept, and
 * dispatch raises it again. Returns what the C callback is to return.
 */
int lbee_protect(struct lruntime *rt, lua_CFunction step, void *data);
void lbee_open_runtime(lua_State *L);

/* ---- error.c ----------------------------------------------------------------------------- */

/* Push nil and an error object made of the runtime's diagnostics. Returns 2. */
int lbee_fail(lua_State *L, const struct lruntime *rt, int err);
/* Raise what the runtime's diagnostics say: for a mistake of the script's. */
int lbee_raise(lua_State *L, const struct lruntime *rt);
/* The same as lbee_fail() for calls that report by errno alone. message may be NULL. */
int lbee_fail_errno(lua_State *L, const char *stage, int err, const char *message);
/* Push a list of the runtime's diagnostics. */
void lbee_push_diags(lua_State *L, const struct bee *bee);
/* Push " (did you mean 'x'?)" for the nearest key of the table at index, or "". */
void lbee_push_near(lua_State *L, int index, const char *name);
void lbee_open_error(lua_State *L);

/* ---- habits.c ---------------------------------------------------------------------------- */

/* How a "bee", "module" or "map" does what BCC calls so; NULL: it calls nothing so. */
const char *lbee_habit(const char *of, const char *name);
/* Push the words that say it, or those that name the nearest key of the table at names, or "". */
void lbee_push_way(lua_State *L, const char *of, const char *name, int names);
void lbee_open_habits(lua_State *L);

/* ---- options.c --------------------------------------------------------------------------- */

struct loption {
	const char *name;
	int type;	/* of its value, as lua_type() says; LUA_TNONE: its function checks that */
};

/*
 * Push the value of each option, in their order, from the table at arg; nil where arg is nil or lacks
 * it. What is no option, or of another type, is an error in the name of where: "map:on".
 */
void lbee_push_options(lua_State *L, int arg, const char *where, const struct loption *options,
		       size_t len);

/* ---- module.c ---------------------------------------------------------------------------- */

/* Something that has to end before its module does. */
struct lchild {
	struct lchild *next;
	struct lchild **link;	/* what points to this one; NULL: in no list */
	void (*close)(lua_State *L, struct lchild *child);
};

struct lmodule {
	struct bee_module *mod;	/* NULL: closed */
	struct lruntime *rt;
	struct lchild *children;
	bool is_map; /* it is there for the one map that bee.open_map() opened */
};

enum { LMODULE_FIELDS = 1, LMODULE_TYPES };

/* Push the box of a module that is to be opened. */
struct lmodule *lbee_push_module(lua_State *L, struct lruntime *rt);
/* End a module's children, and close it. */
void lbee_close_module(lua_State *L, struct lmodule *mod);
struct lmodule *lbee_check_module(lua_State *L, int arg);
/* True while the module and its runtime are open. */
bool lbee_is_open(const struct lmodule *mod);
void lbee_adopt(struct lmodule *mod, struct lchild *child);
void lbee_disown(struct lchild *child);
void lbee_open_module(lua_State *L);

/* ---- program.c, testrun.c, map.c, walk.c, vars.c ----------------------------------------- */

struct lprogram {
	struct bee_program *prog;
	struct lmodule *mod;
};

/* Where a value goes, for errors: "map 'counts': key", or what alone has no owner: "ctx". */
struct lwhere {
	const char *kind; /* "map", "variable"; NULL */
	const char *name;
	const char *part;
};

struct lmap {
	struct bee_map *map;
	struct lmodule *mod;
	const struct bee_type *key;	/* copies: see value.c */
	const struct bee_type *value;
};

enum { LMAP_MODULE = 1, LMAP_TYPES, LMAP_VALUES = LMAP_TYPES };

/* Push a table of the module's programs, or maps, by name. The module's box is at index. */
void lbee_push_programs(lua_State *L, int index, struct lmodule *mod);
void lbee_push_maps(lua_State *L, int index, struct lmodule *mod);
void lbee_push_vars(lua_State *L, int index, struct lmodule *mod);
/*
 * link.c: attach to the target at arg, or to a list of them, with the options behind it. The module's box
 * is at index.
 */
int lbee_program_attach(lua_State *L, int index, struct lmodule *mod, struct bee_program *prog,
			int arg);
/* module:detach() */
int lbee_module_detach(lua_State *L);
struct lprogram *lbee_check_program(lua_State *L, int arg);
/* The program at index, or NULL. */
const struct lprogram *lbee_to_program(lua_State *L, int index);
/* testrun.c: program:test_run() */
int lbee_test_run(lua_State *L);
struct lmap *lbee_check_map(lua_State *L, int arg);
/* Push an element: a table by CPU, from 0, where the kind has one value for each, or their sum. */
void lbee_push_elem(lua_State *L, int types, const struct lmap *map, const char *data, bool sums);
/* What pairs() needs: the step, a walk, nil, and the walk again, which the loop closes. */
int lbee_walk(lua_State *L, int arg, bool sums);
/* Push nil and the error of a call on a map: 2; or raise what its kind can never do. */
int lbee_map_fail(lua_State *L, const struct lmap *map, int err);
/* Bytes of an element: of the values of all CPUs. */
size_t lbee_elem_size(const struct lmap *map);
/* Write the element at index into data, or raise. */
void lbee_write_elem(lua_State *L, int index, const struct lmap *map, void *data);
/* Where a part of an element goes: "key", "value". */
static inline struct lwhere lbee_in_map(const struct lmap *map, const char *part)
{
	return (struct lwhere){ "map", bee_map_name(map->map), part };
}
/* subscription.c: map:on() */
int lbee_subscribe(lua_State *L);
/* bulk.c: map:update{}, map:clear() */
int lbee_map_update(lua_State *L);
int lbee_map_clear(lua_State *L);
/* queue.c: map:push(), map:pop(), map:peek(), map:submit() */
int lbee_map_push(lua_State *L);
int lbee_map_pop(lua_State *L);
int lbee_map_peek(lua_State *L);
int lbee_map_submit(lua_State *L);

void lbee_open_program(lua_State *L);
void lbee_open_link(lua_State *L);
void lbee_open_map(lua_State *L);
void lbee_open_walk(lua_State *L);
void lbee_open_vars(lua_State *L);
void lbee_open_record(lua_State *L);
void lbee_open_subscription(lua_State *L);
void lbee_open_watch(lua_State *L);
void lbee_open_u64(lua_State *L);
void lbee_open_disasm(lua_State *L);
void lbee_open_list(lua_State *L);

/* ---- value.c, write.c -------------------------------------------------------------------- */

/* A type's copy. The fields' types are such copies too. */
struct ltype {
	struct bee_type type;	/* first: bee_type pointers into copies are ltype pointers */
	bool has_overlap;	/* members of anonymous unions share their bytes */
};

/* Does a type hold a number that a Lua integer can be? */
static inline bool lbee_is_scalar(const struct bee_type *type)
{
	return type->size <= 8 && (type->kind == BEE_KIND_INT || type->kind == BEE_KIND_BOOL ||
				   type->kind == BEE_KIND_ENUM || type->kind == BEE_KIND_POINTER);
}

/* Where a field that is no bitfield stands. */
static inline const char *lbee_at_field(const struct bee_field *field, const void *data)
{
	return (const char *)data + field->bit_offset / 8;
}

/*
 * A copy of a type, which outlives its module: it belongs to the table at index types, and its
 * names are interned Lua strings, so that most lookups compare pointers alone.
 */
const struct bee_type *lbee_type(lua_State *L, int types, const struct bee_type *type);
const struct bee_field *lbee_find_text(const struct bee_type *type, const char *name);
/*
 * The field of a copied type, or NULL. name comes from lua_tostring(): names of up to 40 characters are
 * interned, so their pointers decide; longer ones, and those that are no field's, are compared as text.
 */
static inline const struct bee_field *lbee_find_field(const struct bee_type *type, const char *name)
{
	for (uint32_t i = 0; i < type->fields_len; i++)
		if (type->fields[i].name == name)
			return &type->fields[i];
	return lbee_find_text(type, name);
}
/* Push "struct event", "u32". */
void lbee_push_type_name(lua_State *L, const struct bee_type *type);
/* Push the words that name an unknown field. */
const char *lbee_push_no_field(lua_State *L, const struct bee_type *type, const char *name);
/* Raise them. */
int lbee_no_field(lua_State *L, const struct bee_type *type, const char *name);

/* Push the value at data, whole: structs and arrays become tables. */
void lbee_push_plain(lua_State *L, const struct bee_type *type, const void *data);
/* Push a field of the struct at data in the same way. */
void lbee_push_plain_field(lua_State *L, const struct bee_field *field, const void *data);
/* Push the sum of count values that stand stride bytes apart. */
void lbee_push_sum(lua_State *L, const struct bee_type *type, const void *data, size_t count,
		   size_t stride);
/* Write the value at index into data, which is zero where nothing is written, or raise. */
void lbee_write_value(lua_State *L, int index, const struct bee_type *type, void *data,
		      const struct lwhere *where);
/* The same for a table of count values from 0, stride bytes apart. */
void lbee_write_values(lua_State *L, int index, const struct bee_type *type, void *data,
		       size_t count, size_t stride, const struct lwhere *where);
/* Write the argument into a field of the struct at data, or raise and leave it as it was. */
void lbee_set_field(lua_State *L, int arg, const struct bee_field *field, char *data);

/* size zeroed bytes: small if they fit, else a userdata. Pushes one value. */
void *lbee_scratch(lua_State *L, void *small, size_t small_size, size_t size);
/* Set a field of the table on top; not to "", which is none. */
void lbee_set_text(lua_State *L, const char *key, const char *text);
/* Push a box for what the library allocates and its caller frees: it is freed with the box. */
void **lbee_own(lua_State *L);

/* ---- record.c ---------------------------------------------------------------------------- */

/* A struct or array: a copy, which stands behind the box, or the first member of a view. */
struct lrecord {
	const struct bee_type *type;	/* a copy, kept by the metatable */
	char *data;	/* NULL: a view whose callback is over */
};

/* What shows memory of another: of the record that is its user value, or of a ring. */
struct lview {
	struct lrecord record;
	const struct lrecord *whole;	/* what it is a part of, which may be this one */
	size_t size;
};

/* Push the metatable of records of the type, which the table at index types owns. */
void lbee_push_metatable(lua_State *L, int types, const struct bee_type *type);
/* Push a copy of a struct or array. The type's metatable is at index. */
void lbee_push_record(lua_State *L, int metatable, const struct bee_type *type, const void *data,
		      size_t size);
/* Push any value: structs and arrays as records. The table at index types owns type. */
void lbee_push_value(lua_State *L, int types, const struct bee_type *type, const void *data);
/* Push a view of a record that stays where it is, until lbee_end_view(). */
struct lrecord *lbee_push_view(lua_State *L, int metatable, const struct bee_type *type,
			       const void *data, size_t size);
static inline void lbee_end_view(struct lrecord *view)
{
	view->data = NULL;
}
/* The record at index, or NULL. */
const struct lrecord *lbee_to_record(lua_State *L, int index);
/* Its bytes: an event may have more than its type. */
size_t lbee_record_size(lua_State *L, int index, const struct lrecord *record);
/* Does a type make records? */
static inline bool lbee_has_parts(const struct bee_type *type)
{
	return type->kind == BEE_KIND_STRUCT || type->kind == BEE_KIND_UNION ||
	       type->kind == BEE_KIND_ARRAY;
}
/* A metatable with these functions, its methods below __index when there are any. Pops nothing. */
void lbee_metatable(lua_State *L, const char *name, const luaL_Reg *meta, const luaL_Reg *methods);

#endif
