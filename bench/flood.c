/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes events: calls close() on a descriptor that nobody has, COUNT times, on one processor.
 * Prints the time that a call took, its program included.
 *
 * usage: flood COUNT CPU
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { NOBODYS_FD = 0x6d6f6f6e };

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int argc, char **argv)
{
	long count = argc == 3 ? atol(argv[1]) : 0;
	cpu_set_t cpus;
	double start;

	if (count <= 0) {
		fprintf(stderr, "usage: flood COUNT CPU\n");
		return 2;
	}
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[2]), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	start = now();
	for (long i = 0; i < count; i++)
		close(NOBODYS_FD);
	printf("  a call took its maker %.0f ns\n", (now() - start) / count);
	return 0;
}
