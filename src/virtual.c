// SPDX-License-Identifier: Apache-2.0
/* Headers that no file is read for. */
#include "internal.h"

/*
 * Their types come from BTF and their macros from the prelude. A name that ends in a slash stands for a
 * whole folder.
 */
// clang-format off
static const char *const headers[] = {
	"linux/", "uapi/", "asm/", "asm-generic/", "net/", "bcc/", "bpf/", "generated/", "trace/",
	"scsi/", "drm/", "sound/", "rdma/", "crypto/", "video/", "media/", "acpi/", "xen/",
	"kvm/", "vdso/", "target/", "sys/", "netinet/", "arpa/", "iproute2/", "bpf_elf.h",
	"vmlinux.h", "stddef.h", "stdint.h", "stdbool.h", "stdatomic.h", "stdarg.h", "stdio.h",
	"stdlib.h", "string.h", "errno.h", "limits.h", "features.h", "sched.h", "assert.h",
	"ctype.h", "inttypes.h", "endian.h", "time.h", "unistd.h", "fcntl.h", "signal.h",
	"bpf_helpers.h", "bpf_tracing.h", "bpf_core_read.h", "bpf_endian.h", "bpf_helper_defs.h",
};
// clang-format on

bool bee__is_virtual(const char *name)
{
	if (strstr(name, ".."))
		return false;
	for (size_t i = 0; i < BEE_LEN(headers); i++) {
		size_t len = strlen(headers[i]);
		bool is_folder = headers[i][len - 1] == '/';

		if (!strncmp(name, headers[i], len) && (is_folder || !name[len]))
			return true;
	}
	return false;
}

/*
 * What libbpf's bpf_helpers.h puts in the place of what was before: it is read in its place, which may be
 * behind an #undef. The condition tells the survey that these are no definitions of the user's.
 */
static const char helpers_text[] =
	"#if 1\n"
	"#undef offsetof\n"
	"#undef container_of\n"
	"#define offsetof(type, member) __bee_offset(type, member)\n"
	"#define container_of(ptr, type, member) __bee_container(ptr, type, member)\n"
	"#endif\n";

const char *bee__virtual_text(const char *name)
{
	bool is_helpers = !strcmp(name, "bpf/bpf_helpers.h") || !strcmp(name, "bpf_helpers.h");

	return is_helpers ? helpers_text : "";
}
