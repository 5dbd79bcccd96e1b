// SPDX-License-Identifier: Apache-2.0
/*
 * Who compiles, and for which kernel: by build ids, which are digests of all that was built. With the
 * source and its options they say what the types stage would come to.
 */
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "internal.h"
#include "rawbtf.h"
#include "wire.h"
#include "words.h"

#define KERNEL_NOTES "/sys/kernel/notes"

/* ---- build ids --------------------------------------------------------------------------- */

/* The build id among notes; NULL: there is none. */
static const char *find_build_id(const char *at, size_t size, size_t *ret_size)
{
	const char *end = at + size;

	while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
		ElfW(Nhdr) note;
		const char *name = at + sizeof(note), *desc;

		memcpy(&note, at, sizeof(note));
		if (note.n_namesz > size || note.n_descsz > size)
			return NULL;
		desc = name + (note.n_namesz + 3) / 4 * 4;
		at = desc + (note.n_descsz + 3) / 4 * 4;
		if (desc > end || at > end)
			return NULL;
		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 || memcmp(name, "GNU", 4))
			continue;
		*ret_size = note.n_descsz;
		return desc;
	}
	return NULL;
}

/* The object that this code is in: the library, or a program with the library inside. */
static int add_own(struct dl_phdr_info *info, size_t size, void *ctx)
{
	uintptr_t self = (uintptr_t)add_own;
	bool is_ours = false;
	const char *id = NULL;
	size_t id_size;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + part->p_vaddr;

		if (part->p_type == PT_LOAD && self >= start && self < start + part->p_memsz)
			is_ours = true;
		if (part->p_type == PT_NOTE && !id)
			id = find_build_id((const char *)start, part->p_memsz, &id_size);
	}
	if (!is_ours || !id)
		return 0;
	bee__wire_put(ctx, BEE_WIRE_BUILD, NULL, 0, id, id_size);
	return 1;
}

/* Those of modules stand in files of their own. */
static int add_module(void *ctx, const char *module, const char *file)
{
	char path[PATH_MAX], *notes;
	size_t size;

	snprintf(path, sizeof(path), "/sys/module/%s/notes/.note.gnu.build-id", module);
	if (bee__read_file(path, &notes, &size))
		return -ENOENT;
	bee__wire_put(ctx, BEE_WIRE_BUILD, module, strlen(module), notes, size);
	free(notes);
	return 0;
}

static int add_kernel(struct bee__wire *key)
{
	struct utsname name;
	char *notes;
	size_t size, id_size;
	int err = bee__read_file(KERNEL_NOTES, &notes, &size);

	if (err)
		return err;
	if (find_build_id(notes, size, &id_size))
		bee__wire_put(key, BEE_WIRE_BUILD, NULL, 0, notes, size);
	else
		err = -ENOENT;
	free(notes);
	if (err || uname(&name))
		return -ENOENT;
	bee__wire_put_text(key, BEE_WIRE_BUILD, name.release, name.version);
	return bee__modules_each(BEE_BTF_PATH, add_module, key);
}

/* What the kernel lets this process try decides which instructions are used. */
static int add_rights(struct bee__wire *key)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data))
		return -errno;
	bee__wire_put(key, BEE_WIRE_BUILD, NULL, 0, data, sizeof(data));
	return 0;
}

int bee__identity_put(const struct bee *bee, struct bee__wire *key)
{
	int err;

	/* Of another file of types nothing is known but its name. */
	if (strcmp(bee->btf_path, BEE_BTF_PATH))
		return -ENOENT;
	if (!dl_iterate_phdr(add_own, key))
		return -ENOENT;
	err = add_kernel(key);
	return err ?: add_rights(key);
}
