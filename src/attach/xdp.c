// SPDX-License-Identifier: Apache-2.0
/* xdp: packets as a device receives them. "xdp:eth0", "xdp:eth0:generic", "xdp:netns/eth0". */
#include <linux/bpf.h>
#include <linux/if_link.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "place.h"

static const struct mode {
	const char *name;
	uint32_t flags;
} modes[] = {
	{ "", 0 }, /* the kernel chooses: native where the driver can */
	{ "native", XDP_FLAGS_DRV_MODE },
	{ "generic", XDP_FLAGS_SKB_MODE },
	{ "offload", XDP_FLAGS_HW_MODE },
};

static const struct mode *find_mode(const char *name)
{
	for (size_t i = 0; i < BEE_LEN(modes); i++)
		if (!strcmp(modes[i].name, name))
			return &modes[i];
	return NULL;
}

/* ---- refusals ---------------------------------------------------------------------------- */

static const char *mode_name(uint32_t attached)
{
	switch (attached) {
	case XDP_ATTACHED_DRV:
		return "native";
	case XDP_ATTACHED_SKB:
		return "generic";
	case XDP_ATTACHED_HW:
		return "offload";
	default:
		return "several modes";
	}
}

/* Name the program that has the interface. */
static int refuse_busy(struct bee__attach *at, const struct bee__place *place, int index, int err)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	struct bee__text text = { 0 };
	uint32_t id;

	if (bpf_xdp_query(index, 0, &query) || !query.attach_mode)
		return bee__attach_fail(at, err, "%s is busy", place->word);
	id = query.prog_id ?: query.drv_prog_id ?: query.skb_prog_id ?: query.hw_prog_id;
	bee__holder_text(&text, id);
	bee__attach_fail(at, err, "%s is busy: it has %s, in mode %s", place->word,
			 text.data ? text.data : "another program", mode_name(query.attach_mode));
	bee__text_free(&text);
	bee__hint(at->bee,
		  "an interface takes one XDP program; where no process has it, "
		  "`ip link set dev %s xdp off` takes it away",
		  place->word);
	return err;
}

static int refuse(struct bee__attach *at, const struct bee__place *place, const struct mode *mode,
		  int index, int err)
{
	if (err == -EBUSY || err == -EEXIST)
		return refuse_busy(at, place, index, -EBUSY);
	if (mode->flags == XDP_FLAGS_SKB_MODE ||
	    (err != -EOPNOTSUPP && err != -EINVAL && err != -ERANGE && err != -BEE_ENOTSUPP))
		return bee__attach_fail(at, err, "%s", strerror(-err));
	if (mode->flags == XDP_FLAGS_HW_MODE)
		bee__attach_fail(at, err, "the driver of %s takes no program into its device",
				 place->word);
	else
		bee__attach_fail(at, err, "the driver of %s does not take it in native mode (%s)",
				 place->word, strerror(-err));
	bee__hint(at->bee, "xdp:%s:generic works with every driver", place->word);
	return err;
}

/* ---- attach ------------------------------------------------------------------------------ */

/* A map of devices or CPUs runs such a program, once its descriptor is put into an element. */
static int check_kind(struct bee__attach *at)
{
	unsigned int kind = bpf_program__expected_attach_type(at->prog->bpf);

	if (kind != BPF_XDP_DEVMAP && kind != BPF_XDP_CPUMAP)
		return 0;
	return bee__attach_fail(
		at, -EINVAL,
		"a program of section '%s' is run by a %s, from its value's bpf_prog.fd",
		bee_program_section(at->prog), kind == BPF_XDP_DEVMAP ? "devmap" : "cpumap");
}

static int attach(struct bee__attach *at, const struct bee__place *place)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	const struct mode *mode = find_mode(place->words);
	int index, fd;

	if (!mode)
		return bee__attach_fail(at, -EINVAL, "'%s' is no mode: native, generic or offload",
					place->words);
	index = bee__place_device(at, place);
	if (index < 0)
		return index;
	opts.flags = mode->flags;
	fd = bpf_link_create(bee_program_fd(at->prog), index, BPF_XDP, &opts);
	return fd < 0 ? refuse(at, place, mode, index, fd) : bee__attach_fd(at, fd);
}

int bee__attach_xdp(struct bee__attach *at)
{
	struct bee__place place;
	int err;

	err = check_kind(at);
	if (err)
		return err;
	err = bee__place_enter(at, &place);
	err = err ?: attach(at, &place);
	bee__place_leave(&place);
	return err;
}
