/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What others do with an object: load it with plain libbpf, attach all of it, run a command, and
 * print the first element of its map. usage: libbpf_load OBJECT MAP COMMAND
 */
#include <stdio.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define LINKS_MAX 16

int main(int argc, char **argv)
{
	struct bpf_object *obj = argc == 4 ? bpf_object__open_file(argv[1], NULL) : NULL;
	unsigned long long value = 0;
	struct bpf_link *links[LINKS_MAX];
	struct bpf_program *prog;
	unsigned int key = 0;
	int err, len = 0;

	if (!obj || bpf_object__load(obj))
		return 2;
	bpf_object__for_each_program(prog, obj) {
		if (len == LINKS_MAX)
			return 3;
		links[len] = bpf_program__attach(prog);
		if (!links[len++])
			return 3;
	}
	if (system(argv[3]))
		return 4;
	err = bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(obj, argv[2]), &key, &value);
	printf("%s[0] = %llu\n", argv[2], value);
	while (len)
		bpf_link__destroy(links[--len]);
	bpf_object__close(obj);
	return err ? 5 : 0;
}
