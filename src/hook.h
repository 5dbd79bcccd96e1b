/* SPDX-License-Identifier: Apache-2.0 */
/* What a hook is: one row of src/attach/table.c, known to the library and to the compiler alike. */
#ifndef BEE_HOOK_H
#define BEE_HOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "feature.h"

struct bee_program;
struct bee__attach;
struct bee__list;

/* Where the parameters behind the context come from, in a function that has any. */
enum bee__args {
	BEE_ARGS_NONE,    /* the context is all there is */
	BEE_ARGS_REGS,    /* the registers of a function's call, in struct pt_regs */
	BEE_ARGS_SYSCALL, /* the same, in the pt_regs that a system call's wrapper was given */
	BEE_ARGS_ARRAY,   /* an array of u64 that the context is */
	BEE_ARGS_OWN,     /* the function's own: another program calls it, and there is no context */
};

/* What the verifier takes a pointer into the kernel for. */
enum bee__reads {
	BEE_READS_NEVER,  /* packets and the like: loads stay as they are */
	BEE_READS_SCALAR, /* a number: each load through it becomes a probe read */
	BEE_READS_USER,   /* the same, and what the context holds points into a process */
	BEE_READS_TYPED,  /* a BTF pointer where it comes from the context: those loads stay */
};

struct bee__hook {
	const char *name;   /* the text form's first word: "kprobe" in "kprobe:vfs_read" */
	const char *kind;   /* its last word, where hooks share a name: "egress"; NULL: none */
	const char *sec;    /* libbpf's section: "kprobe" in "kprobe/vfs_read"; the longest wins */
	const char *alias;  /* another word for either: "tp"; NULL: none */
	const char *prefix; /* function names that mean this hook: "kprobe__"; NULL: none */
	const char *ctx;    /* struct of the context, which alone tells the hook; NULL: it cannot */
	unsigned int type;  /* enum bpf_prog_type */
	unsigned int attach_type; /* enum bpf_attach_type; 0: none, but for a cgroup's ingress */
	unsigned int flags; /* BPF_F_ of the program, where libbpf does not know the section */
	enum bee__args args;
	enum bee__reads reads;
	bool splits;      /* the target is two words: "sched:sched_switch", "sched/sched_switch" */
	bool takes_place; /* the section has but the target's first word: where to is behind it */
	bool is_bare;     /* the section has no target: "perf_event" */
	bool by_hand; /* a section or word without a place is but a type: its user attaches it later */
	enum bee__feature needs;
	enum bee__feature cookie; /* what the kernel needs for cookies here; NONE: it has none */
	const char *form;    /* what stands behind the name in a target: "FUNCTION[+OFFSET]" */
	const char *about;   /* when its programs run, as in "a kernel function is called" */
	const char *instead; /* hooks that come near to this one, best first: "fentry tracepoint" */
	/* Attach to the words behind the name. NULL: libbpf's own attach does it. */
	int (*attach)(struct bee__attach *at);
	/* Give all targets that match (list.h). NULL: they cannot be listed. */
	int (*list)(struct bee__list *list);
};

extern const struct bee__hook bee__hooks[];
extern const size_t bee__hooks_len;

/*
 * The row that a target text ("kprobe:vfs_read") names, with the rest of the text; or NULL. A
 * section does too: "perf_event", where all that counts is the program's type.
 */
const struct bee__hook *bee__hook_by_target(const char *target, const char **ret_rest);
/*
 * Whether a target lacks only the last word, which a hook of a program tells: "cgroup:/path", for
 * one of section "cgroup/connect4". hook NULL: any.
 */
bool bee__hook_completes(const struct bee__hook *hook, const char *target, const char **ret_rest);
/* The row of a section ("kprobe/vfs_read", "kprobe"), with the rest or ""; or NULL. */
const struct bee__hook *bee__hook_by_section(const char *sec, const char **ret_rest);
/* The row that a function's name means ("kprobe__vfs_read"), with the rest; or NULL. */
const struct bee__hook *bee__hook_by_name(const char *name, const char **ret_rest);
/* The row that a context's struct tells ("pt_regs"), or NULL. */
const struct bee__hook *bee__hook_by_context(const char *ctx);

/* Section for a hook and the rest of a target text: ("tracepoint", "a:b") gives "tracepoint/a/b". */
int bee__hook_section(const struct bee__hook *hook, const char *rest, char *buf, size_t size);
/* Section for a hook and the rest of a function's name: ("tracepoint", "a__b") gives the same. */
int bee__hook_section_of_name(const struct bee__hook *hook, const char *rest, char *buf,
			      size_t size);
/* Target text for a section: "tracepoint/a/b" gives "tracepoint:a:b"; -ENOENT when it names none. */
int bee__hook_target(const char *sec, char *buf, size_t size);

#endif
