// SPDX-License-Identifier: Apache-2.0
/* The probes of feature.c: each asks the kernel for one thing, and leaves nothing behind. */
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
#include "probes.h"

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

int bee__probe_bpf(void)
{
	return probe_load(BPF_PROG_TYPE_TRACEPOINT, NULL);
}

int bee__probe_btf(void)
{
	return has_file(BEE_BTF_PATH);
}

int bee__probe_tracepoint(void)
{
	return has_file(PMU "tracepoint");
}

int bee__probe_kprobe(void)
{
	return has_file(PMU "kprobe");
}

/* Attached for a moment, to a function that nothing calls by itself. */
int bee__probe_kprobe_multi(void)
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

int bee__probe_uprobe(void)
{
	return has_file(PMU "uprobe");
}

/* Asked for a folder, which is no file to be probed, a kernel that knows such links says so. */
int bee__probe_uprobe_multi(void)
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

int bee__probe_perf(void)
{
	return has_file("/proc/sys/kernel/perf_event_paranoid");
}

/* Of this process alone, which anyone may count. */
int bee__probe_pmu(void)
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

int bee__probe_fentry(void)
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

int bee__probe_lsm(void)
{
	int err = probe_attach_type(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "file_open");

	return err ?: is_lsm_active() ? 0 : -EOPNOTSUPP;
}

/* The helper that reads a cookie, called by the least program that can. */
int bee__probe_cookie(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_attach_cookie },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return close_probe(bpf_prog_load(BPF_PROG_TYPE_KPROBE, "bee_probe", "GPL", insns,
					 BEE_LEN(insns), NULL));
}

/* Attached for a moment, to a function that nothing calls by itself. */
int bee__probe_cookie_tracing(void)
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
int bee__probe_cookie_raw(void)
{
	int prog = load_least(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL), err;

	if (prog < 0)
		return prog;
	err = close_probe(bee__raw_tracepoint_open(prog, "bee_no_such_tracepoint", 1));
	err = err == -ENOENT ? 0 : err;
	close(prog);
	return err;
}

int bee__probe_ringbuf(void)
{
	return close_probe(
		bpf_map_create(BPF_MAP_TYPE_RINGBUF, "bee_probe", 0, 0, getpagesize(), NULL));
}

/* Sign extension in a register, which came with the fourth version of BPF's instructions. */
int bee__probe_cpu_v4(void)
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
int bee__probe_read_cast(void)
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
int bee__probe_task_typed(void)
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

int bee__probe_xdp_frags(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);

	return probe_load(BPF_PROG_TYPE_XDP, &opts);
}

int bee__probe_tcx(void)
{
	return probe_device_link(BPF_PROG_TYPE_SCHED_CLS, 46 /* BPF_TCX_INGRESS */);
}

int bee__probe_netkit(void)
{
	return probe_device_link(BPF_PROG_TYPE_SCHED_CLS, 54 /* BPF_NETKIT_PRIMARY */);
}

int bee__probe_netfilter(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = 45 /* BPF_NETFILTER */);

	return probe_load(32 /* BPF_PROG_TYPE_NETFILTER */, &opts);
}

/* Devices are a cgroup's alone: the other types are there without cgroups too. */
int bee__probe_cgroup(void)
{
	return probe_load(BPF_PROG_TYPE_CGROUP_DEVICE, NULL);
}

int bee__probe_cgroup_unix(void)
{
	/* BPF_CGROUP_UNIX_CONNECT, which the headers of Debian 12 lack. */
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = 49);

	return probe_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, &opts);
}

int bee__probe_lsm_cgroup(void)
{
	int err = probe_attach_type(BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, "socket_bind");

	return err ?: is_lsm_active() ? 0 : -EOPNOTSUPP;
}

/* Attached for a moment, to a map that has no sockets. */
int bee__probe_sk_skb_verdict(void)
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

int bee__probe_syscall(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);

	return probe_load(BPF_PROG_TYPE_SYSCALL, &opts);
}

/* A congestion control's member, as the kernel's BTF has it where it takes any. */
int bee__probe_struct_ops(void)
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
int bee__probe_reuseport_migrate(void)
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
