// SPDX-License-Identifier: Apache-2.0
/* The kernel's trace pipe, where bpf_trace_printk() writes. */
#include <fcntl.h>

#include "internal.h"

int bee_trace_open(struct bee *bee)
{
	int dir, fd;

	bee__diags_clear(bee);
	dir = bee__tracefs(bee);
	if (dir < 0)
		return dir;
	fd = openat(dir, "trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return bee__fail(bee, BEE_STAGE_EVENT, -errno, "cannot open the trace pipe: %s",
				 strerror(errno));
	return fd;
}
