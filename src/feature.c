// SPDX-License-Identifier: Apache-2.0
/* What the running kernel can do for this process: asked of the kernel (probes.c), never of its version. */
#include "internal.h"
#include "probes.h"

#define UNPRIVILEGED "this process may not use BPF: it needs root, or CAP_BPF and CAP_PERFMON"

// clang-format off
static const struct row {
	int (*probe)(void);
	const char *lacks;	/* why not, when the kernel has no such thing */
	const char *refuses;	/* why not, when it has and says EPERM; NULL: as above */
	const char *name;	/* for programs, as the doctor prints it: it stays as it is */
	const char *about;
	const char *cure;	/* what to do where it is not */
} rows[BEE_FEATURES_LEN] = {
	[BEE_FEATURE_BPF] = {
		bee__probe_bpf, "this kernel has no BPF (CONFIG_BPF_SYSCALL is not set)", UNPRIVILEGED,
		.name = "bpf", .about = "BPF programs can be loaded",
		.cure = "run as root, or with CAP_BPF and CAP_PERFMON; the kernel needs CONFIG_BPF_SYSCALL" },
	[BEE_FEATURE_BTF] = {
		bee__probe_btf, "this kernel has no BTF (CONFIG_DEBUG_INFO_BTF is not set)", NULL,
		.name = "btf", .about = "the kernel tells its types",
		.cure = "a kernel with CONFIG_DEBUG_INFO_BTF; or MOONBEE_BTF=FILE, BTF made of its debug symbols" },
	[BEE_FEATURE_TRACEPOINT] = {
		bee__probe_tracepoint, "this kernel has no tracepoints (CONFIG_EVENT_TRACING is not set)", NULL,
		.name = "tracepoint", .about = "tracepoints",
		.cure = "a kernel with CONFIG_EVENT_TRACING" },
	[BEE_FEATURE_KPROBE] = {
		bee__probe_kprobe, "this kernel has no kprobes (CONFIG_KPROBES is not set)", NULL,
		.name = "kprobe", .about = "kprobes: any function of the kernel",
		.cure = "a kernel with CONFIG_KPROBES; or use fentry or tracepoints" },
	[BEE_FEATURE_KPROBE_MULTI] = {
		bee__probe_kprobe_multi, "this kernel has no kprobe.multi (CONFIG_FPROBE is not set)", UNPRIVILEGED,
		.name = "kprobe_multi", .about = "kprobes on many functions at once",
		.cure = "a kernel of Linux 5.18 or newer with CONFIG_FPROBE; without, patterns attach one by one" },
	[BEE_FEATURE_UPROBE] = {
		bee__probe_uprobe, "this kernel has no uprobes (CONFIG_UPROBE_EVENTS is not set)", NULL,
		.name = "uprobe", .about = "uprobes: functions of programs and libraries",
		.cure = "a kernel with CONFIG_UPROBE_EVENTS" },
	[BEE_FEATURE_UPROBE_MULTI] = {
		bee__probe_uprobe_multi, "this kernel has no uprobe.multi (it came with Linux 6.6)", UNPRIVILEGED,
		.name = "uprobe_multi", .about = "uprobes on many functions at once",
		.cure = "a kernel of Linux 6.6 or newer; without, patterns attach one by one" },
	[BEE_FEATURE_FENTRY] = {
		bee__probe_fentry, "this kernel has no fentry (BPF trampolines)",
		"this kernel refuses fentry, fexit, fmod_ret and freplace (lockdown)",
		.name = "fentry", .about = "fentry, fexit, fmod_ret: functions with their types",
		.cure = "a kernel with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS and without lockdown; or use kprobes or tracepoints" },
	[BEE_FEATURE_LSM] = {
		bee__probe_lsm, "this kernel has no BPF LSM (CONFIG_BPF_LSM is not set, or lsm= of its command line leaves bpf out)",
		"this kernel refuses LSM programs (lockdown)",
		.name = "lsm", .about = "BPF among the security modules",
		.cure = "boot with lsm=...,bpf on a kernel with CONFIG_BPF_LSM and without lockdown" },
	[BEE_FEATURE_PERF] = {
		bee__probe_perf, "this kernel has no perf events (CONFIG_PERF_EVENTS is not set)", NULL,
		.name = "perf", .about = "perf events: profiling by time",
		.cure = "a kernel with CONFIG_PERF_EVENTS" },
	[BEE_FEATURE_PMU] = {
		bee__probe_pmu, "this machine has no counters of its processor (no PMU, as in most virtual machines)", NULL,
		.name = "pmu", .about = "counters of the processor",
		.cure = "use software: or profile: instead; a virtual machine must be given its PMU" },
	[BEE_FEATURE_RINGBUF] = {
		bee__probe_ringbuf, "this kernel has no BPF ring buffer (it came with Linux 5.8)", UNPRIVILEGED,
		.name = "ringbuf", .about = "ring buffers",
		.cure = "a kernel of Linux 5.8 or newer; or use BPF_PERF_OUTPUT" },
	[BEE_FEATURE_COOKIE] = {
		bee__probe_cookie, "this kernel has no cookies of BPF links (they came with Linux 5.15)", UNPRIVILEGED,
		.name = "cookie", .about = "cookies of kprobes, uprobes and tracepoints",
		.cure = "a kernel of Linux 5.15 or newer" },
	[BEE_FEATURE_COOKIE_TRACING] = {
		bee__probe_cookie_tracing, "this kernel has no cookies of links to fentry, fexit, fmod_ret and LSM (they came with Linux 5.19)",
		"this kernel refuses fentry, fexit and fmod_ret (lockdown)",
		.name = "cookie_tracing", .about = "cookies of fentry and its like",
		.cure = "a kernel of Linux 5.19 or newer" },
	[BEE_FEATURE_COOKIE_RAW] = {
		bee__probe_cookie_raw, "this kernel has no cookies of links to raw tracepoints (they came with Linux 6.10)", UNPRIVILEGED,
		.name = "cookie_raw", .about = "cookies of raw tracepoints",
		.cure = "a kernel of Linux 6.10 or newer" },
	[BEE_FEATURE_CPU_V4] = {
		bee__probe_cpu_v4, "this kernel does not know BPF's instructions of version 4", UNPRIVILEGED,
		.name = "cpu_v4", .about = "BPF's instructions of version 4",
		.cure = "a kernel of Linux 6.6 or newer; without, version 3 is used" },
	[BEE_FEATURE_CAST] = {
		bee__probe_read_cast, "this kernel makes no pointers of numbers, bpf_rdonly_cast() (it came with Linux 6.2)", UNPRIVILEGED,
		.name = "cast", .about = "the kernel's memory is read without a helper",
		.cure = "a kernel of Linux 6.2 or newer; without, each read costs a call" },
	[BEE_FEATURE_TASK_TYPED] = {
		bee__probe_task_typed, "this kernel gives no typed pointer to the current task, bpf_get_current_task_btf() (it came with Linux 5.11)", UNPRIVILEGED,
		.name = "task_typed", .about = "what the current task leads to is read without a helper",
		.cure = "a kernel of Linux 5.11 or newer; without, each read costs a call" },
	[BEE_FEATURE_XDP_FRAGS] = {
		bee__probe_xdp_frags, "this kernel gives XDP no packets in fragments (they came with Linux 5.18)", UNPRIVILEGED,
		.name = "xdp_frags", .about = "XDP for packets in several pieces",
		.cure = "a kernel of Linux 5.18 or newer" },
	[BEE_FEATURE_TCX] = {
		bee__probe_tcx, "this kernel has no tcx (it came with Linux 6.6)", UNPRIVILEGED,
		.name = "tcx", .about = "tcx: packets of a device by links",
		.cure = "a kernel of Linux 6.6 or newer; without, tc: uses clsact" },
	[BEE_FEATURE_NETKIT] = {
		bee__probe_netkit, "this kernel has no netkit (it came with Linux 6.7, with CONFIG_NETKIT)", UNPRIVILEGED,
		.name = "netkit", .about = "netkit devices",
		.cure = "a kernel of Linux 6.7 or newer with CONFIG_NETKIT" },
	[BEE_FEATURE_NETFILTER] = {
		bee__probe_netfilter, "this kernel has no BPF in netfilter (it came with Linux 6.4, with CONFIG_NETFILTER_BPF_LINK)", UNPRIVILEGED,
		.name = "netfilter", .about = "programs in netfilter",
		.cure = "a kernel of Linux 6.4 or newer with CONFIG_NETFILTER_BPF_LINK" },
	[BEE_FEATURE_CGROUP] = {
		bee__probe_cgroup, "this kernel has no BPF programs of cgroups (CONFIG_CGROUP_BPF is not set)", UNPRIVILEGED,
		.name = "cgroup", .about = "programs of cgroups",
		.cure = "a kernel with CONFIG_CGROUP_BPF" },
	[BEE_FEATURE_CGROUP_UNIX] = {
		bee__probe_cgroup_unix, "this kernel has no hooks of cgroups at Unix sockets (they came with Linux 6.7)", UNPRIVILEGED,
		.name = "cgroup_unix", .about = "programs of cgroups at Unix sockets",
		.cure = "a kernel of Linux 6.7 or newer" },
	[BEE_FEATURE_SK_SKB_VERDICT] = {
		bee__probe_sk_skb_verdict, "this kernel has no sk_skb verdict (it came with Linux 5.13)", UNPRIVILEGED,
		.name = "sk_skb_verdict", .about = "verdicts on what sockets in a map receive, without a parser",
		.cure = "a kernel of Linux 5.13 or newer; without, use sk_skb:MAP:stream_verdict" },
	[BEE_FEATURE_SYSCALL] = {
		bee__probe_syscall, "this kernel has no programs of system calls (they came with Linux 5.14)", UNPRIVILEGED,
		.name = "syscall", .about = "programs that a process runs",
		.cure = "a kernel of Linux 5.14 or newer" },
	[BEE_FEATURE_STRUCT_OPS] = {
		bee__probe_struct_ops, "this kernel has no struct_ops (CONFIG_BPF_JIT or CONFIG_DEBUG_INFO_BTF is not set)", UNPRIVILEGED,
		.name = "struct_ops", .about = "tables of programs, as a congestion control",
		.cure = "a kernel with CONFIG_BPF_JIT and CONFIG_DEBUG_INFO_BTF" },
	[BEE_FEATURE_REUSEPORT_MIGRATE] = {
		bee__probe_reuseport_migrate, "this kernel moves no connections between listeners (it came with Linux 5.14)", UNPRIVILEGED,
		.name = "reuseport_migrate", .about = "connections move between sockets that share a port",
		.cure = "a kernel of Linux 5.14 or newer" },
	[BEE_FEATURE_LSM_CGROUP] = {
		bee__probe_lsm_cgroup, "this kernel has no BPF LSM of cgroups (it came with Linux 6.0, and needs what BPF LSM needs)",
		"this kernel refuses LSM programs (lockdown)",
		.name = "lsm_cgroup", .about = "security decisions of a cgroup",
		.cure = "a kernel of Linux 6.0 or newer that can do lsm" },
};
// clang-format on

int bee__feature(enum bee__feature feature, const char **ret_reason)
{
	const struct row *row = &rows[feature];
	int err = row->probe ? row->probe() : 0;

	if (!err)
		return 0;
	/* What this process is short of says nothing about the kernel. */
	if (err == -EMFILE || err == -ENFILE || err == -ENOMEM) {
		*ret_reason = strerror(-err);
		return err;
	}
	*ret_reason = row->lacks;
	if ((err == -EPERM || err == -EACCES) && row->refuses)
		*ret_reason = row->refuses;
	if (err == -EPERM && feature != BEE_FEATURE_BPF && bee__probe_bpf() == -EPERM)
		*ret_reason = UNPRIVILEGED;
	return err == -EPERM ? -EPERM : -EOPNOTSUPP;
}

void bee__feature_tell(enum bee__feature feature, struct bee_feature *ret_feature)
{
	ret_feature->name = rows[feature].name ?: "";
	ret_feature->about = rows[feature].about ?: "";
	ret_feature->cure = rows[feature].cure ?: "";
	ret_feature->is_needed = feature == BEE_FEATURE_BPF || feature == BEE_FEATURE_BTF;
}
