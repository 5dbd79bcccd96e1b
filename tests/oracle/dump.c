/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images from dumps of bytecode that BCC has made, which names maps by the descriptors that it had
 * of them. A dump is text, a line each:
 *
 *     map DESCRIPTOR NAME KIND KEY_SIZE VALUE_SIZE MAX_ENTRIES
 *     program NAME HEX
 */
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

struct descriptors {
	int *list;
	size_t len;
};

static void read_map(const char *line, struct oracle_image *image, struct descriptors *fds)
{
	struct oracle_map *map = oracle_add(image->maps, image->maps_len);
	int *fd = oracle_add(fds->list, fds->len);

	if (sscanf(line, "map %d %ms %u %u %u %u", fd, &map->name, &map->kind, &map->key_size,
		   &map->value_size, &map->max_entries) != 6)
		oracle_die("a map that is none: %s", line);
}

static void read_program(const char *line, struct oracle_image *image)
{
	struct oracle_program *prog = oracle_add(image->programs, image->programs_len);
	const char *hex;
	int at = 0;

	if (sscanf(line, "program %ms %n", &prog->name, &at) != 1)
		oracle_die("a program that is none: %s", line);
	prog->section = strdup("");
	prog->start = image->insns_len;
	for (hex = line + at; strlen(hex) >= 16; hex += 16) {
		uint8_t bytes[sizeof(struct bpf_insn)];

		for (size_t i = 0; i < sizeof(bytes); i++)
			sscanf(hex + 2 * i, "%2hhx", &bytes[i]);
		memcpy(oracle_add(image->insns, image->insns_len), bytes, sizeof(bytes));
	}
}

static void name_maps(struct oracle_image *image, const struct descriptors *fds)
{
	for (size_t i = 0; i < image->insns_len; i++) {
		struct bpf_insn *insn = &image->insns[i];

		if (insn->code != (BPF_LD | BPF_DW | BPF_IMM))
			continue;
		for (size_t k = 0; insn->src_reg == BPF_PSEUDO_MAP_FD && k < fds->len; k++) {
			if (fds->list[k] == insn->imm) {
				insn->src_reg = ORACLE_MAP;
				insn->imm = k;
				break;
			}
		}
		i++;
	}
}

void oracle_read_dump(const char *path, struct oracle_image *image)
{
	FILE *file = fopen(path, "r");
	struct descriptors fds = { 0 };
	char *line = NULL;
	size_t size = 0;

	if (!file)
		oracle_die("cannot read %s", path);
	*image = (struct oracle_image){ 0 };
	while (getline(&line, &size, file) > 0) {
		if (!strncmp(line, "map ", 4))
			read_map(line, image, &fds);
		else if (!strncmp(line, "program ", 8))
			read_program(line, image);
	}
	name_maps(image, &fds);
	free(fds.list);
	free(line);
	fclose(file);
}
