// SPDX-License-Identifier: Apache-2.0
/* A runtime: what is opened first and closed last. */
#include <sys/epoll.h>
#include <unistd.h>

#include "internal.h"

const char *bee_version(void)
{
	return BEE_VERSION;
}

int bee__copy_opts(void *dst, size_t dst_size, const void *src)
{
	const unsigned char *bytes = src;
	size_t src_size;

	memset(dst, 0, dst_size);
	if (!src)
		return 0;
	memcpy(&src_size, src, sizeof(src_size));
	if (src_size < sizeof(src_size))
		return -EINVAL;
	/* Options of a newer library, which ask for what this one does not know. */
	for (size_t i = dst_size; i < src_size; i++)
		if (bytes[i])
			return -EINVAL;
	memcpy(dst, src, src_size < dst_size ? src_size : dst_size);
	return 0;
}

static bool copy_text(char **ret_copy, const char *text)
{
	*ret_copy = text ? strdup(text) : NULL;
	return *ret_copy || !text;
}

int bee_open(const struct bee_opts *opts, struct bee **ret_bee)
{
	struct bee_opts asked;
	struct bee *bee;
	int err;

	err = bee__copy_opts(&asked, sizeof(asked), opts);
	if (err)
		return err;
	bee__libbpf_init();
	bee = calloc(1, sizeof(*bee));
	if (!bee)
		return -ENOMEM;
	bee->epoll_fd = -1;
	bee->tracefs_fd = -1;
	bee->log = asked.log;
	bee->log_ctx = asked.log_ctx;

	err = -ENOMEM;
	if (!copy_text(&bee->compiler, asked.compiler))
		goto fail;
	if (!copy_text(&bee->btf_path, asked.btf ? asked.btf : BEE_BTF_PATH))
		goto fail;
	bee->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (bee->epoll_fd < 0) {
		err = -errno;
		goto fail;
	}
	*ret_bee = bee;
	return 0;
fail:
	bee_close(bee);
	return err;
}

void bee_close(struct bee *bee)
{
	if (!bee)
		return;
	while (bee->modules)
		bee_module_close(bee->modules);
	bee__watches_close(bee);
	bee__diags_clear(bee);
	if (bee->epoll_fd >= 0)
		close(bee->epoll_fd);
	if (bee->tracefs_fd >= 0)
		close(bee->tracefs_fd);
	free(bee->compiler);
	free(bee->btf_path);
	free(bee);
}
