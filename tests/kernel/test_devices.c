/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs on network devices, by target text: each sees the packets that were sent over a wire of its
 * own, and none once its link is closed; and the kernel's own tools see it come and go.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <linux/bpf.h>

#include "support.h"
#include "wire.h"
#include "witness.h"

/* Count datagrams to the wire's port; data and end are the packet's. */
#define COUNT_UDP                                                                     \
	"static void count(void *data, void *end)\n"                                  \
	"{\n"                                                                         \
	"	struct ethhdr *eth = data;\n"                                               \
	"	struct iphdr *ip = (void *)(eth + 1);\n"                                    \
	"	struct udphdr *udp = (void *)(ip + 1);\n"                                   \
	"	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(0x800)) return;\n" \
	"	if (ip->protocol != 17 || udp->dest != bpf_htons(9999)) return;\n"          \
	"	__sync_fetch_and_add(&hits, 1);\n"                                          \
	"}\n"

#define XDP(sec)                                                          \
	"u64 hits;\n" COUNT_UDP "SEC(\"" sec "\")\n"                      \
	"int watch(struct xdp_md *ctx)\n"                                 \
	"{\n"                                                             \
	"	count((void *)(long)ctx->data, (void *)(long)ctx->data_end);\n" \
	"	return XDP_PASS;\n"                                             \
	"}\n"

/* What is pulled into the head can be looked at; a datagram on a veth may lie elsewhere. */
#define TC(sec)                                                           \
	"u64 hits;\n" COUNT_UDP "SEC(\"" sec "\")\n"                      \
	"int watch(struct __sk_buff *ctx)\n"                              \
	"{\n"                                                             \
	"	bpf_skb_pull_data(ctx, 42);\n"                                  \
	"	count((void *)(long)ctx->data, (void *)(long)ctx->data_end);\n" \
	"	return TC_ACT_UNSPEC;\n"                                        \
	"}\n"

static struct bee_link *attach_watch(struct bee *bee, struct bee_module *mod, const char *target)
{
	return attach_to(bee, mod, "watch", target);
}

static int refused(struct bee *bee, struct bee_module *mod, const char *target)
{
	return refused_at(bee, mod, "watch", target);
}

static void check_fires(struct bee *bee, const char *source, const char *target,
			void (*send)(int times), const char *command, const char *part)
{
	struct bee_module *mod = load(bee, source);
	struct bee_link *link;

	stage("loads");
	assert_false(prints(command, part));
	link = attach_watch(bee, mod, target);
	assert_true(prints(command, part));
	stage("attaches");
	send(5);
	assert_int_equal(get_var(mod, "hits"), 5);
	stage("fired");
	bee_link_close(link);
	assert_false(prints(command, part));
	send(2);
	assert_int_equal(get_var(mod, "hits"), 5);
	stage("detached");
	bee_module_close(mod);
}

/* ---- xdp --------------------------------------------------------------------------------- */

#define SHOW_LINK "ip -d link show bee0"

static void hook_xdp_fires(void **state)
{
	struct bee *bee = bee_of(state);

	check_fires(bee, XDP("xdp"), "xdp:bee0", wire_send_here, SHOW_LINK, "prog/xdp");
	check_fires(bee, XDP("xdp"), "xdp:bee0:native", wire_send_here, SHOW_LINK, " xdp ");
	check_fires(bee, XDP("xdp"), "xdp:bee0:generic", wire_send_here, SHOW_LINK, " xdpgeneric ");
}

/* A packet of 8000 bytes lies in several pieces, and only a program that knows of them may see it. */
static void hook_xdp_frags_fires(void **state)
{
	static const char source[] = "u64 hits;\n"
				     "SEC(\"xdp.frags/bee0:native\")\n"
				     "int watch(struct xdp_md *ctx)\n"
				     "{\n"
				     "	u64 size = bpf_xdp_get_buff_len(ctx);\n"
				     "	if (size > 8000 && ctx->data_end - ctx->data < size)\n"
				     "		__sync_fetch_and_add(&hits, 1);\n"
				     "	return XDP_PASS;\n"
				     "}\n";
	static char text[8001];
	struct bee *bee = bee_of(state);
	struct bee_module *mod;

	if (!has_feature(BEE_FEATURE_XDP_FRAGS))
		skip_without_feature();
	mod = load(bee, source);
	stage("loads");
	attach(bee, mod, 1);
	stage("attaches");
	run("ip link set bee0 mtu 9000");
	wire_run_there("ip link set bee1 mtu 9000");
	memset(text, 'b', sizeof(text) - 1);
	wire_send_text(text, 9999, 9999);
	assert_int_equal(get_var(mod, "hits"), 1);
	stage("fired");
	bee_module_close(mod);
	assert_false(prints(SHOW_LINK, "prog/xdp"));
	stage("detached");
	mod = load(bee, XDP("xdp"));
	assert_int_equal(refused(bee, mod, "xdp:bee0:native"), -ERANGE);
	check_says(bee, "the driver of bee0 does not take it in native mode");
	check_says(bee, "xdp:bee0:generic");
	run("ip link set bee0 mtu 1500");
	wire_run_there("ip link set bee1 mtu 1500");
}

static void xdp_attaches_to_where_its_section_says(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, XDP("xdp/bee0:generic"));

	attach(bee, mod, 1);
	assert_true(prints(SHOW_LINK, "xdpgeneric"));
	bee_module_close(mod);
	assert_false(prints(SHOW_LINK, "xdpgeneric"));
}

static void xdp_enters_another_namespace(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, XDP("xdp"));
	char target[128];

	snprintf(target, sizeof(target), "xdp:%s/bee1", wire_other());
	attach_watch(bee, mod, target);
	assert_true(if_nametoindex("bee0") > 0); /* we are still at home */
	wire_send_there(4);
	assert_int_equal(get_var(mod, "hits"), 4);
}

static void a_named_namespace_is_found(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, XDP("xdp"));
	char name[32], target[64];
	struct bee_link *link;
	int err;

	snprintf(name, sizeof(name), "bee-net-%d", getpid());
	free(output_of("ip netns add %s && ip -n %s link set lo up", name, name));
	snprintf(target, sizeof(target), "xdp:%s/lo:generic", name);
	err = bee_program_attach(bee_program_find(mod, "watch"), target, NULL, &link);
	free(output_of("ip netns del %s", name));
	check_err(bee, err, 0);
}

static void a_busy_interface_names_its_holder(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, XDP("xdp"));
	char pid[32];

	attach_watch(bee, mod, "xdp:bee0");
	assert_int_equal(refused(bee, mod, "xdp:bee0"), -EBUSY);
	check_says(bee, "bee0 is busy: it has program 'watch' (id ");
	snprintf(pid, sizeof(pid), "of process %d (", getpid());
	check_says(bee, pid);
	check_says(bee, "in mode native");
	assert_int_equal(refused(bee, mod, "xdp:bee0:generic"), -EBUSY);
}

static void an_interface_busy_by_netlink_says_so(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, XDP("xdp")), *other = load(bee, XDP("xdp"));
	int index = if_nametoindex("bee0");

	assert_int_equal(
		bpf_xdp_attach(index, bee_program_fd(bee_program_find(other, "watch")), 0, NULL),
		0);
	bee_module_close(other);
	assert_int_equal(refused(bee, mod, "xdp:bee0"), -EBUSY);
	check_says(bee, "which no process has");
	check_says(bee, "ip link set dev bee0 xdp off");
	run("ip link set dev bee0 xdp off");
	attach_watch(bee, mod, "xdp:bee0");
}

static void bad_targets_of_xdp_are_told(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, XDP("xdp"));

	assert_int_equal(refused(bee, mod, "xdp:bee9"), -ENODEV);
	check_says(bee, "no such interface: 'bee9'");
	check_says(bee, "did you mean 'bee0'?");
	assert_int_equal(refused(bee, mod, "xdp:wlan7"), -ENODEV);
	check_says(bee, "there are: lo, bee0");
	assert_int_equal(refused(bee, mod, "xdp:bee0:fast"), -EINVAL);
	check_says(bee, "'fast' is no mode: native, generic or offload");
	assert_int_equal(refused(bee, mod, "xdp:no_such_ns/bee0"), -ENOENT);
	check_says(bee, "no such network namespace: /run/netns/no_such_ns");
	assert_int_equal(refused(bee, mod, "xdp:/proc/self/comm/bee0"), -EINVAL);
	check_says(bee, "cannot enter the network namespace '/proc/self/comm': it is none");
	assert_int_equal(refused(bee, mod, "xdp:"), -EINVAL);
	assert_int_equal(refused(bee, mod, "xdp:lo:native"), -EOPNOTSUPP);
	check_says(bee, "xdp:lo:generic");
	assert_true(refused(bee, mod, "xdp:bee0:offload") < 0);
	check_says(bee, "takes no program into its device");
	assert_int_equal(refused(bee, mod, "tc:bee0:ingress"), -EINVAL);
	check_says(bee, "the program was made for xdp");
}

/* ---- tc ---------------------------------------------------------------------------------- */

#define SHOW_INGRESS "tc filter show dev bee0 ingress; bpftool net show dev bee0 2>&1"
#define SHOW_EGRESS  "tc filter show dev bee0 egress; bpftool net show dev bee0 2>&1"
#define SHOW_CLSACT  "tc qdisc show dev bee0"

/* The links of tcx are newer than the tools: only the kernel's count of links tells. */
static void check_tc(struct bee *bee, const char *source, const char *target,
		     void (*send)(int times))
{
	struct bee_module *mod = load(bee, source);
	struct bee_link *link;

	stage("loads");
	link = attach_watch(bee, mod, target);
	stage("attaches");
	send(5);
	assert_int_equal(get_var(mod, "hits"), 5);
	stage("fired");
	bee_link_close(link);
	send(2);
	assert_int_equal(get_var(mod, "hits"), 5);
	assert_false(prints(SHOW_CLSACT, "clsact"));
	stage("detached");
	bee_module_close(mod);
}

static void hook_tc_fires(void **state)
{
	struct bee *bee = bee_of(state);

	check_tc(bee, TC("tc"), "tc:bee0:ingress", wire_send_here);
	check_tc(bee, TC("tc/egress"), "tc:bee0:egress", wire_send_there);
}

static void tc_attaches_to_where_its_section_says(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, TC("tc/bee0:ingress"));

	attach(bee, mod, 1);
	wire_send_here(2);
	assert_int_equal(get_var(mod, "hits"), 2);
}

static void hook_tcx_fires(void **state)
{
	struct bee *bee = bee_of(state);

	if (!has_feature(BEE_FEATURE_TCX))
		skip_without_feature();
	check_tc(bee, TC("tcx/ingress"), "tcx:bee0:ingress", wire_send_here);
	check_tc(bee, TC("classifier"), "tcx:bee0:egress", wire_send_there);
}

static void hook_clsact_fires(void **state)
{
	struct bee *bee = bee_of(state);

	check_fires(bee, TC("tc"), "clsact:bee0:ingress", wire_send_here, SHOW_INGRESS,
		    "moonbee+:watch direct-action");
	check_fires(bee, TC("tc"), "clsact:bee0:egress", wire_send_there, SHOW_EGRESS,
		    "moonbee+:watch direct-action");
	assert_false(prints(SHOW_CLSACT, "clsact"));
}

static void a_clsact_of_others_stays(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, TC("tc"));
	struct bee_link *link;

	run("tc qdisc add dev bee0 clsact");
	link = attach_watch(bee, mod, "clsact:bee0:ingress");
	assert_true(prints(SHOW_INGRESS, "moonbee:watch"));
	bee_link_close(link);
	assert_true(prints(SHOW_CLSACT, "clsact"));
	run("tc qdisc del dev bee0 clsact");
}

static void a_clsact_that_others_use_stays(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, TC("tc"));
	struct bee_link *link = attach_watch(bee, mod, "clsact:bee0:ingress");

	run("tc filter add dev bee0 egress bpf bytecode '1,6 0 0 0,' flowid 1:1");
	bee_link_close(link);
	assert_true(prints(SHOW_CLSACT, "clsact"));
	run("tc qdisc del dev bee0 clsact");
}

static void the_last_filter_takes_the_clsact_away(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, TC("tc"));
	struct bee_link *first = attach_watch(bee, mod, "clsact:bee0:ingress");
	struct bee_link *second = attach_watch(bee, mod, "clsact:bee0:ingress");

	wire_send_here(1);
	assert_int_equal(get_var(mod, "hits"), 2);
	bee_link_close(first);
	assert_true(prints(SHOW_CLSACT, "clsact"));
	bee_link_close(second);
	assert_false(prints(SHOW_CLSACT, "clsact"));
}

static void a_filter_goes_from_another_namespace(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, TC("tc"));
	struct bee_link *link;
	char target[128];

	snprintf(target, sizeof(target), "clsact:%s/bee1:ingress", wire_other());
	link = attach_watch(bee, mod, target);
	wire_run_there("tc filter show dev bee1 ingress | grep -q moonbee+:watch");
	wire_send_there(2);
	assert_int_equal(get_var(mod, "hits"), 2);
	bee_link_close(link);
	wire_run_there("! tc qdisc show dev bee1 | grep clsact");
}

/* Two programs, of which one takes the other's place in the same filter, link, or interface. */
static void check_update(struct bee *bee, const char *source, const char *target)
{
	struct bee_module *first = load(bee, source), *second = load(bee, source);
	struct bee_link *link = attach_watch(bee, first, target);

	wire_send_here(2);
	check_err(bee, bee_link_update(link, bee_program_find(second, "watch")), 0);
	wire_send_here(3);
	assert_int_equal(get_var(first, "hits"), 2);
	assert_int_equal(get_var(second, "hits"), 3);
	bee_link_close(link);
	wire_send_here(1);
	assert_int_equal(get_var(second, "hits"), 3);
	assert_false(prints(SHOW_CLSACT, "clsact"));
	bee_module_close(second);
	bee_module_close(first);
}

static void another_program_takes_the_place_in_one_step(void **state)
{
	struct bee *bee = bee_of(state);

	check_update(bee, XDP("xdp"), "xdp:bee0");
	check_update(bee, TC("tc"), "tc:bee0:ingress");
	check_update(bee, TC("tc"), "clsact:bee0:ingress");
}

static void bad_targets_of_tc_are_told(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, TC("tc"));

	assert_int_equal(refused(bee, mod, "tc:bee9:ingress"), -ENODEV);
	check_says(bee, "no such interface: 'bee9'");
	assert_int_equal(refused(bee, mod, "tc:bee0"), -EINVAL);
	check_says(bee, "'' is no side of a device: ingress or egress");
	check_says(bee, "tc:bee0:ingress");
	assert_int_equal(refused(bee, mod, "tc:bee0:inside"), -EINVAL);
	assert_int_equal(refused(bee, mod, "xdp:bee0"), -EINVAL);
	check_says(bee, "the program was made for tc");
	run("tc qdisc add dev bee0 ingress");
	assert_int_equal(refused(bee, mod, "clsact:bee0:egress"), -EINVAL);
	check_says(bee, "bee0 has a qdisc 'ingress', and egress takes a 'clsact'");
	bee_link_close(attach_watch(bee, mod, "clsact:bee0:ingress"));
	assert_true(prints(SHOW_CLSACT, "ingress"));
	run("tc qdisc del dev bee0 ingress");
}

static void what_tcx_needs_is_told_where_it_is_not(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, TC("tc"));

	if (has_feature(BEE_FEATURE_TCX))
		skip();
	assert_int_equal(refused(bee, mod, "tcx:bee0:ingress"), -EOPNOTSUPP);
	check_says(bee, "this kernel has no tcx");
	check_says(bee, "clsact");
}

/* ---- what a program does to a packet ------------------------------------------------------ */

static void a_rewritten_packet_arrives_rewritten(void **state)
{
	static const char source[] =
		"SEC(\"xdp\")\n"
		"int watch(struct xdp_md *ctx)\n"
		"{\n"
		"	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;\n"
		"	struct ethhdr *eth = data;\n"
		"	struct iphdr *ip = (void *)(eth + 1);\n"
		"	struct udphdr *udp = (void *)(ip + 1);\n"
		"	char *text = (void *)(udp + 1);\n"
		"	if ((void *)(text + 4) > end || ip->protocol != 17) return XDP_PASS;\n"
		"	if (udp->dest != bpf_htons(9999)) return XDP_PASS;\n"
		"	udp->dest = bpf_htons(9998);\n"
		"	udp->check = 0;\n"
		"	text[0] = 'B';\n"
		"	return XDP_PASS;\n"
		"}\n";
	struct bee *bee = bee_of(state);

	assert_string_equal(wire_send_text("bees", 9999, 9999), "bees");
	attach_watch(bee, load(bee, source), "xdp:bee0");
	assert_string_equal(wire_send_text("bees", 9999, 9998), "Bees");
}

/* XDP leaves a number before the packet, and tc on the same device makes it the packet's mark. */
static void xdp_hands_over_to_tc(void **state)
{
	static const char source[] =
		"u64 hits;\n"
		"SEC(\"xdp\")\n"
		"int note(struct xdp_md *ctx)\n"
		"{\n"
		"	u32 *meta;\n"
		"	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta))) return XDP_PASS;\n"
		"	meta = (void *)(long)ctx->data_meta;\n"
		"	if ((void *)(meta + 1) > (void *)(long)ctx->data) return XDP_PASS;\n"
		"	*meta = 4242;\n"
		"	return XDP_PASS;\n"
		"}\n"
		"SEC(\"tc\")\n"
		"int watch(struct __sk_buff *ctx)\n"
		"{\n"
		"	u32 *meta = (void *)(long)ctx->data_meta;\n"
		"	if ((void *)(meta + 1) > (void *)(long)ctx->data) return TC_ACT_UNSPEC;\n"
		"	if (*meta == 4242 && ctx->protocol == bpf_htons(0x800))\n"
		"		__sync_fetch_and_add(&hits, 1);\n"
		"	return TC_ACT_UNSPEC;\n"
		"}\n";
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, source);

	attach_watch(bee, mod, "tc:bee0:ingress");
	wire_send_here(1);
	assert_int_equal(get_var(mod, "hits"), 0);
	attach_to(bee, mod, "note", "xdp:bee0");
	wire_send_here(3);
	assert_int_equal(get_var(mod, "hits"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hook_xdp_fires),
		TEST(hook_xdp_frags_fires),
		TEST(xdp_attaches_to_where_its_section_says),
		TEST(xdp_enters_another_namespace),
		TEST(a_named_namespace_is_found),
		TEST(a_busy_interface_names_its_holder),
		TEST(an_interface_busy_by_netlink_says_so),
		TEST(bad_targets_of_xdp_are_told),
		TEST(hook_tc_fires),
		TEST(tc_attaches_to_where_its_section_says),
		TEST(hook_tcx_fires),
		TEST(hook_clsact_fires),
		TEST(a_clsact_of_others_stays),
		TEST(a_clsact_that_others_use_stays),
		TEST(the_last_filter_takes_the_clsact_away),
		TEST(a_filter_goes_from_another_namespace),
		TEST(another_program_takes_the_place_in_one_step),
		TEST(bad_targets_of_tc_are_told),
		TEST(what_tcx_needs_is_told_where_it_is_not),
		TEST(a_rewritten_packet_arrives_rewritten),
		TEST(xdp_hands_over_to_tc),
	};

	return cmocka_run_group_tests(tests, wire_open, wire_close);
}
