/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the loop waits for besides events: timers, signals, a command that runs, the trace pipe.
 * Each is a descriptor of the binding's own, a watch on it, and a function to call.
 */
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lbee.h"

#define WATCH_MT  "moonbee.watch"
#define GRACE_MS  1000	/* for a command to end after SIGTERM */
#define CHUNK_MAX 65536

extern char **environ;

struct lwatch;

/* One kind of watch. */
struct lkind {
	const char *name;
	lua_CFunction step;		/* step(alive, watch): read the descriptor, call the function */
	void (*close)(struct lwatch *watch);	/* beyond the descriptor; NULL: nothing */
};

struct lwatch {
	const struct lkind *kind;
	struct lruntime *rt;
	struct bee_watch *watch;	/* NULL: closed, or half-built */
	int fd;
	pid_t pid;			/* of a command that was not waited for; 0: none */
	bool has_mask;			/* this watch blocked signals */
};

/* ---- Boxes ------------------------------------------------------------------------------- */

static struct lwatch *push_watch(lua_State *L, struct lruntime *rt, const struct lkind *kind)
{
	struct lwatch *watch = lua_newuserdatauv(L, sizeof(*watch), 1);

	memset(watch, 0, sizeof(*watch));
	watch->kind = kind;
	watch->rt = rt;
	watch->fd = -1;
	luaL_setmetatable(L, WATCH_MT);
	return watch;
}

static void close_watch(lua_State *L, struct lwatch *watch)
{
	if (watch->watch && watch->rt->bee)
		bee_watch_close(watch->watch);
	watch->watch = NULL;
	if (watch->kind->close)
		watch->kind->close(watch);
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
	lbee_release(L, watch);
}

static int on_readable(void *ctx)
{
	struct lwatch *watch = ctx;

	return lbee_protect(watch->rt, watch->kind->step, watch);
}

/* The box is on top, with its descriptor open; the function to call is at fn. Returns as Lua does. */
static int start(lua_State *L, struct lwatch *watch, int fn)
{
	int err;

	lua_pushvalue(L, fn);
	lua_setiuservalue(L, -2, 1);
	lbee_keep(L, -1, watch);
	err = bee_watch_open(watch->rt->bee, watch->fd, on_readable, watch, &watch->watch);
	if (err) {
		close_watch(L, watch);
		return lbee_fail(L, watch->rt, err);
	}
	return 1;
}

static int fail(lua_State *L, struct lwatch *watch, const char *what)
{
	int err = -errno;

	close_watch(L, watch);
	lua_pushfstring(L, "%s: %s", what, strerror(-err));
	return lbee_fail_errno(L, "event", err, lua_tostring(L, -1));
}

/* In a step: push the function of the watch, which stays reachable while it runs. */
static struct lwatch *push_function(lua_State *L)
{
	struct lwatch *watch = lua_touserdata(L, 2);

	lua_rawgetp(L, 1, watch);
	lua_getiuservalue(L, -1, 1);
	return watch;
}

static struct lruntime *check_runtime(lua_State *L)
{
	struct lruntime *rt;
	int err = lbee_runtime(L, &rt);

	if (err) {
		lbee_fail_errno(L, "event", err, NULL);
		lua_error(L);
	}
	return rt;
}

/* ---- Timers ------------------------------------------------------------------------------ */

static int timer_step(lua_State *L)
{
	struct lwatch *watch = push_function(L);
	uint64_t times;

	if (read(watch->fd, &times, sizeof(times)) != sizeof(times))
		return 0;
	lua_call(L, 0, 0);
	return 0;
}

static const struct lkind timer_kind = { "timer", timer_step, NULL };

/* timer(seconds, repeats, fn) */
static int core_timer(lua_State *L)
{
	double seconds = luaL_checknumber(L, 1);
	struct itimerspec spec = { 0 };
	struct lruntime *rt = check_runtime(L);
	struct lwatch *watch;

	luaL_checktype(L, 3, LUA_TFUNCTION);
	luaL_argcheck(L, seconds > 0 && seconds < 1e9, 1, "a number of seconds is expected");
	spec.it_value.tv_sec = seconds;
	spec.it_value.tv_nsec = (seconds - floor(seconds)) * 1e9;
	if (!spec.it_value.tv_sec && !spec.it_value.tv_nsec)
		spec.it_value.tv_nsec = 1;	/* nothing at all would disarm the timer */
	if (lua_toboolean(L, 2))
		spec.it_interval = spec.it_value;

	watch = push_watch(L, rt, &timer_kind);
	watch->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch->fd < 0 || timerfd_settime(watch->fd, 0, &spec, NULL))
		return fail(L, watch, "timer");
	return start(L, watch, 3);
}

/* ---- Signals ----------------------------------------------------------------------------- */

static int signals_step(lua_State *L)
{
	struct lwatch *watch = push_function(L);
	struct signalfd_siginfo info;

	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	lua_pushinteger(L, info.ssi_signo);
	lua_pushboolean(L, info.ssi_code == SI_KERNEL);
	lua_call(L, 2, 0);
	return 0;
}

/* What is pending still was meant for the run that ends, so it is taken, not delivered later. */
static void signals_close(struct lwatch *watch)
{
	struct signalfd_siginfo info;

	while (watch->fd >= 0 && read(watch->fd, &info, sizeof(info)) == sizeof(info))
		;
	if (watch->has_mask)
		pthread_sigmask(SIG_SETMASK, &watch->rt->mask, NULL);
	if (watch->has_mask)
		watch->rt->has_mask = false;
	watch->has_mask = false;
}

static const struct lkind signals_kind = { "signals", signals_step, signals_close };

/* A signal that is ignored, as nohup and a shell's & leave it, stays ignored. */
static void add_signal(sigset_t *set, int signo)
{
	struct sigaction action;

	if (sigaction(signo, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
		sigaddset(set, signo);
}

/*
 * signals(fn): while open, SIGINT and SIGTERM call fn(signo, from_terminal) and do nothing else.
 * What the kernel itself sends, as for Ctrl-C, reaches the whole process group.
 */
static int core_signals(lua_State *L)
{
	struct lruntime *rt = check_runtime(L);
	struct lwatch *watch;
	sigset_t set;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	if (rt->has_mask)
		return luaL_error(L, "signals are taken already");
	sigemptyset(&set);
	add_signal(&set, SIGINT);
	add_signal(&set, SIGTERM);
	watch = push_watch(L, rt, &signals_kind);
	watch->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch->fd < 0)
		return fail(L, watch, "signals");
	pthread_sigmask(SIG_BLOCK, &set, &rt->mask);
	rt->has_mask = watch->has_mask = true;
	return start(L, watch, 1);
}

/* ---- Commands ---------------------------------------------------------------------------- */

static int exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Where the host ignores SIGCHLD the kernel forgets the status: then it is 0. */
static int reap(struct lwatch *watch)
{
	int status = 0;
	pid_t pid = watch->pid;

	watch->pid = 0;
	while (pid && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return exit_code(status);
}

static int command_step(lua_State *L)
{
	struct lwatch *watch = push_function(L);

	lua_pushinteger(L, reap(watch));
	if (watch->rt->bee && watch->watch)
		bee_watch_close(watch->watch);	/* an ended process stays readable */
	watch->watch = NULL;
	lua_call(L, 1, 0);
	return 0;
}

/* A command that still runs is asked to end, and then made to. */
static void command_close(struct lwatch *watch)
{
	struct pollfd ended = { .fd = watch->fd, .events = POLLIN };

	if (!watch->pid)
		return;
	kill(watch->pid, SIGTERM);
	if (watch->fd < 0 || poll(&ended, 1, GRACE_MS) != 1)
		kill(watch->pid, SIGKILL);
	reap(watch);
}

static const struct lkind command_kind = { "command", command_step, command_close };

static const char **check_argv(lua_State *L, int arg)
{
	lua_Integer len;
	const char **argv;

	luaL_checktype(L, arg, LUA_TTABLE);
	len = lua_rawlen(L, arg);
	luaL_argcheck(L, len > 0, arg, "a command and its arguments are expected");
	argv = lua_newuserdatauv(L, (len + 1) * sizeof(*argv), 0);
	for (lua_Integer i = 0; i < len; i++) {
		if (lua_rawgeti(L, arg, i + 1) != LUA_TSTRING)
			luaL_argerror(L, arg, "a command's arguments are strings");
		argv[i] = lua_tostring(L, -1);
		lua_pop(L, 1);
	}
	argv[len] = NULL;
	return argv;
}

static int spawn(struct lwatch *watch, const char **argv)
{
	posix_spawnattr_t attr;
	sigset_t mask;
	int err;

	if (watch->rt->has_mask)
		mask = watch->rt->mask;
	else
		pthread_sigmask(SIG_BLOCK, NULL, &mask);
	err = posix_spawnattr_init(&attr);
	if (err)
		return err;
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &mask);
	err = posix_spawnp(&watch->pid, argv[0], NULL, &attr, (char **)argv, environ);
	posix_spawnattr_destroy(&attr);
	if (err)
		watch->pid = 0;
	return err;
}

/* command({ "make", "test" }, fn): start it, and call fn(code) when it ends. */
static int core_command(lua_State *L)
{
	struct lruntime *rt = check_runtime(L);
	const char **argv = check_argv(L, 1);
	struct lwatch *watch;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	watch = push_watch(L, rt, &command_kind);
	errno = spawn(watch, argv);
	if (errno)
		return fail(L, watch, argv[0]);
	watch->fd = syscall(SYS_pidfd_open, watch->pid, 0);
	if (watch->fd < 0)
		return fail(L, watch, argv[0]);
	fcntl(watch->fd, F_SETFD, FD_CLOEXEC);
	return start(L, watch, 2);
}

/* ---- The trace pipe ---------------------------------------------------------------------- */

static int trace_step(lua_State *L)
{
	struct lwatch *watch = push_function(L);
	luaL_Buffer chunk;
	char *room = luaL_buffinitsize(L, &chunk, CHUNK_MAX);
	ssize_t size = read(watch->fd, room, CHUNK_MAX);

	luaL_pushresultsize(&chunk, size > 0 ? size : 0);
	if (size > 0)
		lua_call(L, 1, 0);
	return 0;
}

static const struct lkind trace_kind = { "trace", trace_step, NULL };

/* trace(fn): call fn(text) with what comes out of the kernel's trace pipe. */
static int core_trace(lua_State *L)
{
	struct lruntime *rt = check_runtime(L);
	struct lwatch *watch;
	int fd;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	watch = push_watch(L, rt, &trace_kind);
	fd = bee_trace_open(rt->bee);
	if (fd < 0)
		return lbee_fail(L, rt, fd);
	watch->fd = fd;
	return start(L, watch, 1);
}

/* ---- Any descriptor ---------------------------------------------------------------------- */

static int any_step(lua_State *L)
{
	push_function(L);
	lua_call(L, 0, 0);
	return 0;
}

static const struct lkind any_kind = { "watch", any_step, NULL };

static int check_fd(lua_State *L, int arg)
{
	const luaL_Stream *stream = luaL_testudata(L, arg, LUA_FILEHANDLE);

	if (!stream)
		return luaL_checkinteger(L, arg);
	luaL_argcheck(L, stream->closef, arg, "the file is closed");
	return fileno(stream->f);
}

/* watch(fd or file, fn): call fn() whenever it can be read. The caller keeps it: this is a copy. */
static int core_watch(lua_State *L)
{
	struct lruntime *rt = check_runtime(L);
	int fd = check_fd(L, 1);
	struct lwatch *watch;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	watch = push_watch(L, rt, &any_kind);
	watch->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (watch->fd < 0)
		return fail(L, watch, "watch");
	return start(L, watch, 2);
}

/* ---- Methods ----------------------------------------------------------------------------- */

static int watch_close(lua_State *L)
{
	close_watch(L, luaL_checkudata(L, 1, WATCH_MT));
	return 0;
}

static struct lwatch *check_watch(lua_State *L)
{
	struct lwatch *watch = luaL_checkudata(L, 1, WATCH_MT);

	if (watch->fd < 0)
		luaL_argerror(L, 1, lua_pushfstring(L, "%s is closed", watch->kind->name));
	return watch;
}

/* kill(signo): send a signal to the command, if it still runs. */
static int watch_kill(lua_State *L)
{
	struct lwatch *watch = check_watch(L);
	int signo = luaL_optinteger(L, 2, SIGTERM);

	if (watch->pid)
		kill(watch->pid, signo);
	return 0;
}

static int watch_pid(lua_State *L)
{
	struct lwatch *watch = check_watch(L);

	lua_pushinteger(L, watch->pid);
	return 1;
}

static int watch_tostring(lua_State *L)
{
	struct lwatch *watch = luaL_checkudata(L, 1, WATCH_MT);

	lua_pushfstring(L, "%s (%s)", watch->kind->name, watch->watch ? "open" : "closed");
	return 1;
}

static const luaL_Reg methods[] = {
	{ "close", watch_close },
	{ "kill", watch_kill },
	{ "pid", watch_pid },
	{ NULL, NULL },
};

static const luaL_Reg metamethods[] = {
	{ "__gc", watch_close },
	{ "__close", watch_close },
	{ "__tostring", watch_tostring },
	{ NULL, NULL },
};

// clang-format off
static const luaL_Reg functions[] = {
	{ "timer", core_timer },
	{ "signals", core_signals },
	{ "command", core_command },
	{ "trace", core_trace },
	{ "watch", core_watch },
	{ NULL, NULL },
};
// clang-format on

void lbee_open_watch(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	lbee_metatable(L, WATCH_MT, metamethods, methods);
}
