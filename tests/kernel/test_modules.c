/* SPDX-License-Identifier: Apache-2.0 */
/* Types of modules that are loaded: from BTF of their own, with the offsets that libbpf reads there. */
#include <dirent.h>

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

/* A struct of the module alone, and its last integer, which is no bitfield. */
static bool find_member(const struct btf *base, const struct btf *btf, struct found *found)
{
	for (uint32_t id = btf__type_cnt(base); id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, type->name_off);

		if (!btf_is_struct(type) || !*name ||
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
		if (btf && find_member(base, btf, &found)) {
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(types_of_loaded_modules_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
