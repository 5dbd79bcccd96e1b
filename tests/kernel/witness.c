/* SPDX-License-Identifier: Apache-2.0 */
/* A witness for each feature: 0, or the kernel's own error, and in proof how it is known. */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "support.h"
#include "witness.h"

static char proof[256];
static const char *reason;
static int answer;

#define RETURN_0                                               \
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 }, \
	{                                                      \
		.code = BPF_JMP | BPF_EXIT                     \
	}

/* A function that is there only where the feature was compiled in. */
static int ask_symbol(const char *pattern)
{
	bool has = has_symbol(pattern);

	snprintf(proof, sizeof(proof), "/proc/kallsyms has %s '%s'", has ? "a" : "no", pattern);
	return has ? 0 : -EOPNOTSUPP;
}

static int told(const char *what, int err)
{
	snprintf(proof, sizeof(proof), "%s: %s", what, err < 0 ? strerror(-err) : "done");
	return err < 0 ? err : 0;
}

static int ask_bpf(void)
{
	const struct bpf_insn insns[] = { RETURN_0 };
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)insns,
		.insn_cnt = LEN(insns),
		.license = (uintptr_t) "GPL",
	};
	int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		return told("bpf(BPF_PROG_LOAD)", -errno);
	close(fd);
	return told("bpf(BPF_PROG_LOAD)", 0);
}

static int ask_btf(void)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	uint16_t head = 0;

	if (fd < 0)
		return told("/sys/kernel/btf/vmlinux", -errno);
	assert_int_equal(read(fd, &head, sizeof(head)), sizeof(head));
	close(fd);
	assert_int_equal(head, 0xeb9f);
	return told("/sys/kernel/btf/vmlinux", 0);
}

static int ask_tracepoint(void)
{
	return ask_symbol("perf_tp_event$");
}

static int ask_kprobe(void)
{
	return ask_symbol("create_local_trace_kprobe$");
}

static int ask_kprobe_multi(void)
{
	return ask_symbol("register_fprobe_ips$");
}

static int ask_uprobe(void)
{
	return ask_symbol("create_local_trace_uprobe$");
}

static int ask_uprobe_multi(void)
{
	return ask_symbol("bpf_uprobe_multi_link_attach$");
}

static int ask_ringbuf(void)
{
	return ask_symbol("bpf_ringbuf_reserve$");
}

static int ask_cookie(void)
{
	return ask_symbol("bpf_get_attach_cookie_");
}

static int ask_xdp_frags(void)
{
	return ask_symbol("bpf_xdp_get_buff_len$");
}

static int ask_tcx(void)
{
	return ask_symbol("tcx_link_attach$");
}

static int ask_netkit(void)
{
	return ask_symbol("netkit_link_attach$");
}

static int ask_netfilter(void)
{
	return ask_symbol("bpf_nf_link_attach$");
}

static int ask_perf(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_CPU_CLOCK };
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return told("perf_event_open", -errno);
	close(fd);
	return told("perf_event_open", 0);
}

/* A processor's counters have a device. */
static int ask_pmu(void)
{
	char *devices = output_of("ls -d /sys/bus/event_source/devices/cpu* "
				  "/sys/bus/event_source/devices/armv8* 2>/dev/null || :");
	bool has = *devices;

	free(devices);
	snprintf(proof, sizeof(proof), "/sys/bus/event_source/devices has %s cpu or armv8",
		 has ? "a" : "no");
	return has ? 0 : -EOPNOTSUPP;
}

/* Load a program that the kernel binds to one of its functions, and attach it. A link, or an error. */
static int open_trampoline(enum bpf_prog_type type, enum bpf_attach_type kind, const char *function,
			   const struct bpf_insn *insns, size_t len)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = kind);
	int prog, link;

	opts.attach_btf_id = libbpf_find_vmlinux_btf_id(function, kind);
	prog = bpf_prog_load(type, "witness", "GPL", insns, len, &opts);
	if (prog < 0)
		return prog;
	link = bpf_raw_tracepoint_open(NULL, prog);
	close(prog);
	return link;
}

static int ask_fentry(void)
{
	const struct bpf_insn insns[] = { RETURN_0 };
	int link = open_trampoline(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "bpf_fentry_test1",
				   insns, LEN(insns));

	if (link >= 0)
		close(link);
	return told("attaching to fentry/bpf_fentry_test1", link);
}

static int ask_cookie_tracing(void)
{
	return ask_symbol("bpf_get_attach_cookie_tracing$") ?: ask_fentry();
}

/* Programs at raw tracepoints may ask for their cookie since there are any. */
static int ask_cookie_raw(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_attach_cookie },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "witness", "GPL", insns, LEN(insns),
				 NULL);

	if (prog >= 0)
		close(prog);
	return told("bpf_get_attach_cookie() at a raw tracepoint", prog);
}

/* That it attaches says little: it must also be called. It forbids this process setpriority(2). */
static int ask_lsm(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_pid_tgid },
		{ .code = BPF_ALU64 | BPF_RSH | BPF_K, .imm = 32 },
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .off = 2, .imm = getpid() },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -EPERM },
		{ .code = BPF_JMP | BPF_EXIT },
		RETURN_0,
	};
	int nice = getpriority(PRIO_PROCESS, 0), is_called;
	int link =
		open_trampoline(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "task_setnice", insns, LEN(insns));

	if (link < 0)
		return told("attaching to lsm/task_setnice", link);
	is_called = setpriority(PRIO_PROCESS, 0, nice) && errno == EPERM;
	close(link);
	if (is_called)
		return told("attaching to lsm/task_setnice", 0);
	snprintf(proof, sizeof(proof),
		 "a program at lsm/task_setnice is attached and never called");
	return -EOPNOTSUPP;
}

/* The low byte of 0xff, with its sign, is -1. */
static int ask_cpu_v4(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 0xff },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .off = 8 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	int prog = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "witness", "GPL", insns, LEN(insns),
				 NULL);

	if (prog < 0)
		return told("r0 = (s8)r0", prog);
	assert_int_equal(bpf_prog_test_run_opts(prog, &run), 0);
	close(prog);
	assert_int_equal((int)run.retval, -1);
	return told("r0 = (s8)r0", 0);
}

static int ask_cast(void)
{
	return ask_symbol("bpf_rdonly_cast$");
}

static int ask_task_typed(void)
{
	return ask_symbol("bpf_get_current_task_btf$");
}

static int ask_cgroup(void)
{
	return ask_symbol("__cgroup_bpf_run_filter_skb$");
}

static int ask_cgroup_unix(void)
{
	return ask_symbol("bpf_sock_addr_set_sun_path$");
}

/* It stands on BPF LSM. */
static int ask_lsm_cgroup(void)
{
	int err = ask_symbol("__cgroup_bpf_run_lsm_sock$");

	return err ? err : ask_lsm();
}

/* A constant that the kernel's own BTF has. */
static int ask_constant(const char *type, const char *name)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_type *at;
	int err = -EOPNOTSUPP;

	assert_non_null(btf);
	at = btf__type_by_id(btf, btf__find_by_name_kind(btf, type, BTF_KIND_ENUM));
	assert_non_null(at);
	for (int i = 0; i < btf_vlen(at); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_enum(at)[i].name_off), name))
			err = 0;
	btf__free(btf);
	snprintf(proof, sizeof(proof), "enum %s has %s %s", type, err ? "no" : "a", name);
	return err;
}

static int ask_sk_skb_verdict(void)
{
	return ask_constant("bpf_attach_type", "BPF_SK_SKB_VERDICT");
}

static int ask_reuseport_migrate(void)
{
	return ask_constant("bpf_attach_type", "BPF_SK_REUSEPORT_SELECT_OR_MIGRATE");
}

static int ask_syscall(void)
{
	return ask_constant("bpf_prog_type", "BPF_PROG_TYPE_SYSCALL");
}

static int ask_struct_ops(void)
{
	return ask_symbol("bpf_struct_ops_map_update_elem$");
}

static int (*const witnesses[BEE_FEATURES_LEN])(void) = {
	[BEE_FEATURE_BPF] = ask_bpf,
	[BEE_FEATURE_BTF] = ask_btf,
	[BEE_FEATURE_TRACEPOINT] = ask_tracepoint,
	[BEE_FEATURE_KPROBE] = ask_kprobe,
	[BEE_FEATURE_KPROBE_MULTI] = ask_kprobe_multi,
	[BEE_FEATURE_UPROBE] = ask_uprobe,
	[BEE_FEATURE_UPROBE_MULTI] = ask_uprobe_multi,
	[BEE_FEATURE_FENTRY] = ask_fentry,
	[BEE_FEATURE_LSM] = ask_lsm,
	[BEE_FEATURE_PERF] = ask_perf,
	[BEE_FEATURE_PMU] = ask_pmu,
	[BEE_FEATURE_RINGBUF] = ask_ringbuf,
	[BEE_FEATURE_COOKIE] = ask_cookie,
	[BEE_FEATURE_COOKIE_TRACING] = ask_cookie_tracing,
	[BEE_FEATURE_COOKIE_RAW] = ask_cookie_raw,
	[BEE_FEATURE_CPU_V4] = ask_cpu_v4,
	[BEE_FEATURE_CAST] = ask_cast,
	[BEE_FEATURE_TASK_TYPED] = ask_task_typed,
	[BEE_FEATURE_XDP_FRAGS] = ask_xdp_frags,
	[BEE_FEATURE_TCX] = ask_tcx,
	[BEE_FEATURE_NETKIT] = ask_netkit,
	[BEE_FEATURE_NETFILTER] = ask_netfilter,
	[BEE_FEATURE_CGROUP] = ask_cgroup,
	[BEE_FEATURE_CGROUP_UNIX] = ask_cgroup_unix,
	[BEE_FEATURE_LSM_CGROUP] = ask_lsm_cgroup,
	[BEE_FEATURE_SK_SKB_VERDICT] = ask_sk_skb_verdict,
	[BEE_FEATURE_REUSEPORT_MIGRATE] = ask_reuseport_migrate,
	[BEE_FEATURE_SYSCALL] = ask_syscall,
	[BEE_FEATURE_STRUCT_OPS] = ask_struct_ops,
};

bool has_feature(enum bee__feature feature)
{
	int table = bee__feature(feature, &reason);

	if (!witnesses[feature])
		fail_msg("feature %d has no witness", feature);
	answer = witnesses[feature]();
	if (!table != !answer)
		fail_msg("moonbee says '%s', and the kernel: %s", table ? reason : "it is there",
			 proof);
	return !table;
}

int kernels_error(void)
{
	return answer;
}

void skip_without_feature(void)
{
	print_message("skipped: %s [%s]\n", reason, proof);
	skip();
}
