#include "shared_inner.h"

struct shared_event {
	u32 pid;
	shared_inner inner;
};
