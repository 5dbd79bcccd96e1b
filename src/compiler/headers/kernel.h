/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the kernel's own headers make of its structs: other names of members, and accessors. A name
 * that the source gives to a member, parameter or variable of its own is left to it, and one that
 * the kernel's struct has as a real member needs no macro.
 */

#define sk_daddr __sk_common.skc_daddr
#define sk_rcv_saddr __sk_common.skc_rcv_saddr
#define sk_dport __sk_common.skc_dport
#define sk_num __sk_common.skc_num
#define sk_family __sk_common.skc_family
#define sk_state __sk_common.skc_state
#define sk_net __sk_common.skc_net
#define sk_v6_daddr __sk_common.skc_v6_daddr
#define sk_v6_rcv_saddr __sk_common.skc_v6_rcv_saddr
#define sk_hash __sk_common.skc_hash
#define sk_portpair __sk_common.skc_portpair
#define sk_addrpair __sk_common.skc_addrpair
#define sk_reuse __sk_common.skc_reuse
#define sk_reuseport __sk_common.skc_reuseport
#define sk_ipv6only __sk_common.skc_ipv6only
#define sk_prot __sk_common.skc_prot
#define sk_refcnt __sk_common.skc_refcnt
#define sk_cookie __sk_common.skc_cookie
#define sk_bound_dev_if __sk_common.skc_bound_dev_if
#define sk_incoming_cpu __sk_common.skc_incoming_cpu
#define sk_flags __sk_common.skc_flags
#define inet_daddr sk.__sk_common.skc_daddr
#define inet_rcv_saddr sk.__sk_common.skc_rcv_saddr
#define inet_dport sk.__sk_common.skc_dport
#define inet_num sk.__sk_common.skc_num
#define s6_addr in6_u.u6_addr8
#define s6_addr16 in6_u.u6_addr16
#define s6_addr32 in6_u.u6_addr32
#define d_iname d_shortname.string
#define rcu_head callback_head
#define sockaddr_storage __kernel_sockaddr_storage
#define tcp_sk(sk) ((struct tcp_sock *)(sk))
#define inet_sk(sk) ((struct inet_sock *)(sk))
#define udp_sk(sk) ((struct udp_sock *)(sk))
#define unix_sk(sk) ((struct unix_sock *)(sk))
#define raw_sk(sk) ((struct raw_sock *)(sk))
#define inet_csk(sk) ((struct inet_connection_sock *)(sk))
#define inet_rsk(req) ((struct inet_request_sock *)(req))
#define TCP_SKB_CB(skb) ((struct tcp_skb_cb *)&((skb)->cb[0]))
#define tcp_hdr(skb) ((struct tcphdr *)((skb)->head + (skb)->transport_header))
#define udp_hdr(skb) ((struct udphdr *)((skb)->head + (skb)->transport_header))
#define ip_hdr(skb) ((struct iphdr *)((skb)->head + (skb)->network_header))
#define ipv6_hdr(skb) ((struct ipv6hdr *)((skb)->head + (skb)->network_header))
#define tcp_flag_word(tcp) (((union tcp_word_hdr *)(tcp))->words[3])
#define skb_rx_queue_recorded(skb) ((skb)->queue_mapping != 0)
#define skb_get_rx_queue(skb) ((skb)->queue_mapping - 1)
#define folio_page(folio, n) (&(folio)->page + (n))
#define sg_is_chain(sg) ((sg)->page_link & 1ul)
#define sg_is_last(sg) ((sg)->page_link & 2ul)
#define sg_chain_ptr(sg) ((struct scatterlist *)((sg)->page_link & ~3ul))
#define skb_mac_header(skb) ((skb)->head + (skb)->mac_header)
#define skb_network_header(skb) ((skb)->head + (skb)->network_header)
#define skb_transport_header(skb) ((skb)->head + (skb)->transport_header)
#define skb_shinfo(skb) ((struct skb_shared_info *)((skb)->head + (skb)->end))
#define skb_headlen(skb) ((skb)->len - (skb)->data_len)
#define eth_hdr(skb) ((struct ethhdr *)((skb)->head + (skb)->mac_header))
#define icmp_hdr(skb) ((struct icmphdr *)((skb)->head + (skb)->transport_header))
#define icmp6_hdr(skb) ((struct icmp6hdr *)((skb)->head + (skb)->transport_header))
#define inet6_sk(sk) (((struct inet_sock *)(sk))->pinet6)
#define sock_net(sk) ((sk)->__sk_common.skc_net.net)
#define dev_net(dev) ((dev)->nd_net.net)
#define read_pnet(pnet) ((pnet)->net)
#define net_eq(a, b) ((a) == (b))
#define file_inode(file) ((file)->f_inode)
#define d_inode(dentry) ((dentry)->d_inode)
#define d_backing_inode(dentry) ((dentry)->d_inode)
#define task_pid_nr(task) ((task)->pid)
#define task_tgid_nr(task) ((task)->tgid)
#define kuid_val(uid) ((uid).val)
#define kgid_val(gid) ((gid).val)
#define ktime_to_ns(time) (time)
#define blk_rq_pos(rq) ((rq)->__sector)
#define blk_rq_bytes(rq) ((rq)->__data_len)
#define blk_rq_sectors(rq) ((rq)->__data_len >> 9)
#define bio_sectors(bio) ((bio)->bi_iter.bi_size >> 9)
#define bio_end_sector(bio) ((bio)->bi_iter.bi_sector + ((bio)->bi_iter.bi_size >> 9))
#define req_op(rq) ((rq)->cmd_flags & REQ_OP_MASK)
#define bio_op(bio) ((bio)->bi_opf & REQ_OP_MASK)
#define op_is_write(op) (!!((op) & 1))
#define rq_data_dir(rq) ((int)((rq)->cmd_flags & 1))
#define bio_data_dir(bio) ((int)((bio)->bi_opf & 1))
#define REQ_FAILFAST_DEV (1ull << __REQ_FAILFAST_DEV)
#define REQ_FAILFAST_TRANSPORT (1ull << __REQ_FAILFAST_TRANSPORT)
#define REQ_FAILFAST_DRIVER (1ull << __REQ_FAILFAST_DRIVER)
#define REQ_SYNC (1ull << __REQ_SYNC)
#define REQ_META (1ull << __REQ_META)
#define REQ_PRIO (1ull << __REQ_PRIO)
#define REQ_NOMERGE (1ull << __REQ_NOMERGE)
#define REQ_IDLE (1ull << __REQ_IDLE)
#define REQ_INTEGRITY (1ull << __REQ_INTEGRITY)
#define REQ_FUA (1ull << __REQ_FUA)
#define REQ_PREFLUSH (1ull << __REQ_PREFLUSH)
#define REQ_RAHEAD (1ull << __REQ_RAHEAD)
#define REQ_BACKGROUND (1ull << __REQ_BACKGROUND)
#define REQ_NOWAIT (1ull << __REQ_NOWAIT)
#define REQ_POLLED (1ull << __REQ_POLLED)
#define REQ_SWAP (1ull << __REQ_SWAP)
#define MKDEV(major, minor) ((major) << 20 | (minor))
#define MAJOR(dev) ((unsigned int)((dev) >> 20))
#define MINOR(dev) ((unsigned int)((dev) & 0xfffff))
