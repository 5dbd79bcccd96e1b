/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants that a source may name have the values that others give them: the kernel's headers for
 * programs and glibc's, as a C program sees them; the running kernel's BTF, for enumerators and sizes.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "internal.h"
#include "prelude.h"

/* Beside the headers that the build itself reads. */
static const char includes[] =
	"#include <errno.h>\n#include <fcntl.h>\n#include <limits.h>\n"
	"#include <signal.h>\n#include <stdio.h>\n"
	"#include <netinet/in.h>\n#include <stdint.h>\n#include <sys/socket.h>\n"
	"#include <sys/stat.h>\n#include <netinet/tcp.h>\n";

/* Names that the headers and the kernel's BTF mean by themselves: each has another value there. */
static const char *const others[] = {
	"NSIG",             /* glibc's is larger by one, and by the real-time signals */
	"SIGRTMIN",         /* glibc keeps two to itself */
	"SOCK_DESTROY",     /* sock_diag's number; BTF's is a flag of sockets */
	"INET6_ADDRSTRLEN", /* the kernel has room for a zone: include/linux/inet.h */
	"HZ",               /* 100 for programs, whatever the kernel's own timer */
	"AHZ",              /* the same */
};

/* Rows for kernels whose BTF lacks the enumerator: the headers have them as such. */
static const char *const enumerators[] = {
	"BPF_ANY",
	"BPF_NOEXIST",
	"BPF_EXIST",
	"BPF_F_NO_PREALLOC",
	"BPF_F_CURRENT_CPU",
	"BPF_F_USER_STACK",
	"BPF_F_FAST_STACK_CMP",
	"BPF_F_REUSE_STACKID",
	"SOCK_STREAM",
	"SOCK_DGRAM",
	"SOCK_RAW",
	"SOCK_SEQPACKET",
	"SCM_RIGHTS",
	"SCM_CREDENTIALS",
	"MSG_PEEK",
	"MSG_NOSIGNAL",
};

/* Why no one outside has a row: each pattern must fit one of constants.h. */
static const char *const reasons[] = {
	/* The kernel's own headers, below include/linux/ where nothing else is said. */
	"BPF_MEMSX", /* include/uapi/linux/bpf.h, where it is newer than this machine's */
	"BPF_JCOND",
	"BPF_LOAD_ACQ",
	"BPF_STORE_REL",
	"INET6_ADDRSTRLEN", /* inet.h */
	"SOL_UDP",          /* socket.h: the number of the protocol */
	"VLAN_*",           /* if_vlan.h, and IEEE 802.1Q */
	"*SHUTDOWN*",       /* include/net/sock.h */
	"IP_[MDO]F*",       /* include/net/ip.h: bits of the header's field, as RFC 791 has them */
	"NEXTHDR_*",        /* include/net/ipv6.h: IANA's numbers of protocols */
	"TCPHDR_*",         /* include/net/tcp.h: bits of the header's byte, as RFC 793 has them */
	"FMODE_*",          /* fs.h; since 6.12 as shifts of one */
	"READ",             /* kernel.h, fs.h */
	"WRITE",
	"REQ_OP_*",  /* blk_types.h */
	"MINOR*",    /* kdev_t.h */
	"SECTOR_*",  /* blk_types.h */
	"MAX_ERRNO", /* err.h */
	"ERESTART*", /* errno.h; strace prints them */
	"ENOIOCTLCMD",
	"EPROBE_DEFER",
	"EOPENSTALE",
	"ENOPARAM",
	"ENOTSUPP",
	"EIOCBQUEUED",
	"MAY_*",          /* fs.h; security hooks are given them */
	"SB_*",           /* fs.h: those of mount(2), which UAPI calls MS_ */
	"SOCK_TYPE_MASK", /* net.h */
	"S_I*UGO",        /* stat.h */
	"TASK_*",         /* sched.h; sched_switch prints them */
	"__TASK_*",
	"EXIT_*",
	"PF_*",   /* sched.h */
	"*_PRIO", /* sched/prio.h */
	"*_NICE",
	"CAP_OPT_*", /* security.h */
	"___GFP_*",  /* gfp.h until 6.9; then BTF */
	"__GFP_*",
	"GFP_*",              /* gfp_types.h: sums of those */
	"VM_*",               /* mm.h */
	"PAGE_*",             /* of the machine: sysconf() gives the size */
	"__START_KERNEL_map", /* Documentation/arch/x86/x86_64/mm.rst */
	"__PAGE_OFFSET_BASE_L[45]",
	"__bee_page_offset",
	"?SEC_PER_*", /* vdso/time64.h: what the words mean */
	"[US]*_MAX",  /* limits.h of the kernel: the widths of the types */
	"S*_MIN",
	"BITS_PER_*",
	"__BPF__", /* clang's for this target */
};

/* What the running kernel's own types say. */
static const char sizes[] =
	"_Static_assert(TASK_COMM_LEN == sizeof(((struct task_struct *)0)->comm), \"\");\n"
	"_Static_assert(DISK_NAME_LEN == sizeof(((struct gendisk *)0)->disk_name), \"\");\n"
	"_Static_assert(IFNAMSIZ == sizeof(((struct net_device *)0)->name), \"\");\n"
	"_Static_assert(BPF_OBJ_NAME_LEN == sizeof(((struct bpf_map *)0)->name), \"\");\n"
	"_Static_assert(ETH_ALEN == sizeof(((struct ethhdr *)0)->h_dest), \"\");\n"
	"_Static_assert(BPF_MAX_STACK_DEPTH == PERF_MAX_STACK_DEPTH, \"\");\n"
	"_Static_assert(CUR_CPU_IDENTIFIER == BPF_F_CURRENT_CPU, \"\");\n"
	"_Static_assert(NSEC_PER_SEC == NSEC_PER_USEC * USEC_PER_SEC, \"\");\n"
	"_Static_assert(NSEC_PER_SEC == NSEC_PER_MSEC * MSEC_PER_SEC, \"\");\n"
	"_Static_assert(USEC_PER_SEC == USEC_PER_MSEC * MSEC_PER_SEC, \"\");\n";

static bool is_constant(const struct bee__prelude_name *row)
{
	char start[80];

	snprintf(start, sizeof(start), "#define %s ", bee__prelude_name(row));
	return !strncmp(bee__prelude_block(row->block), start, strlen(start));
}

/* Append row with the name in place of each '@', for all constants of the prelude in capitals. */
static size_t each_constant(const char *row, struct bee__text *out)
{
	size_t count = 0;

	for (size_t i = 0; i < bee__prelude_names_len; i++) {
		const char *name = bee__prelude_name(&bee__prelude_names[i]);
		size_t len = strlen(name);

		bool is_other = false;

		for (size_t k = 0; k < BEE_LEN(others); k++)
			is_other |= !strcmp(name, others[k]);
		if (is_other || strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != len ||
		    !is_constant(&bee__prelude_names[i]))
			continue;
		for (const char *at = row; *at; at++)
			bee__text_add(out, *at == '@' ? name : at, *at == '@' ? len : 1);
		count++;
	}
	return count;
}

/* The output of a command that is given a text. The caller frees it. */
static char *output_of(const char *command, const struct bee__text *text)
{
	char path[] = "/tmp/bee-constants-XXXXXX", whole[256], *output;
	int fd = mkstemp(path);
	size_t size;
	FILE *pipe;

	assert_int_equal(write(fd, text->data, text->len), text->len);
	close(fd);
	snprintf(whole, sizeof(whole), "f=%s; %s", path, command);
	pipe = popen(whole, "r");
	assert_non_null(pipe);
	assert_int_equal(bee__read_fd(fileno(pipe), &output, &size), 0);
	assert_int_equal(pclose(pipe), 0);
	unlink(path);
	return output;
}

/*
 * "_Static_assert" of each constant that the headers have, with its value there. The kernel's headers
 * and glibc's do not stand each other: of the first, only what the preprocessor makes is compiled. Two
 * tests ask; the answer stays.
 */
static const char *ask_headers(void)
{
	static char *answer;
	struct bee__text text = { 0 };
	char *uapi, *lines;
	size_t size;

	if (answer)
		return answer;
	assert_int_equal(bee__read_file("src/compiler/headers/uapi.c", &uapi, &size), 0);
	bee__text_printf(&text, "%s%sbee_lines\n", uapi, includes);
	each_constant("#ifdef @\nprintf(\"_Static_assert((long long)(@) == %lldll, "
		      "\\\"\" \"@\" \"\\\");\\n\", (long long)(@));\n#endif\n",
		      &text);
	lines = output_of("cc -w -E -P -x c $f", &text);
	bee__text_free(&text);
	bee__text_printf(&text, "%s#include <linux/swab.h>\nint main(void) {%s}\n", includes,
			 strstr(lines, "bee_lines") + strlen("bee_lines"));
	answer = output_of("cc -w -x c $f -o $f.out && $f.out; e=$?; rm -f $f.out; exit $e", &text);
	bee__text_free(&text);
	free(lines);
	free(uapi);
	return answer;
}

static void compile(const struct bee__text *text)
{
	FILE *pipe = popen("clang-19 -target bpf -fsyntax-only -Wno-everything -ferror-limit=0 "
			   "-x c - 2>&1 | grep -m 20 error:",
			   "w");

	assert_non_null(pipe);
	assert_int_equal(fwrite(text->data, 1, text->len, pipe), text->len);
	assert_int_equal(pclose(pipe), 256); /* grep found nothing */
}

static void skip_without_tools(void)
{
	if (access(BEE_BTF_PATH, R_OK) || system("cc --version >/dev/null 2>&1") ||
	    system("clang-19 --version >/dev/null 2>&1")) {
		print_message("no BTF at %s, no cc, or no clang-19\n", BEE_BTF_PATH);
		skip();
	}
}

/* The header of a source that names all constants. */
static void make_header(struct bee__text *text)
{
	struct bee_load_opts opts = { .size = sizeof(opts) };
	struct bee__text source = { 0 };
	struct bee__file file;
	struct bee *bee;

	bee__text_printf(&source,
			 "int f(struct task_struct *t, struct gendisk *g, struct ethhdr *e,"
			 "struct net_device *n, struct bpf_map *m) {\n"
			 "t->comm; g->disk_name; n->name; m->name; e->h_dest;\n");
	assert_true(each_constant("use(@);\n", &source) > 5000);
	bee__text_printf(&source, "}\n");
	file = (struct bee__file){ .text = source.data, .size = source.len };
	assert_int_equal(bee_open(NULL, &bee), 0);
	assert_int_equal(
		bee__types(bee, &(struct bee__files){ .list = &file, .len = 1 }, &opts, text), 0);
	bee_close(bee);
	bee__text_free(&source);
}

static void constants_are_those_of_the_headers(void **state)
{
	struct bee__text text = { 0 };
	const char *asserts;
	size_t count = 0;

	skip_without_tools();
	make_header(&text);
	asserts = ask_headers();
	for (const char *at = asserts; (at = strchr(at, '\n')); at++)
		count++;
	print_message("%zu constants\n", count);
	assert_true(count > 5000);
	bee__text_printf(&text, "%s%s", asserts, sizes);
	compile(&text);
	bee__text_free(&text);
}

/* Does a text hold a name by itself? */
static bool has_word(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += len)
		if ((at == text || !(isalnum(at[-1]) || at[-1] == '_')) && !isalnum(at[len]) &&
		    at[len] != '_')
			return true;
	return false;
}

/* The build evaluates the headers' enumerators without a compiler; here is one. */
static void numbers_are_those_of_the_headers_enumerators(void **state)
{
	struct bee__text text = { 0 }, asserts = { 0 };
	char *uapi, *code, *failures;
	size_t size, count = 0;

	skip_without_tools();
	assert_int_equal(bee__read_file("src/compiler/headers/uapi.c", &uapi, &size), 0);
	bee__text_printf(&text, "%s", uapi);
	code = output_of("cc -w -E -P -x c $f", &text);
	bee__text_printf(&asserts, "%s", uapi);
	for (size_t i = 0; i < bee__prelude_names_len; i++) {
		const char *name = bee__prelude_name(&bee__prelude_names[i]);
		const char *block = bee__prelude_block(bee__prelude_names[i].block);
		const char *value = block + strlen("#define ") + strlen(name) + 1;

		if (!isupper(*name) || !is_constant(&bee__prelude_names[i]) ||
		    !has_word(code, name))
			continue;
		count++;
		bee__text_printf(&asserts,
				 "#ifndef %s\n_Static_assert(%s == %.*s, \"\");\n#endif\n", name,
				 name, (int)strcspn(value, "\n"), value);
	}
	print_message("%zu enumerators\n", count);
	assert_true(count > 1000);
	/* The headers declare some types twice, which is of no matter here; that the last one fails is. */
	bee__text_printf(&asserts, "_Static_assert(AF_INET == 3, \"the last\");\n");
	failures = output_of("cc -w -fsyntax-only -fmax-errors=0 -x c $f 2>&1 | "
			     "grep -e 'assertion failed' -e 'undeclared' | cut -d: -f5-; true",
			     &asserts);
	assert_string_equal(failures, " static assertion failed: \"the last\"\n");
	free(failures);
	bee__text_free(&asserts);
	bee__text_free(&text);
	free(code);
	free(uapi);
}

static bool is_enumerator(const char *name)
{
	for (size_t i = 0; i < BEE_LEN(enumerators); i++)
		if (!strcmp(name, enumerators[i]))
			return true;
	return false;
}

static void rows_are_as_the_headers_enumerators(void **state)
{
	struct bee__text text = { 0 };
	char *constants, start[80];
	size_t size;

	skip_without_tools();
	assert_int_equal(bee__read_file("src/compiler/headers/constants.h", &constants, &size), 0);
	bee__text_printf(&text, "#include <linux/bpf.h>\n%sint main(void) {\n", includes);
	for (size_t i = 0; i < BEE_LEN(enumerators); i++) {
		const char *row;

		snprintf(start, sizeof(start), "#define %s ", enumerators[i]);
		row = strstr(constants, start);
		assert_non_null(row);
		row += strlen(start);
		bee__text_printf(&text, "_Static_assert(%s == (%.*s), \"\");\n", enumerators[i],
				 (int)strcspn(row, "\n"), row);
	}
	bee__text_printf(&text, "}\n");
	free(output_of("cc -w -D_GNU_SOURCE -fsyntax-only -x c $f", &text));
	bee__text_free(&text);
	free(constants);
}

static bool has_reason(const char *name, bool *is_used)
{
	for (size_t i = 0; i < BEE_LEN(reasons); i++) {
		if (fnmatch(reasons[i], name, 0))
			continue;
		is_used[i] = true;
		return true;
	}
	return false;
}

/* What people typed in is known elsewhere, or it is said why not. */
static void each_row_has_a_truth_or_a_reason(void **state)
{
	bool is_used[BEE_LEN(reasons)] = { 0 };
	char *constants, name[64], quoted[80];
	const char *asserts;
	size_t size, bad = 0;

	skip_without_tools();
	assert_int_equal(bee__read_file("src/compiler/headers/constants.h", &constants, &size), 0);
	asserts = ask_headers();
	for (const char *line = constants; line; line = strchr(line, '\n')) {
		char after;

		line += *line == '\n';
		if (sscanf(line, "#define %63[A-Za-z0-9_]%c", name, &after) != 2 || after != ' ')
			continue;
		snprintf(quoted, sizeof(quoted), "\"%s\"", name);
		if (strstr(asserts, quoted) || strstr(sizes, name) || is_enumerator(name) ||
		    has_reason(name, is_used))
			continue;
		print_message("%s: who says so?\n", name);
		bad++;
	}
	for (size_t i = 0; i < BEE_LEN(reasons); i++)
		if (!is_used[i])
			print_message("%s: a reason for nothing\n", reasons[i]);
	for (size_t i = 0; i < BEE_LEN(reasons); i++)
		bad += !is_used[i];
	assert_int_equal(bad, 0);
	free(constants);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constants_are_those_of_the_headers),
		cmocka_unit_test(numbers_are_those_of_the_headers_enumerators),
		cmocka_unit_test(rows_are_as_the_headers_enumerators),
		cmocka_unit_test(each_row_has_a_truth_or_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
