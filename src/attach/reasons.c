// SPDX-License-Identifier: Apache-2.0
/* What the kernel or libbpf knows and no row of table.c serves: a row each, with the reason. */
#include "../internal.h"

// clang-format off
const struct bee__no_hook bee__no_hooks[] = {
	{ "BPF_PROG_TYPE_UNSPEC", NULL, "it is no type" },
	{ "BPF_PROG_TYPE_LIRC_MODE2", "lirc_mode2",
	  "it decodes an infrared receiver's signals, and is attached to its /dev/lirc0 with bpf(BPF_PROG_ATTACH) by hand" },
	{ "BPF_LIRC_MODE2", NULL, "as BPF_PROG_TYPE_LIRC_MODE2" },
	{ "BPF_TCX_INGRESS", NULL, "rows tcx and tc have both sides of a device" },
	{ "BPF_TCX_EGRESS", NULL, "as BPF_TCX_INGRESS" },
	{ "BPF_NETKIT_PRIMARY", NULL, "row netkit has both ends of a pair" },
	{ "BPF_NETKIT_PEER", NULL, "as BPF_NETKIT_PRIMARY" },
	{ "BPF_TRACE_UPROBE_MULTI", NULL, "rows uprobe and uretprobe take it for patterns, where the kernel has it" },
	{ "BPF_TRACE_KPROBE_SESSION", NULL, "it takes a newer libbpf than Debian 12's: kprobe and kretprobe are two programs" },
	{ "BPF_TRACE_UPROBE_SESSION", NULL, "it takes a newer libbpf than Debian 12's: uprobe and uretprobe are two programs" },
	{ "BPF_TRACE_FSESSION", NULL, "it takes a newer libbpf than Debian 12's: fentry and fexit are two programs" },
	{ "BPF_TRACE_FENTRY_MULTI", NULL, "it takes a newer libbpf than Debian 12's: fentry is of one function" },
	{ "BPF_TRACE_FEXIT_MULTI", NULL, "it takes a newer libbpf than Debian 12's: fexit is of one function" },
	{ "BPF_TRACE_FSESSION_MULTI", NULL, "as BPF_TRACE_FSESSION" },
	{ "a section of newer libbpf's", "struct_ops.s",
	  "programs of struct_ops that may sleep take libbpf 1.2: SEC(\"struct_ops/name\") is for those that do not" },
};
// clang-format on

const size_t bee__no_hooks_len = BEE_LEN(bee__no_hooks);

const char *bee__why_no_hook(const char *word)
{
	size_t len = strcspn(word, ":/");

	for (size_t i = 0; i < BEE_LEN(bee__no_hooks); i++) {
		const char *sec = bee__no_hooks[i].sec;

		if (sec && strlen(sec) == len && !strncmp(sec, word, len))
			return bee__no_hooks[i].reason;
	}
	return NULL;
}
