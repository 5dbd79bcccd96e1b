/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime of a Lua state, and its loop. */
#include "lbee.h"

#define RUNTIME_MT "moonbee.runtime"

static const char runtime_key;

static struct lruntime *get_runtime(lua_State *L)
{
	struct lruntime *rt;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &runtime_key);
	rt = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return rt;
}

static void tell_progress(void *ctx, enum bee_log_level level, const char *text)
{
	if (level == BEE_LOG_PROGRESS)
		fprintf(stderr, "moonbee: %s\n", text);
}

static int open_runtime(struct lruntime *rt, const char *compiler, const char *btf,
			const char *cache)
{
	struct bee_opts opts = {
		.size = sizeof(opts), .compiler = compiler, .btf = btf, .cache = cache
	};

	if (rt->has_no_cache)
		opts.cache = "";

	if (rt->is_closed)
		return -ESHUTDOWN;
	if (rt->tells_progress)
		opts.log = tell_progress;
	return bee_open(&opts, &rt->bee);
}

int lbee_runtime(lua_State *L, struct lruntime **ret_rt)
{
	struct lruntime *rt = get_runtime(L);
	int err = rt->bee ? 0 : open_runtime(rt, NULL, NULL, NULL);

	if (!err)
		*ret_rt = rt;
	return err;
}

static void push_alive(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &runtime_key);
	lua_getiuservalue(L, -1, 1);
	lua_remove(L, -2);
}

void lbee_keep(lua_State *L, int index, const void *box)
{
	index = lua_absindex(L, index);
	push_alive(L);
	lua_pushvalue(L, index);
	lua_rawsetp(L, -2, box);
	lua_pop(L, 1);
}

void lbee_release(lua_State *L, const void *box)
{
	push_alive(L);
	lua_pushnil(L);
	lua_rawsetp(L, -2, box);
	lua_pop(L, 1);
}

int lbee_protect(struct lruntime *rt, lua_CFunction step, void *data)
{
	lua_State *L = rt->L;

	/* Nothing here allocates, so nothing here raises outside of the protected call. */
	if (rt->has_failed || !lua_checkstack(L, 4))
		return -ECANCELED;
	lua_pushcfunction(L, step);
	lua_pushvalue(L, LBEE_ALIVE);
	lua_pushlightuserdata(L, data);
	if (lua_pcall(L, 2, 0, LBEE_TRACEBACK) != LUA_OK) {
		lua_replace(L, LBEE_ERROR);
		rt->has_failed = true;
		return -ECANCELED;
	}
	return rt->is_stopped ? -ECANCELED : 0;
}

/* Lua's own words for a yield that cannot be. Behind a place in a source they are of a coroutine's own. */
static bool is_yield(const char *text)
{
	return text && (!strcmp(text, "attempt to yield across a C-call boundary") ||
			!strcmp(text, "attempt to yield from outside a coroutine"));
}

/* Push where the callback begins: the Lua function that C called. */
static void push_callback(lua_State *L)
{
	lua_Debug at, callback = { .short_src = "?", .linedefined = 0 };

	for (int level = 2; lua_getstack(L, level, &at); level++) {
		lua_getinfo(L, "S", &at);
		if (*at.what == 'C')
			break;
		callback = at;
	}
	lua_pushfstring(L, "%s:%d", callback.short_src, callback.linedefined);
}

static const char *explain_yield(lua_State *L)
{
	push_callback(L);
	return lua_pushfstring(
		L,
		"the callback at %s yields, which no callback of the loop can: what "
		"waits is a coroutine, as for e in map:events() is in one, or one that "
		"the callback resumes",
		lua_tostring(L, -1));
}

/* An error that is text gets a traceback, if it has none; an object goes through as it is. */
static int add_traceback(lua_State *L)
{
	const char *text = lua_tostring(L, 1);

	if (is_yield(text))
		text = explain_yield(L);
	if (text && !strstr(text, "\nstack traceback:\n"))
		luaL_traceback(L, L, text, 1);
	return 1;
}

/* dispatch(timeout_ms, budget): wait, and call what is due. */
static int core_dispatch(lua_State *L)
{
	int timeout_ms = luaL_optinteger(L, 1, -1);
	unsigned int budget = luaL_optinteger(L, 2, 0);
	struct lruntime *rt;
	int n, err = lbee_runtime(L, &rt);

	if (err)
		return lbee_fail_errno(L, "event", err, NULL);
	if (rt->L)
		return luaL_error(L, "the loop is running already: this is one of its callbacks");

	lua_settop(L, 0);
	push_alive(L);
	lua_pushcfunction(L, add_traceback);
	lua_pushnil(L);
	rt->L = L;
	rt->is_stopped = false;
	n = bee_dispatch(rt->bee, timeout_ms, budget);
	rt->L = NULL;

	if (rt->has_failed) {
		rt->has_failed = false;
		lua_settop(L, LBEE_ERROR);
		return lua_error(L);
	}
	if (n < 0 && n != -EINTR && !rt->is_stopped)
		return lbee_fail_errno(L, "event", n, NULL);
	lua_pushinteger(L, n < 0 ? 0 : n);
	return 1;
}

/* stop(): end the dispatch that calls this, before its next callback. */
static int core_stop(lua_State *L)
{
	get_runtime(L)->is_stopped = true;
	return 0;
}

static int core_fd(lua_State *L)
{
	struct lruntime *rt;
	int err = lbee_runtime(L, &rt);

	if (err)
		return lbee_fail_errno(L, "event", err, NULL);
	lua_pushinteger(L, bee_fd(rt->bee));
	return 1;
}

/* setup(compiler, btf, cache): open the runtime with other files than the usual ones. */
static int core_setup(lua_State *L)
{
	const char *compiler = luaL_optstring(L, 1, NULL);
	const char *btf = luaL_optstring(L, 2, NULL);
	const char *cache = luaL_optstring(L, 3, NULL);
	struct lruntime *rt = get_runtime(L);
	int err;

	if (rt->bee)
		return luaL_error(L, "setup comes too late: the runtime is in use");
	err = open_runtime(rt, compiler, btf, cache);
	if (err)
		return lbee_fail_errno(L, "source", err, NULL);
	lua_pushboolean(L, true);
	return 1;
}

static void set_integer(lua_State *L, const char *key, lua_Integer value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, key);
}

/* cache(clears): { folder, reason, entries, bytes, max_bytes, cleared } */
static int core_cache(lua_State *L)
{
	bool clears = lua_toboolean(L, 1);
	struct bee_cache_info info = { .size = sizeof(info) };
	uint64_t cleared = 0;
	struct lruntime *rt;
	int err = lbee_runtime(L, &rt);

	if (err)
		return lbee_fail_errno(L, "source", err, NULL);
	if (clears)
		err = bee_cache_clear(rt->bee, &cleared);
	if (err)
		return lbee_fail(L, rt, err);
	bee_cache_info(rt->bee, &info);
	lua_createtable(L, 0, 6);
	lbee_set_text(L, "folder", info.folder);
	lbee_set_text(L, "reason", info.reason);
	set_integer(L, "entries", info.entries);
	set_integer(L, "bytes", info.bytes);
	set_integer(L, "max_bytes", info.max_bytes);
	if (clears)
		set_integer(L, "cleared", cleared);
	return 1;
}

/* no_cache(): whoever opens the runtime, nothing is kept. For the command's --no-cache. */
static int core_no_cache(lua_State *L)
{
	get_runtime(L)->has_no_cache = true;
	return 0;
}

/* tell_progress(): calls that take long say so, on stderr. To be called before anything else. */
static int core_tell_progress(lua_State *L)
{
	get_runtime(L)->tells_progress = true;
	return 0;
}

static int runtime_close(lua_State *L)
{
	struct lruntime *rt = luaL_checkudata(L, 1, RUNTIME_MT);
	struct bee *bee = rt->bee;

	rt->bee = NULL;
	rt->is_closed = true;
	bee_close(bee);
	return 0;
}

static const luaL_Reg metamethods[] = {
	{ "__gc", runtime_close },
	{ NULL, NULL },
};

// clang-format off
static const luaL_Reg functions[] = {
	{ "dispatch", core_dispatch },
	{ "stop", core_stop },
	{ "fd", core_fd },
	{ "setup", core_setup },
	{ "cache", core_cache },
	{ "no_cache", core_no_cache },
	{ "tell_progress", core_tell_progress },
	{ NULL, NULL },
};
// clang-format on

/* The box comes first of all boxes, so that it is finalized last of all when the state closes. */
void lbee_open_runtime(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	lbee_metatable(L, RUNTIME_MT, metamethods, NULL);
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &runtime_key) == LUA_TNIL) {
		struct lruntime *rt = lua_newuserdatauv(L, sizeof(*rt), 1);

		memset(rt, 0, sizeof(*rt));
		luaL_setmetatable(L, RUNTIME_MT);
		lua_newtable(L);
		lua_setiuservalue(L, -2, 1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &runtime_key);
	}
	lua_pop(L, 1);
}
