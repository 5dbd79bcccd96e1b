/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of bench/ begin with: a source that is read and loaded, or the end. */
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>
#include <stdlib.h>

#include "moonbee.h"

static void fail(struct bee *bee, const char *what)
{
	char text[4096] = "";

	if (bee)
		bee_error_text(bee, text, sizeof(text));
	fprintf(stderr, "%s failed\n%s", what, text);
	exit(1);
}

static struct bee_module *load_file(const char *path, struct bee **ret_bee)
{
	static char text[1 << 16];
	struct bee_source source = { .size = sizeof(source), .name = path, .text = text };
	struct bee_module *mod;
	FILE *file = fopen(path, "r");

	if (!file || !fread(text, 1, sizeof(text) - 1, file))
		fail(NULL, path);
	fclose(file);
	if (bee_open(NULL, ret_bee) || bee_load(*ret_bee, &source, NULL, &mod))
		fail(*ret_bee, "loading");
	return mod;
}

#endif
