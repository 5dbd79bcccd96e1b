/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moonbee in an application's own loop, which waits for three things: moonbee's one descriptor, a
 * timer and Ctrl-C. Each program that starts is printed, and each second how many a parent has
 * started; with a number, it ends after so many seconds.
 * cc epoll.c -o epoll $(pkg-config --cflags --libs moonbee)
 */
#include <errno.h>
#include <moonbee.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define BUDGET 256 /* events served before the loop looks at the other descriptors again */

static const char text[] =
	"struct start { u32 pid; u32 parent; char comm[TASK_COMM_LEN]; };\n"
	"BPF_RINGBUF_OUTPUT(starts, 16);\n"
	"BPF_HASH(counts, u32, u64);\n"
	"RAW_TRACEPOINT_PROBE(sched_process_exec)\n"
	"{\n"
	"	struct task_struct *task = (struct task_struct *)bpf_get_current_task();\n"
	"	struct start s = { .pid = task->tgid, .parent = task->real_parent->tgid };\n"
	"	bpf_get_current_comm(s.comm, sizeof(s.comm));\n"
	"	counts.increment(s.parent);\n"
	"	return starts.ringbuf_output(&s, sizeof(s), 0);\n"
	"}\n";

struct app {
	struct bee *bee;
	struct bee_map *counts;
	int epoll_fd, timer_fd, signal_fd;
	long seconds_left; /* below 0: for ever */
};

static int on_start(void *ctx, const void *data, size_t size)
{
	const struct {
		uint32_t pid, parent;
		char comm[16];
	} *start = data;

	printf("%u started %u %s\n", start->parent, start->pid, start->comm);
	return 0;
}

static int start_tool(struct app *app)
{
	struct bee_source source = { .size = sizeof(source), .name = "epoll.c", .text = text };
	struct bee_events *events;
	struct bee_module *mod;
	int err = bee_load(app->bee, &source, NULL, &mod);

	if (err)
		return err;
	app->counts = bee_map_find(mod, "counts");
	err = bee_events_open(bee_map_find(mod, "starts"), on_start, app, NULL, &events);
	if (err)
		return err;
	err = bee_module_attach(mod); /* the number of links */
	return err < 0 ? err : 0;
}

static int print_counts(const struct app *app)
{
	const void *key, *value;
	struct bee_walk *walk;
	int n = bee_walk_open(app->counts, &walk);

	if (n)
		return n;
	while ((n = bee_walk_next(walk, &key, &value)) == 1)
		printf("%u: %llu in all\n", *(const uint32_t *)key,
		       *(const unsigned long long *)value);
	bee_walk_close(walk);
	return n;
}

static int watch(const struct app *app, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(app->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_loop(struct app *app)
{
	const struct itimerspec second = { { 1, 0 }, { 1, 0 } };
	sigset_t signals;
	int err;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	app->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	app->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	app->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (app->epoll_fd < 0 || timerfd_settime(app->timer_fd, 0, &second, NULL))
		return -errno;
	err = watch(app, bee_fd(app->bee));
	err = err ? err : watch(app, app->timer_fd);
	return err ? err : watch(app, app->signal_fd);
}

static int on_timer(struct app *app)
{
	uint64_t times;

	if (read(app->timer_fd, &times, sizeof(times)) != sizeof(times))
		return 0;
	if (app->seconds_left > 0)
		app->seconds_left--;
	return print_counts(app);
}

/* 0: Ctrl-C, or the time is over. */
static int run_loop(struct app *app)
{
	struct epoll_event ready;
	int err = 0;

	while (err >= 0 && app->seconds_left) {
		if (epoll_wait(app->epoll_fd, &ready, 1, -1) != 1)
			return -errno;
		if (ready.data.fd == app->signal_fd)
			return 0;
		err = ready.data.fd == app->timer_fd ? on_timer(app)
						     : bee_dispatch(app->bee, 0, BUDGET);
	}
	return err < 0 ? err : 0;
}

int main(int argc, char **argv)
{
	char why[4096], *end = NULL;
	struct app app = { .seconds_left = argc > 1 ? strtol(argv[1], &end, 10) : -1 };
	int err;

	if (end && (*end || end == argv[1])) {
		fprintf(stderr, "usage: epoll [SECONDS]\n");
		return 2;
	}
	err = bee_open(NULL, &app.bee);
	if (err)
		return 1;
	err = start_tool(&app);
	err = err ? err : open_loop(&app);
	err = err ? err : run_loop(&app);
	if (err)
		fprintf(stderr, "epoll: %s\n",
			bee_error_text(app.bee, why, sizeof(why)) ? why : strerror(-err));
	bee_close(app.bee);
	return err != 0;
}
