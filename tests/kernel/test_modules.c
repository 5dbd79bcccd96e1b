/* SPDX-License-Identifier: Apache-2.0 */
/* Types of modules, loaded or not: from BTF of their own, with the offsets that libbpf reads there. */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include <bpf/btf.h>

#include "support.h"

/* A struct of a module's own, and where one of its members lies. */
struct found {
	char record[128], member[128];
	uint32_t offset, size;
};

static bool is_integer(const struct btf *btf, uint32_t id)
{
	return btf_is_int(btf__type_by_id(btf, btf__resolve_type(btf, id)));
}

/* A struct of the module alone whose name begins so, and its last integer, which is no bitfield. */
static bool find_member(const struct btf *base, const struct btf *btf, const char *start,
			struct found *found)
{
	for (uint32_t id = btf__type_cnt(base); id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, type->name_off);

		if (!btf_is_struct(type) || !*name || strncmp(name, start, strlen(start)) ||
		    btf__find_by_name_kind(base, name, BTF_KIND_STRUCT) > 0)
			continue;
		for (int i = btf_vlen(type) - 1; i > 0; i--) {
			const struct btf_member *member = &btf_members(type)[i];

			if (!member->name_off || btf_member_bitfield_size(type, i) ||
			    !is_integer(btf, member->type))
				continue;
			snprintf(found->record, sizeof(found->record), "%s", name);
			snprintf(found->member, sizeof(found->member), "%s",
				 btf__name_by_offset(btf, member->name_off));
			found->offset = btf_member_bit_offset(type, i) / 8;
			found->size = type->size;
			return true;
		}
	}
	return false;
}

/* Compile asserts of what libbpf says. */
static void check_member(struct bee *bee, const struct found *found)
{
	struct bee_source source = { .size = sizeof(source) };
	char text[1024];
	size_t size;
	void *elf;

	snprintf(text, sizeof(text),
		 "_Static_assert(sizeof(struct %s) == %u, \"\");\n"
		 "_Static_assert(__builtin_offsetof(struct %s, %s) == %u, \"\");\n"
		 "SEC(\"raw_tp/sched_switch\") int f(void *ctx) { return 0; }\n",
		 found->record, found->size, found->record, found->member, found->offset);
	source.text = text;
	check_err(bee, bee_compile(bee, &source, NULL, &elf, &size), 0);
	free(elf);
}

static void types_of_loaded_modules_are_found(void **state)
{
	struct btf *base = btf__load_vmlinux_btf();
	DIR *dir = opendir("/sys/kernel/btf");
	const struct dirent *entry;
	size_t checked = 0;

	while (base && dir && (entry = readdir(dir))) {
		struct found found;
		struct btf *btf;

		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "vmlinux"))
			continue;
		btf = btf__load_module_btf(entry->d_name, base);
		if (btf && find_member(base, btf, "", &found)) {
			print_message("%s: struct %s\n", entry->d_name, found.record);
			check_member(bee_of(state), &found);
			checked++;
		}
		btf__free(btf);
	}
	if (dir)
		closedir(dir);
	btf__free(base);
	if (!checked) {
		print_message("no module with types of its own is loaded: /sys/kernel/btf\n");
		skip();
	}
}

/* ---- modules that are installed, and not loaded ------------------------------------------- */

#define INSTALLED "/lib/modules/$(uname -r)/"

/* The file of nfs, if it is not loaded, unpacked; or a skip. */
static void unpack_installed(const char *path)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "! test -e /sys/module/nfs && cd " INSTALLED " 2>/dev/null"
		 " && file=$(cut -d: -f1 modules.dep 2>/dev/null | grep '/nfs[.]ko')"
		 " && case $file in *.xz) xz -dc $file ;; *.zst) zstd -dc $file ;;"
		 " *.gz) gzip -dc $file ;; *) cat $file ;; esac >%s",
		 path);
	if (system(command)) {
		unlink(path);
		print_message("no nfs that is not loaded in /lib/modules/*/modules.dep\n");
		skip();
	}
}

static void types_of_a_distributions_module_are_found(void **state)
{
	char path[] = "/tmp/bee-module-XXXXXX";
	struct btf *base, *btf;
	struct found found;

	close(mkstemp(path));
	unpack_installed(path);
	base = btf__load_vmlinux_btf();
	btf = btf__parse_split(path, base);
	unlink(path);
	if (!btf) {
		btf__free(base);
		print_message("nfs.ko has no BTF, as kernels before 5.11\n");
		skip();
	}
	assert_true(find_member(base, btf, "nfs_", &found));
	print_message("struct %s\n", found.record);
	check_member(bee_of(state), &found);
	btf__free(btf);
	btf__free(base);
}

/* struct beetest_state { struct file *file; u64 count } upon the running kernel's types */
static void write_module_btf(const char *path, struct btf *base, uint32_t count_bit)
{
	struct btf *btf = btf__new_empty_split(base);
	int file = btf__find_by_name_kind(base, "file", BTF_KIND_STRUCT), pointer;
	const void *data;
	uint32_t size;
	FILE *out;

	assert_true(file > 0);
	pointer = btf__add_ptr(btf, file);
	btf__add_struct(btf, "beetest_state", 24);
	btf__add_field(btf, "file", pointer, 0, 0);
	btf__add_field(btf, "count", btf__find_by_name_kind(base, "u64", BTF_KIND_TYPEDEF),
		       count_bit, 0);
	data = btf__raw_data(btf, &size);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	fclose(out);
	btf__free(btf);
}

/* The file of a module "beetest". false: what makes it is not there. */
static bool install_module(struct btf *base, uint32_t count_bit)
{
	write_module_btf("/lib/modules/btf", base, count_bit);
	return !system("cd " INSTALLED " && echo | cc -c -x c - -o beetest.ko"
		       " && objcopy --add-section .BTF=/lib/modules/btf beetest.ko"
		       " && xz -f --check=crc32 beetest.ko && echo 'beetest.ko.xz:' >modules.dep");
}

/* Modules of this process alone; or a skip. */
static struct btf *enter_modules(void)
{
	struct btf *base = btf__load_vmlinux_btf();

	if (!base || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/lib/modules", "tmpfs", 0, NULL)) {
		btf__free(base);
		print_message("no mount over /lib/modules, or no BTF: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(system("mkdir " INSTALLED), 0);
	if (!install_module(base, 128)) {
		btf__free(base);
		print_message("cc, objcopy and xz are needed\n");
		skip();
	}
	return base;
}

static int compile_with(const char *cache, const char *compiler)
{
	struct bee_opts opts = { .size = sizeof(opts), .cache = cache, .compiler = compiler };
	struct bee_source source = {
		.size = sizeof(source),
		.text = "_Static_assert(sizeof(struct beetest_state) == 24, \"\");\n"
			"_Static_assert(__builtin_offsetof(struct beetest_state, count) == 16, \"\");\n"
			"SEC(\"raw_tp/sched_switch\") int f(struct beetest_state *s)"
			"{ return s->file->f_flags; }\n"
	};
	struct bee *bee;
	void *elf = NULL;
	size_t size;
	int err;

	assert_int_equal(bee_open(&opts, &bee), 0);
	err = bee_compile(bee, &source, NULL, &elf, &size);
	if (err && !compiler)
		print_message("%s\n", first_error(bee)->text);
	free(elf);
	bee_close(bee);
	return err;
}

/* What a file had tells nothing of the one that is there later. */
static void types_of_installed_modules_are_found(void **state)
{
	static const char cache[] = "/lib/modules/cache"; /* as private as the rest */
	struct btf *base = enter_modules();
	struct bee_module *mod;

	assert_int_equal(compile_with(cache, NULL), 0);
	assert_int_equal(compile_with(cache, "/nowhere/moonbee-cc"), 0);
	assert_true(install_module(base, 64));
	assert_true(compile_with(cache, NULL) < 0);
	assert_true(install_module(base, 128));
	assert_int_equal(compile_with(cache, NULL), 0);

	/* Its functions are told to be there once it is loaded. */
	mod = load(bee_of(state), "SEC(\"kprobe\") int f(void *ctx) { return 0; }");
	assert_true(bee_program_attach(bee_program_find(mod, "f"), "kprobe:beetest_open", NULL,
				       NULL) < 0);
	if (has_symbol(" T register_kprobe$"))
		check_says(bee_of(state), "modprobe beetest");
	bee_module_close(mod);

	assert_int_equal(system("rm " INSTALLED "beetest.ko.xz"), 0);
	assert_true(compile_with("", NULL) < 0);
	btf__free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(types_of_loaded_modules_are_found),
		TEST(types_of_a_distributions_module_are_found),
		TEST(types_of_installed_modules_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
