/* SPDX-License-Identifier: Apache-2.0 */
/* Finding, and the doctor: hooks, targets, features as tables, each given to a function. */
#include "lbee.h"

/* Where a listing goes: its function is on the stack. */
struct lister {
	lua_State *L;
	int fn;
	bool has_failed; /* the function raised: its error is on top of the stack */
};

static void push_args(lua_State *L, const struct bee_probe *probe)
{
	lua_createtable(L, probe->args_len, 0);
	for (size_t i = 0; i < probe->args_len; i++) {
		lua_createtable(L, 0, 3);
		lbee_set_text(L, "name", probe->args[i].name);
		lbee_set_text(L, "type", probe->args[i].type);
		lbee_set_text(L, "text", probe->args[i].text);
		lua_rawseti(L, -2, i + 1);
	}
}

/* give_probe(fn, probe): may raise, so that it is called with protection. */
static int give_probe(lua_State *L)
{
	const struct bee_probe *probe = lua_touserdata(L, 2);

	lua_settop(L, 1);
	lua_createtable(L, 0, 4);
	lbee_set_text(L, "target", probe->target);
	lbee_set_text(L, "module", probe->module);
	lbee_set_text(L, "returns", probe->returns);
	push_args(L, probe);
	lua_setfield(L, -2, "args");
	lua_call(L, 1, 1);
	return 1;
}

static int give_hook(lua_State *L)
{
	const struct bee_hook *hook = lua_touserdata(L, 2);

	lua_settop(L, 1);
	lua_createtable(L, 0, 6);
	lbee_set_text(L, "name", hook->name);
	lbee_set_text(L, "form", hook->form);
	lbee_set_text(L, "about", hook->about);
	lbee_set_text(L, "reason", hook->reason);
	lua_pushboolean(L, !hook->err);
	lua_setfield(L, -2, "usable");
	lua_pushboolean(L, hook->is_listed);
	lua_setfield(L, -2, "listed");
	lua_call(L, 1, 1);
	return 1;
}

static int give_feature(lua_State *L)
{
	static const char *const states[] = {
		[BEE_STATE_NO] = "no", [BEE_STATE_LIMITED] = "limited", [BEE_STATE_YES] = "yes"
	};
	const struct bee_feature *feature = lua_touserdata(L, 2);

	lua_settop(L, 1);
	lua_createtable(L, 0, 6);
	lbee_set_text(L, "name", feature->name);
	lbee_set_text(L, "about", feature->about);
	lbee_set_text(L, "state", states[feature->state]);
	lbee_set_text(L, "reason", feature->reason);
	lbee_set_text(L, "cure", feature->cure);
	lua_pushboolean(L, feature->is_needed);
	lua_setfield(L, -2, "needed");
	lua_call(L, 1, 1);
	return 1;
}

static int give_leftover(lua_State *L)
{
	const struct bee_leftover *left = lua_touserdata(L, 2);

	lua_settop(L, 1);
	lua_createtable(L, 0, 4);
	lbee_set_text(L, "target", left->target);
	lbee_set_text(L, "program", left->program);
	lbee_set_text(L, "netns", left->netns);
	lua_pushinteger(L, left->id);
	lua_setfield(L, -2, "id");
	lua_call(L, 1, 1);
	return 1;
}

/* No Lua error may pass through the library. What the function returns as true ends the listing. */
static int give(struct lister *lister, lua_CFunction step, const void *what)
{
	lua_State *L = lister->L;
	bool is_over;

	if (!lua_checkstack(L, 4))
		return -ENOMEM;
	lua_pushcfunction(L, step);
	lua_pushvalue(L, lister->fn);
	lua_pushlightuserdata(L, (void *)what);
	lister->has_failed = lua_pcall(L, 2, 1, 0) != LUA_OK;
	if (lister->has_failed)
		return -ECANCELED;
	is_over = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return is_over ? -ECANCELED : 0;
}

static int on_probe(void *ctx, const struct bee_probe *probe)
{
	return give(ctx, give_probe, probe);
}

static int on_hook(void *ctx, const struct bee_hook *hook)
{
	return give(ctx, give_hook, hook);
}

static int on_feature(void *ctx, const struct bee_feature *feature)
{
	return give(ctx, give_feature, feature);
}

/* What is true for a leftover has it removed; it ends nothing. */
static int on_leftover(void *ctx, const struct bee_leftover *left)
{
	struct lister *lister = ctx;
	int answer = give(lister, give_leftover, left);

	return answer == -ECANCELED && !lister->has_failed ? 1 : answer;
}

/* The runtime, and in lister the function at index fn. */
static int begin(lua_State *L, int fn, struct lister *lister, struct lruntime **ret_rt)
{
	luaL_checktype(L, fn, LUA_TFUNCTION);
	*lister = (struct lister){ .L = L, .fn = fn };
	return lbee_runtime(L, ret_rt);
}

/* What a listing came to: true, nil and an error, or the error that its function raised. */
static int finish(lua_State *L, const struct lruntime *rt, const struct lister *lister, int err)
{
	if (lister->has_failed)
		return lua_error(L);
	if (err && err != -ECANCELED)
		return lbee_fail(L, rt, err);
	lua_pushboolean(L, true);
	return 1;
}

/* list(pattern, wants_args, fn): call fn with { target, module, args, returns } for each. */
static int core_list(lua_State *L)
{
	const char *pattern = luaL_checkstring(L, 1);
	struct bee_list_opts opts = { .size = sizeof(opts), .wants_args = lua_toboolean(L, 2) };
	struct lister lister;
	struct lruntime *rt;
	int err = begin(L, 3, &lister, &rt);

	if (err)
		return lbee_fail_errno(L, "attach", err, NULL);
	return finish(L, rt, &lister, bee_list(rt->bee, pattern, &opts, on_probe, &lister));
}

/* hooks(fn): call fn with { name, form, about, reason, usable, listed } for each. */
static int core_hooks(lua_State *L)
{
	struct lister lister;
	struct lruntime *rt;
	int err = begin(L, 1, &lister, &rt);

	if (err)
		return lbee_fail_errno(L, "attach", err, NULL);
	return finish(L, rt, &lister, bee_hooks(rt->bee, on_hook, &lister));
}

/* features(fn): call fn with { name, about, state, reason, cure, needed } for each. */
static int core_features(lua_State *L)
{
	struct lister lister;
	struct lruntime *rt;
	int err = begin(L, 1, &lister, &rt);

	if (err)
		return lbee_fail_errno(L, "attach", err, NULL);
	return finish(L, rt, &lister, bee_features(rt->bee, on_feature, &lister));
}

/* leftovers(fn): call fn with { target, program, netns, id } for each; true: it is removed. */
static int core_leftovers(lua_State *L)
{
	struct lister lister;
	struct lruntime *rt;
	int err = begin(L, 1, &lister, &rt);

	if (err)
		return lbee_fail_errno(L, "attach", err, NULL);
	return finish(L, rt, &lister, bee_leftovers(rt->bee, on_leftover, &lister));
}

// clang-format off
static const luaL_Reg functions[] = {
	{ "list", core_list },
	{ "hooks", core_hooks },
	{ "features", core_features },
	{ "leftovers", core_leftovers },
	{ NULL, NULL },
};
// clang-format on

void lbee_open_list(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
}
