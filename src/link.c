// SPDX-License-Identifier: Apache-2.0
/* Links: what is attached, in one part or in many, until it is closed. */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "internal.h"

/* ---- parts ------------------------------------------------------------------------------- */

int bee__part_fd(const struct bee__part *part)
{
	return part->bpf ? bpf_link__fd(part->bpf) : part->fd;
}

static int add_part(struct bee_link *link, struct bee__part part)
{
	struct bee__part *parts = realloc(link->parts, (link->parts_len + 1) * sizeof(*parts));

	if (!parts) {
		bee__parts_close(&part, 1);
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
	return add_part(at->link, (struct bee__part){ .bpf = part, .fd = -1, .event = -1 });
}

int bee__attach_fd(struct bee__attach *at, int fd)
{
	return add_part(at->link, (struct bee__part){ .fd = fd, .event = -1 });
}

int bee__attach_event(struct bee__attach *at, int fd, int event)
{
	return add_part(at->link, (struct bee__part){ .fd = fd, .event = event });
}

int bee__attach_ops(struct bee__attach *at, const struct bee__part_ops *ops, void *ctx)
{
	return add_part(at->link,
			(struct bee__part){ .ops = ops, .ctx = ctx, .fd = -1, .event = -1 });
}

/* ---- closing ----------------------------------------------------------------------------- */

/* Take a link out of the list that it is in. */
static void leave(struct bee_link *link)
{
	struct bee_link **at = link->mod ? &link->mod->links : &link->bee->links;

	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
}

static void free_link(struct bee_link *link)
{
	leave(link);
	free(link->parts);
	free(link->target);
	free(link->pin);
	free(link);
}

void bee_links_close(struct bee_link *const *links, size_t len)
{
	struct bee__part *parts;
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += links[i] ? links[i]->parts_len : 0;
	parts = count ? malloc(count * sizeof(*parts)) : NULL;
	count = 0;
	for (size_t i = 0; i < len; i++) {
		struct bee_link *link = links[i];

		if (!link)
			continue;
		if (parts && link->parts_len)
			memcpy(parts + count, link->parts, link->parts_len * sizeof(*parts));
		else if (link->parts_len) /* no memory to have them all at once */
			bee__parts_close(link->parts, link->parts_len);
		count += link->parts_len;
		free_link(link);
	}
	if (parts)
		bee__parts_close(parts, count);
	free(parts);
}

void bee_link_close(struct bee_link *link)
{
	bee_links_close(&link, 1);
}

void bee_link_detach(struct bee_link *link)
{
	bee__link_unpin(link);
	/* Whoever else holds it loses it too, where the kernel can. */
	for (size_t i = 0; i < link->parts_len; i++)
		if (bee__part_fd(&link->parts[i]) >= 0 && !link->parts[i].ops)
			bpf_link_detach(bee__part_fd(&link->parts[i]));
	bee__parts_close(link->parts, link->parts_len);
	link->parts_len = 0;
}

void bee__links_end(struct bee_link **list, const struct bee_link *end)
{
	struct bee_link **links;
	size_t len = 0;

	for (struct bee_link *link = *list; link != end; link = link->next)
		len++;
	links = len ? malloc(len * sizeof(struct bee_link *)) : NULL;
	if (links) {
		len = 0;
		for (struct bee_link *link = *list; link != end; link = link->next)
			links[len++] = link;
		bee_links_close(links, len);
	}
	free(links);
	while (*list != end) /* one by one, where there was no memory */
		bee_link_close(*list);
}

void bee_module_detach(struct bee_module *mod)
{
	for (struct bee_link *link = mod->links; link; link = link->next)
		bee__link_unpin(link);
	bee__links_end(&mod->links, NULL);
}

/* ---- links ------------------------------------------------------------------------------- */

/* Behind the hook's name, which may be said in several words. */
static const char *place_of(const char *target)
{
	return target + strcspn(target, ":");
}

/*
 * Probes that observe let a program be attached twice to a place, which then counts all twice. Devices
 * and cgroups say themselves who is there.
 */
static bool is_there(const struct bee__attach *at)
{
	if (!at->hook || !at->hook->cookie)
		return false;
	for (struct bee_link *link = at->prog->mod->links; link; link = link->next)
		if (link->prog == at->prog && link->hook == at->hook && link->parts_len &&
		    !strcmp(place_of(link->target), place_of(at->target)))
			return true;
	return false;
}

int bee__link_open(struct bee__attach *at)
{
	struct bee_module *mod = at->prog->mod;
	struct bee_link *link;

	if (is_there(at))
		return bee__attach_refused(at, -EEXIST);
	link = calloc(1, sizeof(*link));
	if (!link)
		return -ENOMEM;
	link->bee = mod->bee;
	link->mod = mod;
	link->prog = at->prog;
	link->hook = at->hook;
	link->cookie = at->opts.cookie;
	link->next = mod->links;
	mod->links = link;
	link->target = strdup(at->target);
	at->link = link;
	return link->target ? 0 : -ENOMEM;
}

struct bee_link *bee_link_next(struct bee_module *mod, struct bee_link *prev)
{
	return prev ? prev->next : mod->links;
}

const char *bee_link_target(const struct bee_link *link)
{
	return link->target;
}

/* ---- another program --------------------------------------------------------------------- */

static int fail(struct bee_link *link, int err, const char *why)
{
	return bee__fail(link->bee, BEE_STAGE_ATTACH, err, "cannot update the link to %s: %s",
			 link->target, why);
}

static int update_part(struct bee__part *part, int prog_fd)
{
	int fd = bee__part_fd(part), err;

	if (part->ops)
		return part->ops->update ? part->ops->update(part->ctx, prog_fd) : -EOPNOTSUPP;
	if (fd < 0) /* a perf event, of which the kernel has no link (before Linux 5.15) */
		return -EOPNOTSUPP;
	err = bpf_link_update(fd, prog_fd, NULL);
	/* The kernel says it so of links of a kind that it cannot update. */
	return err == -EINVAL ? -EOPNOTSUPP : err;
}

/* -EOPNOTSUPP, unrecorded: the kernel cannot. */
static int update_parts(struct bee_link *link, int prog_fd)
{
	size_t i = 0;
	int err = link->parts_len ? 0 : -ENOLINK;

	for (; i < link->parts_len && !err; i++)
		err = update_part(&link->parts[i], prog_fd);
	if (!err)
		return 0;
	/* The last one failed: those before it run the old program again. */
	while (link->prog && i-- > 1)
		update_part(&link->parts[i - 1], bee_program_fd(link->prog));
	return err;
}

/* Attach the new program to the same target, and only then let go of the old one. */
static int replace(struct bee_link *link, struct bee_program *prog)
{
	struct bee_link *made;
	struct bee__part *parts = link->parts;
	size_t len = link->parts_len;
	int err;

	if (!link->prog)
		return fail(link, -EOPNOTSUPP, "the kernel can update no links of its kind");
	if (link->pin)
		return fail(link, -EOPNOTSUPP,
			    "the kernel can update no links of its kind, and this one is pinned");
	err = bee__attach_again(link, prog, &made);
	if (err)
		return err;
	link->parts = made->parts;
	link->parts_len = made->parts_len;
	made->parts = parts;
	made->parts_len = len;
	bee_link_close(made);
	return 0;
}

static int check_update(struct bee_link *link, struct bee_program *prog)
{
	if (prog->mod->bee != link->bee)
		return fail(link, -EINVAL, "the program is of another runtime");
	if (bee_program_fd(prog) < 0)
		return fail(link, -EBADF, "the program was left out at load");
	if (link->prog && bpf_program__type(prog->bpf) != bpf_program__type(link->prog->bpf))
		return fail(link, -EINVAL, "the program is of another type");
	return link->parts_len ? 0 : fail(link, -ENOLINK, "it is detached");
}

/* The link goes with the program that it runs. */
static void move(struct bee_link *link, struct bee_program *prog)
{
	if (link->mod) {
		leave(link);
		link->mod = prog->mod;
		link->next = prog->mod->links;
		prog->mod->links = link;
	}
	link->prog = link->mod ? prog : NULL;
}

int bee_link_update(struct bee_link *link, struct bee_program *prog)
{
	bool overlaps = false;
	int err;

	bee__diags_clear(link->bee);
	err = check_update(link, prog);
	if (err)
		return err;
	if (link->prog == prog)
		return 0;
	err = update_parts(link, bee_program_fd(prog));
	if (err == -EOPNOTSUPP) {
		overlaps = true;
		err = replace(link, prog);
	} else if (err) {
		fail(link, err, strerror(-err));
	}
	if (err)
		return err;
	move(link, prog);
	return overlaps;
}
