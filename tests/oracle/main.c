/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run two images in the same worlds, and say where what they do differs.
 *
 * usage: oracle [-v1cm] [-b BTF] [-D NAME=VALUE]... [-w PROGRAM=TARGET]... LEFT RIGHT
 *
 * An image is a .c file, which moonbee compiles, an ELF object, or a .dump of BCC's bytecode.
 *
 *     -v   print the records of LEFT
 *     -1   user and kernel memory are one
 *     -m   what is left in maps does not count
 *     -c   leave out programs that only one side has
 *     -b   the kernel's BTF, for a .c file; -D a macro; -w where a program is to be attached
 *
 * Exit status: 0 the same, 1 different, 2 nothing to compare.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "moonbee.h"
#include "oracle.h"

enum { WISHES_MAX = 512, DEFINES_MAX = 64, RUNS = 2, SEEDS = 2, PACKETS = 3 };

struct options {
	bool is_verbose, is_one_space, is_common, is_mapless;
	const char *btf;
	const char *defines[DEFINES_MAX];
	size_t defines_len;
	struct bee_wish wishes[WISHES_MAX];
	size_t wishes_len;
};

/* ---- images ------------------------------------------------------------------------------ */

static char *read_file(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t len = 0, got;

	if (!file)
		oracle_die("%s: %s", path, strerror(errno));
	do {
		text = realloc(text, len + 65536 + 1);
		if (!text)
			oracle_die("out of memory");
		got = fread(text + len, 1, 65536, file);
		len += got;
	} while (got);
	fclose(file);
	text[len] = '\0';
	*ret_size = len;
	return text;
}

static void compile(const char *path, const char *text, const struct options *opts,
		    struct oracle_image *image)
{
	struct bee_source source = { .size = sizeof(source), .name = path, .text = text };
	struct bee_opts bee_opts = { .size = sizeof(bee_opts), .btf = opts->btf };
	struct bee_load_opts load = { .size = sizeof(load),
				      .defines = opts->defines,
				      .defines_len = opts->defines_len,
				      .wishes = opts->wishes,
				      .wishes_len = opts->wishes_len };
	char errors[8192];
	struct bee *bee;
	size_t size;
	void *elf;

	if (bee_open(&bee_opts, &bee))
		oracle_die("moonbee cannot start");
	if (bee_compile(bee, &source, &load, &elf, &size)) {
		bee_error_text(bee, errors, sizeof(errors));
		oracle_die("%s", errors);
	}
	oracle_read_elf(elf, size, image);
	free(elf);
	bee_close(bee);
}

static bool ends(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

static void read_image(const char *path, const struct options *opts, struct oracle_image *image)
{
	size_t size;
	char *text;

	if (ends(path, ".dump")) {
		oracle_read_dump(path, image);
		return;
	}
	text = read_file(path, &size);
	if (ends(path, ".c"))
		compile(path, text, opts, image);
	else
		oracle_read_elf(text, size, image);
	free(text);
}

/* ---- programs ---------------------------------------------------------------------------- */

static int compare_programs(const void *a, const void *b)
{
	return strcmp(((const struct oracle_program *)a)->name,
		      ((const struct oracle_program *)b)->name);
}

static struct oracle_program *find_program(const struct oracle_image *image, const char *name)
{
	for (size_t i = 0; i < image->programs_len; i++) {
		if (!strcmp(image->programs[i].name, name))
			return &image->programs[i];
	}
	return NULL;
}

/* Take those programs out that the other image does not have. */
static void keep_common(struct oracle_image *image, const struct oracle_image *other)
{
	size_t kept = 0;

	for (size_t i = 0; i < image->programs_len; i++) {
		struct oracle_program *prog = &image->programs[i];

		if (find_program(other, prog->name)) {
			image->programs[kept++] = *prog;
		} else {
			printf("note: only one side has '%s'\n", prog->name);
			free(prog->name);
			free(prog->section);
		}
	}
	image->programs_len = kept;
}

/* Both images must have the same programs; the sections of one serve for both. */
static void pair_programs(struct oracle_image *left, struct oracle_image *right, bool is_common)
{
	size_t lens = left->programs_len + right->programs_len;

	keep_common(left, right);
	keep_common(right, left);
	if (!left->programs_len || (!is_common && left->programs_len + right->programs_len != lens))
		oracle_die("%s", is_common ? "the two sides have no program in common"
					   : "the two sides do not have the same programs");
	qsort(left->programs, left->programs_len, sizeof(left->programs[0]), compare_programs);
	qsort(right->programs, right->programs_len, sizeof(right->programs[0]), compare_programs);
	for (size_t i = 0; i < left->programs_len; i++) {
		if (!*right->programs[i].section) {
			free(right->programs[i].section);
			right->programs[i].section = strdup(left->programs[i].section);
		}
	}
}

/* ---- comparison -------------------------------------------------------------------------- */

/* All programs run twice, in one world: what they leave in maps meets them again. */
static void run_all(const struct oracle_image *image, const struct oracle_setting *setting,
		    bool is_mapless, struct oracle_world *world)
{
	oracle_open_world(world, image, setting);
	for (int run = 0; run < RUNS; run++) {
		for (size_t i = 0; i < image->programs_len; i++)
			oracle_run(world, &image->programs[i]);
	}
	if (!is_mapless) {
		oracle_record_maps(world);
		oracle_record_variables(world);
	}
	fflush(world->record);
}

static const char *const fills[] = {
	[ORACLE_RANDOM] = "random",
	[ORACLE_SMALL] = "small",
	[ORACLE_ZERO] = "zero",
};

static void print_setting(const struct oracle_setting *setting)
{
	printf("world: %s bytes, seed %u, %s maps, packet %zu\n", fills[setting->fill],
	       setting->seed, setting->is_full ? "full" : "empty", setting->packet);
}

static void print_line(const char *side, const char *line)
{
	printf("  %s %.*s\n", side, (int)strcspn(line, "\n"), line);
}

/* The first line that differs, under the program that was running. */
static void print_difference(const char *left, const char *right)
{
	const char *run = NULL;

	while (*left && !strncmp(left, right, strcspn(left, "\n") + 1)) {
		size_t len = strcspn(left, "\n") + 1;

		if (!strncmp(left, "run ", 4) || !strncmp(left, "map ", 4))
			run = left;
		left += len;
		right += len;
	}
	if (run)
		print_line("behind", run);
	print_line("left  ", left);
	print_line("right ", right);
}

static bool is_same(const struct oracle_image *left, const struct oracle_image *right,
		    const struct oracle_setting *setting, const struct options *opts)
{
	struct oracle_world a, b;
	bool is_same, is_stopped;

	run_all(left, setting, opts->is_mapless, &a);
	run_all(right, setting, opts->is_mapless, &b);
	is_same = !strcmp(a.text, b.text);
	is_stopped = strstr(a.text, "stopped:") != NULL;
	if (opts->is_verbose || !is_same || is_stopped)
		print_setting(setting);
	if (opts->is_verbose || is_stopped)
		fputs(a.text, stdout);
	if (!is_same)
		print_difference(a.text, b.text);
	if (a.unset > b.unset)
		printf("note: left reads stack that it has not written, %zu times\n", a.unset);
	oracle_close_world(&a);
	oracle_close_world(&b);
	return is_same && !is_stopped;
}

static bool has_packets(const struct oracle_image *image)
{
	static const char *const prefixes[] = { "socket", "tc", "classifier", "xdp", "cgroup_skb" };

	for (size_t i = 0; i < image->programs_len; i++) {
		for (size_t k = 0; k < ORACLE_LEN(prefixes); k++) {
			if (!strncmp(image->programs[i].section, prefixes[k], strlen(prefixes[k])))
				return true;
		}
	}
	return false;
}

static size_t compare(const struct oracle_image *left, const struct oracle_image *right,
		      const struct options *opts)
{
	size_t different = 0, packets = has_packets(left) ? PACKETS : 1, total = 0;
	struct oracle_setting setting = { .is_one_space = opts->is_one_space };

	for (size_t i = 0; i < ORACLE_LEN(fills) * SEEDS * 2 * packets; i++) {
		setting.fill = i % ORACLE_LEN(fills);
		setting.seed = i / ORACLE_LEN(fills) % SEEDS;
		setting.is_full = i / ORACLE_LEN(fills) / SEEDS % 2;
		setting.packet = i / ORACLE_LEN(fills) / SEEDS / 2;
		total++;
		if (!is_same(left, right, &setting, opts))
			different++;
		if (different == 3)
			break;
	}
	printf("%zu programs, %zu worlds, %s\n", left->programs_len, total,
	       different ? "different" : "the same");
	return different;
}

/* ---- command line ------------------------------------------------------------------------ */

static void add_wish(struct options *opts, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || opts->wishes_len == WISHES_MAX)
		oracle_die("-w needs PROGRAM=TARGET");
	*equals = '\0';
	opts->wishes[opts->wishes_len++] =
		(struct bee_wish){ .program = text, .target = equals + 1 };
}

static void add_define(struct options *opts, const char *text)
{
	if (opts->defines_len == DEFINES_MAX)
		oracle_die("too many macros");
	opts->defines[opts->defines_len++] = text;
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

int main(int argc, char **argv)
{
	struct oracle_image left, right;
	struct options opts = { 0 };
	size_t different;
	int option;

	while ((option = getopt(argc, argv, "v1cmb:D:w:")) != -1) {
		switch (option) {
		case 'v':
			opts.is_verbose = true;
			break;
		case '1':
			opts.is_one_space = true;
			break;
		case 'm':
			opts.is_mapless = true;
			break;
		case 'c':
			opts.is_common = true;
			break;
		case 'b':
			opts.btf = optarg;
			break;
		case 'D':
			add_define(&opts, optarg);
			break;
		case 'w':
			add_wish(&opts, optarg);
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 2)
		oracle_die(
			"usage: oracle [-v1cm] [-b BTF] [-D NAME=VALUE]... [-w PROGRAM=TARGET]... LEFT RIGHT");
	libbpf_set_print(print_nothing);
	read_image(argv[optind], &opts, &left);
	read_image(argv[optind + 1], &opts, &right);
	pair_programs(&left, &right, opts.is_common);
	different = compare(&left, &right, &opts);
	oracle_free_image(&left);
	oracle_free_image(&right);
	return different ? 1 : 0;
}
