/* SPDX-License-Identifier: Apache-2.0 */
/* What users of BCC's Python reach for, and its name here: for errors. */
#include <fnmatch.h>

#include "lbee.h"

// clang-format off
static const struct habit {
	const char *of;   /* "bee", "module" or "map" */
	const char *name; /* a pattern */
	const char *way;
} habits[] = {
	{ "bee",    "BPF",                 "bee.load(source)" },
	{ "bee",    "USDT",                "mod:attach(\"function\", \"usdt:PATH:PROVIDER:NAME\")" },
	{ "bee",    "attach_*",            "mod:attach(\"function\", \"kprobe:vfs_read\") of what bee.load() gave" },
	{ "bee",    "*_buffer_poll",       "bee.run()" },
	{ "bee",    "trace_*",             "bee.trace(fn), and bee.run()" },
	{ "bee",    "tracepoint_exists",   "bee.list(\"tracepoint:CATEGORY:EVENT\"): an iterator, or nil and why" },
	{ "bee",    "get_kprobe_functions", "bee.list(\"kprobe:PATTERN\")" },
	{ "bee",    "get_user_functions*", "bee.list(\"uprobe:PATH:PATTERN\")" },
	{ "bee",    "support_*",           "bee.hooks(), which says of each whether it is usable" },
	{ "bee",    "kernel_struct_has_field", "bpf_core_field_exists(((struct NAME *)0)->field), in the C" },
	{ "module", "remove_*",            "link:close() of what mod:attach() gave, or mod:detach()" },
	{ "module", "dump_func",           "bee.disasm{ program = \"fd:N\" }, N being program:fd()" },
	{ "module", "get_table",           "mod.maps.NAME" },
	{ "module", "load_func*",          "mod.programs.NAME: all are loaded with the module" },
	{ "module", "attach_*",            "mod:attach(\"function\", \"kprobe:vfs_read\")" },
	{ "module", "detach_*",            "link:close() of what mod:attach() gave, or mod:detach()" },
	{ "module", "get_syscall_*",       "mod:attach(\"function\", \"ksyscall:openat\")" },
	{ "module", "num_open_*",          "mod:attach() gives the number of links, and link:info().parts the places of one" },
	{ "module", "*_buffer_poll",       "mod.maps.NAME:on(fn), then bee.run()" },
	{ "module", "*_buffer_consume",    "mod.maps.NAME:on(fn), then bee.run()" },
	{ "module", "trace_*",             "bee.trace(fn), then bee.run()" },
	{ "module", "cleanup",             "mod:close()" },
	{ "module", "on",                  "mod.maps.NAME:on(fn)" },
	{ "module", "run",                 "bee.run()" },
	{ "map",    "items*",              "for key, value in pairs(map) do" },
	{ "map",    "iteritems",           "for key, value in pairs(map) do" },
	{ "map",    "keys",                "for key in pairs(map) do" },
	{ "map",    "*values",             "for _, value in pairs(map) do" },
	{ "map",    "lookup",              "map:get(key)" },
	{ "map",    "zero",                "map:clear()" },
	{ "map",    "getvalue",            "map:get(key)" },
	{ "map",    "print_log2_hist",     "print(map:hist(\"usecs\"))" },
	{ "map",    "print_linear_hist",   "print(map:lhist(\"size\"))" },
	{ "map",    "open_*_buffer",       "map:on(function(event) ... end), then bee.run()" },
	{ "map",    "event",               "map:on(function(event) ... end): events come with their fields" },
	{ "map",    "walk",                "map:get(id).ip, the addresses of a stack" },
};
// clang-format on

const char *lbee_habit(const char *of, const char *name)
{
	for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++)
		if (strcmp(habits[i].of, of) == 0 && fnmatch(habits[i].name, name, 0) == 0)
			return habits[i].way;
	return NULL;
}

void lbee_push_way(lua_State *L, const char *of, const char *name, int names)
{
	const char *way = lbee_habit(of, name);

	if (way)
		lua_pushfstring(L, ": the way is %s", way);
	else
		lbee_push_near(L, names, name);
}

/* habit(of, name): the way that is meant by a name that there is not, or nil. */
static int core_habit(lua_State *L)
{
	lua_pushstring(L, lbee_habit(luaL_checkstring(L, 1), luaL_checkstring(L, 2)));
	return 1;
}

static const luaL_Reg functions[] = {
	{ "habit", core_habit },
	{ NULL, NULL },
};

void lbee_open_habits(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
}
