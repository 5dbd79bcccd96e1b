// SPDX-License-Identifier: Apache-2.0
/* Sections of an ELF object that lies in memory. */
#include <gelf.h>
#include <libelf.h>

#include "internal.h"

static int find_section(Elf *elf, const char *name, const char **ret_data, size_t *ret_size)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return -EINVAL;
	while ((section = elf_nextscn(elf, section))) {
		const char *own;
		Elf_Data *data;
		GElf_Shdr head;

		if (!gelf_getshdr(section, &head))
			return -EINVAL;
		own = elf_strptr(elf, names, head.sh_name);
		if (!own || strcmp(own, name))
			continue;
		data = elf_rawdata(section, NULL);
		if (!data || !data->d_buf)
			return -EINVAL;
		*ret_data = data->d_buf;
		*ret_size = data->d_size;
		return 0;
	}
	return -ENOENT;
}

int bee__elf_section(const void *bytes, size_t size, const char *name, const char **ret_data,
		     size_t *ret_size)
{
	Elf *elf;
	int err;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return -EINVAL;
	elf = elf_memory((char *)bytes, size);
	if (!elf)
		return -EINVAL;
	err = find_section(elf, name, ret_data, ret_size);
	elf_end(elf); /* the bytes are the caller's */
	return err;
}
