// SPDX-License-Identifier: Apache-2.0
/* software, hardware: each so many events that the kernel, or the processor, counts. */
#include <linux/perf_event.h>

#include "../list.h"
#include "perf.h"

#define SOFTWARE PERF_TYPE_SOFTWARE
#define HARDWARE PERF_TYPE_HARDWARE

/* Newer than the oldest headers that this is built with. */
#define SW_CGROUP_SWITCHES 11

// clang-format off
static const struct counter {
	unsigned int type, config;
	const char *name;
	const char *alias;	/* as perf also says it; NULL: none */
	unsigned int period;	/* where the target says none: rare events one by one */
} counters[] = {
	{ SOFTWARE, PERF_COUNT_SW_CPU_CLOCK,		"cpu-clock",		"cpu",		1000000 },
	{ SOFTWARE, PERF_COUNT_SW_TASK_CLOCK,		"task-clock",		NULL,		1000000 },
	{ SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS,		"page-faults",		"faults",	100 },
	{ SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES,	"context-switches",	"cs",		1000 },
	{ SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS,	"cpu-migrations",	"migrations",	1 },
	{ SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN,	"minor-faults",		NULL,		100 },
	{ SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ,	"major-faults",		NULL,		1 },
	{ SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS,	"alignment-faults",	NULL,		1 },
	{ SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS,	"emulation-faults",	NULL,		1 },
	{ SOFTWARE, PERF_COUNT_SW_DUMMY,		"dummy",		NULL,		1 },
	{ SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT,		"bpf-output",		NULL,		1 },
	{ SOFTWARE, SW_CGROUP_SWITCHES,			"cgroup-switches",	NULL,		1000 },
	{ HARDWARE, PERF_COUNT_HW_CPU_CYCLES,		"cpu-cycles",		"cycles",	1000000 },
	{ HARDWARE, PERF_COUNT_HW_INSTRUCTIONS,		"instructions",		NULL,		1000000 },
	{ HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES,	"cache-references",	NULL,		1000000 },
	{ HARDWARE, PERF_COUNT_HW_CACHE_MISSES,		"cache-misses",		NULL,		1000000 },
	{ HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS,	"branch-instructions",	"branches",	100000 },
	{ HARDWARE, PERF_COUNT_HW_BRANCH_MISSES,	"branch-misses",	NULL,		100000 },
	{ HARDWARE, PERF_COUNT_HW_BUS_CYCLES,		"bus-cycles",		NULL,		100000 },
	{ HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, "stalled-cycles-frontend", "frontend-stalls", 1000000 },
	{ HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND, "stalled-cycles-backend", "backend-stalls", 1000000 },
	{ HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES,	"ref-cycles",		NULL,		1000000 },
};
// clang-format on

static bool is_word(const char *word, const char *text, size_t len)
{
	return word && strlen(word) == len && !strncmp(word, text, len);
}

static const struct counter *find_counter(unsigned int type, const char *name, size_t len)
{
	for (size_t i = 0; i < BEE_LEN(counters); i++)
		if (counters[i].type == type &&
		    (is_word(counters[i].name, name, len) || is_word(counters[i].alias, name, len)))
			return &counters[i];
	return NULL;
}

static int refuse_name(struct bee__attach *at, unsigned int type, const char *name, size_t len)
{
	struct bee__text names = { 0 };

	for (size_t i = 0; i < BEE_LEN(counters); i++)
		if (counters[i].type == type)
			bee__text_printf(&names, "%s%s", names.data ? ", " : "", counters[i].name);
	bee__attach_fail(at, -ENOENT, "there is no %s event '%.*s'", at->hook->name, (int)len,
			 name);
	bee__hint(at->bee, "one of: %s", names.data ? names.data : "");
	bee__text_free(&names);
	return -ENOENT;
}

/* "cache-misses", or what the processor's manual gives as a number: "0x4f2e". */
static int read_event(struct bee__attach *at, const char *text, size_t len, unsigned int type,
		      struct perf_event_attr *attr)
{
	const struct counter *counter = find_counter(type, text, len);
	char *end;

	attr->type = type;
	if (counter) {
		attr->config = counter->config;
		attr->sample_period = counter->period;
		return 0;
	}
	if (type != HARDWARE || strncmp(text, "0x", 2))
		return refuse_name(at, type, text, len);
	attr->type = PERF_TYPE_RAW;
	attr->config = strtoull(text, &end, 16);
	attr->sample_period = 1000000;
	return end == text + len ? 0 : refuse_name(at, type, text, len);
}

/* Each so many events, "1000", or so many times a second, "hz:99". */
static int read_period(struct bee__attach *at, const char *text, struct perf_event_attr *attr)
{
	unsigned long long period;
	char *end;

	if (!strncmp(text, "hz:", 3))
		return bee__perf_rate(at, text, attr);
	period = strtoull(text, &end, 10);
	if (end == text || *end || !period)
		return bee__attach_fail(at, -EINVAL, "'%s' is no number of events", text);
	attr->sample_period = period;
	return 0;
}

static int attach_counter(struct bee__attach *at, unsigned int type)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	struct bee__perf_scope scope;
	const char *text = bee__perf_scope_read(at->rest, &scope);
	size_t len = strcspn(text, ":");
	int err = read_event(at, text, len, type, &attr);

	if (!err && text[len])
		err = read_period(at, text + len + 1, &attr);
	return err ?: bee__perf_attach_all(at, &attr, &scope);
}

int bee__attach_software(struct bee__attach *at)
{
	return attach_counter(at, SOFTWARE);
}

int bee__attach_hardware(struct bee__attach *at)
{
	return attach_counter(at, HARDWARE);
}

int bee__list_counters(struct bee__list *list)
{
	unsigned int type = strcmp(list->at.hook->name, "hardware") ? SOFTWARE : HARDWARE;
	int err = 0;

	for (size_t i = 0; i < BEE_LEN(counters) && !err; i++) {
		if (counters[i].type != type || !bee__list_wants(list, counters[i].name))
			continue;
		bee__list_begin(list);
		err = bee__list_give(list, counters[i].name, "");
	}
	return err;
}
