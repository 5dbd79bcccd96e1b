/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processor time of a consumer in C for each event: by libbpf's ring_buffer__poll(), which is woken for
 * each, or by bee_dispatch().
 *
 * usage: events libbpf|moonbee SOURCE.c COMMAND...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "bench.h"

struct event {
	uint64_t ts;
	uint32_t pid, cpu;
	char comm[16];
	uint64_t id;
};

static struct {
	uint64_t count, sum;
} seen;

/* Three fields of each event are read. */
static int on_event(void *ctx, const void *data, size_t size)
{
	const struct event *e = data;

	seen.sum += e->id + e->pid + e->comm[0];
	seen.count++;
	return 0;
}

static int on_libbpf_event(void *ctx, void *data, size_t size)
{
	return on_event(ctx, data, size);
}

static double cpu_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	execvp(argv[0], argv);
	_exit(127);
}

static void consume(struct bee *bee, struct bee_map *map, bool by_libbpf, pid_t pid)
{
	struct ring_buffer *ring = NULL;
	struct bee_events *events;
	bool is_over = false;

	if (by_libbpf)
		ring = ring_buffer__new(bee_map_fd(map), on_libbpf_event, NULL, NULL);
	if (by_libbpf ? !ring : bee_events_open(map, on_event, NULL, NULL, &events))
		fail(bee, "subscribing");
	for (;;) {
		uint64_t before = seen.count;
		int err = by_libbpf ? ring_buffer__poll(ring, 100) : bee_dispatch(bee, 100, 0);

		if (err < 0)
			fail(bee, "waiting");
		if (is_over && seen.count == before)
			break;
		if (!is_over && err == 0)
			is_over = waitpid(pid, NULL, WNOHANG) == pid;
	}
	ring_buffer__free(ring);
}

int main(int argc, char **argv)
{
	struct bee_module *mod;
	struct bee *bee;
	uint64_t produced;
	double before;

	if (argc < 4) {
		fprintf(stderr, "usage: events libbpf|moonbee SOURCE.c COMMAND...\n");
		return 2;
	}
	mod = load_file(argv[2], &bee);
	if (bee_module_attach(mod) < 0)
		fail(bee, "attaching");
	before = cpu_ns();
	consume(bee, bee_map_find(mod, "events"), !strcmp(argv[1], "libbpf"), start(argv + 3));
	produced = *(uint64_t *)bee_var_find(mod, "produced")->data;
	printf("C, %s: %.0f ns an event; %llu produced, %llu received\n", argv[1],
	       (cpu_ns() - before) / seen.count, (unsigned long long)produced,
	       (unsigned long long)seen.count);
	bee_close(bee);
	return 0;
}
