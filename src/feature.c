// SPDX-License-Identifier: Apache-2.0
/* What the running kernel can do for this process: asked of the kernel, never of its version. */
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "attach/uprobe.h"
#include "facts.h"
#include "internal.h"

#define PMU "/sys/bus/event_source/devices/"

static int has_file(const char *path)
{
	return access(path, F_OK) ? -EOPNOTSUPP : 0;
}

static int close_probe(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Load the least program of a type: `return 0`. Gives its descriptor. */
static int load_least(enum bpf_prog_type type, const struct bpf_prog_load_opts *opts)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, "bee_probe", "GPL", insns, BEE_LEN(insns), opts);
}

static int probe_load(enum bpf_prog_type type, const struct bpf_prog_load_opts *opts)
{
	return close_probe(load_least(type, opts));
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

/* Attached for a moment, to a function that nothing calls by itself. */
static int probe_kprobe_multi(void)
{
	const char *function = "bpf_fentry_test1";
	LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = BPF_TRACE_KPROBE_MULTI);
	LIBBPF_OPTS(bpf_link_create_opts, link, .kprobe_multi.syms = &function,
		    .kprobe_multi.cnt = 1);
	int prog = load_least(BPF_PROG_TYPE_KPROBE, &load), err;

	if (prog < 0)
		return prog;
	err = close_probe(bpf_link_create(prog, 0, BPF_TRACE_KPROBE_MULTI, &link));
	close(prog);
	return err;
}

static int probe_uprobe(void)
{
	return has_file(PMU "uprobe");
}

/* Asked for a folder, which is no file to be probed, a kernel that knows such links says so. */
static int probe_uprobe_multi(void)
{
	const uint64_t offset = 0;
	LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = BEE_TRACE_UPROBE_MULTI);
	struct bee__uprobe_multi attr = {
		.prog_fd = load_least(BPF_PROG_TYPE_KPROBE, &load),
		.attach_type = BEE_TRACE_UPROBE_MULTI,
		.path = (uintptr_t) "/",
		.offsets = (uintptr_t)&offset,
		.len = 1,
	};
	int prog = attr.prog_fd, err;

	if (prog < 0)
		return prog;
	err = close_probe(bee__uprobe_multi(&attr));
	close(prog);
	return err == -EBADF ? 0 : err == -EPERM ? err : -EOPNOTSUPP;
}

static int probe_perf(void)
{
	return has_file("/proc/sys/kernel/perf_event_paranoid");
}

/* Of this process alone, which anyone may count. */
static int probe_pmu(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.size = sizeof(attr),
		.disabled = 1,
		.exclude_kernel = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : close_probe(fd);
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

/*
 * The security modules that are active, in securityfs: "lockdown,capability,bpf". Without bpf among
 * them LSM programs of older kernels load and attach, and are never called.
 */
static bool is_lsm_active(void)
{
	int dir = bee__mount_detached("securityfs"), fd = -1;
	char *names = NULL;
	bool active = true;
	size_t size;

	if (dir >= 0)
		fd = openat(dir, "lsm", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && !bee__read_fd(fd, &names, &size))
		active = strstr(names, "bpf") != NULL;
	free(names);
	close_probe(fd);
	close_probe(dir);
	return active;
}

static int probe_lsm(void)
{
	int err = probe_attach_type(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "file_open");

	return err ?: is_lsm_active() ? 0 : -EOPNOTSUPP;
}

/* The helper that reads a cookie, called by the least program that can. */
static int probe_cookie(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_attach_cookie },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return close_probe(bpf_prog_load(BPF_PROG_TYPE_KPROBE, "bee_probe", "GPL", insns,
					 BEE_LEN(insns), NULL));
}

/* Attached for a moment, to a function that nothing calls by itself. */
static int probe_cookie_tracing(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = BPF_TRACE_FENTRY);
	LIBBPF_OPTS(bpf_link_create_opts, link, .tracing.cookie = 1);
	int id = libbpf_find_vmlinux_btf_id("bpf_fentry_test1", BPF_TRACE_FENTRY), prog, err;

	if (id < 0)
		return -EOPNOTSUPP;
	load.attach_btf_id = id;
	prog = load_least(BPF_PROG_TYPE_TRACING, &load);
	if (prog < 0)
		return prog;
	err = close_probe(bpf_link_create(prog, 0, BPF_TRACE_FENTRY, &link));
	close(prog);
	return err;
}

/* A kernel that takes the cookie goes on to miss the tracepoint. */
static int probe_cookie_raw(void)
{
	int prog = load_least(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL), err;

	if (prog < 0)
		return prog;
	err = close_probe(bee__raw_tracepoint_open(prog, "bee_no_such_tracepoint", 1));
	err = err == -ENOENT ? 0 : err;
	close(prog);
	return err;
}

static int probe_ringbuf(void)
{
	return close_probe(
		bpf_map_create(BPF_MAP_TYPE_RINGBUF, "bee_probe", 0, 0, getpagesize(), NULL));
}

/* Sign extension in a register, which came with the fourth version of BPF's instructions. */
static int probe_cpu_v4(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .off = 8 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return close_probe(bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "bee_probe", "GPL", insns,
					 BEE_LEN(insns), NULL));
}

int bee__probe_cast(const struct bee__cast *cast)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = cast->type },
		{ .code = BPF_JMP | BPF_CALL,
		  .src_reg = BPF_PSEUDO_KFUNC_CALL,
		  .imm = cast->function },
		{ .code = BPF_LDX | BPF_MEM | BPF_DW, .src_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return close_probe(bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "bee_probe", "GPL", insns,
					 BEE_LEN(insns), NULL));
}

/* Ids of functions and structs, which the probe needs, are in BTF. */
static int probe_cast(void)
{
	struct bee__rawbtf btf;
	struct bee__cast cast;
	struct bee *bee;
	int err = bee_open(NULL, &bee);

	if (err)
		return err;
	err = bee__rawbtf_open(bee, BEE_BTF_PATH, &btf);
	bee_close(bee);
	if (err)
		return -EOPNOTSUPP;
	err = bee__cast_find(&btf, &cast);
	bee__rawbtf_close(&btf);
	return err;
}

/*
 * A load through the current task, which begins with a number of 64 bits, and the swap of no bytes by
 * which the compiler makes a number of such a pointer.
 */
static int probe_task_typed(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_task_btf },
		{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1 },
		{ .code = BPF_ALU | BPF_END |
			  (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? BPF_TO_LE : BPF_TO_BE),
		  .imm = 64 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return close_probe(bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "bee_probe", "GPL", insns,
					 BEE_LEN(insns), NULL));
}

/*
 * Attached to a device that there is not: a kernel that knows the type of link looks for the device,
 * and the others refuse the number.
 */
static int probe_device_link(enum bpf_prog_type type, unsigned int attach)
{
	int prog = load_least(type, NULL), err;

	if (prog < 0)
		return prog;
	err = close_probe(bpf_link_create(prog, INT_MAX, attach, NULL));
	close(prog);
	return err == -ENODEV ? 0 : err;
}

static int probe_xdp_frags(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);

	return probe_load(BPF_PROG_TYPE_XDP, &opts);
}

static int probe_tcx(void)
{
	return probe_device_link(BPF_PROG_TYPE_SCHED_CLS, 46 /* BPF_TCX_INGRESS */);
}

static int probe_netkit(void)
{
	return probe_device_link(BPF_PROG_TYPE_SCHED_CLS, 54 /* BPF_NETKIT_PRIMARY */);
}

static int probe_netfilter(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = 45 /* BPF_NETFILTER */);

	return probe_load(32 /* BPF_PROG_TYPE_NETFILTER */, &opts);
}

/* Devices are a cgroup's alone: the other types are there without cgroups too. */
static int probe_cgroup(void)
{
	return probe_load(BPF_PROG_TYPE_CGROUP_DEVICE, NULL);
}

static int probe_cgroup_unix(void)
{
	/* BPF_CGROUP_UNIX_CONNECT, which the headers of Debian 12 lack. */
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = 49);

	return probe_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, &opts);
}

static int probe_lsm_cgroup(void)
{
	int err = probe_attach_type(BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, "socket_bind");

	return err ?: is_lsm_active() ? 0 : -EOPNOTSUPP;
}

/* Attached for a moment, to a map that has no sockets. */
static int probe_sk_skb_verdict(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_SOCKMAP, "bee_probe", 4, 4, 1, NULL), prog, err;

	if (map < 0)
		return map;
	prog = load_least(BPF_PROG_TYPE_SK_SKB, NULL);
	err = prog < 0 ? prog : bpf_prog_attach(prog, map, BPF_SK_SKB_VERDICT, 0);
	close_probe(prog);
	close(map);
	return err;
}

static int probe_syscall(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);

	return probe_load(BPF_PROG_TYPE_SYSCALL, &opts);
}

/* A congestion control's member, as the kernel's BTF has it where it takes any. */
static int probe_struct_ops(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	struct btf *btf = btf__load_vmlinux_btf();
	int id = btf ? btf__find_by_name_kind(btf, "tcp_congestion_ops", BTF_KIND_STRUCT) : -ENOENT;
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id);

	opts.attach_btf_id = id;
	for (uint32_t i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), "cong_avoid"))
			opts.expected_attach_type = i;
	btf__free(btf);
	return type ? probe_load(BPF_PROG_TYPE_STRUCT_OPS, &opts) : -EOPNOTSUPP;
}

/* Older kernels take the attach type for the other: they lack what is told of a connection that moves. */
static int probe_reuseport_migrate(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = BPF_SK_REUSEPORT_SELECT_OR_MIGRATE);
	const struct bpf_insn insns[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_DW,
		  .src_reg = BPF_REG_1,
		  .off = offsetof(struct sk_reuseport_md, migrating_sk) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int err = close_probe(bpf_prog_load(BPF_PROG_TYPE_SK_REUSEPORT, "bee_probe", "GPL", insns,
					    BEE_LEN(insns), &opts));

	/* The verifier's word for a field that is not there. */
	return err == -EACCES ? -EINVAL : err;
}

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
		probe_bpf, "this kernel has no BPF (CONFIG_BPF_SYSCALL is not set)", UNPRIVILEGED,
		.name = "bpf", .about = "BPF programs can be loaded",
		.cure = "run as root, or with CAP_BPF and CAP_PERFMON; the kernel needs CONFIG_BPF_SYSCALL" },
	[BEE_FEATURE_BTF] = {
		probe_btf, "this kernel has no BTF (CONFIG_DEBUG_INFO_BTF is not set)", NULL,
		.name = "btf", .about = "the kernel tells its types",
		.cure = "a kernel with CONFIG_DEBUG_INFO_BTF; or MOONBEE_BTF=FILE, BTF made of its debug symbols" },
	[BEE_FEATURE_TRACEPOINT] = {
		probe_tracepoint, "this kernel has no tracepoints (CONFIG_EVENT_TRACING is not set)", NULL,
		.name = "tracepoint", .about = "tracepoints",
		.cure = "a kernel with CONFIG_EVENT_TRACING" },
	[BEE_FEATURE_KPROBE] = {
		probe_kprobe, "this kernel has no kprobes (CONFIG_KPROBES is not set)", NULL,
		.name = "kprobe", .about = "kprobes: any function of the kernel",
		.cure = "a kernel with CONFIG_KPROBES; or use fentry or tracepoints" },
	[BEE_FEATURE_KPROBE_MULTI] = {
		probe_kprobe_multi, "this kernel has no kprobe.multi (CONFIG_FPROBE is not set)", UNPRIVILEGED,
		.name = "kprobe_multi", .about = "kprobes on many functions at once",
		.cure = "a kernel of Linux 5.18 or newer with CONFIG_FPROBE; without, patterns attach one by one" },
	[BEE_FEATURE_UPROBE] = {
		probe_uprobe, "this kernel has no uprobes (CONFIG_UPROBE_EVENTS is not set)", NULL,
		.name = "uprobe", .about = "uprobes: functions of programs and libraries",
		.cure = "a kernel with CONFIG_UPROBE_EVENTS" },
	[BEE_FEATURE_UPROBE_MULTI] = {
		probe_uprobe_multi, "this kernel has no uprobe.multi (it came with Linux 6.6)", UNPRIVILEGED,
		.name = "uprobe_multi", .about = "uprobes on many functions at once",
		.cure = "a kernel of Linux 6.6 or newer; without, patterns attach one by one" },
	[BEE_FEATURE_FENTRY] = {
		probe_fentry, "this kernel has no fentry (BPF trampolines)",
		"this kernel refuses fentry, fexit, fmod_ret and freplace (lockdown)",
		.name = "fentry", .about = "fentry, fexit, fmod_ret: functions with their types",
		.cure = "a kernel with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS and without lockdown; or use kprobes or tracepoints" },
	[BEE_FEATURE_LSM] = {
		probe_lsm, "this kernel has no BPF LSM (CONFIG_BPF_LSM is not set, or lsm= of its command line leaves bpf out)",
		"this kernel refuses LSM programs (lockdown)",
		.name = "lsm", .about = "BPF among the security modules",
		.cure = "boot with lsm=...,bpf on a kernel with CONFIG_BPF_LSM and without lockdown" },
	[BEE_FEATURE_PERF] = {
		probe_perf, "this kernel has no perf events (CONFIG_PERF_EVENTS is not set)", NULL,
		.name = "perf", .about = "perf events: profiling by time",
		.cure = "a kernel with CONFIG_PERF_EVENTS" },
	[BEE_FEATURE_PMU] = {
		probe_pmu, "this machine has no counters of its processor (no PMU, as in most virtual machines)", NULL,
		.name = "pmu", .about = "counters of the processor",
		.cure = "use software: or profile: instead; a virtual machine must be given its PMU" },
	[BEE_FEATURE_RINGBUF] = {
		probe_ringbuf, "this kernel has no BPF ring buffer (it came with Linux 5.8)", UNPRIVILEGED,
		.name = "ringbuf", .about = "ring buffers",
		.cure = "a kernel of Linux 5.8 or newer; or use BPF_PERF_OUTPUT" },
	[BEE_FEATURE_COOKIE] = {
		probe_cookie, "this kernel has no cookies of BPF links (they came with Linux 5.15)", UNPRIVILEGED,
		.name = "cookie", .about = "cookies of kprobes, uprobes and tracepoints",
		.cure = "a kernel of Linux 5.15 or newer" },
	[BEE_FEATURE_COOKIE_TRACING] = {
		probe_cookie_tracing, "this kernel has no cookies of links to fentry, fexit, fmod_ret and LSM (they came with Linux 5.19)",
		"this kernel refuses fentry, fexit and fmod_ret (lockdown)",
		.name = "cookie_tracing", .about = "cookies of fentry and its like",
		.cure = "a kernel of Linux 5.19 or newer" },
	[BEE_FEATURE_COOKIE_RAW] = {
		probe_cookie_raw, "this kernel has no cookies of links to raw tracepoints (they came with Linux 6.10)", UNPRIVILEGED,
		.name = "cookie_raw", .about = "cookies of raw tracepoints",
		.cure = "a kernel of Linux 6.10 or newer" },
	[BEE_FEATURE_CPU_V4] = {
		probe_cpu_v4, "this kernel does not know BPF's instructions of version 4", UNPRIVILEGED,
		.name = "cpu_v4", .about = "BPF's instructions of version 4",
		.cure = "a kernel of Linux 6.6 or newer; without, version 3 is used" },
	[BEE_FEATURE_CAST] = {
		probe_cast, "this kernel makes no pointers of numbers, bpf_rdonly_cast() (it came with Linux 6.2)", UNPRIVILEGED,
		.name = "cast", .about = "the kernel's memory is read without a helper",
		.cure = "a kernel of Linux 6.2 or newer; without, each read costs a call" },
	[BEE_FEATURE_TASK_TYPED] = {
		probe_task_typed, "this kernel gives no typed pointer to the current task, bpf_get_current_task_btf() (it came with Linux 5.11)", UNPRIVILEGED,
		.name = "task_typed", .about = "what the current task leads to is read without a helper",
		.cure = "a kernel of Linux 5.11 or newer; without, each read costs a call" },
	[BEE_FEATURE_XDP_FRAGS] = {
		probe_xdp_frags, "this kernel gives XDP no packets in fragments (they came with Linux 5.18)", UNPRIVILEGED,
		.name = "xdp_frags", .about = "XDP for packets in several pieces",
		.cure = "a kernel of Linux 5.18 or newer" },
	[BEE_FEATURE_TCX] = {
		probe_tcx, "this kernel has no tcx (it came with Linux 6.6)", UNPRIVILEGED,
		.name = "tcx", .about = "tcx: packets of a device by links",
		.cure = "a kernel of Linux 6.6 or newer; without, tc: uses clsact" },
	[BEE_FEATURE_NETKIT] = {
		probe_netkit, "this kernel has no netkit (it came with Linux 6.7, with CONFIG_NETKIT)", UNPRIVILEGED,
		.name = "netkit", .about = "netkit devices",
		.cure = "a kernel of Linux 6.7 or newer with CONFIG_NETKIT" },
	[BEE_FEATURE_NETFILTER] = {
		probe_netfilter, "this kernel has no BPF in netfilter (it came with Linux 6.4, with CONFIG_NETFILTER_BPF_LINK)", UNPRIVILEGED,
		.name = "netfilter", .about = "programs in netfilter",
		.cure = "a kernel of Linux 6.4 or newer with CONFIG_NETFILTER_BPF_LINK" },
	[BEE_FEATURE_CGROUP] = {
		probe_cgroup, "this kernel has no BPF programs of cgroups (CONFIG_CGROUP_BPF is not set)", UNPRIVILEGED,
		.name = "cgroup", .about = "programs of cgroups",
		.cure = "a kernel with CONFIG_CGROUP_BPF" },
	[BEE_FEATURE_CGROUP_UNIX] = {
		probe_cgroup_unix, "this kernel has no hooks of cgroups at Unix sockets (they came with Linux 6.7)", UNPRIVILEGED,
		.name = "cgroup_unix", .about = "programs of cgroups at Unix sockets",
		.cure = "a kernel of Linux 6.7 or newer" },
	[BEE_FEATURE_SK_SKB_VERDICT] = {
		probe_sk_skb_verdict, "this kernel has no sk_skb verdict (it came with Linux 5.13)", UNPRIVILEGED,
		.name = "sk_skb_verdict", .about = "verdicts on what sockets in a map receive, without a parser",
		.cure = "a kernel of Linux 5.13 or newer; without, use sk_skb:MAP:stream_verdict" },
	[BEE_FEATURE_SYSCALL] = {
		probe_syscall, "this kernel has no programs of system calls (they came with Linux 5.14)", UNPRIVILEGED,
		.name = "syscall", .about = "programs that a process runs",
		.cure = "a kernel of Linux 5.14 or newer" },
	[BEE_FEATURE_STRUCT_OPS] = {
		probe_struct_ops, "this kernel has no struct_ops (CONFIG_BPF_JIT or CONFIG_DEBUG_INFO_BTF is not set)", UNPRIVILEGED,
		.name = "struct_ops", .about = "tables of programs, as a congestion control",
		.cure = "a kernel with CONFIG_BPF_JIT and CONFIG_DEBUG_INFO_BTF" },
	[BEE_FEATURE_REUSEPORT_MIGRATE] = {
		probe_reuseport_migrate, "this kernel moves no connections between listeners (it came with Linux 5.14)", UNPRIVILEGED,
		.name = "reuseport_migrate", .about = "connections move between sockets that share a port",
		.cure = "a kernel of Linux 5.14 or newer" },
	[BEE_FEATURE_LSM_CGROUP] = {
		probe_lsm_cgroup, "this kernel has no BPF LSM of cgroups (it came with Linux 6.0, and needs what BPF LSM needs)",
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
	if (err == -EPERM && feature != BEE_FEATURE_BPF && probe_bpf() == -EPERM)
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
