// SPDX-License-Identifier: Apache-2.0
/*
 * Compiles the programs that extract.py writes, and loads their functions; each on its own where not
 * all are taken, so that one refusal does not hide another. Prints, a line each:
 *
 *   program NAME CPU_US               compiled, with the processor time of all processes
 *   refused NAME LINE: TEXT           not compiled, with the first error
 *   warning NAME LINE: TEXT
 *   verified NAME FUNCTION INSNS
 *   FAILED NAME FUNCTION ERRNO TEXT   refused by the kernel, with its errno, and why
 *   lacks CONDITION                   before all others, for each argument that does not hold
 *
 * With --objects FILE they are only compiled, for other kernels too, and written to FILE as they came,
 * but with the object for a text; which is then loaded where FILE comes in.
 *
 * Conditions: feature:fentry, feature:lsm, struct:NAME, field:STRUCT.NAME, function:NAME (a kernel
 * function that BTF knows), tracepoint:CATEGORY:EVENT, module:NAME.STRUCT (the struct is vmlinux's, or of
 * the module, which is loaded or has types in its file).
 */
#include <elf.h>
#include <sys/resource.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "internal.h"
#include "wire.h"

#define WISHES_MAX  512
#define DEFINES_MAX 64

struct program {
	char name[128];
	char *text;
	size_t size;
	char *defines[DEFINES_MAX];
	size_t defines_len;
	struct bee_wish wishes[WISHES_MAX];
	size_t wishes_len;
};

/* ---- what extract.py says ---------------------------------------------------------------- */

static void free_program(struct program *program)
{
	for (size_t i = 0; i < program->defines_len; i++)
		free(program->defines[i]);
	for (size_t i = 0; i < program->wishes_len; i++)
		free((char *)program->wishes[i].program);
	free(program->text);
	memset(program, 0, sizeof(*program));
}

static void take_wish(struct program *program, const char *words)
{
	char *copy = strdup(words), *space = copy ? strchr(copy, ' ') : NULL;

	if (!space || program->wishes_len == WISHES_MAX) {
		free(copy);
		return;
	}
	*space = '\0';
	program->wishes[program->wishes_len++] =
		(struct bee_wish){ .program = copy, .target = space + 1 };
}

static bool take_text(struct program *program, size_t size)
{
	program->text = malloc(size + 1);
	if (!program->text || fread(program->text, 1, size, stdin) != size || getchar() != '\n')
		return false;
	program->text[size] = '\0';
	program->size = size;
	return true;
}

/* The next program of standard input; false at its end. */
static bool read_program(struct program *program)
{
	char *line = NULL;
	size_t room = 0, size;
	bool is_whole = false;

	free_program(program);
	while (!is_whole && getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "program %127s", program->name) == 1)
			continue;
		if (!strncmp(line, "define ", 7) && program->defines_len < DEFINES_MAX)
			program->defines[program->defines_len++] = strdup(line + 7);
		else if (!strncmp(line, "wish ", 5))
			take_wish(program, line + 5);
		else if (sscanf(line, "text %zu", &size) == 1)
			is_whole = take_text(program, size);
	}
	free(line);
	return is_whole;
}

/* ---- compiling --------------------------------------------------------------------------- */

static long cpu_us(void)
{
	static const int whose[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
	long sum = 0;

	for (size_t i = 0; i < BEE_LEN(whose); i++) {
		struct rusage usage;

		getrusage(whose[i], &usage);
		sum += (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L +
		       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	}
	return sum;
}

static struct bee_load_opts opts_of(const struct program *program, bool is_portable)
{
	return (struct bee_load_opts){
		.size = sizeof(struct bee_load_opts),
		.is_portable = is_portable,
		.defines = (const char *const *)program->defines,
		.defines_len = program->defines_len,
		.wishes = program->wishes,
		.wishes_len = program->wishes_len,
	};
}

static void print_diags(struct bee *bee, const char *name)
{
	bool has_error = false;

	for (const struct bee_diag *diag = NULL; (diag = bee_diag_next(bee, diag));) {
		if (diag->severity == BEE_NOTE || (has_error && diag->severity == BEE_ERROR))
			continue;
		has_error |= diag->severity == BEE_ERROR;
		printf("%s %s %u: %s\n", diag->severity == BEE_ERROR ? "refused" : "warning", name,
		       diag->line, diag->text);
	}
}

static int compile(struct bee *bee, const struct program *program, bool is_portable, void **ret_elf,
		   size_t *ret_size)
{
	struct bee_load_opts opts = opts_of(program, is_portable);
	const struct bee_source source = {
		.size = sizeof(source),
		.name = program->name,
		.text = program->text,
		.text_size = program->size,
	};
	long before = cpu_us();
	int err = bee_compile(bee, &source, &opts, ret_elf, ret_size);

	print_diags(bee, program->name);
	if (!err)
		printf("program %s %ld\n", program->name, cpu_us() - before);
	return err;
}

/* ---- loading ----------------------------------------------------------------------------- */

/* The kernel's reason: its last words but for the statistics. */
static void print_reason(const struct bee_diag *diag)
{
	const char *reason = diag ? diag->text : "";

	printf("%.*s\n", (int)strcspn(reason, "\n"), reason);
}

static const struct bee_diag *first_error(struct bee *bee)
{
	const struct bee_diag *diag = NULL;

	while ((diag = bee_diag_next(bee, diag)) && diag->severity != BEE_ERROR)
		;
	return diag;
}

/* BCC loads what the tool attaches, and what attaches itself by its name. */
static bool is_loaded(const struct program *program, const char *function)
{
	const char *rest;

	for (size_t i = 0; i < program->wishes_len; i++)
		if (!strcmp(program->wishes[i].program, function))
			return true;
	return bee__hook_by_name(function, &rest);
}

/* Open the object with one function of it, or with all that BCC loads; the others are left out. */
static int open_functions(struct bee *bee, const struct program *program, const void *elf,
			  size_t size, const char *function, struct bee_module **ret_mod)
{
	struct bee_load_opts opts = opts_of(program, false);
	void *copy = malloc(size);
	int err;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, elf, size);
	bee__diags_clear(bee);
	err = bee__object_open(bee, copy, size, &opts, ret_mod);
	for (size_t i = 0; !err && i < (*ret_mod)->programs_len; i++) {
		struct bee_program *prog = &(*ret_mod)->programs[i];
		const char *name = bee_program_name(prog);

		prog->is_left_out = function ? strcmp(name, function) != 0
					     : !is_loaded(program, name);
		bpf_program__set_autoload(prog->bpf, !prog->is_left_out);
	}
	return err;
}

static void load_function(struct bee *bee, const struct program *program, const void *elf,
			  size_t size, const char *function)
{
	struct bee_module *mod = NULL;
	int err = open_functions(bee, program, elf, size, function, &mod);

	err = err ?: bee__load(mod);
	if (err) {
		printf("FAILED %s %s %s ", program->name, function, strerrorname_np(-err));
		print_reason(first_error(bee));
	} else {
		printf("verified %s %s %zu\n", program->name, function,
		       bpf_program__insn_cnt(bee_program_find(mod, function)->bpf));
	}
	bee_module_close(mod);
}

/* All functions at once, which is quicker; an error: at least one is refused. */
static int load_whole(struct bee *bee, const struct program *program, const void *elf, size_t size)
{
	struct bee_module *mod = NULL;
	int err = open_functions(bee, program, elf, size, NULL, &mod);

	err = err ?: bee__load(mod);
	for (size_t i = 0; !err && i < mod->programs_len; i++)
		if (!mod->programs[i].is_left_out)
			printf("verified %s %s %zu\n", program->name,
			       bee_program_name(&mod->programs[i]),
			       bpf_program__insn_cnt(mod->programs[i].bpf));
	bee_module_close(mod);
	return err;
}

static void load_each(struct bee *bee, const struct program *program, const void *elf, size_t size)
{
	struct bpf_object *obj = bpf_object__open_mem(elf, size, NULL);
	struct bpf_program *prog;

	if (!obj) {
		printf("FAILED %s - %s the object cannot be opened\n", program->name,
		       strerrorname_np(errno));
		return;
	}
	bpf_object__for_each_program(prog, obj)
		if (is_loaded(program, bpf_program__name(prog)))
			load_function(bee, program, elf, size, bpf_program__name(prog));
	bpf_object__close(obj);
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

/* ---- what this kernel has ---------------------------------------------------------------- */

struct kernel {
	struct bee *bee;
	struct btf *btf;
};

static bool has_feature(const struct kernel *kernel, const char *name)
{
	const char *reason;

	return !bee__feature(strcmp(name, "lsm") ? BEE_FEATURE_FENTRY : BEE_FEATURE_LSM, &reason);
}

static bool has_struct(const struct kernel *kernel, const char *name)
{
	return btf__find_by_name_kind(kernel->btf, name, BTF_KIND_STRUCT) > 0;
}

static bool has_function(const struct kernel *kernel, const char *name)
{
	return btf__find_by_name_kind(kernel->btf, name, BTF_KIND_FUNC) > 0;
}

/* Also in the anonymous structs and unions that a struct has for members. */
static bool has_member(const struct btf *btf, uint32_t id, const char *name)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (uint32_t i = 0; btf_is_composite(type) && i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *its_name = btf__name_by_offset(btf, member->name_off);

		if (!strcmp(its_name, name) || (!*its_name && has_member(btf, member->type, name)))
			return true;
	}
	return false;
}

static bool has_field(const struct kernel *kernel, const char *words)
{
	char record[128];
	int len = strcspn(words, "."), id;

	snprintf(record, sizeof(record), "%.*s", len, words);
	id = btf__find_by_name_kind(kernel->btf, record, BTF_KIND_STRUCT);
	return id > 0 && words[len] && has_member(kernel->btf, id, words + len + 1);
}

static bool has_tracepoint(const struct kernel *kernel, const char *words)
{
	char category[128];
	int len = strcspn(words, ":");

	snprintf(category, sizeof(category), "%.*s", len, words);
	return words[len] && bee__tracepoint_id(kernel->bee, category, words + len + 1) >= 0;
}

static bool has_module(const struct kernel *kernel, const char *words)
{
	const char *dot = strchrnul(words, '.');
	int len = dot - words;
	char command[512];

	if (*dot && has_struct(kernel, dot + 1))
		return true;
	snprintf(
		command, sizeof(command),
		"test -e /sys/kernel/btf/%.*s && exit; cd /lib/modules/$(uname -r) || exit;"
		"file=$(sed -n 's|^\\([^:]*/%.*s\\.ko[^:]*\\):.*|\\1|p' modules.dep 2>/dev/null);"
		"case $file in *.xz) xz -dc $file ;; *.zst) zstd -dc $file ;; *.gz) gzip -dc $file ;;"
		" ?*) cat $file ;; esac | grep -q '\\.BTF'",
		len, words, len, words);
	return !system(command);
}

static const struct {
	const char *name;
	bool (*holds)(const struct kernel *kernel, const char *rest);
} conditions[] = {
	{ "feature:", has_feature },   { "struct:", has_struct },         { "field:", has_field },
	{ "function:", has_function }, { "tracepoint:", has_tracepoint }, { "module:", has_module },
};

static bool holds(const struct kernel *kernel, const char *condition)
{
	for (size_t i = 0; i < BEE_LEN(conditions); i++) {
		size_t len = strlen(conditions[i].name);

		if (!strncmp(condition, conditions[i].name, len))
			return conditions[i].holds(kernel, condition + len);
	}
	printf("unknown %s\n", condition);
	return true;
}

static void print_lacks(struct bee *bee, char **list)
{
	struct kernel kernel = { bee, btf__load_vmlinux_btf() };

	for (; *list; list++)
		if (!holds(&kernel, *list))
			printf("lacks %s\n", *list);
	btf__free(kernel.btf);
}

/* ---- what is done with a program --------------------------------------------------------- */

static bool is_object(const struct program *program)
{
	return program->size >= SELFMAG && !memcmp(program->text, ELFMAG, SELFMAG);
}

static void write_object(FILE *objects, const struct program *program, const void *elf, size_t size)
{
	fprintf(objects, "program %s\n", program->name);
	for (size_t i = 0; i < program->wishes_len; i++)
		fprintf(objects, "wish %s %s\n", program->wishes[i].program,
			program->wishes[i].target);
	fprintf(objects, "text %zu\n", size);
	fwrite(elf, 1, size, objects);
	fputc('\n', objects);
}

static void load(struct bee *bee, const struct program *program, const void *elf, size_t size)
{
	if (load_whole(bee, program, elf, size))
		load_each(bee, program, elf, size);
}

static void load_object(struct bee *bee, const struct program *program)
{
	const char *data;
	size_t size;

	printf("program %s 0\n", program->name);
	if (bee__elf_section(program->text, program->size, BEE_ASSUMES_SECTION, &data, &size))
		printf("FAILED %s - EINVAL the object is not portable\n", program->name);
	else
		load(bee, program, program->text, program->size);
}

static void take(struct bee *bee, const struct program *program, FILE *objects)
{
	void *elf = NULL;
	size_t size;

	if (is_object(program)) {
		load_object(bee, program);
	} else if (!compile(bee, program, objects != NULL, &elf, &size)) {
		if (objects)
			write_object(objects, program, elf, size);
		else
			load(bee, program, elf, size);
	}
	free(elf);
}

int main(int argc, char **argv)
{
	struct program program = { 0 };
	FILE *objects = NULL;
	struct bee *bee;

	libbpf_set_print(print_nothing);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 2 && !strcmp(argv[1], "--objects")) {
		objects = fopen(argv[2], "wb");
		if (!objects)
			return 2;
		argv += 2;
	}
	if (bee_open(NULL, &bee))
		return 2;
	print_lacks(bee, argv + 1);
	while (read_program(&program))
		take(bee, &program, objects);
	free_program(&program);
	bee_close(bee);
	return objects && fclose(objects) ? 2 : 0;
}
