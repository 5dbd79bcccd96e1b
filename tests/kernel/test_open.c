/* SPDX-License-Identifier: Apache-2.0 */
/* Maps that are in the kernel already, opened by pin and by id. bpftool pins, makes and reads them. */
#include <linux/bpf.h>
#include <sys/wait.h>

#include <bpf/bpf.h>

#include "support.h"

#define SOURCE                                                 \
	"struct pair { u32 count; s16 low; char name[6]; };\n" \
	"BPF_HASH(pairs, u32, struct pair, 8);\n"              \
	"BPF_PERCPU_ARRAY(cells, u64, 3);\n"                   \
	"u64 hits = 7; int level;\n"                           \
	"SEC(\"socket\") int count(struct __sk_buff *skb) { level++; return hits++; }\n"

struct pair {
	uint32_t count;
	int16_t low;
	char name[6];
};

static char pin[64];

static const char *pin_path(void)
{
	snprintf(pin, sizeof(pin), "/sys/fs/bpf/open-test-%d", getpid());
	return pin;
}

static uint32_t id_of(int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	return info.id;
}

/* bpftool has the last word; it says nothing when all is well. */
static void bpftool(const char *words)
{
	char *text = output_of("bpftool %s 2>&1", words);

	assert_string_equal(text, "");
	free(text);
}

static struct bee_map *open_map(struct bee *bee, const char *which)
{
	struct bee_map *map = NULL;

	check_err(bee, bee_map_open(bee, which, &map), 0);
	return map;
}

static void a_pinned_map_has_its_types(void **state)
{
	struct pair pair = { .count = 3, .low = -2, .name = "abc" };
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, SOURCE);
	char words[128], *text;
	struct bee_map *map;
	uint32_t key = 5;

	snprintf(words, sizeof(words), "map pin id %u %s",
		 id_of(bee_map_fd(find_map(mod, "pairs"))), pin_path());
	bpftool(words);
	bee_module_close(mod);
	map = open_map(bee, pin);
	assert_null(bee_diag_next(bee, NULL));
	assert_string_equal(bee_map_name(map), "pairs");
	assert_string_equal(bee_map_kind(map), "hash");
	assert_int_equal(bee_map_max_entries(map), 8);
	assert_int_equal(bee_map_key_type(map)->kind, BEE_KIND_INT);
	assert_string_equal(bee_map_value_type(map)->name, "pair");
	assert_true(bee_field_find(bee_map_value_type(map), "low")->type->is_signed);
	assert_ptr_equal(bee_type_find(bee_map_module(map), "pair"), bee_map_value_type(map));
	assert_int_equal(bee_map_update(map, &key, &pair, BPF_ANY), 0);
	text = output_of("bpftool map dump pinned %s | tr -d ' \\n\\t'", pin);
	assert_non_null(strstr(text, "\"key\":5"));
	assert_non_null(strstr(text, "\"count\":3,\"low\":-2,\"name\":\"abc\""));
	free(text);
	assert_int_equal(bee_map_clear(map), 0);
	assert_int_equal(bee_map_lookup(map, &key, &pair), -ENOENT);
	bee_map_close(map);
	unlink(pin);
}

static void a_map_without_types_is_bytes_and_says_so(void **state)
{
	struct bee *bee = bee_of(state);
	char words[160], which[80];
	struct bee_map *map;
	uint64_t value = 0;
	uint32_t key = 1;

	snprintf(words, sizeof(words), "map create %s type hash key 4 value 8 entries 4 name plain",
		 pin_path());
	bpftool(words);
	snprintf(words, sizeof(words),
		 "map update pinned %s key hex 1 0 0 0 value hex 9 0 0 0 0 0 0 0", pin);
	bpftool(words);
	snprintf(which, sizeof(which), "pinned:%s", pin);
	map = open_map(bee, which);
	check_says(bee, "map 'plain': keys and values are raw bytes: the kernel holds no type");
	assert_int_equal(bee_diag_next(bee, NULL)->severity, BEE_WARNING);
	assert_int_equal(bee_map_key_type(map)->kind, BEE_KIND_BYTES);
	assert_int_equal(bee_map_value_type(map)->size, 8);
	assert_int_equal(bee_map_lookup(map, &key, &value), 0);
	assert_int_equal(value, 9);
	unlink(pin);
	/* What stays open is the runtime's, and closes with it. */
}

/* The map of global variables, among those of a program. */
static void variables_of_a_program_are_fields(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, SOURCE);
	uint32_t ids[8] = { 0 }, size, key = 0;
	struct bpf_prog_info info = { .map_ids = (uintptr_t)ids, .nr_map_ids = LEN(ids) };
	const struct bee_field *field = NULL;
	struct bee_map *map = NULL;
	char which[32], value[64];
	int64_t hits;

	size = sizeof(info);
	assert_int_equal(bpf_obj_get_info_by_fd(bee_program_fd(bee_program_find(mod, "count")),
						&info, &size),
			 0);
	for (uint32_t i = 0; i < info.nr_map_ids && !field; i++) {
		bee_map_close(map);
		snprintf(which, sizeof(which), "id:%u", ids[i]);
		map = open_map(bee, which);
		field = bee_field_find(bee_map_value_type(map), "hits");
	}
	assert_non_null(field);
	assert_true(bee_map_value_size(map) <= sizeof(value));
	assert_int_equal(bee_map_lookup(map, &key, value), 0);
	assert_int_equal(bee_field_get_int(field, value, &hits), 0);
	assert_int_equal(hits, 7);
	bee_map_close(map);
}

static void values_of_all_cpus_are_there(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_map *cells = find_map(load(bee, SOURCE), "cells"), *map;
	uint64_t values[1024] = { 4, 4 }, sum;
	uint32_t key = 2;
	char which[32];

	snprintf(which, sizeof(which), "id:%u", id_of(bee_map_fd(cells)));
	map = open_map(bee, which);
	assert_int_equal(bee_map_cpus(map), bee_map_cpus(cells));
	assert_true(bee_map_cpus(map) <= LEN(values));
	assert_int_equal(bee_map_update(map, &key, values, BPF_ANY), 0);
	memset(values, 0, sizeof(values));
	assert_int_equal(bee_map_lookup(cells, &key, values), 0);
	bee_map_sum(map, values, &sum);
	assert_int_equal(sum, bee_map_cpus(map) > 1 ? 8 : 4);
	/* Those of a module close with it: this does nothing. */
	bee_map_close(cells);
	assert_int_equal(bee_map_lookup(cells, &key, values), 0);
	bee_map_close(map);
	bee_map_close(NULL);
}

static void check_fails(struct bee *bee, const char *which, int err, const char *part)
{
	struct bee_map *map;

	check_err(bee, bee_map_open(bee, which, &map), err);
	check_says(bee, part);
}

static void what_is_no_map_says_so(void **state)
{
	struct bee *bee = bee_of(state);
	struct bee_module *mod = load(bee, SOURCE);

	check_fails(bee, "/sys/fs/bpf/no-such-pin", -ENOENT, "/sys/fs/bpf/no-such-pin");
	check_fails(bee, "/proc/self/status", -EINVAL, "/proc/self/status is no pinned map");
	check_fails(bee, "id:4294967295", -ENOENT, "no map of id 4294967295");
	check_fails(bee, "id:x", -EINVAL, "'x' is no id");
	check_fails(bee, "id:", -EINVAL, "is no id");
	check_fails(bee, "id:99999999999", -EINVAL, "is no id");
	assert_int_equal(bpf_obj_pin(bee_program_fd(bee_program_find(mod, "count")), pin_path()),
			 0);
	check_fails(bee, pin, -EINVAL, "is no pinned map");
	unlink(pin);
}

/* As nobody, in a child: the errno of what has a hint; 0: another end. */
static int open_as_nobody(struct bee *bee, const char *which)
{
	struct bee_map *map;
	int status, pid = fork();

	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(0);
		status = -bee_map_open(bee, which, &map);
		_exit(bee_diag_next(bee, NULL) && *bee_diag_next(bee, NULL)->hint ? status : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void without_privilege_it_is_refused(void **state)
{
	struct bee *bee = bee_of(state);
	int fd = bee_map_fd(find_map(load(bee, SOURCE), "pairs"));
	char which[32];
	int err;

	snprintf(which, sizeof(which), "id:%u", id_of(fd));
	assert_int_equal(open_as_nobody(bee, which), EPERM);
	assert_int_equal(bpf_obj_pin(fd, pin_path()), 0);
	err = open_as_nobody(bee, pin);
	unlink(pin);
	assert_true(err == EACCES || err == EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pinned_map_has_its_types),
		TEST(a_map_without_types_is_bytes_and_says_so),
		TEST(variables_of_a_program_are_fields),
		TEST(values_of_all_cpus_are_there),
		TEST(what_is_no_map_says_so),
		TEST(without_privilege_it_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
