/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of a world. An address with the tag of regions is in one of them: a stack frame, a map's
 * value, the context. All others are the kernel's or a user's, and made up.
 */
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

/* No pseudo memory gives a pointer like this but by a chance of 1 in 65536, and then repeatably. */
#define REGION_TAG   0xbee5ull
#define REGIONS_MAX  65536
#define USER_TOP     (1ull << 47)      /* user addresses of x86 are below */
#define CONTEXT_SIZE (64 * 1024 + 512) /* a tracepoint's __data_loc reaches 64 KiB far */

static uint64_t address_of(size_t index)
{
	return REGION_TAG << 48 | (uint64_t)index << 32;
}

uint64_t oracle_add_region(struct oracle_world *world, uint8_t *bytes, size_t size)
{
	struct oracle_region *region;

	if (world->regions_len == REGIONS_MAX) {
		oracle_stop(world, "more memory than the oracle has");
		return 0;
	}
	region = oracle_add(world->regions, world->regions_len);
	region->is_owned = !bytes;
	region->bytes = bytes ? bytes : oracle_alloc(size);
	region->size = size;
	return address_of(world->regions_len - 1);
}

struct oracle_region *oracle_region_of(struct oracle_world *world, uint64_t address)
{
	size_t index = address >> 32 & 0xffff;

	if (address >> 48 != REGION_TAG || index >= world->regions_len)
		return NULL;
	return &world->regions[index];
}

static uint64_t mix(uint64_t value)
{
	value = (value ^ value >> 31) * 0x7fb5d329728ea185ull;
	value = (value ^ value >> 27) * 0x81dadef4bc2dd44dull;
	return value ^ value >> 33;
}

uint8_t oracle_kernel_byte(const struct oracle_world *world, uint64_t address)
{
	uint64_t value = mix(address + mix(world->setting.seed + 1));

	switch (world->setting.fill) {
	case ORACLE_RANDOM:
		return value;
	case ORACLE_SMALL: /* an odd byte is 0, so that wider numbers are small or sparse too */
		return address & 1 ? 0 : value & 3;
	default:
		return 0;
	}
}

static uint8_t pseudo_byte(const struct oracle_world *world, uint64_t address,
			   enum oracle_space space)
{
	bool is_user = space == ORACLE_USER || (space == ORACLE_EITHER && address < USER_TOP);

	if (is_user && !world->setting.is_one_space)
		address ^= 0x5a5a000000000000ull;
	return oracle_kernel_byte(world, address);
}

static void note_unset(struct oracle_world *world, const struct oracle_region *region,
		       size_t offset, size_t size)
{
	for (size_t i = offset; region->is_set && i < offset + size && i < region->size; i++) {
		if (!region->is_set[i]) {
			world->unset++;
			return;
		}
	}
}

uint64_t oracle_cast(struct oracle_world *world, uint64_t address)
{
	world->casts = oracle_grow(world->casts, sizeof(*world->casts), world->casts_len);
	world->casts[world->casts_len++] = address;
	return address;
}

/* Is this within the largest of kernel structs from a number that was cast? */
static bool is_cast(const struct oracle_world *world, uint64_t address)
{
	for (size_t i = 0; i < world->casts_len; i++)
		if (address - world->casts[i] + 0x8000 < 0x10000)
			return true;
	return false;
}

bool oracle_read(struct oracle_world *world, uint64_t address, void *to, size_t size,
		 enum oracle_space space)
{
	const struct oracle_region *region = oracle_region_of(world, address);
	size_t offset = (uint32_t)address;
	uint8_t *bytes = to;

	if (!region) {
		if (space == ORACLE_PLAIN && !world->is_typed && !is_cast(world, address)) {
			oracle_stop(world, "a plain load of kernel memory");
			return false;
		}
		for (size_t i = 0; i < size; i++)
			bytes[i] = pseudo_byte(world, address + i, space);
		return true;
	}
	if (space == ORACLE_PLAIN && offset + size > region->size) {
		oracle_stop(world, "a load beyond its memory");
		return false;
	}
	note_unset(world, region, offset, size);
	for (size_t i = 0; i < size; i++)
		bytes[i] = offset + i < region->size ? region->bytes[offset + i] : 0;
	return true;
}

bool oracle_write(struct oracle_world *world, uint64_t address, const void *from, size_t size)
{
	struct oracle_region *region = oracle_region_of(world, address);
	size_t offset = (uint32_t)address;

	if (!region || region->is_const || offset + size > region->size) {
		oracle_stop(world, region ? "a store beyond its memory, or to a constant"
					  : "a store to kernel memory");
		return false;
	}
	memcpy(region->bytes + offset, from, size);
	if (region->is_set)
		memset(region->is_set + offset, 1, size);
	return true;
}

size_t oracle_read_text(struct oracle_world *world, uint64_t address, char *to, size_t size,
			enum oracle_space space)
{
	for (size_t i = 0; i + 1 < size; i++) {
		if (!oracle_read(world, address + i, to + i, 1, space))
			break;
		if (!to[i])
			return i + 1;
	}
	if (size)
		to[size - 1] = '\0';
	return size;
}

/* ---- contexts ---------------------------------------------------------------------------- */

static bool starts(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static bool is_any_of(const char *section, const char *const *starts_of, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (starts(section, starts_of[i]))
			return true;
	}
	return false;
}

/* By its section, as libbpf tells the type of a program. */
static void classify(struct oracle_world *world)
{
	static const char *const typed[] = { "fentry", "fexit", "fmod_ret", "lsm",
					     "tp_btf", "iter",  "struct",   "freplace" };
	static const char *const packets[] = { "socket",     "tc",         "classifier", "action",
					       "cgroup_skb", "cgroup/skb", "lwt",        "sk_skb",
					       "tcx",        "netkit",     "cgroup_skb/" };
	const char *section = world->program->section;

	world->is_typed = is_any_of(section, typed, ORACLE_LEN(typed));
	world->is_packet = is_any_of(section, packets, ORACLE_LEN(packets));
	world->is_xdp = starts(section, "xdp");
}

static const struct {
	const char *name;
	const char *hex;
} packets[] = {
	{ "HTTP over TCP", "ffffffffffff001122334455"
			   "0800"
			   "4500005c00004000400600000a0000010a000002"
			   "1f90005000000001000000025018ffff00000000"
			   "474554202f20485454502f312e310d0a7878787878787878787878787878" },
	{ "TCP in VXLAN in UDP", "0011223344550a0b0c0d0e0f0800"
				 "4500007800004000401100000a0000010a000002"
				 "003512b500640000"
				 "0800000000002a00"
				 "ffffffffffff0011223344550800"
				 "4500005400004000400600000a0000010a000002"
				 "1f90005000000001000000025018ffff00000000"
				 "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a" },
	{ "ARP", "0011223344550a0b0c0d0e0f0806"
		 "0001080006040001aabbccddeeff0a00000100000000000a000002"
		 "000000000000000000000000000000000000" },
};

static size_t fill_packet(const char *hex, uint8_t *bytes)
{
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++)
		sscanf(hex + 2 * i, "%2hhx", &bytes[i]);
	return len;
}

static void make_packet(struct oracle_world *world, uint8_t *context)
{
	const char *hex = packets[world->setting.packet % ORACLE_LEN(packets)].hex;
	uint64_t address = oracle_add_region(world, NULL, strlen(hex) / 2);
	uint8_t *bytes = oracle_region_of(world, address)->bytes;
	uint32_t len = fill_packet(hex, bytes);

	world->packet = address;
	world->packet_size = len;
	if (world->is_packet) {
		memcpy(context + offsetof(struct __sk_buff, len), &len, sizeof(len));
		memset(context + offsetof(struct __sk_buff, protocol), 0, sizeof(uint32_t));
		memcpy(context + offsetof(struct __sk_buff, protocol), bytes + 12, 2);
	}
}

/* Nothing is known of a context but its address, so its bytes are made up as kernel memory is. */
void oracle_make_context(struct oracle_world *world)
{
	uint8_t *bytes;

	classify(world);
	world->context = oracle_add_region(world, NULL, CONTEXT_SIZE);
	bytes = oracle_region_of(world, world->context)->bytes;
	for (size_t i = 0; i < CONTEXT_SIZE; i++)
		bytes[i] = oracle_kernel_byte(world, 0xc0de00000000ull + i);
	world->packet_size = 0;
	if (world->is_packet || world->is_xdp)
		make_packet(world, bytes);
}
