// SPDX-License-Identifier: Apache-2.0
/* Constants that are neither in BTF nor the same everywhere. */
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "facts.h"
#include "internal.h"
#include "wire.h"

/* ---- single facts ------------------------------------------------------------------------ */

static uint64_t version_code(const struct bee__rawbtf *btf)
{
	unsigned int major = 0, minor = 0, patch = 0;
	struct utsname name;

	if (uname(&name))
		return 0;
	sscanf(name.release, "%u.%u.%u", &major, &minor, &patch);
	return (major << 16) + (minor << 8) + (patch > 255 ? 255 : patch);
}

static uint64_t page_size(const struct bee__rawbtf *btf)
{
	return sysconf(_SC_PAGESIZE);
}

/* Those that are online, as BCC counts them. */
static uint64_t num_cpus(const struct bee__rawbtf *btf)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

static uint64_t yes(const struct bee__rawbtf *btf)
{
	return 1;
}

/* The size of a member of a struct of the kernel; 0: it has none of the name. */
static uint64_t member_size(const struct bee__rawbtf *btf, const char *record, const char *name)
{
	for (uint32_t id = 1; id < btf->len; id++) {
		const struct btf_type *type = bee__btf_type(btf, id);
		const struct btf_member *member = bee__btf_members(type);

		if (!bee__btf_is_record(type) || strcmp(bee__btf_name(btf, type->name_off), record))
			continue;
		for (uint32_t i = 0; i < bee__btf_vlen(type); i++, member++)
			if (!strcmp(bee__btf_name(btf, member->name_off), name))
				return bee__btf_size(btf, member->type);
	}
	return 0;
}

/* The name in a dentry was called otherwise before Linux 6.14; its length differs by version. */
static uint64_t short_name_size(const struct bee__rawbtf *btf)
{
	uint64_t size = member_size(btf, "dentry", "d_shortname");

	return size ? size : member_size(btf, "dentry", "d_iname");
}

static const struct fact {
	const char *name;
	uint64_t (*value)(const struct bee__rawbtf *btf);
	bool is_bcc; /* so BCC compiles; libbpf's sources, which have sections, are not told so */
} facts[] = {
	/* So it is on both architectures; not every kernel's configuration can be read. */
	{ "CONFIG_ARCH_HAS_SYSCALL_WRAPPER", yes, false },
	{ "__KERNEL__", yes, true },
	{ "__BPF_TRACING__", yes, true },
	{ "LINUX_VERSION_CODE", version_code, false },
	{ "DNAME_INLINE_LEN", short_name_size, false },
	{ "__bee_page_size", page_size, false },
	{ "__bee_num_cpus", num_cpus, false },
	{ "bpf_target_defined", yes, true },
#if defined(__x86_64__)
	{ "__TARGET_ARCH_x86", yes, false },
	{ "__x86_64__", yes, false },
	{ "bpf_target_x86", yes, true },
#elif defined(__aarch64__)
	{ "__TARGET_ARCH_arm64", yes, false },
	{ "__aarch64__", yes, false },
	{ "bpf_target_arm64", yes, true },
#endif
};

/* ---- the kernel's configuration ----------------------------------------------------------- */

#define PREFIX "CONFIG_"

/* /proc/config.gz, or what distributions put beside the kernel. NULL: neither is there. */
static char *read_config(void)
{
	struct bee__text text = { 0 };
	struct utsname name;
	char path[128], part[4096];
	gzFile file;
	int len;

	file = gzopen("/proc/config.gz", "re");
	if (!file && !uname(&name)) {
		snprintf(path, sizeof(path), "/boot/config-%s", name.release);
		file = gzopen(path, "re");
	}
	if (!file)
		return NULL;
	while ((len = gzread(file, part, sizeof(part))) > 0 && text.len < 4u << 20)
		bee__text_add(&text, part, len);
	gzclose(file);
	if (text.failed)
		bee__text_free(&text);
	return text.data;
}

/* The value of an option, up to the end of its line; NULL: it is not set. */
static const char *find_option(const char *config, const struct bee__word *word)
{
	while (config) {
		if (!strncmp(config, word->text, word->len) && config[word->len] == '=')
			return config + word->len + 1;
		config = strchr(config, '\n');
		config = config ? config + 1 : NULL;
	}
	return NULL;
}

static void print_option(const struct bee__word *word, const char *value, bool is_asked,
			 struct bee__text *out)
{
	int len = word->len, size = strcspn(value, "\n");

	/* As the kernel's own build defines them: an option built as a module has a name of its own. */
	if (*value == 'm')
		bee__text_printf(out, "#define %.*s_MODULE 1\n", len, word->text);
	else if (*value == 'y')
		bee__text_printf(out, "#define %.*s 1\n", len, word->text);
	else
		bee__text_printf(out, "#define %.*s %.*s\n", len, word->text, size, value);
	if (is_asked && (*value == 'm' || *value == 'y'))
		bee__text_printf(out, "#define __bee_on_%.*s 0,\n", len, word->text);
}

/* What the source sees of an option is what another kernel must have too; "n": it is not set. */
static void assume_option(const struct bee__word *word, const char *value, struct bee__text *out)
{
	int size = value ? strcspn(value, "\n") : 1;

	bee__text_printf(out, BEE_ASSUMES_COMMENT "config %.*s %.*s\n", size, value ? value : "n",
			 (int)word->len, word->text);
}

static void print_options(const struct bee__words *words, bool is_portable, struct bee__text *out)
{
	bool is_asked = bee__words_flags(words, "IS_ENABLED"), is_read = false;
	char *config = NULL;

	for (uint32_t i = 0; i < words->len; i++) {
		const struct bee__word *word = &words->list[i];
		const char *value;

		if (word->len < sizeof(PREFIX) || memcmp(word->text, PREFIX, sizeof(PREFIX) - 1) ||
		    word->flags & BEE_WORD_OWN)
			continue;
		if (!is_read)
			config = read_config();
		is_read = true;
		value = config ? find_option(config, word) : NULL;
		if (value)
			print_option(word, value, is_asked, out);
		if (config && is_portable)
			assume_option(word, value, out);
	}
	free(config);
}

void bee__facts_print(const struct bee__words *words, const struct bee__rawbtf *btf,
		      bool is_portable, struct bee__text *out)
{
	if (is_portable)
		bee__text_printf(out, BEE_ASSUMES_COMMENT "arch %s the machine\n",
				 bee__fact_machine());
	for (size_t i = 0; i < BEE_LEN(facts); i++) {
		uint32_t flags = bee__words_flags(words, facts[i].name);
		uint64_t value;

		if (!flags || flags & BEE_WORD_OWN || (facts[i].is_bcc && !words->is_kernel))
			continue;
		value = facts[i].value(btf);
		if (value)
			bee__text_printf(out, "#define %s %llu\n", facts[i].name,
					 (unsigned long long)value);
		if (value && is_portable && facts[i].value != yes)
			bee__text_printf(out, BEE_ASSUMES_COMMENT "define %llu %s\n",
					 (unsigned long long)value, facts[i].name);
	}
	print_options(words, is_portable, out);
}

/* ---- single facts, asked for by name ------------------------------------------------------ */

bool bee__facts_have(const char *name)
{
	for (size_t i = 0; i < BEE_LEN(facts); i++)
		if (!strcmp(facts[i].name, name))
			return true;
	return false;
}

int bee__fact(const char *name, const struct bee__rawbtf *btf, char *buf, size_t size)
{
	for (size_t i = 0; i < BEE_LEN(facts); i++) {
		uint64_t value;

		if (strcmp(facts[i].name, name))
			continue;
		value = facts[i].value(btf);
		snprintf(buf, size, "%llu", (unsigned long long)value);
		return value ? 0 : -ENOENT;
	}
	return -ENOENT;
}

int bee__fact_option(const char *name, char *buf, size_t size)
{
	const struct bee__word word = { .text = name, .len = strlen(name) };
	char *config = read_config();
	const char *value = config ? find_option(config, &word) : NULL;

	snprintf(buf, size, "%.*s", value ? (int)strcspn(value, "\n") : 1, value ? value : "n");
	free(config);
	return config ? 0 : -ENOENT;
}

const char *bee__fact_machine(void)
{
#if defined(__x86_64__)
	return "x86_64";
#elif defined(__aarch64__)
	return "aarch64";
#else
	return "unknown";
#endif
}
