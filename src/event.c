// SPDX-License-Identifier: Apache-2.0
/*
 * Events: the records of ring buffers and perf event arrays, handed to a callback.
 *
 * A ring buffer is two positions and a ring that is mapped twice in a row, so that no record is
 * ever split:
 *
 *   | consumer page | producer page | data ............ | data again ...... |
 *                                       ^ consumer   ^ producer
 *
 * Each record is | u32 length and flags | u32 | bytes, rounded up to 8 |.
 */
#include <limits.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "internal.h"

#define PERF_PAGES    64
#define PUBLISH_EVERY 64 /* records: the producer must see early that there is room again */

struct ring {
	_Atomic uint64_t *consumer;
	_Atomic uint64_t *producer;
	const char *data;
	size_t data_size;
	uint64_t at;          /* behind the record that was handed out last */
	unsigned int pending; /* records behind what was published */
};

struct bee_events {
	struct bee__dead dead;
	struct bee *bee;
	struct bee_events *next;
	struct bee_map *map; /* not valid once is_closed */
	struct bee_watch *watch;
	bee_event_fn fn;
	bee_lost_fn lost_fn;
	void *ctx;
	uint64_t lost;
	size_t room; /* bytes of the ring, or of one CPU's buffer */
	int err;     /* what fn returned, on its way through libbpf */
	bool is_closed;
	struct ring ring;
	struct perf_buffer *perf;
};

/* ---- handing out ------------------------------------------------------------------------- */

static void tell_lost(struct bee_events *events, uint64_t count)
{
	events->lost += count;
	if (count && events->lost_fn)
		events->lost_fn(events->ctx, count);
}

static bool may_go_on(const struct bee_events *events)
{
	return !events->is_closed && events->bee->served < events->bee->budget;
}

static void count_served(struct bee *bee)
{
	bee->served += bee->served < INT_MAX;
}

/* ---- ring buffers ------------------------------------------------------------------------ */

static int open_ring(struct bee_events *events)
{
	size_t page = getpagesize(), size = bee_map_max_entries(events->map);
	struct ring *ring = &events->ring;
	void *memory;

	memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, events->map->fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	ring->consumer = memory;
	memory = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, events->map->fd, page);
	if (memory == MAP_FAILED)
		return -errno;
	ring->producer = memory;
	ring->data = (const char *)memory + page;
	ring->data_size = size;
	ring->at = atomic_load_explicit(ring->consumer, memory_order_relaxed);
	events->room = size;
	return 0;
}

static void close_ring(struct ring *ring)
{
	size_t page = getpagesize();

	if (ring->producer)
		munmap((void *)ring->producer, page + 2 * ring->data_size);
	if (ring->consumer)
		munmap((void *)ring->consumer, page);
}

/* Losses that the program itself counted, where the source uses moonbee's macros. */
static void tell_lost_ring(struct bee_events *events)
{
	uint64_t total;

	if (events->is_closed || !events->map->lost)
		return;
	total = __atomic_load_n(events->map->lost, __ATOMIC_RELAXED);
	tell_lost(events, total - events->lost);
}

/*
 * Whoever asks for the next record is done with the one before, and with all before that: this is told to
 * the producer now and then.
 */
static bool take_record(struct bee_events *events, const void **ret_data, size_t *ret_size)
{
	struct ring *ring = &events->ring;

	while (ring->at < atomic_load_explicit(ring->producer, memory_order_acquire)) {
		const char *record = ring->data + (ring->at & (ring->data_size - 1));
		uint32_t head =
			atomic_load_explicit((_Atomic uint32_t *)record, memory_order_acquire);
		uint32_t size = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (head & BPF_RINGBUF_BUSY_BIT)
			return false;
		if (ring->pending == PUBLISH_EVERY) {
			atomic_store_explicit(ring->consumer, ring->at, memory_order_release);
			ring->pending = 0;
		}
		ring->at += (size + BPF_RINGBUF_HDR_SZ + 7) & ~7u;
		ring->pending++;
		if (head & BPF_RINGBUF_DISCARD_BIT)
			continue;
		*ret_data = record + BPF_RINGBUF_HDR_SZ;
		*ret_size = size;
		count_served(events->bee);
		return true;
	}
	return false;
}

int bee_events_next(struct bee_events *events, const void **ret_data, size_t *ret_size)
{
	if (!events->ring.data || !may_go_on(events))
		return 0;
	return take_record(events, ret_data, ret_size);
}

/* Hand out records until the ring is empty, the budget used up, or fn returns an error. */
static int drain_ring(struct bee_events *events)
{
	struct ring *ring = &events->ring;
	const void *data;
	size_t size;
	int err = 0;

	while (!err && bee_events_next(events, &data, &size))
		err = events->fn(events->ctx, data, size);
	/* In one order with the producer's own look, or both could miss the last record. */
	atomic_store(ring->consumer, ring->at);
	ring->pending = 0;
	tell_lost_ring(events);
	return err;
}

/* ---- perf event arrays ------------------------------------------------------------------- */

static int hand_out_perf(struct bee_events *events, const void *data, size_t size)
{
	count_served(events->bee);
	return events->fn(events->ctx, data, size);
}

static enum bpf_perf_event_ret on_perf(void *ctx, int cpu, struct perf_event_header *header)
{
	struct bee_events *events = ctx;
	const struct {
		struct perf_event_header header;
		uint32_t size;
		char data[];
	} *sample = (const void *)header;
	const struct {
		struct perf_event_header header;
		uint64_t id;
		uint64_t count;
	} *lost = (const void *)header;

	if (header->type == PERF_RECORD_SAMPLE)
		events->err = hand_out_perf(events, sample->data, sample->size);
	else if (header->type == PERF_RECORD_LOST)
		tell_lost(events, lost->count);
	return events->err || !may_go_on(events) ? LIBBPF_PERF_EVENT_ERROR : LIBBPF_PERF_EVENT_CONT;
}

static int open_perf(struct bee_events *events, uint32_t pages)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.size = sizeof(attr),
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.wakeup_events = 1,
	};

	pages = pages ? pages : PERF_PAGES;
	events->room = (size_t)pages * getpagesize();
	bee__libbpf_begin(events->bee);
	events->perf = perf_buffer__new_raw(events->map->fd, pages, &attr, on_perf, events, NULL);
	bee__libbpf_end(events->bee);
	return events->perf ? 0 : -errno;
}

static int drain_perf(struct bee_events *events)
{
	int err;

	events->err = 0;
	err = perf_buffer__consume(events->perf);
	/* A stop by budget or by close is none of the callback's. */
	return events->err ? events->err : err < 0 && may_go_on(events) ? err : 0;
}

/* ---- subscriptions ----------------------------------------------------------------------- */

int bee__events_drain(struct bee_events *events)
{
	if (events->is_closed)
		return 0;
	return events->perf ? drain_perf(events) : drain_ring(events);
}

struct bee_events *bee__events_next(const struct bee_events *events)
{
	return events->next;
}

size_t bee__events_room(const struct bee *bee)
{
	size_t room = SIZE_MAX;

	for (const struct bee_events *at = bee->events; at; at = at->next)
		if (at->room < room)
			room = at->room;
	return room;
}

static int on_ready(void *ctx)
{
	return bee__events_drain(ctx);
}

static void free_events(struct bee__dead *dead)
{
	struct bee_events *events = (struct bee_events *)dead;

	close_ring(&events->ring);
	perf_buffer__free(events->perf);
	free(events);
}

void bee_events_close(struct bee_events *events)
{
	struct bee_events **at;

	if (!events)
		return;
	for (at = &events->bee->events; *at && *at != events; at = &(*at)->next)
		;
	if (*at)
		*at = events->next;
	events->map->events = NULL;
	events->is_closed = true;
	bee_watch_close(events->watch);
	bee__bury(events->bee, &events->dead, free_events);
}

uint64_t bee_events_lost(const struct bee_events *events)
{
	if (events->is_closed || !events->ring.data)
		return events->lost;
	if (!events->map->lost)
		return BEE_LOST_UNKNOWN;
	return __atomic_load_n(events->map->lost, __ATOMIC_RELAXED);
}

static int open_buffer(struct bee_events *events, uint32_t pages)
{
	struct bee *bee = events->bee;
	int fd = events->map->fd, err;

	if (events->map->kind == BPF_MAP_TYPE_RINGBUF) {
		err = open_ring(events);
	} else {
		err = open_perf(events, pages);
		fd = err ? -1 : perf_buffer__epoll_fd(events->perf);
	}
	err = err ?: bee__watch(bee, fd, on_ready, events, &events->watch);
	if (!err)
		return 0;
	return bee__fail(bee, BEE_STAGE_EVENT, err, "cannot read the events of '%s': %s",
			 bee_map_name(events->map), strerror(-err));
}

static int check_map(struct bee_map *map)
{
	struct bee *bee = map->mod->bee;

	bee__diags_clear(bee);
	if (map->kind != BPF_MAP_TYPE_RINGBUF && map->kind != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return bee__fail(bee, BEE_STAGE_EVENT, -EINVAL,
				 "map '%s' is of kind %s, which has no events: "
				 "ring buffers and perf event arrays have",
				 bee_map_name(map), bee_map_kind(map));
	if (map->events)
		return bee__fail(bee, BEE_STAGE_EVENT, -EBUSY, "map '%s' has a subscriber already",
				 bee_map_name(map));
	return 0;
}

int bee_events_open(struct bee_map *map, bee_event_fn fn, void *ctx,
		    const struct bee_events_opts *opts, struct bee_events **ret_events)
{
	struct bee *bee = map->mod->bee;
	struct bee_events_opts asked;
	struct bee_events *events;
	int err;

	err = check_map(map);
	if (!err)
		err = bee__copy_opts(bee, BEE_STAGE_EVENT, BEE__SIZED(bee_events_opts, pages),
				     &asked, opts);
	if (!err && asked.pages & (asked.pages - 1))
		err = bee__fail(bee, BEE_STAGE_EVENT, -EINVAL,
				"map '%s': %u pages are no power of two", bee_map_name(map),
				asked.pages);
	if (!err && !fn)
		err = bee__fail(bee, BEE_STAGE_EVENT, -EINVAL, "map '%s': no function to call",
				bee_map_name(map));
	if (err)
		return err;
	events = calloc(1, sizeof(*events));
	if (!events)
		return -ENOMEM;
	events->bee = bee;
	events->map = map;
	events->fn = fn;
	events->ctx = ctx;
	events->lost_fn = asked.lost;
	err = open_buffer(events, asked.pages);
	if (err) {
		bee_events_close(events);
		return err;
	}
	events->next = bee->events;
	bee->events = events;
	map->events = events;
	*ret_events = events;
	return 0;
}
