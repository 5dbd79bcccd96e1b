// SPDX-License-Identifier: Apache-2.0
/* Targets that are devices, cgroups and places of a firewall: their names, and a few fixed words. */
#include <net/if.h>

#include "../list.h"

static int give(struct bee__list *list, const char *first, const char *second)
{
	char name[IF_NAMESIZE + 32];

	snprintf(name, sizeof(name), "%s%s%s", first, *second ? ":" : "", second);
	if (!bee__list_wants(list, name))
		return 0;
	bee__list_begin(list);
	return bee__list_give(list, name, "");
}

/* All devices of this network namespace, each with each of the words. */
static int give_devices(struct bee__list *list, const char *const *words)
{
	struct if_nameindex *devices = if_nameindex();
	int err = devices ? 0 : -errno;

	if (err)
		return bee__attach_fail(&list->at, err, "network devices: %s", strerror(-err));
	for (size_t i = 0; devices[i].if_index && !err; i++)
		for (size_t k = 0; words[k] && !err; k++)
			err = give(list, devices[i].if_name, words[k]);
	if_freenameindex(devices);
	return err;
}

int bee__list_devices(struct bee__list *list)
{
	return give_devices(list, (const char *const[]){ "", NULL });
}

int bee__list_directions(struct bee__list *list)
{
	return give_devices(list, (const char *const[]){ "ingress", "egress", NULL });
}

int bee__list_firewall(struct bee__list *list)
{
	static const char *const families[] = { "ipv4", "ipv6" };
	static const char *const places[] = { "prerouting", "input", "forward", "output",
					      "postrouting" };
	int err = 0;

	for (size_t i = 0; i < BEE_LEN(families); i++)
		for (size_t k = 0; k < BEE_LEN(places) && !err; k++)
			err = give(list, families[i], places[k]);
	return err;
}

/* Of the root alone: cgroups there may be thousands, and each has the same hooks. */
int bee__list_cgroups(struct bee__list *list)
{
	const char *reason;
	int err = 0;

	for (size_t i = 0; i < bee__hooks_len && !err; i++) {
		const struct bee__hook *hook = &bee__hooks[i];

		if (hook->list == bee__list_cgroups && !strcmp(hook->name, list->at.hook->name) &&
		    bee__feature(hook->needs, &reason) != -EOPNOTSUPP)
			err = give(list, "/", hook->kind);
	}
	return err;
}
