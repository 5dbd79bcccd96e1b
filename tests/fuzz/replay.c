/* SPDX-License-Identifier: Apache-2.0 */
/* In place of libFuzzer: the driver, once on each file of the folders and files that are named. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "internal.h"

static size_t replay_file(const char *path)
{
	char *data;
	size_t size;
	void *copy;

	if (bee__read_file(path, &data, &size))
		return 0;
	copy = copy_of(data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	free(data);
	return 1;
}

static size_t replay(const char *path)
{
	const struct dirent *entry;
	char inner[4096];
	size_t count = 0;
	DIR *dir = opendir(path);

	if (!dir)
		return replay_file(path);
	while ((entry = readdir(dir))) {
		snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			count += replay_file(inner);
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++)
		count += replay(argv[i]);
	printf("%zu inputs\n", count);
	return count ? 0 : 77; /* there was nothing to show */
}
