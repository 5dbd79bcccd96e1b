// SPDX-License-Identifier: Apache-2.0
/* Why the kernel or libbpf takes an object not, where no verifier has spoken. */
#include <linux/bpf.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "internal.h"

/* ---- programs ------------------------------------------------------------------------------ */

/* A hook that a program needs and the kernel lacks says more than the errno of a refused load. */
static int explain_lack(struct bee_module *mod)
{
	for (size_t i = 0; i < mod->programs_len; i++) {
		const struct bee_program *prog = &mod->programs[i];
		const char *reason;
		int err;

		if (!prog->hook || prog->is_left_out)
			continue;
		err = bee__feature(prog->hook->needs, &reason);
		if (!err)
			continue;
		bee__fail(mod->bee, BEE_STAGE_LOAD, err, "program '%s': %s", bee_program_name(prog),
			  reason);
		bee__hint_instead(mod->bee, prog->hook);
		return err;
	}
	return 0;
}

/* A program that is bound to a kernel function or tracepoint at load, which this kernel lacks. */
static int explain_target(struct bee_module *mod)
{
	for (size_t i = 0; i < mod->programs_len; i++) {
		const struct bee_program *prog = &mod->programs[i];
		char target[256];

		if (!prog->hook || prog->is_left_out || prog->hook->reads != BEE_READS_TYPED ||
		    bee__hook_target(bee_program_section(prog), target, sizeof(target)))
			continue;
		if (libbpf_find_vmlinux_btf_id(strchr(target, ':') + 1,
					       bpf_program__expected_attach_type(prog->bpf)) > 0)
			continue;
		return bee__fail(mod->bee, BEE_STAGE_LOAD, -ENOENT,
				 "program '%s': this kernel has no target '%s'",
				 bee_program_name(prog), target);
	}
	return 0;
}

/* ---- maps and functions of the kernel ------------------------------------------------------ */

/* What a declaration lacks that every map of its kind has. */
static const char *lack_of(const struct bee_map *map)
{
	const struct bee__map_kind *kind = bee__map_kind(map->kind);

	if (!kind->is_walked || strstr(kind->name, "storage"))
		return NULL;
	if (!map->key_size)
		return "it has no key: __type(key, u32)";
	if (!map->value_size)
		return "it has no value: __type(value, u64)";
	if (map->kind == BPF_MAP_TYPE_LPM_TRIE && map->key_size < 5)
		return "its key is a struct: u32 prefixlen, and the bytes that it is about";
	return NULL;
}

/* A map that was made, and could not be given its name in the file system. */
static int explain_pin(struct bee_module *mod, int err)
{
	char name[128], path[256];

	if (!bee__text_quoted(mod->bee->words, "failed to auto-pin at '", path, sizeof(path)) ||
	    !bee__text_quoted(mod->bee->words, "map '", name, sizeof(name)))
		return 0;
	bee__fail(mod->bee, BEE_STAGE_LOAD, err, "map '%s' cannot be pinned at '%s': %s", name,
		  path, strerror(-err));
	if (strstr(mod->bee->words, "is not on BPF FS"))
		bee__hint(mod->bee, "a pin is in a file system of type bpf, as /sys/fs/bpf is");
	else if (err == -ENOENT)
		bee__hint(mod->bee, "its folder must be there before: `mkdir` makes one");
	return err;
}

static int explain_map(struct bee_module *mod, int err)
{
	const struct bee_map *map;
	const char *lack;
	char name[128];

	if (!strstr(mod->bee->words, "': failed to create: ") ||
	    !bee__text_quoted(mod->bee->words, "map '", name, sizeof(name)))
		return 0;
	map = bee_map_find(mod, name);
	bee__fail(mod->bee, BEE_STAGE_LOAD, err, "the kernel refused map '%s' of kind %s: %s", name,
		  map ? bee_map_kind(map) : "unknown", strerror(-err));
	lack = map && err == -EINVAL ? lack_of(map) : NULL;
	if (lack)
		bee__hint(mod->bee, "%s", lack);
	return err;
}

static int explain_function(struct bee_module *mod)
{
	char name[128];

	if (!bee__text_quoted(mod->bee->words, "(func ksym) '", name, sizeof(name)))
		return 0;
	bee__fail(mod->bee, BEE_STAGE_LOAD, -ENOENT,
		  "this kernel has no function '%s' for programs", name);
	bee__hint(mod->bee, "declare it __ksym __weak, and call it only where bpf_ksym_exists(%s)",
		  name);
	return -ENOENT;
}

/* ---- all else ------------------------------------------------------------------------------ */

const char *bee__libbpf_reason(const struct bee *bee, char *buf, size_t size)
{
	static const char *const useless[] = { "failed to load object", "Retrying without",
					       "BPF program load failed",
					       "failed to get section names" };

	*buf = '\0';
	for (const char *at = bee->words, *end; *at && !*buf; at = *end ? end + 1 : end) {
		bool is_useless = false;

		end = at + strcspn(at, "\n");
		at += strncmp(at, "libbpf: ", 8) ? 0 : 8;
		snprintf(buf, size, "%.*s", (int)(end - at), at);
		for (size_t i = 0; i < BEE_LEN(useless); i++)
			is_useless |= strstr(buf, useless[i]) != NULL;
		if (is_useless)
			*buf = '\0';
	}
	return buf;
}

int bee__why_not_loaded(struct bee_module *mod, int err)
{
	char reason[512];
	int why = explain_pin(mod, err);

	why = why ?: explain_lack(mod);
	why = why ?: explain_target(mod);
	why = why ?: explain_function(mod);
	why = why ?: explain_map(mod, err);
	if (why)
		return why;
	bee__fail(mod->bee, BEE_STAGE_LOAD, err, "the kernel refused the object: %s",
		  strerror(-err));
	bee__hint(mod->bee, "%s",
		  err == -EPERM ? "programs of the network take CAP_NET_ADMIN, beside CAP_BPF"
				: bee__libbpf_reason(mod->bee, reason, sizeof(reason)));
	return err;
}
