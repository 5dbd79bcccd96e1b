// SPDX-License-Identifier: Apache-2.0
/* Network namespaces and devices by the words of a target. */
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include "place.h"

#define NAMED "/run/netns/"
#define OWN   "/proc/thread-self/ns/net"

/* ---- namespaces -------------------------------------------------------------------------- */

int bee__netns_open(struct bee__attach *at, const char *name, size_t len, int *ret_fd)
{
	const char *folder = len && !memchr(name, '/', len) ? NAMED : "";
	char path[512];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s%.*s", len ? folder : OWN, (int)len, name) >=
	    sizeof(path))
		return bee__attach_fail(at, -ENAMETOOLONG, "the name of the namespace is too long");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	if (errno == ENOENT)
		return bee__attach_fail(at, -ENOENT, "no such network namespace: %s", path);
	return bee__attach_fail(at, -errno, "network namespace %s: %s", path, strerror(errno));
}

int bee__netns_enter(int ns_fd, int *ret_home)
{
	int home = open(OWN, O_RDONLY | O_CLOEXEC), err = 0;

	if (home < 0)
		return -errno;
	/* Nobody leaves who may not come back: that takes the same privilege as to stay here. */
	if (setns(home, CLONE_NEWNET) || setns(ns_fd, CLONE_NEWNET))
		err = -errno;
	if (err)
		close(home);
	else
		*ret_home = home;
	return err;
}

void bee__netns_leave(int home_fd)
{
	setns(home_fd, CLONE_NEWNET);
	close(home_fd);
}

int bee__netns_go(struct bee__attach *at, int ns_fd, const char *name, size_t len, int *ret_home)
{
	int err = bee__netns_enter(ns_fd, ret_home);

	if (!err)
		return 0;
	bee__attach_fail(at, err, "cannot enter the network namespace '%.*s': %s", (int)len, name,
			 err == -EINVAL ? "it is none" : strerror(-err));
	if (err == -EPERM)
		bee__hint(at->bee, "it takes CAP_SYS_ADMIN");
	return err;
}

int bee__netns_visit(int ns_fd, int (*fn)(void *ctx, int prog_fd), void *ctx, int prog_fd)
{
	int home, err = bee__netns_enter(ns_fd, &home);

	if (err == -EPERM)
		return fn(ctx, prog_fd);
	if (err)
		return err;
	err = fn(ctx, prog_fd);
	bee__netns_leave(home);
	return err;
}

/* ---- what is kept in a namespace --------------------------------------------------------- */

void bee__kept_free(struct bee__kept *kept)
{
	if (kept->ns_fd >= 0)
		close(kept->ns_fd);
	free(kept);
}

static void detach(void *ctx)
{
	struct bee__kept *kept = ctx;

	bee__netns_visit(kept->ns_fd, kept->remove, kept, -1);
	bee__kept_free(kept);
}

static int update(void *ctx, int prog_fd)
{
	const struct bee__kept *kept = ctx;

	return bee__netns_visit(kept->ns_fd, kept->put, ctx, prog_fd);
}

int bee__attach_kept(struct bee__attach *at, struct bee__kept *kept)
{
	static const struct bee__part_ops ops = { .detach = detach, .update = update };

	return bee__attach_ops(at, &ops, kept);
}

/* ---- places ------------------------------------------------------------------------------ */

static int enter(struct bee__attach *at, struct bee__place *place, const char *name, size_t len)
{
	int err = bee__netns_open(at, name, len, &place->ns_fd);

	return err ?: bee__netns_go(at, place->ns_fd, name, len, &place->home_fd);
}

int bee__place_enter(struct bee__attach *at, struct bee__place *place)
{
	size_t len = strcspn(at->rest, ":"), word = len;

	*place = (struct bee__place){ .ns_fd = -1, .home_fd = -1 };
	while (word && at->rest[word - 1] != '/')
		word--;
	if (len == word || len - word >= sizeof(place->word))
		return bee__attach_fail(at, -EINVAL, "'%.*s' is no name of a device",
					(int)(len - word), at->rest + word);
	memcpy(place->word, at->rest + word, len - word);
	place->words = at->rest + len + (at->rest[len] == ':');
	return word ? enter(at, place, at->rest, word - 1) : 0;
}

void bee__place_leave(struct bee__place *place)
{
	if (place->home_fd >= 0)
		bee__netns_leave(place->home_fd);
	if (place->ns_fd >= 0)
		close(place->ns_fd);
	place->home_fd = place->ns_fd = -1;
}

/* ---- devices ----------------------------------------------------------------------------- */

static void hint_devices(struct bee__attach *at, const char *name)
{
	struct if_nameindex *devices = if_nameindex();
	struct bee__text names = { 0 };
	struct bee__near near;

	bee__near_begin(&near, name);
	for (size_t i = 0; devices && devices[i].if_name; i++) {
		bee__near_add(&near, devices[i].if_name);
		bee__text_printf(&names, "%s%s", i ? ", " : "", devices[i].if_name);
	}
	if (near.found)
		bee__hint_near(at->bee, &near, "");
	else if (names.data)
		bee__hint(at->bee, "there are: %s", names.data);
	bee__text_free(&names);
	if (devices)
		if_freenameindex(devices);
}

int bee__place_device(struct bee__attach *at, const struct bee__place *place)
{
	int index = if_nametoindex(place->word);

	if (index > 0)
		return index;
	bee__attach_fail(at, -ENODEV, "no such interface: '%s'", place->word);
	hint_devices(at, place->word);
	return -ENODEV;
}

int bee__attach_unprivileged(struct bee__attach *at)
{
	bee__attach_fail(at, -EPERM, "%s", strerror(EPERM));
	bee__hint(at->bee, "this process may not change the network: it takes CAP_NET_ADMIN");
	return -EPERM;
}
