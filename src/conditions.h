/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEE_CONDITIONS_H
#define BEE_CONDITIONS_H

#include "words.h"

struct bee;

/* Warn of the source's conditions that may be false only for want of a definition in the header. */
void bee__conditions_warn(struct bee *bee, const struct bee__words *words, const char *header);

#endif
