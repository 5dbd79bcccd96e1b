/* SPDX-License-Identifier: Apache-2.0 */
/* What a killed process leaves in the network is found, told from what lives, and removed. */
#include <signal.h>
#include <sys/wait.h>

#include "leftover.h"
#include "support.h"
#include "wire.h"

static const char source[] =
	"SEC(\"tc\") int filter(struct __sk_buff *ctx) { return TC_ACT_UNSPEC; }\n"
	"SEC(\"lwt_xmit\") int route(struct __sk_buff *ctx) { return BPF_OK; }\n"
	"SEC(\"xdp\") int link(struct xdp_md *ctx) { return XDP_PASS; }\n";

/* A process that attaches all it can, and then waits for its end. */
static pid_t start_tool(const char *namespace)
{
	char filter[128], route[128], byte = 0;
	int pipe_fds[2];
	pid_t pid;

	snprintf(filter, sizeof(filter), "clsact:%s:ingress", namespace ?: "bee0");
	snprintf(route, sizeof(route), "lwt_xmit:10.96.0.0/24 dev bee0");
	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct bee *bee = NULL;
		struct bee_module *mod;
		struct bee_link *link;

		close(pipe_fds[0]);
		if (!bee_open(NULL, &bee) && !try_load(bee, source, &mod) &&
		    !bee_program_attach(bee_program_find(mod, "filter"), filter, NULL, &link) &&
		    !bee_program_attach(bee_program_find(mod, "route"), route, NULL, &link) &&
		    !bee_program_attach(bee_program_find(mod, "link"), "xdp:bee0", NULL, &link))
			(void)!write(pipe_fds[1], &byte, 1);
		for (;;)
			pause();
	}
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
	close(pipe_fds[0]);
	return pid;
}

static void end_tool(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

struct seen {
	char text[1024];
	int removed;
};

static int note(void *ctx, const struct bee__leftover *left)
{
	struct seen *seen = ctx;
	size_t len = strlen(seen->text);

	snprintf(seen->text + len, sizeof(seen->text) - len, "%s %s\n", left->target,
		 left->program);
	return 0;
}

static int take_away(void *ctx, const struct bee__leftover *left)
{
	struct seen *seen = ctx;

	seen->removed++;
	return bee__leftover_remove(left);
}

static void what_a_killed_tool_leaves_is_found(void **state)
{
	struct seen living = { 0 }, dead = { 0 }, removed = { 0 }, after = { 0 };
	pid_t pid = start_tool(NULL);

	assert_int_equal(bee__leftovers_each(note, &living), 0);
	assert_string_equal(living.text, "");
	end_tool(pid);
	assert_false(prints("ip link show bee0", "xdp"));
	assert_int_equal(bee__leftovers_each(note, &dead), 0);
	assert_string_equal(dead.text, "clsact:bee0:ingress filter\n"
				       "lwt_xmit:10.96.0.0/24 dev bee0 route\n");
	assert_true(prints("tc filter show dev bee0 ingress", "moonbee+:filter"));
	assert_int_equal(bee__leftovers_each(take_away, &removed), 0);
	assert_int_equal(removed.removed, 2);
	assert_int_equal(bee__leftovers_each(note, &after), 0);
	assert_string_equal(after.text, "");
	assert_false(prints("tc qdisc show dev bee0", "clsact"));
	assert_false(prints("ip route show", "10.96"));
}

/* The route's mark has the id of the program that it runs now, which is not that of the first. */
static void an_updated_route_is_no_leftover(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *first = load(bee, source), *second = load(bee, source);
	struct bee_link *link = attach_to(bee, first, "route", "lwt_xmit:10.95.0.0/24 dev bee0");
	struct seen seen = { 0 };

	check_err(bee, bee_link_update(link, bee_program_find(second, "route")), 0);
	bee_module_close(first);
	assert_int_equal(bee__leftovers_each(note, &seen), 0);
	assert_string_equal(seen.text, "");
	assert_true(prints("ip route show", "10.95"));
	bee_module_close(second);
	assert_false(prints("ip route show", "10.95"));
}

static void what_is_another_tools_stays(void **state)
{
	struct seen seen = { 0 };

	free(output_of("tc qdisc add dev bee0 clsact && "
		       "tc filter add dev bee0 ingress bpf bytecode '1,6 0 0 0,' flowid 1:1"));
	assert_int_equal(bee__leftovers_each(note, &seen), 0);
	assert_string_equal(seen.text, "");
	free(output_of("tc qdisc del dev bee0 clsact"));
}

static void a_named_namespace_is_searched(void **state)
{
	struct seen dead = { 0 }, removed = { 0 };
	char name[32], place[64], want[256];
	int err;

	snprintf(name, sizeof(name), "bee-net-%d", getpid());
	free(output_of("ip netns add %s && ip -n %s link add bee2 type veth peer name bee3", name,
		       name));
	snprintf(place, sizeof(place), "%s/bee2", name);
	end_tool(start_tool(place));
	err = bee__leftovers_each(note, &dead);
	if (!err)
		err = bee__leftovers_each(take_away, &removed);
	free(output_of("ip netns exec %s tc qdisc show dev bee2; ip netns del %s", name, name));
	assert_int_equal(err, 0);
	snprintf(want, sizeof(want), "clsact:%s/bee2:ingress filter\n", name);
	assert_non_null(strstr(dead.text, want));
	assert_int_equal(removed.removed, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_killed_tool_leaves_is_found),
		TEST(an_updated_route_is_no_leftover),
		TEST(what_is_another_tools_stays),
		TEST(a_named_namespace_is_searched),
	};

	return cmocka_run_group_tests(tests, wire_open, wire_close);
}
