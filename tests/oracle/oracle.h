/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An eBPF interpreter on pseudo kernel memory.
 *
 *     image    programs, maps and global variables of an object, or of a dump of BCC's
 *     world    the memory that programs run in, and the record of what they did
 *
 * Every kernel address can be read, and gives bytes that follow from the address alone. So two
 * programs that mean the same leave the same record, whatever instructions they are made of, and a
 * read of the wrong place, of the wrong width or in the wrong address space shows. Whether the
 * kernel's verifier would take a program is not asked here.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/bpf.h>

#define ORACLE_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* ---- image ------------------------------------------------------------------------------- */

/* What the source register of a 64-bit constant says once an image is read; 0: a plain number. */
enum {
	ORACLE_MAP = 1,  /* imm: index of the map */
	ORACLE_DATA = 2, /* imm: index of the section; imm of the second half: offset */
	ORACLE_CODE = 4, /* imm: index of the instruction: the kernel's BPF_PSEUDO_FUNC */
};

struct oracle_map {
	char *name;
	uint32_t kind, key_size, value_size, max_entries;
	struct oracle_map *inner; /* of a map of maps */
};

struct oracle_program {
	char *name;
	char *section; /* "kprobe/vfs_read"; "": not known */
	size_t start;  /* first instruction */
};

struct oracle_data {
	uint8_t *bytes;
	size_t size;
	size_t section; /* its index in the ELF file */
	bool is_const;
};

struct oracle_variable {
	char *name;
	size_t data, offset, size;
};

struct oracle_image {
	struct bpf_insn *insns; /* of all programs and their functions */
	size_t insns_len;
	struct oracle_map *maps;
	size_t maps_len;
	struct oracle_program *programs;
	size_t programs_len;
	struct oracle_data *data;
	size_t data_len;
	struct oracle_variable *variables;
	size_t variables_len;
};

/* Both say on stderr what is wrong, and exit: there is nothing to compare then. */
void oracle_read_elf(const void *elf, size_t size, struct oracle_image *image);
void oracle_read_dump(const char *path, struct oracle_image *image);
void oracle_free_image(struct oracle_image *image);

/* One more zeroed element at the end of an array. */
#define oracle_add(list, len) \
	((list) = oracle_grow(list, sizeof(*(list)), (len)++), &(list)[(len)-1])
void *oracle_grow(void *list, size_t elem_size, size_t len);
void *oracle_alloc(size_t size);
__attribute__((noreturn, format(printf, 1, 2))) void oracle_die(const char *format, ...);

/* ---- world ------------------------------------------------------------------------------- */

enum oracle_fill {
	ORACLE_RANDOM, /* any bytes */
	ORACLE_SMALL,  /* small numbers, many zeros: what lengths, states and flags look like */
	ORACLE_ZERO,
};

/* How a world is made. */
struct oracle_setting {
	enum oracle_fill fill;
	uint32_t seed;
	bool is_full;      /* a lookup of a key that nobody has put finds a made-up value */
	bool is_one_space; /* user addresses hold what kernel addresses hold */
	size_t packet;     /* which of the packets a packet program is given */
};

struct oracle_element {
	uint8_t *key, *value;
	uint64_t address; /* of the value */
};

struct oracle_state {
	const struct oracle_map *map;
	struct oracle_element *elements;
	size_t len;
};

struct oracle_region {
	uint8_t *bytes;
	uint8_t *is_set; /* a flag a byte; NULL: all of them are */
	size_t size;
	bool is_const;
	bool is_owned; /* bytes are freed with the world */
};

struct oracle_world {
	const struct oracle_image *image;
	struct oracle_setting setting;
	const struct oracle_program *program; /* that runs */
	bool is_typed; /* the verifier knows kernel pointers of this program: plain loads read them */
	bool is_packet; /* its context is a __sk_buff */
	bool is_xdp;
	uint64_t context, packet; /* addresses */
	size_t packet_size;
	struct oracle_region *regions;
	size_t regions_len;
	struct oracle_state *states; /* of maps; those of the image come first */
	size_t states_len;
	uint64_t *data; /* addresses of the image's data */
	uint64_t clock, random;
	size_t steps, depth;
	bool is_stopped; /* something cannot go on: the record says what */
	bool is_left;    /* a tail call has left the program */
	FILE *record;
	char *text; /* what is in the record */
	size_t text_size;
	size_t unset; /* reads of stack that nobody wrote */
	uint64_t *casts; /* addresses that were made pointers: plain loads read what is near */
	size_t casts_len;
};

void oracle_open_world(struct oracle_world *world, const struct oracle_image *image,
		       const struct oracle_setting *setting);
void oracle_close_world(struct oracle_world *world);

/* Run a program once, and record what it does and returns. */
void oracle_run(struct oracle_world *world, const struct oracle_program *program);
/* Record what the maps and variables hold. */
void oracle_record_maps(struct oracle_world *world);
void oracle_record_variables(struct oracle_world *world);
void oracle_record_bytes(struct oracle_world *world, const uint8_t *bytes, size_t size);
__attribute__((format(printf, 2, 3))) void oracle_stop(struct oracle_world *world,
						       const char *format, ...);

/* ---- memory ------------------------------------------------------------------------------ */

enum oracle_space {
	ORACLE_PLAIN,  /* a load: the program's own memory, and the kernel's where it is typed */
	ORACLE_KERNEL, /* probe reads */
	ORACLE_USER,
	ORACLE_EITHER, /* whichever the address is in, as on x86 */
};

/* The address of a region that the world then owns if bytes is NULL, else the caller. */
uint64_t oracle_add_region(struct oracle_world *world, uint8_t *bytes, size_t size);
struct oracle_region *oracle_region_of(struct oracle_world *world, uint64_t address);
uint8_t oracle_kernel_byte(const struct oracle_world *world, uint64_t address);
bool oracle_read(struct oracle_world *world, uint64_t address, void *to, size_t size,
		 enum oracle_space space);
/* The one kernel function that moonbee's programs call: bpf_rdonly_cast(). */
uint64_t oracle_cast(struct oracle_world *world, uint64_t address);
bool oracle_write(struct oracle_world *world, uint64_t address, const void *from, size_t size);
/* Bytes of an address up to a NUL, at most size, a NUL always: the length with it. */
size_t oracle_read_text(struct oracle_world *world, uint64_t address, char *to, size_t size,
			enum oracle_space space);
/* The context of the program that runs, and its packet. */
void oracle_make_context(struct oracle_world *world);

/* ---- maps -------------------------------------------------------------------------------- */

/* What a register holds that points to a map. */
uint64_t oracle_map_address(size_t index);
/* NULL, and the world stops: no map. */
struct oracle_state *oracle_state_of(struct oracle_world *world, uint64_t address);
/* The address of the value; 0: no such key. */
uint64_t oracle_lookup(struct oracle_world *world, struct oracle_state *state, const uint8_t *key);
int oracle_update(struct oracle_world *world, struct oracle_state *state, const uint8_t *key,
		  const uint8_t *value, uint64_t flags);
int oracle_delete(struct oracle_state *state, const uint8_t *key);

/* ---- code -------------------------------------------------------------------------------- */

/* Call a function of the image, a program or a callback. */
uint64_t oracle_call(struct oracle_world *world, size_t start, const uint64_t args[5]);
typedef uint64_t (*oracle_helper_fn)(struct oracle_world *world, const uint64_t *args);
/* NULL: no helper of maps has this number. */
oracle_helper_fn oracle_map_helper(uint32_t number);
/* Memory of the program's, copied out; the caller frees it. */
uint8_t *oracle_take(struct oracle_world *world, uint64_t address, size_t size);
/* Call a helper by its number. */
uint64_t oracle_help(struct oracle_world *world, uint32_t number, const uint64_t args[5]);

#endif
