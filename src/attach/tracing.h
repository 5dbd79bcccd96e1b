/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are bound to a function when they are loaded. */
#ifndef BEE_ATTACH_TRACING_H
#define BEE_ATTACH_TRACING_H

struct bee__attach;

/* A link of a loaded program to what it is bound to: its descriptor, or a negative errno. */
int bee__tracing_link(const struct bee__attach *at, int prog);
/* Attach copies of a program to all functions that at->rest, a pattern, matches. */
int bee__attach_clones(struct bee__attach *at);

#endif
