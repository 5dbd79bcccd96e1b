// SPDX-License-Identifier: Apache-2.0
/* An ELF object, opened: its programs and their wishes, its maps, its variables, its types. */
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lines.h"
#include "legacy.h"
#include "rawbtf.h"

/* Names that the compiler and the dialect's macros put into an object, for the library to find. */
#define EVENT_PREFIX "__bee_event_"
#define LOST_PREFIX  "__bee_lost_"
#define LOST_SECTION ".data.bee_lost"
#define USDT_PREFIX  "__bpf_usdt_" /* maps that libbpf fills with the places of arguments */

/* ---- variables by BTF -------------------------------------------------------------------- */

typedef int (*var_fn)(struct bee_module *mod, const char *section, const char *name,
		      uint32_t type_id, uint32_t offset, void *ctx);

/* Call fn for each variable of each section, until it returns non-zero. */
static int each_var(struct bee_module *mod, var_fn fn, void *ctx)
{
	const struct btf *btf = bpf_object__btf(mod->obj);
	int err = 0;

	for (uint32_t id = 1; btf && !err && id < btf__type_cnt(btf); id++) {
		const struct btf_type *section = btf__type_by_id(btf, id);
		const struct btf_var_secinfo *info = btf_var_secinfos(section);

		if (!btf_is_datasec(section))
			continue;
		for (uint32_t i = 0; !err && i < btf_vlen(section); i++) {
			const struct btf_type *var = btf__type_by_id(btf, info[i].type);

			err = fn(mod, btf__name_by_offset(btf, section->name_off),
				 btf__name_by_offset(btf, var->name_off), var->type, info[i].offset,
				 ctx);
		}
	}
	return err;
}

/* ---- programs ---------------------------------------------------------------------------- */

static size_t count_programs(const struct bpf_object *obj)
{
	struct bpf_program *prog;
	size_t count = 0;

	bpf_object__for_each_program(prog, obj)
		count++;
	return count;
}

static int open_programs(struct bee_module *mod)
{
	struct bpf_program *bpf;

	mod->programs = calloc(count_programs(mod->obj) + 1, sizeof(*mod->programs));
	if (!mod->programs)
		return -ENOMEM;
	bpf_object__for_each_program(bpf, mod->obj) {
		struct bee_program *prog = &mod->programs[mod->programs_len++];
		const char *rest;

		prog->mod = mod;
		prog->bpf = bpf;
		prog->hook = bee__hook_by_section(bpf_program__section_name(bpf), &rest);
	}
	return 0;
}

static int add_wish(struct bee_program *prog, const struct bee_wish *wish)
{
	size_t len = prog->targets_len;
	struct bee__target *targets = realloc(prog->targets, (len + 1) * sizeof(*targets));

	if (!targets)
		return -ENOMEM;
	prog->targets = targets;
	targets[len] = (struct bee__target){
		.text = strdup(wish->target),
		.optional = wish->optional,
		.cookie = wish->cookie,
	};
	if (!targets[len].text)
		return -ENOMEM;
	prog->targets_len++;
	return 0;
}

static int add_wishes(struct bee_module *mod, const struct bee_load_opts *opts)
{
	int err = 0;

	for (size_t i = 0; !err && i < opts->wishes_len; i++) {
		const struct bee_wish *wish = &opts->wishes[i];
		struct bee_program *prog = bee_program_find(mod, wish->program);

		if (!prog) {
			err = bee__fail(mod->bee, BEE_STAGE_OBJECT, -ENOENT,
					"attach: the source has no program '%s'", wish->program);
			bee__hint(mod->bee, "a program is a function that is not static");
			return err;
		}
		err = add_wish(prog, wish);
	}
	return err;
}

/* Why a program's section says no type; with its line, or with what comes near. */
static int refuse_section(const struct bee_program *prog)
{
	const char *section = bee_program_section(prog), *why = bee__why_no_hook(section);
	struct bee__place place = bee__find_section(prog->mod, section);
	struct bee *bee = prog->mod->bee;
	struct bee__text text = { 0 };
	struct bee__near near;
	char word[64];

	bee__text_printf(&text, "program '%s': section '%s' is of no known program type",
			 bee_program_name(prog), section);
	bee__diag(bee, &(struct bee_diag){
			       .stage = BEE_STAGE_OBJECT,
			       .severity = BEE_ERROR,
			       .err = -EINVAL,
			       .file = place.file,
			       .line = place.line,
			       .text = text.data,
		       });
	bee__text_free(&text);
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(section, "/"), section);
	bee__near_begin(&near, word);
	for (size_t i = 0; i < bee__hooks_len; i++)
		if (bee__hooks[i].sec)
			bee__near_add(&near, bee__hooks[i].sec);
	if (!why && near.found)
		bee__hint_near(bee, &near, "");
	else
		bee__hint(bee, "%s",
			  why ? why
			      : "say where it is attached: SEC(\"kprobe/vfs_read\"), or attach");
	return -EINVAL;
}

/* A section that libbpf does not know is one of a hook's, or free text: then a wish tells the type. */
static int settle_type(struct bee_program *prog)
{
	const char *rest;

	if (bpf_program__type(prog->bpf) != BPF_PROG_TYPE_UNSPEC)
		return 0;
	for (size_t i = 0; !prog->hook && i < prog->targets_len; i++)
		prog->hook = bee__hook_by_target(prog->targets[i].text, &rest);
	if (prog->hook) {
		bpf_program__set_type(prog->bpf, prog->hook->type);
		bpf_program__set_expected_attach_type(prog->bpf, prog->hook->attach_type);
		bpf_program__set_flags(prog->bpf, prog->hook->flags);
		return 0;
	}
	return refuse_section(prog);
}

/* A program that another calls, by an array of programs of tc's kind, is of that one's type. */
static bool is_called(const struct bee_program *prog)
{
	uint32_t id, key;

	return prog->mod->legacy_len && !bee__legacy_slot(bee_program_section(prog), &id, &key);
}

static int settle_types(struct bee_module *mod)
{
	const struct bee__hook *callers = NULL;
	int err = 0;

	for (size_t i = 0; i < mod->programs_len && !err; i++) {
		if (is_called(&mod->programs[i]))
			continue;
		err = settle_type(&mod->programs[i]);
		callers = callers ?: mod->programs[i].hook;
	}
	for (size_t i = 0; i < mod->programs_len && !err; i++) {
		if (!is_called(&mod->programs[i]))
			continue;
		mod->programs[i].hook = callers;
		err = settle_type(&mod->programs[i]);
	}
	return err;
}

/* ---- maps -------------------------------------------------------------------------------- */

static size_t count_maps(const struct bpf_object *obj)
{
	struct bpf_map *map;
	size_t count = 0;

	bpf_object__for_each_map(map, obj)
		count++;
	return count;
}

static int open_maps(struct bee_module *mod)
{
	struct bpf_map *bpf;
	int err = 0;

	mod->maps = calloc(count_maps(mod->obj) + 1, sizeof(*mod->maps));
	if (!mod->maps)
		return -ENOMEM;
	bpf_object__for_each_map(bpf, mod->obj) {
		if (err || bpf_map__is_internal(bpf) ||
		    !strncmp(bpf_map__name(bpf), USDT_PREFIX, strlen(USDT_PREFIX)))
			continue;
		err = bee__map_declare(mod, bpf, &mod->maps[mod->maps_len++]);
	}
	return err;
}

/* The compiler leaves a pointer to what a map's records are, under the map's name. */
static int set_event_type(struct bee_module *mod, const char *section, const char *name,
			  uint32_t type_id, uint32_t offset, void *ctx)
{
	const struct btf *btf = bpf_object__btf(mod->obj);
	const struct btf_type *bt = btf__type_by_id(btf, type_id);
	struct bee_map *map;

	if (strncmp(name, EVENT_PREFIX, strlen(EVENT_PREFIX)))
		return 0;
	map = bee_map_find(mod, name + strlen(EVENT_PREFIX));
	if (!map)
		return 0;
	map->event = bee__type(mod->types, btf_is_ptr(bt) ? bt->type : type_id);
	return map->event ? 0 : -ENOMEM;
}

/* ---- constants --------------------------------------------------------------------------- */

/* Where the first bytes of a section of variables are, before and after load. */
static void *section_data(struct bee_module *mod, const char *name, size_t *ret_size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(mod->obj, name);

	return map ? (void *)bpf_map__initial_value(map, ret_size) : NULL;
}

static bool is_rodata(const char *section)
{
	return !strncmp(section, ".rodata", strlen(".rodata"));
}

static int set_const(struct bee_module *mod, const char *section, const char *name,
		     uint32_t type_id, uint32_t offset, void *ctx)
{
	const struct bee_const *value = ctx;
	const struct bee_type *type;
	size_t size;
	char *data;
	int err;

	if (strcmp(name, value->name) || !is_rodata(section))
		return 0;
	type = bee__type(mod->types, type_id);
	data = section_data(mod, section, &size);
	if (!type || !data || offset + type->size > size)
		return -ENOMEM;
	err = bee_value_set_int(type, data + offset, value->value);
	if (err == -ERANGE)
		return bee__fail(mod->bee, BEE_STAGE_OBJECT, err,
				 "const: %lld does not fit into '%s', which is a %s",
				 (long long)value->value, name, type->name);
	if (err)
		return bee__fail(mod->bee, BEE_STAGE_OBJECT, err, "const: '%s' is no integer",
				 name);
	return 1;
}

static int set_consts(struct bee_module *mod, const struct bee_load_opts *opts)
{
	for (size_t i = 0; i < opts->consts_len; i++) {
		int err = each_var(mod, set_const, (void *)&opts->consts[i]);

		if (err < 0)
			return err;
		if (err)
			continue;
		bee__fail(mod->bee, BEE_STAGE_OBJECT, -ENOENT,
			  "const: the source has no constant '%s'", opts->consts[i].name);
		bee__hint(mod->bee, "declare it: const volatile int %s;", opts->consts[i].name);
		return -ENOENT;
	}
	return 0;
}

/* ---- open -------------------------------------------------------------------------------- */

static int open_object(struct bee_module *mod)
{
	struct bee *bee = mod->bee;
	/* The kernel's own is found by libbpf, and modules' with it. */
	bool is_other = strcmp(bee->btf_path, BEE_BTF_PATH) != 0;
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "moonbee",
		    .btf_custom_path = is_other ? bee->btf_path : NULL);
	char reason[512], why[128];
	int err;

	err = bee__object_btf_check(mod->elf, mod->elf_size);
	if (err)
		return bee__fail(bee, BEE_STAGE_OBJECT, err == -ENOMEM ? err : -EINVAL,
				 "cannot open the object: it is no ELF file, or its BTF is broken");
	err = bee__legacy_open(mod);
	if (err)
		return err;
	bee__libbpf_begin(bee);
	mod->obj = mod->legacy_elf ? bpf_object__open_mem(mod->legacy_elf, mod->legacy_size, &opts)
				   : bpf_object__open_mem(mod->elf, mod->elf_size, &opts);
	err = mod->obj ? 0 : -errno;
	bee__libbpf_end(bee);
	if (!err)
		return 0;
	libbpf_strerror(err, why, sizeof(why)); /* it has errors of its own */
	bee__fail(bee, BEE_STAGE_OBJECT, err, "cannot open the object: %s", why);
	bee__hint(bee, "%s",
		  err == -LIBBPF_ERRNO__FORMAT || err == -EINVAL
			  ? "it is no BPF object, or it was cut or damaged: compile it again"
			  : bee__libbpf_reason(bee, reason, sizeof(reason)));
	return err;
}

int bee__object_open(struct bee *bee, void *elf, size_t size, const struct bee_load_opts *opts,
		     struct bee_module **ret_mod)
{
	struct bee_module *mod = calloc(1, sizeof(*mod));
	int err;

	if (!mod) {
		free(elf);
		return -ENOMEM;
	}
	mod->bee = bee;
	mod->elf = elf;
	mod->elf_size = size;
	mod->next = bee->modules;
	bee->modules = mod;
	*ret_mod = mod;

	err = open_object(mod);
	if (err)
		return err;
	mod->types = bee__typeset_new(bpf_object__btf(mod->obj));
	err = mod->types ? 0 : -ENOMEM;
	err = err ?: open_programs(mod);
	err = err ?: add_wishes(mod, opts);
	err = err ?: settle_types(mod);
	err = err ?: open_maps(mod);
	err = err ?: each_var(mod, set_event_type, NULL);
	return err ?: set_consts(mod, opts);
}

/* ---- variables --------------------------------------------------------------------------- */

/* The kernel's own memory of a section, mapped once; NULL: it cannot be mapped. */
static struct bee__section *map_section(struct bee_module *mod, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(mod->obj, name);
	int protection = PROT_READ | (is_rodata(name) ? 0 : PROT_WRITE);
	struct bee__section *sections;
	void *data;
	size_t size;

	for (size_t i = 0; i < mod->sections_len; i++)
		if (!strcmp(mod->sections[i].name, name))
			return &mod->sections[i];
	if (!map || !bpf_map__is_internal(map) || bpf_map__fd(map) < 0)
		return NULL;
	sections = realloc(mod->sections, (mod->sections_len + 1) * sizeof(*sections));
	if (!sections)
		return NULL;
	mod->sections = sections;
	size = bpf_map__value_size(map);
	data = mmap(NULL, size, protection, MAP_SHARED, bpf_map__fd(map), 0);
	if (data == MAP_FAILED)
		return NULL;
	sections[mod->sections_len] = (struct bee__section){ name, data, size };
	return &sections[mod->sections_len++];
}

static int add_var(struct bee_module *mod, const char *section, const char *name, uint32_t type_id,
		   uint32_t offset, void *ctx)
{
	struct bee__section *memory = map_section(mod, section);
	const struct bee_type *type = memory ? bee__type(mod->types, type_id) : NULL;
	struct bee_var *vars;
	struct bee_map *map;

	if (!type || offset + type->size > memory->size)
		return 0;
	if (!strcmp(section, LOST_SECTION)) {
		map = strlen(name) > strlen(LOST_PREFIX)
			      ? bee_map_find(mod, name + strlen(LOST_PREFIX))
			      : NULL;
		if (map && type->size == sizeof(uint64_t))
			map->lost = (uint64_t *)((char *)memory->data + offset);
		return 0;
	}
	vars = realloc(mod->vars, (mod->vars_len + 1) * sizeof(*vars));
	if (!vars)
		return -ENOMEM;
	mod->vars = vars;
	vars[mod->vars_len++] = (struct bee_var){
		.name = name,
		.type = type,
		.data = (char *)memory->data + offset,
		.is_const = is_rodata(section),
	};
	return 0;
}

int bee__object_vars(struct bee_module *mod)
{
	return each_var(mod, add_var, NULL);
}

const struct bee_var *bee_var_next(struct bee_module *mod, const struct bee_var *prev)
{
	const struct bee_var *next = prev ? prev + 1 : mod->vars;

	return next < mod->vars + mod->vars_len ? next : NULL;
}

const struct bee_var *bee_var_find(struct bee_module *mod, const char *name)
{
	for (size_t i = 0; i < mod->vars_len; i++)
		if (!strcmp(mod->vars[i].name, name))
			return &mod->vars[i];
	return NULL;
}

/* ---- programs, as the caller sees them --------------------------------------------------- */

struct bee_program *bee_program_next(struct bee_module *mod, struct bee_program *prev)
{
	struct bee_program *next = prev ? prev + 1 : mod->programs;

	return next < mod->programs + mod->programs_len ? next : NULL;
}

struct bee_program *bee_program_find(struct bee_module *mod, const char *name)
{
	for (size_t i = 0; i < mod->programs_len; i++)
		if (!strcmp(bee_program_name(&mod->programs[i]), name))
			return &mod->programs[i];
	return NULL;
}

const char *bee_program_name(const struct bee_program *prog)
{
	return bpf_program__name(prog->bpf);
}

const char *bee_program_section(const struct bee_program *prog)
{
	return bpf_program__section_name(prog->bpf);
}

int bee_program_fd(const struct bee_program *prog)
{
	int fd = prog->is_left_out ? -EBADF : bpf_program__fd(prog->bpf);

	return fd < 0 ? -EBADF : fd;
}

/* ---- close ------------------------------------------------------------------------------- */

static void forget_module(struct bee_module *mod)
{
	struct bee_module **at = &mod->bee->modules;

	while (*at && *at != mod)
		at = &(*at)->next;
	if (*at)
		*at = mod->next;
}

void bee_module_close(struct bee_module *mod)
{
	if (!mod)
		return;
	for (size_t i = 0; i < mod->maps_len; i++) {
		bee_events_close(mod->maps[i].events);
		user_ring_buffer__free(mod->maps[i].out);
		if (mod->maps[i].owns_fd)
			close(mod->maps[i].fd);
		free(mod->maps[i].name);
	}
	bee__links_end(&mod->links, NULL);
	forget_module(mod);
	for (size_t i = 0; i < mod->sections_len; i++)
		munmap(mod->sections[i].data, mod->sections[i].size);
	for (size_t i = 0; i < mod->programs_len; i++) {
		struct bee_program *prog = &mod->programs[i];

		for (size_t k = 0; k < prog->targets_len; k++)
			free(prog->targets[k].text);
		free(prog->targets);
	}
	bee__typeset_free(mod->types);
	bpf_object__close(mod->obj);
	btf__free(mod->btf);
	free(mod->sections);
	free(mod->programs);
	free(mod->maps);
	free(mod->vars);
	bee__legacy_free(mod);
	free(mod->elf);
	free(mod);
}
