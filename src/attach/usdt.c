// SPDX-License-Identifier: Apache-2.0
/* usdt: the static probes of a program or library, which an ELF note lists. */
#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "../internal.h"
#include "binary.h"

#define NOTE_SECTION ".note.stapsdt"
#define NOTE_TYPE    3
#define NOTE_OWNER   "stapsdt"
#define NOTE_WORDS   (3 * sizeof(uint64_t)) /* place, base and semaphore, before the names */

/* "path:provider:name", "path:name", or the number of a process in the path's place. */
struct probe {
	char path[512];
	char provider[128];
	char name[128];
	int pid; /* -1: all processes */
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

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static int split(struct bee__attach *at, struct probe *probe)
{
	char word[sizeof(probe->provider)];

	if (strlen(at->rest) >= sizeof(probe->path))
		return bee__attach_fail(at, -ENAMETOOLONG, "the path is too long");
	strcpy(probe->path, at->rest);
	probe->pid = -1;
	if (!cut(probe->path, probe->name, sizeof(probe->name)) || !*probe->path)
		return bee__attach_fail(at, -EINVAL,
					"expected usdt:/path/or/library:provider:name");
	if (cut(probe->path, word, sizeof(word)))
		strcpy(probe->provider, word);
	if (is_number(probe->path))
		probe->pid = atoi(probe->path);
	return 0;
}

/* ---- the probes of a file ---------------------------------------------------------------- */

typedef bool (*note_fn)(const char *provider, const char *name, void *ctx);

/* The two names of a note; false: it is of another kind, or does not fit. */
static bool read_note(const Elf_Data *data, const GElf_Nhdr *note, size_t owner, size_t desc,
		      const char **ret_provider, const char **ret_name)
{
	const char *at = (const char *)data->d_buf + desc + NOTE_WORDS;
	const char *end = (const char *)data->d_buf + desc + note->n_descsz;

	if (note->n_type != NOTE_TYPE || note->n_namesz != sizeof(NOTE_OWNER) ||
	    memcmp((const char *)data->d_buf + owner, NOTE_OWNER, sizeof(NOTE_OWNER)))
		return false;
	if (at >= end || !memchr(at, '\0', end - at))
		return false;
	*ret_provider = at;
	*ret_name = at + strlen(at) + 1;
	return *ret_name < end && memchr(*ret_name, '\0', end - *ret_name);
}

/* Call fn for each note of a section, until it returns true. */
static void each_in_section(Elf_Data *data, note_fn fn, void *ctx)
{
	size_t at = 0, owner, desc;
	GElf_Nhdr note;

	while (data && (at = gelf_getnote(data, at, &note, &owner, &desc))) {
		const char *provider, *name;

		if (read_note(data, &note, owner, desc, &provider, &name) &&
		    fn(provider, name, ctx))
			return;
	}
}

static void each_note(const char *path, note_fn fn, void *ctx)
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
static bool match(const char *provider, const char *name, void *ctx)
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
static bool add_name(const char *provider, const char *name, void *ctx)
{
	struct bee__text *names = ctx;
	char word[300];

	snprintf(word, sizeof(word), "%s:%s, ", provider, name);
	if (!names->data || !strstr(names->data, word))
		bee__text_printf(names, "%s", word);
	return names->len > 400;
}

static int refuse(struct bee__attach *at, const struct probe *probe)
{
	struct bee__text names = { 0 };
	int err;

	each_note(probe->path, add_name, &names);
	err = bee__attach_fail(at, -ENOENT, "%s has no such probe", probe->path);
	if (names.len > 2)
		bee__hint(at->bee, "it has %.*s", (int)names.len - 2, names.data);
	else
		bee__hint(at->bee, "it has no USDT probes at all (%s)", NOTE_SECTION);
	bee__text_free(&names);
	return err;
}

/* ---- the file ---------------------------------------------------------------------------- */

/* The path of a line of /proc/PID/maps that maps code of a file. */
static bool read_mapping(const char *line, char *path, size_t size)
{
	char access[5], format[32];

	snprintf(format, sizeof(format), "%%*s %%4s %%*s %%*s %%*s %%%zu[^\n]", size - 1);
	return sscanf(line, format, access, path) == 2 && access[2] == 'x' && *path == '/';
}

/* Of all programs and libraries in a process, the first that has the probe. */
static int find_in_process(struct bee__attach *at, struct probe *probe)
{
	char maps[64], path[sizeof(probe->path)], last[sizeof(probe->path)] = "";
	const char *line;
	char *text;
	size_t size;
	int err;

	snprintf(maps, sizeof(maps), "/proc/%d/maps", probe->pid);
	err = bee__read_file(maps, &text, &size);
	if (err)
		return bee__attach_fail(at, err == -ENOENT ? -ESRCH : err, "process %d: %s",
					probe->pid, strerror(err == -ENOENT ? ESRCH : -err));
	for (line = text; line && *line && !probe->is_found;) {
		if (read_mapping(line, path, sizeof(path)) && strcmp(path, last)) {
			strcpy(last, path);
			strcpy(probe->path, path);
			each_note(path, match, probe);
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	free(text);
	return probe->is_found
		       ? 0
		       : bee__attach_fail(at, -ENOENT,
					  "no program or library in process %d has the probe",
					  probe->pid);
}

static int find(struct bee__attach *at, struct probe *probe)
{
	int err;

	if (probe->pid >= 0)
		return find_in_process(at, probe);
	err = bee__attach_binary(at, probe->path, sizeof(probe->path));
	if (err)
		return err;
	each_note(probe->path, match, probe);
	return probe->is_found ? 0 : refuse(at, probe);
}

int bee__attach_usdt(struct bee__attach *at)
{
	struct probe probe = { 0 };
	struct bpf_link *part;
	const char *reason;
	int err;

	err = split(at, &probe);
	err = err ?: find(at, &probe);
	if (err)
		return err;
	part = bpf_program__attach_usdt(at->prog->bpf, probe.pid, probe.path, probe.provider,
					probe.name, NULL);
	if (part)
		return bee__attach_part(at, part);
	if (errno == EOPNOTSUPP && bee__feature(BEE_FEATURE_COOKIE, &reason)) {
		err = bee__attach_fail(at, -EOPNOTSUPP, "%s", reason);
		bee__hint(at->bee, "it can be attached to one process: usdt:PID:%s:%s",
			  probe.provider, probe.name);
		return err;
	}
	if (errno != ESRCH)
		return bee__attach_part(at, NULL);
	/* libbpf misses the maps of the arguments, which are there in programs made for such a probe. */
	err = bee__attach_fail(at, -EINVAL, "the program was compiled for %s",
			       bee_program_section(at->prog));
	bee__hint(at->bee, "say SEC(\"usdt\"), or the target when it is loaded: attach");
	return err;
}
