// SPDX-License-Identifier: Apache-2.0
/* Links: what is attached, in one part or in many, until it is closed. */
#include <unistd.h>

#include <bpf/libbpf.h>

#include "internal.h"

/* ---- parts ------------------------------------------------------------------------------- */

static void close_part(struct bee__part *part)
{
	if (part->bpf)
		bpf_link__destroy(part->bpf);
	if (part->fd >= 0)
		close(part->fd);
	if (part->ops)
		part->ops->detach(part->ctx);
}

static int add_part(struct bee__attach *at, struct bee__part part)
{
	struct bee_link *link = at->link;
	struct bee__part *parts = realloc(link->parts, (link->parts_len + 1) * sizeof(*parts));

	if (!parts) {
		close_part(&part);
		return -ENOMEM;
	}
	link->parts = parts;
	parts[link->parts_len++] = part;
	return 0;
}

int bee__attach_part(struct bee__attach *at, struct bpf_link *part)
{
	if (!part)
		return bee__attach_refused(at, -errno);
	return add_part(at, (struct bee__part){ .bpf = part, .fd = -1 });
}

int bee__attach_fd(struct bee__attach *at, int fd)
{
	return add_part(at, (struct bee__part){ .fd = fd });
}

int bee__attach_ops(struct bee__attach *at, const struct bee__part_ops *ops, void *ctx)
{
	return add_part(at, (struct bee__part){ .ops = ops, .ctx = ctx, .fd = -1 });
}

/* ---- links ------------------------------------------------------------------------------- */

int bee__link_open(struct bee__attach *at)
{
	struct bee_module *mod = at->prog->mod;
	struct bee_link *link = calloc(1, sizeof(*link));

	if (!link)
		return -ENOMEM;
	link->mod = mod;
	link->prog = at->prog;
	link->cookie = at->opts.cookie;
	link->next = mod->links;
	mod->links = link;
	link->target = strdup(at->target);
	at->link = link;
	return link->target ? 0 : -ENOMEM;
}

void bee_link_close(struct bee_link *link)
{
	struct bee_link **at;

	if (!link)
		return;
	for (at = &link->mod->links; *at != link; at = &(*at)->next)
		;
	*at = link->next;
	for (size_t i = 0; i < link->parts_len; i++)
		close_part(&link->parts[i]);
	free(link->parts);
	free(link->target);
	free(link);
}

const char *bee_link_target(const struct bee_link *link)
{
	return link->target;
}
