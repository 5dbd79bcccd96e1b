/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wire between two network namespaces, over which real packets go:
 *
 *   this process: bee0 10.77.0.1, fd77::1  ----  bee1 10.77.0.2, fd77::2 :the other one
 */
#ifndef TEST_WIRE_H
#define TEST_WIRE_H

#include <stdbool.h>

struct bee;
struct bee_link;
struct bee_module;

#define WIRE_PORT 9999

/* cmocka's group fixtures: the wire is made, and this process stays on its own end of it. */
int wire_open(void **state);
int wire_close(void **state);

/* The other namespace as a path: "/proc/123/fd/7". */
const char *wire_other(void);
/* Run a command in the other namespace, which must succeed. */
void wire_run_there(const char *command);

/* Datagrams to port WIRE_PORT that arrive: each is sent when the one before was received. */
void wire_send_here(int times);
void wire_send_there(int times);
/* The same to another address of the other end. */
void wire_send_to(const char *address, int times);
/* Datagrams from the other end, of which nobody waits for any. */
void wire_lose_here(const char *address, int times);
/* The same from here. */
void wire_send_away(const char *address, int times);
/* Attach a program to a target: a link, or the error. */
struct bee_link *attach_to(struct bee *bee, struct bee_module *mod, const char *program,
			   const char *target);
int refused_at(struct bee *bee, struct bee_module *mod, const char *program, const char *target);
/* Run a command, which must succeed; does it print part? */
void run(const char *command);
bool prints(const char *command, const char *part);

/* One datagram to a port here; gives the bytes that arrive at another, as text; "": none did. */
const char *wire_send_text(const char *text, int to_port, int at_port);

#endif
