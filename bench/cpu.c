/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processor time of whole commands, side by side: user and system time of the process and of all that
 * it waited for. The commands take turns, so that a noisy moment hits all of them alike.
 *
 * usage: cpu ROUNDS LABEL COMMAND... [-- LABEL COMMAND...]...
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COMMANDS_MAX = 8, ROUNDS_MAX = 1000 };

struct command {
	const char *label;
	char **argv;
	double ms[ROUNDS_MAX];
};

static double to_ms(struct timeval time)
{
	return time.tv_sec * 1e3 + time.tv_usec / 1e3;
}

static void start(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(null, 1);
	execvp(argv[0], argv);
	fprintf(stderr, "cpu: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static double run(const struct command *command)
{
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (!pid)
		start(command->argv);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status) {
		fprintf(stderr, "cpu: %s failed\n", command->label);
		exit(1);
	}
	return to_ms(usage.ru_utime) + to_ms(usage.ru_stime);
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* Split the words at each "--". */
static int read_commands(char **words, struct command *commands)
{
	int len = 0;

	while (words[0] && words[1] && len < COMMANDS_MAX) {
		commands[len].label = words[0];
		commands[len++].argv = ++words;
		while (*words && strcmp(*words, "--"))
			words++;
		if (*words)
			*words++ = NULL;
	}
	return len;
}

int main(int argc, char **argv)
{
	static struct command commands[COMMANDS_MAX];
	int rounds = argc > 3 ? atoi(argv[1]) : 0;
	int len = rounds > 0 && rounds <= ROUNDS_MAX ? read_commands(argv + 2, commands) : 0;

	if (!len) {
		fprintf(stderr, "usage: cpu ROUNDS LABEL COMMAND... [-- LABEL COMMAND...]...\n");
		return 2;
	}
	for (int i = 0; i < len; i++)
		run(&commands[i]); /* warms the page cache */
	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < len; i++)
			commands[i].ms[round] = run(&commands[i]);
	}
	printf("%-32s %10s %10s %10s\n", "CPU ms of the whole process tree", "median", "least",
	       "most");
	for (int i = 0; i < len; i++) {
		qsort(commands[i].ms, rounds, sizeof(double), compare);
		printf("%-32s %10.1f %10.1f %10.1f\n", commands[i].label,
		       commands[i].ms[rounds / 2], commands[i].ms[0], commands[i].ms[rounds - 1]);
	}
	return 0;
}
