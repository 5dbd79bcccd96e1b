/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What moonbee-cc may do: think, in bounded memory and time, and write to the pipes it was given.
 *
 * It parses text that others wrote, with a parser that was not made for hostile text. The filter of
 * system calls is written out here because that is shorter than a library's, and always there.
 */
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compiler.h"

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

#define NOBODY 65534

/* ---- bounds ------------------------------------------------------------------------------ */

#define STACK_SIZE  (128ul << 20)	/* the kernel keeps that much free below the stack */
#define MEMORY_SIZE (4ul << 30)
#define CPU_SECONDS 60

static void limit(int resource, rlim_t value)
{
	struct rlimit old;

	if (getrlimit(resource, &old))
		return;
	if (value > old.rlim_max)
		value = old.rlim_max;
	setrlimit(resource, &(struct rlimit){ value, old.rlim_max });
}

void bee__cc_limit(void)
{
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_CPU, CPU_SECONDS);
	/* A parser that recurses needs a stack as deep as the source is nested. */
	limit(RLIMIT_STACK, STACK_SIZE);
	if (!IS_SANITIZED)	/* ASan reserves terabytes that it never uses */
		limit(RLIMIT_AS, MEMORY_SIZE);
}

/* ---- the filter -------------------------------------------------------------------------- */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH
// clang-format off
static const int allowed[] = {
	/* memory */
	SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise,
	/* the pipes: nothing else is open, and nothing can be opened */
	SYS_read, SYS_write, SYS_writev, SYS_lseek, SYS_fstat, SYS_close,
	/* the process itself */
	SYS_exit, SYS_exit_group, SYS_futex, SYS_clock_gettime, SYS_getrandom, SYS_gettid,
	SYS_getpid, SYS_sched_getaffinity, SYS_sched_yield, SYS_getrusage, SYS_sysinfo,
	SYS_set_robust_list, SYS_restart_syscall,
#ifdef SYS_rseq
	SYS_rseq,
#endif
	/* signals to itself are how abort() ends */
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_tgkill,
};

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n)
#define RETURN(action)	      BPF_STMT(BPF_RET | BPF_K, action)
#define DENY(err)	      RETURN(SECCOMP_RET_ERRNO | (err))

static const struct sock_filter head[] = {
	LOAD(arch),
	SKIP_UNLESS(ARCH, 1),
	BPF_STMT(BPF_JMP | BPF_JA, 1),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	/* clang gives a deep recursion a fresh thread; clone3's flags cannot be looked at. */
	SKIP_UNLESS(SYS_clone3, 1),
	DENY(ENOSYS),
	SKIP_UNLESS(SYS_clone, 4),
	LOAD(args[0]),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	/* What LLVM tries and can do without just fails: limits, terminals, and source files. */
	SKIP_UNLESS(SYS_prlimit64, 1),
	DENY(EPERM),
	SKIP_UNLESS(SYS_ioctl, 1),
	DENY(ENOTTY),
	SKIP_UNLESS(SYS_openat, 1),
	DENY(EACCES),
	SKIP_UNLESS(SYS_newfstatat, 1),
	DENY(EACCES),
};
// clang-format on

static void filter_calls(void)
{
	struct sock_filter insns[BEE_CC_LEN(head) + 2 * BEE_CC_LEN(allowed) + 1];
	struct sock_fprog prog = { BEE_CC_LEN(insns), insns };
	size_t len = 0;

	for (size_t i = 0; i < BEE_CC_LEN(head); i++)
		insns[len++] = head[i];
	for (size_t i = 0; i < BEE_CC_LEN(allowed); i++) {
		insns[len++] = (struct sock_filter)SKIP_UNLESS(allowed[i], 1);
		insns[len++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	}
	insns[len++] = (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}
#else
static void filter_calls(void)
{
}
#endif

/* Each step may be refused, as in a container that is locked in already; the others still help. */
void bee__cc_lock_in(void)
{
	if (!geteuid()) {
		(void)!setgroups(0, NULL);
		(void)!setresgid(NOBODY, NOBODY, NOBODY);
		(void)!setresuid(NOBODY, NOBODY, NOBODY);
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (IS_SANITIZED)	/* its reports go to stderr, and read files */
		return;
	/* LLVM's last words before an abort are no one's business but the parent's, by the signal. */
	close(STDERR_FILENO);
	filter_calls();
}
