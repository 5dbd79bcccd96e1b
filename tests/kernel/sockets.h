/* SPDX-License-Identifier: Apache-2.0 */
/* What a process does that hooks of cgroups see, each once: AF_INET, AF_INET6 or AF_UNIX. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A socket bound to the loopback's address, and that address. */
struct end {
	int fd;
	socklen_t len;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
};

struct end open_end(int family, int type);
struct end open_bound(int family, int type);

void open_and_close(int family);
void bind_one(int family);
/* Ask for the name of the peer, too. */
void connect_one(int family);
/* Receive it, too. */
void send_one(int family);
void connect_stream(int family);
void read_sysctl(int family);
void open_device(int family);
void set_and_get_option(int family);

#endif
