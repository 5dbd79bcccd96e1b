// SPDX-License-Identifier: Apache-2.0
/*
 * Types of modules that are not loaded, from their files: modules.dep tells where these lie.
 *
 *   struct nfs_commit_data ──► nfs.ko.xz, nfsv4.ko.xz, ...: the likeliest first
 *
 * Nothing tells which module has a type, and to unpack all of them takes seconds. What the type's name
 * begins with is likely, and so is whose functions or headers the source names. A file may be of another
 * build of the kernel than the one that runs: its types are taken only where its names fit.
 */
#include <ctype.h>
#include <fcntl.h>
#include <libelf.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "internal.h"
#include "rawbtf.h"
#include "unpack.h"
#include "wire.h"
#include "words.h"

#define FOLDER_SIZE 256
#define TRIED_MAX   16  /* files looked into for one source */
#define SURE        100 /* points of a module whose name a type's begins with */
#define HINTED      50  /* and of one whose own functions or headers the source names */

/* A file that may have what is wanted; the path is below the folder of modules.dep. */
struct likely {
	char path[256];
	char name[64]; /* of the module, as the kernel has it */
	unsigned int score;
};

struct search {
	struct bee *bee;
	struct bee__rawbtf *btf;
	struct bee__words *words;
	struct bee__words hints; /* all words of the source, in strings and includes too */
	char *symbols;           /* which module exports a function; hints are in there too */
	char folder[FOLDER_SIZE];
	struct likely list[TRIED_MAX]; /* the best first */
	size_t len, added;
};

/* ---- what the source tells ---------------------------------------------------------------- */

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "kprobe__nfs_file_read" is of nfs too: what stands behind two underscores is a hint by itself. */
static void add_hints(struct bee__words *hints, const char *text, size_t size)
{
	const char *end = text + size, *start, *under;

	for (const char *at = text; at < end; at++) {
		if (!is_of_word(*at))
			continue;
		for (start = at; at < end && is_of_word(*at);)
			at++;
		bee__words_mark(hints, start, at - start, BEE_WORD_PLAIN);
		under = memmem(start + 1, at - start - 1, "__", 2);
		if (under && under + 2 < at)
			bee__words_mark(hints, under + 2, at - under - 2, BEE_WORD_PLAIN);
	}
}

/* "alias symbol:ieee80211_rx_napi mac80211": a function that modules may call, and whose it is. */
static void add_owners(struct search *search)
{
	static const char start[] = "alias symbol:";
	char path[FOLDER_SIZE + 20], *rest, *line;
	size_t size;

	snprintf(path, sizeof(path), "%s/modules.symbols", search->folder);
	if (bee__read_file(path, &search->symbols, &size))
		return;
	for (rest = search->symbols; (line = strsep(&rest, "\n"));) {
		char *name = line + sizeof(start) - 1;
		char *space = strncmp(line, start, sizeof(start) - 1) ? NULL : strchr(name, ' ');

		if (!space)
			continue;
		*space = '\0';
		if (bee__words_flags(&search->hints, name))
			bee__words_mark(&search->hints, space + 1, strlen(space + 1),
					BEE_WORD_PLAIN);
	}
}

static void read_hints(struct search *search, const struct bee__files *files,
		       const struct bee_load_opts *opts)
{
	for (size_t i = 0; i < files->len; i++)
		add_hints(&search->hints, files->list[i].text, files->list[i].size);
	for (size_t i = 0; i < opts->wishes_len; i++)
		add_hints(&search->hints, opts->wishes[i].target, strlen(opts->wishes[i].target));
	add_owners(search);
}

/* ---- which files ------------------------------------------------------------------------- */

/* Where modules.dep of the running kernel is. */
static bool find_own_folder(char *buf, size_t size)
{
	struct utsname name;
	int len = uname(&name) ? -1 : snprintf(buf, size, "/lib/modules/%s", name.release);

	return len >= 0 && (size_t)len < size;
}

/* Where that of the kernel is whose BTF was asked for: there, or beside the BTF. */
static bool find_folder(const char *btf_path, char *buf, size_t size)
{
	const char *slash = strrchr(btf_path, '/');
	int len = slash ? slash - btf_path : 1;

	if (!strcmp(btf_path, BEE_BTF_PATH))
		return find_own_folder(buf, size);
	snprintf(buf, size, "%.*s", len, slash ? btf_path : ".");
	return (size_t)len < size;
}

static void name_module(const char *path, size_t path_len, char *buf, size_t size)
{
	const char *slash = memrchr(path, '/', path_len);
	const char *name = slash ? slash + 1 : path;
	size_t len = path + path_len - name;
	const char *dot = memchr(name, '.', len);

	snprintf(buf, size, "%.*s", dot ? (int)(dot - name) : (int)len, name);
	for (; *buf; buf++)
		*buf = *buf == '-' ? '_' : *buf;
}

/* "nfs_commit_data" is of nfs for sure, of nfsv4 perhaps; "net_bridge" of bridge; 0: of none such. */
static unsigned int score_word(const char *module, const struct bee__word *word)
{
	size_t len = strlen(module);
	unsigned int score = 0;

	if (word->len >= len && !memcmp(word->text, module, len) &&
	    (word->len == len || word->text[len] == '_'))
		return SURE + len;
	for (size_t at = 0, end; at < word->len; at = end + 1) {
		const char *part = word->text + at, *under = memchr(part, '_', word->len - at);
		size_t part_len;

		end = under ? (size_t)(under - word->text) : word->len;
		part_len = end - at;
		if (part_len < 2 || strncmp(module, part, part_len))
			continue;
		if (module[part_len] == '\0' || module[part_len] == '_')
			score += 20 + part_len;
		else if (!at)
			score += 10 + part_len;
	}
	return score;
}

/* The module's name, or one that begins with it, as its functions' do. */
static bool is_hinted(const struct bee__words *hints, const char *module)
{
	size_t len = strlen(module);

	for (uint32_t i = 0; i < hints->len; i++) {
		const struct bee__word *hint = &hints->list[i];

		if (hint->len >= len && !memcmp(hint->text, module, len) &&
		    (hint->len == len || hint->text[len] == '_'))
			return true;
	}
	return false;
}

static unsigned int score_module(const struct search *search, const char *module)
{
	const struct bee__words *words = search->words;
	unsigned int best = 0;

	for (uint32_t i = 0; i < words->len; i++) {
		unsigned int score = 0;

		if (bee__modules_want(words->list[i].flags))
			score = score_word(module, &words->list[i]);
		best = score > best ? score : best;
	}
	return best + (is_hinted(&search->hints, module) ? HINTED : 0);
}

static void add_likely(void *ctx, const char *path, size_t path_len)
{
	struct search *search = ctx;
	struct likely likely;
	size_t at;

	if (path_len >= sizeof(likely.path))
		return;
	name_module(path, path_len, likely.name, sizeof(likely.name));
	likely.score = score_module(search, likely.name);
	for (at = search->len; at && search->list[at - 1].score < likely.score; at--)
		;
	if (!likely.score || at == TRIED_MAX)
		return;
	snprintf(likely.path, sizeof(likely.path), "%.*s", (int)path_len, path);
	search->len += search->len < TRIED_MAX;
	memmove(&search->list[at + 1], &search->list[at],
		(search->len - at - 1) * sizeof(search->list[0]));
	search->list[at] = likely;
}

/*
 * "kernel/fs/nfs/nfs.ko.xz: kernel/fs/lockd/lockd.ko.xz ...": the file, and those it depends on. -ENOENT
 * where no module was ever installed.
 */
static int each_module(const char *folder, void (*fn)(void *ctx, const char *path, size_t len),
		       void *ctx)
{
	char path[FOLDER_SIZE + 16], *list;
	size_t size;
	int err;

	snprintf(path, sizeof(path), "%s/modules.dep", folder);
	err = bee__read_file(path, &list, &size);
	if (err)
		return err;
	for (const char *line = list; *line; line += *line == '\n') {
		size_t end = strcspn(line, ":\n");

		fn(ctx, line, end);
		line += end + strcspn(line + end, "\n");
	}
	free(list);
	return 0;
}

/* ---- what they have ---------------------------------------------------------------------- */

static int read_btf(const char *path, char **ret_data, size_t *ret_size)
{
	char *image = NULL;
	size_t size;
	Elf *elf;
	int fd = -1, err;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return -EINVAL;
	err = bee__unpack(path, &image, &size);
	if (err == -ENOENT)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	else if (err)
		return err;
	if (!image && fd < 0)
		return -errno;
	elf = image ? elf_memory(image, size) : elf_begin(fd, ELF_C_READ, NULL);
	err = bee__rawbtf_from_elf(elf, (void **)ret_data, ret_size);
	elf_end(elf);
	free(image);
	if (fd >= 0)
		close(fd);
	return err;
}

/*
 * Does a module's BTF build upon this vmlinux's? That of another build refers to places between its
 * names, where these here have letters.
 */
static bool fits_base(const struct bee__rawbtf *part)
{
	const struct bee__rawbtf *base = part->base;

	for (uint32_t n = 1; n < part->len; n++) {
		uint32_t id = bee__btf_own_id(part, n);
		struct btf_type *type = (struct btf_type *)bee__btf_type(part, id);
		struct bee__btf_ref ref = { 0 };

		while (bee__btf_next_ref(type, &ref)) {
			if (!ref.is_name && *ref.value >= base->base_len - 1 + part->len)
				return false;
			if (ref.is_name && *ref.value >= base->base_names_size + part->names_size)
				return false;
			if (ref.is_name && *ref.value && *ref.value < base->base_names_size &&
			    base->names[*ref.value - 1])
				return false;
		}
	}
	return true;
}

static void warn(struct search *search, const struct likely *likely, const char *reason,
		 const char *hint)
{
	struct bee__text text = { 0 };

	bee__text_printf(&text, "the types of module %s cannot be had from its file: %s",
			 likely->name, reason);
	bee__diag(search->bee, &(struct bee_diag){
				       .stage = BEE_STAGE_TYPES,
				       .severity = BEE_WARNING,
				       .text = text.data,
				       .hint = hint,
			       });
	bee__text_free(&text);
}

/* What is compiled from it holds as long as the file is the same. */
static void note_file(struct search *search, const char *path)
{
	char stamp[BEE_STAMP_SIZE];

	if (search->bee->formats && !bee__modfile_stamp(path, stamp))
		bee__wire_put_text(search->bee->formats, BEE_WIRE_FILE, path, stamp);
}

static int join_file(struct search *search, const struct likely *likely, const char *path,
		     char *data, size_t size)
{
	struct bee__rawbtf part;
	int err = 0;

	if (bee__rawbtf_split(search->btf, data, size, &part))
		return 0;
	if (!fits_base(&part)) {
		if (likely->score >= SURE)
			warn(search, likely, "it does not fit the kernel's BTF",
			     "load the module; or start the kernel whose modules are "
			     "installed");
	} else if (bee__modules_has(&part, search->words)) {
		err = bee__modules_join(search->btf, &part, search->words);
		search->added += !err;
		note_file(search, path);
		bee__log(search->bee, BEE_LOG_INFO, "types of module %s: from %s", likely->name,
			 path);
	}
	bee__rawbtf_close(&part);
	return err;
}

static int try_file(struct search *search, const struct likely *likely)
{
	char path[sizeof(search->folder) + sizeof(likely->path) + 1];
	char *data;
	size_t size;
	int err;

	/* Modules may lie elsewhere altogether: then their paths are whole. */
	if (*likely->path == '/')
		snprintf(path, sizeof(path), "%s", likely->path);
	else
		snprintf(path, sizeof(path), "%s/%s", search->folder, likely->path);
	err = read_btf(path, &data, &size);
	if (err == -ELIBACC && likely->score >= SURE)
		warn(search, likely, "it is compressed, and what unpacks it is not installed",
		     bee__unpack_library(path));
	if (err == -ENOMEM)
		return err;
	return err ? 0 : join_file(search, likely, path, data, size);
}

int bee__modfiles_add(struct bee *bee, struct bee__rawbtf *btf, const struct bee__files *files,
		      const struct bee_load_opts *opts, struct bee__words *words, size_t *ret_added)
{
	struct search search = { .bee = bee, .btf = btf, .words = words };
	int err = 0;

	if (!bee__modules_want_any(words) ||
	    !find_folder(bee->btf_path, search.folder, sizeof(search.folder)))
		return 0;
	read_hints(&search, files, opts);
	each_module(search.folder, add_likely, &search);
	for (size_t i = 0; !err && i < search.len && bee__modules_want_any(words); i++)
		err = try_file(&search, &search.list[i]);
	*ret_added += search.added;
	bee__words_free(&search.hints);
	free(search.symbols);
	return err;
}

int bee__modfile_stamp(const char *path, char stamp[BEE_STAMP_SIZE])
{
	struct stat info;

	if (stat(path, &info))
		return -errno;
	snprintf(stamp, BEE_STAMP_SIZE, "%jd %jd.%09ld %ju", (intmax_t)info.st_size,
		 (intmax_t)info.st_mtim.tv_sec, info.st_mtim.tv_nsec, (uintmax_t)info.st_ino);
	return 0;
}

/* ---- whose is a function? ---------------------------------------------------------------- */

struct owner {
	const char *function;
	struct bee__modfile_name *best;
};

static void take_longer(void *ctx, const char *path, size_t path_len)
{
	struct owner *owner = ctx;
	char name[sizeof(owner->best->text)];
	size_t len;

	name_module(path, path_len, name, sizeof(name));
	len = strlen(name);
	if (!strncmp(owner->function, name, len) && owner->function[len] == '_' &&
	    len > strlen(owner->best->text))
		strcpy(owner->best->text, name);
}

bool bee__modfile_of_function(const char *function, struct bee__modfile_name *ret_name)
{
	struct owner owner = { function, ret_name };
	char folder[FOLDER_SIZE], path[sizeof("/sys/module/") + sizeof(ret_name->text)];

	ret_name->text[0] = '\0';
	if (!find_own_folder(folder, sizeof(folder)) || each_module(folder, take_longer, &owner))
		return false;
	snprintf(path, sizeof(path), "/sys/module/%s", ret_name->text);
	return *ret_name->text && access(path, F_OK);
}
