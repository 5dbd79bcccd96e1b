// SPDX-License-Identifier: Apache-2.0
/*
 * freplace: a function of a program that is in the kernel is replaced. "freplace:pick:filter" is function
 * pick of the program filter of another module; "freplace:pick:id:12" and "freplace:pick:/sys/fs/bpf/filter"
 * are programs by id and by pin. The program is bound to it when it is loaded.
 */
#include <fcntl.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "internal.h"

static int fail(struct bee_program *prog, int err, const char *fmt, const char *word)
{
	struct bee__text text = { 0 };

	bee__text_printf(&text, fmt, word);
	bee__fail(prog->mod->bee, BEE_STAGE_LOAD, err, "program '%s': %s", bee_program_name(prog),
		  text.data ? text.data : "");
	bee__hint(prog->mod->bee,
		  "say which: freplace:FUNCTION:PROGRAM, where PROGRAM is a program "
		  "of another loaded module, id:12 or a pin's path");
	bee__text_free(&text);
	return err;
}

/* A program of that name in another module of the runtime; the newest. */
static int open_named(struct bee_program *prog, const char *name)
{
	for (struct bee_module *mod = prog->mod->bee->modules; mod; mod = mod->next) {
		struct bee_program *found = mod == prog->mod ? NULL : bee_program_find(mod, name);

		if (found && bee_program_fd(found) >= 0)
			return fcntl(bee_program_fd(found), F_DUPFD_CLOEXEC, 0);
	}
	return -ENOENT;
}

static int open_target(struct bee_program *prog, const char *place)
{
	if (!strncmp(place, "id:", strlen("id:")))
		return bpf_prog_get_fd_by_id(strtoul(place + strlen("id:"), NULL, 10));
	return *place == '/' ? bpf_obj_get(place) : open_named(prog, place);
}

/* Bind a program to the function of the target that its first wish names. */
static int bind(struct bee_program *prog)
{
	const char *rest = prog->targets_len ? prog->targets[0].text : "", *place;
	char function[128];
	int fd, err;

	if (prog->targets_len)
		bee__hook_by_target(prog->targets[0].text, &rest);
	place = strchr(rest, ':');
	if (!place || place == rest || !place[1])
		return fail(prog, -EINVAL, "it names no program whose function it replaces%s", "");
	snprintf(function, sizeof(function), "%.*s", (int)(place - rest), rest);
	fd = open_target(prog, place + 1);
	if (fd < 0)
		return fail(prog, fd, "there is no program '%s' to replace a function of",
			    place + 1);
	err = bpf_program__set_attach_target(prog->bpf, fd, function);
	if (err) {
		close(fd);
		return fail(prog, -ENOENT,
			    "the program to be changed has no function '%s' that is "
			    "not static",
			    function);
	}
	prog->target_fd = fd;
	return 0;
}

int bee__replace_bind(struct bee_module *mod)
{
	int err = 0;

	for (size_t i = 0; i < mod->programs_len && !err; i++) {
		struct bee_program *prog = &mod->programs[i];

		if (!prog->is_left_out && bpf_program__type(prog->bpf) == BPF_PROG_TYPE_EXT)
			err = bind(prog);
	}
	return err;
}

void bee__replace_done(struct bee_module *mod)
{
	for (size_t i = 0; i < mod->programs_len; i++) {
		if (mod->programs[i].target_fd > 0)
			close(mod->programs[i].target_fd);
		mod->programs[i].target_fd = 0;
	}
}

int bee__attach_freplace(struct bee__attach *at)
{
	return bee__attach_part(at, bpf_program__attach(at->prog->bpf));
}
