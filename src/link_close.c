// SPDX-License-Identifier: Apache-2.0
/*
 * Closing what is attached, promptly also where it is a thousand.
 *
 * The kernel lets go of a probe once no processor can be inside of it any more, which takes some ten to a
 * hundred milliseconds. Of links it lets go of many at the same time, when they are closed in threads. Of
 * perf events it lets go of one after the other: then they are without their programs already, and
 * a process takes them that does nothing but end.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <linux/perf_event.h>

#include "internal.h"

#define CLOSERS     16          /* threads that close many parts */
#define CLOSER_WORK 8           /* parts below which one more of them is not worth it */
#define CLOSER_SIZE (128 << 10) /* bytes of a thread's stack */
#define EVENTS_FEW  4           /* perf events that are closed here and now */

/* ---- links ------------------------------------------------------------------------------- */

static void close_part(struct bee__part *part)
{
	if (part->bpf)
		bpf_link__destroy(part->bpf);
	if (part->fd >= 0)
		close(part->fd);
	else if (part->event >= 0)
		ioctl(part->event, PERF_EVENT_IOC_DISABLE, 0);
	if (part->ops)
		part->ops->detach(part->ctx);
}

struct closers {
	struct bee__part *parts;
	size_t len;
	size_t next; /* part that is nobody's yet */
};

static void *close_some(void *ctx)
{
	struct closers *closers = ctx;
	size_t i;

	while ((i = __atomic_fetch_add(&closers->next, 1, __ATOMIC_RELAXED)) < closers->len)
		if (!closers->parts[i].ops)
			close_part(&closers->parts[i]);
	return NULL;
}

/* Threads that do not start are not needed: this one closes what remains. */
static size_t start_closers(struct closers *closers, pthread_t *threads)
{
	size_t want = closers->len / CLOSER_WORK, started = 0;
	pthread_attr_t attr;

	if (!want || pthread_attr_init(&attr))
		return 0;
	pthread_attr_setstacksize(&attr, CLOSER_SIZE);
	while (started < want && started < CLOSERS &&
	       !pthread_create(&threads[started], &attr, close_some, closers))
		started++;
	pthread_attr_destroy(&attr);
	return started;
}

static void close_links(struct bee__part *parts, size_t len)
{
	struct closers closers = { .parts = parts, .len = len };
	pthread_t threads[CLOSERS];
	sigset_t all, old;
	size_t started;

	/* No signal handler of the host may run in a thread that it does not know. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	started = start_closers(&closers, threads);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	close_some(&closers);
	while (started)
		pthread_join(threads[--started], NULL);
	/* What these do is their own, and may be for one thread at a time. */
	for (size_t i = 0; i < len; i++)
		if (parts[i].ops)
			close_part(&parts[i]);
}

/* ---- perf events ------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* In a process of its own, all descriptors but these, which are sorted, are closed: they are the host's. */
static void close_others(const int *fds, size_t len)
{
	unsigned int first = 0;

	for (size_t i = 0; i < len; i++) {
		if ((unsigned int)fds[i] > first)
			close_range(first, fds[i] - 1, 0);
		first = fds[i] + 1;
	}
	close_range(first, ~0u, 0);
}

/*
 * A process that ends lets go of its memory first, and then of its descriptors. Nobody waits for this
 * one: it is the child of a child that has ended, and neither has an exit signal.
 */
static int leave_behind(const int *fds, size_t len)
{
	sigset_t all, old;
	siginfo_t info;
	int pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = syscall(SYS_clone, 0, NULL, NULL, NULL, 0);
	if (!pid) {
		pid = syscall(SYS_clone, 0, NULL, NULL, NULL, 0);
		if (!pid) {
			setsid();
			close_others(fds, len);
		}
		syscall(SYS_exit_group, pid < 0);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (pid < 0)
		return -errno;
	while (waitid(P_PID, pid, &info, WEXITED | __WALL) && errno == EINTR)
		;
	return info.si_status ? -EAGAIN : 0;
}

static void close_events(const struct bee__part *parts, size_t len)
{
	int *fds = malloc((len + 1) * sizeof(*fds));
	size_t count = 0;

	/* Where the kernel has no links for them (before Linux 5.15) a program goes with its event alone. */
	for (size_t i = 0; fds && i < len; i++)
		if (parts[i].event >= 0 && parts[i].fd >= 0)
			fds[count++] = parts[i].event;
	if (count > EVENTS_FEW) {
		qsort(fds, count, sizeof(*fds), compare);
		leave_behind(fds, count);
	}
	free(fds);
	for (size_t i = 0; i < len; i++)
		if (parts[i].event >= 0)
			close(parts[i].event);
}

void bee__parts_close(struct bee__part *parts, size_t len)
{
	close_links(parts, len);
	close_events(parts, len);
}
