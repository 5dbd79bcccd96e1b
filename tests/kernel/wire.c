/* SPDX-License-Identifier: Apache-2.0 */
/* Two network namespaces, a pair of veth, and datagrams between them. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "support.h"
#include "wire.h"

#define HERE  "10.77.0.1"
#define THERE "10.77.0.2"

static int here_fd = -1, there_fd = -1, home_fd = -1;
static char other[64];

void run(const char *command)
{
	free(output_of("%s", command));
}

bool prints(const char *command, const char *part)
{
	char *text = output_of("%s", command);
	bool does = strstr(text, part) != NULL;

	free(text);
	return does;
}

int refused_at(struct bee *bee, struct bee_module *mod, const char *program, const char *target)
{
	struct bee_link *link;

	return bee_program_attach(bee_program_find(mod, program), target, NULL, &link);
}

struct bee_link *attach_to(struct bee *bee, struct bee_module *mod, const char *program,
			   const char *target)
{
	struct bee_link *link = NULL;

	check_err(bee, bee_program_attach(bee_program_find(mod, program), target, NULL, &link), 0);
	return link;
}

static int own_netns(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void go(int fd)
{
	assert_int_equal(setns(fd, CLONE_NEWNET), 0);
}

void wire_run_there(const char *command)
{
	go(there_fd);
	run(command);
	go(here_fd);
}

int wire_open(void **state)
{
	char command[512];

	home_fd = own_netns();
	if (unshare(CLONE_NEWNET))
		return -1;
	there_fd = own_netns();
	if (unshare(CLONE_NEWNET))
		return -1;
	here_fd = own_netns();
	snprintf(other, sizeof(other), "/proc/%d/fd/%d", getpid(), there_fd);
	snprintf(command, sizeof(command),
		 "ip link set lo up; ip link add bee0 type veth peer name bee1 netns %s && "
		 "ip addr add " HERE "/24 dev bee0 && "
		 "ip -6 addr add fd77::1/64 dev bee0 nodad && ip link set bee0 up",
		 other);
	run(command);
	wire_run_there("ip link set lo up; ip addr add " THERE "/24 dev bee1 && "
		       "ip -6 addr add fd77::2/64 dev bee1 nodad && ip link set bee1 up");
	return 0;
}

int wire_close(void **state)
{
	go(home_fd);
	close(here_fd);
	close(there_fd);
	close(home_fd);
	return 0;
}

const char *wire_other(void)
{
	return other;
}

/* ---- datagrams --------------------------------------------------------------------------- */

static int open_socket(int ns_fd, const char *address, int port)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct timeval patience = { .tv_sec = 5 };
	int fd;

	go(ns_fd);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	go(here_fd);
	inet_pton(AF_INET, address, &own.sin_addr);
	assert_int_equal(bind(fd, (void *)&own, sizeof(own)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	return fd;
}

static void send_to(int fd, const char *address, int port, const char *text)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, address, &to.sin_addr);
	assert_int_equal(sendto(fd, text, strlen(text), 0, (void *)&to, sizeof(to)), strlen(text));
}

static void send_all(int from_ns, const char *from, int to_ns, const char *to, int times)
{
	int sender = open_socket(from_ns, from, 0), receiver = open_socket(to_ns, to, WIRE_PORT);
	char bytes[16];

	while (times--) {
		send_to(sender, to, WIRE_PORT, "bee");
		assert_int_equal(recv(receiver, bytes, sizeof(bytes), 0), 3);
	}
	close(sender);
	close(receiver);
}

void wire_send_here(int times)
{
	send_all(there_fd, THERE, here_fd, HERE, times);
}

void wire_send_there(int times)
{
	send_all(here_fd, HERE, there_fd, THERE, times);
}

void wire_send_to(const char *address, int times)
{
	send_all(here_fd, HERE, there_fd, address, times);
}

static void send_blindly(int from_ns, const char *address, int times)
{
	int sender = open_socket(from_ns, "0.0.0.0", 0);

	while (times--)
		send_to(sender, address, WIRE_PORT, "bee");
	close(sender);
}

void wire_lose_here(const char *address, int times)
{
	send_blindly(there_fd, address, times);
}

void wire_send_away(const char *address, int times)
{
	send_blindly(here_fd, address, times);
}

const char *wire_send_text(const char *text, int to_port, int at_port)
{
	int sender = open_socket(there_fd, THERE, 0),
	    receiver = open_socket(here_fd, HERE, at_port);
	static char bytes[256];
	ssize_t size;

	send_to(sender, HERE, to_port, text);
	size = recv(receiver, bytes, sizeof(bytes) - 1, 0);
	bytes[size < 0 ? 0 : size] = '\0';
	close(sender);
	close(receiver);
	return bytes;
}
