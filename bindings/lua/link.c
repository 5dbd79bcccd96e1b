/* SPDX-License-Identifier: Apache-2.0 */
/* Links: what attaching gives, and what is opened from pins. */
#include "lbee.h"

#define LINK_MT "moonbee.link"

struct llink {
	struct lchild
		child; /* of its module, whose end is the link's; in no list when it is closed */
	struct bee_link *link; /* NULL: closed */
	struct lmodule *mod;   /* which owns the link; NULL: the runtime does */
	struct lruntime *rt;
};

static bool is_open(const struct llink *link)
{
	return link->link && (link->mod ? lbee_is_open(link->mod) : link->rt->bee != NULL);
}

static struct llink *check_link(lua_State *L, int arg)
{
	struct llink *link = luaL_checkudata(L, arg, LINK_MT);

	luaL_argcheck(L, !link->mod || lbee_is_open(link->mod), arg, "module is closed");
	luaL_argcheck(L, is_open(link), arg, "link is closed");
	return link;
}

/* The module has closed the link, or is about to. */
static void forget(lua_State *L, struct lchild *child)
{
	struct llink *link = (struct llink *)child;

	link->link = NULL;
	lbee_disown(child);
}

/* Push a box without a link yet. The module's box is at index. */
static struct llink *push_link(lua_State *L, int index, struct lmodule *mod)
{
	struct llink *box;

	index = lua_absindex(L, index);
	box = lua_newuserdatauv(L, sizeof(*box), 1);
	memset(box, 0, sizeof(*box));
	box->child.close = forget;
	box->mod = mod;
	box->rt = mod->rt;
	luaL_setmetatable(L, LINK_MT);
	lua_pushvalue(L, index);
	lua_setiuservalue(L, -2, 1);
	return box;
}

static uint64_t check_cookie(lua_State *L, int arg)
{
	static const struct loption options[] = { { "cookie", LUA_TNUMBER } };
	uint64_t cookie;

	lbee_push_options(L, arg, "attach", options, 1);
	cookie = lua_isnil(L, -1) ? 0 : luaL_checkinteger(L, -1);
	lua_pop(L, 1);
	return cookie;
}

/* ---- many at once ------------------------------------------------------------------------ */

/* "target", or { "target", cookie = 7 }; the texts stay reachable through the list at arg. */
static void read_place(lua_State *L, int arg, lua_Integer i, struct bee_wish *wish)
{
	int is_integer = 1;

	if (lua_rawgeti(L, arg, i) == LUA_TTABLE) {
		if (lua_getfield(L, -1, "cookie") != LUA_TNIL)
			wish->cookie = lua_tointegerx(L, -1, &is_integer);
		luaL_argcheck(L, is_integer, arg, "a cookie is an integer");
		lua_pop(L, 1);
		lua_rawgeti(L, -1, 1);
		lua_replace(L, -2);
	}
	wish->target = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
	luaL_argcheck(L, wish->target, arg,
		      "a target is a string, or a list of one, with a cookie");
	lua_pop(L, 1);
}

/* The boxes are there before the links, so that nothing can fail behind these. */
static int attach_many(lua_State *L, int index, struct lmodule *mod, struct bee_program *prog,
		       int arg)
{
	size_t len = lua_rawlen(L, arg);
	uint64_t cookie = check_cookie(L, arg + 1);
	struct bee_wish *wishes = lua_newuserdatauv(L, (len + 1) * sizeof(*wishes), 0);
	struct bee_link **links = lua_newuserdatauv(L, (len + 1) * sizeof(struct bee_link *), 0);
	int err;

	for (size_t i = 0; i < len; i++) {
		wishes[i] =
			(struct bee_wish){ .program = bee_program_name(prog), .cookie = cookie };
		read_place(L, arg, i + 1, &wishes[i]);
	}
	lua_createtable(L, len, 0);
	for (size_t i = 0; i < len; i++) {
		push_link(L, index, mod);
		lua_rawseti(L, -2, i + 1);
	}
	err = bee_module_attach_many(mod->mod, wishes, len, links);
	if (err < 0)
		return lbee_fail(L, mod->rt, err);
	for (size_t i = 0; i < len; i++) {
		struct llink *box;

		lua_rawgeti(L, -1, i + 1);
		box = lua_touserdata(L, -1);
		box->link = links[i];
		lbee_adopt(mod, &box->child);
		lua_pop(L, 1);
	}
	return 1;
}

int lbee_program_attach(lua_State *L, int index, struct lmodule *mod, struct bee_program *prog,
			int arg)
{
	struct bee_attach_opts opts = { .size = sizeof(opts) };
	const char *target;
	struct llink *box;
	int err;

	index = lua_absindex(L, index);
	lua_settop(L, arg + 1);
	lbee_keep(L, index, mod);
	if (lua_istable(L, arg))
		return attach_many(L, index, mod, prog, arg);
	target = luaL_optstring(L, arg, NULL);
	opts.cookie = check_cookie(L, arg + 1);
	box = push_link(L, index, mod);
	err = bee_program_attach(prog, target, &opts, &box->link);
	if (err)
		return lbee_fail(L, mod->rt, err);
	lbee_adopt(mod, &box->child);
	return 1;
}

int lbee_module_detach(lua_State *L)
{
	struct lmodule *mod = lbee_check_module(L, 1);
	struct lchild *next;

	for (struct lchild *child = mod->children; child; child = next) {
		next = child->next;
		if (child->close == forget)
			forget(L, child);
	}
	bee_module_detach(mod->mod);
	return 0;
}

/* close_links{ link, ... }: much faster than one after the other. */
static int core_close_links(lua_State *L)
{
	size_t len, count = 0;
	struct bee_link **links;

	luaL_checktype(L, 1, LUA_TTABLE);
	len = lua_rawlen(L, 1);
	links = lua_newuserdatauv(L, (len + 1) * sizeof(struct bee_link *), 0);
	for (size_t i = 0; i < len; i++) {
		struct llink *link;

		lua_rawgeti(L, 1, i + 1);
		link = luaL_testudata(L, -1, LINK_MT);
		luaL_argcheck(L, link, 1, "a list of links is expected");
		if (is_open(link))
			links[count++] = link->link;
		forget(L, &link->child);
		lua_pop(L, 1);
	}
	bee_links_close(links, count);
	return 0;
}

/* open_link(path) */
static int core_open_link(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct lruntime *rt;
	struct llink *box;
	int err = lbee_runtime(L, &rt);

	if (err)
		return lbee_fail_errno(L, "attach", err, NULL);
	box = lua_newuserdatauv(L, sizeof(*box), 1);
	memset(box, 0, sizeof(*box));
	box->child.close = forget;
	box->rt = rt;
	luaL_setmetatable(L, LINK_MT);
	err = bee_link_open(rt->bee, path, &box->link);
	return err ? lbee_fail(L, rt, err) : 1;
}

/* ---- methods ----------------------------------------------------------------------------- */

static int link_close(lua_State *L)
{
	struct llink *link = luaL_checkudata(L, 1, LINK_MT);
	struct bee_link *closing = is_open(link) ? link->link : NULL;

	forget(L, &link->child);
	bee_link_close(closing);
	return 0;
}

/* The box goes; the link stays its module's. */
static int link_gc(lua_State *L)
{
	lbee_disown(&((struct llink *)luaL_checkudata(L, 1, LINK_MT))->child);
	return 0;
}

static int link_detach(lua_State *L)
{
	bee_link_detach(check_link(L, 1)->link);
	return 0;
}

static int link_target(lua_State *L)
{
	lua_pushstring(L, bee_link_target(check_link(L, 1)->link));
	return 1;
}

/* link:update(program): "at once", or "twice" where an event may have come to both programs. */
static int link_update(lua_State *L)
{
	struct llink *link = check_link(L, 1);
	struct lprogram *prog = lbee_check_program(L, 2);
	int err = bee_link_update(link->link, prog->prog);

	if (err < 0)
		return lbee_fail(L, link->rt, err);
	if (link->mod) { /* it goes with the program */
		lbee_disown(&link->child);
		link->mod = prog->mod;
		lbee_adopt(link->mod, &link->child);
		lua_getiuservalue(L, 2, 1);
		lbee_keep(L, -1, link->mod);
		lua_setiuservalue(L, 1, 1);
	}
	lua_pushstring(L, err ? "twice" : "at once");
	return 1;
}

static int give(lua_State *L, const struct llink *link, int err)
{
	if (err)
		return lbee_fail(L, link->rt, err);
	lua_pushboolean(L, true);
	return 1;
}

static int link_pin(lua_State *L)
{
	struct llink *link = check_link(L, 1);

	return give(L, link, bee_link_pin(link->link, luaL_checkstring(L, 2)));
}

static int link_unpin(lua_State *L)
{
	struct llink *link = check_link(L, 1);

	return give(L, link, bee_link_unpin(link->link));
}

/* Set a field to a text, or to a number, where there is one. */
static void set_text(lua_State *L, const char *field, const char *text)
{
	if (!*text)
		return;
	lua_pushstring(L, text);
	lua_setfield(L, -2, field);
}

static void set_number(lua_State *L, const char *field, uint64_t number)
{
	if (!number)
		return;
	lua_pushinteger(L, number);
	lua_setfield(L, -2, field);
}

static int link_info(lua_State *L)
{
	struct llink *link = check_link(L, 1);
	struct bee_link_info info = { .size = sizeof(info) };
	size_t len;

	bee_link_info(link->link, 0, &info);
	len = info.parts_len;
	lua_newtable(L);
	set_text(L, "target", info.target);
	set_text(L, "program", info.program);
	set_text(L, "pin", info.pin);
	set_number(L, "cookie", info.cookie);
	lua_createtable(L, len, 0);
	for (size_t i = 0; i < len && !bee_link_info(link->link, i, &info); i++) {
		lua_createtable(L, 0, 4);
		set_text(L, "kind", info.kind);
		set_text(L, "place", info.place);
		set_number(L, "id", info.id);
		set_number(L, "program_id", info.program_id);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "parts");
	return 1;
}

/* ---- what is read ------------------------------------------------------------------------- */

/* link:read(): all that an iterator writes, or the next packet of a raw socket */
static int link_read(lua_State *L)
{
	struct llink *link = check_link(L, 1);
	void **data = lbee_own(L);
	size_t size;
	int err = bee_link_read(link->link, data, &size);

	if (err)
		return lbee_fail(L, link->rt, err);
	lua_pushlstring(L, *data, size);
	return 1;
}

/* Push what is to be read of the link that is argument 1; or nil and an error. */
static bool push_all(lua_State *L)
{
	lua_pushcfunction(L, link_read);
	lua_pushvalue(L, 1);
	lua_call(L, 1, 2);
	if (lua_isnil(L, -2))
		return false;
	lua_pop(L, 1);
	return true;
}

/* The next line of the string in upvalue 1, from the byte in upvalue 2 on. */
static int next_line(lua_State *L)
{
	size_t size, at = lua_tointeger(L, lua_upvalueindex(2)), len;
	const char *data = lua_tolstring(L, lua_upvalueindex(1), &size), *end;

	if (at >= size)
		return 0;
	end = memchr(data + at, '\n', size - at);
	len = end ? (size_t)(end - data) - at : size - at;
	lua_pushinteger(L, at + len + 1);
	lua_replace(L, lua_upvalueindex(2));
	lua_pushlstring(L, data + at, len);
	return 1;
}

/* for line in link:lines() do */
static int link_lines(lua_State *L)
{
	check_link(L, 1);
	if (!push_all(L))
		return 2;
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_line, 2);
	return 1;
}

/* The next record, likewise; its type is upvalue 3, and kept by upvalue 4. */
static int next_record(lua_State *L)
{
	size_t size, at = lua_tointeger(L, lua_upvalueindex(2));
	const char *data = lua_tolstring(L, lua_upvalueindex(1), &size);
	const struct bee_type *type = lua_touserdata(L, lua_upvalueindex(3));

	if (at == size)
		return 0;
	if (size - at < type->size)
		return luaL_error(L, "%d bytes are left, and a record of %s has %d",
				  (int)(size - at), type->name, (int)type->size);
	lua_pushinteger(L, at + type->size);
	lua_replace(L, lua_upvalueindex(2));
	lbee_push_value(L, lua_upvalueindex(4), type, data + at);
	return 1;
}

/* for record in link:records("struct task_record") do */
static int link_records(lua_State *L)
{
	struct llink *link = check_link(L, 1);
	const char *name = luaL_checkstring(L, 2);
	const struct bee_type *type = link->mod ? bee_type_find(link->mod->mod, name) : NULL;

	if (!type)
		return luaL_error(L, "no type '%s' in this module", name);
	if ((type->kind != BEE_KIND_STRUCT && type->kind != BEE_KIND_UNION) || !type->size)
		return luaL_error(L, "'%s' is no struct", name);
	if (!push_all(L))
		return 2;
	lua_pushinteger(L, 0);
	lua_getiuservalue(L, 1, 1);
	lua_getiuservalue(L, -1, LMODULE_TYPES);
	lua_replace(L, -2);
	lua_pushlightuserdata(L, (void *)lbee_type(L, -1, type));
	lua_insert(L, -2);
	lua_pushcclosure(L, next_record, 4);
	return 1;
}

/* link:socket(): the descriptor of a raw socket, for bee.watch and the like. */
static int link_socket(lua_State *L)
{
	int fd = bee_link_socket(check_link(L, 1)->link);

	if (fd < 0)
		return lbee_fail_errno(L, "attach", fd, "the link has no socket");
	lua_pushinteger(L, fd);
	return 1;
}

static int link_tostring(lua_State *L)
{
	struct llink *link = luaL_checkudata(L, 1, LINK_MT);

	if (is_open(link))
		lua_pushfstring(L, "link to %s", bee_link_target(link->link));
	else
		lua_pushliteral(L, "link (closed)");
	return 1;
}

static const luaL_Reg methods[] = {
	{ "close", link_close },     { "detach", link_detach }, { "info", link_info },
	{ "lines", link_lines },     { "pin", link_pin },       { "read", link_read },
	{ "records", link_records }, { "socket", link_socket }, { "target", link_target },
	{ "unpin", link_unpin },     { "update", link_update }, { NULL, NULL },
};

/* __gc closes nothing: the module owns its links, and a dropped result detaches nothing. */
static const luaL_Reg metamethods[] = {
	{ "__close", link_close },
	{ "__gc", link_gc },
	{ "__tostring", link_tostring },
	{ NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "close_links", core_close_links },
	{ "open_link", core_open_link },
	{ NULL, NULL },
};

void lbee_open_link(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	lbee_metatable(L, LINK_MT, metamethods, methods);
}
