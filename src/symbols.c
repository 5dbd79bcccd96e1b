// SPDX-License-Identifier: Apache-2.0
/* Functions of ELF files: symbol tables, versions, and separate files with debug symbols. */
#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include "internal.h"
#include "symbols.h"

#define VERSION_HIDDEN \
	0x8000 /* of an entry of .gnu.version: not the one that is linked with today */
#define DEBUG_DIR "/usr/lib/debug"

/* ---- opening ----------------------------------------------------------------------------- */

struct file {
	int fd;
	Elf *elf;
};

static void close_file(struct file *file)
{
	elf_end(file->elf);
	if (file->fd >= 0)
		close(file->fd);
}

static int open_file(const char *path, struct file *file)
{
	*file = (struct file){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (file->fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	file->elf = elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
	return 0;
}

static unsigned int own_machine(void)
{
#if defined(__aarch64__)
	return EM_AARCH64;
#else
	return EM_X86_64;
#endif
}

static enum bee__binary_kind kind_of(const struct file *file)
{
	char first[2] = "";
	GElf_Ehdr header;

	if (!file->elf || elf_kind(file->elf) != ELF_K_ELF || !gelf_getehdr(file->elf, &header)) {
		if (pread(file->fd, first, sizeof(first), 0) == 2 && !memcmp(first, "#!", 2))
			return BEE_BINARY_SCRIPT;
		return BEE_BINARY_OTHER;
	}
	if (gelf_getclass(file->elf) != ELFCLASS64)
		return BEE_BINARY_32;
	return header.e_machine == own_machine() ? BEE_BINARY_ELF : BEE_BINARY_FOREIGN;
}

/* 0, or -ENOEXEC, or an error of the file system; the file is to be closed in any case but the last. */
static int open_elf(const char *path, struct file *file, struct bee__binary_info *info)
{
	int err = open_file(path, file);

	*info = (struct bee__binary_info){ 0 };
	if (err)
		return err;
	info->kind = kind_of(file);
	if (info->kind == BEE_BINARY_ELF)
		return 0;
	close_file(file);
	return -ENOEXEC;
}

/* ---- addresses --------------------------------------------------------------------------- */

/* Code is mapped as the program headers say. */
static bool find_offset(Elf *elf, uint64_t address, uint64_t *ret_offset)
{
	size_t len;
	GElf_Phdr part;

	if (elf_getphdrnum(elf, &len))
		return false;
	for (size_t i = 0; i < len && gelf_getphdr(elf, i, &part); i++) {
		if (part.p_type != PT_LOAD || !(part.p_flags & PF_X) || address < part.p_vaddr ||
		    address - part.p_vaddr >= part.p_filesz)
			continue;
		*ret_offset = address - part.p_vaddr + part.p_offset;
		return true;
	}
	return false;
}

int bee__symbols_offset(const char *path, uint64_t address, struct bee__binary_info *ret_info,
			uint64_t *ret_offset)
{
	struct file file;
	int err = open_elf(path, &file, ret_info);

	if (err)
		return err;
	err = find_offset(file.elf, address, ret_offset) ? 0 : -ERANGE;
	close_file(&file);
	return err;
}

/* ---- tables ------------------------------------------------------------------------------ */

static Elf_Scn *find_section(Elf *elf, uint32_t type, const char *name, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;
	size_t names = 0;

	elf_getshdrstrndx(elf, &names);
	while ((section = elf_nextscn(elf, section))) {
		const char *is;

		if (!gelf_getshdr(section, header) || (type && header->sh_type != type))
			continue;
		is = elf_strptr(elf, names, header->sh_name);
		if (!name || (is && !strcmp(is, name)))
			return section;
	}
	return NULL;
}

struct table {
	Elf *elf;   /* with the table */
	Elf *image; /* that is mapped: the same, but for files with debug symbols */
	Elf_Data *symbols;
	Elf_Data *versions; /* or NULL */
	size_t names;       /* section of their names */
	size_t len;
};

static bool find_table(Elf *elf, Elf *image, uint32_t type, struct table *table)
{
	Elf_Scn *section;
	GElf_Shdr header;

	*table = (struct table){ .elf = elf, .image = image };
	section = find_section(elf, type, NULL, &header);
	if (!section || header.sh_type == SHT_NOBITS || !header.sh_entsize)
		return false;
	table->symbols = elf_getdata(section, NULL);
	table->names = header.sh_link;
	table->len = table->symbols ? header.sh_size / header.sh_entsize : 0;
	section = type == SHT_DYNSYM ? find_section(elf, SHT_GNU_versym, NULL, &header) : NULL;
	if (section)
		table->versions = elf_getdata(section, NULL);
	return true;
}

static bool is_function(const GElf_Sym *sym)
{
	int type = GELF_ST_TYPE(sym->st_info);

	return sym->st_shndx != SHN_UNDEF && sym->st_value &&
	       (type == STT_FUNC || type == STT_GNU_IFUNC);
}

static int each_in_table(const struct table *table, bee__symbol_fn fn, void *ctx)
{
	int err = 0;

	for (size_t i = 0; !err && i < table->len; i++) {
		struct bee__symbol symbol = { 0 };
		GElf_Versym version = 0;
		GElf_Sym sym;

		if (!gelf_getsym(table->symbols, i, &sym) || !is_function(&sym))
			continue;
		symbol.name = elf_strptr(table->elf, table->names, sym.st_name);
		symbol.address = sym.st_value;
		if (!symbol.name || !*symbol.name ||
		    !find_offset(table->image, sym.st_value, &symbol.offset))
			continue;
		if (table->versions)
			gelf_getversym(table->versions, i, &version);
		symbol.is_local = GELF_ST_BIND(sym.st_info) == STB_LOCAL;
		symbol.is_old = version & VERSION_HIDDEN;
		symbol.is_ifunc = GELF_ST_TYPE(sym.st_info) == STT_GNU_IFUNC;
		err = fn(ctx, &symbol);
	}
	return err;
}

/* ---- files with debug symbols ------------------------------------------------------------ */

/* "/usr/lib/debug/.build-id/ab/cdef.debug", below the root that the file itself is seen in. */
static bool build_id_path(Elf *elf, const char *root, char *path, size_t size)
{
	GElf_Shdr header;
	Elf_Scn *section = find_section(elf, SHT_NOTE, ".note.gnu.build-id", &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	size_t owner, desc;
	const uint8_t *id;
	GElf_Nhdr note;
	int len;

	if (!data || !gelf_getnote(data, 0, &note, &owner, &desc) || note.n_descsz < 2 ||
	    note.n_descsz > 64)
		return false;
	id = (const uint8_t *)data->d_buf + desc;
	len = snprintf(path, size, "%s" DEBUG_DIR "/.build-id/%02x/", root, id[0]);
	for (size_t i = 1; i < note.n_descsz && len > 0 && (size_t)len < size; i++)
		len += snprintf(path + len, size - len, "%02x", id[i]);
	return len > 0 && (size_t)len < size &&
	       (size_t)snprintf(path + len, size - len, ".debug") < size - len;
}

/* The name that .gnu_debuglink gives, beside the file, in .debug, or below /usr/lib/debug. */
static bool debug_link_path(Elf *elf, const char *file, unsigned int way, char *path, size_t size)
{
	static const char *const formats[] = { "%.*s/%s", "%.*s/.debug/%s", DEBUG_DIR "%.*s/%s" };
	GElf_Shdr header;
	Elf_Scn *section = find_section(elf, 0, ".gnu_debuglink", &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	const char *slash = strrchr(file, '/');
	int len;

	if (!data || !data->d_size || !slash || !memchr(data->d_buf, '\0', data->d_size))
		return false;
	len = snprintf(path, size, formats[way], (int)(slash - file), file,
		       (const char *)data->d_buf);
	return len > 0 && (size_t)len < size;
}

/* A root that is another process's: "/proc/12/root". */
static void root_of(const char *path, char *root, size_t size)
{
	int pid, len = 0;

	*root = '\0';
	if (sscanf(path, "/proc/%d/root%n", &pid, &len) == 1 && len > 0)
		snprintf(root, size, "%.*s", len, path);
}

static int open_debug(Elf *elf, const char *path, struct file *file)
{
	char root[32], other[1024];

	root_of(path, root, sizeof(root));
	if (build_id_path(elf, root, other, sizeof(other)) && !open_file(other, file))
		return 0;
	for (unsigned int way = 0; way < 3; way++)
		if (debug_link_path(elf, path, way, other, sizeof(other)) && strcmp(other, path) &&
		    !open_file(other, file))
			return 0;
	return -ENOENT;
}

static int each_of_debug(Elf *image, const char *path, struct bee__binary_info *info,
			 bee__symbol_fn fn, void *ctx)
{
	struct table table;
	struct file file;
	int err = 0;

	if (open_debug(image, path, &file))
		return 0;
	if (kind_of(&file) == BEE_BINARY_ELF && find_table(file.elf, image, SHT_SYMTAB, &table)) {
		info->has_symtab = true;
		err = each_in_table(&table, fn, ctx);
	}
	close_file(&file);
	return err;
}

int bee__symbols_each(const char *path, struct bee__binary_info *ret_info, bee__symbol_fn fn,
		      void *ctx)
{
	struct table table;
	struct file file;
	int err = open_elf(path, &file, ret_info);

	if (err)
		return err;
	/* Versions are in the table of what is exported, so it comes first. */
	if (find_table(file.elf, file.elf, SHT_DYNSYM, &table))
		err = each_in_table(&table, fn, ctx);
	if (!err && find_table(file.elf, file.elf, SHT_SYMTAB, &table)) {
		ret_info->has_symtab = true;
		err = each_in_table(&table, fn, ctx);
	} else if (!err) {
		err = each_of_debug(file.elf, path, ret_info, fn, ctx);
	}
	close_file(&file);
	return err;
}
