// The user's own headers, one of which includes another.
#include "user.h"

BPF_HASH(events, u32, struct user_event);

int kprobe__vfs_read(struct pt_regs *ctx)
{
	struct user_event e = { .pid = 1 };

	events.update(&e.pid, &e);
	return 0;
}
// show: struct user_event
// show: struct user_inner
