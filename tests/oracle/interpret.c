/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions of eBPF, up to CPU v4, as the kernel's instruction set document defines them. */
#include <string.h>

#include "oracle.h"

#define STACK_SIZE 512
#define STEPS_MAX  2000000
#define DEPTH_MAX  16

/* Since CPU v4; the headers of Debian 12 are older. */
#define MODE_LOAD_SIGNED 0x80
#define ATOMIC_MODE      0xc0

struct frame {
	struct oracle_world *world;
	uint64_t regs[11];
	size_t at; /* the next instruction */
};

/* ---- arithmetic -------------------------------------------------------------------------- */

static uint64_t divide(uint64_t left, uint64_t right, bool is_signed)
{
	if (!right)
		return 0;
	if (!is_signed)
		return left / right;
	return right == UINT64_MAX ? -left : (uint64_t)((int64_t)left / (int64_t)right);
}

static uint64_t remainder_of(uint64_t left, uint64_t right, bool is_signed)
{
	if (!right)
		return left;
	if (!is_signed)
		return left % right;
	return right == UINT64_MAX ? 0 : (uint64_t)((int64_t)left % (int64_t)right);
}

static uint64_t extend(uint64_t value, unsigned int bits)
{
	return (uint64_t)((int64_t)(value << (64 - bits)) >> (64 - bits));
}

static uint64_t swap(uint64_t value, unsigned int bits)
{
	return __builtin_bswap64(value) >> (64 - bits);
}

static uint64_t keep(uint64_t value, unsigned int bits)
{
	return bits == 64 ? value : value & ((1ull << bits) - 1);
}

/* Byte order: to little endian cuts, to big endian swaps, and so does the 64-bit class's own swap. */
static uint64_t order(const struct bpf_insn *insn, uint64_t value)
{
	if (BPF_CLASS(insn->code) == BPF_ALU && BPF_SRC(insn->code) == BPF_TO_LE)
		return keep(value, insn->imm);
	return swap(value, insn->imm);
}

static bool compute(const struct bpf_insn *insn, uint64_t left, uint64_t right, unsigned int bits,
		    uint64_t *ret)
{
	bool is_signed = insn->off == 1;
	uint64_t a = is_signed ? extend(left, bits) : left;
	uint64_t b = is_signed ? extend(right, bits) : right;

	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		*ret = left + right;
		return true;
	case BPF_SUB:
		*ret = left - right;
		return true;
	case BPF_MUL:
		*ret = left * right;
		return true;
	case BPF_DIV:
		*ret = divide(a, b, is_signed);
		return true;
	case BPF_MOD:
		*ret = remainder_of(a, b, is_signed);
		return true;
	case BPF_OR:
		*ret = left | right;
		return true;
	case BPF_AND:
		*ret = left & right;
		return true;
	case BPF_XOR:
		*ret = left ^ right;
		return true;
	case BPF_LSH:
		*ret = left << (right & (bits - 1));
		return true;
	case BPF_RSH:
		*ret = left >> (right & (bits - 1));
		return true;
	case BPF_ARSH:
		*ret = (int64_t)extend(left, bits) >> (right & (bits - 1));
		return true;
	case BPF_NEG:
		*ret = -left;
		return true;
	case BPF_MOV:
		*ret = insn->off > 1 ? extend(right, insn->off) : right;
		return true;
	case BPF_END:
		*ret = order(insn, left);
		return true;
	default:
		return false;
	}
}

static bool run_alu(struct frame *frame, const struct bpf_insn *insn)
{
	unsigned int bits = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;
	bool is_order = BPF_OP(insn->code) == BPF_END;
	bool is_register = BPF_SRC(insn->code) == BPF_X && !is_order;
	uint64_t right = is_register ? frame->regs[insn->src_reg] : (uint64_t)(int64_t)insn->imm;
	uint64_t left = frame->regs[insn->dst_reg], result;

	if (!is_order) {
		left = keep(left, bits);
		right = keep(right, bits);
	}
	if (!compute(insn, left, right, bits, &result))
		return false;
	frame->regs[insn->dst_reg] = is_order ? result : keep(result, bits);
	return true;
}

/* ---- jumps ------------------------------------------------------------------------------- */

static bool is_taken(const struct bpf_insn *insn, uint64_t left, uint64_t right, unsigned int bits)
{
	int64_t a = extend(left, bits), b = extend(right, bits);

	left = keep(left, bits);
	right = keep(right, bits);
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		return left == right;
	case BPF_JNE:
		return left != right;
	case BPF_JGT:
		return left > right;
	case BPF_JGE:
		return left >= right;
	case BPF_JLT:
		return left < right;
	case BPF_JLE:
		return left <= right;
	case BPF_JSET:
		return left & right;
	case BPF_JSGT:
		return a > b;
	case BPF_JSGE:
		return a >= b;
	case BPF_JSLT:
		return a < b;
	case BPF_JSLE:
		return a <= b;
	default:
		return false;
	}
}

static void run_call(struct frame *frame, const struct bpf_insn *insn)
{
	const uint64_t *args = &frame->regs[1];

	if (insn->src_reg == BPF_PSEUDO_CALL)
		frame->regs[0] = oracle_call(frame->world, frame->at + insn->imm, args);
	else if (insn->src_reg == 0)
		frame->regs[0] = oracle_help(frame->world, insn->imm, args);
	else
		frame->regs[0] = oracle_cast(frame->world, args[0]);
}

static void run_jump(struct frame *frame, const struct bpf_insn *insn)
{
	unsigned int bits = BPF_CLASS(insn->code) == BPF_JMP ? 64 : 32;
	uint64_t right = BPF_SRC(insn->code) == BPF_X ? frame->regs[insn->src_reg]
						      : (uint64_t)(int64_t)insn->imm;

	if (insn->code == (BPF_JMP | BPF_CALL))
		run_call(frame, insn);
	else if (insn->code == (BPF_JMP | BPF_JA))
		frame->at += insn->off;
	else if (insn->code == (BPF_JMP32 | BPF_JA))
		frame->at += insn->imm;
	else if (is_taken(insn, frame->regs[insn->dst_reg], right, bits))
		frame->at += insn->off;
}

/* ---- memory ------------------------------------------------------------------------------ */

static unsigned int size_of(const struct bpf_insn *insn)
{
	static const unsigned int sizes[] = { 4, 2, 1, 8 };

	return sizes[BPF_SIZE(insn->code) >> 3];
}

/* Fields of packet contexts that are pointers in truth, though they are declared as 32 bits. */
static bool load_packet_pointer(struct frame *frame, const struct bpf_insn *insn)
{
	struct oracle_world *world = frame->world;
	int64_t offset = frame->regs[insn->src_reg] + insn->off - world->context;
	int64_t data = world->is_xdp ? (int64_t)offsetof(struct xdp_md, data)
				     : (int64_t)offsetof(struct __sk_buff, data);
	int64_t end = world->is_xdp ? (int64_t)offsetof(struct xdp_md, data_end)
				    : (int64_t)offsetof(struct __sk_buff, data_end);

	if (!world->packet_size || size_of(insn) != 4 || (offset != data && offset != end))
		return false;
	frame->regs[insn->dst_reg] = world->packet + (offset == end ? world->packet_size : 0);
	return true;
}

static void run_load(struct frame *frame, const struct bpf_insn *insn)
{
	uint64_t address = frame->regs[insn->src_reg] + insn->off, value = 0;
	unsigned int size = size_of(insn);

	if (load_packet_pointer(frame, insn) ||
	    !oracle_read(frame->world, address, &value, size, ORACLE_PLAIN))
		return;
	if (BPF_MODE(insn->code) == MODE_LOAD_SIGNED)
		value = extend(value, size * 8);
	frame->regs[insn->dst_reg] = value;
}

static uint64_t update(const struct bpf_insn *insn, uint64_t old, uint64_t operand,
		       uint64_t expected)
{
	switch (insn->imm & ~BPF_FETCH) {
	case BPF_ADD:
		return old + operand;
	case BPF_AND:
		return old & operand;
	case BPF_OR:
		return old | operand;
	case BPF_XOR:
		return old ^ operand;
	case BPF_XCHG & ~BPF_FETCH:
		return operand;
	default:
		return old == expected ? operand : old;
	}
}

static void run_atomic(struct frame *frame, const struct bpf_insn *insn)
{
	uint64_t address = frame->regs[insn->dst_reg] + insn->off, old = 0, value;
	unsigned int size = size_of(insn);

	if (!oracle_read(frame->world, address, &old, size, ORACLE_PLAIN))
		return;
	value = update(insn, old, frame->regs[insn->src_reg], keep(frame->regs[0], size * 8));
	if (!oracle_write(frame->world, address, &value, size))
		return;
	if (insn->imm == BPF_CMPXCHG)
		frame->regs[0] = old;
	else if (insn->imm & BPF_FETCH)
		frame->regs[insn->src_reg] = old;
}

static void run_store(struct frame *frame, const struct bpf_insn *insn)
{
	uint64_t address = frame->regs[insn->dst_reg] + insn->off;
	uint64_t value = BPF_CLASS(insn->code) == BPF_ST ? (uint64_t)(int64_t)insn->imm
							 : frame->regs[insn->src_reg];

	if (BPF_MODE(insn->code) == ATOMIC_MODE)
		run_atomic(frame, insn);
	else
		oracle_write(frame->world, address, &value, size_of(insn));
}

static void load_constant(struct frame *frame, const struct bpf_insn *insn)
{
	uint64_t low = (uint32_t)insn[0].imm, high = (uint32_t)insn[1].imm;
	uint64_t *to = &frame->regs[insn->dst_reg];

	frame->at++;
	switch (insn->src_reg) {
	case ORACLE_MAP:
		*to = oracle_map_address(low);
		return;
	case ORACLE_DATA:
		*to = frame->world->data[low] + high;
		return;
	default:
		*to = low | high << 32;
		return;
	}
}

/* Loads from the packet by offset: beyond its end the program ends, with 0. */
static bool load_packet(struct frame *frame, const struct bpf_insn *insn)
{
	struct oracle_world *world = frame->world;
	uint32_t offset = insn->imm, size = size_of(insn);
	uint64_t value = 0;

	if (BPF_MODE(insn->code) == BPF_IND)
		offset += frame->regs[insn->src_reg];
	if ((uint64_t)offset + size > world->packet_size)
		return false;
	oracle_read(world, world->packet + offset, &value, size, ORACLE_PLAIN);
	frame->regs[0] = swap(value, size * 8);
	return true;
}

/* ---- programs ---------------------------------------------------------------------------- */

/* False: the program ends. */
static bool step(struct frame *frame)
{
	const struct bpf_insn *insn = &frame->world->image->insns[frame->at++];

	if (insn->code == (BPF_JMP | BPF_EXIT))
		return false;
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (!run_alu(frame, insn))
			oracle_stop(frame->world, "unknown arithmetic %#x", insn->code);
		return true;
	case BPF_JMP:
	case BPF_JMP32:
		run_jump(frame, insn);
		return true;
	case BPF_LDX:
		run_load(frame, insn);
		return true;
	case BPF_ST:
	case BPF_STX:
		run_store(frame, insn);
		return true;
	default:
		break;
	}
	if (BPF_MODE(insn->code) != BPF_IMM) {
		if (load_packet(frame, insn))
			return true;
		frame->regs[0] = 0;
		return false;
	}
	load_constant(frame, insn);
	return true;
}

uint64_t oracle_call(struct oracle_world *world, size_t start, const uint64_t args[5])
{
	uint8_t is_set[STACK_SIZE] = { 0 };
	struct frame frame = { .world = world, .at = start };
	uint64_t stack = oracle_add_region(world, NULL, STACK_SIZE);

	if (world->is_stopped || ++world->depth > DEPTH_MAX) {
		oracle_stop(world, "calls that are too deep");
		return 0;
	}
	oracle_region_of(world, stack)->is_set = is_set;
	memcpy(&frame.regs[1], args, 5 * sizeof(args[0]));
	frame.regs[10] = stack + STACK_SIZE;
	while (!world->is_stopped && !world->is_left) {
		if (frame.at >= world->image->insns_len || ++world->steps > STEPS_MAX)
			oracle_stop(world, "no end is reached");
		else if (!step(&frame))
			break;
	}
	world->depth--;
	oracle_region_of(world, stack)->is_set = NULL;
	return frame.regs[0];
}
