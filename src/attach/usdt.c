// SPDX-License-Identifier: Apache-2.0
/* usdt: the static probes of a program or library, which an ELF note lists. */
#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "../internal.h"
#include "binary.h"
#include "usdt.h"

#define NOTE_SECTION ".note.stapsdt"
#define NOTE_TYPE    3
#define NOTE_OWNER   "stapsdt"
#define NOTE_WORDS   (3 * sizeof(uint64_t)) /* place, base and semaphore, before the names */

/* "path:provider:name", "path:name"; without the path where a process is named. */
struct probe {
	struct bee__scope scope;
	char file[512]; /* its path or name; "": whichever of a process has it */
	char provider[128];
	char name[128];
	bool is_found;
};

/* ---- what is asked for ------------------------------------------------------------------- */

/* Move the word behind the last colon of text, which ends there, into word. */
static bool cut(char *text, char *word, size_t size)
{
	char *colon = strrchr(text, ':');

	if (!colon || !colon[1] || strlen(colon + 1) >= size)
		return false;
	strcpy(word, colon + 1);
	*colon = '\0';
	return true;
}

static int split(struct bee__attach *at, struct probe *probe)
{
	const char *text = bee__scope_read(at, &probe->scope);
	bool is_of_process = probe->scope.pid >= 0;

	if (!text)
		return -EINVAL;
	if (strlen(text) >= sizeof(probe->file))
		return bee__attach_fail(at, -ENAMETOOLONG, "the path is too long");
	strcpy(probe->file, text);
	if (!cut(probe->file, probe->name, sizeof(probe->name))) {
		if (!is_of_process || strlen(text) >= sizeof(probe->name))
			return bee__attach_fail(at, -EINVAL,
						"expected usdt:/path/or/library:provider:name");
		strcpy(probe->name, text);
		*probe->file = '\0';
		return 0;
	}
	if (cut(probe->file, probe->provider, sizeof(probe->provider)))
		return 0;
	if (is_of_process && !strchr(probe->file, '/') &&
	    strlen(probe->file) < sizeof(probe->provider)) {
		strcpy(probe->provider, probe->file);
		*probe->file = '\0';
	}
	return *probe->file || is_of_process
		       ? 0
		       : bee__attach_fail(at, -EINVAL,
					  "expected usdt:/path/or/library:provider:name");
}

/* ---- the probes of a file ---------------------------------------------------------------- */

/* What a note tells. */
struct note {
	const char *provider, *name, *args;
};

/* The text that at points to, and then behind it; NULL: it does not end. */
static const char *next_text(const char **at, const char *end)
{
	const char *text = *at;

	if (text >= end || !memchr(text, '\0', end - text))
		return NULL;
	*at += strlen(text) + 1;
	return text;
}

/* The texts of a note; false: it is of another kind, or does not fit. */
static bool read_note(const Elf_Data *data, const GElf_Nhdr *head, size_t owner, size_t desc,
		      struct note *note)
{
	const char *at = (const char *)data->d_buf + desc + NOTE_WORDS;
	const char *end = (const char *)data->d_buf + desc + head->n_descsz;

	if (head->n_type != NOTE_TYPE || head->n_namesz != sizeof(NOTE_OWNER) ||
	    memcmp((const char *)data->d_buf + owner, NOTE_OWNER, sizeof(NOTE_OWNER)))
		return false;
	note->provider = next_text(&at, end);
	note->name = note->provider ? next_text(&at, end) : NULL;
	note->args = note->name ? next_text(&at, end) : NULL;
	if (!note->args)
		note->args = "";
	return note->name;
}

/* Call fn for each note of a section, until it returns true. */
static void each_in_section(Elf_Data *data, bee__note_fn fn, void *ctx)
{
	size_t at = 0, owner, desc;
	GElf_Nhdr head;

	while (data && (at = gelf_getnote(data, at, &head, &owner, &desc))) {
		struct note note;

		if (read_note(data, &head, owner, desc, &note) &&
		    fn(note.provider, note.name, note.args, ctx))
			return;
	}
}

void bee__usdt_each(const char *path, bee__note_fn fn, void *ctx)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf_Scn *section = NULL;
	size_t names = 0;
	Elf *elf;

	if (fd < 0)
		return;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	elf_getshdrstrndx(elf, &names);
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name = gelf_getshdr(section, &header)
					   ? elf_strptr(elf, names, header.sh_name)
					   : NULL;

		if (name && !strcmp(name, NOTE_SECTION))
			each_in_section(elf_getdata(section, NULL), fn, ctx);
	}
	elf_end(elf);
	close(fd);
}

/* Is this the probe that is asked for, or the first of its name where no provider is? */
static bool match(const char *provider, const char *name, const char *args, void *ctx)
{
	struct probe *probe = ctx;

	if (strcmp(name, probe->name) || strlen(provider) >= sizeof(probe->provider))
		return false;
	if (*probe->provider && strcmp(provider, probe->provider))
		return false;
	strcpy(probe->provider, provider);
	probe->is_found = true;
	return true;
}

/* Names of probes, each once: a probe has a note for every place that it was compiled into. */
static bool add_name(const char *provider, const char *name, const char *args, void *ctx)
{
	struct bee__text *names = ctx;
	char word[300];

	snprintf(word, sizeof(word), "%s:%s, ", provider, name);
	if (!names->data || !strstr(names->data, word))
		bee__text_printf(names, "%s", word);
	return names->len > 400;
}

static int refuse(struct bee__attach *at, const char *path)
{
	struct bee__text names = { 0 };
	int err;

	bee__usdt_each(path, add_name, &names);
	err = bee__attach_fail(at, -ENOENT, "%s has no such probe", path);
	if (names.len > 2)
		bee__hint(at->bee, "it has %.*s", (int)names.len - 2, names.data);
	else
		bee__hint(at->bee, "it has no USDT probes at all (%s)", NOTE_SECTION);
	bee__text_free(&names);
	return err;
}

/* ---- attaching --------------------------------------------------------------------------- */

/*
 * Without cookies the kernel tells a program no more than an address: which probe it is must follow from
 * that, in one process whose file has the path that its mappings show.
 */
static int explain_cookies(struct bee__attach *at, const struct probe *probe, const char *reason)
{
	bee__attach_fail(at, -EOPNOTSUPP, "%s", reason);
	if (probe->scope.pid < 0)
		bee__hint(at->bee, "it can be attached to one process: usdt:PID:%s:%s",
			  probe->provider, probe->name);
	else
		bee__hint(at->bee,
			  "it can be attached to a process that is in no chroot, and whose "
			  "file is where it was");
	return -EOPNOTSUPP;
}

/* What libbpf says where it cannot, which the kernel's own words do not tell. */
static int explain(struct bee__attach *at, const struct probe *probe, int err)
{
	bool is_made_for_it = !strncmp(bee_program_section(at->prog), "usdt", 4);
	const char *reason;

	if ((err == -EOPNOTSUPP || err == -EEXIST || (err == -ESRCH && is_made_for_it)) &&
	    bee__feature(BEE_FEATURE_COOKIE, &reason))
		return explain_cookies(at, probe, reason);
	if (err != -ESRCH)
		return bee__attach_refused(at, err);
	/* libbpf misses the maps of the arguments, which are there in programs made for such a probe. */
	err = bee__attach_fail(at, -EINVAL, "the program was compiled for %s",
			       bee_program_section(at->prog));
	bee__hint(at->bee, "say SEC(\"usdt\"), or the target when it is loaded: attach");
	return err;
}

static void detach(void *link)
{
	bpf_link__destroy(link);
}

/* One of libbpf's making: it stands for several uprobes, and for what the program knows of them. */
static const struct bee__part_ops usdt = { .detach = detach };

static int attach_file(struct bee__attach *at, const struct probe *probe,
		       const struct bee__binary *file)
{
	LIBBPF_OPTS(bpf_usdt_opts, opts, .usdt_cookie = at->opts.cookie);
	struct bpf_link *link = bpf_program__attach_usdt(at->prog->bpf, file->pid, file->path,
							 probe->provider, probe->name, &opts);
	int err = errno;

	if (link)
		return bee__attach_ops(at, &usdt, link);
	/* Of those in a cgroup, one that ended meanwhile. */
	if (*probe->scope.cgroup && bee__process_has_ended(file->pid))
		return 0;
	return explain(at, probe, -err);
}

static int fail_all(struct bee__attach *at, const struct probe *probe)
{
	if (*probe->scope.cgroup)
		return bee__attach_fail(at, -ENOENT, "no process in cgroup '%s' has the probe",
					probe->scope.cgroup);
	return bee__attach_fail(at, -ENOENT, "no program or library in process %d has the probe",
				probe->scope.pid);
}

/* The one file, or that of each process of a cgroup; without a name the first that has the probe. */
static int attach_files(struct bee__attach *at, struct probe *probe,
			const struct bee__binaries *files)
{
	bool is_first = !*probe->file, is_one = *probe->file && !*probe->scope.cgroup;
	int err = 0;

	for (size_t i = 0; i < files->len && !err; i++) {
		const struct bee__binary *file = &files->list[i];

		probe->is_found = false;
		bee__usdt_each(file->path, match, probe);
		if (probe->is_found)
			err = attach_file(at, probe, file);
		else if (is_one)
			err = refuse(at, file->path);
		if (is_first && probe->is_found)
			break;
	}
	return err || at->link->parts_len ? err : fail_all(at, probe);
}

int bee__attach_usdt(struct bee__attach *at)
{
	struct bee__binaries files;
	struct probe probe = { 0 };
	int err = split(at, &probe);

	err = err ?: bee__binaries_find(at, &probe.scope, *probe.file ? probe.file : NULL, &files);
	if (err)
		return err;
	err = attach_files(at, &probe, &files);
	bee__binaries_free(&files);
	return bee__process_error(at, &probe.scope, err);
}
