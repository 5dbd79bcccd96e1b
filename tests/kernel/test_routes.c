/* SPDX-License-Identifier: Apache-2.0 */
/* Programs on routes, in netfilter, in maps of devices and CPUs, and those that dissect flows. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "support.h"
#include "wire.h"
#include "witness.h"

#define HIT "__sync_fetch_and_add(&hits, 1);"

static int refused(struct bee *bee, struct bee_module *mod, const char *target)
{
	return refused_at(bee, mod, "watch", target);
}

/* What is not received is waited for by the count; at most 10 s. */
static void wait_for_hits(struct bee_module *mod, uint64_t want)
{
	time_t end = time(NULL) + 10;

	while (get_var(mod, "hits") < want && time(NULL) < end)
		usleep(1000);
	assert_int_equal(get_var(mod, "hits"), want);
}

/* ---- lwt --------------------------------------------------------------------------------- */

#define LWT(hook)                            \
	"u64 hits;\n"                        \
	"SEC(\"" hook "\")\n"                \
	"int watch(struct __sk_buff *ctx)\n" \
	"{ if (ctx->protocol == bpf_htons(0x800)) " HIT " return BPF_OK; }\n"

static void check_route_out(struct bee *bee, const char *source, const char *hook)
{
	struct bee_module *mod = load(bee, source);
	struct bee_link *link;
	char target[128];

	wire_run_there("ip addr replace 10.99.0.1/32 dev lo");
	stage("loads");
	snprintf(target, sizeof(target), "%s:10.99.0.0/24 dev bee0 via 10.77.0.2", hook);
	link = attach_to(bee, mod, "watch", target);
	assert_true(prints("ip route show 10.99.0.0/24", ":watch"));
	stage("attaches");
	wire_send_to("10.99.0.1", 4);
	assert_int_equal(get_var(mod, "hits"), 4);
	stage("fired");
	assert_int_equal(refused(bee, mod, target), -EBUSY);
	check_says(bee, "there is a route of this destination");
	bee_link_close(link);
	assert_false(prints("ip route show 10.99.0.0/24", "10.99"));
	run("ip route add 10.99.0.0/24 via 10.77.0.2");
	wire_send_to("10.99.0.1", 1);
	assert_int_equal(get_var(mod, "hits"), 4);
	stage("detached");
	run("ip route del 10.99.0.0/24");
	bee_module_close(mod);
}

static void hook_lwt_out_fires(void **state)
{
	check_route_out(bee_of(state), LWT("lwt_out"), "lwt_out");
}

static void hook_lwt_xmit_fires(void **state)
{
	check_route_out(bee_of(state), LWT("lwt_xmit"), "lwt_xmit");
}

static void hook_lwt_in_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, LWT("lwt_in/10.98.0.0/24 dev bee0 via 10.77.0.2"));

	run("echo 1 >/proc/sys/net/ipv4/ip_forward");
	wire_run_there("ip route replace 10.98.0.0/24 via 10.77.0.1");
	stage("loads");
	attach(bee, mod, 1);
	stage("attaches");
	wire_lose_here("10.98.0.1", 3);
	wait_for_hits(mod, 3);
	stage("fired");
	bee_module_close(mod);
	assert_false(prints("ip route show", "10.98"));
	stage("detached");
}

static void a_route_goes_from_another_namespace(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, LWT("lwt_xmit"));
	struct bee_link *link;
	char target[128];

	snprintf(target, sizeof(target), "lwt_xmit:10.97.0.0/24 dev bee1 netns %s", wire_other());
	link = attach_to(bee, mod, "watch", target);
	wire_run_there("ip route show | grep -q '10.97.0.0/24.*moonbee'");
	bee_link_close(link);
	wire_run_there("! ip route show | grep 10.97");
}

/* A datagram that goes by a segment on the way to its end. */
static void send_by_segment(const char *segment, const char *end)
{
	struct {
		unsigned char head[8]; /* struct ipv6_sr_hdr */
		struct in6_addr segments[2];
	} by = { .head = { 0, 4 /* units of 8 bytes */, 4 /* its type */, 1 /* left */,
			   1 /* last */ } };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(WIRE_PORT) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET6, end, &by.segments[0]);
	inet_pton(AF_INET6, segment, &by.segments[1]);
	inet_pton(AF_INET6, end, &to.sin6_addr);
	assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_RTHDR, &by, sizeof(by)), 0);
	assert_int_equal(sendto(fd, "bee", 3, 0, (void *)&to, sizeof(to)), 3);
	close(fd);
}

static void hook_lwt_seg6local_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, "u64 hits;\n"
					   "SEC(\"lwt_seg6local\")\n"
					   "int watch(struct __sk_buff *ctx) { " HIT
					   " return BPF_OK; }\n");
	struct bee_link *link;
	char target[128];

	run("ip -6 route replace fd99::/64 via fd77::2");
	wire_run_there("echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; "
		       "echo 1 >/proc/sys/net/ipv6/conf/all/seg6_enabled; "
		       "echo 1 >/proc/sys/net/ipv6/conf/bee1/seg6_enabled");
	stage("loads");
	snprintf(target, sizeof(target), "lwt_seg6local:fd99::1/128 dev bee1 netns %s",
		 wire_other());
	link = attach_to(bee, mod, "watch", target);
	stage("attaches");
	send_by_segment("fd99::1", "fd77::2");
	send_by_segment("fd99::1", "fd77::2");
	wait_for_hits(mod, 2);
	stage("fired");
	bee_link_close(link);
	wire_run_there("! ip -6 route show | grep fd99");
	stage("detached");
}

static void bad_targets_of_lwt_are_told(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, LWT("lwt_xmit"));

	assert_int_equal(refused(bee, mod, "lwt_xmit:10.9.0.0/24"), -EINVAL);
	check_says(bee, "it names no device");
	check_says(bee, "lwt_xmit:10.9.0.0/24 dev eth0");
	assert_int_equal(refused(bee, mod, "lwt_xmit:10.9.0.0/24 dev bee9"), -ENODEV);
	assert_int_equal(refused(bee, mod, "lwt_xmit:10.9.0.0/33 dev bee0"), -EINVAL);
	check_says(bee, "'33' is no length of a prefix");
	assert_int_equal(refused(bee, mod, "lwt_xmit:bee dev bee0"), -EINVAL);
	check_says(bee, "'bee' is no address of IPv4");
	assert_int_equal(refused(bee, mod, "lwt_xmit:10.9.0.0/24 dev bee0 metric 3"), -EINVAL);
	check_says(bee, "'metric' is none of dev, via, netns");
	assert_int_equal(refused(bee, mod, "lwt_out:10.9.0.0/24 dev bee0"), -EINVAL);
	check_says(bee, "the program was made for lwt_xmit");
	assert_int_equal(refused(bee, mod, "lwt_xmit:10.9.0.0/24 dev bee0 via 10.200.0.1"),
			 -ENETUNREACH);
}

/* ---- netfilter --------------------------------------------------------------------------- */

/* The head is bytes to the verifier, and before Linux 6.17 but a number. */
static const char netfilter_source[] = "u64 hits;\n"
				       "SEC(\"netfilter\")\n"
				       "int watch(struct bpf_nf_ctx *ctx)\n"
				       "{\n"
				       "	struct sk_buff *skb = ctx->skb;\n"
				       "	void *ip = skb->head + skb->network_header;\n"
				       "	u8 protocol = 0;\n"
				       "	u16 port = 0;\n"
				       "	bpf_probe_read_kernel(&protocol, 1, ip + 9);\n"
				       "	bpf_probe_read_kernel(&port, 2, ip + 22);\n"
				       "	if (protocol == 17 && port == bpf_htons(9999)) " HIT
				       "\n"
				       "	return NF_ACCEPT;\n"
				       "}\n";

static void hook_netfilter_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	struct bee_link *link;

	if (!has_feature(BEE_FEATURE_NETFILTER))
		skip_without_feature();
	mod = load(bee, netfilter_source);
	stage("loads");
	link = attach_to(bee, mod, "watch", "netfilter:ipv4:prerouting");
	stage("attaches");
	wire_send_here(3);
	assert_int_equal(get_var(mod, "hits"), 3);
	stage("fired");
	bee_link_close(link);
	wire_send_here(1);
	assert_int_equal(get_var(mod, "hits"), 3);
	stage("detached");
	link = attach_to(bee, mod, "watch", "netfilter:ipv4:postrouting:mangle");
	wire_send_there(2);
	assert_int_equal(get_var(mod, "hits"), 5);
}

static void bad_targets_of_netfilter_are_told(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod;

	if (!has_feature(BEE_FEATURE_NETFILTER))
		skip_without_feature();
	mod = load(bee, netfilter_source);
	assert_int_equal(refused(bee, mod, "netfilter:ipx:input"), -EINVAL);
	check_says(bee, "'ipx' is no family: ipv4 or ipv6");
	assert_int_equal(refused(bee, mod, "netfilter:ipv4:within"), -EINVAL);
	check_says(bee, "'within' is no hook: prerouting, input");
	assert_int_equal(refused(bee, mod, "netfilter:ipv4:input:soon"), -EINVAL);
	check_says(bee, "'soon' is no priority");
	attach_to(bee, mod, "watch", "netfilter:ipv4:input:7");
	assert_int_equal(refused(bee, mod, "netfilter:ipv4:input:7"), -EBUSY);
	check_says(bee, "the priority 7 is taken by program 'watch' (id ");
	attach_to(bee, mod, "watch", "netfilter:ipv4:input:8");
}

static void a_kernel_without_netfilter_says_so(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	if (has_feature(BEE_FEATURE_NETFILTER))
		skip();
	assert_true(try_load(bee, "SEC(\"netfilter\") int watch(void *ctx) { return 1; }", &mod) <
		    0);
	check_says(bee, "this kernel has no BPF in netfilter");
}

/* ---- flow dissector ---------------------------------------------------------------------- */

static void hook_flow_dissector_fires(void **state)
{
	static const char source[] =
		"u64 hits;\n"
		"SEC(\"flow_dissector\")\n"
		"int watch(struct __sk_buff *ctx) { " HIT " return BPF_OK; }\n"
		"SEC(\"tc\")\n" /* asks for the flow of each packet */
		"int ask(struct __sk_buff *ctx)\n"
		"{ bpf_set_hash_invalid(ctx); bpf_get_hash_recalc(ctx); return TC_ACT_UNSPEC; }\n";
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, source);
	struct bee_link *link;
	uint64_t seen;

	attach_to(bee, mod, "ask", "tc:bee0:ingress");
	wire_send_here(2);
	assert_int_equal(get_var(mod, "hits"), 0);
	stage("loads");
	link = attach_to(bee, mod, "watch", "flow_dissector");
	stage("attaches");
	wire_send_here(3);
	seen = get_var(mod, "hits");
	assert_true(seen >= 3);
	stage("fired");
	assert_int_equal(refused(bee, mod, "flow_dissector"), -EBUSY);
	check_says(bee, "it is busy: program 'watch' (id ");
	bee_link_close(link);
	wire_send_here(2);
	assert_int_equal(get_var(mod, "hits"), seen);
	stage("detached");
	link = attach_to(bee, mod, "watch", "flow_dissector:/proc/self/ns/net");
	bee_link_close(link);
	assert_int_equal(refused(bee, mod, "flow_dissector:no_such"), -ENOENT);
	check_says(bee, "no such network namespace: /run/netns/no_such");
	assert_int_equal(refused(bee, mod, "flow_dissector:/proc/self/comm"), -EINVAL);
}

/* ---- maps that run programs --------------------------------------------------------------- */

#define REDIRECT(kind, value)                                                          \
	"u64 hits;\n"                                                                  \
	"struct { __uint(type, " kind "); __uint(max_entries, 1); __type(key, u32);\n" \
	"	__type(value, struct " value "); } way SEC(\".maps\");\n"              \
	"SEC(\"xdp\")\n"                                                               \
	"int turn(struct xdp_md *ctx)\n"                                               \
	"{\n"                                                                          \
	"	struct ethhdr *eth = (void *)(long)ctx->data;\n"                             \
	"	if ((void *)(eth + 1) > (void *)(long)ctx->data_end) return XDP_PASS;\n"     \
	"	if (eth->h_proto != bpf_htons(0x800)) return XDP_PASS;\n"                    \
	"	return bpf_redirect_map(&way, 0, XDP_PASS);\n"                               \
	"}\n"

static void put_way(struct bee *bee, struct bee_module *mod, uint32_t first)
{
	const uint32_t key = 0;
	const uint32_t value[] = { first, bee_program_fd(bee_program_find(mod, "watch")) };

	check_err(bee, bee_map_update(find_map(mod, "way"), &key, value, 0), 0);
}

/*
 * Packets that take the way through the map. A veth leaves checksums open, which behind the map nobody
 * knows: they are not delivered.
 */
static void check_turn(struct bee *bee, struct bee_module *mod)
{
	struct bee_link *link;

	stage("loads");
	link = attach_to(bee, mod, "turn", "xdp:bee0");
	stage("attaches");
	wire_lose_here("10.77.0.1", 3);
	wait_for_hits(mod, 3);
	stage("fired");
	bee_link_close(link);
	wire_send_here(2);
	assert_int_equal(get_var(mod, "hits"), 3);
	stage("detached");
}

static void hook_xdp_devmap_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(
		bee,
		REDIRECT(
			"BPF_MAP_TYPE_DEVMAP",
			"bpf_devmap_val") "SEC(\"xdp/devmap\")\n"
					  "int watch(struct xdp_md *ctx)\n"
					  "{ if (ctx->egress_ifindex) " HIT " return XDP_DROP; }\n"
					  "SEC(\"xdp\") int pass(struct xdp_md *ctx) { return XDP_PASS; }\n");
	char target[128];

	assert_int_equal(refused(bee, mod, "xdp:bee0"), -EINVAL);
	check_says(bee, "is run by a devmap");
	put_way(bee, mod, if_nametoindex("bee0"));
	/* A veth takes redirected packets when its peer has XDP too. */
	snprintf(target, sizeof(target), "xdp:%s/bee1", wire_other());
	attach_to(bee, mod, "pass", target);
	check_turn(bee, mod);
}

static void hook_xdp_cpumap_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod =
		load(bee, REDIRECT("BPF_MAP_TYPE_CPUMAP",
				   "bpf_cpumap_val") "SEC(\"xdp/cpumap\")\n"
						     "int watch(struct xdp_md *ctx) { " HIT
						     " return XDP_PASS; }\n");

	assert_int_equal(refused(bee, mod, "xdp:bee0"), -EINVAL);
	check_says(bee, "is run by a cpumap");
	put_way(bee, mod, 64);
	check_turn(bee, mod);
}

/* ---- netkit ------------------------------------------------------------------------------ */

static void hook_netkit_fires(void **state)
{
	static const char source[] = "u64 hits;\n"
				     "SEC(\"netkit/primary\")\n"
				     "int watch(struct __sk_buff *ctx)\n"
				     "{ if (ctx->protocol == bpf_htons(0x800)) " HIT
				     " return TC_ACT_UNSPEC; }\n";
	struct bee *bee = bee_of(state);
	struct bee_module *mod;
	struct bee_link *link;

	if (!has_feature(BEE_FEATURE_NETKIT))
		skip_without_feature();
	/* Older tools give the peer no name: the kernel calls it nk0. */
	run("ip link add bee9 type netkit && ip addr add 10.78.0.1/24 dev bee9 && "
	    "ip link set bee9 up && ip addr add 10.79.0.1/24 dev nk0 && ip link set nk0 up");
	mod = load(bee, source);
	assert_int_equal(refused(bee, mod, "netkit:bee0:primary"), -ENXIO);
	check_says(bee, "bee0 is no netkit device");
	stage("loads");
	link = attach_to(bee, mod, "watch", "netkit:bee9:primary");
	stage("attaches");
	wire_send_away("10.78.0.2", 3);
	wait_for_hits(mod, 3);
	bee_link_close(link);
	wire_send_away("10.78.0.2", 1);
	link = attach_to(bee, mod, "watch", "netkit:bee9:peer");
	wire_send_away("10.79.0.2", 2);
	wait_for_hits(mod, 5);
	stage("fired");
	bee_link_close(link);
	wire_send_away("10.79.0.2", 2);
	assert_int_equal(get_var(mod, "hits"), 5);
	stage("detached");
	run("ip link del bee9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hook_lwt_out_fires),
		TEST(hook_lwt_xmit_fires),
		TEST(hook_lwt_in_fires),
		TEST(hook_lwt_seg6local_fires),
		TEST(a_route_goes_from_another_namespace),
		TEST(bad_targets_of_lwt_are_told),
		TEST(hook_netfilter_fires),
		TEST(bad_targets_of_netfilter_are_told),
		TEST(a_kernel_without_netfilter_says_so),
		TEST(hook_flow_dissector_fires),
		TEST(hook_xdp_devmap_fires),
		TEST(hook_xdp_cpumap_fires),
		TEST(hook_netkit_fires),
	};

	return cmocka_run_group_tests(tests, wire_open, wire_close);
}
