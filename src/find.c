// SPDX-License-Identifier: Apache-2.0
/*
 * Where moonbee-cc is. It belongs to the library's own build, so it is looked for from the file that
 * this code is in (a shared library, a Lua module, a program), and never in PATH:
 *
 *   beside it               a build tree, a bundle
 *   by the installed tree   PREFIX/lib/libmoonbee.so -> PREFIX/libexec/moonbee/moonbee-cc
 *   as it was built         for a program that stands elsewhere, with the library inside
 */
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/*
 * A folder may be open to others. Only root, this user and the owner of the code that runs already
 * may say what runs next.
 */
static bool is_usable(struct bee *bee, const char *path, const char *file)
{
	struct stat info, own;

	if (stat(path, &info) || !S_ISREG(info.st_mode) || access(path, X_OK))
		return false;
	if (!info.st_uid || info.st_uid == geteuid())
		return true;
	if (!stat(file, &own) && own.st_uid == info.st_uid)
		return true;
	bee__log(bee, BEE_LOG_WARN, "%s is not used: it belongs to user %u, and %s does not", path,
		 info.st_uid, file);
	return false;
}

static bool is_beside(struct bee *bee, const char *file, char *buf, size_t size)
{
	const char *slash = strrchr(file, '/');
	size_t len;

	if (!slash)
		return false;
	len = snprintf(buf, size, "%.*s/moonbee-cc", (int)(slash - file), file);
	return len < size && is_usable(bee, buf, file);
}

/* file is PREFIX/folder/...: the tree may have been moved since it was built. */
static bool is_in_tree(struct bee *bee, const char *file, const char *folder, char *buf,
		       size_t size)
{
	const char *at = file, *found = NULL;
	char part[256];
	size_t len;

	snprintf(part, sizeof(part), "/%s/", folder);
	while ((at = strstr(at, part)))
		found = at++;
	if (!found)
		return false;
	len = snprintf(buf, size, "%.*s/" BEE_LIBEXECDIR "/moonbee/moonbee-cc", (int)(found - file),
		       file);
	return len < size && is_usable(bee, buf, file);
}

static bool is_near(struct bee *bee, const char *file, char *buf, size_t size)
{
	return is_beside(bee, file, buf, size) || is_in_tree(bee, file, BEE_LIBDIR, buf, size) ||
	       is_in_tree(bee, file, BEE_BINDIR, buf, size);
}

int bee__find_compiler(struct bee *bee, char *buf, size_t size)
{
	const char *asked = bee->compiler ? bee->compiler : secure_getenv("MOONBEE_CC");
	char self[4096];
	ssize_t len;
	Dl_info info;

	if (asked) {
		if (strlen(asked) >= size)
			return -ENAMETOOLONG;
		strcpy(buf, asked);
		return access(buf, X_OK) ? -errno : 0;
	}
	if (dladdr((void *)bee_open, &info) && info.dli_fname &&
	    is_near(bee, info.dli_fname, buf, size))
		return 0;
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len > 0) {
		self[len] = '\0';
		if (is_near(bee, self, buf, size))
			return 0;
	}
	snprintf(buf, size, "%s", BEE_COMPILER_PATH);
	return access(buf, X_OK) ? -errno : 0;
}
