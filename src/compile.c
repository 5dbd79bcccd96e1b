// SPDX-License-Identifier: Apache-2.0
/* The compiler as a child process: one request in, one answer out, and nothing left behind. */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "wire.h"

#define CHILD_STACK (64 << 10)

/* A moonbee-cc under way. */
struct child {
	const char *path;
	int fd; /* our end of the socket pair */
	int pidfd;
	int64_t deadline; /* CLOCK_MONOTONIC, ms */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- starting and ending it -------------------------------------------------------------- */

struct start {
	const char *path;
	int fd;
	int err;
};

/* Runs in the child, on memory that it shares with the parent: it must only make system calls. */
static int child_main(void *ctx)
{
	char *const env[] = { NULL };
	struct start *start = ctx;
	char *const argv[] = { (char *)start->path, NULL };
	sigset_t none;
	int null;

	/* A host's Ctrl-C is for the host. If the host dies, so does its compiler. */
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* What it has to say is in its answer: nothing of it may appear on the host's terminal. */
	null = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY | O_CLOEXEC);
	if (dup2(start->fd, 0) < 0 || dup2(start->fd, 1) < 0 || (null >= 0 && dup2(null, 2) < 0))
		goto fail;
	syscall(SYS_close_range, 3, ~0u, 1u << 2 /* CLOSE_RANGE_CLOEXEC */);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(start->path, argv, env);
fail:
	start->err = -errno;
	_exit(127);
}

static int start_child(struct bee *bee, struct child *child)
{
	int fds[2], pid, err;
	struct start start = { .path = child->path };
	sigset_t all, old;
	char *stack;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return bee__fail(bee, BEE_STAGE_COMPILE, -errno, "cannot make a socket pair: %s",
				 strerror(errno));
	stack = malloc(CHILD_STACK);
	if (!stack) {
		close(fds[0]);
		close(fds[1]);
		return -ENOMEM;
	}
	start.fd = fds[1];
	/* No signal handler of the host may run in the child while it shares the host's memory. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	/* The exit signal is 0, so that the host's waitpid(-1) and SIGCHLD never hear of it. */
	pid = clone(child_main, stack + CHILD_STACK, CLONE_VM | CLONE_VFORK | CLONE_PIDFD, &start,
		    &child->pidfd);
	err = pid < 0 ? -errno : start.err;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	free(stack);
	close(fds[1]);
	child->fd = fds[0];
	if (pid < 0)
		child->pidfd = -1;
	if (err)
		return bee__fail(bee, BEE_STAGE_COMPILE, err, "cannot run %s: %s", child->path,
				 strerror(-err));
	return 0;
}

/* Reap the child; tell how it ended. */
static int end_child(struct child *child, bool kill_it, siginfo_t *ret_info)
{
	int err;

	if (child->fd >= 0)
		close(child->fd);
	if (child->pidfd < 0)
		return -ECHILD;
	if (kill_it)
		syscall(SYS_pidfd_send_signal, child->pidfd, SIGKILL, NULL, 0);
	do {
		err = waitid(P_PIDFD, child->pidfd, ret_info, WEXITED | __WALL);
	} while (err && errno == EINTR);
	err = err ? -errno : 0;
	close(child->pidfd);
	return err;
}

/* ---- talking to it ----------------------------------------------------------------------- */

static int send_some(struct child *child, const struct bee__wire *request, size_t *sent)
{
	ssize_t len = send(child->fd, request->data + *sent, request->size - *sent,
			   MSG_NOSIGNAL | MSG_DONTWAIT);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	*sent += len;
	if (*sent == request->size)
		shutdown(child->fd, SHUT_WR);
	return 0;
}

/* 1: more to come; 0: the end. */
static int receive_some(struct child *child, struct bee__text *answer)
{
	char buf[64 << 10];
	ssize_t len = recv(child->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	bee__text_add(answer, buf, len);
	if (answer->failed)
		return -ENOMEM;
	return len > 0;
}

/* Write the request and read the answer at once: neither side may wait for the other. */
static int exchange(struct child *child, const struct bee__wire *request, struct bee__text *answer)
{
	size_t sent = 0;
	int more = 1;

	while (more > 0) {
		struct pollfd poll_fd = { .fd = child->fd, .events = POLLIN };
		int64_t left = child->deadline - now_ms();
		int err = 0;

		if (sent < request->size)
			poll_fd.events |= POLLOUT;
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&poll_fd, 1, left) < 0 && errno != EINTR)
			return -errno;
		if (poll_fd.revents & POLLOUT)
			err = send_some(child, request, &sent);
		/* A compiler that stopped listening may still have said why. */
		if (err && err != -EPIPE && err != -ECONNRESET)
			return err;
		if (err)
			sent = request->size;
		if (poll_fd.revents & (POLLIN | POLLHUP | POLLERR))
			more = receive_some(child, answer);
	}
	return more == -ECONNRESET ? 0 : more;
}

/* ---- what is said ------------------------------------------------------------------------ */

void bee__request_begin(struct bee__wire *wire)
{
	bee__wire_put_text(wire, BEE_WIRE_BUILD, BEE_BUILD_ID, NULL);
}

static const char *const inputs[] = {
	[BEE_INPUT_C] = "c",
	[BEE_INPUT_IR] = "ir",
	[BEE_INPUT_ASM] = "asm",
};

/* As moonbee-cc calls its stages. */
static const char *const shows[] = {
	[BEE_SHOW_OBJECT] = "object", [BEE_SHOW_PREPROCESSED] = "preprocessed",
	[BEE_SHOW_IR] = "ir",         [BEE_SHOW_IR_READS] = "ir-reads",
	[BEE_SHOW_ASM] = "asm",
};

/* The CPU version to compile for, when the caller says none: asked of the kernel once. */
static const char *newest_cpu(struct bee *bee, const struct bee_load_opts *opts)
{
	const char *reason;

	/* What every kernel that moonbee runs on takes; of another kernel nothing can be asked. */
	if (opts->is_portable || strcmp(bee->btf_path, BEE_BTF_PATH))
		return "v3";
	if (!bee->cpu)
		bee->cpu = bee__feature(BEE_FEATURE_CPU_V4, &reason) ? "v3" : "v4";
	return bee->cpu;
}

static void write_request(struct bee *bee, struct bee__wire *wire, const struct bee__files *files,
			  const struct bee__text *header, const struct bee_load_opts *opts)
{
	bee__request_begin(wire);
	bee__wire_put_text(wire, BEE_WIRE_CPU, opts->cpu ? opts->cpu : newest_cpu(bee, opts), NULL);
	bee__wire_put_text(wire, BEE_WIRE_INPUT, inputs[files->input], NULL);
	bee__wire_put_text(wire, BEE_WIRE_SHOW, shows[opts->show], NULL);
	if (opts->is_portable)
		bee__wire_put_text(wire, BEE_WIRE_PORTABLE, NULL, NULL);
	for (size_t i = 0; i < opts->defines_len; i++)
		bee__wire_put_text(wire, BEE_WIRE_DEFINE, opts->defines[i], NULL);
	for (size_t i = 0; i < opts->wishes_len; i++)
		bee__wire_put_text(wire, BEE_WIRE_WISH, opts->wishes[i].program,
				   opts->wishes[i].target);
	for (size_t i = 0; i < files->folders_len; i++)
		bee__wire_put_text(wire, BEE_WIRE_FOLDER, files->folders[i], NULL);
	if (header->data) {
		bee__wire_put(wire, BEE_WIRE_FILE, BEE_HEADER_PATH, strlen(BEE_HEADER_PATH),
			      header->data, header->len);
		bee__wire_put_text(wire, BEE_WIRE_PRELUDE, BEE_HEADER_PATH, NULL);
	}
	for (size_t i = 0; i < files->len; i++)
		bee__wire_put(wire, BEE_WIRE_FILE, files->list[i].path, strlen(files->list[i].path),
			      files->list[i].text, files->list[i].size);
	bee__wire_put_text(wire, BEE_WIRE_END, NULL, NULL);
}

/* What the answer said, apart from diagnostics, which go to the runtime as they come. */
struct answer {
	const char *build; /* NULL: not said */
	const char *elf;
	size_t elf_size;
	bool is_whole;
};

/* The first line of a file, and its number, if the file goes by this name; or NULL. */
static const char *first_line(const struct bee__file *file, const char *name, unsigned int *line)
{
	const char *quoted = strchr(file->text, '"'), *end;

	*line = 1;
	if (sscanf(file->text, "#line %u \"", line) != 1 || !quoted)
		return strcmp(file->path, name) ? NULL : file->text;
	if (strncmp(quoted + 1, name, strlen(name)) || quoted[1 + strlen(name)] != '"')
		return NULL;
	end = strchr(quoted, '\n');
	return end ? end + 1 : NULL;
}

/* The text of a line, by the name and number that the files' own #line gives them; or NULL. */
static char *take_line(const struct bee__files *files, const char *name, unsigned int number)
{
	for (size_t i = 0; i < files->len; i++) {
		unsigned int line;
		const char *at = first_line(&files->list[i], name, &line);

		if (!at || number < line)
			continue;
		for (; at && line < number; line++) {
			at = strchr(at, '\n');
			at = at ? at + 1 : NULL;
		}
		if (at)
			return strndup(at, strcspn(at, "\n"));
	}
	return NULL;
}

static int read_diag(struct bee *bee, const struct bee__files *files,
		     const struct bee__wire_field *field)
{
	struct bee__wire_diag head;
	const char *file = field->head + sizeof(head), *end = field->head + field->head_size;
	char *line;

	if (field->head_size < sizeof(head))
		return -EPROTO;
	memcpy(&head, field->head, sizeof(head));
	if (!memchr(file, '\0', end - file) || head.severity > BEE_ERROR)
		return -EPROTO;
	line = take_line(files, file, head.line);
	bee__diag(bee, &(struct bee_diag){
			       .stage = BEE_STAGE_COMPILE,
			       .severity = head.severity,
			       .err = head.severity == BEE_ERROR ? -EINVAL : 0,
			       .file = file,
			       .line = head.line,
			       .column = head.column,
			       .text = file + strlen(file) + 1,
			       .source = line,
			       .hint = field->body,
		       });
	free(line);
	return 0;
}

static int read_answer(struct bee *bee, const struct bee__files *files,
		       const struct bee__text *text, struct answer *ret_answer)
{
	const char *at = text->data, *end = text->data + text->len;
	struct answer answer = { 0 };
	struct bee__wire_field field;
	int err = 0;

	while (!err && text->len && bee__wire_next(&at, end, &field) == 1) {
		switch (field.tag) {
		case BEE_WIRE_BUILD:
			answer.build = field.head;
			break;
		case BEE_WIRE_DIAG:
			err = read_diag(bee, files, &field);
			break;
		case BEE_WIRE_OBJECT:
			answer.elf = field.body;
			answer.elf_size = field.body_size;
			break;
		case BEE_WIRE_END:
			answer.is_whole = true;
			break;
		default:
			err = -EPROTO;
		}
	}
	*ret_answer = answer;
	return err;
}

static int fail_death(struct bee *bee, const char *path, const siginfo_t *info)
{
	if (info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED)
		return bee__fail(bee, BEE_STAGE_COMPILE, -EPIPE,
				 "the compiler died of signal %d (%s)", info->si_status,
				 strsignal(info->si_status));
	bee__fail(bee, BEE_STAGE_COMPILE, -EPROTO, "the compiler ended without an answer (exit %d)",
		  info->si_status);
	bee__hint(bee, "is %s moonbee's own?", path);
	return -EPROTO;
}

static bool has_errors(const struct bee *bee)
{
	const struct bee_diag *diag = NULL;

	while ((diag = bee_diag_next(bee, diag)))
		if (diag->severity == BEE_ERROR)
			return true;
	return false;
}

static int judge(struct bee *bee, const char *path, const struct answer *answer,
		 const siginfo_t *info)
{
	if (answer->build && strcmp(answer->build, BEE_BUILD_ID)) {
		bee__fail(bee, BEE_STAGE_COMPILE, -EPROTO,
			  "%s is of another build: %s, where this library is %s", path,
			  answer->build, BEE_BUILD_ID);
		bee__hint(bee, "install moonbee-cc and libmoonbee of the same build");
		return -EPROTO;
	}
	if (!answer->is_whole)
		return fail_death(bee, path, info);
	if (has_errors(bee))
		return -EINVAL;
	if (!answer->elf)
		return bee__fail(bee, BEE_STAGE_COMPILE, -EPROTO,
				 "the compiler gave neither an object nor an error");
	return 0;
}

/* Copy the object out of an answer. A text ends in a NUL, which the answer has behind it. */
static int take_object(const struct answer *answer, void **ret_elf, size_t *ret_size)
{
	*ret_elf = malloc(answer->elf_size + 1);
	if (!*ret_elf)
		return -ENOMEM;
	memcpy(*ret_elf, answer->elf, answer->elf_size + 1);
	*ret_size = answer->elf_size;
	return 0;
}

static int converse(struct bee *bee, struct child *child, const struct bee__wire *request,
		    const struct bee__files *files, struct bee__text *text,
		    struct answer *ret_answer)
{
	siginfo_t info = { 0 };
	int err, reaped;

	err = exchange(child, request, text);
	reaped = end_child(child, err, &info);
	if (err == -ETIMEDOUT)
		bee__fail(bee, BEE_STAGE_COMPILE, err, "the compiler gave no answer in %d s",
			  BEE_COMPILE_MS / 1000);
	else if (err)
		bee__fail(bee, BEE_STAGE_COMPILE, err, "cannot talk to the compiler: %s",
			  strerror(-err));
	if (!err)
		err = reaped;
	if (!err)
		err = read_answer(bee, files, text, ret_answer);
	return err ?: judge(bee, child->path, ret_answer, &info);
}

/* Start moonbee-cc, and let it answer in text. */
static int ask(struct bee *bee, const struct bee__wire *request, const struct bee__files *files,
	       struct bee__text *text, struct answer *ret_answer)
{
	char path[4096];
	struct child child = { .path = path, .fd = -1, .pidfd = -1 };
	int err;

	if (request->failed)
		return -ENOMEM;
	err = bee__find_compiler(bee, path, sizeof(path));
	if (err) {
		bee__fail(bee, BEE_STAGE_COMPILE, err, "cannot run the compiler, %s: %s", path,
			  strerror(-err));
		bee__hint(bee, "moonbee-cc stands beside the library or where both were installed; "
			       "MOONBEE_CC or bee_opts.compiler name another place");
		return err;
	}
	child.deadline = now_ms() + BEE_COMPILE_MS;
	err = start_child(bee, &child);
	if (err) {
		siginfo_t info;

		end_child(&child, false, &info);
		return err;
	}
	return converse(bee, &child, request, files, text, ret_answer);
}

int bee__ask(struct bee *bee, const struct bee__wire *request, const struct bee__files *files,
	     void **ret_data, size_t *ret_size)
{
	struct bee__text text = { 0 };
	struct answer answer;
	int err = ask(bee, request, files, &text, &answer);

	err = err ?: take_object(&answer, ret_data, ret_size);
	bee__text_free(&text);
	return err;
}

/* ---- from the cache, or for it ----------------------------------------------------------- */

int bee__compile_key(struct bee *bee, const struct bee__files *files,
		     const struct bee_load_opts *opts, struct bee__wire *ret_key)
{
	const struct bee__text no_header = { 0 };
	struct bee__wire key = { 0 };
	int err;

	write_request(bee, &key, files, &no_header, opts);
	for (size_t i = 0; i < opts->undefines_len; i++)
		bee__wire_put_text(&key, BEE_WIRE_DEFINE, NULL, opts->undefines[i]);
	err = bee__identity_put(bee, &key);
	if (!err && !key.failed) {
		*ret_key = key;
		return 0;
	}
	bee__wire_free(&key);
	return -ENOENT;
}

/* The answer that was kept under a key, in text, which stays empty where there is none that holds. */
static bool find_answer(struct bee *bee, const struct bee__files *files,
			const struct bee__wire *key, struct bee__text *text,
			struct answer *ret_answer)
{
	if (bee__cache_find(bee, key, text) && !read_answer(bee, files, text, ret_answer) &&
	    ret_answer->is_whole && ret_answer->elf) {
		bee__log(bee, BEE_LOG_DEBUG, "compiled before: %zu bytes from the cache",
			 ret_answer->elf_size);
		return true;
	}
	bee__text_free(text);
	return false;
}

int bee__compile_cached(struct bee *bee, const struct bee__files *files,
			const struct bee__wire *key, void **ret_elf, size_t *ret_size)
{
	struct bee__text text = { 0 };
	struct answer answer;
	int err = -ENOENT;

	if (find_answer(bee, files, key, &text, &answer))
		err = take_object(&answer, ret_elf, ret_size);
	bee__text_free(&text);
	return err;
}

int bee__compile(struct bee *bee, const struct bee__files *files, const struct bee__text *header,
		 const struct bee_load_opts *opts, const struct bee__wire *first, void **ret_elf,
		 size_t *ret_size)
{
	struct bee__wire request = { 0 };
	struct bee__text text = { 0 };
	struct answer answer;
	int err = 0;

	write_request(bee, &request, files, header, opts);
	if (!find_answer(bee, files, &request, &text, &answer)) {
		err = ask(bee, &request, files, &text, &answer);
		if (!err)
			bee__cache_keep(bee, &request, NULL, &text);
	}
	if (!err && first)
		bee__cache_keep(bee, first, bee->formats, &text);
	err = err ?: take_object(&answer, ret_elf, ret_size);
	bee__text_free(&text);
	bee__wire_free(&request);
	return err;
}
