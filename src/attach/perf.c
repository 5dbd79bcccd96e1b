// SPDX-License-Identifier: Apache-2.0
/* profile: samples of every CPU; interval: one CPU's clock. */
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "../internal.h"
#include "perf.h"

#define NSEC_PER_SEC 1000000000ull

int bee__perf_try(struct bee__attach *at, struct perf_event_attr *attr, int pid, int cpu)
{
	int fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC), err;
	struct bpf_link *part;

	if (fd < 0)
		return -errno;
	part = bpf_program__attach_perf_event(at->prog->bpf, fd);
	if (part)
		return bee__attach_part(at, part); /* the link owns the descriptor */
	err = -errno;
	close(fd);
	return err;
}

int bee__perf_attach(struct bee__attach *at, struct perf_event_attr *attr, int pid, int cpu)
{
	int err = bee__perf_try(at, attr, pid, cpu);

	return err && err != -ENOMEM ? bee__attach_refused(at, err) : err;
}

/* Units of a rate or a period, in nanoseconds; hz counts the other way. */
static const struct unit {
	const char *name;
	uint64_t nsec;
} units[] = {
	{ "hz", 0 },
	{ "s", NSEC_PER_SEC },
	{ "ms", NSEC_PER_SEC / 1000 },
	{ "us", NSEC_PER_SEC / 1000000 },
};

/* "hz:99", "s:1", "ms:100"; a number alone is in hz for profile, in seconds for interval. */
static int read_rate(struct bee__attach *at, const char *plain, struct perf_event_attr *attr)
{
	const char *colon = strchr(at->rest, ':');
	const char *word = colon ? at->rest : plain, *number = colon ? colon + 1 : at->rest;
	size_t len = colon ? (size_t)(colon - at->rest) : strlen(plain);
	char *end;
	unsigned long value = strtoul(number, &end, 10);

	if (end == number || *end || !value || value > NSEC_PER_SEC)
		return bee__attach_fail(at, -EINVAL, "expected %s:hz:99 or %s:ms:100",
					at->hook->name, at->hook->name);
	for (size_t i = 0; i < BEE_LEN(units); i++) {
		if (strlen(units[i].name) != len || strncmp(units[i].name, word, len))
			continue;
		attr->freq = !units[i].nsec;
		if (attr->freq)
			attr->sample_freq = value;
		else
			attr->sample_period = value * units[i].nsec;
		return 0;
	}
	return bee__attach_fail(at, -EINVAL, "'%.*s' is no unit: hz, s, ms or us", (int)len, word);
}

/* The clock that ticks also where no task runs and the machine has no cycle counter. */
static struct perf_event_attr clock_attr(void)
{
	return (struct perf_event_attr){
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.size = sizeof(struct perf_event_attr),
	};
}

int bee__attach_profile(struct bee__attach *at)
{
	struct perf_event_attr attr = clock_attr();
	int cpus = libbpf_num_possible_cpus();
	int err = read_rate(at, "hz", &attr);

	for (int cpu = 0; !err && cpu < cpus; cpu++) {
		err = bee__perf_try(at, &attr, -1, cpu);
		/* A possible CPU need not be there now. */
		if (err == -ENODEV)
			err = 0;
		else if (err)
			err = bee__attach_refused(at, err);
	}
	return err;
}

int bee__attach_interval(struct bee__attach *at)
{
	struct perf_event_attr attr = clock_attr();
	int err = read_rate(at, "s", &attr);

	return err ?: bee__perf_attach(at, &attr, -1, 0);
}
