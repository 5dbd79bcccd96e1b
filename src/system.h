/* SPDX-License-Identifier: Apache-2.0 */
/* What is not a kernel's feature that a hook needs, and yet decides what tools can do: a row each. */
#ifndef BEE_SYSTEM_H
#define BEE_SYSTEM_H

#include "internal.h"

struct bee__system {
	const char *name; /* for programs: it stays as it is */
	const char *about;
	/* What is so, and in reason what was seen. It may leave diagnostics behind. */
	enum bee_state (*check)(struct bee *bee, struct bee__text *reason);
	const char *cure;
	bool is_needed; /* no tool runs without it */
};

extern const struct bee__system bee__systems[];
extern const size_t bee__systems_len;

#endif
