/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The dialect of iproute2's objects, and of Cilium's first ones: maps as structs in a section "maps". */

struct bpf_elf_map {
	unsigned int type;
	unsigned int size_key;
	unsigned int size_value;
	unsigned int max_elem;
	unsigned int flags;
	unsigned int id;
	unsigned int pinning;
	unsigned int inner_id;
	unsigned int inner_idx;
};

#define PIN_NONE 0
#define PIN_OBJECT_NS 1
#define PIN_GLOBAL_NS 2

#define ELF_SECTION_LICENSE "license"
#define ELF_SECTION_MAPS "maps"
#define ELF_SECTION_PROG "prog"
#define ELF_SECTION_CLASSIFIER "classifier"
#define ELF_SECTION_ACTION "action"

#define ELF_MAX_MAPS 64
#define ELF_MAX_LICENSE_LEN 128

#define __section_tail(id, key) __section(__bee_text(id) "/" __bee_text(key))
#define __bee_text(x) __bee_text_of(x)
#define __bee_text_of(x) #x

#define __section_cls_entry __section(ELF_SECTION_CLASSIFIER)
#define __section_act_entry __section(ELF_SECTION_ACTION)
#define __section_xdp_entry __section(ELF_SECTION_PROG)
#define __section_maps __section(ELF_SECTION_MAPS)
#define __section_license __section(ELF_SECTION_LICENSE)

#define BPF_LICENSE(name) char ____license[] __section_license = name

#define BPF_ANNOTATE_KV_PAIR(name, type_key, type_val)					\
	struct ____btf_map_##name { type_key key; type_val value; };			\
	struct ____btf_map_##name ____btf_map_##name					\
		__attribute__((section(".maps." #name), used)) = { }
