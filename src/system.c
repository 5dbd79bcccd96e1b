// SPDX-License-Identifier: Apache-2.0
/* What the machine's own files and limits say of BPF, for who asks the doctor. */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "rawbtf.h"
#include "system.h"

/* ---- files --------------------------------------------------------------------------------- */

/* The number in a file below /proc/sys; -errno, which no such number is: there is none to read. */
static int read_number(const char *path, char *whole, size_t size)
{
	char *text;
	size_t len;
	int err;

	snprintf(whole, size, "/proc/sys/%s", path);
	err = bee__read_file(whole, &text, &len);
	if (err)
		return err;
	err = atoi(text);
	free(text);
	return err;
}

static enum bee_state check_kernel(struct bee *bee, struct bee__text *reason)
{
	struct utsname name;

	if (uname(&name))
		return BEE_STATE_NO;
	bee__text_printf(reason, "%s %s, %s", name.sysname, name.release, name.machine);
	return BEE_STATE_YES;
}

/* "none [integrity] confidentiality": the word in brackets is in force. */
static enum bee_state check_lockdown(struct bee *bee, struct bee__text *reason)
{
	int dir = bee__mount_detached("securityfs"), fd = -1, err;
	char *text, *word;
	size_t size;

	fd = dir < 0 ? open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC)
		     : openat(dir, "lockdown", O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : bee__read_fd(fd, &text, &size);
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	if (err) {
		bee__text_printf(reason, err == -ENOENT ? "this kernel has no lockdown"
							: "this user cannot tell");
		return err == -ENOENT ? BEE_STATE_YES : BEE_STATE_LIMITED;
	}
	word = strchr(text, '[');
	word = word ? word + 1 : text;
	word[strcspn(word, "]\n")] = '\0';
	bee__text_printf(reason, "lockdown is '%s'", word);
	err = strcmp(word, "none");
	free(text);
	return err ? BEE_STATE_LIMITED : BEE_STATE_YES;
}

enum { NET_ADMIN = 12, SYS_ADMIN = 21, PERFMON = 38, BPF = 39 };

/* The capabilities that this process may use, a bit each. */
static uint64_t held_capabilities(void)
{
	uint64_t held = 0;
	size_t size;
	char *text, *at;

	if (bee__read_file("/proc/self/status", &text, &size))
		return 0;
	at = strstr(text, "\nCapEff:");
	if (at)
		held = strtoull(at + 8, NULL, 16);
	free(text);
	return held;
}

static bool has(uint64_t held, int capability)
{
	return held >> capability & 1;
}

static enum bee_state check_capabilities(struct bee *bee, struct bee__text *reason)
{
	static const struct {
		int capability;
		const char *name;
	} wanted[] = { { BPF, "CAP_BPF" },
		       { PERFMON, "CAP_PERFMON" },
		       { NET_ADMIN, "CAP_NET_ADMIN" },
		       { SYS_ADMIN, "CAP_SYS_ADMIN" } };
	uint64_t held = held_capabilities();
	bool lacks_any = false;

	for (size_t i = 0; i < BEE_LEN(wanted); i++) {
		if (has(held, wanted[i].capability))
			continue;
		bee__text_printf(reason, "%s%s", lacks_any ? ", " : "this process lacks ",
				 wanted[i].name);
		lacks_any = true;
	}
	if (!lacks_any) {
		bee__text_printf(reason, "all that BPF asks for");
		return BEE_STATE_YES;
	}
	return has(held, BPF) || has(held, SYS_ADMIN) ? BEE_STATE_LIMITED : BEE_STATE_NO;
}

static enum bee_state check_unprivileged(struct bee *bee, struct bee__text *reason)
{
	char path[128];
	int value = read_number("kernel/unprivileged_bpf_disabled", path, sizeof(path));

	if (value < 0)
		return BEE_STATE_NO;
	bee__text_printf(reason, "%s is %d", path, value);
	return value ? BEE_STATE_NO : BEE_STATE_LIMITED;
}

static enum bee_state check_tracefs(struct bee *bee, struct bee__text *reason)
{
	int dir = bee__tracefs(bee), fd;

	if (dir < 0) {
		bee__text_printf(reason, "%s", strerror(-dir));
		return BEE_STATE_NO;
	}
	fd = openat(dir, "available_events", O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		bee__text_printf(reason, "%s", strerror(errno));
		return BEE_STATE_NO;
	}
	close(fd);
	if (access("/sys/kernel/tracing/events", F_OK) &&
	    access("/sys/kernel/debug/tracing/events", F_OK))
		bee__text_printf(reason, "not mounted; moonbee mounts it for itself alone");
	else
		bee__text_printf(reason, "mounted");
	return BEE_STATE_YES;
}

static enum bee_state check_jit(struct bee *bee, struct bee__text *reason)
{
	char path[128], harden_path[128];
	int value = read_number("net/core/bpf_jit_enable", path, sizeof(path));
	int harden = read_number("net/core/bpf_jit_harden", harden_path, sizeof(harden_path));

	if (value < 0) {
		bee__text_printf(reason, "%s: %s", path, strerror(-value));
		return value == -ENOENT ? BEE_STATE_NO : BEE_STATE_LIMITED;
	}
	bee__text_printf(reason, "%s is %d", path, value);
	if (value && harden > 0)
		bee__text_printf(reason, ", %s is %d", harden_path, harden);
	return !value ? BEE_STATE_NO : harden > 0 ? BEE_STATE_LIMITED : BEE_STATE_YES;
}

static enum bee_state check_paranoid(struct bee *bee, struct bee__text *reason)
{
	char path[128];
	int value = read_number("kernel/perf_event_paranoid", path, sizeof(path));

	/* -1 is a value too, and no errno that a file gives. */
	if (value < -1)
		return BEE_STATE_NO;
	bee__text_printf(reason, "%s is %d", path, value);
	return value <= 1 || has(held_capabilities(), PERFMON) ||
			       has(held_capabilities(), SYS_ADMIN)
		       ? BEE_STATE_YES
		       : BEE_STATE_LIMITED;
}

/* Addresses that are hidden read as zeros. */
static enum bee_state check_kptr(struct bee *bee, struct bee__text *reason)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long long address = 0;
	char path[128], line[256];
	int value = read_number("kernel/kptr_restrict", path, sizeof(path));

	while (file && !address && fgets(line, sizeof(line), file))
		address = strtoull(line, NULL, 16);
	if (file)
		fclose(file);
	bee__text_printf(reason, "/proc/kallsyms %s addresses", address ? "shows" : "hides its");
	if (value >= 0)
		bee__text_printf(reason, "; %s is %d", path, value);
	return address ? BEE_STATE_YES : BEE_STATE_LIMITED;
}

/* ---- what the kernel is asked -------------------------------------------------------------- */

/* Kernels that count BPF's memory by cgroup have this helper since the same version, Linux 5.11. */
static bool has_memcg(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = 160 /* BPF_FUNC_ktime_get_coarse_ns */ },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "bee_probe", "GPL", insns,
			       BEE_LEN(insns), NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static enum bee_state check_memory(struct bee *bee, struct bee__text *reason)
{
	struct rlimit limit;

	if (has_memcg()) {
		bee__text_printf(reason, "counted by the memory cgroup, not by RLIMIT_MEMLOCK");
		return BEE_STATE_YES;
	}
	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return BEE_STATE_NO;
	if (limit.rlim_max == RLIM_INFINITY) {
		bee__text_printf(reason, "RLIMIT_MEMLOCK may be unlimited");
		return BEE_STATE_YES;
	}
	bee__text_printf(reason, "RLIMIT_MEMLOCK is %llu KiB",
			 (unsigned long long)limit.rlim_cur >> 10);
	return BEE_STATE_LIMITED;
}

static enum bee_state of_error(struct bee__text *reason, int err)
{
	if (!err)
		return BEE_STATE_YES;
	bee__text_printf(reason, "%s", strerror(-err));
	return err == -EPERM ? BEE_STATE_LIMITED : BEE_STATE_NO;
}

static enum bee_state check_user_ringbuf(struct bee *bee, struct bee__text *reason)
{
	int fd = bpf_map_create(31 /* BPF_MAP_TYPE_USER_RINGBUF */, "bee_probe", 0, 0,
				getpagesize(), NULL);

	if (fd >= 0)
		close(fd);
	return of_error(reason, fd < 0 ? fd : 0);
}

/* Of a descriptor that is none a kernel with links says so, and others do not know the call. */
static enum bee_state check_links(struct bee *bee, struct bee__text *reason)
{
	int err = bpf_link_create(-1, -1, BPF_CGROUP_DEVICE, NULL);

	return of_error(reason, err == -EBADF ? 0 : err);
}

/* A type of vmlinux's BTF; 0: it has none of the name. */
static uint32_t find_type(struct bee *bee, uint32_t kind, const char *name)
{
	struct bee__rawbtf btf;
	uint32_t found = 0;

	if (bee__rawbtf_open(bee, BEE_BTF_PATH, &btf))
		return 0;
	for (uint32_t id = 1; id < btf.len && !found; id++) {
		const struct btf_type *type = bee__btf_type(&btf, id);

		if (bee__btf_kind(type) == kind &&
		    !strcmp(bee__btf_name(&btf, type->name_off), name))
			found = id;
	}
	bee__rawbtf_close(&btf);
	return found;
}

/* Called by the least program that can: bpf_rdonly_cast(0, the id of a struct). */
static enum bee_state check_kfuncs(struct bee *bee, struct bee__text *reason)
{
	uint32_t function = find_type(bee, BTF_KIND_FUNC, "bpf_rdonly_cast");
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		  .dst_reg = 2,
		  .imm = find_type(bee, BTF_KIND_STRUCT, "task_struct") },
		{ .code = BPF_JMP | BPF_CALL,
		  .src_reg = 2 /* BPF_PSEUDO_KFUNC_CALL */,
		  .imm = function },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd;

	if (!function) {
		bee__text_printf(reason, "BTF has no bpf_rdonly_cast");
		return BEE_STATE_NO;
	}
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "bee_probe", "GPL", insns, BEE_LEN(insns),
			   NULL);
	if (fd < 0)
		return of_error(reason, fd);
	close(fd);
	bee__text_printf(reason, "bpf_rdonly_cast can be called");
	return BEE_STATE_YES;
}

static enum bee_state check_sched_ext(struct bee *bee, struct bee__text *reason)
{
	bool is_there = find_type(bee, BTF_KIND_STRUCT, "bpf_struct_ops_sched_ext_ops");

	bee__text_printf(reason, "BTF has %s struct bpf_struct_ops_sched_ext_ops",
			 is_there ? "a" : "no");
	return is_there ? BEE_STATE_YES : BEE_STATE_NO;
}

/* ---- the compiler -------------------------------------------------------------------------- */

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* What clang's own macro stands for: `"19.1.7 (3)"` on a line of its own. */
/* What was kept of an earlier time says nothing of the compiler now. */
static int compile_anew(struct bee *bee, const struct bee_source *source,
			const struct bee_load_opts *opts, void **ret_data, size_t *ret_size)
{
	bool has_cache = bee->has_cache;
	int fd = bee->cache_fd, err;

	bee->has_cache = true;
	bee->cache_fd = -1;
	err = bee_compile(bee, source, opts, ret_data, ret_size);
	bee->has_cache = has_cache;
	bee->cache_fd = fd;
	return err;
}

static void tell_clang(struct bee *bee, struct bee__text *reason)
{
	struct bee_load_opts opts = { .size = sizeof(opts), .show = BEE_SHOW_PREPROCESSED };
	struct bee_source source = { .size = sizeof(source), .text = "__clang_version__" };
	size_t size, len;
	void *text;
	char *start;

	if (compile_anew(bee, &source, &opts, &text, &size))
		return;
	start = strrchr(text, '"');
	while (start && start > (char *)text && start[-1] != '"' && start[-1] != '\n')
		start--;
	len = start ? strcspn(start, " \"\n") : 0;
	if (len)
		bee__text_printf(reason, ", clang %.*s", (int)len, start);
	free(text);
}

static enum bee_state check_compiler(struct bee *bee, struct bee__text *reason)
{
	const struct bee_source source = {
		.size = sizeof(source),
		.text = "int kprobe__vfs_read(void *ctx) { return 0; }",
	};
	const struct bee_source source_of_ir = {
		.size = sizeof(source_of_ir),
		.text = "define i32 @f(ptr %c) section \"kprobe/vfs_read\" { ret i32 0 }\n",
		.input = BEE_INPUT_IR,
	};
	double start = now_ms();
	char path[4096] = "";
	size_t size;
	void *elf;

	/* Where C lacks the kernel's types, which are a row of their own, IR needs none. */
	if (compile_anew(bee, &source, NULL, &elf, &size) &&
	    compile_anew(bee, &source_of_ir, NULL, &elf, &size)) {
		const struct bee_diag *diag = bee_diag_next(bee, NULL);

		bee__text_printf(reason, "%s", diag ? diag->text : "out of memory");
		return BEE_STATE_NO;
	}
	free(elf);
	bee__find_compiler(bee, path, sizeof(path));
	bee__text_printf(reason, "%s: a least program in %.0f ms", path, now_ms() - start);
	tell_clang(bee, reason);
	return BEE_STATE_YES;
}

/* A filter at address 0 is looked at by kernels that have filters, and the others do not look. */
static enum bee_state check_sandbox(struct bee *bee, struct bee__text *reason)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) && errno == EFAULT) {
		bee__text_printf(reason, "the compiler's system calls are filtered by seccomp");
		return BEE_STATE_YES;
	}
	bee__text_printf(reason, "this kernel has no filters of seccomp (CONFIG_SECCOMP_FILTER)");
	return BEE_STATE_LIMITED;
}

/* ---- the table ----------------------------------------------------------------------------- */

// clang-format off
const struct bee__system bee__systems[] = {
	{ "kernel", "the running kernel", check_kernel, "", false },
	{ "compiler", "moonbee-cc runs", check_compiler,
		"install moonbee-cc of the same build beside the library; MOONBEE_CC names another place", true },
	{ "sandbox", "the compiler is confined", check_sandbox, "compile only sources that you trust", false },
	{ "capabilities", "the privileges of this process", check_capabilities,
		"run as root, or give the program these: setcap cap_bpf,cap_perfmon,cap_net_admin,cap_sys_admin+ep", false },
	{ "unprivileged_bpf", "BPF for users without privileges", check_unprivileged,
		"nothing: tools run as root; without privileges BPF knows socket filters and little else", false },
	{ "lockdown", "the kernel is not locked down", check_lockdown,
		"boot without lockdown= and secure boot; or use tracepoints, which it permits", false },
	{ "tracefs", "tracepoints can be looked up", check_tracefs,
		"run as root; or mount -t tracefs tracefs /sys/kernel/tracing", false },
	{ "kallsyms", "addresses of the kernel have names", check_kptr,
		"run as root; sysctl kernel.kptr_restrict=1", false },
	{ "perf_event_paranoid", "perf events for this user", check_paranoid,
		"run as root, or with CAP_PERFMON; sysctl kernel.perf_event_paranoid=1", false },
	{ "jit", "programs run as machine code", check_jit,
		"sysctl net.core.bpf_jit_enable=1; net.core.bpf_jit_harden=0 makes them faster", false },
	{ "memory", "memory for maps", check_memory, "ulimit -l unlimited; or run as root", false },
	{ "links", "what a tool attaches goes with it", check_links, "a kernel of Linux 5.7 or newer", false },
	{ "user_ringbuf", "ring buffers that user space fills", check_user_ringbuf, "a kernel of Linux 6.1 or newer", false },
	{ "kfuncs", "functions of the kernel that programs call", check_kfuncs,
		"a kernel of Linux 6.2 or newer; without, kernel memory is read by a helper, which is slower", false },
	{ "sched_ext", "programs as a scheduler", check_sched_ext, "a kernel of Linux 6.12 or newer with CONFIG_SCHED_CLASS_EXT", false },
};
// clang-format on

const size_t bee__systems_len = BEE_LEN(bee__systems);
