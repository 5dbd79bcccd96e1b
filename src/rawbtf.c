// SPDX-License-Identifier: Apache-2.0
/* Raw BTF: opened, and looked into. */
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "internal.h"
#include "rawbtf.h"

/* No type of a real kernel is that deep; BTF that runs in circles is. */
#define MAX_DEPTH 64

static const struct btf_type void_type;

const struct btf_type *bee__btf_type(const struct bee__rawbtf *btf, uint32_t id)
{
	if (btf->base && id < btf->base->base_len)
		return bee__btf_type(btf->base, id);
	if (btf->base)
		id -= btf->base->base_len - 1;
	if (!id || id >= btf->len)
		return &void_type;
	return (const struct btf_type *)(btf->types + btf->offsets[id]);
}

const char *bee__btf_name(const struct bee__rawbtf *btf, uint32_t offset)
{
	if (btf->base && offset < btf->base->base_names_size)
		return bee__btf_name(btf->base, offset);
	if (btf->base)
		offset -= btf->base->base_names_size;
	return offset < btf->names_size ? btf->names + offset : "";
}

uint32_t bee__btf_skip_modifiers(const struct bee__rawbtf *btf, uint32_t id)
{
	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		const struct btf_type *type = bee__btf_type(btf, id);

		if (!bee__btf_is_modifier(type))
			return id;
		id = type->type;
	}
	return 0;
}

uint32_t bee__btf_resolve(const struct bee__rawbtf *btf, uint32_t id)
{
	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		const struct btf_type *type = bee__btf_type(btf, id);

		if (!bee__btf_is_modifier(type) && bee__btf_kind(type) != BTF_KIND_TYPEDEF)
			return id;
		id = type->type;
	}
	return 0;
}

uint64_t bee__btf_size(const struct bee__rawbtf *btf, uint32_t id)
{
	uint64_t count = 1;

	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		const struct btf_type *type = bee__btf_type(btf, bee__btf_resolve(btf, id));

		switch (bee__btf_kind(type)) {
		case BTF_KIND_PTR:
			return count * sizeof(uint64_t);
		case BTF_KIND_INT:
		case BTF_KIND_FLOAT:
		case BTF_KIND_ENUM:
		case BEE_BTF_ENUM64:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			return count * type->size;
		case BTF_KIND_ARRAY:
			count = (count * bee__btf_array(type)->nelems) & UINT32_MAX;
			id = bee__btf_array(type)->type;
			break;
		default:
			return 0;
		}
	}
	return 0;
}

/* The largest alignment of the members; 1 where some member does not lie by its own. */
static uint32_t record_align(const struct bee__rawbtf *btf, const struct btf_type *type, int depth);

static uint32_t align_of(const struct bee__rawbtf *btf, uint32_t id, int depth)
{
	const struct btf_type *type;
	uint32_t align = 1;

	id = bee__btf_resolve(btf, id);
	if (!id || id >= btf->len || depth > MAX_DEPTH)
		return 1;
	if (btf->aligns[id])
		return btf->aligns[id];
	type = bee__btf_type(btf, id);
	switch (bee__btf_kind(type)) {
	case BTF_KIND_PTR:
		align = sizeof(uint64_t);
		break;
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_ENUM:
	case BEE_BTF_ENUM64:
		while (align < type->size && align < 16)
			align *= 2;
		break;
	case BTF_KIND_ARRAY:
		align = align_of(btf, bee__btf_array(type)->type, depth + 1);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		btf->aligns[id] = 1; /* what a record that holds itself sees */
		align = record_align(btf, type, depth);
		break;
	}
	btf->aligns[id] = align;
	return align;
}

static uint32_t record_align(const struct bee__rawbtf *btf, const struct btf_type *type, int depth)
{
	const struct btf_member *member = bee__btf_members(type);
	uint32_t max = 1;

	for (uint32_t i = 0; i < bee__btf_vlen(type); i++, member++) {
		uint32_t align = align_of(btf, member->type, depth + 1);
		uint32_t offset = bee__btf_bit_offset(type, member) % (align * 8);
		uint32_t bits = bee__btf_bit_size(type, member);

		/* A plain member off its alignment, or a bitfield that leaves its unit. */
		if (bits ? offset + bits > align * 8 : offset != 0)
			return 1;
		if (align > max)
			max = align;
	}
	return type->size % max ? 1 : max;
}

uint32_t bee__btf_align(const struct bee__rawbtf *btf, uint32_t id)
{
	return align_of(btf, id, 0);
}

bool bee__btf_is_packed(const struct bee__rawbtf *btf, uint32_t id)
{
	const struct btf_type *type = bee__btf_type(btf, id);
	const struct btf_member *member = bee__btf_members(type);

	if (!bee__btf_is_record(type) || bee__btf_align(btf, id) > 1)
		return false;
	/* Alignment 1: of bytes alone, or by force. */
	for (uint32_t i = 0; i < bee__btf_vlen(type); i++, member++)
		if (bee__btf_align(btf, member->type) > 1)
			return true;
	return false;
}

uint32_t bee__btf_enumerator(const struct btf_type *type, uint32_t index, int64_t *ret_value)
{
	if (bee__btf_kind(type) == BEE_BTF_ENUM64) {
		const struct bee__btf_enum64 *wide = (const void *)(type + 1);

		*ret_value = (int64_t)((uint64_t)wide[index].high << 32 | wide[index].low);
		return wide[index].name_off;
	}
	const struct btf_enum *narrow = (const void *)(type + 1);

	/* Linux 5.x does not tell the sign; C compares the two forms of a negative number alike. */
	*ret_value = narrow[index].val;
	if (!BTF_INFO_KFLAG(type->info))
		*ret_value &= UINT32_MAX;
	return narrow[index].name_off;
}

/* Bytes behind the common part of a type; -1: a kind that we do not know. */
static int64_t extra_size(const struct btf_type *type)
{
	uint32_t vlen = bee__btf_vlen(type);

	switch (bee__btf_kind(type)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BEE_BTF_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BEE_BTF_DECL_TAG:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return vlen * sizeof(struct btf_enum);
	case BEE_BTF_ENUM64:
		return vlen * sizeof(struct bee__btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return vlen * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return vlen * sizeof(struct btf_var_secinfo);
	}
	return -1;
}

int bee__rawbtf_index(struct bee__rawbtf *btf, uint32_t from)
{
	uint32_t at = from, len = btf->len ? btf->len : 1;
	size_t room = len + (btf->types_size - from) / sizeof(struct btf_type) + 1;
	uint32_t *offsets = realloc(btf->offsets, room * sizeof(*offsets));
	uint8_t *aligns;

	if (!offsets)
		return -ENOMEM;
	btf->offsets = offsets;
	offsets[0] = 0;
	while (btf->types_size - at >= sizeof(struct btf_type)) {
		const struct btf_type *type = (const struct btf_type *)(btf->types + at);
		int64_t size = extra_size(type);

		if (size < 0 || size > btf->types_size - at - (int64_t)sizeof(*type))
			return -EINVAL;
		offsets[len++] = at;
		at += sizeof(*type) + size;
	}
	aligns = realloc(btf->aligns, len);
	if (!aligns)
		return -ENOMEM;
	memset(aligns, 0, len);
	btf->aligns = aligns;
	btf->len = len;
	return 0;
}

int bee__rawbtf_sections(struct bee__rawbtf *btf, bool is_split)
{
	const struct btf_header *head = btf->data;
	uint64_t rest, type_end, name_end;

	if (btf->size >= sizeof(head->magic) && head->magic == __builtin_bswap16(BTF_MAGIC))
		return -ENOEXEC;
	if (btf->size < sizeof(head->magic) || head->magic != BTF_MAGIC)
		return -EINVAL;
	if (btf->size < sizeof(*head) || head->hdr_len > btf->size)
		return -ENODATA;
	if (head->hdr_len < sizeof(*head) || (head->hdr_len + head->type_off) % sizeof(uint32_t) ||
	    head->type_len % sizeof(uint32_t))
		return -EINVAL;
	rest = btf->size - head->hdr_len;
	type_end = (uint64_t)head->type_off + head->type_len;
	name_end = (uint64_t)head->str_off + head->str_len;
	if (type_end > rest || name_end > rest)
		return -ENODATA;
	btf->types = (const char *)btf->data + head->hdr_len + head->type_off;
	btf->types_size = head->type_len;
	btf->names = (const char *)btf->data + head->hdr_len + head->str_off;
	btf->names_size = head->str_len;
	if (btf->names_size && btf->names[btf->names_size - 1])
		return -EINVAL;
	/* A whole begins with the name that is none. */
	if (!is_split && btf->names_size && btf->names[0])
		return -EXDEV;
	return is_split || btf->names_size ? 0 : -EINVAL;
}

int bee__rawbtf_parse(void *data, size_t size, bool is_mapped, struct bee__rawbtf *ret_btf)
{
	struct bee__rawbtf btf = { .data = data, .size = size, .is_mapped = is_mapped };
	int err;

	err = bee__rawbtf_sections(&btf, false);
	err = err ?: bee__rawbtf_index(&btf, 0);
	if (err) {
		bee__rawbtf_close(&btf);
		return err;
	}
	btf.base_len = btf.len;
	btf.base_names_size = btf.names_size;
	*ret_btf = btf;
	return 0;
}

int bee__rawbtf_split(const struct bee__rawbtf *base, void *data, size_t size,
		      struct bee__rawbtf *ret_btf)
{
	struct bee__rawbtf btf = { .data = data, .size = size, .base = base };
	int err;

	err = bee__rawbtf_sections(&btf, true);
	err = err ?: bee__rawbtf_index(&btf, 0);
	if (err) {
		bee__rawbtf_close(&btf);
		return err;
	}
	*ret_btf = btf;
	return 0;
}

void bee__rawbtf_close(struct bee__rawbtf *btf)
{
	if (btf->is_mapped)
		munmap(btf->data, btf->size);
	else
		free(btf->data);
	if (!btf->data) {
		free((char *)btf->types);
		free((char *)btf->names);
	}
	free(btf->offsets);
	free(btf->aligns);
	*btf = (struct bee__rawbtf){ 0 };
}

/* In memory of its own: in the file it lies as it likes. */
int bee__rawbtf_from_elf(Elf *elf, void **ret_data, size_t *ret_size)
{
	Elf_Scn *section = NULL;
	Elf_Data *data;
	GElf_Shdr head;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return -EINVAL;
	while ((section = elf_nextscn(elf, section))) {
		const char *name;

		if (!gelf_getshdr(section, &head))
			continue;
		name = elf_strptr(elf, names, head.sh_name);
		if (!name || strcmp(name, ".BTF"))
			continue;
		data = elf_rawdata(section, NULL);
		if (!data || !data->d_buf || !data->d_size)
			return -EINVAL;
		*ret_data = malloc(data->d_size);
		if (!*ret_data)
			return -ENOMEM;
		memcpy(*ret_data, data->d_buf, data->d_size);
		*ret_size = data->d_size;
		return 0;
	}
	return -ENOENT;
}

static int read_elf(int fd, void **ret_data, size_t *ret_size)
{
	Elf *elf;
	int err;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return -EINVAL;
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	err = bee__rawbtf_from_elf(elf, ret_data, ret_size);
	elf_end(elf);
	return err;
}

/*
 * sysfs lets BTF be mapped from Linux 6.16 on. A file that others may cut short is read: a mapping
 * of it could kill the process.
 */
static void *map_sysfs(int fd, size_t *ret_size)
{
	struct statfs fs;
	struct stat info;
	void *data;

	if (fstatfs(fd, &fs) || fs.f_type != SYSFS_MAGIC || fstat(fd, &info) || !info.st_size)
		return NULL;
	data = mmap(NULL, info.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (data == MAP_FAILED)
		return NULL;
	*ret_size = info.st_size;
	return data;
}

static int open_fd(int fd, struct bee__rawbtf *ret_btf)
{
	unsigned char magic[SELFMAG] = { 0 };
	char *text = NULL;
	void *data;
	size_t size;
	int err;

	data = map_sysfs(fd, &size);
	if (data)
		return bee__rawbtf_parse(data, size, true, ret_btf);
	if (pread(fd, magic, sizeof(magic), 0) == SELFMAG && !memcmp(magic, ELFMAG, SELFMAG)) {
		err = read_elf(fd, &data, &size);
	} else {
		err = bee__read_fd(fd, &text, &size);
		data = text;
	}
	return err ? err : bee__rawbtf_parse(data, size, false, ret_btf);
}

/* What is wrong with a file that could be read; NULL: nothing that BTF is to blame for. */
static const char *fault_of(int err)
{
	static const struct {
		int err;
		const char *text;
	} faults[] = {
		{ -EINVAL, "not BTF, or BTF of a form that moonbee does not know" },
		{ -ENODATA, "this BTF is cut short" },
		{ -ENOEXEC, "BTF of a machine with the other byte order" },
		{ -EXDEV, "BTF of a module, which means nothing without that of its vmlinux" },
		{ -ENOENT, "an ELF file without BTF" },
	};

	for (size_t i = 0; i < BEE_LEN(faults); i++)
		if (faults[i].err == err)
			return faults[i].text;
	return NULL;
}

int bee__rawbtf_open(struct bee *bee, const char *path, struct bee__rawbtf *ret_btf)
{
	bool is_kernel = !strcmp(path, BEE_BTF_PATH);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : open_fd(fd, ret_btf);
	const char *fault = fd < 0 ? NULL : fault_of(err);

	if (fd >= 0)
		close(fd);
	if (!err)
		return 0;
	if (fd < 0 && err == -ENOENT && is_kernel) {
		bee__fail(bee, BEE_STAGE_TYPES, -EOPNOTSUPP, "this kernel has no BTF (%s)", path);
		bee__hint(bee,
			  "it must be built with CONFIG_DEBUG_INFO_BTF=y; or MOONBEE_BTF names a "
			  "file of BTF that fits it");
		return -EOPNOTSUPP;
	}
	if (fault) {
		bool is_modules = err == -EXDEV;

		err = err == -ENOENT ? err : -EINVAL;
		bee__fail(bee, BEE_STAGE_TYPES, err, "%s: %s", path, fault);
		if (is_modules)
			bee__hint(bee, "give its vmlinux: modules are found beside a file of that "
				       "name, by their own BTF or by modules.dep");
		else
			bee__hint(bee, "give a copy of a kernel's %s, or its vmlinux",
				  BEE_BTF_PATH);
		return err;
	}
	return bee__fail(bee, BEE_STAGE_TYPES, err, "cannot read BTF from %s: %s", path,
			 strerror(-err));
}
