// SPDX-License-Identifier: Apache-2.0
/* Perf events, of all CPUs or of a process; profile: samples of their clock; interval: one CPU's. */
#include <dirent.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../internal.h"
#include "perf.h"

#define NSEC_PER_SEC 1000000000ull

/*
 * A link's descriptor; -1: a kernel without links for perf events (before Linux 5.15) gave the program to
 * the event itself.
 */
static int give_program(struct bee__attach *at, int event, int *ret_fd)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = at->opts.cookie);
	int prog = bee_program_fd(at->prog),
	    fd = bpf_link_create(prog, event, BPF_PERF_EVENT, &opts);

	if (fd < 0 && fd != -EINVAL)
		return fd;
	if (fd < 0 && ioctl(event, PERF_EVENT_IOC_SET_BPF, prog))
		return -errno;
	*ret_fd = fd < 0 ? -1 : fd;
	return 0;
}

int bee__perf_try(struct bee__attach *at, struct perf_event_attr *attr, int pid, int cpu)
{
	int event = syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	int fd = -1, err;

	if (event < 0)
		return -errno;
	err = give_program(at, event, &fd);
	if (!err && ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		err = -errno;
	if (!err)
		return bee__attach_event(at, fd, event);
	if (fd >= 0)
		close(fd);
	close(event);
	return err;
}

/* The number that the kernel has given to a kind of event. */
static int read_pmu(const char *pmu)
{
	char path[64], *text;
	size_t size;
	int err;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", pmu);
	err = bee__read_file(path, &text, &size);
	if (err)
		return err;
	err = atoi(text);
	free(text);
	return err;
}

int bee__perf_probe(struct bee__attach *at, const char *pmu, const char *what, uint64_t offset,
		    bool is_return, int pid)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.config = is_return, /* by the pmu's file format/retprobe */
		.config1 = (uintptr_t)what,
		.config2 = offset,
	};
	int type = read_pmu(pmu);

	if (type < 0)
		return type;
	attr.type = type;
	return bee__perf_try(at, &attr, pid, pid < 0 ? 0 : -1);
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

int bee__perf_rate(struct bee__attach *at, const char *text, struct perf_event_attr *attr)
{
	size_t len = strcspn(text, ":");
	const char *number = text + len + 1;
	char *end;
	unsigned long value;

	for (size_t i = 0; i < BEE_LEN(units); i++) {
		if (!text[len] || strlen(units[i].name) != len || strncmp(units[i].name, text, len))
			continue;
		value = strtoul(number, &end, 10);
		if (end == number || *end || !value || value > NSEC_PER_SEC)
			return bee__attach_fail(at, -EINVAL, "'%s' is no rate: as hz:99 or ms:100",
						text);
		attr->freq = !units[i].nsec;
		if (attr->freq)
			attr->sample_freq = value;
		else
			attr->sample_period = value * units[i].nsec;
		return 0;
	}
	return -ENOENT;
}

/* A number alone is in hz for profile, in seconds for interval. */
static int read_clock(struct bee__attach *at, const char *text, const char *plain,
		      struct perf_event_attr *attr)
{
	char whole[64];
	int err = bee__perf_rate(at, text, attr);

	if (err != -ENOENT)
		return err;
	snprintf(whole, sizeof(whole), "%s:%.40s", plain, text);
	if (text[strspn(text, "0123456789")] == '\0' && *text)
		return bee__perf_rate(at, whole, attr);
	if (strchr(text, ':'))
		return bee__attach_fail(at, -EINVAL, "'%.*s' is no unit: hz, s, ms or us",
					(int)strcspn(text, ":"), text);
	return bee__attach_fail(at, -EINVAL, "expected %s:hz:99 or %s:ms:100", at->hook->name,
				at->hook->name);
}

/* ---- whose ------------------------------------------------------------------------------- */

/* "pid:1234:", where word is "pid:"; "cpu:1000" is the event of that name. */
static bool read_number(const char *word, const char **text, int *ret_number)
{
	const char *digits = *text + strlen(word);
	size_t len = strspn(digits, "0123456789");

	if (strncmp(*text, word, strlen(word)) || !len || len > 9 || digits[len] != ':')
		return false;
	*ret_number = atoi(digits);
	*text = digits + len + 1;
	return true;
}

const char *bee__perf_scope_read(const char *text, struct bee__perf_scope *scope)
{
	*scope = (struct bee__perf_scope){ .pid = -1, .cpu = -1 };
	while (read_number("pid:", &text, &scope->pid) || read_number("cpu:", &text, &scope->cpu))
		;
	return text;
}

/* The kernel's errno, in words for who asked for an event. */
static int refuse(struct bee__attach *at, const struct perf_event_attr *attr, int err)
{
	switch (err) {
	case -ENOMEM:
		return err;
	case -EINVAL:
		if (attr->freq)
			return bee__attach_fail(at, err,
						"it is more often than the kernel permits "
						"(/proc/sys/kernel/perf_event_max_sample_rate)");
		/* fall through */
	case -ENOENT:
	case -ENODEV:
	case -EOPNOTSUPP:
		return bee__attach_fail(at, -EOPNOTSUPP, "this machine counts no such events");
	default:
		return bee__attach_refused(at, err);
	}
}

/* A process is its threads, and those that they start. */
static int attach_threads(struct bee__attach *at, struct perf_event_attr *attr,
			  const struct bee__perf_scope *scope)
{
	const struct dirent *entry;
	char path[64];
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", scope->pid);
	dir = opendir(path);
	if (!dir)
		return bee__attach_fail(at, -ESRCH, "there is no process %d", scope->pid);
	attr->inherit = 1;
	while (!err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		err = bee__perf_try(at, attr, atoi(entry->d_name), scope->cpu);
		if (err == -ESRCH)
			err = 0; /* a thread that ended meanwhile */
	}
	closedir(dir);
	if (!err && !at->link->parts_len)
		return bee__attach_fail(at, -ESRCH, "process %d has ended", scope->pid);
	return err ? refuse(at, attr, err) : 0;
}

static int attach_cpus(struct bee__attach *at, struct perf_event_attr *attr)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;

	for (int cpu = 0; !err && cpu < cpus; cpu++) {
		err = bee__perf_try(at, attr, -1, cpu);
		/* A possible CPU need not be there now. */
		if (err == -ENODEV && cpu)
			err = 0;
	}
	return err ? refuse(at, attr, err) : 0;
}

int bee__perf_attach_all(struct bee__attach *at, struct perf_event_attr *attr,
			 const struct bee__perf_scope *scope)
{
	int err;

	if (scope->pid >= 0)
		return attach_threads(at, attr, scope);
	if (scope->cpu < 0)
		return attach_cpus(at, attr);
	err = scope->cpu < libbpf_num_possible_cpus() ? bee__perf_try(at, attr, -1, scope->cpu)
						      : -ENODEV;
	if (err == -ENODEV)
		return bee__attach_fail(at, err, "there is no CPU %d at work", scope->cpu);
	return err ? refuse(at, attr, err) : 0;
}

/* ---- the clock --------------------------------------------------------------------------- */

/* It ticks also where no task runs and the machine has no cycle counter. */
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
	struct bee__perf_scope scope;
	const char *text = bee__perf_scope_read(at->rest, &scope);
	int err = read_clock(at, text, "hz", &attr);

	return err ?: bee__perf_attach_all(at, &attr, &scope);
}

int bee__attach_interval(struct bee__attach *at)
{
	struct perf_event_attr attr = clock_attr();
	int err = read_clock(at, at->rest, "s", &attr);

	if (err)
		return err;
	err = bee__perf_try(at, &attr, -1, 0);
	return err ? refuse(at, &attr, err) : 0;
}
