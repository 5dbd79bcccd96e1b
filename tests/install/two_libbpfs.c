/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that links libbpf itself, beside libmoonbee's archive: neither hears what the other one
 * prints.
 */
#include <moonbee.h>
#include <stdio.h>

#include <bpf/libbpf.h>

static int own_lines, moonbee_lines;

static int on_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	own_lines++;
	return 0;
}

static void on_log(void *ctx, enum bee_log_level level, const char *text)
{
	moonbee_lines++;
}

static int fail(const char *what)
{
	printf("%s: the program's libbpf printed %d lines, moonbee's %d\n", what, own_lines,
	       moonbee_lines);
	return 1;
}

int main(void)
{
	struct bee_opts opts = { .size = sizeof(opts), .log = on_log };
	struct bee_source source = { .size = sizeof(source), .text = "int x;\n" };
	struct bee_module *mod;
	struct bee *bee;

	libbpf_set_print(on_print);
	if (bee_open(&opts, &bee))
		return fail("open");
	if (bee_load(bee, &source, NULL, &mod) || own_lines || !moonbee_lines)
		return fail("moonbee");
	moonbee_lines = 0;
	if (bpf_object__open_mem("no ELF", 6, NULL) || !own_lines || moonbee_lines)
		return fail("libbpf");
	bee_close(bee);
	return 0;
}
