// SPDX-License-Identifier: Apache-2.0
/* What the running kernel can do for this process: asked of the kernel, never of its version. */
#include <linux/bpf.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "internal.h"

#define PMU "/sys/bus/event_source/devices/"

static int has_file(const char *path)
{
	return access(path, F_OK) ? -EOPNOTSUPP : 0;
}

/* Load the least program of a type: `return 0`. */
static int probe_load(enum bpf_prog_type type, const struct bpf_prog_load_opts *opts)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, "bee_probe", "GPL", insns, BEE_LEN(insns), opts);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int probe_bpf(void)
{
	return probe_load(BPF_PROG_TYPE_TRACEPOINT, NULL);
}

static int probe_btf(void)
{
	return has_file(BEE_BTF_PATH);
}

static int probe_tracepoint(void)
{
	return has_file(PMU "tracepoint");
}

static int probe_kprobe(void)
{
	return has_file(PMU "kprobe");
}

static int probe_uprobe(void)
{
	return has_file(PMU "uprobe");
}

static int probe_perf(void)
{
	return has_file("/proc/sys/kernel/perf_event_paranoid");
}

static int probe_attach_type(enum bpf_prog_type type, enum bpf_attach_type attach,
			     const char *function)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	int id = libbpf_find_vmlinux_btf_id(function, attach);

	if (id < 0)
		return -EOPNOTSUPP;
	opts.attach_btf_id = id;
	return probe_load(type, &opts);
}

static int probe_fentry(void)
{
	/* A function that every kernel keeps for tests of just this. */
	return probe_attach_type(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "bpf_fentry_test1");
}

static int probe_lsm(void)
{
	return probe_attach_type(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "file_open");
}

static int probe_ringbuf(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "bee_probe", 0, 0, getpagesize(), NULL);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Sign extension in a register, which came with the fourth version of BPF's instructions. */
static int probe_cpu_v4(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .off = 8 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "bee_probe", "GPL", insns,
			       BEE_LEN(insns), NULL);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

#define UNPRIVILEGED "this process may not use BPF: it needs root, or CAP_BPF and CAP_PERFMON"

// clang-format off
static const struct row {
	int (*probe)(void);
	const char *lacks;	/* why not, when the kernel has no such thing */
	const char *refuses;	/* why not, when it has and says EPERM; NULL: as above */
} rows[BEE_FEATURES_LEN] = {
	[BEE_FEATURE_BPF] = {
		probe_bpf, "this kernel has no BPF (CONFIG_BPF_SYSCALL is not set)", UNPRIVILEGED },
	[BEE_FEATURE_BTF] = {
		probe_btf, "this kernel has no BTF (CONFIG_DEBUG_INFO_BTF is not set)", NULL },
	[BEE_FEATURE_TRACEPOINT] = {
		probe_tracepoint, "this kernel has no tracepoints (CONFIG_EVENT_TRACING is not set)", NULL },
	[BEE_FEATURE_KPROBE] = {
		probe_kprobe, "this kernel has no kprobes (CONFIG_KPROBES is not set)", NULL },
	[BEE_FEATURE_UPROBE] = {
		probe_uprobe, "this kernel has no uprobes (CONFIG_UPROBE_EVENTS is not set)", NULL },
	[BEE_FEATURE_FENTRY] = {
		probe_fentry, "this kernel has no fentry (BPF trampolines)",
		"this kernel refuses fentry, fexit and fmod_ret (lockdown)" },
	[BEE_FEATURE_LSM] = {
		probe_lsm, "this kernel has no BPF LSM (CONFIG_BPF_LSM is not set)",
		"this kernel refuses LSM programs (lockdown)" },
	[BEE_FEATURE_PERF] = {
		probe_perf, "this kernel has no perf events (CONFIG_PERF_EVENTS is not set)", NULL },
	[BEE_FEATURE_RINGBUF] = {
		probe_ringbuf, "this kernel has no BPF ring buffer (it came with Linux 5.8)", UNPRIVILEGED },
	[BEE_FEATURE_CPU_V4] = {
		probe_cpu_v4, "this kernel does not know BPF's instructions of version 4", UNPRIVILEGED },
};
// clang-format on

int bee__feature(enum bee__feature feature, const char **ret_reason)
{
	const struct row *row = &rows[feature];
	int err = row->probe ? row->probe() : 0;

	if (!err)
		return 0;
	*ret_reason = row->lacks;
	if ((err == -EPERM || err == -EACCES) && row->refuses)
		*ret_reason = row->refuses;
	if (err == -EPERM && feature != BEE_FEATURE_BPF && probe_bpf() == -EPERM)
		*ret_reason = UNPRIVILEGED;
	return err == -EPERM ? -EPERM : -EOPNOTSUPP;
}
