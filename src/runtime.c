// SPDX-License-Identifier: Apache-2.0
/* A runtime: what is opened first and closed last. */
#include <sys/epoll.h>
#include <unistd.h>

#include "internal.h"

const char *bee_version(void)
{
	return BEE_VERSION;
}

static bool copy_text(char **ret_copy, const char *text)
{
	*ret_copy = text ? strdup(text) : NULL;
	return *ret_copy || !text;
}

static const char *find_btf(const char *asked)
{
	const char *path = asked ? asked : secure_getenv("MOONBEE_BTF");

	return path && *path ? path : BEE_BTF_PATH;
}

int bee_open(const struct bee_opts *opts, struct bee **ret_bee)
{
	struct bee_opts asked;
	struct bee *bee;
	int err;

	err = bee__copy_opts(NULL, BEE_STAGE_NONE, BEE__SIZED(bee_opts, log_ctx), &asked, opts);
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
	if (!copy_text(&bee->cache, asked.cache))
		goto fail;
	if (!copy_text(&bee->btf_path, find_btf(asked.btf)))
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
	bee__links_end(&bee->links, NULL);
	bee__watches_close(bee);
	bee__diags_clear(bee);
	if (bee->epoll_fd >= 0)
		close(bee->epoll_fd);
	if (bee->tracefs_fd >= 0)
		close(bee->tracefs_fd);
	bee__cache_close(bee);
	free(bee->compiler);
	free(bee->btf_path);
	free(bee);
}
