/* SPDX-License-Identifier: Apache-2.0 */
/* The prelude's constants have the values of the installed headers, where those have them too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "internal.h"

#define CONSTANTS "src/compiler/headers/constants.h"

static const char includes[] = "#include <sys/socket.h>\n#include <errno.h>\n"
			       "#include <linux/fcntl.h>\n#include <linux/if_ether.h>\n"
			       "#include <linux/if.h>\n#include <linux/in.h>\n"
			       "#include <linux/in6.h>\n#include <linux/limits.h>\n"
			       "#include <linux/sched.h>\n#include <linux/mman.h>\n"
			       "#include <signal.h>\n#include <linux/pkt_cls.h>\n"
			       "#include <linux/stat.h>\n#include <linux/bpf.h>\n"
			       "#include <linux/tcp.h>\n#include <linux/net.h>\n"
			       "#define __bee_page_size 4096\n#include <limits.h>\n";

/* Append row for each macro without parameters, its name in place of each '@'. */
static void each_constant(const char *text, const char *row, struct bee__text *out)
{
	char name[64], after;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "#define %63[A-Za-z0-9_]%c", name, &after) != 2 || after != ' ' ||
		    !strncmp(name, "__", 2))
			continue;
		for (const char *at = row; *at; at++)
			bee__text_add(out, *at == '@' ? name : at, *at == '@' ? strlen(name) : 1);
	}
}

static void constants_are_those_of_the_headers(void **state)
{
	struct bee__text text = { 0 };
	char *constants;
	size_t size;
	FILE *pipe;

	if (system("cc --version >/dev/null 2>&1")) {
		print_message("no C compiler to read the headers\n");
		skip();
	}
	assert_int_equal(bee__read_file(CONSTANTS, &constants, &size), 0);
	bee__text_printf(&text, "%s", includes);
	each_constant(constants, "#ifdef @\nenum { theirs_@ = @ };\n#define has_@\n#endif\n",
		      &text);
	each_constant(constants, "#undef @\n", &text);
	bee__text_add(&text, constants, size);
	each_constant(constants, "#ifdef has_@\n_Static_assert(theirs_@ == (@), \"@\");\n#endif\n",
		      &text);
	pipe = popen("cc -fsyntax-only -x c - 2>&1 | grep -m 5 error", "w");
	assert_non_null(pipe);
	fputs(text.data, pipe);
	assert_int_equal(pclose(pipe), 256); /* grep found nothing */

	/* Most of the values were in fact compared: the headers are there. */
	pipe = popen("test $(cc -E -x c - | grep -c '^_Static_assert(theirs_') -gt 200", "w");
	assert_non_null(pipe);
	fputs(text.data, pipe);
	assert_int_equal(pclose(pipe), 0);
	free(constants);
	bee__text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constants_are_those_of_the_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
