// SPDX-License-Identifier: Apache-2.0
/* Names of addresses in the kernel, as /proc/kallsyms tells them to whom it does. */
#include <inttypes.h>

#include "disasm.h"

static int by_address(const void *a, const void *b)
{
	uint64_t one = ((const struct bee__ksym *)a)->address;
	uint64_t two = ((const struct bee__ksym *)b)->address;

	return one < two ? -1 : one > two;
}

/* Call fn for each symbol until it gives true. */
static void each_ksym(bool (*fn)(void *ctx, uint64_t address, const char *name), void *ctx)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		char *end, *name;
		uint64_t address = strtoull(line, &end, 16);

		if (!address || end[0] != ' ' || !end[1] || end[2] != ' ')
			continue;
		name = end + 3;
		name[strcspn(name, "\t\n")] = '\0';
		if (fn(ctx, address, name))
			break;
	}
	if (file)
		fclose(file);
}

struct wanted {
	struct bee__ksym *list;
	size_t len;
};

static bool take_name(void *ctx, uint64_t address, const char *name)
{
	const struct bee__ksym key = { .address = address };
	struct wanted *wanted = ctx;
	struct bee__ksym *found = bsearch(&key, wanted->list, wanted->len, sizeof(key), by_address);

	if (found && !found->name[0])
		snprintf(found->name, sizeof(found->name), "%s", name);
	return false;
}

void bee__ksyms_find(struct bee__ksym *list, size_t len)
{
	struct wanted wanted = { list, len };

	if (!len)
		return;
	qsort(list, len, sizeof(*list), by_address);
	each_ksym(take_name, &wanted);
}

static bool take_address(void *ctx, uint64_t address, const char *name)
{
	struct bee__ksym *wanted = ctx;

	if (strcmp(name, wanted->name))
		return false;
	wanted->address = address;
	return true;
}

uint64_t bee__ksym_address(const char *name)
{
	struct bee__ksym wanted = { 0 };

	snprintf(wanted.name, sizeof(wanted.name), "%s", name);
	each_ksym(take_address, &wanted);
	return wanted.address;
}
