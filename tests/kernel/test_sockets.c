/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of sockets: one, those that share a port, those in a map, all of a network namespace. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <poll.h>
#include <sys/socket.h>

#include <bpf/bpf.h>

#include "support.h"
#include "witness.h"

#define HIT "__sync_fetch_and_add(&hits, 1);"

static struct bee_link *attach_at(struct bee *bee, struct bee_module *mod, const char *program,
				  const char *target)
{
	struct bee_link *link = NULL;

	check_err(bee, bee_program_attach(bee_program_find(mod, program), target, NULL, &link), 0);
	return link;
}

/* ---- sockets ----------------------------------------------------------------------------- */

static const struct sockaddr_in loopback = { .sin_family = AF_INET };

static struct sockaddr_in name_of(int fd)
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);

	assert_int_equal(getsockname(fd, (void *)&name, &len), 0);
	return name;
}

/* A socket of the loopback's address; name NULL: at any port. */
static int open_bound(int type, const struct sockaddr_in *name, bool shares)
{
	struct sockaddr_in at = name ? *name : loopback;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = shares;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (void *)&at, sizeof(at)), 0);
	return fd;
}

/* One datagram to a name, from a new port. */
static void send_to(const struct sockaddr_in *to, const char *text)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(sendto(fd, text, strlen(text), 0, (void *)to, sizeof(*to)), strlen(text));
	close(fd);
}

/* The length of the datagram that is there; 0: there is none. */
static int got(int fd)
{
	char data[64];
	int len = recv(fd, data, sizeof(data), MSG_DONTWAIT);

	return len < 0 ? 0 : len;
}

/* What arrives at an end, for which there may be a thread of the kernel to wait for. */
static int wait_got(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	poll(&poll_fd, 1, 10000);
	return got(fd);
}

/* ---- one socket -------------------------------------------------------------------------- */

/* The header of UDP, of 8 bytes, counts: two bytes of each datagram are let through. */
#define FILTER        \
	"u64 hits;\n" \
	"SEC(\"socket\") int f(struct __sk_buff *skb) { " HIT " return 10; }\n"

static void hook_socket_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, FILTER);
	int fd = open_bound(SOCK_DGRAM, NULL, false);
	struct sockaddr_in name = name_of(fd);
	struct bee_link *link;
	char target[32];

	stage("loads");
	snprintf(target, sizeof(target), "socket:fd:%d", fd);
	link = attach_at(bee, mod, "f", target);
	stage("attaches");
	send_to(&name, "first");
	send_to(&name, "second");
	assert_int_equal(got(fd), 2);
	assert_int_equal(got(fd), 2);
	assert_int_equal(get_var(mod, "hits"), 2);
	stage("fired");
	bee_link_close(link);
	send_to(&name, "third");
	assert_int_equal(got(fd), 5);
	assert_int_equal(get_var(mod, "hits"), 2);
	stage("detached");
	close(fd);
}

/* A raw socket is the link's own: packets are read from it, as the program lets them through. */
static void hook_socket_device_fires(void **state)
{
	static const char source[] =
		"u64 hits;\n"
		"SEC(\"socket\") int f(struct __sk_buff *skb)\n"
		"{\n"
		"	char data[3];\n"
		"	if (bpf_skb_load_bytes(skb, 42, data, 3) || data[0] != 'b' || data[1] != 'e')\n"
		"		return 0;\n"
		"	" HIT " return 45;\n"
		"}\n";
	struct bee *bee = bee_of(state);
	int fd = open_bound(SOCK_DGRAM, NULL, false);
	struct sockaddr_in name = name_of(fd);
	struct bee_module *mod = load(bee, source);
	struct pollfd raw = { .events = POLLIN };
	struct bee_link *link;
	uint64_t hits;
	void *data;
	size_t size;

	stage("loads");
	link = attach_at(bee, mod, "f", "socket:lo");
	stage("attaches");
	raw.fd = bee_link_socket(link);
	assert_true(raw.fd >= 0);
	check_err(bee, bee_link_read(link, &data, &size), -EAGAIN);
	check_says(bee, "no packet is there");
	send_to(&name, "beeline");
	assert_int_equal(poll(&raw, 1, 10000), 1);
	check_err(bee, bee_link_read(link, &data, &size), 0);
	assert_int_equal(size, 45); /* its headers, and three bytes */
	assert_memory_equal((char *)data + 42, "bee", 4);
	free(data);
	assert_true(get_var(mod, "hits") >= 1);
	stage("fired");
	bee_link_close(link);
	hits = get_var(mod, "hits");
	assert_int_equal(fcntl(raw.fd, F_GETFD), -1);
	send_to(&name, "beeline");
	assert_int_equal(get_var(mod, "hits"), hits);
	stage("detached");
	close(fd);
}

/* ---- sockets that share a port ------------------------------------------------------------ */

/* The second of two that share a port is given all. */
#define SELECT(section)                                                    \
	"u64 hits;\n"                                                      \
	"struct { __uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);\n"       \
	"	__uint(max_entries, 2); __type(key, u32); __type(value, u64);\n" \
	"} socks SEC(\".maps\");\n"                                        \
	"SEC(\"" section "\") int f(struct sk_reuseport_md *ctx)\n"        \
	"{ u32 key = 1; " HIT                                              \
	" bpf_sk_select_reuseport(ctx, &socks, &key, 0); return SK_PASS; }\n"

static void check_reuseport(struct bee *bee, const char *text, const char *hook)
{
	struct bee_module *mod = load(bee, text);
	int fds[2] = { open_bound(SOCK_DGRAM, NULL, true) };
	struct sockaddr_in name = name_of(fds[0]);
	int first = 0, second = 0;
	struct bee_link *link;
	char target[64];

	stage("loads");
	fds[1] = open_bound(SOCK_DGRAM, &name, true);
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t value = fds[i];

		assert_int_equal(bee_map_update(find_map(mod, "socks"), &i, &value, 0), 0);
	}
	snprintf(target, sizeof(target), "%s:fd:%d", hook, fds[0]);
	link = attach_at(bee, mod, "f", target);
	stage("attaches");
	for (int i = 0; i < 32; i++) {
		send_to(&name, "bee");
		assert_int_equal(got(fds[1]), 3);
	}
	assert_int_equal(got(fds[0]), 0);
	assert_int_equal(get_var(mod, "hits"), 32);
	stage("fired");
	bee_link_close(link);
	for (int i = 0; i < 32; i++) {
		send_to(&name, "bee");
		first += got(fds[0]) == 3;
		second += got(fds[1]) == 3;
	}
	assert_int_equal(first + second, 32);
	assert_true(first > 0);
	assert_int_equal(get_var(mod, "hits"), 32);
	stage("detached");
	close(fds[0]);
	close(fds[1]);
}

static void hook_sk_reuseport_fires(void **state)
{
	check_reuseport(bee_of(state), SELECT("sk_reuseport"), "sk_reuseport");
}

static void hook_sk_reuseport_migrate_fires(void **state)
{
	if (!has_feature(BEE_FEATURE_REUSEPORT_MIGRATE))
		skip_without_feature();
	check_reuseport(bee_of(state), SELECT("sk_reuseport/migrate"), "sk_reuseport.migrate");
}

/* ---- sockets in a map -------------------------------------------------------------------- */

#define SOCKS                                                                    \
	"u64 hits;\n"                                                            \
	"struct { __uint(type, BPF_MAP_TYPE_SOCKMAP); __uint(max_entries, 2);\n" \
	"	__type(key, u32); __type(value, u64); } socks SEC(\".maps\");\n"       \
	"BPF_HASH(other, u32, u32);\n"

static void put_socket(struct bee_module *mod, uint32_t key, int fd)
{
	uint64_t value = fd;

	assert_int_equal(bee_map_update(find_map(mod, "socks"), &key, &value, 0), 0);
}

/* Two connections, of which the program sends on to the second what the first receives. */
static void check_redirect(struct bee *bee, struct bee_module *mod, const char *target,
			   int (*send_fn)(int ends[2], int others[2]))
{
	int ends[2], others[2];
	struct bee_link *link;
	uint64_t hits;

	connect_pair(ends);
	connect_pair(others);
	stage("loads");
	link = attach_at(bee, mod, "f", target);
	stage("attaches");
	put_socket(mod, 0, ends[1]);
	put_socket(mod, 1, others[1]);
	assert_int_equal(send_fn(ends, others), 3);
	hits = get_var(mod, "hits");
	assert_true(hits > 0);
	stage("fired");
	bee_link_close(link);
	for (uint32_t i = 0; i < 2; i++) /* out of the map they are plain sockets again */
		assert_int_equal(bee_map_delete(find_map(mod, "socks"), &i), 0);
	assert_int_equal(send(ends[0], "plain", 5, 0), 5);
	assert_int_equal(wait_got(ends[1]), 5);
	assert_int_equal(get_var(mod, "hits"), hits);
	stage("detached");
	for (int i = 0; i < 2; i++) {
		close(ends[i]);
		close(others[i]);
	}
}

/* What ends[1] sends comes out of the peer of others[1]. */
static int send_out(int ends[2], int others[2])
{
	assert_int_equal(send(ends[1], "bee", 3, 0), 3);
	return wait_got(others[0]);
}

/* What ends[1] receives goes out at others[1]. */
static int send_in(int ends[2], int others[2])
{
	assert_int_equal(send(ends[0], "bee", 3, 0), 3);
	return wait_got(others[0]);
}

static void hook_sk_msg_fires(void **state)
{
	struct bee *bee = bee_of(state);

	check_redirect(bee,
		       load(bee,
			    SOCKS "SEC(\"sk_msg\") int f(struct sk_msg_md *msg)\n"
				  "{ " HIT " return bpf_msg_redirect_map(msg, &socks, 1, 0); }\n"),
		       "sk_msg:socks", send_out);
}

#define REDIRECT(section)                                           \
	SOCKS "SEC(\"" section "\") int f(struct __sk_buff *skb)\n" \
	      "{ " HIT " return bpf_sk_redirect_map(skb, &socks, 1, 0); }\n"
#define PARSER \
	"SEC(\"sk_skb/stream_parser\") int parse(struct __sk_buff *skb) { return skb->len; }\n"

static void hook_sk_skb_stream_verdict_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, REDIRECT("sk_skb/stream_verdict") PARSER);

	attach_at(bee, mod, "parse", "sk_skb:socks:stream_parser");
	check_redirect(bee, mod, "sk_skb:socks:stream_verdict", send_in);
}

/* The parser is seen by its own count; what it parsed needs a verdict too. */
static void hook_sk_skb_stream_parser_fires(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(
		bee, SOCKS "SEC(\"sk_skb/stream_verdict\") int verdict(struct __sk_buff *skb)\n"
			   "{ return bpf_sk_redirect_map(skb, &socks, 1, 0); }\n"
			   "SEC(\"sk_skb/stream_parser\") int f(struct __sk_buff *skb)\n"
			   "{ " HIT " return skb->len; }\n");

	attach_at(bee, mod, "verdict", "sk_skb:socks");
	check_redirect(bee, mod, "sk_skb:socks", send_in);
}

static void hook_sk_skb_verdict_fires(void **state)
{
	struct bee *bee = bee_of(state);

	if (!has_feature(BEE_FEATURE_SK_SKB_VERDICT))
		skip_without_feature();
	check_redirect(bee, load(bee, REDIRECT("sk_skb/verdict")), "sk_skb:socks:verdict", send_in);
}

/* ---- sockets of a namespace --------------------------------------------------------------- */

/* A datagram to a port where nobody listens reaches the one socket in the map. */
static void hook_sk_lookup_fires(void **state)
{
	static const char source[] = SOCKS "SEC(\"sk_lookup\") int f(struct bpf_sk_lookup *ctx)\n"
					   "{\n"
					   "	u32 key = 0;\n"
					   "	struct bpf_sock *sk;\n"
					   "	long err;\n"
					   "	if (ctx->local_port != 7) return SK_PASS;\n"
					   "	" HIT "\n"
					   "	sk = bpf_map_lookup_elem(&socks, &key);\n"
					   "	if (!sk) return SK_DROP;\n"
					   "	err = bpf_sk_assign(ctx, sk, 0);\n"
					   "	bpf_sk_release(sk);\n"
					   "	return err ? SK_DROP : SK_PASS;\n"
					   "}\n";
	struct sockaddr_in nobody = { .sin_family = AF_INET, .sin_port = htons(7) };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, source);
	int fd = open_bound(SOCK_DGRAM, NULL, false);
	struct bee_link *link;

	nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	put_socket(mod, 0, fd);
	stage("loads");
	link = attach_at(bee, mod, "f", "sk_lookup:/proc/self/ns/net");
	stage("attaches");
	send_to(&nobody, "bee");
	assert_int_equal(got(fd), 3);
	assert_int_equal(get_var(mod, "hits"), 1);
	stage("fired");
	bee_link_close(link);
	send_to(&nobody, "bee");
	assert_int_equal(got(fd), 0);
	assert_int_equal(get_var(mod, "hits"), 1);
	stage("detached");
	close(fd);
}

/* ---- bad input --------------------------------------------------------------------------- */

static void what_is_no_socket_is_named(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, FILTER);
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char target[32];

	check_refused_at(bee, mod, "socket:fd:x", -EINVAL, "'x' is no number of a descriptor", "");
	check_refused_at(bee, mod, "socket:fd:4000", -EBADF, "this process has no descriptor 4000",
			 "");
	snprintf(target, sizeof(target), "socket:fd:%d", file);
	check_refused_at(bee, mod, target, -ENOTSOCK, "is no socket", "");
	check_refused_at(bee, mod, "socket:l0", -ENODEV, "no such interface: 'l0'", "lo");
	close(file);
}

static void a_socket_that_shares_no_port_is_told(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, SELECT("sk_reuseport"));
	int fd = open_bound(SOCK_DGRAM, NULL, false);
	char target[32];

	snprintf(target, sizeof(target), "sk_reuseport:fd:%d", fd);
	check_refused_at(bee, mod, target, -EINVAL, "shares no port", "SO_REUSEPORT");
	check_refused_at(bee, mod, "sk_reuseport:eth0", -EINVAL, "'eth0' is no socket",
			 "sk_reuseport:fd:7");
	close(fd);
}

static void what_is_no_map_of_sockets_is_named(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(
		bee, SOCKS "SEC(\"sk_msg\") int f(struct sk_msg_md *msg) { return SK_PASS; }\n");

	check_refused_at(bee, mod, "sk_msg:sock", -ENOENT, "there is no map 'sock'", "'socks'");
	check_refused_at(bee, mod, "sk_msg:other", -EINVAL, "map 'other' is a hash", "sockmap");
	check_refused_at(bee, mod, "sk_msg:/no/such/pin", -ENOENT, "/no/such/pin", "");
	check_refused_at(bee, mod, "sk_skb:socks", -EINVAL, "the program was made for sk_msg", "");
}

/* The kernel would put the second program in the first one's place. */
static void a_map_that_has_a_program_is_busy(void **state)
{
	static const char source[] = SOCKS
		"SEC(\"sk_msg\") int f(struct sk_msg_md *msg) { return SK_PASS; }\n";
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, source);
	uint32_t id = 0, count = 1;

	attach_at(bee, mod, "f", "sk_msg:socks");
	if (bpf_prog_query(bee_map_fd(find_map(mod, "socks")), BPF_SK_MSG_VERDICT, 0, NULL, &id,
			   &count)) {
		print_message(
			"skipped: sockmaps cannot be asked for programs [bpf(PROG_QUERY): %s]\n",
			strerror(errno));
		skip();
	}
	check_refused_at(bee, mod, "sk_msg:socks", -EBUSY, "map 'socks' has a program there",
			 "close the link");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hook_socket_fires),
		TEST(hook_socket_device_fires),
		TEST(hook_sk_reuseport_fires),
		TEST(hook_sk_reuseport_migrate_fires),
		TEST(hook_sk_msg_fires),
		TEST(hook_sk_skb_stream_verdict_fires),
		TEST(hook_sk_skb_stream_parser_fires),
		TEST(hook_sk_skb_verdict_fires),
		TEST(hook_sk_lookup_fires),
		TEST(what_is_no_socket_is_named),
		TEST(a_socket_that_shares_no_port_is_told),
		TEST(what_is_no_map_of_sockets_is_named),
		TEST(a_map_that_has_a_program_is_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
