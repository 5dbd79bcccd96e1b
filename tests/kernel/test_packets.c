/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of packets in BCC's style. The packets are made with the kernel's own structs of the protocols,
 * and are run through programs of each kind that sees packets: what they read must be what was put in,
 * and what they write must be where the kernel's structs have it.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <sys/socket.h>

#include "support.h"

struct vlan {
	__be16 tag, type;
};

struct arp {
	struct arphdr head;
	uint8_t sha[6], spa[4], tha[6], tpa[4];
} __attribute__((packed));

struct vxlan {
	uint8_t flags, reserved[3], key[3], rest;
};

/* As large as any of the packets below; what is not set is 0. */
struct frame {
	struct ethhdr eth;
	union {
		struct {
			struct iphdr ip;
			union {
				struct tcphdr tcp;
				struct icmphdr icmp;
				struct {
					struct udphdr udp;
					struct vxlan vxlan;
				} __attribute__((packed));
			};
		} __attribute__((packed));
		struct {
			struct vlan vlan;
			struct arp arp;
		} __attribute__((packed));
		struct ipv6hdr ip6;
	};
	uint8_t tail[8];
} __attribute__((packed));

// clang-format off
static struct frame new_frame(uint16_t type)
{
	return (struct frame){ .eth = {
		.h_dest = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab },
		.h_source = { 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54 },
		.h_proto = htons(type),
	} };
}

static struct frame tcp_frame(void)
{
	struct frame frame = new_frame(ETH_P_IP);

	frame.ip = (struct iphdr){
		.version = 4, .ihl = 5, .tos = 0x1c, .tot_len = htons(48), .id = htons(0xbee5),
		.frag_off = htons(0x4000 | 0x123), .ttl = 63, .protocol = 6, .check = htons(0x1234),
		.saddr = htonl(0xc0a80102), .daddr = htonl(0x0a0b0c0d),
	};
	frame.tcp = (struct tcphdr){
		.source = htons(54321), .dest = htons(80), .seq = htonl(0xfeedbee5),
		.ack_seq = htonl(0x80000001), .doff = 7, .ece = 1, .ack = 1, .rst = 1, .fin = 1,
		.window = htons(0xabcd), .check = htons(0x5678), .urg_ptr = htons(9),
	};
	return frame;
}
// clang-format on

/* ---- running ----------------------------------------------------------------------------- */

/* Run the packet through program f; what comes out of it replaces it. */
static int run(struct bee_module *mod, void *frame, uint32_t size)
{
	char out[512];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = size,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(bee_program_fd(bee_program_find(mod, "f")), &opts),
			 0);
	assert_int_equal(opts.data_size_out, size);
	memcpy(frame, out, size);
	return opts.retval;
}

static void check_values(struct bee_module *mod, const uint64_t *want, size_t len)
{
	const uint64_t *have = bee_var_find(mod, "v")->data;

	for (size_t i = 0; i < len; i++)
		if (have[i] != want[i])
			fail_msg("value %zu is %#llx, not %#llx", i, (unsigned long long)have[i],
				 (unsigned long long)want[i]);
}

/* A program of a kind of packets, with the body of a function that has a cursor. */
static struct bee_module *load_body(struct bee *bee, const char *section, const char *body)
{
	const char *context = strcmp(section, "xdp") ? "__sk_buff" : "xdp_md";
	char text[8192];

	snprintf(text, sizeof(text),
		 "u64 v[32];\nSEC(\"%s\") int f(struct %s *ctx)\n{\n	u8 *cursor = 0;\n%s}\n",
		 section, context, body);
	return load(bee, text);
}

/* ---- reading ----------------------------------------------------------------------------- */

#define NEXT(type, name) \
	"	struct " #type " *" #name " = cursor_advance(cursor, sizeof(*" #name "));\n"

#define ETH    NEXT(ethernet_t, eth)
#define ETH_IP ETH NEXT(ip_t, ip)

#define READ_TCP                                                                                             \
	NEXT(ethernet_t, eth)                                                                                \
	"	v[0] = eth->dst; v[1] = eth->src; v[2] = eth->type;\n"                                             \
	"	if (v[2] != 0x800) return 1;\n" NEXT(                                                        \
		ip_t,                                                                                        \
		ip) "	v[3] = ip->ver; v[4] = ip->hlen; v[5] = ip->tos; v[6] = ip->tlen;\n"                   \
		    "	v[7] = ip->identification; v[8] = ip->ffo_unused; v[9] = ip->df;\n"                    \
		    "	v[10] = ip->mf; v[11] = ip->foffset; v[12] = ip->ttl; v[13] = ip->nextp;\n"            \
		    "	v[14] = ip->hchecksum; v[15] = ip->src; v[16] = ip->dst;\n" NEXT(                    \
			    tcp_t,                                                                           \
			    tcp) "	v[17] = tcp->src_port; v[18] = tcp->dst_port; v[19] = tcp->seq_num;\n"    \
				 "	v[20] = tcp->ack_num; v[21] = tcp->offset; v[22] = tcp->reserved;\n"      \
				 "	v[23] = tcp->flag_cwr << 7 | tcp->flag_ece << 6 | tcp->flag_urg << 5 |\n" \
				 "		tcp->flag_ack << 4 | tcp->flag_psh << 3 | tcp->flag_rst << 2 |\n"        \
				 "		tcp->flag_syn << 1 | tcp->flag_fin;\n"                                   \
				 "	v[24] = tcp->rcv_wnd; v[25] = tcp->cksum; v[26] = tcp->urg_ptr;\n"        \
				 "	return 2;\n"

// clang-format off
static const uint64_t tcp_values[] = {
	0x0123456789ab, 0xfedcba987654, 0x800, 4, 5, 0x1c, 48, 0xbee5, 0, 1, 0, 0x123, 63, 6, 0x1234,
	0xc0a80102, 0x0a0b0c0d, 54321, 80, 0xfeedbee5, 0x80000001, 7, 0, 0x55, 0xabcd, 0x5678, 9,
};
// clang-format on

static void tc_reads_each_field(void **state)
{
	struct bee_module *mod = load_body(bee_of(state), "tc", READ_TCP);
	struct frame frame = tcp_frame();

	assert_int_equal(run(mod, &frame, sizeof(frame)), 2);
	check_values(mod, tcp_values, LEN(tcp_values));
}

static void xdp_reads_each_field(void **state)
{
	struct bee_module *mod = load_body(bee_of(state), "xdp", READ_TCP);
	struct frame frame = tcp_frame();

	assert_int_equal(run(mod, &frame, sizeof(frame)), 2);
	check_values(mod, tcp_values, LEN(tcp_values));
}

/* A struct that stands where skb->data points to is read there, and its bounds are the program's. */
static void addresses_are_read_as_cursors_are(void **state)
{
	static const char body[] =
		"	void *end = (void *)(long)ctx->data_end;\n"
		"	struct ethernet_t *eth = (void *)(long)ctx->data;\n"
		"	struct ip_t *ip = (void *)(eth + 1);\n"
		"	struct iphdr *plain = (void *)ip;\n"
		"	if ((void *)(ip + 1) > end) return 1;\n"
		"	v[0] = eth->src; v[1] = ip->foffset; v[2] = ip->src; v[3] = plain->ihl;\n"
		"	v[4] = bpf_ntohl(plain->saddr); ip->ttl -= 2; ip->mf = 1;\n"
		"	return 2;\n";
	static const uint64_t want[] = { 0xfedcba987654, 0x123, 0xc0a80102, 5, 0xc0a80102 };
	static const char *const sections[] = { "tc", "xdp" };

	for (size_t i = 0; i < LEN(sections); i++) {
		struct bee_module *mod = load_body(bee_of(state), sections[i], body);
		struct frame frame = tcp_frame(), after = frame;

		assert_int_equal(run(mod, &frame, sizeof(frame)), 2);
		check_values(mod, want, LEN(want));
		after.ip.ttl -= 2;
		after.ip.frag_off |= htons(0x2000);
		assert_memory_equal(&frame, &after, sizeof(frame));
		bee_module_close(mod);
	}
}

static void check_frame(struct bee *bee, const char *body, struct frame frame, const uint64_t *want,
			size_t len)
{
	static const char *const sections[] = { "tc", "xdp" };

	for (size_t i = 0; i < LEN(sections); i++) {
		struct bee_module *mod = load_body(bee, sections[i], body);
		struct frame copy = frame;

		assert_int_equal(run(mod, &copy, sizeof(copy)), 2);
		check_values(mod, want, len);
		assert_memory_equal(&copy, &frame, sizeof(copy));
		bee_module_close(mod);
	}
}

static void vlan_and_arp_are_read(void **state)
{
	static const char body[] = ETH NEXT(dot1q_t, q) NEXT(
		arp_t,
		arp) "	v[0] = q->pri; v[1] = q->cfi; v[2] = q->vlanid; v[3] = q->type;\n"
		     "	v[4] = arp->htype; v[5] = arp->ptype; v[6] = arp->hlen; v[7] = arp->plen;\n"
		     "	v[8] = arp->oper; v[9] = arp->sha; v[10] = arp->spa; v[11] = arp->tha;\n"
		     "	v[12] = arp->tpa; return 2;\n";
	// clang-format off
	static const uint64_t want[] = { 5, 1, 0xabc, 0x806, 1, 0x800, 6, 4, 2, 0x0a0b0c0d0e0f,
					 0x01020304, 0xf0e0d0c0b0a0, 0xfffefdfc };
	const struct arp arp = {
		.head = { htons(1), htons(ETH_P_IP), 6, 4, htons(ARPOP_REPLY) },
		.sha = { 10, 11, 12, 13, 14, 15 }, .spa = { 1, 2, 3, 4 },
		.tha = { 0xf0, 0xe0, 0xd0, 0xc0, 0xb0, 0xa0 }, .tpa = { 255, 254, 253, 252 },
	};
	// clang-format on
	struct frame frame = new_frame(ETH_P_8021Q);

	frame.vlan = (struct vlan){ htons(5 << 13 | 1 << 12 | 0xabc), htons(ETH_P_ARP) };
	frame.arp = arp;
	check_frame(bee_of(state), body, frame, want, LEN(want));
}

static void ip6_is_read(void **state)
{
	static const char body[] = ETH NEXT(
		ip6_t,
		ip) "	v[0] = ip->ver; v[1] = ip->priority; v[2] = ip->flow_label;\n"
		    "	v[3] = ip->payload_len; v[4] = ip->next_header; v[5] = ip->hop_limit;\n"
		    "	v[6] = ip->src_hi; v[7] = ip->src_lo; v[8] = ip->dst_hi; v[9] = ip->dst_lo;\n"
		    "	return 2;\n";
	// clang-format off
	static const uint64_t want[] = { 6, 0xa5, 0xbcdef, 8, 58, 64, 0x20010db800000001,
					 0x0203040506070809, 0xfe80000000000000, 0x1122334455667788 };
	// clang-format on
	struct frame frame = new_frame(ETH_P_IPV6);
	uint32_t head = htonl(6u << 28 | 0xa5 << 20 | 0xbcdef);

	frame.ip6.payload_len = htons(8);
	frame.ip6.nexthdr = 58;
	frame.ip6.hop_limit = 64;
	memcpy(&frame.ip6, &head, sizeof(head));
	inet_pton(AF_INET6, "2001:db8:0:1:203:405:607:809", &frame.ip6.saddr);
	inet_pton(AF_INET6, "fe80::1122:3344:5566:7788", &frame.ip6.daddr);
	check_frame(bee_of(state), body, frame, want, LEN(want));
}

static void icmp_udp_and_vxlan_are_read(void **state)
{
	static const char read_icmp[] = ETH_IP NEXT(
		icmp_t,
		icmp) "	v[0] = icmp->type; v[1] = icmp->code; v[2] = icmp->checksum; return 2;\n";
	static const char read_vxlan[] = ETH_IP NEXT(udp_t, udp) NEXT(
		vxlan_t,
		vxlan) "	v[0] = udp->sport; v[1] = udp->dport; v[2] = udp->length; v[3] = udp->crc;\n"
		       "	v[4] = vxlan->iflag; v[5] = vxlan->key; return 2;\n";
	static const uint64_t icmp[] = { 8, 3, 0xcafe };
	static const uint64_t vxlan[] = { 4789, 53, 24, 0xd00d, 1, 0xc0ffee };
	struct frame frame = new_frame(ETH_P_IP);

	frame.icmp = (struct icmphdr){ .type = 8, .code = 3, .checksum = htons(0xcafe) };
	check_frame(bee_of(state), read_icmp, frame, icmp, LEN(icmp));
	frame.udp = (struct udphdr){ htons(4789), htons(53), htons(24), htons(0xd00d) };
	frame.vxlan = (struct vxlan){ .flags = 0x08, .key = { 0xc0, 0xff, 0xee } };
	check_frame(bee_of(state), read_vxlan, frame, vxlan, LEN(vxlan));
}

/* Fields at odd bits, as wide as a word, and structs in structs, of headers of the user's own. */
static void headers_of_ones_own_are_read(void **state)
{
	/* The packet begins with 01 23 45 67 89 ab fe dc ba 98 76 54. */
	static const uint64_t want[] = {
		0x91a2b3c4d5ff6e5d, 2, 0x12345, 0x2345, 0x6789, 0xabfedcba
	};

	check_frame(bee_of(state),
		    "	struct odd_t { u64 a : 7; u64 b : 64; u64 c : 3; } BPF_PACKET_HEADER;\n"
		    "	struct bits_t { u32 skip : 4; u32 x : 20; } BPF_PACKET_HEADER;\n"
		    "	struct in_t { u16 b; u32 c; } __packed;\n"
		    "	struct out_t { u16 a; struct in_t in; } BPF_PACKET_HEADER;\n"
		    "	struct odd_t *odd = (void *)cursor;\n"
		    "	struct bits_t *bits = (void *)cursor;\n"
		    "	struct out_t *out = (void *)(cursor + 1);\n"
		    "	v[0] = odd->b; v[1] = odd->c; v[2] = bits->x; v[3] = out->a;\n"
		    "	v[4] = out->in.b; v[5] = (*out).in.c;\n"
		    "	return 2;\n",
		    new_frame(ETH_P_IP), want, LEN(want));
}

/* A header of the file's own, as a struct that was there before BPF has it. */
static void elements_of_arrays_are_read_and_written(void **state)
{
	static const char text[] =
		"struct part_t { u8 flags; u16 words[2]; } __packed;\n"
		"struct mac_t { u8 to[6]; u16 from[3]; u16 type; struct part_t parts[2]; } "
		"BPF_PACKET_HEADER;\n"
		"u64 v[32];\n"
		"SEC(\"%s\") int f(struct %s *ctx)\n"
		"{\n"
		"	u8 *cursor = 0;\n"
		"	struct mac_t *mac = cursor_advance(cursor, sizeof(*mac));\n"
		"	v[0] = mac->to[0]; v[1] = mac->to[5]; v[2] = (*mac).from[1];\n"
		"	for (int i = 0; i < 3; i++)\n"
		"		v[3] = v[3] << 16 | mac->from[i & 3];\n"
		"	mac->parts[1].words[1] = 0x1234; mac->to[2]++;\n"
		"	v[4] = mac->parts[1].words[1]; v[5] = mac->to[2];\n"
		"	return 2;\n"
		"}\n";
	static const uint64_t want[] = { 0x01, 0xab, 0xba98, 0xfedcba987654, 0x1234, 0x46 };
	static const char *const sections[][2] = { { "tc", "__sk_buff" }, { "xdp", "xdp_md" } };

	for (size_t i = 0; i < LEN(sections); i++) {
		struct frame frame = new_frame(ETH_P_IP);
		struct bee_module *mod;
		char whole[2048];

		snprintf(whole, sizeof(whole), text, sections[i][0], sections[i][1]);
		mod = load(bee_of(state), whole);
		assert_int_equal(run(mod, &frame, sizeof(frame)), 2);
		check_values(mod, want, LEN(want));
		assert_memory_equal((uint8_t *)&frame + 22, "\x12\x34", 2);
		assert_int_equal(frame.eth.h_dest[2], 0x46);
		bee_module_close(mod);
	}
}

static void fields_are_read_in_initialisers(void **state)
{
	static const uint64_t want[] = { 0x0123456789ab, ETH_P_IP, 0xfedcba987654, 0x0123456789ab };

	check_frame(bee_of(state),
		    "	struct ethernet_t *eth = (void *)cursor;\n"
		    "	struct pair { u64 a; u32 b; } pair = { eth->dst, eth->type };\n"
		    "	struct { u64 list[2]; } in = { .list = { [1] = eth->src } };\n"
		    "	v[0] = pair.a; v[1] = pair.b; v[2] = in.list[1];\n"
		    "	v[3] = ((struct pair){ eth->dst, 1 }).a;\n"
		    "	return 2;\n",
		    new_frame(ETH_P_IP), want, LEN(want));
}

/* ---- writing ----------------------------------------------------------------------------- */

#define WRITE_TCP                                                                       \
	NEXT(ethernet_t, eth)                                                           \
	NEXT(ip_t, ip)                                                                  \
	NEXT(tcp_t, tcp)                                                                \
	"	eth->src = 0x020304050607; ip->ttl--; ip->foffset = 0x1abc; ip->df = 0;\n"    \
	"	ip->dst = (ip->dst & 0xffffff00) | 99; tcp->dst_port += 8000;\n"              \
	"	tcp->flag_syn = 1; tcp->flag_rst = 0; tcp->seq_num = tcp->ack_num;\n"         \
	"	v[0] = ip->ttl++; v[1] = ++ip->tos; v[2] = ip->ver = 0x16; v[3] = ip->ver;\n" \
	"	tcp->offset <<= 1; v[4] = tcp->rcv_wnd |= 0x5432;\n"                          \
	"	return 2;\n"

static void fields_are_written(void **state)
{
	static const char *const sections[] = { "tc", "xdp" };
	static const uint64_t want[] = { 62, 0x1d, 6, 6, 0xabcd | 0x5432 };
	static const uint8_t source[] = { 2, 3, 4, 5, 6, 7 };

	for (size_t i = 0; i < LEN(sections); i++) {
		struct bee_module *mod = load_body(bee_of(state), sections[i], WRITE_TCP);
		struct frame frame = tcp_frame(), after = frame;

		memcpy(after.eth.h_source, source, sizeof(source));
		after.ip.frag_off = htons(0x1abc);
		after.ip.daddr = htonl(0x0a0b0c63);
		after.ip.tos = 0x1d;
		after.ip.version = 6;
		after.tcp.dest = htons(8080);
		after.tcp.syn = 1;
		after.tcp.rst = 0;
		after.tcp.doff = 14;
		after.tcp.seq = after.tcp.ack_seq;
		after.tcp.window = htons(0xabcd | 0x5432);
		assert_int_equal(run(mod, &frame, sizeof(frame)), 2);
		check_values(mod, want, LEN(want));
		assert_memory_equal(&frame, &after, sizeof(frame));
		bee_module_close(mod);
	}
}

static uint16_t sum_of(struct iphdr ip)
{
	const uint16_t *word = (const void *)&ip;
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(ip) / 2; i++)
		sum += word[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* A checksum that was right is right after a field of two bytes and one of four have changed. */
static void checksums_follow_fields(void **state)
{
	static const char body[] = ETH_IP
		"	u32 new_dst = 0x01020304; u16 new_id = 0x7777;\n"
		"	incr_cksum_l3(&ip->hchecksum, ip->dst, new_dst);\n"
		"	incr_cksum_l3(&ip->hchecksum, ip->identification, new_id);\n"
		"	ip->dst = new_dst; ip->identification = new_id; return 2;\n";
	struct bee_module *mod = load_body(bee_of(state), "tc", body);
	struct frame frame = tcp_frame();

	frame.ip.check = 0;
	frame.ip.check = sum_of(frame.ip);
	assert_int_equal(sum_of(frame.ip), 0);
	assert_int_equal(run(mod, &frame, sizeof(frame)), 2);
	assert_int_equal(frame.ip.daddr, htonl(0x01020304));
	assert_int_equal(frame.ip.id, htons(0x7777));
	assert_int_equal(sum_of(frame.ip), 0);
}

/* ---- functions, ends of packets ----------------------------------------------------------- */

/* BCC's spelled-out readers, and fields in functions that are given the packet. */
static void readers_work_in_functions(void **state)
{
	static const uint64_t want[] = {
		63, 6, 0xbee5, 0xc0, 0xc0a8, 0xc0a80102, 0xc0a801020a0b0c0d, 0x123, 63
	};
	struct bee *bee = bee_of(state);
	struct frame frame = tcp_frame(), after = frame;
	struct bee_module *mod =
		load(bee, "u64 v[32];\n"
			  "static inline u32 ttl_of(struct __sk_buff *skb, struct ip_t *ip)\n"
			  "{ return ip->ttl; }\n"
			  "static __noinline u32 next_of(struct __sk_buff *packet, u32 at)\n"
			  "{ struct ip_t *ip = (void *)(long)at; return ip->nextp; }\n"
			  "SEC(\"tc\") int f(struct __sk_buff *skb)\n"
			  "{\n"
			  "	struct ip_t *ip = (void *)14;\n"
			  "	v[0] = ttl_of(skb, ip); v[1] = next_of(skb, 14);\n"
			  "	v[2] = bpf_dext_pkt(skb, 18, 0, 16); v[3] = load_byte(skb, 26);\n"
			  "	v[4] = load_half(skb, 26); v[5] = load_word(skb, 26);\n"
			  "	v[6] = load_dword(skb, 26); v[7] = bpf_dext_pkt(skb, 20, 3, 13);\n"
			  "	bpf_dins_pkt(skb, 14, 4, 4, 15); bpf_dins_pkt(skb, 22, 0, 8, 7);\n"
			  "	v[8] = v[0]; return 2;\n"
			  "}\n");

	assert_int_equal(run(mod, &frame, sizeof(frame)), 2);
	check_values(mod, want, LEN(want));
	after.ip.ihl = 15;
	after.ip.ttl = 7;
	assert_memory_equal(&frame, &after, sizeof(frame));
}

/* The kernel ends a program of socket buffers there, with 0; for XDP, that would drop the packet. */
static void beyond_the_end_is_nothing(void **state)
{
	static const char body[] =
		"	struct ip_t *ip = (void *)2000;\n"
		"	v[0] = 1; v[1] = ip->src; v[2] = 3; ip->src = 5; return 2;\n";
	static const uint64_t tc[] = { 1, 0, 0 }, xdp[] = { 1, 0, 3 };
	struct bee *bee = bee_of(state);
	struct frame frame = tcp_frame();
	struct bee_module *mod = load_body(bee, "tc", body);

	assert_int_equal(run(mod, &frame, sizeof(frame)), 0);
	check_values(mod, tc, LEN(tc));
	mod = load_body(bee, "xdp", body);
	assert_int_equal(run(mod, &frame, sizeof(frame)), 2);
	check_values(mod, xdp, LEN(xdp));
}

/* ---- a socket ---------------------------------------------------------------------------- */

static void a_socket_filter_reads_what_was_sent(void **state)
{
	struct bee_module *mod = load_body(bee_of(state), "socket", READ_TCP);
	struct frame frame = tcp_frame();
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int prog = bee_program_fd(bee_program_find(mod, "f")), fd;
	char got[sizeof(frame)];

	to.sll_ifindex = enter_own_network();
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (void *)&to, sizeof(to)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)), 0);
	assert_int_equal(sendto(fd, &frame, sizeof(frame), 0, (void *)&to, sizeof(to)),
			 sizeof(frame));
	/* What the filter returned, 2, is what it lets through: two bytes. */
	assert_int_equal(recv(fd, got, sizeof(got), 0), 2);
	assert_memory_equal(got, &frame, 2);
	check_values(mod, tcp_values, LEN(tcp_values));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tc_reads_each_field),
		TEST(xdp_reads_each_field),
		TEST(addresses_are_read_as_cursors_are),
		TEST(vlan_and_arp_are_read),
		TEST(ip6_is_read),
		TEST(icmp_udp_and_vxlan_are_read),
		TEST(headers_of_ones_own_are_read),
		TEST(elements_of_arrays_are_read_and_written),
		TEST(fields_are_read_in_initialisers),
		TEST(fields_are_written),
		TEST(checksums_follow_fields),
		TEST(readers_work_in_functions),
		TEST(beyond_the_end_is_nothing),
		TEST(a_socket_filter_reads_what_was_sent), /* last: in a network of its own */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
