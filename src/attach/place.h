/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in the network a target is: "eth0:ingress" in the network namespace of this thread,
 * "blue/eth0:ingress" in a named one, "/proc/123/ns/net/eth0:ingress" in that of a file.
 */
#ifndef BEE_PLACE_H
#define BEE_PLACE_H

#include <stdint.h>

#include "../internal.h"

struct bee__place {
	char word[64];     /* the device, or what else stands there: "eth0" */
	const char *words; /* what is behind it: "ingress"; "" when nothing is */
	int ns_fd;         /* of the other namespace; -1: that of this thread */
	int home_fd;       /* while this thread is in the other one: the way back; else -1 */
};

/* A network namespace by its name or path, "" for this thread's; recorded when it fails. */
int bee__netns_open(struct bee__attach *at, const char *name, size_t len, int *ret_fd);
/* Go there, if it is another one; *ret_home leads back. Both are made, or neither. */
int bee__netns_enter(int ns_fd, int *ret_home);
void bee__netns_leave(int home_fd);
/* The same with what failed recorded, for a namespace by that name. */
int bee__netns_go(struct bee__attach *at, int ns_fd, const char *name, size_t len, int *ret_home);
/* Call fn there. This thread may be of the namespace, and not be allowed to enter any. */
int bee__netns_visit(int ns_fd, int (*fn)(void *ctx, int prog_fd), void *ctx, int prog_fd);

/* What a hook keeps in a network namespace, without a link: its struct, which malloc made, begins so. */
struct bee__kept {
	int (*put)(void *kept, int prog_fd);    /* make it, or have it run another program */
	int (*remove)(void *kept, int nothing); /* which must not mind that it is gone */
	int ns_fd;                              /* where it is; -1: nowhere yet */
};

/* Give it to the link, which owns it from here on; also when this fails. */
int bee__attach_kept(struct bee__attach *at, struct bee__kept *kept);
void bee__kept_free(struct bee__kept *kept);

/* Read at->rest, and have this thread enter the namespace. bee__place_leave() also when this fails. */
int bee__place_enter(struct bee__attach *at, struct bee__place *place);
void bee__place_leave(struct bee__place *place);
/* The index of the device, in the namespace that was entered. -ENODEV: recorded, with those near. */
int bee__place_device(struct bee__attach *at, const struct bee__place *place);

/* The kernel's -EPERM for a change of the network. */
int bee__attach_unprivileged(struct bee__attach *at);

/* holder.c: append who a program belongs to: "program 'f' (id 12) of process 345 (tool)". */
void bee__holder_text(struct bee__text *text, uint32_t prog_id);
/* Is there a process that has the program, or a link of it? -EPERM: not all can be looked at. */
int bee__is_held(uint32_t prog_id);

#endif
