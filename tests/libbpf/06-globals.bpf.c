// SPDX-License-Identifier: Apache-2.0
/* Global variables of every section, weak and hidden functions, kernel configuration. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

const volatile pid_t wanted = 0;
const volatile char prefix[8] = "abc";
volatile u64 calls = 5;
u64 zeroed[4];
static int inner;
int in_own_section SEC(".data.mine") = 7;

extern int LINUX_KERNEL_VERSION __kconfig;
extern unsigned int CONFIG_HZ __kconfig __weak;
extern bool CONFIG_NOT_THERE __kconfig __weak;
extern const int bpf_prog_active __ksym;

static __noinline int add(int a, u64 *b)
{
	barrier_var(a);
	return a + *b;
}

__weak __hidden int weak_one(int a)
{
	return a * 3;
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	pid_t pid = bpf_get_current_pid_tgid() >> 32;

	if (wanted && pid != wanted)
		return 0;
	calls++;
	zeroed[pid & 3] += ctx->args[1];
	inner = add(pid, &zeroed[1]);
	if (LINUX_KERNEL_VERSION > 0x050a00 && !CONFIG_NOT_THERE)
		in_own_section += CONFIG_HZ + prefix[0];
	return inner + weak_one(pid);
}

char LICENSE[] SEC("license") = "GPL";
