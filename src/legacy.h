/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects in which a section "maps" holds structs of numbers, each a map: those that are made for tc and
 * ip (struct bpf_elf_map of iproute2), and those of the first libbpf, whose struct begins likewise. In a
 * section "maps/" it is gobpf's struct, which begins so too and ends in a name for pins. libbpf no longer
 * reads them, so the section becomes a ".maps" with types that say the same.
 */
#ifndef BEE_LEGACY_H
#define BEE_LEGACY_H

#include <stdbool.h>
#include <stdint.h>

struct bee_module;

/* What libbpf has no words for. */
struct bee__legacy_map {
	char *name;
	uint32_t id;      /* 0: none */
	uint32_t pinning; /* BEE_PIN_ */
	char space[256];  /* the folder of gobpf's pins */
	bool is_gobpf;
	uint32_t inner_id;  /* of the map whose shape this one's maps have; 0: none */
	uint32_t inner_idx; /* where this one is put into the map that has its id as inner_id */
};

enum { BEE_PIN_NONE, BEE_PIN_OBJECT, BEE_PIN_GLOBAL };

/* Rewrite mod->elf, if it is such an object, into mod->legacy_elf, and note its maps. */
int bee__legacy_open(struct bee_module *mod);
/* Before its maps are made: those that are pinned, and the shapes of inner ones. */
int bee__legacy_share(struct bee_module *mod);
/* When all is loaded: maps into maps, and the programs of sections "id/key" into arrays of programs. */
int bee__legacy_fill(struct bee_module *mod);
void bee__legacy_free(struct bee_module *mod);

/* Is it a section like "3/0": a program that is called by one of these arrays? */
int bee__legacy_slot(const char *section, uint32_t *ret_id, uint32_t *ret_key);

/* sha1.c: as 40 hexadecimal digits and a NUL. */
void bee__sha1(const void *data, size_t size, char ret_hex[41]);

#endif
