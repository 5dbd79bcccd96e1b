// SPDX-License-Identifier: Apache-2.0
/*
 * Histograms as the text that BCC's users know: a map counts by slot, or by a struct with a slot in
 * it, which makes a histogram for each value of the other fields.
 */
#include <inttypes.h>

#include "internal.h"

#define STARS      40
#define LOG2_SLOTS 64
#define ROWS_MAX   65536 /* lines of one linear histogram */

/* What one element says. */
struct row {
	char *label; /* "pid = 7"; "" for a map whose key is the slot itself */
	int64_t slot;
	uint64_t count;
};

struct rows {
	struct row *list;
	size_t len;
	size_t room;
};

static void free_rows(struct rows *rows)
{
	for (size_t i = 0; i < rows->len; i++)
		free(rows->list[i].label);
	free(rows->list);
}

/* The row takes label, which is freed also when this fails. */
static int add_row(struct rows *rows, char *label, int64_t slot, uint64_t count)
{
	size_t room = rows->room ? rows->room * 2 : 64;
	struct row *list;

	if (rows->len == rows->room) {
		list = realloc(rows->list, room * sizeof(*list));
		if (!list) {
			free(label);
			return -ENOMEM;
		}
		rows->list = list;
		rows->room = room;
	}
	rows->list[rows->len++] = (struct row){ label, slot, count };
	return 0;
}

/* ---- reading the map --------------------------------------------------------------------- */

/* The field of the slot: by its name, else the last one. */
static const struct bee_field *slot_field(const struct bee_type *key)
{
	const struct bee_field *field = bee_field_find(key, "slot");

	return field || !key->fields_len ? field : &key->fields[key->fields_len - 1];
}

static char *take_label(const struct bee_type *key, const struct bee_field *slot, const void *data)
{
	struct bee__text label = { 0 };

	bee__text_add(&label, "", 0);
	for (uint32_t i = 0; i < key->fields_len; i++) {
		const struct bee_field *field = &key->fields[i];

		if (field == slot)
			continue;
		bee__text_printf(&label, "%s%s = ", label.len ? ", " : "", field->name);
		bee__field_text(&label, field, data);
	}
	if (!label.failed)
		return label.data;
	bee__text_free(&label);
	return NULL;
}

static int read_element(const struct bee_map *map, const void *key, const char *value,
			struct rows *rows)
{
	const struct bee_field *field = NULL;
	int64_t slot, count, sum = 0;
	int err = 0;
	char *label;

	if (map->key->kind == BEE_KIND_STRUCT)
		field = slot_field(map->key);
	err = field ? bee_field_get_int(field, key, &slot)
		    : bee_value_get_int(map->key, key, &slot);
	for (uint32_t cpu = 0; !err && cpu < map->cpus; cpu++) {
		err = bee_value_get_int(map->value, value + (size_t)cpu * map->stride, &count);
		sum += count;
	}
	if (err)
		return err;
	label = take_label(map->key, field, key);
	return label ? add_row(rows, label, slot, sum) : -ENOMEM;
}

static int read_map(const struct bee_map *map, struct rows *rows)
{
	const void *key, *value;
	struct bee_walk *walk;
	int err = bee_walk_open(map, &walk);

	if (err)
		return err;
	while ((err = bee_walk_next(walk, &key, &value)) == 1) {
		err = read_element(map, key, value, rows);
		if (err)
			break;
	}
	bee_walk_close(walk);
	return err;
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *left = a, *right = b;
	int order = strcmp(left->label, right->label);

	return order ?: (left->slot > right->slot) - (left->slot < right->slot);
}

/* ---- drawing ----------------------------------------------------------------------------- */

/* Rows of one label, by slot, none of them 0. */
struct group {
	const struct row *rows;
	size_t len;
	uint64_t max;
};

static void add_stars(struct bee__text *out, uint64_t count, uint64_t max)
{
	int len = (unsigned __int128)count * STARS / max;

	bee__text_printf(out, "|%.*s%*s|", len, "****************************************",
			 STARS - len, "");
}

/* Slot n counts values from 2^(n-1) on; slot 1 counts 0 too, and slot 0 nothing else. */
static void add_log2(struct bee__text *out, int64_t slot, uint64_t count, int width)
{
	uint64_t low = slot > 1 ? 1ull << (slot - 1) : 0;
	uint64_t high = slot > 1 ? low + (low - 1) : (uint64_t)slot;

	bee__text_printf(out, "%*" PRIu64 " -> %-*" PRIu64 " : %-8" PRIu64 " ", width, low, width,
			 high, count);
}

static int draw(struct bee__text *out, const struct group *group, const struct bee_hist_opts *opts)
{
	int64_t first = group->rows[0].slot, last = group->rows[group->len - 1].slot;
	int width = last > 32 ? 20 : 10;
	const char *unit = opts->unit ? opts->unit : "";
	size_t at = 0;

	if (opts->is_linear) {
		if ((uint64_t)last - (uint64_t)first >= ROWS_MAX)
			return -E2BIG;
		bee__text_printf(out, "     %-8s : count    distribution", unit);
	} else {
		if (first < 0 || last > LOG2_SLOTS)
			return -ERANGE;
		first = first ? 1 : 0;
		bee__text_printf(out, "%*s%-*s : count    distribution", width / 2, "",
				 width * 2 - width / 2 + 4, unit);
	}
	for (int64_t slot = first; slot <= last; slot++) {
		uint64_t count = group->rows[at].slot == slot ? group->rows[at++].count : 0;

		bee__text_add(out, "\n", 1);
		if (opts->is_linear)
			bee__text_printf(out, "     %-8" PRId64 " : %-8" PRIu64 " ", slot, count);
		else
			add_log2(out, slot, count, width);
		add_stars(out, count, group->max);
	}
	return 0;
}

/* Sorted rows: drop those that count nothing, and join what counts the same slot of a label. */
static void join_rows(struct rows *rows)
{
	size_t len = 0;

	for (size_t i = 0; i < rows->len; i++) {
		struct row *row = &rows->list[i], *last = len ? &rows->list[len - 1] : NULL;

		if (last && row->count && !compare_rows(last, row)) {
			last->count += row->count;
			free(row->label);
		} else if (row->count) {
			rows->list[len++] = *row;
		} else {
			free(row->label);
		}
	}
	rows->len = len;
}

static int draw_all(struct bee__text *out, const struct rows *rows,
		    const struct bee_hist_opts *opts)
{
	int err = 0;

	for (size_t at = 0; !err && at < rows->len;) {
		struct group group = { .rows = &rows->list[at] };

		for (; at < rows->len && !strcmp(rows->list[at].label, group.rows->label); at++) {
			group.len++;
			if (rows->list[at].count > group.max)
				group.max = rows->list[at].count;
		}
		if (out->len)
			bee__text_add(out, "\n\n", 2);
		if (*group.rows->label)
			bee__text_printf(out, "%s\n", group.rows->label);
		err = draw(out, &group, opts);
	}
	if (!rows->len)
		bee__text_printf(out, "(empty)");
	return err ?: out->failed ? -ENOMEM : 0;
}

int bee_map_hist(const struct bee_map *map, const struct bee_hist_opts *opts, char **ret_text)
{
	struct bee_hist_opts asked;
	struct bee__text out = { 0 };
	struct rows rows = { 0 };
	int err;

	err = bee__copy_opts(NULL, BEE_STAGE_MAP, BEE__SIZED(bee_hist_opts, is_linear), &asked,
			     opts);
	err = err ?: read_map(map, &rows);
	if (!err) {
		if (rows.len)
			qsort(rows.list, rows.len, sizeof(*rows.list), compare_rows);
		join_rows(&rows);
		err = draw_all(&out, &rows, &asked);
	}
	free_rows(&rows);
	if (err) {
		bee__text_free(&out);
		return err;
	}
	*ret_text = out.data;
	return 0;
}
