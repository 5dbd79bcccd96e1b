/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kernel types does a source reach, and how much of each must its header hold?
 *
 *   struct file *f; ... f->f_inode->i_ino           words: file, f, f_inode, i_ino
 *
 *   file is open: a word names it          -> printed whole
 *   file.f_inode is a word                 -> inode is open too, and so on
 *   file.f_mapping is no word              -> no member of it can be meant: void *
 *   file.f_path is no word, but lies in it -> printed for its size alone
 *
 * A record that is not open may still be whole: its size matters. In large records, members that
 * no word names become padding.
 */
#ifndef BEE_REACH_H
#define BEE_REACH_H

#include "rawbtf.h"
#include "words.h"

/* Larger records show only the members that the source names. */
#define BEE_SLIM_SIZE 128

enum bee__type_mark {
	BEE_MARK_WHOLE	 = 1 << 0, /* is printed, not only declared */
	BEE_MARK_OPEN	 = 1 << 1, /* the source may use its members */
	BEE_MARK_NAMED	 = 1 << 2, /* the user names it: an enum shows all it has */
	BEE_MARK_PRINTED = 1 << 3,
	BEE_MARK_WALKED	 = 1 << 4, /* without a name, met as part of a slim record */
	BEE_MARK_SEED	 = 1 << 5, /* its name is a word */
	BEE_MARK_ASKED	 = 1 << 6, /* without a name: were its members looked at? */
	BEE_MARK_MEANT	 = 1 << 7, /* the source names one of them */
};

/* How a member of a record is printed. */
enum bee__member_form {
	BEE_MEMBER_HIDDEN, /* as padding */
	BEE_MEMBER_OPAQUE, /* a pointer to something: void * */
	BEE_MEMBER_SHOWN,
};

struct bee__reach {
	const struct bee__rawbtf *btf;
	struct bee__words *words;
	uint8_t *marks;		/* enum bee__type_mark, by id */
	uint32_t *list;		/* ids in the order in which they were marked, some twice */
	uint32_t len, room;
	bool failed;		/* out of memory */
};

/* Find all types that the words reach. -ENOMEM. */
int bee__reach_find(const struct bee__rawbtf *btf, struct bee__words *words,
		    struct bee__reach *ret_reach);
void bee__reach_free(struct bee__reach *reach);

/* Is a record one of struct_ops, by its name? */
bool bee__reach_is_ops(const char *name);
/* Does a record that stands by itself hide the members that the source does not name? */
bool bee__reach_is_slim(const struct bee__reach *reach, uint32_t id);
enum bee__member_form bee__reach_member(const struct bee__reach *reach,
					const struct btf_member *member, bool is_slim);

#endif
