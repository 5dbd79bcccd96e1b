/* SPDX-License-Identifier: Apache-2.0 */
/* What the stages of libmoonbee share, in the order in which the data passes them. */
#ifndef BEE_INTERNAL_H
#define BEE_INTERNAL_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feature.h"
#include "hook.h"
#include "moonbee.h"

struct bpf_object;
struct bpf_program;
struct bpf_map;
struct bpf_map_info;
struct bpf_link;
struct bpf_link_create_opts;
struct btf;
struct user_ring_buffer;
struct bee__wire;

#define BEE_LEN(array)        (sizeof(array) / sizeof((array)[0]))
#define BEE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* The kernel's own errno for an operation that this kind of map or program lacks. */
#define BEE_ENOTSUPP 524

#define BEE_BTF_PATH     "/sys/kernel/btf/vmlinux"
#define BEE_HEADER_PATH  "/bee/moonbee.h" /* the virtual header, included before the source */
#define BEE_INCLUDE_PATH "/bee/include"   /* kernel, libbpf and BCC headers: there, and empty */
#define BEE_SOURCE_MAX   (4u << 20)       /* bytes of one source */
#define BEE_COMPILE_MS   30000            /* how long moonbee-cc may think */

/* ---- runtime.c --------------------------------------------------------------------------- */

struct bee__diags {
	struct bee__diag *first, *last;
};

/*
 * How a dispatch waits. At a low rate it sleeps in epoll, and each event wakes it. At a high rate a
 * wake-up for each event costs the producer and the consumer more than the event itself: then it
 * naps, and takes what has gathered. A producer that finds records waiting wakes nobody.
 */
struct bee__pace {
	uint64_t since_ns; /* when the events were counted from; CLOCK_MONOTONIC */
	unsigned int count;
	bool is_hot;
	bool is_behind; /* the last dispatch left events there: the next one goes on at once */
};

struct bee {
	char *compiler; /* as asked for; NULL: to be found */
	char *cache;    /* its folder, as asked for; "": none; NULL: by custom */
	bool has_cache; /* it was looked for: cache_fd is its folder, or -1 */
	int cache_fd;
	char *cache_path;          /* as bee_cache_info() told it; or NULL */
	struct bee__wire *formats; /* of tracefs, as the types stage reads them; or NULL */
	const char *cpu;           /* the newest BPF that the kernel takes; NULL: not asked yet */
	char *btf_path;
	bee_log_fn log;
	void *log_ctx;
	struct bee__diags diags;
	char words[2048];  /* what libbpf last warned of */
	struct bee *outer; /* while libbpf works for this one: whom it works for behind that */
	int epoll_fd;
	int tracefs_fd;      /* directory of tracefs; -1: not opened yet */
	unsigned int depth;  /* of dispatches under way: the dead wait for 0 */
	unsigned int served; /* events of the dispatch that is under way */
	unsigned int budget; /* and how many it may serve */
	struct bee__pace pace;
	struct bee__dead *dead;
	struct bee_watch *watches;
	struct bee_events *events;
	struct bee_module *modules;
	struct bee_link *links; /* opened from pins */
};

/* ---- options.c --------------------------------------------------------------------------- */

/* A public struct that carries its own size: what it is called, and how long it was and is. */
struct bee__sized {
	const char *name;
	size_t least; /* up to the last field of the first release */
	size_t size;
};

#define BEE__SIZED(type, last)                                                     \
	(&(const struct bee__sized){                                               \
		"struct " #type,                                                   \
		offsetof(struct type, last) + sizeof(((struct type *)NULL)->last), \
		sizeof(struct type),                                               \
	})

/*
 * Copy what the caller gave into dst, which is ours and whole; NULL gives zeros. One that is longer
 * than ours must end in zeros. -EINVAL: told to bee, at stage; bee may be NULL.
 */
int bee__copy_opts(struct bee *bee, enum bee_stage stage, const struct bee__sized *sized, void *dst,
		   const void *src);
/* The same, and all that can be said of them before they are used. */
int bee__copy_source(struct bee *bee, const struct bee_source *source,
		     struct bee_source *ret_source);
int bee__copy_load_opts(struct bee *bee, const struct bee_load_opts *opts,
			struct bee_load_opts *ret_opts);

/* ---- error.c, log.c ---------------------------------------------------------------------- */

struct bee__diag {
	struct bee_diag pub;
	struct bee__diag *next;
};

/* Forget the diagnostics of the last call. */
void bee__diags_clear(struct bee *bee);
/* Record a copy of a diagnostic; strings may be NULL. Returns diag->err. */
int bee__diag(struct bee *bee, const struct bee_diag *diag);
/* Give one that was recorded another hint. */
void bee__diag_hint(struct bee__diag *diag, const char *hint);
/* Forget the one that stands behind another. */
void bee__diag_drop(struct bee *bee, struct bee__diag *before);
/* Record an error of a stage, and return err. */
int bee__fail(struct bee *bee, enum bee_stage stage, int err, const char *fmt, ...)
	BEE_PRINTF(4, 5);
/* Set what to do about the error that was recorded last. */
void bee__hint(struct bee *bee, const char *fmt, ...) BEE_PRINTF(2, 3);

extern FILE *bee__stderr;
void bee__log(struct bee *bee, enum bee_log_level level, const char *fmt, ...) BEE_PRINTF(3, 4);
/*
 * libbpf prints through one hook for the whole process, set by init. Between begin and end, what it prints on
 * this thread goes to this runtime's log, and its warnings are kept for error texts: bee->words, one a
 * line. A log callback may use another runtime meanwhile.
 */
void bee__libbpf_init(void);
void bee__libbpf_begin(struct bee *bee);
void bee__libbpf_end(struct bee *bee);

/* ---- near.c ------------------------------------------------------------------------------ */

struct bee__text;

/* The names that are nearest to a word that names nothing, best first. */
struct bee__near {
	char word[128];
	size_t len;
	bool is_start;    /* of a pattern: what comes behind the word is any */
	size_t start_len; /* of a word that is shorter, names that begin with it are not near */
	bool by_tail;     /* of a name like "sched:sched_switch" the last part is compared */
	char names[3][256];
	unsigned int far[3];
	size_t found;
};

/* What stands behind the last colon of a name; all of it where there is none. */
const char *bee__tail(const char *name);
/* Of a pattern, what stands before its first `*` or `?` counts. */
void bee__near_begin(struct bee__near *near, const char *word);
void bee__near_add(struct bee__near *near, const char *name);
/* Hint at what was found, if anything: "did you mean 'vfs_read' or 'vfs_readv'?" */
void bee__hint_near(struct bee *bee, const struct bee__near *near, const char *before);
/* The same words, added to a text; none where nothing was found. */
void bee__near_print(const struct bee__near *near, const char *before, struct bee__text *out);

/* ---- text.c ------------------------------------------------------------------------------ */

/* A text that grows. Running out of memory sets failed, and later writes do nothing. */
struct bee__text {
	char *data; /* ends in a NUL; NULL while empty */
	size_t len;
	size_t room;
	bool failed;
};

void bee__text_add(struct bee__text *text, const char *data, size_t len);
void bee__text_printf(struct bee__text *text, const char *fmt, ...) BEE_PRINTF(2, 3);
void bee__text_vprintf(struct bee__text *text, const char *fmt, va_list args) BEE_PRINTF(2, 0);
void bee__text_free(struct bee__text *text);
/* What stands behind some words, which end in a quote, up to the next quote. false: it is not there, or too long. */
bool bee__text_quoted(const char *text, const char *words, char *buf, size_t size);
/* Free text, and write as much of it into buf as fits, with a NUL. Returns the length of the whole. */
size_t bee__text_give(struct bee__text *text, char *buf, size_t size);

/* Read a whole file, pseudo files too. The caller frees *ret_data, which ends in a NUL. */
int bee__read_fd(int fd, char **ret_data, size_t *ret_size);
int bee__read_file(const char *path, char **ret_data, size_t *ret_size);

/* ---- source.c ---------------------------------------------------------------------------- */

/* A file as the compiler will see it. Its text begins with the #line that names it to the user. */
struct bee__file {
	char *path; /* absolute; kernel and libbpf headers stand below /bee/ */
	char *text;
	size_t size;
};

struct bee__files {
	struct bee__file *list;
	size_t len;
	char **folders; /* where #include looks, in order: absolute */
	size_t folders_len;
	enum bee_input input; /* what the last one is; never BEE_INPUT_AUTO */
	bool lacks_dump;      /* a vmlinux.h of all types was left out for the kernel's own */
};

/* What a source is: as it says itself, or by how it looks. */
enum bee_input bee__input(const struct bee_source *source);

/* virtual.c: headers that stand for no file, by the names that an #include gives them. */
bool bee__is_virtual(const char *name);
/* What one defines in its place; "" for most. */
const char *bee__virtual_text(const char *name);

/*
 * The user's files: what source includes, then source itself, last. Headers of the kernel, libbpf
 * and BCC are there and empty. Lines are those of the user's files, by #line. with_dump: a vmlinux.h
 * that holds all types of some kernel is read, and not left out.
 */
int bee__source_read(struct bee *bee, const struct bee_source *source,
		     const struct bee_load_opts *opts, bool with_dump,
		     struct bee__files *ret_files);
void bee__files_free(struct bee__files *files);

/* ---- tracepoint.c ------------------------------------------------------------------------ */

/* A file system in a mount of our own, which stands in no directory and goes with its descriptor. */
int bee__mount_detached(const char *type);
#define BEE_TRACEFS_HINT "tracefs is root's alone, unless it is mounted otherwise"

/* tracefs, where it is mounted or through a mount that only this process sees. Borrowed, or -errno. */
int bee__tracefs(struct bee *bee);
/* A file of tracefs below events/. The caller closes it. */
int bee__tracefs_open(struct bee *bee, const char *path, int flags);
/* perf's number of a tracepoint, or -ENOENT, -EACCES. */
int bee__tracepoint_id(struct bee *bee, const char *category, const char *event);
/*
 * Hint at the tracepoints, or else the categories, whose names are nearest to one that there is not.
 * Category "*" is all of them.
 */
void bee__hint_tracepoint(struct bee *bee, const char *category, const char *event);
/* Return non-zero to stop: bee__tracepoints_each() gives it to its caller. */
typedef int (*bee__tracepoint_fn)(void *ctx, const char *category, const char *event);
/* Call fn for each tracepoint whose two names match two patterns. */
int bee__tracepoints_each(struct bee *bee, const char *category, const char *event,
			  bee__tracepoint_fn fn, void *ctx);
/* The whole format of "category/event", which the caller frees. */
int bee__tracepoint_format(struct bee *bee, const char *path, char **ret_text);
/* Where a field of a tracepoint's record stands. -ENOENT: there is no such tracepoint, or field. */
int bee__tracepoint_field(struct bee *bee, const char *category, const char *event,
			  const char *field, unsigned int *ret_offset, unsigned int *ret_size);
/* A field of a tracepoint's record; type: "__data_loc char[]", array: "[16]" or "". */
typedef void (*bee__tracepoint_field_fn)(void *ctx, const char *type, const char *name,
					 const char *array);
/* Call fn for each field that a program is given. -ENOENT: no such tracepoint. */
int bee__tracepoint_fields(struct bee *bee, const char *category, const char *event,
			   bee__tracepoint_field_fn fn, void *ctx);
/* Append `struct tracepoint__category__event` to text. -ENOENT: no such tracepoint. */
int bee__tracepoint_struct(struct bee *bee, const char *category, const char *event,
			   struct bee__text *text);

/* ---- types.c ----------------------------------------------------------------------------- */

/*
 * The one header that the source needs, in *ret_header: the kernel types that it reaches, printed
 * from BTF; the constants, helpers and dialect macros that it names, from the prelude; the structs
 * of the tracepoints that it names, from tracefs. Pure but for reading BTF and tracefs.
 */
int bee__types(struct bee *bee, const struct bee__files *files, const struct bee_load_opts *opts,
	       struct bee__text *ret_header);

/* ---- find.c, compile.c ------------------------------------------------------------------- */

/* The path of moonbee-cc, in buf; also when it is not there, for the error's text. */
int bee__find_compiler(struct bee *bee, char *buf, size_t size);
/*
 * Send a request to moonbee-cc, and wait for what it makes, which the caller frees. A NUL stands
 * behind it. Its diagnostics go to the runtime, with the lines of the files.
 */
void bee__request_begin(struct bee__wire *request);
int bee__ask(struct bee *bee, const struct bee__wire *request, const struct bee__files *files,
	     void **ret_data, size_t *ret_size);
/*
 * What moonbee-cc makes of files and header, from the cache or by asking it. The caller frees *ret_elf.
 * Diagnostics go to the runtime. first: a key of bee__compile_key(), under which it is kept as well with
 * the formats that the types stage read; NULL: none.
 */
int bee__compile(struct bee *bee, const struct bee__files *files, const struct bee__text *header,
		 const struct bee_load_opts *opts, const struct bee__wire *first, void **ret_elf,
		 size_t *ret_size);
/* What tells, before the types stage, what all stages will make of the files. -ENOENT: nothing does. */
int bee__compile_key(struct bee *bee, const struct bee__files *files,
		     const struct bee_load_opts *opts, struct bee__wire *ret_key);
/* Give what was made of the same key before. -ENOENT, unrecorded: nothing was. */
int bee__compile_cached(struct bee *bee, const struct bee__files *files,
			const struct bee__wire *key, void **ret_elf, size_t *ret_size);

/* ---- explain.c --------------------------------------------------------------------------- */

/* Tell, in the diagnostics of a compile that failed, of names that come near to those that there are not. */
void bee__explain(struct bee *bee, const struct bee__files *files);

/* ---- cache.c, cache_folder.c, identity.c ------------------------------------------------- */

#define BEE__CACHE_MAX (64u << 20) /* bytes of all that is kept */

/* The folder's descriptor, which the runtime owns; -1: nothing is kept. It is made if need be. */
int bee__cache_folder(struct bee *bee);
/* Append the answer that was kept under a key to text. false: there is none that holds. */
bool bee__cache_find(struct bee *bee, const struct bee__wire *key, struct bee__text *ret_answer);
/* Keep an answer; formats: those of tracefs that it rests on, or NULL. It may come to nothing. */
void bee__cache_keep(struct bee *bee, const struct bee__wire *key, const struct bee__wire *formats,
		     const struct bee__text *answer);
/* Remove what was used longest ago from a folder, until the rest is well below a limit in bytes. */
void bee__cache_trim(int folder, uint64_t limit);
void bee__cache_close(struct bee *bee);
/* Put into a key what tells this library, the running kernel, and what it lets this process do. */
int bee__identity_put(const struct bee *bee, struct bee__wire *key);

/* ---- object.c, value.c ------------------------------------------------------------------- */

/* A wish: where a program is to be attached. */
struct bee__target {
	char *text;
	bool optional;
	uint64_t cookie;
};

struct bee_program {
	struct bee_module *mod;
	struct bpf_program *bpf;
	const struct bee__hook *hook; /* NULL: a section that only libbpf knows */
	struct bee__target *targets;  /* wishes; none: the section says */
	size_t targets_len;
	int target_fd; /* of the program whose function it replaces, while it is loaded; 0: none */
	bool is_left_out; /* not loaded: optional, and the kernel cannot */
};

struct bee_map {
	struct bee_module *mod;
	struct bpf_map *bpf; /* NULL: it was opened, and is of no object */
	char *name;
	const struct bee_type *key;
	const struct bee_type *value;
	const struct bee_type *event; /* NULL: unknown, or no buffer */
	uint64_t *lost;               /* the program's own count of lost events, or NULL */
	struct bee_events *events;    /* the one subscription, or NULL */
	struct user_ring_buffer *out; /* of a user ring buffer, once written to; or NULL */
	int fd;
	bool owns_fd;   /* it was opened: fd is not libbpf's */
	int pattern_fd; /* while it is made: of a map like those that will be put into it */
	bool is_shared; /* other modules may have it */
	uint32_t kind;  /* enum bpf_map_type */
	uint32_t key_size, value_size, stride, cpus;
	uint32_t max_entries; /* of one that was opened: libbpf knows the others' */
};

struct bee__typeset; /* value.c: the types of one object, made from its BTF as they are asked for */

/* The memory of a section of global variables, shared with the kernel. */
struct bee__section {
	const char *name;
	void *data;
	size_t size;
};

struct bee_module {
	struct bee *bee;
	struct bee_module *next;
	void *elf; /* the object's bytes: an object opened again starts from them */
	size_t elf_size;
	struct bpf_object *obj;
	struct bee__legacy_map
		*legacy; /* what libbpf has no words for; none: it is no such object */
	size_t legacy_len;
	void *legacy_elf; /* the object as libbpf reads it */
	size_t legacy_size;
	bool is_trial;   /* loaded to be verified: no map of it is pinned */
	struct btf *btf; /* of a map that was opened; the object has its own */
	struct bee__typeset *types;
	struct bee_program *programs;
	size_t programs_len;
	struct bee_map *maps;
	size_t maps_len;
	struct bee__section *sections;
	size_t sections_len;
	struct bee_var *vars;
	size_t vars_len;
	struct bee_link *links;
};

/*
 * Open ELF bytes: programs, maps and types, without touching the kernel. The module takes elf, and
 * the runtime owns the module, also when this fails.
 */
int bee__object_open(struct bee *bee, void *elf, size_t size, const struct bee_load_opts *opts,
		     struct bee_module **ret_mod);
/* Map the global variables, which are there once the object is loaded. */
int bee__object_vars(struct bee_module *mod);

struct bee__typeset *bee__typeset_new(const struct btf *btf);
void bee__typeset_free(struct bee__typeset *set);
/* The type of a BTF id; never NULL but for -ENOMEM. size: for what has no type, id 0. */
const struct bee_type *bee__type(struct bee__typeset *set, uint32_t id);
/* A type of size bytes of which nothing is known; never NULL but for -ENOMEM. */
const struct bee_type *bee__type_bytes(struct bee__typeset *set, uint32_t size);
/* print.c: append a value, or the field of a struct at data, as text for a person. */
void bee__value_text(struct bee__text *out, const struct bee_type *type, const void *data);
void bee__field_text(struct bee__text *out, const struct bee_field *field, const void *data);
/* The types that the kernel gives to some maps itself: a u32 index, an array of u64. */
const struct bee_type *bee__type_index(struct bee__typeset *set);
const struct bee_type *bee__type_words(struct bee__typeset *set, uint32_t size);

/* ---- share.c ----------------------------------------------------------------------------- */

/* Have maps be what other modules or pins are, as the source asks for, before they are made. */
int bee__share_maps(struct bee_module *mod);
/* The same as the caller wishes. */
int bee__share_wishes(struct bee_module *mod, const struct bee_load_opts *opts);
/* Have a map be what is pinned at path, or be pinned there when it is made. */
int bee__share_pin(struct bee_map *map, const char *path);
/* Have the maps of a map be like inner. */
int bee__share_pattern(struct bee_map *map, const struct bee_map *inner);
/* Let go, once the maps are made, of what only their making needed. */
void bee__share_done(struct bee_module *mod);

/* ---- elf.c, assume.c --------------------------------------------------------------------- */

/* A section of an ELF object in memory, borrowed. -ENOENT: there is none; -EINVAL: no ELF. */
int bee__elf_section(const void *elf, size_t size, const char *name, const char **ret_data,
		     size_t *ret_size);
/* Have no map of an object hold programs from the start, so that each can be loaded by itself. */
void bee__elf_drop_slots(void *elf, size_t size);
/* Check what a portable object assumes of the kernel. -ENOTSUP: each that fails is recorded. */
int bee__assume_check(struct bee *bee, const void *elf, size_t size);

/* ---- load.c, load_why.c, verify.c, verdict.c --------------------------------------------------------- */

/* A copy of bytes, with a NUL behind them, that the caller frees. */
int bee__copy_bytes(const void *data, size_t size, void **ret_copy, size_t *ret_size);
/* What each public function that takes an object begins with: its options checked, its bytes copied. */
int bee__copy_object(struct bee *bee, const void *elf, size_t size,
		     const struct bee_load_opts *opts, struct bee_load_opts *ret_asked,
		     void **ret_copy);
/* Put an opened module into the kernel. On refusal the verifier's log is in the diagnostic. */
int bee__load(struct bee_module *mod);
/* Record why the kernel does not take an opened module, where its verifier has not spoken. */
int bee__why_not_loaded(struct bee_module *mod, int err);
/* Of what libbpf last warned of, the first line that says something, in buf. */
const char *bee__libbpf_reason(const struct bee *bee, char *buf, size_t size);
/* Record that the verifier refused a program: the place, what it could not prove, the usual cure. */
int bee__verdict(struct bee_module *mod, const char *program, int err, const char *log);

/* ---- replace.c --------------------------------------------------------------------------- */

/* Bind what replaces functions of other programs to them, before it is loaded; and let go of those. */
int bee__replace_bind(struct bee_module *mod);
void bee__replace_done(struct bee_module *mod);

/* ---- map.c, map/ ------------------------------------------------------------------------- */

/* A kind of map: what is known of it without asking the kernel. */
struct bee__map_kind {
	const char *name; /* "percpu_hash" */
	bool is_percpu;   /* an element has a value for each possible CPU */
	bool has_index;   /* the key is a u32, whether the source says so or not */
	bool has_words;   /* the value is an array of u64: a stack */
	bool has_number;  /* the value begins with a u32: a descriptor, id or size */
	bool is_walked;   /* its keys can be listed */
	bool is_fixed;    /* all elements exist always: none is deleted */
};

/* The row of a kind, never NULL: one that is newer than this library is "unknown", and can nothing. */
const struct bee__map_kind *bee__map_kind(uint32_t type);
/* Whether err is what a kernel says when it has a call, but not for this kind of map. */
bool bee__map_lacks(int err);
/* Fill in what a map is, by what the kernel tells of it or will; but for its descriptor. */
int bee__map_init(struct bee_module *mod, const char *name, const struct bpf_map_info *info,
		  struct bee_map *map);
/* The same for a map of the opened object. */
int bee__map_declare(struct bee_module *mod, struct bpf_map *bpf, struct bee_map *map);

/* ---- link.c, attach.c, attach/ ----------------------------------------------------------- */

/* What the kernel holds without a link of BPF, such as a filter of tc. */
struct bee__part_ops {
	void (*detach)(void *ctx);             /* and free ctx */
	int (*update)(void *ctx, int prog_fd); /* in one step; NULL: it cannot be */
	/* What its program lets through; the caller frees it. NULL: there is nothing to read. */
	int (*read)(void *ctx, void **ret_data, size_t *ret_size);
	int (*fd)(void *ctx); /* that is readable when there is; borrowed; NULL likewise */
};

/* One attachment: a link of libbpf, or of its own system call, or none that is a link. */
struct bee__part {
	struct bpf_link *bpf; /* or NULL */
	int fd;               /* of a link of the kernel's; else -1 */
	int event; /* a perf event that the link is to, or that has its program; else -1 */
	const struct bee__part_ops *ops;
	void *ctx;
};

struct bee_link {
	struct bee *bee;
	struct bee_module *mod; /* NULL: it was opened from a pin, and is the runtime's */
	struct bee_link *next;
	struct bee_program *prog;     /* NULL likewise: of someone else */
	const struct bee__hook *hook; /* NULL: a section that only libbpf knows */
	char *target;
	char *pin; /* where it is pinned; NULL: nowhere */
	uint64_t cookie;
	struct bee__part *parts; /* one a CPU or a match, else just one */
	size_t parts_len;
	char place[600], program[32]; /* what bee_link_info() told last */
};

/* What a hook's attach function works on. */
struct bee__attach {
	struct bee *bee;
	struct bee_program *prog; /* NULL: targets are listed, and nothing is attached */
	const struct bee__hook *hook;
	const char *target;          /* whole: "uprobe:/bin/sh:main" */
	const char *rest;            /* behind the hook's name: "/bin/sh:main" */
	struct bee_attach_opts opts; /* zeros where the caller gave none */
	struct bee_link *link;       /* open; parts are added to it */
};

/* Why there is no hook of a type, or for a section of libbpf's. */
struct bee__no_hook {
	const char *type; /* the kernel's name for it: "BPF_LIRC_MODE2" */
	const char *sec;  /* NULL: none */
	const char *reason;
};

extern const struct bee__no_hook bee__no_hooks[];
extern const size_t bee__no_hooks_len;

/* The reason why the first word of a target or section is no hook; NULL: nobody knows the word. */
const char *bee__why_no_hook(const char *word);

/* Record that a target's first word is no hook, and name those that are. Returns -EINVAL. */
int bee__attach_unknown(struct bee *bee, const char *target);
/* Hint at the nearest hook that this kernel has, for one that it lacks. */
void bee__hint_instead(struct bee *bee, const struct bee__hook *hook);

/* A new link in the module's list, which has no parts yet. -EEXIST: the program has such a one. */
int bee__link_open(struct bee__attach *at);
/* Close the first links of a list, up to end, which stays; NULL: all. */
void bee__links_end(struct bee_link **list, const struct bee_link *end);
/* Remove the link's own pin, if there is one. */
int bee__link_unpin(struct bee_link *link);
/* The descriptor of a part; < 0: it has none. */
int bee__part_fd(const struct bee__part *part);
/* Attach another program to where a link is, with its cookie. */
int bee__attach_again(const struct bee_link *link, struct bee_program *prog,
		      struct bee_link **ret_link);
/* Give a part to the link, which owns it from here on, or record why there is none. */
int bee__attach_part(struct bee__attach *at, struct bpf_link *part);
/* The same for the descriptor of a link, and for what is undone by ops; both are taken in any case. */
int bee__attach_fd(struct bee__attach *at, int fd);
int bee__attach_ops(struct bee__attach *at, const struct bee__part_ops *ops, void *ctx);
/* The same for a link to a perf event; fd -1: the event has its program without one. */
int bee__attach_event(struct bee__attach *at, int fd, int event);
/* link_close.c: detach parts, which are not freed. */
void bee__parts_close(struct bee__part *parts, size_t len);
/* Create a BPF link of the hook's attach type to what fd is, and add it. The kernel's errno, unrecorded. */
int bee__attach_link(struct bee__attach *at, int fd, const struct bpf_link_create_opts *opts);
/*
 * Where to: the target without the words that the section has. "/path" of "cgroup:/path:egress" and of
 * "lsm_cgroup:socket_bind:/path". -EINVAL: the program is bound to another first word.
 */
int bee__attach_place(struct bee__attach *at, char **ret_place);
/* Record and return an error about at->target. */
int bee__attach_fail(struct bee__attach *at, int err, const char *fmt, ...) BEE_PRINTF(3, 4);
/* The same for what the kernel said to a link that was asked for. */
int bee__attach_refused(struct bee__attach *at, int err);

/* bpf(BPF_RAW_TRACEPOINT_OPEN) with a cookie. name NULL: the program is of tp_btf, and knows it. */
int bee__raw_tracepoint_open(int prog_fd, const char *name, uint64_t cookie);

int bee__attach_kprobe(struct bee__attach *at);
/*
 * Are all of a program's targets such that one link of the kernel's serves many of them, and is one a
 * pattern? Then it is loaded for that alone; 0: this kernel has no such links.
 */
bool bee__wants_multi(const struct bee_program *prog, unsigned int *ret_attach_type);
/* Bind a program whose target is a pattern of functions to the first of them, before it is loaded. */
int bee__clones_choose(struct bee_program *prog);
/* Can a program that may have been loaded for such links be attached to a hook? */
bool bee__multi_serves(const struct bee_program *prog, const struct bee__hook *hook);
int bee__attach_ksyscall(struct bee__attach *at);
int bee__attach_uprobe(struct bee__attach *at);
int bee__attach_usdt(struct bee__attach *at);
int bee__attach_tracepoint(struct bee__attach *at);
int bee__attach_raw_tracepoint(struct bee__attach *at);
int bee__attach_tracing(struct bee__attach *at);
int bee__attach_cgroup(struct bee__attach *at);
int bee__attach_freplace(struct bee__attach *at);
int bee__attach_nothing(struct bee__attach *at);
int bee__attach_struct_ops(struct bee__attach *at);
int bee__attach_iter(struct bee__attach *at);
int bee__attach_socket(struct bee__attach *at);
int bee__attach_sk_reuseport(struct bee__attach *at);
int bee__attach_sk_lookup(struct bee__attach *at);
int bee__attach_sockmap(struct bee__attach *at);
int bee__attach_profile(struct bee__attach *at);
int bee__attach_interval(struct bee__attach *at);
int bee__attach_software(struct bee__attach *at);
int bee__attach_hardware(struct bee__attach *at);
int bee__attach_xdp(struct bee__attach *at);
int bee__attach_tc(struct bee__attach *at);
int bee__attach_tcx(struct bee__attach *at);
int bee__attach_clsact(struct bee__attach *at);
int bee__attach_netkit(struct bee__attach *at);
int bee__attach_lwt(struct bee__attach *at);
int bee__attach_netfilter(struct bee__attach *at);
int bee__attach_flow_dissector(struct bee__attach *at);

/* The rows' list functions. */
int bee__list_kprobes(struct bee__list *list);
int bee__list_functions(struct bee__list *list);
int bee__list_syscalls(struct bee__list *list);
int bee__list_traceable(struct bee__list *list);
int bee__list_modifiable(struct bee__list *list);
int bee__list_lsm(struct bee__list *list);
int bee__list_tracepoints(struct bee__list *list);
int bee__list_raw_tracepoints(struct bee__list *list);
int bee__list_iters(struct bee__list *list);
int bee__list_symbols(struct bee__list *list);
int bee__list_usdt(struct bee__list *list);
int bee__list_counters(struct bee__list *list);
int bee__list_devices(struct bee__list *list);
int bee__list_directions(struct bee__list *list);
int bee__list_firewall(struct bee__list *list);
int bee__list_cgroups(struct bee__list *list);

/* ---- loop.c, event.c --------------------------------------------------------------------- */

/* What was closed inside a dispatch, which may still stand in it: freed when the dispatch ends. */
struct bee__dead {
	struct bee__dead *next;
	void (*free)(struct bee__dead *dead);
};

/* Free now, or when the dispatch that is under way ends. */
void bee__bury(struct bee *bee, struct bee__dead *dead, void (*free_fn)(struct bee__dead *dead));

struct bee_watch {
	struct bee__dead dead;
	struct bee *bee;
	struct bee_watch *next;
	bee_watch_fn fn;
	void *ctx;
	int fd;
	bool is_closed;
};

/* bee_watch_open() without its diagnostics. */
int bee__watch(struct bee *bee, int fd, bee_watch_fn fn, void *ctx, struct bee_watch **ret_watch);
/* Close what is still watched, with the runtime. */
void bee__watches_close(struct bee *bee);
/* Serve a source of events, whether it said that it is ready or not. */
int bee__events_drain(struct bee_events *events);
struct bee_events *bee__events_next(const struct bee_events *events);
/* The bytes that the smallest of the runtime's event buffers holds; SIZE_MAX when it has none. */
size_t bee__events_room(const struct bee *bee);

#endif
