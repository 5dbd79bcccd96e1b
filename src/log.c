// SPDX-License-Identifier: Apache-2.0
/* The log callback of a runtime, and what libbpf says while it works for one. */
#include <pthread.h>

#include <bpf/libbpf.h>

#include "internal.h"

/* The runtime for which libbpf works on this thread. */
static _Thread_local struct bee *working;

void bee__log(struct bee *bee, enum bee_log_level level, const char *fmt, ...)
{
	struct bee__text text = { 0 };
	va_list args;

	if (!bee->log)
		return;
	va_start(args, fmt);
	bee__text_vprintf(&text, fmt, args);
	va_end(args);
	if (!text.failed)
		bee->log(bee->log_ctx, level, text.data);
	bee__text_free(&text);
}

static int on_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	static const enum bee_log_level levels[] = {
		[LIBBPF_WARN] = BEE_LOG_WARN,
		[LIBBPF_INFO] = BEE_LOG_INFO,
		[LIBBPF_DEBUG] = BEE_LOG_DEBUG,
	};
	va_list again;

	if (!working)
		return 0;
	if (level == LIBBPF_WARN) {
		size_t len = strlen(working->words);

		va_copy(again, args);
		vsnprintf(working->words + len, sizeof(working->words) - len, fmt, again);
		va_end(again);
	}
	if (working->log) {
		char line[1024];

		vsnprintf(line, sizeof(line), fmt, args);
		line[strcspn(line, "\n")] = '\0';
		working->log(working->log_ctx, levels[level], line);
	}
	return 0;
}

/* What libbpf, as it is linked here, calls stderr. It is never written to: see on_print(). */
FILE *bee__stderr;

static void set_print_hook(void)
{
	bee__stderr = stderr;
	libbpf_set_print(on_print);
}

void bee__libbpf_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, set_print_hook);
}

void bee__libbpf_begin(struct bee *bee)
{
	bee->outer = working;
	bee->words[0] = '\0';
	working = bee;
}

void bee__libbpf_end(struct bee *bee)
{
	working = bee->outer;
	bee->outer = NULL;
}
