// SPDX-License-Identifier: Apache-2.0
/*
 * What tc and ip do with the maps of struct bpf_elf_map around a load: pins below /sys/fs/bpf/tc, in
 * globals/ or in the folder of the object's digest; maps in maps; programs in arrays of programs. And
 * gobpf's pins, below /sys/fs/bpf/NAME/globals.
 */
#include <linux/bpf.h>
#include <sys/stat.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "internal.h"
#include "legacy.h"

#define PINS "/sys/fs/bpf/tc"

int bee__legacy_slot(const char *section, uint32_t *ret_id, uint32_t *ret_key)
{
	char *end;

	*ret_id = strtoul(section, &end, 0);
	if (end == section || *end != '/' || *section < '0' || *section > '9')
		return -ENOENT;
	section = end + 1;
	*ret_key = strtoul(section, &end, 0);
	return end == section || *end || *section < '0' || *section > '9' ? -ENOENT : 0;
}

static struct bee_map *map_of(struct bee_module *mod, const struct bee__legacy_map *legacy)
{
	return bee_map_find(mod, legacy->name);
}

static bool holds_maps(const struct bee_map *map)
{
	return map->kind == BPF_MAP_TYPE_ARRAY_OF_MAPS || map->kind == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static const struct bee__legacy_map *find_id(struct bee_module *mod, uint32_t id)
{
	for (size_t i = 0; i < mod->legacy_len; i++)
		if (mod->legacy[i].id == id)
			return &mod->legacy[i];
	return NULL;
}

/* ---- before the maps are made ------------------------------------------------------------ */

static int make_folder(struct bee_map *map, const char *path)
{
	if (!mkdir(path, S_IRWXU) || errno == EEXIST)
		return 0;
	bee__fail(map->mod->bee, BEE_STAGE_LOAD, -errno, "map '%s': cannot make %s for its pin: %s",
		  bee_map_name(map), path, strerror(errno));
	bee__hint(map->mod->bee, "a BPF filesystem is needed there: mount -t bpf bpf /sys/fs/bpf");
	return -errno;
}

/* Pinned by a number that only the one who loads it can tell the meaning of. */
static int fail_pin(struct bee_map *map, const struct bee__legacy_map *legacy)
{
	bee__fail(map->mod->bee, BEE_STAGE_LOAD, -ENOTSUP, "map '%s': pinning %u is %s",
		  bee_map_name(map), legacy->pinning,
		  legacy->is_gobpf ? "up to the one who loads it"
				   : "a name of /etc/iproute2/bpf_pinning");
	bee__hint(map->mod->bee, "say the path with a wish: map = { %s = { pin = PATH } }",
		  bee_map_name(map));
	return -ENOTSUP;
}

static int pin(struct bee_map *map, const struct bee__legacy_map *legacy)
{
	struct bee_module *mod = map->mod;
	char root[300] = PINS, folder[400], path[512], digest[41];
	bool is_global = legacy->pinning == BEE_PIN_GLOBAL;
	int err;

	if (legacy->pinning > BEE_PIN_GLOBAL || (legacy->is_gobpf && !is_global))
		return legacy->is_gobpf && mod->is_trial ? 0 : fail_pin(map, legacy);
	if (legacy->is_gobpf)
		snprintf(root, sizeof(root), "/sys/fs/bpf/%s", legacy->space);
	bee__sha1(mod->elf, mod->elf_size, digest);
	snprintf(folder, sizeof(folder), "%s/%s", root, is_global ? "globals" : digest);
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, bee_map_name(map)) >=
	    sizeof(path))
		return -ENAMETOOLONG;
	err = mod->is_trial ? 0 : make_folder(map, root);
	err = err ?: mod->is_trial ? 0 : make_folder(map, folder);
	return err ?: bee__share_pin(map, path);
}

static int share(struct bee_module *mod, const struct bee__legacy_map *legacy)
{
	struct bee_map *map = map_of(mod, legacy), *inner;
	const struct bee__legacy_map *shape;
	int err = 0;

	if (!map)
		return 0;
	if (holds_maps(map)) {
		shape = legacy->inner_id ? find_id(mod, legacy->inner_id) : NULL;
		inner = shape ? map_of(mod, shape) : NULL;
		if (!inner)
			return bee__fail(
				mod->bee, BEE_STAGE_LOAD, -EINVAL,
				"map '%s': no map has the id %u, which its maps are to be like",
				legacy->name, legacy->inner_id);
		err = bee__share_pattern(map, inner);
	}
	/* What the caller wishes goes before. */
	if (err || !legacy->pinning || bpf_map__pin_path(map->bpf) || bpf_map__fd(map->bpf) >= 0)
		return err;
	return pin(map, legacy);
}

int bee__legacy_share(struct bee_module *mod)
{
	int err = 0;

	for (size_t i = 0; !err && i < mod->legacy_len; i++)
		err = share(mod, &mod->legacy[i]);
	return err;
}

/* ---- when all is loaded ------------------------------------------------------------------ */

static int put(struct bee_map *map, uint32_t key, uint32_t fd, const char *what)
{
	int err = bpf_map_update_elem(bpf_map__fd(map->bpf), &key, &fd, BPF_ANY);

	if (!err)
		return 0;
	return bee__fail(map->mod->bee, BEE_STAGE_LOAD, err, "map '%s': cannot put '%s' at %u: %s",
			 bee_map_name(map), what, key, strerror(-err));
}

/* An index of -1 says that the map is but a shape. */
static int put_inner(struct bee_module *mod, const struct bee__legacy_map *outer)
{
	int err = 0;

	for (size_t i = 0; !err && i < mod->legacy_len; i++) {
		const struct bee__legacy_map *inner = &mod->legacy[i];
		struct bee_map *map = map_of(mod, inner);

		if (map && inner->id == outer->inner_id && inner->inner_idx != UINT32_MAX)
			err = put(map_of(mod, outer), inner->inner_idx, bpf_map__fd(map->bpf),
				  inner->name);
	}
	return err;
}

static int put_program(struct bee_module *mod, struct bee_program *prog)
{
	const struct bee__legacy_map *legacy;
	struct bee_map *map;
	uint32_t id, key;

	if (bee__legacy_slot(bee_program_section(prog), &id, &key) || bee_program_fd(prog) < 0)
		return 0;
	legacy = find_id(mod, id);
	map = legacy ? map_of(mod, legacy) : NULL;
	if (map && map->kind == BPF_MAP_TYPE_PROG_ARRAY)
		return put(map, key, bee_program_fd(prog), bee_program_name(prog));
	return bee__fail(mod->bee, BEE_STAGE_LOAD, -ENOENT,
			 "program '%s': no array of programs has the id %u of its section '%s'",
			 bee_program_name(prog), id, bee_program_section(prog));
}

int bee__legacy_fill(struct bee_module *mod)
{
	int err = 0;

	for (size_t i = 0; !err && i < mod->legacy_len; i++) {
		struct bee_map *map = map_of(mod, &mod->legacy[i]);

		if (map && holds_maps(map))
			err = put_inner(mod, &mod->legacy[i]);
	}
	for (size_t i = 0; mod->legacy_len && !err && i < mod->programs_len; i++)
		err = put_program(mod, &mod->programs[i]);
	return err;
}
