/* SPDX-License-Identifier: Apache-2.0 */
/* Worlds, and the record of what a program does in one. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

static void add_maps(struct oracle_world *world)
{
	for (size_t i = 0; i < world->image->maps_len; i++)
		oracle_add(world->states, world->states_len)->map = &world->image->maps[i];
}

/* A world changes its own copy of the global variables. */
static void add_data(struct oracle_world *world)
{
	world->data = oracle_alloc(world->image->data_len * sizeof(*world->data));
	for (size_t i = 0; i < world->image->data_len; i++) {
		const struct oracle_data *data = &world->image->data[i];
		struct oracle_region *region;

		world->data[i] = oracle_add_region(world, NULL, data->size);
		region = oracle_region_of(world, world->data[i]);
		memcpy(region->bytes, data->bytes, data->size);
		region->is_const = data->is_const;
	}
}

void oracle_open_world(struct oracle_world *world, const struct oracle_image *image,
		       const struct oracle_setting *setting)
{
	*world = (struct oracle_world){ .image = image, .setting = *setting };
	world->clock = 1000000;
	world->record = open_memstream(&world->text, &world->text_size);
	if (!world->record)
		oracle_die("out of memory");
	oracle_add_region(world, NULL, 0); /* address 0 of the tag stays unused */
	add_maps(world);
	add_data(world);
}

void oracle_close_world(struct oracle_world *world)
{
	for (size_t i = 0; i < world->states_len; i++) {
		for (size_t k = 0; k < world->states[i].len; k++)
			free(world->states[i].elements[k].key);
		free(world->states[i].elements);
	}
	for (size_t i = 0; i < world->regions_len; i++) {
		if (world->regions[i].is_owned)
			free(world->regions[i].bytes);
	}
	free(world->states);
	free(world->casts);
	free(world->regions);
	free(world->data);
	fclose(world->record);
	free(world->text);
}

void oracle_stop(struct oracle_world *world, const char *format, ...)
{
	va_list args;

	if (world->is_stopped)
		return;
	world->is_stopped = true;
	va_start(args, format);
	fputs("stopped: ", world->record);
	vfprintf(world->record, format, args);
	fputc('\n', world->record);
	va_end(args);
}

void oracle_record_bytes(struct oracle_world *world, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		fprintf(world->record, "%02x", bytes[i]);
}

void oracle_run(struct oracle_world *world, const struct oracle_program *program)
{
	uint64_t args[5] = { 0 }, result;

	world->program = program;
	world->is_stopped = world->is_left = false;
	world->steps = world->depth = 0;
	oracle_make_context(world);
	args[0] = world->context;
	fprintf(world->record, "run %s\n", program->name);
	result = oracle_call(world, program->start, args);
	if (!world->is_stopped && !world->is_left)
		fprintf(world->record, "return %d\n", (int)result);
}

static int compare_variables(const void *a, const void *b)
{
	return strcmp(((const struct oracle_variable *)a)->name,
		      ((const struct oracle_variable *)b)->name);
}

/* The compiler's own variables, and those that nothing can change, are no result. */
void oracle_record_variables(struct oracle_world *world)
{
	const struct oracle_image *image = world->image;

	if (image->variables_len)
		qsort(image->variables, image->variables_len, sizeof(image->variables[0]),
		      compare_variables);
	for (size_t i = 0; i < image->variables_len; i++) {
		const struct oracle_variable *var = &image->variables[i];
		const struct oracle_region *region =
			oracle_region_of(world, world->data[var->data]);

		if (image->data[var->data].is_const || !strncmp(var->name, "__bee_", 6))
			continue;
		fprintf(world->record, "variable %s = ", var->name);
		oracle_record_bytes(world, region->bytes + var->offset, var->size);
		fprintf(world->record, "\n");
	}
}
