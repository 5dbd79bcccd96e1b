/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary bytes as an object file, opened but not loaded, and all that can be asked of it. */
#include "fuzz.h"
#include "internal.h"

static void ask_type(const struct bee_type *type, int depth)
{
	static const char bytes[64];
	int64_t value;

	if (!type || depth > 8)
		return;
	if (type->size <= sizeof(bytes))
		bee_value_get_int(type, bytes, &value);
	for (uint32_t i = 0; i < type->fields_len && i < 16; i++)
		ask_type(type->fields[i].type, depth + 1);
	ask_type(type->elem, depth + 1);
}

static void ask(struct bee_module *mod)
{
	struct bee_program *prog = NULL;
	struct bee_map *map = NULL;

	while ((prog = bee_program_next(mod, prog)))
		require(bee_program_name(prog) && bee_program_section(prog));
	while ((map = bee_map_next(mod, map))) {
		require(bee_map_name(map) && bee_map_kind(map));
		ask_type(bee_map_key_type(map), 0);
		ask_type(bee_map_value_type(map), 0);
		ask_type(bee_map_event_type(map), 0);
	}
	ask_type(bee_type_find(mod, "struct event"), 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bee_load_opts opts = { .size = sizeof(opts) };
	struct bee_module *mod;
	struct bee *bee;

	require(!bee_open(NULL, &bee));
	if (!bee__object_open(bee, copy_of(data, size), size, &opts, &mod))
		ask(mod);
	bee_close(bee);
	return 0;
}
