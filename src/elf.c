// SPDX-License-Identifier: Apache-2.0
/* Sections of an ELF object that lies in memory, and relocations of one. */
#include <gelf.h>
#include <libelf.h>

#include "internal.h"

/* Its bytes, which are those of the object itself. */
static int find_section(Elf *elf, const char *name, Elf_Scn **ret_section, Elf_Data **ret_data)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return -EINVAL;
	while ((section = elf_nextscn(elf, section))) {
		const char *own;
		GElf_Shdr head;

		if (!gelf_getshdr(section, &head))
			return -EINVAL;
		own = elf_strptr(elf, names, head.sh_name);
		if (!own || strcmp(own, name))
			continue;
		*ret_section = section;
		*ret_data = elf_rawdata(section, NULL);
		return *ret_data && (*ret_data)->d_buf ? 0 : -EINVAL;
	}
	return -ENOENT;
}

int bee__elf_section(const void *bytes, size_t size, const char *name, const char **ret_data,
		     size_t *ret_size)
{
	Elf_Scn *section;
	Elf_Data *data;
	Elf *elf;
	int err;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return -EINVAL;
	elf = elf_memory((char *)bytes, size);
	if (!elf)
		return -EINVAL;
	err = find_section(elf, name, &section, &data);
	if (!err) {
		*ret_data = data->d_buf;
		*ret_size = data->d_size;
	}
	elf_end(elf); /* the bytes are the caller's */
	return err;
}

/* Keep the relocations whose symbol is no function. How many bytes they take. */
static size_t keep_data(Elf_Data *relocations, const Elf_Data *symbols)
{
	Elf64_Rel *list = relocations->d_buf;
	const Elf64_Sym *symbol = symbols->d_buf;
	size_t len = relocations->d_size / sizeof(*list), kept = 0;

	for (size_t i = 0; i < len; i++) {
		size_t index = ELF64_R_SYM(list[i].r_info);

		if (index >= symbols->d_size / sizeof(*symbol) ||
		    ELF64_ST_TYPE(symbol[index].st_info) != STT_FUNC)
			list[kept++] = list[i];
	}
	return kept * sizeof(*list);
}

void bee__elf_drop_slots(void *bytes, size_t size)
{
	const unsigned char *ident = bytes;
	Elf_Data *relocations, *symbols;
	Elf_Scn *section, *other;
	Elf *elf;

	if (elf_version(EV_CURRENT) == EV_NONE || !(elf = elf_memory(bytes, size)))
		return;
	if (gelf_getclass(elf) == ELFCLASS64 && ident[EI_DATA] == ELFDATA2LSB &&
	    !find_section(elf, ".symtab", &other, &symbols) &&
	    !find_section(elf, ".rel.maps", &section, &relocations)) {
		size_t at =
			((Elf64_Ehdr *)bytes)->e_shoff + elf_ndxscn(section) * sizeof(Elf64_Shdr);

		((Elf64_Shdr *)((char *)bytes + at))->sh_size = keep_data(relocations, symbols);
	}
	elf_end(elf);
}
