/* SPDX-License-Identifier: Apache-2.0 */
/* 0: the running kernel has it, and this process may use it; else a negative errno. */
#ifndef BEE_PROBES_H
#define BEE_PROBES_H

int bee__probe_bpf(void);
int bee__probe_btf(void);
int bee__probe_tracepoint(void);
int bee__probe_kprobe(void);
int bee__probe_kprobe_multi(void);
int bee__probe_uprobe(void);
int bee__probe_uprobe_multi(void);
int bee__probe_fentry(void);
int bee__probe_lsm(void);
int bee__probe_perf(void);
int bee__probe_pmu(void);
int bee__probe_ringbuf(void);
int bee__probe_cookie(void);
int bee__probe_cookie_tracing(void);
int bee__probe_cookie_raw(void);
int bee__probe_cpu_v4(void);
int bee__probe_read_cast(void);
int bee__probe_task_typed(void);
int bee__probe_xdp_frags(void);
int bee__probe_tcx(void);
int bee__probe_netkit(void);
int bee__probe_netfilter(void);
int bee__probe_cgroup(void);
int bee__probe_cgroup_unix(void);
int bee__probe_sk_skb_verdict(void);
int bee__probe_syscall(void);
int bee__probe_struct_ops(void);
int bee__probe_reuseport_migrate(void);
int bee__probe_lsm_cgroup(void);

#endif
