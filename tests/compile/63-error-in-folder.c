// A mistake in a header of a folder is told by the header's path.
// include: tests/compile/folder
#include <broken_here.h>

int x;
