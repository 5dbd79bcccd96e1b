// SPDX-License-Identifier: Apache-2.0
/* One epoll descriptor for all that a runtime waits for, and one call that serves it. */
#include <limits.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define READY_MAX 32 /* watches served for each wait; more are ready again at once */

/* HOT_EVENTS within HOT_NS make a dispatch nap; fewer than COLD_EVENTS in a nap end that. */
#define HOT_EVENTS  32
#define HOT_NS      1000000
#define COLD_EVENTS 8
#define NAP_NS      500000
#define SHORT_NS    100000     /* for rings that a longer nap would let overflow */
#define SHORT_SIZE  (1u << 20) /* bytes of such a ring, at the most */

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

int bee__watch(struct bee *bee, int fd, bee_watch_fn fn, void *ctx, struct bee_watch **ret_watch)
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

int bee_watch_open(struct bee *bee, int fd, bee_watch_fn fn, void *ctx,
		   struct bee_watch **ret_watch)
{
	int err;

	bee__diags_clear(bee);
	if (!fn)
		return bee__fail(bee, BEE_STAGE_EVENT, -EINVAL, "no function to call");
	err = bee__watch(bee, fd, fn, ctx, ret_watch);
	if (err)
		bee__fail(bee, BEE_STAGE_EVENT, err, "cannot watch descriptor %d: %s", fd,
			  strerror(-err));
	if (err == -EEXIST)
		bee__hint(bee, "a descriptor has one watch; dup() gives another one of the same");
	if (err == -EPERM)
		bee__hint(bee, "a file and a folder are always ready, and cannot be waited for");
	return err;
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

/* ---- serving ----------------------------------------------------------------------------- */

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

/* ---- pace -------------------------------------------------------------------------------- */

/* Learn from a dispatch that served some events how the next one waits. */
static void keep_pace(struct bee *bee, bool has_napped)
{
	struct bee__pace *pace = &bee->pace;
	struct timespec time;
	uint64_t now;

	pace->is_behind = bee->served >= bee->budget;
	if (has_napped)
		pace->is_hot = bee->served >= COLD_EVENTS;
	if (pace->is_hot)
		return;
	clock_gettime(CLOCK_MONOTONIC, &time);
	now = time.tv_sec * 1000000000ull + time.tv_nsec;
	if (now - pace->since_ns > HOT_NS) {
		pace->since_ns = now;
		pace->count = 0;
	}
	pace->count += bee->served;
	pace->is_hot = pace->count >= HOT_EVENTS;
}

static bool may_nap(const struct bee *bee, int timeout_ms)
{
	return bee->pace.is_hot && !bee->pace.is_behind && timeout_ms && bee->events;
}

static void nap(const struct bee *bee)
{
	bool is_short = bee__events_room(bee) <= SHORT_SIZE;
	struct timespec time = { .tv_nsec = is_short ? SHORT_NS : NAP_NS };

	nanosleep(&time, NULL);
}

/* ---- dispatch ---------------------------------------------------------------------------- */

/* Wait once, by a nap or in epoll, and serve what is there. */
static int dispatch(struct bee *bee, int timeout_ms, bool has_napped)
{
	struct epoll_event ready[READY_MAX];
	int count, err;

	if (has_napped)
		nap(bee);
	count = epoll_wait(bee->epoll_fd, ready, READY_MAX, has_napped ? 0 : timeout_ms);
	if (count < 0)
		return -errno;
	err = serve(bee, ready, count);
	if (!err && (has_napped || !count))
		err = serve_quiet(bee);
	keep_pace(bee, has_napped);
	return err;
}

int bee_dispatch(struct bee *bee, int timeout_ms, unsigned int budget)
{
	unsigned int served = bee->served, old_budget = bee->budget;
	bool has_napped = may_nap(bee, timeout_ms);
	int err;

	bee->served = 0;
	bee->budget = budget && budget < INT_MAX ? budget : INT_MAX;
	bee->depth++;
	err = dispatch(bee, timeout_ms, has_napped);
	/* The flood is over: what the caller wants to wait for may be yet to come. */
	if (!err && has_napped && !bee->served)
		err = dispatch(bee, timeout_ms, false);
	if (!--bee->depth)
		free_dead(bee);
	err = err ? err : (int)bee->served;
	/* A callback may dispatch too. */
	bee->served = served;
	bee->budget = old_budget;
	return err;
}
