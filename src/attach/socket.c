// SPDX-License-Identifier: Apache-2.0
/*
 * Programs of sockets. "socket:fd:7" filters what a socket of this process is given, "socket:eth0" what
 * passes an interface: its packets are read from the link. "sk_reuseport:fd:7" chooses among the
 * sockets that share the port of one, "sk_lookup:blue" among all of a network namespace.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "place.h"

/* A socket that has the program. */
struct holder {
	const struct option *option;
	int fd; /* our own descriptor of it */
};

/* How a socket is given a program, and rid of it. */
static const struct option {
	int attach;
	int detach;
} filter = { SO_ATTACH_BPF, SO_DETACH_BPF },
  reuseport = { SO_ATTACH_REUSEPORT_EBPF, SO_DETACH_REUSEPORT_BPF };

static int set(const struct option *option, int fd, int prog_fd)
{
	return setsockopt(fd, SOL_SOCKET, option->attach, &prog_fd, sizeof(prog_fd)) ? -errno : 0;
}

/* ---- what the link owns ------------------------------------------------------------------ */

static void detach_holder(void *ctx)
{
	struct holder *holder = ctx;
	int nothing = 0;

	setsockopt(holder->fd, SOL_SOCKET, holder->option->detach, &nothing, sizeof(nothing));
	close(holder->fd);
	free(holder);
}

static int update_holder(void *ctx, int prog_fd)
{
	struct holder *holder = ctx;

	return set(holder->option, holder->fd, prog_fd);
}

static const struct bee__part_ops given = { .detach = detach_holder, .update = update_holder };

/* One packet, as the filter lets it through: of the length that the program returned. */
static int read_packet(void *ctx, void **ret_data, size_t *ret_size)
{
	struct holder *holder = ctx;
	ssize_t size = recv(holder->fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
	char *data;

	if (size < 0)
		return -errno;
	data = malloc(size + 1);
	if (!data)
		return -ENOMEM;
	size = recv(holder->fd, data, size, 0);
	if (size < 0) {
		free(data);
		return -errno;
	}
	data[size] = '\0';
	*ret_data = data;
	*ret_size = size;
	return 0;
}

static int socket_of(void *ctx)
{
	return ((struct holder *)ctx)->fd;
}

static const struct bee__part_ops own = {
	.detach = detach_holder, .update = update_holder, .read = read_packet, .fd = socket_of
};

/* Takes fd in any case. */
static int hold(struct bee__attach *at, const struct option *option,
		const struct bee__part_ops *ops, int fd)
{
	struct holder *holder = malloc(sizeof(*holder));

	if (!holder) {
		close(fd);
		return -ENOMEM;
	}
	*holder = (struct holder){ option, fd };
	return bee__attach_ops(at, ops, holder);
}

/* ---- a socket of the user's -------------------------------------------------------------- */

/* "fd:7". -ENOENT, unrecorded: it does not begin so. */
static int read_fd(struct bee__attach *at, int *ret_fd)
{
	const char *number = at->rest + strlen("fd:");
	char *end;
	long fd;

	if (strncmp(at->rest, "fd:", strlen("fd:")))
		return -ENOENT;
	fd = strtol(number, &end, 10);
	if (end == number || *end || fd < 0 || fd > INT_MAX)
		return bee__attach_fail(at, -EINVAL, "'%s' is no number of a descriptor", number);
	*ret_fd = fd;
	return 0;
}

static int refuse(struct bee__attach *at, const struct option *option, int fd, int err)
{
	if (err == -EBADF)
		return bee__attach_fail(at, err, "this process has no descriptor %d", fd);
	if (err == -ENOTSOCK)
		return bee__attach_fail(at, err, "descriptor %d is no socket", fd);
	if (option == &reuseport && (err == -EINVAL || err == -BEE_ENOTSUPP)) {
		err = bee__attach_fail(at, -EINVAL, "the socket %d shares no port", fd);
		bee__hint(at->bee, "set SO_REUSEPORT on a TCP or UDP socket, and bind it, first");
		return err;
	}
	if (err == -EPERM)
		return bee__attach_fail(at, err,
					"socket %d has locked its filter "
					"(SO_LOCK_FILTER)",
					fd);
	return bee__attach_fail(at, err, "socket %d: %s", fd, strerror(-err));
}

static int attach_given(struct bee__attach *at, const struct option *option, int fd)
{
	int err = set(option, fd, bee_program_fd(at->prog)), copy;

	if (err)
		return refuse(at, option, fd, err);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return bee__attach_fail(at, -errno, "%s", strerror(errno));
	return hold(at, option, &given, copy);
}

int bee__attach_sk_reuseport(struct bee__attach *at)
{
	int fd = -1, err = read_fd(at, &fd);

	if (!err)
		return attach_given(at, &reuseport, fd);
	if (err != -ENOENT)
		return err;
	bee__attach_fail(at, -EINVAL, "'%s' is no socket", at->rest);
	bee__hint(at->bee, "say the descriptor of one: %s:fd:7", at->hook->name);
	return -EINVAL;
}

/* ---- packets of an interface ------------------------------------------------------------- */

/* It is bound when it has its filter: nothing else is ever in it. */
static int open_raw(struct bee__attach *at, int ifindex, int *ret_fd)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = ifindex };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;

	if (fd < 0) {
		err = bee__attach_fail(at, -errno, "raw socket: %s", strerror(errno));
		if (err == -EPERM)
			bee__hint(at->bee, "it takes CAP_NET_RAW");
		return err;
	}
	err = set(&filter, fd, bee_program_fd(at->prog));
	if (!err && bind(fd, (void *)&to, sizeof(to)))
		err = -errno;
	if (err) {
		close(fd);
		return bee__attach_fail(at, err, "raw socket: %s", strerror(-err));
	}
	*ret_fd = fd;
	return 0;
}

static int attach_device(struct bee__attach *at)
{
	struct bee__place place;
	int fd = -1, err = bee__place_enter(at, &place);

	if (!err)
		err = bee__place_device(at, &place);
	if (err > 0)
		err = open_raw(at, err, &fd);
	bee__place_leave(&place);
	return err ? err : hold(at, &filter, &own, fd);
}

int bee__attach_socket(struct bee__attach *at)
{
	int fd = -1, err = read_fd(at, &fd);

	if (err == -ENOENT)
		return attach_device(at);
	return err ? err : attach_given(at, &filter, fd);
}

/* ---- all sockets of a namespace ---------------------------------------------------------- */

int bee__attach_sk_lookup(struct bee__attach *at)
{
	int ns_fd, err = bee__netns_open(at, at->rest, strlen(at->rest), &ns_fd);

	if (err)
		return err;
	err = bee__attach_link(at, ns_fd, NULL);
	close(ns_fd);
	if (err == -EINVAL)
		return bee__attach_fail(at, err, "'%s' is no network namespace", at->rest);
	return err ? bee__attach_refused(at, err) : 0;
}
