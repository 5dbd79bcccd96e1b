/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Print each program that the machine starts; with a number, end after so many.
 * cc hello.c -o hello $(pkg-config --cflags --libs moonbee)
 */
#include <moonbee.h>
#include <stdio.h>
#include <stdlib.h>

static const char text[] = "struct event { u32 pid; char comm[TASK_COMM_LEN]; };\n"
			   "BPF_RINGBUF_OUTPUT(events, 16);\n"
			   "RAW_TRACEPOINT_PROBE(sched_process_exec)\n"
			   "{\n"
			   "	struct event e = { .pid = bpf_get_current_pid_tgid() >> 32 };\n"
			   "	bpf_get_current_comm(e.comm, sizeof(e.comm));\n"
			   "	return events.ringbuf_output(&e, sizeof(e), 0);\n"
			   "}\n";

static int on_event(void *ctx, const void *data, size_t size)
{
	const struct {
		uint32_t pid;
		char comm[16];
	} *e = data;

	printf("%u %s\n", e->pid, e->comm);
	return 0;
}

int main(int argc, char **argv)
{
	struct bee_source source = { .size = sizeof(source), .name = "hello.c", .text = text };
	char *end = NULL;
	long left = argc > 1 ? strtol(argv[1], &end, 10) : -1;
	struct bee_module *mod;
	struct bee_events *events;
	struct bee *bee;
	char why[4096];
	int n;

	if (end && (*end || end == argv[1])) {
		fprintf(stderr, "usage: hello [NUMBER]\n");
		return 2;
	}
	n = bee_open(NULL, &bee);
	if (n < 0)
		return 1;
	n = bee_load(bee, &source, NULL, &mod);
	if (!n)
		n = bee_events_open(bee_map_find(mod, "events"), on_event, NULL, NULL, &events);
	if (!n)
		n = bee_module_attach(mod);
	while (n >= 0 && left) {
		n = bee_dispatch(bee, -1, left > 0 ? left : 0);
		left -= left > 0 && n > 0 ? n : 0;
	}
	if (n < 0 && bee_error_text(bee, why, sizeof(why)))
		fprintf(stderr, "hello: %s\n", why);
	bee_close(bee);
	return n < 0;
}
