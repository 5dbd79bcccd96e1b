/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that are made for tc and ip: struct bpf_elf_map in a section "maps", sections of free text. */
#include <sys/stat.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "support.h"
#include "wire.h"

#define GLOBALS "/sys/fs/bpf/tc/globals"

/* What such sources have, without any help of a prelude. */
#define PLAIN                                                                                  \
	"typedef unsigned int u32;\n"                                                          \
	"typedef unsigned long long u64;\n"                                                    \
	"struct bpf_elf_map { u32 type, size_key, size_value, max_elem, flags, id, pinning,\n" \
	"	inner_id, inner_idx; };\n"                                                           \
	"#define SECTION(name) __attribute__((section(name), used))\n"                         \
	"#define MAP SECTION(\"maps\") struct bpf_elf_map\n"                                   \
	"static void *(*lookup)(void *map, const void *key) = (void *)1;\n"                    \
	"char gpl[] SECTION(\"license\") = \"GPL\";\n"

#define COUNTER                                                                           \
	"SECTION(\"some words\") int count(void *ctx)\n"                                  \
	"{ u32 k = 1; u64 *v = lookup(&counts, &k); if (v) __sync_fetch_and_add(v, 1);\n" \
	"return -1; }\n"

/* An object by clang. The caller frees *ret_elf. */
static size_t compile(const char *source, const char *flags, char **ret_elf)
{
	char path[] = "/tmp/bee-legacy-XXXXXX", object[64];
	int fd = mkstemp(path);
	FILE *file;
	size_t size;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, source, strlen(source)), strlen(source));
	close(fd);
	snprintf(object, sizeof(object), "%s.o", path);
	free(output_of("clang-19 -target bpf -O2 %s -x c -c -o %s %s 2>&1", flags, object, path));
	file = fopen(object, "rb");
	assert_non_null(file);
	*ret_elf = malloc(1 << 20);
	size = fread(*ret_elf, 1, 1 << 20, file);
	fclose(file);
	unlink(path);
	unlink(object);
	return size;
}

static int load_elf(struct bee *bee, const char *elf, size_t size, const char *program,
		    const char *target, struct bee_module **ret_mod)
{
	struct bee_wish wish = { .program = program, .target = target };
	struct bee_load_opts opts = { .size = sizeof(opts),
				      .wishes = &wish,
				      .wishes_len = program != NULL };

	return bee_load_object(bee, elf, size, &opts, ret_mod);
}

static int load_source(struct bee *bee, const char *source, const char *flags, const char *program,
		       const char *target, struct bee_module **ret_mod)
{
	char *elf;
	size_t size = compile(source, flags, &elf);
	int err = load_elf(bee, elf, size, program, target, ret_mod);

	free(elf);
	return err;
}

static uint64_t value_at(struct bee_module *mod, const char *map, uint32_t key)
{
	uint64_t value = 0;

	assert_int_equal(bee_map_lookup(find_map(mod, map), &key, &value), 0);
	return value;
}

static void check_counts(struct bee *bee, const char *source, const char *flags)
{
	struct bee_module *mod = NULL;
	struct bee_map *map;

	check_err(bee, load_source(bee, source, flags, "count", "tc:bee0:ingress", &mod), 0);
	map = find_map(mod, "counts");
	assert_string_equal(bee_map_kind(map), "array");
	assert_int_equal(bee_map_max_entries(map), 3);
	attach(bee, mod, 1);
	wire_send_here(4);
	assert_true(value_at(mod, "counts", 1) >= 4);
	assert_int_equal(value_at(mod, "counts", 0), 0);
	bee_module_close(mod);
}

static void an_object_of_tcs_is_loaded(void **state)
{
	static const char source[] = PLAIN
		"MAP counts = { .type = 2, .size_key = 4, .size_value = 8, .max_elem = 3 };\n" COUNTER;

	check_counts(bee_of(state), source, "-g");
	check_counts(bee_of(state), source, ""); /* without types */
}

static void an_object_of_the_first_libbpf_is_loaded(void **state)
{
	check_counts(
		bee_of(state),
		PLAIN
		"struct bpf_map_def { u32 type, key_size, value_size, max_entries, flags; };\n"
		"SECTION(\"maps\") struct bpf_map_def other =\n"
		"	{ .type = 1, .key_size = 4, .value_size = 4, .max_entries = 9 };\n"
		"SECTION(\"maps\") struct bpf_map_def counts =\n"
		"	{ .type = 2, .key_size = 4, .value_size = 8, .max_entries = 3 };\n" COUNTER,
		"-g");
}

static void a_source_of_that_style_compiles(void **state)
{
	static const char source[] =
		"#include <iproute2/bpf_elf.h>\n"
		"struct bpf_elf_map __section(\"maps\") counts = {\n"
		"	.type = BPF_MAP_TYPE_HASH, .size_key = sizeof(u32), .size_value = sizeof(u64),\n"
		"	.max_elem = 8 };\n"
		"BPF_ANNOTATE_KV_PAIR(counts, u32, u64);\n"
		"struct bpf_elf_map __section_maps jumps = {\n"
		"	.type = BPF_MAP_TYPE_PROG_ARRAY, .size_key = 4, .size_value = 4, .max_elem = 3,\n"
		"	.id = 7 };\n"
		"struct bpf_elf_map __section_maps inner = {\n"
		"	.type = BPF_MAP_TYPE_ARRAY, .size_key = 4, .size_value = 8, .max_elem = 1,\n"
		"	.id = 9, .inner_idx = 1 };\n"
		"struct bpf_elf_map __section_maps outer = {\n"
		"	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .size_key = 4, .size_value = 4,\n"
		"	.max_elem = 2, .inner_id = 9 };\n"
		"__section_tail(7, 2) int called(struct __sk_buff *ctx)\n"
		"{\n"
		"	u32 at = 1, zero = 0;\n"
		"	u64 one = 1, *value;\n"
		"	void *in = bpf_map_lookup_elem(&outer, &at);\n"
		"	bpf_map_update_elem(&counts, &at, &one, 0);\n"
		"	value = in ? bpf_map_lookup_elem(in, &zero) : NULL;\n"
		"	if (value) __sync_fetch_and_add(value, 1);\n"
		"	return TC_ACT_UNSPEC;\n"
		"}\n"
		"__section(\"my way in\") int entry(struct __sk_buff *ctx)\n"
		"{ bpf_tail_call(ctx, &jumps, 2); return TC_ACT_UNSPEC; }\n"
		"BPF_LICENSE(\"GPL\");\n";
	const struct bee_wish wish = { .program = "entry", .target = "tc:bee0:ingress" };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	check_err(bee, try_load_wishes(bee, source, &wish, 1, &mod), 0);
	assert_int_equal(bee_map_key_type(find_map(mod, "counts"))->kind, BEE_KIND_INT);
	attach(bee, mod, 1);
	wire_send_here(3);
	assert_int_equal(value_at(mod, "counts", 1), 1);
	assert_true(value_at(mod, "inner", 0) >= 3);
}

/* gobpf's struct ends in a name, below which its maps are pinned. Each map has a section of its own. */
static void a_source_for_gobpf_is_loaded(void **state)
{
	static const char form[] =
		"struct bpf_map_def { u32 type, key_size, value_size, max_entries, flags, pinning;\n"
		"	char namespace[256]; };\n"
		"struct bpf_map_def SEC(\"maps/plain\") plain = {\n"
		"	.type = BPF_MAP_TYPE_HASH, .key_size = sizeof(u32), .value_size = 1,\n"
		"	.max_entries = 5 };\n"
		"struct bpf_map_def SEC(\"maps/counts\") counts = {\n"
		"	.type = BPF_MAP_TYPE_ARRAY, .key_size = sizeof(u32), .value_size = sizeof(u64),\n"
		"	.max_entries = 3, .pinning = %d, .namespace = \"%s\" };\n"
		"SEC(\"tc\") int count(struct __sk_buff *skb)\n"
		"{ u32 k = 1; u64 *v = bpf_map_lookup_elem(&counts, &k);\n"
		"if (v && !bpf_map_lookup_elem(&plain, &k)) __sync_fetch_and_add(v, 1);\n"
		"return TC_ACT_UNSPEC; }\n";
	const struct bee_wish wish = { .program = "count", .target = "tc:bee0:ingress" };
	char source[2048], space[32], path[128];
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	int fd;

	snprintf(space, sizeof(space), "bee-gobpf-%d", getpid());
	snprintf(path, sizeof(path), "/sys/fs/bpf/%s/globals/counts", space);
	snprintf(source, sizeof(source), form, 2, space);
	check_err(bee, try_load_wishes(bee, source, &wish, 1, &mod), 0);
	fd = bpf_obj_get(path);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	assert_true(fd >= 0);
	close(fd);
	assert_string_equal(bee_map_kind(find_map(mod, "plain")), "hash");
	assert_int_equal(bee_map_max_entries(find_map(mod, "plain")), 5);
	attach(bee, mod, 1);
	wire_send_here(3);
	assert_true(value_at(mod, "counts", 1) >= 3);

	snprintf(source, sizeof(source), form, 1, space);
	check_err(bee, try_load_wishes(bee, source, &wish, 1, &mod), -ENOTSUP);
	check_says(bee, "map 'counts': pinning 1 is up to the one who loads it");
}

/* ---- pins -------------------------------------------------------------------------------- */

static void a_global_pin_is_shared(void **state)
{
	char source[2048], path[128], name[32];
	struct bee *bee = bee_of(state);
	struct bee_module *first = NULL, *second = NULL;
	int fd;

	snprintf(name, sizeof(name), "net%d", getpid());
	snprintf(path, sizeof(path), GLOBALS "/%s", name);
	snprintf(
		source, sizeof(source),
		PLAIN
		"MAP %s = { .type = 2, .size_key = 4, .size_value = 8, .max_elem = 3, .pinning = 2 };\n"
		"#define counts %s\n" COUNTER,
		name, name);
	check_err(bee, load_source(bee, source, "-g", "count", "tc:bee0:ingress", &first), 0);
	fd = bpf_obj_get(path);
	check_err(bee, load_source(bee, source, "", "count", "tc:bee0:egress", &second), 0);
	unlink(path);
	assert_true(fd >= 0);
	close(fd);
	attach(bee, first, 1);
	wire_send_here(2);
	assert_true(value_at(first, name, 1) >= 2);
	assert_int_equal(value_at(first, name, 1), value_at(second, name, 1));
}

/* The kernel tells of a pinned map's types by their numbers, which are those of another object. */
static void who_joins_a_pin_has_types_of_its_own(void **state)
{
	static const char pair[] =
		"struct pair { u32 first, second; };\n"
		"struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 2); __type(key, u32);\n"
		"	__type(value, struct pair); } net SEC(\".maps\");\n";
	char path[64], longer[1024];
	struct bee_map_wish wish = { .map = "net", .pin = path };
	struct bee_load_opts opts = { .size = sizeof(opts),
				      .map_wishes = &wish,
				      .map_wishes_len = 1 };
	struct bee_source source = { .size = sizeof(source), .text = pair };
	struct bee *bee = bee_of(state);
	struct bee_module *first = NULL, *second = NULL;
	int err;

	snprintf(path, sizeof(path), "/sys/fs/bpf/bee-net-%d", getpid());
	snprintf(longer, sizeof(longer), "BPF_HASH(other, u8, u16);\n%s", pair);
	check_err(bee, bee_load(bee, &source, &opts, &first), 0);
	source.text = longer;
	err = bee_load(bee, &source, &opts, &second);
	unlink(path);
	check_err(bee, err, 0);
	assert_int_equal(bee_map_key_type(find_map(second, "net"))->kind, BEE_KIND_INT);
	assert_string_equal(bee_map_value_type(find_map(second, "net"))->name, "pair");
}

/* iproute2 names the folder by the SHA-1 of the object's file. */
static void an_objects_own_pin_is_where_tc_looks(void **state)
{
	static const char source[] = PLAIN
		"MAP counts = { .type = 2, .size_key = 4, .size_value = 8, .max_elem = 3, .pinning = 1 };\n" COUNTER;
	char *elf, *digest, file[64], path[256];
	size_t size = compile(source, "-g", &elf);
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;
	FILE *out;
	int fd;

	snprintf(file, sizeof(file), "/tmp/bee-digest-%d", getpid());
	out = fopen(file, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(elf, 1, size, out), size);
	fclose(out);
	digest = output_of("sha1sum %s | cut -c1-40 | tr -d '\\n'", file);
	unlink(file);
	check_err(bee, load_elf(bee, elf, size, "count", "tc:bee0:ingress", &mod), 0);
	snprintf(path, sizeof(path), "/sys/fs/bpf/tc/%s/counts", digest);
	fd = bpf_obj_get(path);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	assert_true(fd >= 0);
	close(fd);
	free(digest);
	free(elf);
}

/* ---- bad input --------------------------------------------------------------------------- */

static void check_refused(struct bee *bee, const char *maps, const char *code, int want,
			  const char *says)
{
	struct bee_module *mod = NULL;
	char source[4096];

	snprintf(source, sizeof(source), PLAIN "%s%s", maps, code);
	check_err(bee, load_source(bee, source, "-g", "count", "tc:bee0:ingress", &mod), want);
	check_says(bee, says);
}

#define COUNTS "MAP counts = { .type = 2, .size_key = 4, .size_value = 8, .max_elem = 3 };\n"

static void what_cannot_be_is_told(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = NULL;

	check_refused(
		bee,
		COUNTS
		"MAP outer = { .type = 12, .size_key = 4, .size_value = 4, .max_elem = 1, .inner_id = 5 };\n",
		COUNTER, -EINVAL,
		"map 'outer': no map has the id 5, which its maps are to be like");
	check_refused(bee, COUNTS, COUNTER "SECTION(\"3/0\") int tail(void *ctx) { return 0; }\n",
		      -ENOENT,
		      "program 'tail': no array of programs has the id 3 of its section '3/0'");
	check_refused(bee, COUNTS "SECTION(\"maps\") u64 odd = 1;\n", COUNTER, -EINVAL,
		      "the object's section \"maps\"");
	check_refused(
		bee,
		"MAP counts = { .type = 2, .size_key = 4, .size_value = 8, .max_elem = 3, .pinning = 6 };\n",
		COUNTER, -ENOTSUP, "pinning 6 is a name of /etc/iproute2/bpf_pinning");
	check_err(bee, load_source(bee, PLAIN COUNTS COUNTER, "-g", NULL, NULL, &mod), -EINVAL);
	check_says(bee, "program 'count': section 'some words' is of no known program type");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_object_of_tcs_is_loaded),
		TEST(an_object_of_the_first_libbpf_is_loaded),
		TEST(a_source_of_that_style_compiles),
		TEST(a_source_for_gobpf_is_loaded),
		TEST(a_global_pin_is_shared),
		TEST(who_joins_a_pin_has_types_of_its_own),
		TEST(an_objects_own_pin_is_where_tc_looks),
		TEST(what_cannot_be_is_told),
	};

	return cmocka_run_group_tests(tests, wire_open, wire_close);
}
