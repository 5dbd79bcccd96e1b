/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types stage on arbitrary BTF and an arbitrary source: a vmlinux's BTF, a module's, the text.
 * The text is C, which has no NUL.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cprint.h"
#include "fuzz.h"
#include "internal.h"

/* A file with these bytes, which is there as long as the process. */
static const char *file_with(struct part part)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("btf", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	require(fd >= 0 && !ftruncate(fd, 0));
	require(pwrite(fd, part.data, part.size, 0) == (ssize_t)part.size);
	return path;
}

/* The whole stage, as a load runs it, but with no tracepoints. */
static void run_stage(struct part btf, const char *source)
{
	struct bee_opts opts = { .size = sizeof(opts), .btf = file_with(btf) };
	struct bee_load_opts load = { .size = sizeof(load) };
	struct bee__file file = { .text = (char *)source, .size = strlen(source) };
	struct bee__files files = { .list = &file, .len = 1 };
	struct bee__text header = { 0 };
	struct bee *bee;

	require(!bee_open(&opts, &bee));
	bee->tracefs_fd = open("/proc/self/fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!bee__types(bee, &files, &load, &header))
		require(header.data && strlen(header.data) == header.len);
	else
		require(bee_diag_next(bee, NULL) != NULL);
	bee__text_free(&header);
	bee_close(bee);
}

/* With a module's BTF joined: what is reached, and its text. */
static void run_joined(struct part btf, struct part module, const char *source)
{
	struct bee__words words = { 0 };
	struct bee__rawbtf raw;
	struct bee__reach reach;
	struct bee__text text = { 0 };

	if (bee__rawbtf_parse(copy_of(btf.data, btf.size), btf.size, false, &raw))
		return;
	for (int i = 0; i < 2; i++) {
		void *copy = copy_of(module.data, module.size);

		bee__rawbtf_add(&raw, copy, module.size);
		free(copy);
	}
	for (uint32_t id = 0; id < raw.len + 2; id++) {
		bee__btf_size(&raw, id);
		bee__btf_align(&raw, id);
	}
	bee__words_read(&words, source, strlen(source), BEE_WORDS_USER);
	if (!bee__reach_find(&raw, &words, &reach)) {
		bee__cprint(&reach, &text);
		bee__reach_free(&reach);
	}
	bee__text_free(&text);
	bee__words_free(&words);
	bee__rawbtf_close(&raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct part btf = take_part(&data, &size);
	struct part module = take_part(&data, &size);
	char *source = strndup((const char *)data, size);

	run_stage(btf, source);
	run_joined(btf, module, source);
	free(source);
	return 0;
}
