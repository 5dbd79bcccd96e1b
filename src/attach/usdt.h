/* SPDX-License-Identifier: Apache-2.0 */
/* The static probes of programs and libraries. */
#ifndef BEE_ATTACH_USDT_H
#define BEE_ATTACH_USDT_H

#include <stdbool.h>

/* true ends the walk. args: where the arguments are, as the note has it: "-4@%eax 8@-8(%rbp)". */
typedef bool (*bee__note_fn)(const char *provider, const char *name, const char *args, void *ctx);
/* Call fn for each note of a file: a probe has one for every place that it was compiled into. */
void bee__usdt_each(const char *path, bee__note_fn fn, void *ctx);

#endif
