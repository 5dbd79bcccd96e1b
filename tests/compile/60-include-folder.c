// Headers from a folder that is named, by either form of #include, and one of these from another.
// include: tests/compile/folder
#include <shared.h>
#include "linux/own.h"

BPF_HASH(events, u32, struct shared_event);

int kprobe__vfs_read(struct pt_regs *ctx)
{
	struct shared_event e = { .pid = OWN };

	events.update(&e.pid, &e);
	return 0;
}
// show: struct shared_event
