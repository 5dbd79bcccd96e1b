/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moonbee: BPF C source in, live kernel events out.
 *
 * The calls stand in the order of their use: open a runtime, load a source, attach it, read its
 * maps, variables and events, close.
 *
 * Errors: every int is 0 (or a count, where said) or a negative errno. What failed, where, and
 * what to do about it is kept in the runtime: bee_diag_next(), bee_error_text(). Nothing is kept of
 * -ENOMEM, of bee_open(), and of calls that any thread may make. What is returned through ret_
 * parameters is written only on success. NULL is no argument but where it is said to be fine.
 *
 * Structs of options begin with their own size, which is set with sizeof, and end in what is newer:
 * set them to zeros first. One that asks for what an older library does not know is -EINVAL there.
 *
 * Lifetimes:
 * 1. A runtime owns its modules, watches and diagnostics; a module owns its programs, maps,
 *    variables, types, links and event subscriptions. Closing the owner closes what it owns.
 * 2. What a `find`, `next` or `get` call returns is borrowed, and valid until its module closes.
 * 3. A diagnostic is valid until the next call that may fail on the same runtime.
 * 4. Closing anything but the runtime is allowed inside a callback.
 *
 * Threads: a runtime and its modules belong to one thread at a time, but the bee_map_ calls that
 * read and change elements may come from any thread; they report by errno alone. Several runtimes
 * in one process, and in one thread, do not meet.
 *
 * Processes: a compiler, moonbee-cc, is started for each source, and ends with the call. The host's
 * signals, its waitpid() and its output never hear of it. Timers, signals and child processes are the
 * application's own: bee_watch_open() serves a timerfd, a signalfd or a pidfd in the same loop.
 */
#ifndef MOONBEE_H
#define MOONBEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BEE_VERSION "0.1.0"
#define BEE_API     __attribute__((visibility("default")))

struct bee;
struct bee_module;
struct bee_program;
struct bee_map;
struct bee_link;
struct bee_events;
struct bee_watch;
struct bee_walk;

/* ---- Diagnostics ------------------------------------------------------------------------- */

enum bee_stage {
	BEE_STAGE_NONE,
	BEE_STAGE_SOURCE,
	BEE_STAGE_TYPES,
	BEE_STAGE_COMPILE,
	BEE_STAGE_OBJECT,
	BEE_STAGE_LOAD,
	BEE_STAGE_ATTACH,
	BEE_STAGE_EVENT,
	BEE_STAGE_MAP,
	BEE_STAGE_VALUE,
	BEE_STAGE_TEST,
};

enum bee_severity { BEE_NOTE, BEE_WARNING, BEE_ERROR };

/* What one stage has to say. Strings are never NULL: "" means that it has none. */
struct bee_diag {
	enum bee_stage stage;
	enum bee_severity severity;
	int err;             /* negative errno; 0 for warnings and notes */
	const char *file;    /* as the source was named */
	unsigned int line;   /* from 1; 0 means unknown */
	unsigned int column; /* from 1; 0 means unknown */
	const char *text;    /* one sentence */
	const char *source;  /* the source line that it is about */
	const char *hint;    /* what to do about it */
	const char *log;     /* the kernel's own words, whole */
};

enum bee_log_level {
	BEE_LOG_WARN,
	BEE_LOG_INFO,
	BEE_LOG_DEBUG,
	BEE_LOG_PROGRESS, /* how far a call has come that takes long: once a second */
};
typedef void (*bee_log_fn)(void *ctx, enum bee_log_level level, const char *text);

/* ---- Runtime ----------------------------------------------------------------------------- */

struct bee_opts {
	size_t size; /* sizeof(struct bee_opts), always */
	/*
	 * Path of moonbee-cc. NULL: as MOONBEE_CC in the environment says, else beside the library or
	 * the program that it is linked into, in the tree that it is installed in, or as built.
	 */
	const char *compiler;
	/*
	 * Path of the kernel's BTF, for kernels that have none, or to compile for another one. NULL: as
	 * MOONBEE_BTF in the environment says, else /sys/kernel/btf/vmlinux. Modules' BTF is looked for
	 * beside a file by the name vmlinux, and so is a modules.dep, which lists modules' own files.
	 */
	const char *btf;
	bee_log_fn log; /* called with what is worth knowing; NULL: nowhere */
	void *log_ctx;
	/*
	 * Folder where compiled objects are kept for the next time: this user's alone, and safe to delete.
	 * NULL: as MOONBEE_CACHE in the environment says, else /var/cache/moonbee for root, and for
	 * others moonbee in XDG_CACHE_HOME or in ~/.cache. "": nothing is kept.
	 */
	const char *cache;
};

/**
 * Open a runtime. The caller closes *ret_bee.
 * -EINVAL: opts of a newer library, or with a size that is none; -ENOMEM, -EMFILE.
 */
BEE_API int bee_open(const struct bee_opts *opts, struct bee **ret_bee);

/** Close a runtime and all it owns: everything attached is detached. NULL is fine. */
BEE_API void bee_close(struct bee *bee);

/** The library's version, as "0.1.0". */
BEE_API const char *bee_version(void);

/**
 * The diagnostics of the last call that may fail, first to last: prev NULL gives the first.
 * NULL: no more. Borrowed until the next such call.
 */
BEE_API const struct bee_diag *bee_diag_next(const struct bee *bee, const struct bee_diag *prev);

/** The word for a stage ("compile"), never NULL. */
BEE_API const char *bee_stage_name(enum bee_stage stage);

/**
 * Write all errors of the last failed call, with source lines and hints, as text for a person.
 * Returns the length of the whole text, which is cut when it does not fit (as snprintf does).
 */
BEE_API size_t bee_error_text(const struct bee *bee, char *buf, size_t size);

/* ---- Load -------------------------------------------------------------------------------- */

/* How the text of a source is to be taken. */
enum bee_input {
	BEE_INPUT_AUTO,   /* by its first bytes, then by the end of its name (.ll, .s), else as C */
	BEE_INPUT_C,      /* C of either dialect */
	BEE_INPUT_IR,     /* an LLVM module for BPF, as bitcode or as text */
	BEE_INPUT_ASM,    /* BPF assembly, as LLVM writes it */
	BEE_INPUT_OBJECT, /* a BPF ELF object, which needs no compiler */
};

/* One source, in memory. */
struct bee_source {
	size_t size;       /* sizeof(struct bee_source), always */
	const char *name;  /* for diagnostics; NULL: "<bpf>" */
	unsigned int line; /* the line of name at which text starts; 0: 1 */
	const char *text;
	size_t text_size; /* bytes; 0: up to the NUL */
	const char *dir;  /* where #include "x.h" looks first; NULL: the current directory */
	enum bee_input input;
};

/* Where a program is to be attached, said by the caller rather than by its name or SEC. */
struct bee_wish {
	const char *program;
	const char *target; /* "kprobe:vfs_read" */
	bool optional;      /* leave it out where the kernel cannot */
	uint64_t cookie;    /* what bpf_get_attach_cookie() gives there; 0: none */
};

/* The value of a `const` global variable, set before load. */
struct bee_const {
	const char *name;
	int64_t value;
};

/* What a map is to be, said by the caller rather than by its declaration. */
struct bee_map_wish {
	const char *map;
	uint32_t max_entries; /* elements, or bytes of a ring buffer; 0: as declared */
	const char
		*pin; /* in a BPF file system: what is pinned there, or what will be; NULL: none */
	const struct bee_map *same; /* this map of another module, kept beyond it; NULL: none */
};

/* What bee_compile() gives: the object, or as text what an earlier stage made. */
enum bee_show {
	BEE_SHOW_OBJECT,
	BEE_SHOW_TYPES, /* the virtual header: kernel types, constants, macros that are used */
	BEE_SHOW_PREPROCESSED, /* the C that clang parses */
	BEE_SHOW_IR,           /* LLVM's, as clang makes it */
	BEE_SHOW_IR_READS,     /* the same with the reads of kernel memory made */
	BEE_SHOW_ASM,          /* BPF assembly, types and lines included */
};

struct bee_load_opts {
	size_t size;                /* sizeof(struct bee_load_opts), always */
	const char *const *defines; /* "NAME" or "NAME=VALUE" */
	size_t defines_len;
	const struct bee_wish *wishes;
	size_t wishes_len;
	const struct bee_const *consts;
	size_t consts_len;
	enum bee_show show; /* for bee_compile() */
	const char *cpu;    /* "v1" to "v4"; NULL: the newest that this kernel takes, v3 at least */
	const char *const *undefines; /* "NAME": no macro, whoever defines it */
	size_t undefines_len;
	/*
	 * Folders where #include looks, in this order; "x.h" looks beside the including file first.
	 * Relative ones are below the current directory. The kernel's headers are not read in any.
	 */
	const char *const *includes;
	size_t includes_len;
	/*
	 * Compile for other kernels too: offsets in kernel structs are relocated at load (CO-RE), and
	 * what cannot be is checked at load by bee_load_object(), from a section of the object.
	 */
	bool is_portable;
	const struct bee_map_wish *map_wishes;
	size_t map_wishes_len;
};

/**
 * Compile source, and load it into the kernel. Nothing is attached yet.
 * -EINVAL: bad source or options; -EACCES: the verifier refused a program; -EPERM: no privilege;
 * -EOPNOTSUPP: this kernel lacks a hook; -ETIMEDOUT, -EPIPE: the compiler hung or died; -ENOENT: a
 * wish for what the source does not have; -EEXIST: a map to be joined is of another shape.
 * The runtime owns *ret_mod; bee_module_close() gives it up earlier.
 */
BEE_API int bee_load(struct bee *bee, const struct bee_source *source,
		     const struct bee_load_opts *opts, struct bee_module **ret_mod);

/**
 * Compile source to a BPF ELF object, without changing anything in the kernel. Needs no privilege.
 * With opts->show it gives what an earlier stage made, as text that ends in a NUL behind *ret_size.
 * The caller frees *ret_elf with free().
 */
BEE_API int bee_compile(struct bee *bee, const struct bee_source *source,
			const struct bee_load_opts *opts, void **ret_elf, size_t *ret_size);

/**
 * Load an object that bee_compile() made, or clang; also one for tc and ip, with maps as structs in a
 * section "maps". The bytes are copied. Errors and ownership as bee_load(), and -ENOTSUP: a portable
 * object assumes of the kernel what does not hold here.
 */
BEE_API int bee_load_object(struct bee *bee, const void *elf, size_t size,
			    const struct bee_load_opts *opts, struct bee_module **ret_mod);

/* What the kernel's verifier says to one program. */
struct bee_verdict {
	const char *program; /* its function's name */
	const char *section; /* "kprobe/vfs_read" */
	const char *type;    /* the section's first word, in one spelling: "tracepoint" for "tp" */
	int err;             /* 0: verified; else a diagnostic says more */
	/*
	 * Why this kernel has no programs of this type, or nothing to attach them to; "": it has.
	 * With err, it is this and not the verifier that stands against the program.
	 */
	const char *reason;
	bool is_optional;        /* its wishes are optional: bee_load() would leave it out */
	uint32_t insns;          /* instructions that the kernel keeps, after its own rewriting */
	uint32_t verified_insns; /* steps that the verifier took; 0: Linux < 5.16 tells none */
};

/**
 * Have the kernel verify each program of an object by itself, so that no refusal hides another.
 * Nothing is attached, and nothing is left in the kernel. What is said of programs stands in the
 * verdicts, in the order of the object; only what concerns the object as a whole is an error,
 * as of bee_load_object(). Wishes for maps are passed over: its maps live for the moment alone. The
 * caller frees *ret_verdicts, texts and all, with free().
 */
BEE_API int bee_verify(struct bee *bee, const void *elf, size_t size,
		       const struct bee_load_opts *opts, struct bee_verdict **ret_verdicts,
		       size_t *ret_len);

/** Detach and unload a module, and forget its maps. NULL is fine. */
BEE_API void bee_module_close(struct bee_module *mod);

/* ---- Disassembly ------------------------------------------------------------------------- */

/* One instruction. Strings are never NULL, and valid in the call. */
struct bee_insn {
	const char *program;  /* the function that it is in */
	uint64_t offset;      /* BPF: 8-byte units from the section's start; JITed: bytes */
	const uint8_t *bytes; /* as it stands */
	uint32_t size;        /* bytes */
	const char *text;     /* with the names of maps, functions and variables */
	const char *raw_text; /* without, as llvm-objdump writes it */
	const char *file;     /* of the source; "" where it is unknown */
	unsigned int line;    /* 0: unknown */
	unsigned int column;
	const char *source; /* the text of that line */
};

/* A negative return ends the disassembly, which gives it to its caller. */
typedef int (*bee_insn_fn)(void *ctx, const struct bee_insn *insn);

/**
 * Call fn for each instruction of an object, function by function. Needs no privilege.
 * -EINVAL: no BPF object.
 */
BEE_API int bee_disasm_object(struct bee *bee, const void *elf, size_t size, bee_insn_fn fn,
			      void *ctx);

/**
 * The same for a program in the kernel, as the verifier left it, or as machine code when is_jited.
 * which is "id:12", "name:on_read", "pinned:/sys/fs/bpf/p" or "fd:5".
 * -ENOENT: no such program; -EEXIST: several of the name; -EPERM: no privilege, or the kernel shows
 * no code; -EOPNOTSUPP: it is not JITed.
 */
BEE_API int bee_disasm_program(struct bee *bee, const char *which, bool is_jited, bee_insn_fn fn,
			       void *ctx);

/* ---- Finding ----------------------------------------------------------------------------- */

/* A way to attach programs. Strings are never NULL, and valid in the call. */
struct bee_hook {
	const char *name;   /* "kprobe" */
	const char *form;   /* what stands behind the name in a target: "FUNCTION[+OFFSET]" */
	const char *about;  /* when its programs run */
	const char *reason; /* why this kernel has no such hook, or this user may not use it; "" */
	int err;            /* 0: it can be used; -EOPNOTSUPP, -EPERM */
	bool is_listed;     /* bee_list() knows what it can be attached to */
};

/* A negative return ends the listing, which gives it to its caller. */
typedef int (*bee_hook_fn)(void *ctx, const struct bee_hook *hook);

/** Call fn for each hook that moonbee has. */
BEE_API int bee_hooks(struct bee *bee, bee_hook_fn fn, void *ctx);

/* What a program at a probe is given. */
struct bee_arg {
	const char *name; /* "arg0" and so on where it has none */
	const char *type; /* "struct sock *" */
	const char *text; /* as C declares it: "struct sock *sk" */
};

/* Something to attach to. Strings are never NULL, and valid in the call. */
struct bee_probe {
	const char *target;  /* as bee_program_attach() takes it: "fentry:tcp_connect" */
	const char *module;  /* of the kernel, that it is in; "": in none */
	const char *returns; /* the type; "": unknown, or not asked for */
	const struct bee_arg *args;
	size_t args_len;
};

/* A negative return ends the listing, which gives it to its caller. */
typedef int (*bee_probe_fn)(void *ctx, const struct bee_probe *probe);

struct bee_list_opts {
	size_t size;     /* sizeof(struct bee_list_opts), always */
	bool wants_args; /* tell what is known of arguments and of what is returned */
};

/**
 * Call fn for each target that pattern matches, sorted by module and name: "tracepoint:sched:*",
 * "fentry:tcp_*", "uprobe:libc.so.6:mall*", "kprobe" for all of a hook, "*:vfs_read" for all hooks.
 * What the kernel lets nobody probe is left out, and for kprobes also a name of several functions.
 * -ENOENT: there is no such thing (a hint names what is near); -EINVAL: no such hook;
 * -EOPNOTSUPP: the kernel lacks the hook, or nothing lists its targets; -EACCES: no privilege.
 */
BEE_API int bee_list(struct bee *bee, const char *pattern, const struct bee_list_opts *opts,
		     bee_probe_fn fn, void *ctx);

/* ---- The doctor -------------------------------------------------------------------------- */

enum bee_state {
	BEE_STATE_NO,
	BEE_STATE_LIMITED, /* it is there, and not for this user, or not all of it */
	BEE_STATE_YES,
};

/* Something that a kernel or a user can or cannot. Strings are never NULL, and valid in the call. */
struct bee_feature {
	const char *name; /* for programs: it stays as it is; "kprobe_multi" */
	const char *about;
	enum bee_state state;
	const char *reason; /* what was seen, or why not; "" */
	const char *cure;   /* what to do about it; "" where nothing is to be done */
	bool is_needed;     /* no tool runs without it */
};

/* A negative return ends it, which gives it to its caller. */
typedef int (*bee_feature_fn)(void *ctx, const struct bee_feature *feature);

/** Ask the kernel, and call fn for each thing that tools may need. Changes nothing. */
BEE_API int bee_features(struct bee *bee, bee_feature_fn fn, void *ctx);

/* What a killed tool of ours left in the kernel. Strings are never NULL, and valid in the call. */
struct bee_leftover {
	const char *target;  /* "clsact:eth0:ingress" */
	const char *program; /* its name */
	const char *netns;   /* a named network namespace; "": this one */
	uint32_t id;         /* of the program */
};

/* 1: it is to be removed; a negative return ends it, which gives it to its caller. */
typedef int (*bee_leftover_fn)(void *ctx, const struct bee_leftover *left);

/**
 * Call fn for what killed tools left behind, where the kernel has no links that go with them: filters
 * of tc on a clsact, and routes with programs, in this network namespace and in the named ones.
 * -EPERM: no privilege to look.
 */
BEE_API int bee_leftovers(struct bee *bee, bee_leftover_fn fn, void *ctx);

/* What is kept of what was compiled. Strings are never NULL, and valid until bee_close(). */
struct bee_cache_info {
	size_t size;        /* sizeof(struct bee_cache_info), always */
	const char *folder; /* where; "": nothing is kept */
	const char *reason; /* why nothing is kept, or can be; "" */
	uint64_t entries;   /* compiled sources take one or two each */
	uint64_t bytes;
	uint64_t max_bytes; /* beyond which what was used longest ago goes */
};

/** Tell what is kept, and where. ret_info->size is set before. Makes no folder. -EINVAL: no such size. */
BEE_API int bee_cache_info(struct bee *bee, struct bee_cache_info *ret_info);
/**
 * Delete all that is kept; other files in the folder stay. *ret_entries is always set, to how many went.
 * -EACCES: the folder is not this user's alone.
 */
BEE_API int bee_cache_clear(struct bee *bee, uint64_t *ret_entries);

/* ---- Attach ------------------------------------------------------------------------------ */

/** Next program of the module; prev NULL gives the first. */
BEE_API struct bee_program *bee_program_next(struct bee_module *mod, struct bee_program *prev);
/** The program of this function name, or NULL. */
BEE_API struct bee_program *bee_program_find(struct bee_module *mod, const char *name);
/** The function's name. */
BEE_API const char *bee_program_name(const struct bee_program *prog);
/** The ELF section, which says the type and, for most, the target: "kprobe/vfs_read". */
BEE_API const char *bee_program_section(const struct bee_program *prog);
/** The program's descriptor, borrowed; -EBADF when it was left out. */
BEE_API int bee_program_fd(const struct bee_program *prog);

/**
 * Attach every program to where its wishes, its name or its SEC say. All or nothing: what was
 * attached by this call is detached when one fails, but for optional wishes.
 * Returns the number of links; -ENOENT also when no program says where. The module owns the links.
 */
BEE_API int bee_module_attach(struct bee_module *mod);

struct bee_attach_opts {
	size_t size; /* sizeof(struct bee_attach_opts), always */
	/*
	 * A number that tells the program where it runs: bpf_get_attach_cookie() gives it, and
	 * bpf_usdt_cookie() at a usdt probe. 0: none, which every kernel has.
	 */
	uint64_t cookie;
};

/**
 * Attach one program to target ("tracepoint:sched:sched_switch"); NULL: to where it says itself.
 * -ENOENT: no such target; -EOPNOTSUPP: this kernel lacks the hook, or cookies there; -EINVAL: target
 * is of another type than the program, or takes no cookie; -EBUSY: another program has it, and who
 * that is is told; -ENODEV: no such network device. The module owns *ret_link; bee_link_close()
 * detaches earlier.
 */
BEE_API int bee_program_attach(struct bee_program *prog, const char *target,
			       const struct bee_attach_opts *opts, struct bee_link **ret_link);

/**
 * Read what the link's program gives: an iterator (iter:task) is run from its beginning, and all that it
 * writes is read, text or records; a raw socket (socket:eth0) gives the next packet that its filter lets
 * through. -EAGAIN: no packet is there; -EINVAL: links of this kind have nothing to be read.
 * A NUL stands behind *ret_size. The caller frees *ret_data with free().
 */
BEE_API int bee_link_read(struct bee_link *link, void **ret_data, size_t *ret_size);
/** The raw socket of a link to an interface (socket:eth0), borrowed; -EINVAL: it has none. */
BEE_API int bee_link_socket(const struct bee_link *link);
/** What the link is attached to, as text: "profile:hz:99". */
BEE_API const char *bee_link_target(const struct bee_link *link);
/** Next link of the module, the newest first; prev NULL gives the first. */
BEE_API struct bee_link *bee_link_next(struct bee_module *mod, struct bee_link *prev);
/**
 * Detach, and free the link. What is pinned stays attached. The more parts a link has, the more it pays
 * to close them in threads, which live as long as this call. NULL is fine.
 */
BEE_API void bee_link_close(struct bee_link *link);
/** Close many links, which takes little longer than to close one. Each may be NULL. */
BEE_API void bee_links_close(struct bee_link *const *links, size_t len);
/** Detach, remove the link's pin, and keep the link, which can only be closed then. */
BEE_API void bee_link_detach(struct bee_link *link);
/** Detach all that the module has attached, pinned or not, and free its links. */
BEE_API void bee_module_detach(struct bee_module *mod);

/**
 * Attach programs to many targets, all or none but for optional ones: ret_links has room for len links,
 * of which those that were optional and failed are NULL. Returns their number; errors as of
 * bee_program_attach(). The module owns the links.
 */
BEE_API int bee_module_attach_many(struct bee_module *mod, const struct bee_wish *wishes,
				   size_t len, struct bee_link **ret_links);

/**
 * Run another program where the link is, with its cookie: in one step where the kernel can (cgroup,
 * XDP, tc, netkit, netns, iterators); else the new one is attached, and then the old one detached.
 * 0: in one step; 1: meanwhile both ran, and an event may have come to each. An error leaves the old
 * program attached. -EINVAL: of another type or runtime; -EOPNOTSUPP: the kernel cannot update such a
 * link, and it is pinned. From here on the link belongs to the module of prog.
 */
BEE_API int bee_link_update(struct bee_link *link, struct bee_program *prog);

/**
 * Keep the link in a BPF file system, beyond this process: as the file path, or as a folder where it has
 * many parts. -EEXIST: there is such a file; -EBUSY: it is pinned already; -EOPNOTSUPP: it is not a
 * link of the kernel's (before Linux 5.15 no perf event is).
 */
BEE_API int bee_link_pin(struct bee_link *link, const char *path);
/** Remove the pin; the link stays attached until it is closed. -ENOENT: it is not pinned. */
BEE_API int bee_link_unpin(struct bee_link *link);
/**
 * Open what bee_link_pin() or others have pinned. -ENOENT; -EINVAL: it is no link. The runtime owns
 * *ret_link; to close it detaches nothing while it is pinned.
 */
BEE_API int bee_link_open(struct bee *bee, const char *path, struct bee_link **ret_link);

/* What a link is. Strings are never NULL, and valid until the link's next call. */
struct bee_link_info {
	size_t size;         /* sizeof(struct bee_link_info), always */
	const char *target;  /* as it was attached, or the path that it was opened from */
	const char *program; /* name of the function; of what is not ours 15 letters of it */
	const char *pin;     /* "": it is not pinned */
	uint64_t cookie;     /* of what is not ours 0, where the kernel does not tell it */
	size_t parts_len;    /* attachments that it consists of; 0: it is detached */
	/* Of the part that is asked for. */
	const char *kind;  /* in the kernel's words: "perf_event", "xdp"; "": it has none for it */
	const char *place; /* what the kernel says of it: "ifindex 2 (eth0)"; "": nothing */
	uint32_t id;       /* the kernel's number of it; 0: it has none */
	uint32_t program_id; /* likewise */
};

/**
 * Tell what a link is, and one of its parts, from 0 on. ret_info->size is set before. -ENOENT: there is
 * no such part, where part 0 is there always; -EINVAL: no such size.
 */
BEE_API int bee_link_info(struct bee_link *link, size_t part, struct bee_link_info *ret_info);

/* ---- Types ------------------------------------------------------------------------------- */

enum bee_kind {
	BEE_KIND_BYTES, /* no type is known: size bytes */
	BEE_KIND_INT,
	BEE_KIND_BOOL,
	BEE_KIND_FLOAT,
	BEE_KIND_ENUM,
	BEE_KIND_POINTER,
	BEE_KIND_STRING, /* array of char, ends at the first NUL */
	BEE_KIND_ARRAY,
	BEE_KIND_STRUCT,
	BEE_KIND_UNION,
};

struct bee_type;

struct bee_field {
	const char *name; /* members of anonymous structs and unions stand in their parent's list */
	const struct bee_type *type;
	uint32_t bit_offset; /* from the start of the struct */
	uint32_t bit_size;   /* of a bitfield; 0: the type's own size */
};

struct bee_enum {
	const char *name;
	int64_t value;
};

/* One C type, with typedefs and qualifiers taken off. */
struct bee_type {
	enum bee_kind kind;
	bool is_signed;                 /* INT, ENUM */
	uint32_t size;                  /* bytes */
	const char *name;               /* "event", "u32"; "" when it has none */
	const struct bee_field *fields; /* STRUCT, UNION */
	uint32_t fields_len;
	const struct bee_type *elem; /* ARRAY, STRING */
	uint32_t elems_len;
	const struct bee_enum *enums; /* ENUM */
	uint32_t enums_len;
};

/** The struct, union, enum or typedef of this name ("struct event", "event", "u32"), or NULL. */
BEE_API const struct bee_type *bee_type_find(struct bee_module *mod, const char *name);

/** The field of this name, or NULL. */
BEE_API const struct bee_field *bee_field_find(const struct bee_type *type, const char *name);

/**
 * The integer, enum, bool or pointer that a field holds, sign-extended to 64 bits when signed.
 * data is the whole struct. -EINVAL: the field is no such thing.
 */
BEE_API int bee_field_get_int(const struct bee_field *field, const void *data, int64_t *ret_value);

/** Write value into a field. -ERANGE: it does not fit; -EINVAL: the field holds no integer. */
BEE_API int bee_field_set_int(const struct bee_field *field, void *data, int64_t value);

/** As bee_field_get_int(), for a value that is no struct: a map's u32 key, an array's element. */
BEE_API int bee_value_get_int(const struct bee_type *type, const void *data, int64_t *ret_value);
/** As bee_field_set_int(), for a value that is no struct. */
BEE_API int bee_value_set_int(const struct bee_type *type, void *data, int64_t value);

/**
 * Write a value as text for a person: { pid = 1, comm = "sh", list = [1, 2] }.
 * Returns the length of the whole text, which is cut when it does not fit (as snprintf does).
 */
BEE_API size_t bee_value_text(const struct bee_type *type, const void *data, char *buf,
			      size_t size);

/* ---- Test runs --------------------------------------------------------------------------- */

/* What a program is run on. What the kernel does not know for its type must be left out. */
struct bee_test_opts {
	size_t size;       /* sizeof(struct bee_test_opts), always */
	const void *ctx;   /* as bee_program_context() says; NULL: the kernel's own */
	void *ctx_out;     /* room of ctx_size bytes for the context afterwards; may be NULL */
	uint32_t ctx_size; /* bytes */
	uint32_t data_size;
	const void *data; /* a packet from its Ethernet header on; NULL: none */
	void *data_out;   /* room for the packet afterwards; may be NULL */
	uint32_t data_out_size;
	uint32_t repeat; /* runs, of which the duration is the average; 0: 1 */
};

struct bee_test_result {
	int32_t retval;       /* what the program returned the last time */
	uint32_t duration_ns; /* of one run; 0 where the kernel does not say */
	uint32_t data_size;   /* bytes of the packet afterwards */
	uint32_t ctx_size;    /* bytes written to ctx_out; 0 where the kernel gives none back */
};

/** The struct that the program's first parameter points to; NULL: unknown, or no struct. */
BEE_API const struct bee_type *bee_program_context(const struct bee_program *prog);

/**
 * Run a loaded program on a context and a packet, without attaching it. The packet is a copy.
 * -EOPNOTSUPP: programs of this type cannot be run so; -EINVAL: the kernel does not take this
 * context or packet; -ENOSPC: data_out is too small.
 */
BEE_API int bee_program_test(struct bee_program *prog, const struct bee_test_opts *opts,
			     struct bee_test_result *ret_result);

/* ---- Maps -------------------------------------------------------------------------------- */

/** Next map that the source declares; prev NULL gives the first. */
BEE_API struct bee_map *bee_map_next(struct bee_module *mod, struct bee_map *prev);
/** The map of this name, or NULL. */
BEE_API struct bee_map *bee_map_find(struct bee_module *mod, const char *name);
/**
 * Open a map that is in the kernel, whoever made it: "/sys/fs/bpf/x" (or "pinned:/sys/fs/bpf/x") or "id:12",
 * which is also what an element of a map of maps is. Its types are those of the BTF that the kernel holds of it;
 * where there is none they are BEE_KIND_BYTES, and a warning is among the diagnostics. -ENOENT; -EINVAL: it is
 * no map; -EPERM, -EACCES: no privilege. The runtime owns *ret_map, until bee_map_close().
 */
BEE_API int bee_map_open(struct bee *bee, const char *which, struct bee_map **ret_map);
/** Let go of a map of bee_map_open(). Those of a module close with it, and not here. NULL is fine. */
BEE_API void bee_map_close(struct bee_map *map);
/** The map's module; that of a map which bee_map_open() opened has no programs, and no other map. */
BEE_API struct bee_module *bee_map_module(const struct bee_map *map);
/** The map's name, as the source gives it; of one that was opened, what the kernel keeps of it. */
BEE_API const char *bee_map_name(const struct bee_map *map);
/** The kind's name in lower case, as "percpu_hash". */
BEE_API const char *bee_map_kind(const struct bee_map *map);
/** The map's descriptor, borrowed. */
BEE_API int bee_map_fd(const struct bee_map *map);
/** Number of elements that there is room for; bytes of a ring buffer. */
BEE_API uint32_t bee_map_max_entries(const struct bee_map *map);
/** Bytes of one key; 0 for kinds without keys. */
BEE_API uint32_t bee_map_key_size(const struct bee_map *map);
/** Bytes of one value, on one CPU. */
BEE_API uint32_t bee_map_value_size(const struct bee_map *map);
/** Whether an element has a value for each possible CPU, of which there may be just one. */
BEE_API bool bee_map_is_percpu(const struct bee_map *map);
/** Number of values an element has: the possible CPUs for per-CPU kinds, else 1. */
BEE_API uint32_t bee_map_cpus(const struct bee_map *map);
/**
 * Bytes between the values of two CPUs in what lookup and walks give: the value's size rounded up
 * to 8 for per-CPU kinds. An element takes bee_map_cpus() * bee_map_stride() bytes.
 */
BEE_API uint32_t bee_map_stride(const struct bee_map *map);
/** The keys' type by BTF; kind BEE_KIND_BYTES where the source gives only a size. Never NULL. */
BEE_API const struct bee_type *bee_map_key_type(const struct bee_map *map);
/** The type of one value, on one CPU, likewise. */
BEE_API const struct bee_type *bee_map_value_type(const struct bee_map *map);
/** The type of the records of a ring or perf buffer; NULL where the compiler could not tell. */
BEE_API const struct bee_type *bee_map_event_type(const struct bee_map *map);

/** Read an element into value (all CPUs of it). -ENOENT: no such key. Any thread. */
BEE_API int bee_map_lookup(const struct bee_map *map, const void *key, void *value);
/**
 * Add up the values of all CPUs, as lookup and walks give them: integers, also in structs and arrays,
 * bitfields where the sum fits. What is no number is that of the first CPU. ret_sum has room for one value.
 */
BEE_API void bee_map_sum(const struct bee_map *map, const void *values, void *ret_sum);
/** Write an element; flags as the kernel's BPF_ANY, BPF_NOEXIST, BPF_EXIST. Any thread. */
BEE_API int bee_map_update(const struct bee_map *map, const void *key, const void *value,
			   uint64_t flags);
/** Delete an element. -ENOENT: no such key. Any thread. */
BEE_API int bee_map_delete(const struct bee_map *map, const void *key);
/**
 * Read an element and delete it: in one step where the kernel can (hashes: Linux 5.14), else in two,
 * between which a program may write. For queues and stacks, which have no keys, key is NULL: pops.
 * -ENOENT: no such key, or empty; -EOPNOTSUPP: elements of this kind are never deleted. Any thread.
 */
BEE_API int bee_map_take(const struct bee_map *map, const void *key, void *value);

/**
 * Write count elements, whose keys and values lie one behind the other as lookup gives them: in one
 * system call where the kernel can. *ret_done is always set, to how many were written before the
 * first that failed. Any thread.
 */
BEE_API int bee_map_update_many(const struct bee_map *map, const void *keys, const void *values,
				uint32_t count, uint64_t flags, uint32_t *ret_done);
/**
 * Delete count elements; keys that are not there are passed over. *ret_done is always set, to how
 * many were deleted. -EOPNOTSUPP: elements of this kind are never deleted. Any thread.
 */
BEE_API int bee_map_delete_many(const struct bee_map *map, const void *keys, uint32_t count,
				uint32_t *ret_done);

/** Delete all elements; where they exist always, as in arrays, zero them. -EOPNOTSUPP: no such kind. */
BEE_API int bee_map_clear(const struct bee_map *map);

/** Refuse all further writes from user space: -EPERM. Programs may still write. */
BEE_API int bee_map_freeze(const struct bee_map *map);
/** Keep the map in a BPF file system beyond the module: -EEXIST, -EPERM, -ENOENT: no such folder. */
BEE_API int bee_map_pin(const struct bee_map *map, const char *path);

/**
 * Walk all elements, in batches where the kernel can. Elements that others add or delete
 * meanwhile may or may not appear. -EOPNOTSUPP: this kind cannot be walked.
 * The caller closes *ret_walk, before the module.
 */
BEE_API int bee_walk_open(const struct bee_map *map, struct bee_walk **ret_walk);
/** 1: *ret_key and *ret_value point to the next element, valid until the next call; 0: the end. */
BEE_API int bee_walk_next(struct bee_walk *walk, const void **ret_key, const void **ret_value);
/**
 * Whether the walk came to its end and passed every element that was there all the time. It is false
 * also where a kernel without batches began anew behind a key that was deleted meanwhile.
 */
BEE_API bool bee_walk_is_complete(const struct bee_walk *walk);
/** End a walk. NULL is fine. */
BEE_API void bee_walk_close(struct bee_walk *walk);

struct bee_hist_opts {
	size_t size;      /* sizeof(struct bee_hist_opts), always */
	const char *unit; /* heads the column of values; NULL: nothing does */
	bool is_linear; /* slot n counts the value n; else those from 2^(n-1) on, as bpf_log2l() */
};

/**
 * Draw the histogram that a map counts by slot, or by a struct: of its field named slot, else of the
 * last one, for each value of the other fields. The values of all CPUs are added up.
 * -EINVAL: the slot or the value is no integer; -ERANGE: a slot above 64, where it is not linear;
 * -E2BIG: more than 65,536 lines. The caller frees *ret_text with free(). Any thread.
 */
BEE_API int bee_map_hist(const struct bee_map *map, const struct bee_hist_opts *opts,
			 char **ret_text);

/* ---- Global variables -------------------------------------------------------------------- */

struct bee_var {
	const char *name;
	const struct bee_type *type;
	void *data;    /* the kernel's own memory: reads and writes are live */
	bool is_const; /* data is read-only */
};

/** The global variable of this name, or NULL. */
BEE_API const struct bee_var *bee_var_find(struct bee_module *mod, const char *name);
/** Next variable; prev NULL gives the first. */
BEE_API const struct bee_var *bee_var_next(struct bee_module *mod, const struct bee_var *prev);

/* ---- Events and the loop ----------------------------------------------------------------- */

/* A negative return stops the dispatch, which gives it to its caller. data is valid in the call. */
typedef int (*bee_event_fn)(void *ctx, const void *data, size_t size);
/* count more events were lost. */
typedef void (*bee_lost_fn)(void *ctx, uint64_t count);
/* fd is readable. A negative return stops the dispatch, which gives it to its caller. */
typedef int (*bee_watch_fn)(void *ctx);

struct bee_events_opts {
	size_t size;      /* sizeof(struct bee_events_opts), always */
	bee_lost_fn lost; /* NULL: only counted */
	uint32_t pages;   /* per-CPU buffer of a perf event array, a power of two; 0: 64 */
};

/**
 * Call fn for each record of a ring buffer or perf event array.
 * -EINVAL: a map of another kind; -EBUSY: the map has a subscriber. The module owns *ret_events.
 */
BEE_API int bee_events_open(struct bee_map *map, bee_event_fn fn, void *ctx,
			    const struct bee_events_opts *opts, struct bee_events **ret_events);
/**
 * Take the next record from within fn, which is done with the one before then: for those to whom a call
 * of fn is dear. Returns 1; or 0 when there is none, the budget is used up, the subscription closed, or the
 * map a perf event array, whose records come to fn alone.
 */
BEE_API int bee_events_next(struct bee_events *events, const void **ret_data, size_t *ret_size);
/**
 * Number of events lost so far: by the kernel's count for perf event arrays, by that of moonbee's own
 * macros for ring buffers. BEE_LOST_UNKNOWN: a ring buffer that a program fills by helpers alone.
 */
BEE_API uint64_t bee_events_lost(const struct bee_events *events);
#define BEE_LOST_UNKNOWN UINT64_MAX
/** End a subscription. NULL is fine. */
BEE_API void bee_events_close(struct bee_events *events);

/**
 * Write a record into a user ring buffer, from which a program drains it (Linux 6.1).
 * -ENOSPC: the ring is full until a program drains it; -E2BIG: no record may be that long;
 * -EINVAL: a map of another kind.
 */
BEE_API int bee_map_submit(struct bee_map *map, const void *data, uint32_t size);

/** Call fn when fd is readable. The caller keeps fd; the runtime owns *ret_watch. */
BEE_API int bee_watch_open(struct bee *bee, int fd, bee_watch_fn fn, void *ctx,
			   struct bee_watch **ret_watch);
/** End a watch; its fd stays open. NULL is fine. */
BEE_API void bee_watch_close(struct bee_watch *watch);

/** The runtime's one epoll descriptor, for the application's own loop. Borrowed. */
BEE_API int bee_fd(const struct bee *bee);

/**
 * Wait up to timeout_ms for something to happen (0: do not wait; -1: for ever) and call the
 * callbacks. budget bounds the events of one call; 0: all that are there.
 * Returns the number of events and wake-ups served, or what a callback returned to stop it;
 * -EINTR: a signal came.
 */
BEE_API int bee_dispatch(struct bee *bee, int timeout_ms, unsigned int budget);

/**
 * Open the kernel's trace pipe, where bpf_trace_printk() writes: a non-blocking descriptor of
 * text lines, which the caller closes. It is one for the whole machine.
 */
BEE_API int bee_trace_open(struct bee *bee);

#ifdef __cplusplus
}
#endif
#endif
