/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kernel can do, by another way than moonbee's own table of features: its symbols, its files,
 * a system call. A test decides by the table what to expect, and the table is held to this.
 */
#ifndef TEST_WITNESS_H
#define TEST_WITNESS_H

#include <stdbool.h>

#include "feature.h"

/* Is the feature there? The test fails where moonbee's table and the kernel differ. */
bool has_feature(enum bee__feature feature);
/* The kernel's own error for a feature that it lacks: what it gave last to has_feature(). */
int kernels_error(void);
/* Skip the test, with the reason that has_feature() gave last, and its proof. */
void skip_without_feature(void);

#endif
