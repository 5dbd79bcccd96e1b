// SPDX-License-Identifier: Apache-2.0
/*
 * Maps that are in the kernel already, by pin or id: typed by the BTF that the kernel holds of them. Such a
 * map has a module of its own, which has no object, no programs and this one map.
 */
#include <linux/bpf.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "internal.h"

/* ---- which map --------------------------------------------------------------------------- */

static int open_id(struct bee *bee, const char *text)
{
	char *end;
	unsigned long id = strtoul(text, &end, 10);
	int fd;

	if (*text < '0' || *text > '9' || *end || id > UINT32_MAX)
		return bee__fail(bee, BEE_STAGE_MAP, -EINVAL, "'%s' is no id of a map: say id:12",
				 text);
	fd = bpf_map_get_fd_by_id(id);
	if (fd >= 0)
		return fd;
	if (fd == -ENOENT)
		return bee__fail(bee, BEE_STAGE_MAP, fd, "there is no map of id %lu", id);
	bee__fail(bee, BEE_STAGE_MAP, fd, "cannot open the map of id %lu: %s", id, strerror(-fd));
	if (fd == -EPERM)
		bee__hint(bee, "to open a map by its id takes CAP_SYS_ADMIN");
	return fd;
}

/* The kernel says EACCES or EPERM also to a file that is no pin. */
static bool is_elsewhere(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type != BPF_FS_MAGIC;
}

static int fail_no_map(struct bee *bee, const char *path)
{
	bee__fail(bee, BEE_STAGE_MAP, -EINVAL, "%s is no pinned map", path);
	bee__hint(bee, "a pin is a file of the BPF file system, which is mounted at /sys/fs/bpf");
	return -EINVAL;
}

static int open_pinned(struct bee *bee, const char *path)
{
	int fd = bpf_obj_get(path);

	if (fd >= 0)
		return fd;
	if (is_elsewhere(path))
		return fail_no_map(bee, path);
	bee__fail(bee, BEE_STAGE_MAP, fd, "cannot open the map that is pinned at %s: %s", path,
		  strerror(-fd));
	if (fd == -EPERM || fd == -EACCES)
		bee__hint(bee, "it takes leave to read and write the file, and CAP_BPF");
	return fd;
}

/* Programs and links are pinned too. Only the descriptor's name tells for every kind of map. */
static bool is_map(int fd)
{
	char path[32], name[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, name, sizeof(name) - 1) > 0 && strstr(name, "bpf-map");
}

static int open_map(struct bee *bee, const char *which)
{
	int fd;

	if (!strncmp(which, "id:", strlen("id:")))
		return open_id(bee, which + strlen("id:"));
	if (!strncmp(which, "pinned:", strlen("pinned:")))
		which += strlen("pinned:");
	fd = open_pinned(bee, which);
	if (fd < 0 || is_map(fd))
		return fd;
	close(fd);
	return fail_no_map(bee, which);
}

/* ---- what it is -------------------------------------------------------------------------- */

static void warn_of_bytes(const struct bee_map *map, int err)
{
	bool has_key = map->key->kind != BEE_KIND_BYTES || !map->key_size;
	bool has_value = map->value->kind != BEE_KIND_BYTES || !map->value_size;
	char text[256];

	if (has_key && has_value)
		return;
	snprintf(text, sizeof(text), "map '%.128s': %s are raw bytes: %s%s", map->name,
		 has_value ? "keys"
		 : has_key ? "values"
			   : "keys and values",
		 err ? "its BTF cannot be read: " : "the kernel holds no type of them",
		 err ? strerror(-err) : "");
	bee__diag(map->mod->bee, &(struct bee_diag){
					 .stage = BEE_STAGE_MAP,
					 .severity = BEE_WARNING,
					 .text = text,
				 });
}

/* Without its BTF a map has the types that its kind gives. */
static int read_types(struct bee_module *mod, struct bpf_map_info *info)
{
	int err = 0;

	if (info->btf_key_type_id || info->btf_value_type_id) {
		mod->btf = btf__load_from_kernel_by_id(info->btf_id);
		err = mod->btf ? 0 : -errno;
	}
	if (!mod->btf)
		info->btf_key_type_id = info->btf_value_type_id = 0;
	mod->types = bee__typeset_new(mod->btf);
	return mod->types ? err : -ENOMEM;
}

static int fill(struct bee_module *mod, int fd, const char *which)
{
	struct bee_map *map = mod->maps;
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	int btf_err, err = bpf_obj_get_info_by_fd(fd, &info, &size);

	if (err)
		return bee__fail(mod->bee, BEE_STAGE_MAP, err, "cannot ask what map %s is: %s",
				 which, strerror(-err));
	btf_err = read_types(mod, &info);
	if (!mod->types)
		return btf_err;
	err = bee__map_init(mod, *info.name ? info.name : which, &info, map);
	if (err)
		return err;
	map->max_entries = info.max_entries;
	warn_of_bytes(map, btf_err);
	return 0;
}

/* A module that the runtime owns, with room for one map, which owns fd. */
static struct bee_module *new_module(struct bee *bee, int fd)
{
	struct bee_module *mod = calloc(1, sizeof(*mod));
	struct bee_map *map = calloc(1, sizeof(*map));

	if (!mod || !map) {
		close(fd);
		free(mod);
		free(map);
		return NULL;
	}
	map->mod = mod;
	map->fd = fd;
	map->owns_fd = true;
	mod->maps = map;
	mod->maps_len = 1;
	mod->bee = bee;
	mod->next = bee->modules;
	bee->modules = mod;
	return mod;
}

int bee_map_open(struct bee *bee, const char *which, struct bee_map **ret_map)
{
	struct bee_module *mod;
	int fd, err;

	bee__diags_clear(bee);
	fd = open_map(bee, which);
	if (fd < 0)
		return fd;
	mod = new_module(bee, fd);
	if (!mod)
		return -ENOMEM;
	err = fill(mod, fd, which);
	if (err) {
		bee_module_close(mod);
		return err;
	}
	*ret_map = mod->maps;
	return 0;
}

void bee_map_close(struct bee_map *map)
{
	if (map && map->owns_fd)
		bee_module_close(map->mod);
}
