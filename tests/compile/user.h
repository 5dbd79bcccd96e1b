/* Included by cases, from their own folder. */
#include "user_inner.h"

struct user_event {
	u32 pid;
	struct user_inner inner;
};
