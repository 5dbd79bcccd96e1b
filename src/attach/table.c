// SPDX-License-Identifier: Apache-2.0
/*
 * The hooks, a row each. The compiler reads this table too (with BEE_COMPILER defined), to know what
 * a function's name or section means; it leaves the attach functions out.
 */
#include <linux/bpf.h>

#include "hook.h"

#ifdef BEE_COMPILER
#define ATTACH(fn) NULL
#define LIST(fn)   NULL
#else
#include "internal.h"
#define ATTACH(fn) bee__attach_##fn
#define LIST(fn)   bee__list_##fn
#endif

/* Newer than the headers of Debian 12. */
enum {
	BEE_CGROUP_UNIX_CONNECT = 49,
	BEE_CGROUP_UNIX_SENDMSG,
	BEE_CGROUP_UNIX_RECVMSG,
	BEE_CGROUP_UNIX_GETPEERNAME,
	BEE_CGROUP_UNIX_GETSOCKNAME,
};

// clang-format off
const struct bee__hook bee__hooks[] = {
	{
		.name = "kprobe", .sec = "kprobe", .prefix = "kprobe__", .ctx = "pt_regs",
		.type = BPF_PROG_TYPE_KPROBE,
		.args = BEE_ARGS_REGS, .reads = BEE_READS_SCALAR, .needs = BEE_FEATURE_KPROBE,
		.cookie = BEE_FEATURE_COOKIE,
		.instead = "fentry tracepoint", .attach = ATTACH(kprobe),
		.form = "[MODULE:]FUNCTION[+OFFSET]",
		.about = "a function of the kernel is called; a pattern: many are",
		.list = LIST(kprobes),
	}, {
		.name = "kretprobe", .sec = "kretprobe", .prefix = "kretprobe__",
		.type = BPF_PROG_TYPE_KPROBE,
		.reads = BEE_READS_SCALAR, .needs = BEE_FEATURE_KPROBE,
		.cookie = BEE_FEATURE_COOKIE,
		.instead = "fexit tracepoint", .attach = ATTACH(kprobe),
		.form = "[MODULE:]FUNCTION",
		.about = "a function of the kernel has returned; a pattern: many have",
		.list = LIST(kprobes),
	}, {
		/* libbpf's words for a pattern; it is attached one by one where the kernel has no more. */
		.name = "kprobe.multi", .sec = "kprobe.multi",
		.type = BPF_PROG_TYPE_KPROBE, .attach_type = BPF_TRACE_KPROBE_MULTI,
		.args = BEE_ARGS_REGS, .reads = BEE_READS_SCALAR, .needs = BEE_FEATURE_KPROBE,
		.cookie = BEE_FEATURE_COOKIE,
		.instead = "fentry tracepoint", .attach = ATTACH(kprobe),
		.form = "PATTERN",
		.about = "functions of the kernel are called",
		.list = LIST(functions),
	}, {
		.name = "kretprobe.multi", .sec = "kretprobe.multi",
		.type = BPF_PROG_TYPE_KPROBE, .attach_type = BPF_TRACE_KPROBE_MULTI,
		.reads = BEE_READS_SCALAR, .needs = BEE_FEATURE_KPROBE,
		.cookie = BEE_FEATURE_COOKIE,
		.instead = "fexit tracepoint", .attach = ATTACH(kprobe),
		.form = "PATTERN",
		.about = "functions of the kernel have returned",
		.list = LIST(functions),
	}, {
		.name = "ksyscall", .sec = "ksyscall", .prefix = "syscall__",
		.type = BPF_PROG_TYPE_KPROBE,
		.args = BEE_ARGS_SYSCALL, .reads = BEE_READS_SCALAR, .needs = BEE_FEATURE_KPROBE,
		.cookie = BEE_FEATURE_COOKIE,
		.instead = "tracepoint", .attach = ATTACH(ksyscall),
		.form = "NAME",
		.about = "a system call begins, in the kernel's function for it",
		.list = LIST(syscalls),
	}, {
		.name = "kretsyscall", .sec = "kretsyscall",
		.type = BPF_PROG_TYPE_KPROBE,
		.reads = BEE_READS_SCALAR, .needs = BEE_FEATURE_KPROBE,
		.cookie = BEE_FEATURE_COOKIE,
		.instead = "tracepoint", .attach = ATTACH(ksyscall),
		.form = "NAME",
		.about = "a system call has ended, in the kernel's function for it",
		.list = LIST(syscalls),
	}, {
		.name = "fentry", .sec = "fentry", .prefix = "kfunc__",
		.type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_FENTRY,
		.args = BEE_ARGS_ARRAY, .reads = BEE_READS_TYPED, .needs = BEE_FEATURE_FENTRY,
		.cookie = BEE_FEATURE_COOKIE_TRACING,
		.instead = "kprobe tp_btf", .attach = ATTACH(tracing),
		.form = "FUNCTION",
		.about = "a function of the kernel is called; arguments have their types",
		.list = LIST(traceable),
	}, {
		.name = "fexit", .sec = "fexit", .prefix = "kretfunc__",
		.type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_FEXIT,
		.args = BEE_ARGS_ARRAY, .reads = BEE_READS_TYPED, .needs = BEE_FEATURE_FENTRY,
		.cookie = BEE_FEATURE_COOKIE_TRACING,
		.instead = "kretprobe tp_btf", .attach = ATTACH(tracing),
		.form = "FUNCTION",
		.about = "a function of the kernel has returned; arguments and result have their types",
		.list = LIST(traceable),
	}, {
		.name = "fmod_ret", .sec = "fmod_ret", .prefix = "kmod_ret__",
		.type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_MODIFY_RETURN,
		.args = BEE_ARGS_ARRAY, .reads = BEE_READS_TYPED, .needs = BEE_FEATURE_FENTRY,
		.cookie = BEE_FEATURE_COOKIE_TRACING,
		.attach = ATTACH(tracing),
		.form = "FUNCTION",
		.about = "a function of the kernel is called, and the program may give its result",
		.list = LIST(modifiable),
	}, {
		.name = "lsm", .sec = "lsm", .prefix = "lsm__",
		.type = BPF_PROG_TYPE_LSM, .attach_type = BPF_LSM_MAC,
		.args = BEE_ARGS_ARRAY, .reads = BEE_READS_TYPED, .needs = BEE_FEATURE_LSM,
		.cookie = BEE_FEATURE_COOKIE_TRACING,
		.attach = ATTACH(tracing),
		.form = "HOOK",
		.about = "a security decision is made, and the program may refuse",
		.list = LIST(lsm),
	}, {
		.name = "tracepoint", .sec = "tracepoint", .alias = "tp", .prefix = "tracepoint__",
		.type = BPF_PROG_TYPE_TRACEPOINT,
		.reads = BEE_READS_SCALAR, .splits = true, .needs = BEE_FEATURE_TRACEPOINT,
		.cookie = BEE_FEATURE_COOKIE,
		.instead = "raw_tracepoint tp_btf", .attach = ATTACH(tracepoint),
		.form = "CATEGORY:EVENT",
		.about = "the kernel passes a tracepoint",
		.list = LIST(tracepoints),
	}, {
		.name = "raw_tracepoint", .sec = "raw_tracepoint", .alias = "raw_tp",
		.prefix = "raw_tracepoint__", .ctx = "bpf_raw_tracepoint_args",
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.args = BEE_ARGS_ARRAY, .reads = BEE_READS_SCALAR, .needs = BEE_FEATURE_BPF,
		.cookie = BEE_FEATURE_COOKIE_RAW,
		.instead = "tracepoint", .attach = ATTACH(raw_tracepoint),
		.form = "EVENT",
		.about = "the kernel passes a tracepoint; arguments are the kernel's own",
		.list = LIST(raw_tracepoints),
	}, {
		.name = "tp_btf", .sec = "tp_btf",
		.type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_RAW_TP,
		.args = BEE_ARGS_ARRAY, .reads = BEE_READS_TYPED, .needs = BEE_FEATURE_BTF,
		.cookie = BEE_FEATURE_COOKIE_RAW,
		.instead = "raw_tracepoint tracepoint", .attach = ATTACH(tracing),
		.form = "EVENT",
		.about = "the kernel passes a tracepoint; arguments are the kernel's own, with their types",
		.list = LIST(raw_tracepoints),
	}, {
		.name = "uprobe", .sec = "uprobe",
		.type = BPF_PROG_TYPE_KPROBE,
		.args = BEE_ARGS_REGS, .reads = BEE_READS_USER, .needs = BEE_FEATURE_UPROBE,
		.cookie = BEE_FEATURE_COOKIE,
		.attach = ATTACH(uprobe),
		.form = "BINARY:FUNCTION[+OFFSET]",
		.about = "a function of a program or library is called; a pattern: many are",
		.list = LIST(symbols),
	}, {
		.name = "uretprobe", .sec = "uretprobe",
		.type = BPF_PROG_TYPE_KPROBE,
		.reads = BEE_READS_USER, .needs = BEE_FEATURE_UPROBE,
		.cookie = BEE_FEATURE_COOKIE,
		.attach = ATTACH(uprobe),
		.form = "BINARY:FUNCTION",
		.about = "a function of a program or library has returned; a pattern: many have",
		.list = LIST(symbols),
	}, {
		/* libbpf's words for a pattern; it is attached one by one where the kernel has no more. */
		.name = "uprobe.multi", .sec = "uprobe.multi",
		.type = BPF_PROG_TYPE_KPROBE,
		.args = BEE_ARGS_REGS, .reads = BEE_READS_USER, .needs = BEE_FEATURE_UPROBE,
		.attach = ATTACH(uprobe),
		.form = "BINARY:PATTERN",
		.about = "functions of a program or library are called",
		.list = LIST(symbols),
	}, {
		.name = "uretprobe.multi", .sec = "uretprobe.multi",
		.type = BPF_PROG_TYPE_KPROBE,
		.reads = BEE_READS_USER, .needs = BEE_FEATURE_UPROBE,
		.attach = ATTACH(uprobe),
		.form = "BINARY:PATTERN",
		.about = "functions of a program or library have returned",
		.list = LIST(symbols),
	}, {
		.name = "usdt", .sec = "usdt",
		.type = BPF_PROG_TYPE_KPROBE,
		.reads = BEE_READS_USER, .needs = BEE_FEATURE_UPROBE,
		.cookie = BEE_FEATURE_BPF, /* libbpf keeps them in a map of its own */
		.instead = "uprobe", .attach = ATTACH(usdt),
		.form = "BINARY:[PROVIDER:]NAME",
		.about = "a program or library passes a static probe; BINARY may be a process's number",
		.list = LIST(usdt),
	}, {
		.name = "profile", .sec = "perf_event", .ctx = "bpf_perf_event_data",
		.type = BPF_PROG_TYPE_PERF_EVENT, .attach_type = BPF_PERF_EVENT,
		.reads = BEE_READS_SCALAR, .is_bare = true, .needs = BEE_FEATURE_PERF,
		.cookie = BEE_FEATURE_COOKIE,
		.attach = ATTACH(profile),
		.form = "hz:RATE",
		.about = "so many times a second on each CPU; s:, ms: and us: say a time between",
	}, {
		.name = "interval", .sec = "perf_event",
		.type = BPF_PROG_TYPE_PERF_EVENT, .attach_type = BPF_PERF_EVENT,
		.reads = BEE_READS_SCALAR, .is_bare = true, .needs = BEE_FEATURE_PERF,
		.cookie = BEE_FEATURE_COOKIE,
		.attach = ATTACH(interval),
		.form = "s:SECONDS",
		.about = "after each such time, on one CPU; ms:, us: and hz: too",
	}, {
		.name = "software", .sec = "perf_event",
		.type = BPF_PROG_TYPE_PERF_EVENT, .attach_type = BPF_PERF_EVENT,
		.reads = BEE_READS_SCALAR, .is_bare = true, .needs = BEE_FEATURE_PERF,
		.attach = ATTACH(software),
		.form = "EVENT[:COUNT]",
		.about = "the kernel has counted so many events",
		.list = LIST(counters),
	}, {
		.name = "hardware", .sec = "perf_event",
		.type = BPF_PROG_TYPE_PERF_EVENT, .attach_type = BPF_PERF_EVENT,
		.reads = BEE_READS_SCALAR, .is_bare = true, .needs = BEE_FEATURE_PMU,
		.instead = "software profile", .attach = ATTACH(hardware),
		.form = "EVENT[:COUNT]",
		.about = "the processor has counted so many events",
		.list = LIST(counters),
	},
	/* A target that is bound at load, of programs that may sleep. */
	{ .name = "fentry.s", .sec = "fentry.s", .type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_FENTRY, .args = BEE_ARGS_ARRAY, .reads = BEE_READS_TYPED, .needs = BEE_FEATURE_FENTRY, .instead = "fentry", .attach = ATTACH(tracing), .form = "FUNCTION", .about = "a function of the kernel is called; the program may sleep", .list = LIST(traceable) },
	{ .name = "fexit.s", .sec = "fexit.s", .type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_FEXIT, .args = BEE_ARGS_ARRAY, .reads = BEE_READS_TYPED, .needs = BEE_FEATURE_FENTRY, .instead = "fexit", .attach = ATTACH(tracing), .form = "FUNCTION", .about = "a function of the kernel has returned; the program may sleep", .list = LIST(traceable) },
	{ .name = "fmod_ret.s", .sec = "fmod_ret.s", .type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_MODIFY_RETURN, .args = BEE_ARGS_ARRAY, .reads = BEE_READS_TYPED, .needs = BEE_FEATURE_FENTRY, .instead = "fmod_ret", .attach = ATTACH(tracing), .form = "FUNCTION", .about = "a function of the kernel is called, and the program may sleep, and give its result", .list = LIST(modifiable) },
	{ .name = "lsm.s", .sec = "lsm.s", .type = BPF_PROG_TYPE_LSM, .attach_type = BPF_LSM_MAC, .args = BEE_ARGS_ARRAY, .reads = BEE_READS_TYPED, .needs = BEE_FEATURE_LSM, .instead = "lsm", .attach = ATTACH(tracing), .form = "HOOK", .about = "a security decision is made; the program may sleep, and refuse", .list = LIST(lsm) },
	{ .name = "uprobe.s", .sec = "uprobe.s", .type = BPF_PROG_TYPE_KPROBE, .args = BEE_ARGS_REGS, .reads = BEE_READS_USER, .needs = BEE_FEATURE_UPROBE, .instead = "uprobe", .attach = ATTACH(uprobe), .form = "BINARY:FUNCTION[+OFFSET]", .about = "a function of a program or library is called; the program may sleep", .list = LIST(symbols) },
	{ .name = "uretprobe.s", .sec = "uretprobe.s", .type = BPF_PROG_TYPE_KPROBE, .reads = BEE_READS_USER, .needs = BEE_FEATURE_UPROBE, .instead = "uretprobe", .attach = ATTACH(uprobe), .form = "BINARY:FUNCTION", .about = "a function of a program or library has returned; the program may sleep", .list = LIST(symbols) },
	/* These attach as libbpf does it, where their section says all. */
	{ .name = "iter", .sec = "iter", .type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_ITER, .prefix = "bpf_iter__", .reads = BEE_READS_TYPED, .needs = BEE_FEATURE_BTF, .form = "OBJECTS", .about = "its link is read: for each object of a kind", .list = LIST(iters) },
	/* A device's packets: src/attach/xdp.c and tc.c. */
	{ .name = "xdp", .sec = "xdp", .type = BPF_PROG_TYPE_XDP, .attach_type = BPF_XDP, .ctx = "xdp_md", .needs = BEE_FEATURE_BPF, .attach = ATTACH(xdp), .form = "DEVICE[:native|:generic]", .about = "a packet has come to a network device, before all else", .list = LIST(devices) },
	{ .name = "xdp.frags", .sec = "xdp.frags", .type = BPF_PROG_TYPE_XDP, .attach_type = BPF_XDP, .flags = BPF_F_XDP_HAS_FRAGS, .needs = BEE_FEATURE_XDP_FRAGS, .instead = "xdp", .attach = ATTACH(xdp), .form = "DEVICE", .about = "the same, for packets in several pieces", .list = LIST(devices) },
	{ .name = "tc", .sec = "tc", .alias = "classifier", .type = BPF_PROG_TYPE_SCHED_CLS, .needs = BEE_FEATURE_BPF, .attach = ATTACH(tc), .form = "DEVICE:ingress|egress", .about = "a packet passes a network device: by tcx, or else by clsact", .list = LIST(directions) },
	{ .name = "tcx", .sec = "tcx", .type = BPF_PROG_TYPE_SCHED_CLS, .needs = BEE_FEATURE_TCX, .instead = "clsact", .attach = ATTACH(tcx), .form = "DEVICE:ingress|egress", .about = "a packet passes a network device, by a link", .list = LIST(directions) },
	{ .name = "clsact", .sec = "clsact", .type = BPF_PROG_TYPE_SCHED_CLS, .needs = BEE_FEATURE_BPF, .attach = ATTACH(clsact), .form = "DEVICE:ingress|egress", .about = "a packet passes a network device, by a filter of tc", .list = LIST(directions) },
	{ .name = "netkit", .sec = "netkit", .type = BPF_PROG_TYPE_SCHED_CLS, .needs = BEE_FEATURE_NETKIT, .instead = "tcx clsact", .attach = ATTACH(netkit), .form = "DEVICE:primary|peer", .about = "a packet passes a pair of netkit devices" },
	/* A route's packets, a namespace's packets: lwt.c, netfilter.c, netns.c. */
	{ .name = "lwt_in", .sec = "lwt_in", .type = BPF_PROG_TYPE_LWT_IN, .needs = BEE_FEATURE_BPF, .attach = ATTACH(lwt), .form = "ROUTE", .about = "a packet that came in takes a route" },
	{ .name = "lwt_out", .sec = "lwt_out", .type = BPF_PROG_TYPE_LWT_OUT, .needs = BEE_FEATURE_BPF, .attach = ATTACH(lwt), .form = "ROUTE", .about = "a packet of this machine takes a route" },
	{ .name = "lwt_xmit", .sec = "lwt_xmit", .type = BPF_PROG_TYPE_LWT_XMIT, .needs = BEE_FEATURE_BPF, .attach = ATTACH(lwt), .form = "ROUTE", .about = "a packet that is sent takes a route" },
	{ .name = "lwt_seg6local", .sec = "lwt_seg6local", .type = BPF_PROG_TYPE_LWT_SEG6LOCAL, .needs = BEE_FEATURE_BPF, .attach = ATTACH(lwt), .form = "ROUTE", .about = "a packet with segments takes a route" },
	{ .name = "netfilter", .sec = "netfilter", .type = 32 /* BPF_PROG_TYPE_NETFILTER */, .attach_type = 45 /* BPF_NETFILTER */, .ctx = "bpf_nf_ctx", .reads = BEE_READS_TYPED, .needs = BEE_FEATURE_NETFILTER, .attach = ATTACH(netfilter), .form = "ipv4|ipv6:PLACE", .about = "a packet passes a place of the firewall's", .list = LIST(firewall) },
	{ .name = "flow_dissector", .sec = "flow_dissector", .type = BPF_PROG_TYPE_FLOW_DISSECTOR, .attach_type = BPF_FLOW_DISSECTOR, .is_bare = true, .needs = BEE_FEATURE_BPF, .attach = ATTACH(flow_dissector), .form = "[NETNS]", .about = "the flow of a packet is asked for in a network namespace" },
	/* libbpf's sections that say a type and no device; a map runs the programs of the first four. */
	{ .name = "xdp/devmap", .sec = "xdp/devmap", .type = BPF_PROG_TYPE_XDP, .by_hand = true, .needs = BEE_FEATURE_BPF, .form = "", .about = "a map of devices sends a packet on: type alone" },
	{ .name = "xdp/cpumap", .sec = "xdp/cpumap", .type = BPF_PROG_TYPE_XDP, .by_hand = true, .needs = BEE_FEATURE_BPF, .form = "", .about = "a map of CPUs passes a packet on: type alone" },
	{ .name = "xdp.frags/devmap", .sec = "xdp.frags/devmap", .type = BPF_PROG_TYPE_XDP, .by_hand = true, .needs = BEE_FEATURE_XDP_FRAGS, .form = "", .about = "a map of devices sends a packet in pieces on: type alone" },
	{ .name = "xdp.frags/cpumap", .sec = "xdp.frags/cpumap", .type = BPF_PROG_TYPE_XDP, .by_hand = true, .needs = BEE_FEATURE_XDP_FRAGS, .form = "", .about = "a map of CPUs passes a packet in pieces on: type alone" },
	{ .name = "tc/ingress", .sec = "tc/ingress", .type = BPF_PROG_TYPE_SCHED_CLS, .by_hand = true, .needs = BEE_FEATURE_BPF, .form = "", .about = "a packet has come to a device: type alone" },
	{ .name = "tc/egress", .sec = "tc/egress", .type = BPF_PROG_TYPE_SCHED_CLS, .by_hand = true, .needs = BEE_FEATURE_BPF, .form = "", .about = "a packet leaves by a device: type alone" },
	{ .name = "tcx/ingress", .sec = "tcx/ingress", .type = BPF_PROG_TYPE_SCHED_CLS, .by_hand = true, .needs = BEE_FEATURE_BPF, .form = "", .about = "a packet has come to a device: type alone" },
	{ .name = "tcx/egress", .sec = "tcx/egress", .type = BPF_PROG_TYPE_SCHED_CLS, .by_hand = true, .needs = BEE_FEATURE_BPF, .form = "", .about = "a packet leaves by a device: type alone" },
	{ .name = "netkit/primary", .sec = "netkit/primary", .type = BPF_PROG_TYPE_SCHED_CLS, .by_hand = true, .needs = BEE_FEATURE_BPF, .form = "", .about = "a packet leaves by the one of a pair: type alone" },
	{ .name = "netkit/peer", .sec = "netkit/peer", .type = BPF_PROG_TYPE_SCHED_CLS, .by_hand = true, .needs = BEE_FEATURE_BPF, .form = "", .about = "a packet leaves by the other of a pair: type alone" },
	{ .name = "action", .sec = "action", .type = BPF_PROG_TYPE_SCHED_ACT, .by_hand = true, .needs = BEE_FEATURE_BPF, .form = "", .about = "an action of tc is taken: type alone" },
	/* Cgroups: the section says at what, and the target also where, "cgroup:/path:connect4". */
	{ .name = "cgroup", .kind = "ingress", .sec = "cgroup_skb/ingress", .type = BPF_PROG_TYPE_CGROUP_SKB, .attach_type = BPF_CGROUP_INET_INGRESS, .is_bare = true, .by_hand = true, .alias = "cgroup/skb", .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:ingress", .about = "a packet comes to a socket", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "egress", .sec = "cgroup_skb/egress", .type = BPF_PROG_TYPE_CGROUP_SKB, .attach_type = BPF_CGROUP_INET_EGRESS, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:egress", .about = "a packet leaves a socket", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "sock_create", .sec = "cgroup/sock_create", .type = BPF_PROG_TYPE_CGROUP_SOCK, .attach_type = BPF_CGROUP_INET_SOCK_CREATE, .is_bare = true, .by_hand = true, .alias = "cgroup/sock", .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:sock_create", .about = "a socket is made", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "sock_release", .sec = "cgroup/sock_release", .type = BPF_PROG_TYPE_CGROUP_SOCK, .attach_type = BPF_CGROUP_INET_SOCK_RELEASE, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:sock_release", .about = "a socket is closed", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "post_bind4", .sec = "cgroup/post_bind4", .type = BPF_PROG_TYPE_CGROUP_SOCK, .attach_type = BPF_CGROUP_INET4_POST_BIND, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:post_bind4", .about = "a socket was bound (IPv4)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "post_bind6", .sec = "cgroup/post_bind6", .type = BPF_PROG_TYPE_CGROUP_SOCK, .attach_type = BPF_CGROUP_INET6_POST_BIND, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:post_bind6", .about = "a socket was bound (IPv6)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "bind4", .sec = "cgroup/bind4", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_INET4_BIND, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:bind4", .about = "a socket is bound (IPv4)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "bind6", .sec = "cgroup/bind6", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_INET6_BIND, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:bind6", .about = "a socket is bound (IPv6)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "connect4", .sec = "cgroup/connect4", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_INET4_CONNECT, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:connect4", .about = "a socket is connected (IPv4)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "connect6", .sec = "cgroup/connect6", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_INET6_CONNECT, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:connect6", .about = "a socket is connected (IPv6)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "connect_unix", .sec = "cgroup/connect_unix", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BEE_CGROUP_UNIX_CONNECT, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP_UNIX, .attach = ATTACH(cgroup), .form = "CGROUP:connect_unix", .about = "a socket is connected (Unix)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "sendmsg4", .sec = "cgroup/sendmsg4", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_UDP4_SENDMSG, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:sendmsg4", .about = "a datagram is sent (IPv4)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "sendmsg6", .sec = "cgroup/sendmsg6", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_UDP6_SENDMSG, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:sendmsg6", .about = "a datagram is sent (IPv6)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "sendmsg_unix", .sec = "cgroup/sendmsg_unix", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BEE_CGROUP_UNIX_SENDMSG, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP_UNIX, .attach = ATTACH(cgroup), .form = "CGROUP:sendmsg_unix", .about = "a datagram is sent (Unix)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "recvmsg4", .sec = "cgroup/recvmsg4", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_UDP4_RECVMSG, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:recvmsg4", .about = "a datagram was received (IPv4)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "recvmsg6", .sec = "cgroup/recvmsg6", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_UDP6_RECVMSG, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:recvmsg6", .about = "a datagram was received (IPv6)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "recvmsg_unix", .sec = "cgroup/recvmsg_unix", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BEE_CGROUP_UNIX_RECVMSG, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP_UNIX, .attach = ATTACH(cgroup), .form = "CGROUP:recvmsg_unix", .about = "a datagram was received (Unix)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "getpeername4", .sec = "cgroup/getpeername4", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_INET4_GETPEERNAME, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:getpeername4", .about = "the other end's address is asked for (IPv4)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "getpeername6", .sec = "cgroup/getpeername6", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_INET6_GETPEERNAME, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:getpeername6", .about = "the other end's address is asked for (IPv6)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "getpeername_unix", .sec = "cgroup/getpeername_unix", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BEE_CGROUP_UNIX_GETPEERNAME, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP_UNIX, .attach = ATTACH(cgroup), .form = "CGROUP:getpeername_unix", .about = "the other end's address is asked for (Unix)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "getsockname4", .sec = "cgroup/getsockname4", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_INET4_GETSOCKNAME, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:getsockname4", .about = "the own address is asked for (IPv4)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "getsockname6", .sec = "cgroup/getsockname6", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_INET6_GETSOCKNAME, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:getsockname6", .about = "the own address is asked for (IPv6)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "getsockname_unix", .sec = "cgroup/getsockname_unix", .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BEE_CGROUP_UNIX_GETSOCKNAME, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP_UNIX, .attach = ATTACH(cgroup), .form = "CGROUP:getsockname_unix", .about = "the own address is asked for (Unix)", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "sysctl", .sec = "cgroup/sysctl", .type = BPF_PROG_TYPE_CGROUP_SYSCTL, .attach_type = BPF_CGROUP_SYSCTL, .is_bare = true, .by_hand = true, .ctx = "bpf_sysctl", .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:sysctl", .about = "a sysctl is read or written", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "getsockopt", .sec = "cgroup/getsockopt", .type = BPF_PROG_TYPE_CGROUP_SOCKOPT, .attach_type = BPF_CGROUP_GETSOCKOPT, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:getsockopt", .about = "an option of a socket is read", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "setsockopt", .sec = "cgroup/setsockopt", .type = BPF_PROG_TYPE_CGROUP_SOCKOPT, .attach_type = BPF_CGROUP_SETSOCKOPT, .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:setsockopt", .about = "an option of a socket is set", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "device", .sec = "cgroup/dev", .type = BPF_PROG_TYPE_CGROUP_DEVICE, .attach_type = BPF_CGROUP_DEVICE, .is_bare = true, .by_hand = true, .ctx = "bpf_cgroup_dev_ctx", .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:device", .about = "a device file is opened or made", .list = LIST(cgroups) },
	{ .name = "cgroup", .kind = "sockops", .sec = "sockops", .type = BPF_PROG_TYPE_SOCK_OPS, .attach_type = BPF_CGROUP_SOCK_OPS, .ctx = "bpf_sock_ops", .is_bare = true, .by_hand = true, .needs = BEE_FEATURE_CGROUP, .attach = ATTACH(cgroup), .form = "CGROUP:sockops", .about = "a TCP connection changes its state", .list = LIST(cgroups) },
	{ .name = "lsm_cgroup", .sec = "lsm_cgroup", .type = BPF_PROG_TYPE_LSM, .attach_type = BPF_LSM_CGROUP, .args = BEE_ARGS_ARRAY, .reads = BEE_READS_TYPED, .takes_place = true, .by_hand = true, .needs = BEE_FEATURE_LSM_CGROUP, .instead = "lsm", .attach = ATTACH(cgroup), .form = "HOOK:CGROUP", .about = "a security decision is made on a process of a cgroup", .list = LIST(lsm) },
	/* These are attached by hand: setsockopt(SO_ATTACH_BPF), or bpf(BPF_PROG_ATTACH) to a map. */
	{ .name = "socket", .sec = "socket", .type = BPF_PROG_TYPE_SOCKET_FILTER, .ctx = "__sk_buff", .by_hand = true, .needs = BEE_FEATURE_BPF, .form = "", .about = "a packet comes to a socket, by setsockopt(SO_ATTACH_BPF)" },
	{ .name = "sk_msg", .sec = "sk_msg", .type = BPF_PROG_TYPE_SK_MSG, .ctx = "sk_msg_md", .by_hand = true, .needs = BEE_FEATURE_BPF, .form = "", .about = "data is sent on a socket in a map" },
	{ .name = "sk_skb", .sec = "sk_skb", .type = BPF_PROG_TYPE_SK_SKB, .by_hand = true, .needs = BEE_FEATURE_BPF, .form = "", .about = "data has come to a socket in a map" },
};
// clang-format on

const size_t bee__hooks_len = sizeof(bee__hooks) / sizeof(bee__hooks[0]);
