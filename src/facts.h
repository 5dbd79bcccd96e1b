/* SPDX-License-Identifier: Apache-2.0 */
/* Constants that are neither in BTF nor the same everywhere: asked of the running kernel. */
#ifndef BEE_FACTS_H
#define BEE_FACTS_H

#include "rawbtf.h"
#include "words.h"

struct bee__text;

/* Append a #define for each fact that the words name and the user does not define. */
void bee__facts_print(const struct bee__words *words, const struct bee__rawbtf *btf,
		      struct bee__text *out);

#endif
