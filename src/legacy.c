// SPDX-License-Identifier: Apache-2.0
/*
 * From a section "maps" of structs to a section ".maps" of types. The object keeps every byte where it
 * is, so that symbols and relocations stay true, and gets three things behind its end:
 *
 *   [ the object as it was ][ section names ][ BTF ][ section headers ]
 *
 * The BTF has, beside what it had, a type for each map, whose members all stand at offset 0: libbpf
 * asks for their types alone, and none is larger than the struct that it stands for.
 */
#include <gelf.h>
#include <libelf.h>
#include <linux/bpf.h>

#include <bpf/btf.h>

#include "internal.h"
#include "legacy.h"

#define MAPS_MAX   1024 /* of one object */
#define FIELDS_MIN 4    /* type, size of key, size of value, number of elements */

/* Where gobpf's struct has how a map is pinned, and below which name. */
enum { GOBPF_PINNING = 5, GOBPF_SPACE = 6 };

/* struct bpf_elf_map; one of libbpf ends behind the flags. */
enum field {
	TYPE,
	SIZE_KEY,
	SIZE_VALUE,
	MAX_ELEM,
	FLAGS,
	ID,
	PINNING,
	INNER_ID,
	INNER_IDX,
	FIELDS
};

static const char *const field_names[] = {
	[TYPE] = "type",
	[SIZE_KEY] = "key_size",
	[SIZE_VALUE] = "value_size",
	[MAX_ELEM] = "max_entries",
	[FLAGS] = "map_flags",
};

/* An object that is looked at. */
struct view {
	struct bee_module *mod;
	Elf *elf;
	size_t maps_index, btf_index; /* of the sections; 0: none */
	const char *section;          /* "maps" or, of structs of gobpf's, "maps/" */
	const char *maps;             /* the structs */
	size_t maps_size, entry_size;
	size_t offsets[MAPS_MAX]; /* of mod->legacy's maps in it */
	struct btf *btf;
	int int_id;
};

static int fail(struct view *view, const char *text)
{
	bee__fail(view->mod->bee, BEE_STAGE_OBJECT, -EINVAL, "the object's section \"%s\" %s",
		  view->section, text);
	bee__hint(view->mod->bee,
		  "it is for struct bpf_elf_map or bpf_map_def alone: a map is a struct in "
		  "SEC(\".maps\") or a BPF_HASH(), and other variables want no section");
	return -EINVAL;
}

/* ---- what the object has ----------------------------------------------------------------- */

static int find_sections(struct view *view)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(view->elf, &names))
		return -ENOENT;
	while ((section = elf_nextscn(view->elf, section))) {
		GElf_Shdr head;
		const char *name;
		Elf_Data *data;

		if (!gelf_getshdr(section, &head))
			return -ENOENT;
		name = elf_strptr(view->elf, names, head.sh_name);
		if (name && !strcmp(name, ".BTF"))
			view->btf_index = elf_ndxscn(section);
		if (!name || (strcmp(name, "maps") && strcmp(name, "maps/")) ||
		    head.sh_type != SHT_PROGBITS)
			continue;
		view->section = name;
		data = elf_rawdata(section, NULL);
		if (!data || !data->d_buf)
			return fail(view, "is empty");
		view->maps_index = elf_ndxscn(section);
		view->maps = data->d_buf;
		view->maps_size = data->d_size;
	}
	return view->maps_index ? 0 : -ENOENT;
}

static int add_map(struct view *view, const char *name, size_t offset)
{
	struct bee_module *mod = view->mod;
	struct bee__legacy_map *maps;

	for (size_t i = 0; i < mod->legacy_len; i++)
		if (view->offsets[i] == offset)
			return 0; /* another name for the same */
	if (mod->legacy_len == MAPS_MAX)
		return fail(view, "holds too many maps");
	maps = realloc(mod->legacy, (mod->legacy_len + 1) * sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	mod->legacy = maps;
	view->offsets[mod->legacy_len] = offset;
	maps[mod->legacy_len] = (struct bee__legacy_map){ .name = strdup(name) };
	return maps[mod->legacy_len++].name ? 0 : -ENOMEM;
}

static int read_symbols(struct view *view, Elf_Scn *section, size_t names)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;
	int err = 0;

	for (int i = 0; data && !err && gelf_getsym(data, i, &symbol); i++) {
		const char *name = elf_strptr(view->elf, names, symbol.st_name);

		if (symbol.st_shndx == view->maps_index && name && *name &&
		    GELF_ST_TYPE(symbol.st_info) != STT_SECTION)
			err = add_map(view, name, symbol.st_value);
	}
	return err;
}

static int find_maps(struct view *view)
{
	Elf_Scn *section = NULL;
	int err = 0;

	while (!err && (section = elf_nextscn(view->elf, section))) {
		GElf_Shdr head;

		if (gelf_getshdr(section, &head) && head.sh_type == SHT_SYMTAB)
			err = read_symbols(view, section, head.sh_link);
	}
	if (err)
		return err;
	if (!view->mod->legacy_len || view->maps_size % view->mod->legacy_len)
		return fail(view, "is not as long as its maps");
	view->entry_size = view->maps_size / view->mod->legacy_len;
	if (view->entry_size < FIELDS_MIN * sizeof(uint32_t))
		return fail(view, "has maps that are too short");
	for (size_t i = 0; i < view->mod->legacy_len; i++)
		if (view->offsets[i] % view->entry_size || view->offsets[i] >= view->maps_size)
			return fail(view, "has maps of different lengths");
	return 0;
}

/* Fields that a shorter struct does not have are 0. */
static uint32_t field_of(const struct view *view, size_t map, size_t field)
{
	uint32_t value = 0;

	if ((field + 1) * sizeof(value) <= view->entry_size)
		memcpy(&value, view->maps + view->offsets[map] + field * sizeof(value),
		       sizeof(value));
	return value;
}

static void read_gobpf(struct view *view, size_t i)
{
	struct bee__legacy_map *map = &view->mod->legacy[i];
	size_t at = GOBPF_SPACE * sizeof(uint32_t);

	map->is_gobpf = true;
	map->pinning = field_of(view, i, GOBPF_PINNING);
	if (view->entry_size > at)
		snprintf(map->space, sizeof(map->space), "%.*s", (int)(view->entry_size - at),
			 view->maps + view->offsets[i] + at);
}

static int read_fields(struct view *view)
{
	for (size_t i = 0; i < view->mod->legacy_len; i++) {
		struct bee__legacy_map *map = &view->mod->legacy[i];

		if (view->section[4]) {
			read_gobpf(view, i);
			continue;
		}
		for (size_t k = FIELDS; k < view->entry_size / sizeof(uint32_t); k++)
			if (field_of(view, i, k))
				return fail(view, "has fields of a newer struct bpf_elf_map");
		map->id = field_of(view, i, ID);
		map->pinning = field_of(view, i, PINNING);
		map->inner_id = field_of(view, i, INNER_ID);
		map->inner_idx = field_of(view, i, INNER_IDX);
	}
	return 0;
}

/* ---- types ------------------------------------------------------------------------------- */

/* A struct "____btf_map_NAME" of a key and a value tells the types of a map's. */
static bool find_types(struct view *view, size_t map, uint32_t *ret_key, uint32_t *ret_value)
{
	char name[256];
	const struct btf_type *pair;
	int id;

	snprintf(name, sizeof(name), "____btf_map_%s", view->mod->legacy[map].name);
	id = btf__find_by_name_kind(view->btf, name, BTF_KIND_STRUCT);
	pair = id > 0 ? btf__type_by_id(view->btf, id) : NULL;
	if (!pair || btf_vlen(pair) != 2)
		return false;
	*ret_key = btf_members(pair)[0].type;
	*ret_value = btf_members(pair)[1].type;
	return btf__resolve_size(view->btf, *ret_key) == field_of(view, map, SIZE_KEY) &&
	       btf__resolve_size(view->btf, *ret_value) == field_of(view, map, SIZE_VALUE);
}

/*
 * A number is the length of an array that is pointed to. All that is pointed to is made first: the
 * struct must be the newest type while it gets its members.
 */
static int add_struct(struct view *view, size_t map)
{
	const char *names[FIELDS + 2];
	int types[FIELDS + 2], len = 0, id;
	uint32_t key, value;

	for (size_t k = TYPE; k <= FLAGS; k++) {
		uint32_t number = field_of(view, map, k);

		if (!number)
			continue;
		id = btf__add_array(view->btf, view->int_id, view->int_id, number);
		names[len] = field_names[k];
		types[len++] = btf__add_ptr(view->btf, id);
	}
	if (find_types(view, map, &key, &value)) {
		names[len] = "key";
		types[len++] = btf__add_ptr(view->btf, key);
		names[len] = "value";
		types[len++] = btf__add_ptr(view->btf, value);
	}
	id = btf__add_struct(view->btf, "", sizeof(uint64_t));
	for (int i = 0; id > 0 && i < len; i++)
		if (types[i] < 0 || btf__add_field(view->btf, names[i], types[i], 0, 0))
			return -ENOMEM;
	return id;
}

/* A type of libbpf's is ours to change, once something was added behind it. */
static struct btf_type *type_of(struct view *view, uint32_t id)
{
	return (struct btf_type *)btf__type_by_id(view->btf, id);
}

static uint32_t find_section_type(struct view *view)
{
	int id = btf__find_by_name_kind(view->btf, view->section, BTF_KIND_DATASEC);

	return id > 0 ? id : 0;
}

/* The variables that the compiler has noted become variables of the new types. */
static int turn_variables(struct view *view, uint32_t section, const int *structs)
{
	uint32_t len = btf_vlen(btf__type_by_id(view->btf, section));
	int name = btf__add_str(view->btf, ".maps");
	size_t turned = 0;

	if (name < 0)
		return name;
	type_of(view, section)->name_off = name;
	for (uint32_t i = 0; i < len; i++) {
		uint32_t id = btf_var_secinfos(btf__type_by_id(view->btf, section))[i].type;
		struct btf_type *var = type_of(view, id);

		for (size_t k = 0; k < view->mod->legacy_len; k++) {
			if (!btf_is_var(var) ||
			    strcmp(btf__name_by_offset(view->btf, var->name_off),
				   view->mod->legacy[k].name))
				continue;
			var->type = structs[k];
			btf_var(var)->linkage = BTF_VAR_GLOBAL_ALLOCATED;
			turned++;
		}
	}
	return turned == len && len == view->mod->legacy_len
		       ? 0
		       : fail(view, "and the object's BTF tell of different maps");
}

static int add_variables(struct view *view, const int *structs)
{
	int vars[MAPS_MAX], section, err = 0;

	for (size_t i = 0; i < view->mod->legacy_len; i++) {
		vars[i] = btf__add_var(view->btf, view->mod->legacy[i].name,
				       BTF_VAR_GLOBAL_ALLOCATED, structs[i]);
		if (vars[i] < 0)
			return vars[i];
	}
	section = btf__add_datasec(view->btf, ".maps", view->maps_size);
	if (section < 0)
		return section;
	/* In the order of their offsets. */
	for (size_t at = 0; !err && at < view->maps_size; at += view->entry_size)
		for (size_t i = 0; i < view->mod->legacy_len; i++)
			if (view->offsets[i] == at)
				err = btf__add_datasec_var_info(view->btf, vars[i], at,
								view->entry_size);
	return err;
}

static int make_types(struct view *view)
{
	int structs[MAPS_MAX];
	uint32_t section;

	view->int_id = btf__add_int(view->btf, "int", 4, BTF_INT_SIGNED);
	if (view->int_id < 0)
		return view->int_id;
	for (size_t i = 0; i < view->mod->legacy_len; i++) {
		structs[i] = add_struct(view, i);
		if (structs[i] < 0)
			return structs[i];
	}
	section = find_section_type(view);
	return section ? turn_variables(view, section, structs) : add_variables(view, structs);
}

static int open_types(struct view *view)
{
	const char *data = NULL;
	size_t size = 0;
	int err;

	err = bee__elf_section(view->mod->elf, view->mod->elf_size, ".BTF", &data, &size);
	view->btf = err ? btf__new_empty() : btf__new(data, size);
	if (!view->btf)
		return -errno;
	return make_types(view);
}

/* ---- the new object ---------------------------------------------------------------------- */

static size_t add_aligned(struct bee__text *out, const void *data, size_t size)
{
	static const char zeros[8];
	size_t at;

	bee__text_add(out, zeros, -out->len & 7);
	at = out->len;
	bee__text_add(out, data, size);
	return at;
}

/* The names of sections, and two more. */
static size_t add_names(struct view *view, const Elf64_Shdr *names, struct bee__text *out)
{
	static const char more[] = ".maps\0.BTF";
	size_t at = add_aligned(out, (char *)view->mod->elf + names->sh_offset, names->sh_size);

	bee__text_add(out, more, sizeof(more));
	return at;
}

static void set_section(Elf64_Shdr *head, size_t offset, size_t size)
{
	head->sh_offset = offset;
	head->sh_size = size;
}

/* libelf has checked all of it, but only for objects of this form are the headers where they seem. */
static int write_object(struct view *view, struct bee__text *out)
{
	const char *old = view->mod->elf;
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)old;
	size_t len = head->e_shnum, names_at = head->e_shstrndx, btf_at = view->btf_index ?: len;
	size_t names_size, at;
	Elf64_Shdr *sections = calloc(len + 1, sizeof(*sections));
	uint32_t btf_size;
	const void *btf = btf__raw_data(view->btf, &btf_size);

	if (!sections || !btf) {
		free(sections);
		return -ENOMEM;
	}
	memcpy(sections, old + head->e_shoff, len * sizeof(*sections));
	names_size = sections[names_at].sh_size;
	bee__text_add(out, old, view->mod->elf_size);
	at = add_names(view, &sections[names_at], out);
	set_section(&sections[names_at], at, names_size + sizeof(".maps\0.BTF"));
	sections[view->maps_index].sh_name = names_size;
	sections[btf_at].sh_type = SHT_PROGBITS;
	sections[btf_at].sh_addralign = 4;
	sections[btf_at].sh_name = names_size + sizeof(".maps");
	set_section(&sections[btf_at], add_aligned(out, btf, btf_size), btf_size);
	len += !view->btf_index;
	at = add_aligned(out, sections, len * sizeof(*sections));
	free(sections);
	if (out->failed)
		return -ENOMEM;
	((Elf64_Ehdr *)out->data)->e_shoff = at;
	((Elf64_Ehdr *)out->data)->e_shnum = len;
	return 0;
}

static bool is_plain(const struct bee_module *mod)
{
	const Elf64_Ehdr *head = mod->elf;

	return mod->elf_size >= sizeof(*head) && head->e_ident[EI_CLASS] == ELFCLASS64 &&
	       head->e_ident[EI_DATA] == ELFDATA2LSB && head->e_shentsize == sizeof(Elf64_Shdr) &&
	       head->e_shoff <= mod->elf_size && head->e_shnum &&
	       head->e_shnum < SHN_LORESERVE - 1 &&
	       head->e_shnum <= (mod->elf_size - head->e_shoff) / sizeof(Elf64_Shdr) &&
	       head->e_shstrndx < head->e_shnum && !(head->e_shoff & 7);
}

static bool has_names(const struct bee_module *mod)
{
	const Elf64_Ehdr *head = mod->elf;
	const Elf64_Shdr *names =
		(const Elf64_Shdr *)((const char *)mod->elf + head->e_shoff) + head->e_shstrndx;

	return names->sh_offset <= mod->elf_size && names->sh_size &&
	       names->sh_size <= mod->elf_size - names->sh_offset;
}

static int translate(struct view *view)
{
	struct bee__text out = { 0 };
	int err = find_sections(view);

	if (err)
		return err == -ENOENT ? 0 : err;
	if (!is_plain(view->mod) || !has_names(view->mod))
		return fail(view, "stands in an object of another form");
	err = find_maps(view);
	err = err ?: read_fields(view);
	err = err ?: open_types(view);
	err = err ?: write_object(view, &out);
	if (err) {
		bee__text_free(&out);
		return err;
	}
	view->mod->legacy_elf = out.data;
	view->mod->legacy_size = out.len;
	return 0;
}

int bee__legacy_open(struct bee_module *mod)
{
	struct view *view = calloc(1, sizeof(*view));
	int err = 0;

	if (!view)
		return -ENOMEM;
	view->mod = mod;
	if (elf_version(EV_CURRENT) != EV_NONE)
		view->elf = elf_memory(mod->elf, mod->elf_size);
	if (view->elf) {
		bee__libbpf_begin(mod->bee);
		err = translate(view);
		bee__libbpf_end(mod->bee);
		elf_end(view->elf);
	}
	btf__free(view->btf);
	free(view);
	return err;
}

void bee__legacy_free(struct bee_module *mod)
{
	for (size_t i = 0; i < mod->legacy_len; i++)
		free(mod->legacy[i].name);
	free(mod->legacy);
	free(mod->legacy_elf);
}
