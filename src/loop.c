// SPDX-License-Identifier: Apache-2.0
/* One epoll descriptor for all that a runtime waits for, and one call that serves it. */
#include <limits.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "internal.h"

#define READY_MAX 32 /* watches served for each wait; more are ready again at once */

void bee__bury(struct bee *bee, struct bee__dead *dead, void (*free_fn)(struct bee__dead *dead))
{
	if (!bee->depth) {
		free_fn(dead);
		return;
	}
	dead->free = free_fn;
	dead->next = bee->dead;
	bee->dead = dead;
}

static void free_dead(struct bee *bee)
{
	while (bee->dead) {
		struct bee__dead *dead = bee->dead;

		bee->dead = dead->next;
		dead->free(dead);
	}
}

/* ---- watches ----------------------------------------------------------------------------- */

static void free_watch(struct bee__dead *dead)
{
	free(dead); /* its first member */
}

int bee_watch_open(struct bee *bee, int fd, bee_watch_fn fn, void *ctx,
		   struct bee_watch **ret_watch)
{
	struct bee_watch *watch = calloc(1, sizeof(*watch));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = watch };

	if (!watch)
		return -ENOMEM;
	watch->bee = bee;
	watch->fn = fn;
	watch->ctx = ctx;
	watch->fd = fd;
	if (epoll_ctl(bee->epoll_fd, EPOLL_CTL_ADD, fd, &event)) {
		int err = -errno;

		free(watch);
		return err;
	}
	watch->next = bee->watches;
	bee->watches = watch;
	*ret_watch = watch;
	return 0;
}

void bee_watch_close(struct bee_watch *watch)
{
	struct bee_watch **at;

	if (!watch)
		return;
	for (at = &watch->bee->watches; *at != watch; at = &(*at)->next)
		;
	*at = watch->next;
	watch->is_closed = true;
	epoll_ctl(watch->bee->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	bee__bury(watch->bee, &watch->dead, free_watch);
}

void bee__watches_close(struct bee *bee)
{
	while (bee->watches)
		bee_watch_close(bee->watches);
}

/* ---- dispatch ---------------------------------------------------------------------------- */

int bee_fd(const struct bee *bee)
{
	return bee->epoll_fd;
}

static int serve(struct bee *bee, const struct epoll_event *ready, int count)
{
	int err = 0;

	for (int i = 0; !err && i < count && bee->served < bee->budget; i++) {
		struct bee_watch *watch = ready[i].data.ptr;
		unsigned int before = bee->served;

		if (watch->is_closed)
			continue;
		err = watch->fn(watch->ctx);
		/* A source of events counted those; any other wake-up is one. */
		bee->served += bee->served == before;
	}
	return err;
}

/* A program may submit without a wake-up: nothing said that it is ready, and yet it is there. */
static int serve_quiet(struct bee *bee)
{
	int err = 0;

	for (struct bee_events *events = bee->events, *next; !err && events; events = next) {
		next = bee__events_next(events);
		err = bee__events_drain(events);
	}
	return err;
}

int bee_dispatch(struct bee *bee, int timeout_ms, unsigned int budget)
{
	struct epoll_event ready[READY_MAX];
	unsigned int served = bee->served, old_budget = bee->budget;
	int count = epoll_wait(bee->epoll_fd, ready, READY_MAX, timeout_ms);
	int err;

	if (count < 0)
		return -errno;
	bee->served = 0;
	bee->budget = budget && budget < INT_MAX ? budget : INT_MAX;
	bee->depth++;
	err = count ? serve(bee, ready, count) : serve_quiet(bee);
	if (!--bee->depth)
		free_dead(bee);
	err = err ? err : (int)bee->served;
	/* A callback may dispatch too. */
	bee->served = served;
	bee->budget = old_budget;
	return err;
}
