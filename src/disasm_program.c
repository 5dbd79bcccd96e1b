// SPDX-License-Identifier: Apache-2.0
/* The functions of a program in the kernel: as the verifier left it, or as machine code. */
#include <linux/bpf.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "disasm.h"

#define CALL_BASE "__bpf_call_base" /* what the kernel counts the addresses of helpers from */

struct map_name {
	uint32_t id;
	char name[BPF_OBJ_NAME_LEN];
};

struct program {
	int fd;
	struct bpf_prog_info info; /* its pointers lead to memory of our own */
	struct btf *btf;
	struct map_name *maps;
	struct bee__ksym *symbols; /* of what it calls, sorted by address */
	size_t symbols_len;
	uint64_t call_base;
};

/* ---- which program ------------------------------------------------------------------------ */

static int open_id(struct bee *bee, uint32_t id)
{
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return bee__fail(bee, BEE_STAGE_LOAD, fd, "cannot open program %u: %s", id,
				 strerror(-fd));
	return fd;
}

/* The kernel keeps the first 15 letters of a name. */
static bool has_name(uint32_t id, const char *name)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id), err;

	if (fd < 0)
		return false;
	err = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	return !err && !strncmp(info.name, name, sizeof(info.name) - 1);
}

static int open_name(struct bee *bee, const char *name)
{
	struct bee__text ids = { 0 };
	uint32_t id = 0, found = 0;
	int len = 0, err;

	while (!(err = bpf_prog_get_next_id(id, &id))) {
		if (!has_name(id, name))
			continue;
		found = id;
		bee__text_printf(&ids, "%s%u", len++ ? ", " : "", id);
	}
	if (err != -ENOENT)
		err = bee__fail(bee, BEE_STAGE_LOAD, err, "cannot list programs: %s",
				strerror(-err));
	else if (!len)
		err = bee__fail(bee, BEE_STAGE_LOAD, -ENOENT, "no program is called '%s'", name);
	else if (len > 1)
		err = bee__fail(bee, BEE_STAGE_LOAD, -EEXIST,
				"several programs are called '%s': say one of the ids %s", name,
				ids.data ? ids.data : "");
	else
		err = open_id(bee, found);
	bee__text_free(&ids);
	return err;
}

static int open_pinned(struct bee *bee, const char *path)
{
	int fd = bpf_obj_get(path);

	if (fd >= 0)
		return fd;
	bee__fail(bee, BEE_STAGE_LOAD, fd, "cannot open what is pinned at %s: %s", path,
		  strerror(-fd));
	bee__hint(bee, "a pin is a file of the BPF filesystem, which is mounted at /sys/fs/bpf");
	return fd;
}

static int open_fd(struct bee *bee, const char *text)
{
	int fd = dup(atoi(text));

	if (fd < 0)
		return bee__fail(bee, BEE_STAGE_LOAD, -errno, "fd %s: %s", text, strerror(errno));
	return fd;
}

static int open_program(struct bee *bee, const char *which)
{
	const char *rest = strchr(which, ':');
	size_t len = rest ? (size_t)(rest - which) : 0;

	rest = rest ? rest + 1 : NULL;
	if (len == 2 && !strncmp(which, "id", len))
		return open_id(bee, strtoul(rest, NULL, 10));
	if (len == 4 && !strncmp(which, "name", len))
		return open_name(bee, rest);
	if (len == 6 && !strncmp(which, "pinned", len))
		return open_pinned(bee, rest);
	if (len == 2 && !strncmp(which, "fd", len))
		return open_fd(bee, rest);
	bee__fail(bee, BEE_STAGE_LOAD, -EINVAL, "'%s' says no program", which);
	bee__hint(bee, "say id:N, name:NAME, pinned:PATH or fd:N");
	return -EINVAL;
}

/* ---- what the kernel tells ----------------------------------------------------------------- */

// clang-format off
/* The arrays of bpf_prog_info: where their lengths and pointers are, and how large their elements. */
#define ARRAY(field, len, size, size_field) \
	{ offsetof(struct bpf_prog_info, field), offsetof(struct bpf_prog_info, len), size, size_field }
static const struct array {
	size_t pointer, len;
	uint32_t size;
	size_t size_field;	/* where the size of an element is told; 0: nowhere */
} arrays[] = {
	ARRAY(xlated_prog_insns, xlated_prog_len, 1, 0),
	ARRAY(jited_prog_insns, jited_prog_len, 1, 0),
	ARRAY(map_ids, nr_map_ids, 4, 0),
	ARRAY(jited_ksyms, nr_jited_ksyms, 8, 0),
	ARRAY(jited_func_lens, nr_jited_func_lens, 4, 0),
	ARRAY(func_info, nr_func_info, 0, offsetof(struct bpf_prog_info, func_info_rec_size)),
	ARRAY(line_info, nr_line_info, 0, offsetof(struct bpf_prog_info, line_info_rec_size)),
	ARRAY(jited_line_info, nr_jited_line_info, 0,
	      offsetof(struct bpf_prog_info, jited_line_info_rec_size)),
};
// clang-format on

static uint32_t *info_word(struct bpf_prog_info *info, size_t offset)
{
	return (uint32_t *)((char *)info + offset);
}

static void free_arrays(struct bpf_prog_info *info)
{
	for (size_t i = 0; i < BEE_LEN(arrays); i++) {
		uint64_t *pointer = (uint64_t *)((char *)info + arrays[i].pointer);

		free((void *)(uintptr_t)*pointer);
		*pointer = 0;
	}
}

/* Ask twice: for the lengths, then for the arrays. */
static int read_info(struct program *prog)
{
	struct bpf_prog_info asked = { 0 };
	uint32_t size = sizeof(asked);
	int err = bpf_obj_get_info_by_fd(prog->fd, &asked, &size);

	for (size_t i = 0; !err && i < BEE_LEN(arrays); i++) {
		const struct array *array = &arrays[i];
		uint32_t len = *info_word(&asked, array->len), each = array->size;
		void *data;

		if (array->size_field)
			each = *info_word(&asked, array->size_field);
		data = calloc(len + 1, each ? each : 1);
		if (!data)
			err = -ENOMEM;
		*info_word(&prog->info, array->len) = len;
		if (array->size_field)
			*info_word(&prog->info, array->size_field) = each;
		*(uint64_t *)((char *)&prog->info + array->pointer) = (uintptr_t)data;
	}
	size = sizeof(prog->info);
	return err ?: bpf_obj_get_info_by_fd(prog->fd, &prog->info, &size);
}

static int read_maps(struct program *prog)
{
	const uint32_t *ids = (void *)(uintptr_t)prog->info.map_ids;

	prog->maps = calloc(prog->info.nr_map_ids + 1, sizeof(*prog->maps));
	if (!prog->maps)
		return -ENOMEM;
	for (uint32_t i = 0; i < prog->info.nr_map_ids; i++) {
		struct bpf_map_info info = { 0 };
		uint32_t size = sizeof(info);
		int fd = bpf_map_get_fd_by_id(ids[i]);

		prog->maps[i].id = ids[i];
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
			memcpy(prog->maps[i].name, info.name, sizeof(info.name));
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

/* ---- functions ---------------------------------------------------------------------------- */

static const char *array_at(const struct program *prog, uint64_t array, uint32_t size, uint32_t i)
{
	return (const char *)(uintptr_t)array + (size_t)size * i;
}

/* The name of the i-th function, by its BTF; else that of the program. */
static const char *function_name(const struct program *prog, uint32_t i)
{
	const struct btf_type *type = NULL;
	struct bpf_func_info func;

	if (prog->btf && i < prog->info.nr_func_info &&
	    prog->info.func_info_rec_size >= sizeof(func)) {
		memcpy(&func,
		       array_at(prog, prog->info.func_info, prog->info.func_info_rec_size, i),
		       sizeof(func));
		type = btf__type_by_id(prog->btf, func.type_id);
	}
	return type ? btf__name_by_offset(prog->btf, type->name_off) : prog->info.name;
}

static uint32_t function_start(const struct program *prog, uint32_t i)
{
	struct bpf_func_info func = { 0 };

	if (i >= prog->info.nr_func_info)
		return i ? prog->info.xlated_prog_len : 0;
	if (prog->info.func_info_rec_size >= sizeof(func))
		memcpy(&func,
		       array_at(prog, prog->info.func_info, prog->info.func_info_rec_size, i),
		       sizeof(func));
	return func.insn_off * sizeof(struct bpf_insn);
}

/* offset: of each line from the function's start, by the instruction or by the machine's address. */
static int add_lines(const struct program *prog, struct bee__function *fn, bool is_jited)
{
	const uint64_t *addresses = (void *)(uintptr_t)prog->info.jited_line_info;
	uint32_t len = prog->info.nr_line_info, size = prog->info.line_info_rec_size;
	int err = 0;

	if (!prog->btf || size < sizeof(struct bpf_line_info) ||
	    (is_jited && prog->info.nr_jited_line_info < len))
		return 0;
	for (uint32_t i = 0; !err && i < len; i++) {
		struct bpf_line_info info;
		const char *file, *source;
		uint64_t at;

		memcpy(&info, array_at(prog, prog->info.line_info, size, i), sizeof(info));
		at = is_jited ? addresses[i] : info.insn_off * sizeof(struct bpf_insn);
		if (at < fn->start || at >= fn->start + fn->size)
			continue;
		file = btf__name_by_offset(prog->btf, info.file_name_off);
		source = btf__name_by_offset(prog->btf, info.line_off);
		err = bee__disasm_line(fn, &(struct bee__line){
						   .offset = at - fn->start,
						   .file = file ? file : "",
						   .source = source ? source : "",
						   .line = BPF_LINE_INFO_LINE_NUM(info.line_col),
						   .column = BPF_LINE_INFO_LINE_COL(info.line_col),
					   });
	}
	return err;
}

static int add_xlated(struct bee__disasm *dis, const struct program *prog)
{
	const char *code = (const char *)(uintptr_t)prog->info.xlated_prog_insns;
	uint32_t len = prog->info.nr_func_info ? prog->info.nr_func_info : 1;
	int err = 0;

	if (!prog->info.xlated_prog_len || !code)
		return bee__fail(dis->bee, BEE_STAGE_LOAD, -EPERM,
				 "the kernel does not show the program's code to this process");
	for (uint32_t i = 0; !err && i < len; i++) {
		uint32_t start = function_start(prog, i), end = function_start(prog, i + 1);
		struct bee__function *fn;

		if (start >= end || end > prog->info.xlated_prog_len)
			continue;
		fn = bee__disasm_add(dis, function_name(prog, i), code + start, end - start, start);
		err = fn ? add_lines(prog, fn, false) : -ENOMEM;
	}
	return err;
}

static int add_jited(struct bee__disasm *dis, const struct program *prog)
{
	const char *code = (const char *)(uintptr_t)prog->info.jited_prog_insns;
	const uint64_t *addresses = (void *)(uintptr_t)prog->info.jited_ksyms;
	const uint32_t *sizes = (void *)(uintptr_t)prog->info.jited_func_lens;
	uint32_t at = 0;
	int err = 0;

	if (!prog->info.jited_prog_len) {
		err = bee__fail(dis->bee, BEE_STAGE_LOAD, -EOPNOTSUPP,
				"the kernel gives no machine code of this program");
		bee__hint(dis->bee, "it is not JITed (net.core.bpf_jit_enable), or hidden from "
				    "this process (kernel.kptr_restrict)");
		return err;
	}
	for (uint32_t i = 0; !err && i < prog->info.nr_jited_func_lens; i++) {
		struct bee__function *fn;

		if (sizes[i] > prog->info.jited_prog_len - at)
			break;
		fn = bee__disasm_add(dis, function_name(prog, i), code + at, sizes[i],
				     i < prog->info.nr_jited_ksyms ? addresses[i] : 0);
		err = fn ? add_lines(prog, fn, true) : -ENOMEM;
		at += sizes[i];
	}
	return err;
}

/* ---- names -------------------------------------------------------------------------------- */

static bool find_ksym(const struct program *prog, uint64_t address, char *buf, size_t size)
{
	for (size_t i = 0; i < prog->symbols_len; i++) {
		if (prog->symbols[i].address != address || !prog->symbols[i].name[0])
			continue;
		snprintf(buf, size, "%s", prog->symbols[i].name);
		return true;
	}
	return false;
}

static bool name_map(const struct program *prog, const struct bpf_insn *insn, char *buf,
		     size_t size)
{
	const char *name = "";

	for (uint32_t i = 0; i < prog->info.nr_map_ids; i++)
		if (prog->maps[i].id == (uint32_t)insn->imm)
			name = prog->maps[i].name;
	if (*name)
		snprintf(buf, size, "map[%s]", name);
	else
		snprintf(buf, size, "map[id:%d]", insn->imm);
	if (insn->src_reg == BPF_PSEUDO_MAP_VALUE)
		snprintf(buf + strlen(buf), size - strlen(buf), "[0]+%d", insn[1].imm);
	return true;
}

static bool name_call(const struct program *prog, const struct bpf_insn *insn, char *buf,
		      size_t size)
{
	if (insn->src_reg == BPF_PSEUDO_CALL) {
		/* The JIT has put the number of the function there. */
		snprintf(buf, size, "%s", function_name(prog, insn->imm));
		return prog->btf && insn->imm >= 0 && (uint32_t)insn->imm < prog->info.nr_func_info;
	}
	/* A helper that the JIT handles itself still has its number. */
	if (insn->imm == BPF_FUNC_tail_call) {
		snprintf(buf, size, "%s#%d", bee__helper_name(insn->imm), insn->imm);
		return true;
	}
	return prog->call_base && find_ksym(prog, prog->call_base + insn->imm, buf, size);
}

static bool find_name(struct bee__disasm *dis, const struct bee__function *fn, uint64_t offset,
		      const struct bpf_insn *insn, char *buf, size_t size)
{
	const struct program *prog = dis->owner;
	struct bpf_insn pair[2] = { 0 };

	if (!insn) /* JITed code: offset is an address */
		return find_ksym(prog, offset, buf, size);
	if (insn->code == (BPF_JMP | BPF_CALL))
		return name_call(prog, insn, buf, size);
	if (insn->src_reg != BPF_PSEUDO_MAP_FD && insn->src_reg != BPF_PSEUDO_MAP_VALUE)
		return false;
	if (fn->size - offset < sizeof(pair))
		return false;
	memcpy(pair, fn->code + offset, sizeof(pair));
	return name_map(prog, pair, buf, size);
}

/* Collect what is called, then have the kernel's names of all of it. */
static int read_symbols(struct program *prog)
{
	const char *code = (const char *)(uintptr_t)prog->info.xlated_prog_insns;
	size_t len = code ? prog->info.xlated_prog_len / sizeof(struct bpf_insn) : 0;
	const uint64_t *functions = (void *)(uintptr_t)prog->info.jited_ksyms;

	prog->symbols = calloc(len + prog->info.nr_jited_ksyms + 1, sizeof(*prog->symbols));
	if (!prog->symbols)
		return -ENOMEM;
	prog->call_base = bee__ksym_address(CALL_BASE);
	if (!prog->call_base)
		return 0; /* hidden from this process: the numbers are shown */
	for (size_t i = 0; i < len; i++) {
		struct bpf_insn insn;

		memcpy(&insn, code + i * sizeof(insn), sizeof(insn));
		if (insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg != BPF_PSEUDO_CALL)
			prog->symbols[prog->symbols_len++].address = prog->call_base + insn.imm;
	}
	for (uint32_t i = 0; i < prog->info.nr_jited_ksyms; i++)
		prog->symbols[prog->symbols_len++].address = functions[i];
	bee__ksyms_find(prog->symbols, prog->symbols_len);
	return 0;
}

/* ---- all ---------------------------------------------------------------------------------- */

static int read_program(struct bee *bee, struct program *prog)
{
	int err = read_info(prog);

	if (err)
		return bee__fail(bee, BEE_STAGE_LOAD, err, "cannot read the program: %s",
				 strerror(-err));
	if (prog->info.btf_id)
		prog->btf = btf__load_from_kernel_by_id(prog->info.btf_id);
	err = read_maps(prog);
	return err ?: read_symbols(prog);
}

int bee_disasm_program(struct bee *bee, const char *which, bool is_jited, bee_insn_fn fn, void *ctx)
{
	struct program prog = { .fd = -1 };
	struct bee__disasm dis = {
		.bee = bee,
		.fn = fn,
		.ctx = ctx,
		.is_native = is_jited,
		.find_name = find_name,
		.owner = &prog,
	};
	int err;

	bee__diags_clear(bee);
	prog.fd = open_program(bee, which);
	if (prog.fd < 0)
		return prog.fd;
	bee__libbpf_begin(bee);
	err = read_program(bee, &prog);
	bee__libbpf_end(bee);
	if (!err)
		err = is_jited ? add_jited(&dis, &prog) : add_xlated(&dis, &prog);
	err = err ?: bee__disasm_run(&dis);
	bee__disasm_free(&dis);
	btf__free(prog.btf);
	free_arrays(&prog.info);
	free(prog.symbols);
	free(prog.maps);
	close(prog.fd);
	return err;
}
