/* SPDX-License-Identifier: Apache-2.0 */
/* What a process does that hooks of cgroups see, each by family. */
#include <fcntl.h>
#include <netinet/tcp.h>

#include "sockets.h"
#include "support.h"

struct end open_end(int family, int type)
{
	struct end end = { .fd = socket(family, type | SOCK_CLOEXEC, 0), .any.sa_family = family };

	assert_true(end.fd >= 0);
	end.len = family == AF_INET ? sizeof(end.in) : sizeof(end.in6);
	if (family == AF_INET)
		end.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (family == AF_INET6)
		end.in6.sin6_addr = in6addr_loopback;
	else /* an address without a file: its first byte is 0 */
		end.len = offsetof(struct sockaddr_un, sun_path) + 1 +
			  sprintf(end.un.sun_path + 1, "moonbee-test-%d", getpid());
	return end;
}

struct end open_bound(int family, int type)
{
	struct end end = open_end(family, type);

	assert_int_equal(bind(end.fd, &end.any, end.len), 0);
	end.len = sizeof(end.un);
	assert_int_equal(getsockname(end.fd, &end.any, &end.len), 0);
	return end;
}

void open_and_close(int family)
{
	close(open_end(family, SOCK_DGRAM).fd);
}

void bind_one(int family)
{
	close(open_bound(family, SOCK_DGRAM).fd);
}

void connect_one(int family)
{
	struct end server = open_bound(family, SOCK_DGRAM);
	struct end client = open_end(family, SOCK_DGRAM);
	struct sockaddr_un name;
	socklen_t len = sizeof(name);

	assert_int_equal(connect(client.fd, &server.any, server.len), 0);
	assert_int_equal(getpeername(client.fd, (void *)&name, &len), 0);
	close(client.fd);
	close(server.fd);
}

void send_one(int family)
{
	struct end server = open_bound(family, SOCK_DGRAM);
	struct end client = open_end(family, SOCK_DGRAM);
	struct sockaddr_un name;
	socklen_t len = sizeof(name);
	char got[4];

	assert_int_equal(sendto(client.fd, "bee", 3, 0, &server.any, server.len), 3);
	assert_int_equal(recvfrom(server.fd, got, sizeof(got), 0, (void *)&name, &len), 3);
	close(client.fd);
	close(server.fd);
}

void connect_stream(int family)
{
	struct end server = open_bound(family, SOCK_STREAM);
	struct end client = open_end(family, SOCK_STREAM);

	assert_int_equal(listen(server.fd, 1), 0);
	assert_int_equal(connect(client.fd, &server.any, server.len), 0);
	close(client.fd);
	close(server.fd);
}

static void read_file(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, &byte, 1) >= 0);
	close(fd);
}

void read_sysctl(int family)
{
	read_file("/proc/sys/kernel/ostype");
}

void open_device(int family)
{
	read_file("/dev/null");
}

void set_and_get_option(int family)
{
	struct end end = open_end(family, SOCK_STREAM);
	socklen_t len = sizeof(int);
	int on = 1;

	assert_int_equal(setsockopt(end.fd, IPPROTO_TCP, TCP_NODELAY, &on, len), 0);
	assert_int_equal(getsockopt(end.fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	close(end.fd);
}
