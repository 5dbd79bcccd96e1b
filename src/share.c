// SPDX-License-Identifier: Apache-2.0
/*
 * What BCC's tables ask of the loader: inner maps, pinned maps, maps of other modules. The prelude
 * leaves it as tags of the maps' variables in the BTF:
 *
 *   bee:kind=array_of_maps$inner   maps of this shape are put into the map later
 *   bee:kind=extern                the map is another module's
 *   bee:public                     other modules may have the map
 *   bee:shared                     the same; who has it first makes it, and others of the name join
 *   bee:pin=/sys/fs/bpf/name       the map is what is pinned there, or else becomes it
 */
#include <linux/bpf.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "internal.h"
#include "legacy.h"

#define TAG "bee:"

/* ---- joining a map that is there --------------------------------------------------------- */

static bool tell_difference(struct bee__text *text, const char *what, uint32_t theirs,
			    uint32_t ours)
{
	if (theirs != ours)
		bee__text_printf(text, "%s%s %u there and %u here", text->len ? ", " : "", what,
				 theirs, ours);
	return theirs != ours;
}

/* -EEXIST when the map cannot be what info tells of, with all that differs. */
static int compare(struct bee_map *map, const struct bpf_map_info *info, const char *whose,
		   bool has_kind)
{
	const char *kind = bee__map_kind(info->type)->name;
	struct bee__text text = { 0 };
	bool differs = has_kind && info->type != map->kind;

	if (differs)
		bee__text_printf(&text, "a %s there and a %s here", kind, bee_map_kind(map));
	differs |= tell_difference(&text, "bytes of a key", info->key_size, map->key_size);
	differs |= tell_difference(&text, "bytes of a value", info->value_size, map->value_size);
	if (differs) {
		bee__fail(map->mod->bee, BEE_STAGE_LOAD, -EEXIST, "map '%s' cannot be %s: %s",
			  bee_map_name(map), whose, text.data ? text.data : "");
		bee__hint(map->mod->bee, "declare both with the same types, or join another map");
	}
	bee__text_free(&text);
	return differs ? -EEXIST : 0;
}

/*
 * Have the map be what fd is. Of its declaration only the types remain; one that says "extern" has no
 * kind of its own.
 */
static int join(struct bee_map *map, int fd, const char *whose, bool has_kind)
{
	const struct bee_type *key = map->key, *value = map->value;
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	int err = bpf_obj_get_info_by_fd(fd, &info, &size);

	if (err)
		return bee__fail(map->mod->bee, BEE_STAGE_LOAD, err, "map '%s': %s: %s",
				 bee_map_name(map), whose, strerror(-err));
	err = compare(map, &info, whose, has_kind);
	if (err)
		return err;
	err = bpf_map__reuse_fd(map->bpf, fd);
	if (err)
		return bee__fail(map->mod->bee, BEE_STAGE_LOAD, err, "map '%s': cannot join %s: %s",
				 bee_map_name(map), whose, strerror(-err));
	err = bee__map_declare(map->mod, map->bpf, map);
	/* libbpf takes on the numbers of types as well, which are those of the other's object. */
	map->key = key;
	map->value = value;
	return err;
}

/* The map of that name which another module of the runtime lets others have; the newest such. */
static struct bee_map *find_shared(struct bee_map *map)
{
	struct bee_module *mod;

	for (mod = map->mod->bee->modules; mod; mod = mod->next) {
		struct bee_map *other = mod != map->mod ? bee_map_find(mod, bee_map_name(map))
							: NULL;

		if (other && other->is_shared && other->fd >= 0)
			return other;
	}
	return NULL;
}

/* The kernel takes no more than the shape of it. */
static int take_pattern(struct bee_map *map, const struct bpf_map *like, uint32_t max_entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = bpf_map__map_flags(like));

	map->pattern_fd = bpf_map_create(bpf_map__type(like), NULL, bpf_map__key_size(like),
					 bpf_map__value_size(like), max_entries, &opts);
	if (map->pattern_fd < 0)
		return bee__fail(map->mod->bee, BEE_STAGE_LOAD, map->pattern_fd,
				 "map '%s': cannot make a map like '%s': %s", bee_map_name(map),
				 bpf_map__name(like), strerror(-map->pattern_fd));
	return bpf_map__set_inner_map_fd(map->bpf, map->pattern_fd);
}

int bee__share_pattern(struct bee_map *map, const struct bee_map *inner)
{
	return take_pattern(map, inner->bpf, bpf_map__max_entries(inner->bpf));
}

/* ---- the tags ---------------------------------------------------------------------------- */

static int take_kind(struct bee_map *map, const char *kind)
{
	const char *inner_name = strchr(kind, '$');
	struct bee_map *inner, *other;

	if (!strcmp(kind, "extern")) {
		other = find_shared(map);
		if (other)
			return join(map, other->fd, "the other module's map", false);
		bee__fail(map->mod->bee, BEE_STAGE_LOAD, -ENOENT,
			  "map '%s' is extern, and no other module shares one of that name",
			  bee_map_name(map));
		bee__hint(map->mod->bee, "load the module that declares it, by BPF_TABLE_PUBLIC or "
					 "BPF_TABLE_SHARED, before this one");
		return -ENOENT;
	}
	if (!inner_name)
		return 0;
	inner = bee_map_find(map->mod, inner_name + 1);
	if (!inner)
		return bee__fail(map->mod->bee, BEE_STAGE_LOAD, -ENOENT,
				 "map '%s': there is no map '%s' to be the pattern of its maps",
				 bee_map_name(map), inner_name + 1);
	return bee__share_pattern(map, inner);
}

static int take_public(struct bee_map *map, const char *nothing)
{
	map->is_shared = true;
	return 0;
}

static int take_shared(struct bee_map *map, const char *nothing)
{
	struct bee_map *other = find_shared(map);

	map->is_shared = true;
	return other ? join(map, other->fd, "the other module's map", true) : 0;
}

int bee__share_pin(struct bee_map *map, const char *path)
{
	int fd = bpf_obj_get(path), err;

	if (fd == -ENOENT)
		return bpf_map__set_pin_path(map->bpf, path);
	if (fd < 0) {
		bee__fail(map->mod->bee, BEE_STAGE_LOAD, fd,
			  "map '%s': cannot open what is pinned at %s: %s", bee_map_name(map), path,
			  strerror(-fd));
		bee__hint(map->mod->bee, "a pin is a file of the BPF filesystem, which is mounted "
					 "at /sys/fs/bpf");
		return fd;
	}
	err = join(map, fd, path, true);
	close(fd);
	return err;
}

static const struct {
	const char *name;
	int (*take)(struct bee_map *map, const char *rest);
} tags[] = {
	{ "kind=", take_kind },
	{ "public", take_public },
	{ "shared", take_shared },
	{ "pin=", bee__share_pin },
};

static int take_tag(struct bee_map *map, const char *tag)
{
	for (size_t i = 0; i < BEE_LEN(tags); i++)
		if (!strncmp(tag, tags[i].name, strlen(tags[i].name)))
			return tags[i].take(map, tag + strlen(tags[i].name));
	return 0;
}

/* ---- sizes ------------------------------------------------------------------------------- */

/* Has a map no number of elements, and is of a kind that must have one? libbpf counts CPUs for one kind. */
static bool lacks_size(const struct bpf_map *map)
{
	const char *kind = bee__map_kind(bpf_map__type(map))->name, *end = strrchr(kind, '_');

	return !bpf_map__max_entries(map) && bpf_map__fd(map) < 0 &&
	       bpf_map__type(map) != BPF_MAP_TYPE_PERF_EVENT_ARRAY &&
	       bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS && !(end && !strcmp(end, "_storage"));
}

/* Many a source leaves the size to who loads it. For a trial any will do: a page is one for all kinds. */
static int check_size(struct bee_map *map)
{
	struct bpf_map *inner = bpf_map__inner_map(map->bpf);
	int err = 0;

	/* Each map that is put in has its own. */
	if (inner && lacks_size(inner) && bpf_map__fd(map->bpf) < 0)
		err = take_pattern(map, inner, getpagesize());
	if (err || !lacks_size(map->bpf))
		return err;
	if (map->mod->is_trial)
		return bpf_map__set_max_entries(map->bpf, getpagesize());
	bee__fail(map->mod->bee, BEE_STAGE_LOAD, -EINVAL,
		  "map '%s' has no max_entries, which is left to who loads it", bee_map_name(map));
	bee__hint(map->mod->bee, "say it: map = { %s = { max_entries = N } }", bee_map_name(map));
	return -EINVAL;
}

int bee__share_maps(struct bee_module *mod)
{
	const struct btf *btf = bpf_object__btf(mod->obj);
	int err = 0;

	for (uint32_t id = 1; btf && !err && id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id), *var;
		const char *tag = btf__name_by_offset(btf, type->name_off);
		struct bee_map *map;

		if (!btf_is_decl_tag(type) || strncmp(tag, TAG, strlen(TAG)))
			continue;
		var = btf__type_by_id(btf, type->type);
		map = var ? bee_map_find(mod, btf__name_by_offset(btf, var->name_off)) : NULL;
		if (map)
			err = take_tag(map, tag + strlen(TAG));
	}
	err = err ?: bee__legacy_share(mod);
	for (size_t i = 0; !err && i < mod->maps_len; i++)
		err = check_size(&mod->maps[i]);
	for (size_t i = 0; mod->is_trial && i < mod->maps_len; i++)
		bpf_map__set_pin_path(mod->maps[i].bpf, NULL);
	return err;
}

/* ---- wishes ------------------------------------------------------------------------------ */

static int take_wish(struct bee_module *mod, const struct bee_map_wish *wish)
{
	struct bee_map *map = bee_map_find(mod, wish->map);
	int err = 0;

	if (!map)
		return bee__fail(mod->bee, BEE_STAGE_LOAD, -ENOENT, "the source has no map '%s'",
				 wish->map);
	if (wish->max_entries)
		err = bpf_map__set_max_entries(map->bpf, wish->max_entries);
	if (err)
		return bee__fail(mod->bee, BEE_STAGE_LOAD, err,
				 "map '%s' cannot have %u elements: %s", wish->map,
				 wish->max_entries, strerror(-err));
	if (wish->same)
		return join(map, wish->same->fd, "the map that it is to be", true);
	return wish->pin ? bee__share_pin(map, wish->pin) : 0;
}

int bee__share_wishes(struct bee_module *mod, const struct bee_load_opts *opts)
{
	int err = 0;

	bee__libbpf_begin(mod->bee);
	for (size_t i = 0; !err && i < opts->map_wishes_len; i++)
		err = take_wish(mod, &opts->map_wishes[i]);
	bee__libbpf_end(mod->bee);
	return err;
}

void bee__share_done(struct bee_module *mod)
{
	for (size_t i = 0; i < mod->maps_len; i++) {
		if (mod->maps[i].pattern_fd > 0)
			close(mod->maps[i].pattern_fd);
		mod->maps[i].pattern_fd = -1;
	}
}
