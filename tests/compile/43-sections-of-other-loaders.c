/* As gobpf and cilium/ebpf write them. */
#include <linux/bpf.h>
#include "bpf_helpers.h"

SEC("socket/count") int a(struct __sk_buff *skb) { return 0; }
SEC("socket_filter/count") int b(struct __sk_buff *skb) { return 0; }
SEC("sched_cls/count") int c(struct __sk_buff *skb) { return 0; }
SEC("sched_act/count") int d(struct __sk_buff *skb) { return 0; }
SEC("sockops/count") int e(struct bpf_sock_ops *ops) { return 0; }
SEC("cgroup/connect4/count") int f(struct bpf_sock_addr *addr) { return 1; }
SEC("sk_skb/stream_parser/count") int g(struct __sk_buff *skb) { return 0; }
SEC("xdp/count") int h(struct xdp_md *ctx) { return XDP_PASS; }
char licence[] SEC("license") = "GPL";
