/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter against the kernel's own: random programs of arithmetic, jumps, stack memory,
 * atomics and calls run in both, and must return the same.
 *
 * usage: oracle_as_kernel [SEED [PROGRAMS]]      needs the right to load programs
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "oracle.h"

enum { INSNS_MAX = 400, STEPS = 60, REGS = 6, SLOTS = 4, SKIP_CODE = 77 };

/* A register that holds 0, by the context's word: nobody knows before it runs. */
enum { UNKNOWN = 8 };

static uint64_t state;

static uint32_t below(uint32_t limit)
{
	uint64_t value;

	state += 0x9e3779b97f4a7c15ull;
	value = (state ^ state >> 30) * 0xbf58476d1ce4e5b9ull;
	return (value ^ value >> 31) % limit;
}

/* Numbers at the edges of widths and signs come up often. */
static uint64_t number(void)
{
	static const uint64_t edges[] = { 0,
					  1,
					  UINT64_MAX,
					  0x7f,
					  0x80,
					  0xffff,
					  0x7fffffff,
					  0x80000000,
					  0xffffffff,
					  1ull << 32,
					  0x7fffffffffffffffull,
					  1ull << 63 };

	if (below(3))
		return edges[below(ORACLE_LEN(edges))];
	return (uint64_t)below(UINT32_MAX) << 32 | below(UINT32_MAX);
}

struct code {
	struct bpf_insn insns[INSNS_MAX];
	size_t len;
	bool has_v4;
};

static void put(struct code *code, uint8_t op, unsigned int dst, unsigned int src, int16_t off,
		int32_t imm)
{
	code->insns[code->len++] = (struct bpf_insn){
		.code = op, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm
	};
}

static void put_constant(struct code *code, unsigned int dst, uint64_t value)
{
	put(code, BPF_LD | BPF_DW | BPF_IMM, dst, 0, 0, value);
	put(code, 0, 0, 0, 0, value >> 32);
}

/* ---- what a program is made of ----------------------------------------------------------- */

static void put_arithmetic(struct code *code)
{
	static const uint8_t ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,
				       BPF_AND, BPF_LSH, BPF_RSH, BPF_NEG, BPF_MOD,
				       BPF_XOR, BPF_MOV, BPF_ARSH };
	uint8_t op = ops[below(ORACLE_LEN(ops))], class = below(2) ? BPF_ALU64 : BPF_ALU;
	bool is_register = below(2) && op != BPF_NEG;
	bool is_shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
	bool is_division = op == BPF_DIV || op == BPF_MOD;
	int16_t off = code->has_v4 && is_division && below(2);
	int32_t imm = is_register || op == BPF_NEG ? 0 : (int32_t)number();

	/* The verifier refuses what would be undefined by a constant. */
	if (!is_register && is_shift)
		imm &= class == BPF_ALU64 ? 63 : 31;
	if (!is_register && is_division && !imm)
		imm = -1;
	put(code, class | op | (is_register ? BPF_X : BPF_K), below(REGS),
	    is_register ? below(REGS) : 0, off, imm);
}

static void put_extension(struct code *code)
{
	static const int16_t widths[] = { 8, 16, 32 };
	uint8_t class = below(2) ? BPF_ALU64 : BPF_ALU;

	if (code->has_v4)
		put(code, class | BPF_MOV | BPF_X, below(REGS), below(REGS),
		    widths[below(class == BPF_ALU64 ? 3 : 2)], 0);
}

static void put_swap(struct code *code)
{
	static const uint8_t ops[] = { BPF_ALU | BPF_END | BPF_TO_LE, BPF_ALU | BPF_END | BPF_TO_BE,
				       BPF_ALU64 | BPF_END | BPF_TO_LE };

	put(code, ops[below(code->has_v4 ? 3 : 2)], below(REGS), 0, 0, 16 << below(3));
}

/* Over one instruction that puts a number into a register. */
static void put_jump(struct code *code)
{
	static const uint8_t ops[] = { BPF_JEQ,  BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT,
				       BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE };
	bool is_register = below(2);
	uint8_t class = below(2) ? BPF_JMP : BPF_JMP32;

	put(code, class | ops[below(ORACLE_LEN(ops))] | (is_register ? BPF_X : BPF_K), below(REGS),
	    is_register ? below(REGS) : 0, 1, is_register ? 0 : (int32_t)number());
	put(code, BPF_ALU64 | BPF_MOV | BPF_K, below(REGS), 0, 0, number());
}

static int16_t slot(void)
{
	return -8 * (1 + (int16_t)below(SLOTS));
}

static void put_memory(struct code *code)
{
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	static const int widths[] = { 1, 2, 4, 8 };
	uint32_t i = below(4);
	int16_t off = slot() + widths[i] * below(8 / widths[i]);
	uint8_t mode = code->has_v4 && i < 3 && below(2) ? 0x80 : BPF_MEM;

	switch (below(3)) {
	case 0:
		put(code, BPF_STX | sizes[i] | BPF_MEM, 10, below(REGS), off, 0);
		break;
	case 1:
		put(code, BPF_ST | sizes[i] | BPF_MEM, 10, 0, off, number());
		break;
	default:
		put(code, BPF_LDX | sizes[i] | mode, below(REGS), 10, off, 0);
	}
}

/*
 * Linux 6.18 believes of some branches on what an atomic fetch has read from the stack that they are
 * never taken, and drops what is behind them: the value is made one that it knows nothing of.
 */
static void put_atomic(struct code *code)
{
	static const int32_t ops[] = { BPF_ADD,
				       BPF_AND,
				       BPF_OR,
				       BPF_XOR,
				       BPF_ADD | BPF_FETCH,
				       BPF_AND | BPF_FETCH,
				       BPF_OR | BPF_FETCH,
				       BPF_XOR | BPF_FETCH,
				       BPF_XCHG,
				       BPF_CMPXCHG };

	int32_t op = ops[below(ORACLE_LEN(ops))];
	unsigned int reg = below(REGS);

	put(code, BPF_STX | 0xc0 | (below(2) ? BPF_DW : BPF_W), 10, reg, slot(), op);
	if (op & BPF_FETCH)
		put(code, BPF_ALU64 | BPF_XOR | BPF_X, op == BPF_CMPXCHG ? 0 : reg, UNKNOWN, 0, 0);
}

static void (*const parts[])(struct code *) = {
	put_arithmetic, put_arithmetic, put_arithmetic, put_extension,
	put_swap,       put_jump,       put_memory,     put_atomic,
};

/* A function of its own behind the program, which gets five numbers and returns one. */
static void put_function(struct code *code)
{
	for (unsigned int i = 2; i < REGS; i++) {
		put(code, BPF_ALU64 | BPF_XOR | BPF_X, 1, i, 0, 0);
		put(code, BPF_ALU64 | BPF_MUL | BPF_K, 1, 0, 0, 31);
	}
	put(code, BPF_ALU64 | BPF_MOV | BPF_X, 0, 1, 0, 0);
	put(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* All registers and the stack end up in the 32 bits that are returned. */
static void make(struct code *code)
{
	size_t call;

	code->len = 0;
	put(code, BPF_LDX | BPF_W | BPF_MEM, UNKNOWN, 1, offsetof(struct __sk_buff, mark), 0);
	for (unsigned int i = 0; i < REGS; i++)
		put_constant(code, i, number());
	for (unsigned int i = 0; i < SLOTS; i++)
		put(code, BPF_STX | BPF_DW | BPF_MEM, 10, below(REGS), -8 * (1 + i), 0);
	for (unsigned int i = 0; i < STEPS; i++)
		parts[below(ORACLE_LEN(parts))](code);
	for (unsigned int i = 0; i < SLOTS; i++) {
		put(code, BPF_LDX | BPF_DW | BPF_MEM, 6, 10, -8 * (1 + i), 0);
		put(code, BPF_ALU64 | BPF_XOR | BPF_X, 1 + i, 6, 0, 0);
	}
	put(code, BPF_ALU64 | BPF_MOV | BPF_X, 7, 0, 0, 0);
	call = code->len;
	put(code, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	put(code, BPF_ALU64 | BPF_XOR | BPF_X, 0, 7, 0, 0);
	put(code, BPF_ALU64 | BPF_MOV | BPF_X, 1, 0, 0, 0);
	put(code, BPF_ALU64 | BPF_RSH | BPF_K, 1, 0, 0, 32);
	put(code, BPF_ALU64 | BPF_XOR | BPF_X, 0, 1, 0, 0);
	put(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	code->insns[call].imm = code->len - call - 1;
	put_function(code);
}

/* ---- both -------------------------------------------------------------------------------- */

static int load(const struct code *code, char *log, size_t size)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = log, .log_size = size,
		    .log_level = log != NULL);

	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "oracle", "GPL", code->insns, code->len,
			     &opts);
}

static uint32_t run_in_kernel(const struct code *code)
{
	static char log[1 << 20], packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	int fd = load(code, log, sizeof(log));

	if (fd < 0)
		oracle_die("the kernel refuses a program: %s\n%s", strerror(errno), log);
	if (bpf_prog_test_run_opts(fd, &opts))
		oracle_die("the kernel does not run a program: %s", strerror(errno));
	close(fd);
	return opts.retval;
}

static uint32_t run_here(struct code *code)
{
	const struct oracle_image image = { .insns = code->insns, .insns_len = code->len };
	const struct oracle_setting setting = { 0 };
	uint64_t args[5] = { 0 };
	struct oracle_world world;
	uint32_t result;

	oracle_open_world(&world, &image, &setting);
	args[0] = oracle_add_region(&world, NULL, sizeof(struct __sk_buff));
	result = oracle_call(&world, 0, args);
	fflush(world.record);
	if (world.is_stopped)
		oracle_die("the interpreter stops: %s", world.text);
	oracle_close_world(&world);
	return result;
}

/* Does the kernel know sign extension, and with it the rest of CPU v4? -errno: nor anything else. */
static int probe_v4(void)
{
	struct code code = { 0 };
	int fd;

	put(&code, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	put(&code, BPF_ALU64 | BPF_MOV | BPF_X, 0, 0, 8, 0);
	put(&code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	fd = load(&code, NULL, 0);
	if (fd >= 0)
		close(fd);
	return fd == -EPERM ? fd : fd >= 0;
}

int main(int argc, char **argv)
{
	unsigned int len = argc > 2 ? strtoul(argv[2], NULL, 0) : 300, different = 0;
	struct code code = { 0 };
	int v4;

	libbpf_set_print(NULL);
	v4 = probe_v4();
	if (v4 < 0) {
		printf("skipped: the kernel lets this user load no program: %s\n", strerror(-v4));
		return SKIP_CODE;
	}
	code.has_v4 = v4;
	state = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	for (unsigned int i = 0; i < len; i++) {
		uint32_t wanted, got;

		make(&code);
		wanted = run_in_kernel(&code);
		got = run_here(&code);
		if (wanted == got)
			continue;
		different++;
		printf("program %u: the kernel says %#x, the interpreter %#x\n", i, wanted, got);
	}
	printf("%u programs of CPU v%d, %u differ\n", len, v4 ? 4 : 3, different);
	return different != 0;
}
