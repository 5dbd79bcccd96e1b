/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel's helpers do, as far as a program can see; those of maps stand in map_helpers.c. Those that change the world outside
 * leave a line in the record instead.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

#define SIZE_MAX_READ 65536
#define CURRENT_TASK  0xffff888012340000ull
#define CURRENT_REGS  0xffffc90000123f58ull
#define LOOPS_MAX     4096

uint8_t *oracle_take(struct oracle_world *world, uint64_t address, size_t size)
{
	uint8_t *bytes;

	if (size > SIZE_MAX_READ) {
		oracle_stop(world, "a size of %zu bytes", size);
		size = 0;
	}
	bytes = oracle_alloc(size);
	oracle_read(world, address, bytes, size, ORACLE_PLAIN);
	return bytes;
}

static uint64_t fail(int err)
{
	return (uint64_t)(int64_t)err;
}

static void record_data(struct oracle_world *world, uint64_t address, uint64_t size)
{
	uint8_t *bytes = oracle_take(world, address, (uint32_t)size);

	if (!world->is_stopped)
		oracle_record_bytes(world, bytes, (uint32_t)size);
	fputc('\n', world->record);
	free(bytes);
}

/* ---- reads ------------------------------------------------------------------------------- */

static uint64_t probe_read(struct oracle_world *world, const uint64_t *args,
			   enum oracle_space space)
{
	uint32_t size = args[1];
	uint8_t *bytes;

	if (size > SIZE_MAX_READ) {
		oracle_stop(world, "a probe read of %u bytes", size);
		return 0;
	}
	bytes = oracle_alloc(size);
	oracle_read(world, args[2], bytes, size, space);
	oracle_write(world, args[0], bytes, size);
	free(bytes);
	return 0;
}

static uint64_t read_either(struct oracle_world *world, const uint64_t *args)
{
	return probe_read(world, args, ORACLE_EITHER);
}

static uint64_t read_user(struct oracle_world *world, const uint64_t *args)
{
	return probe_read(world, args, ORACLE_USER);
}

static uint64_t read_kernel(struct oracle_world *world, const uint64_t *args)
{
	return probe_read(world, args, ORACLE_KERNEL);
}

static uint64_t probe_read_text(struct oracle_world *world, const uint64_t *args,
				enum oracle_space space)
{
	uint32_t size = args[1];
	size_t len;
	char *text;

	if (size > SIZE_MAX_READ) {
		oracle_stop(world, "a text of %u bytes", size);
		return 0;
	}
	text = oracle_alloc(size);
	len = oracle_read_text(world, args[2], text, size, space);
	oracle_write(world, args[0], text, len);
	free(text);
	return len;
}

static uint64_t read_either_text(struct oracle_world *world, const uint64_t *args)
{
	return probe_read_text(world, args, ORACLE_EITHER);
}

static uint64_t read_user_text(struct oracle_world *world, const uint64_t *args)
{
	return probe_read_text(world, args, ORACLE_USER);
}

static uint64_t read_kernel_text(struct oracle_world *world, const uint64_t *args)
{
	return probe_read_text(world, args, ORACLE_KERNEL);
}

/* ---- who, when and where ----------------------------------------------------------------- */

static uint64_t get_time(struct oracle_world *world, const uint64_t *args)
{
	return world->clock += 1000003;
}

static uint64_t get_random(struct oracle_world *world, const uint64_t *args)
{
	return (uint32_t)(++world->random * 2654435761u);
}

static uint64_t get_pid_tgid(struct oracle_world *world, const uint64_t *args)
{
	uint32_t pid = 1001 + world->setting.seed;

	return (uint64_t)pid << 32 | (pid + 2);
}

static uint64_t get_uid_gid(struct oracle_world *world, const uint64_t *args)
{
	return 100ull << 32 | 1000;
}

static uint64_t get_comm(struct oracle_world *world, const uint64_t *args)
{
	char comm[16] = "bash";
	size_t size = (uint32_t)args[1];

	oracle_write(world, args[0], comm, size < sizeof(comm) ? size : sizeof(comm));
	return 0;
}

static uint64_t get_task(struct oracle_world *world, const uint64_t *args)
{
	return CURRENT_TASK;
}

static uint64_t get_task_typed(struct oracle_world *world, const uint64_t *args)
{
	world->is_typed = true; /* it lets the program load through it */
	return CURRENT_TASK;
}

static uint64_t get_task_regs(struct oracle_world *world, const uint64_t *args)
{
	return CURRENT_REGS;
}

static uint64_t get_one(struct oracle_world *world, const uint64_t *args)
{
	return 1;
}

static uint64_t get_cookie(struct oracle_world *world, const uint64_t *args)
{
	return 0x1234 + world->setting.seed;
}

static uint64_t get_ns_pid_tgid(struct oracle_world *world, const uint64_t *args)
{
	uint32_t ids[2] = { 7, 8 };

	oracle_write(world, args[2], ids, sizeof(ids));
	return 0;
}

/* ---- output ------------------------------------------------------------------------------ */

static uint64_t perf_output(struct oracle_world *world, const uint64_t *args)
{
	const struct oracle_state *state = oracle_state_of(world, args[1]);

	if (!state)
		return 0;
	fprintf(world->record, "event %s %llx ", state->map->name, (unsigned long long)args[2]);
	record_data(world, args[3], args[4]);
	return 0;
}

static uint64_t ring_output(struct oracle_world *world, const uint64_t *args)
{
	const struct oracle_state *state = oracle_state_of(world, args[0]);

	if (!state)
		return 0;
	fprintf(world->record, "record %s ", state->map->name);
	record_data(world, args[1], args[2]);
	return 0;
}

static uint64_t ring_reserve(struct oracle_world *world, const uint64_t *args)
{
	const struct oracle_state *state = oracle_state_of(world, args[0]);

	return state && args[1] <= SIZE_MAX_READ ? oracle_add_region(world, NULL, args[1]) : 0;
}

static uint64_t ring_submit(struct oracle_world *world, const uint64_t *args)
{
	const struct oracle_region *region = oracle_region_of(world, args[0]);

	if (!region) {
		oracle_stop(world, "a submit of what was not reserved");
		return 0;
	}
	fprintf(world->record, "submit ");
	record_data(world, args[0], region->size);
	return 0;
}

static uint64_t ring_discard(struct oracle_world *world, const uint64_t *args)
{
	fprintf(world->record, "discard\n");
	return 0;
}

static uint64_t get_stack_id(struct oracle_world *world, const uint64_t *args)
{
	const struct oracle_state *state = oracle_state_of(world, args[1]);

	if (args[0] != world->context)
		oracle_stop(world, "a stack of what is not the context");
	if (state)
		fprintf(world->record, "stack %s %llx\n", state->map->name,
			(unsigned long long)args[2]);
	return 77 + (args[2] >> 8 & 1);
}

static uint64_t get_stack(struct oracle_world *world, const uint64_t *args)
{
	uint64_t frame = 0xffffffff81000000ull;
	uint32_t size = args[2];

	for (uint32_t i = 0; i + 8 <= size && i < 32; i += 8, frame += 0x1000)
		oracle_write(world, args[1] + i, &frame, sizeof(frame));
	return size < 32 ? size & ~7u : 32;
}

static uint64_t tail_call(struct oracle_world *world, const uint64_t *args)
{
	const struct oracle_state *state = oracle_state_of(world, args[1]);

	if (!state)
		return 0;
	fprintf(world->record, "tail call %s %u\n", state->map->name, (uint32_t)args[2]);
	world->is_left = true;
	return 0;
}

/* One conversion of a format; the pointer behind it, and the count of arguments used. */
static const char *record_conversion(struct oracle_world *world, const char *at,
				     const uint64_t *args, size_t *used)
{
	size_t flags = strspn(++at, "-+ #0123456789."), longs = strspn(at + flags, "hlz");
	char kind = at[flags + longs], text[256];
	uint64_t value;

	if (!kind || kind == '%')
		return kind ? at + flags + longs + 1 : at + flags + longs;
	value = args[(*used)++];
	if (kind == 's') {
		oracle_read_text(world, value, text, sizeof(text), ORACLE_EITHER);
		fprintf(world->record, " \"%s\"", text);
	} else {
		/* A number of 32 bits leaves the upper half of its register to chance. */
		bool is_long = memchr(at + flags, 'l', longs) || kind == 'p';

		fprintf(world->record, " %llx",
			(unsigned long long)(is_long ? value : (uint32_t)value));
	}
	return at + flags + longs + 1;
}

static void record_print(struct oracle_world *world, const char *format, const uint64_t *args,
			 size_t args_len)
{
	size_t used = 0;

	fprintf(world->record, "print \"%s\"", format);
	for (const char *at = strchr(format, '%'); at && used < args_len; at = strchr(at, '%'))
		at = record_conversion(world, at, args, &used);
	fputc('\n', world->record);
}

static uint64_t trace_printk(struct oracle_world *world, const uint64_t *args)
{
	char *format = (char *)oracle_take(world, args[0], (uint32_t)args[1]);

	if (!world->is_stopped && (uint32_t)args[1])
		record_print(world, format, args + 2, 3);
	free(format);
	return 0;
}

static uint64_t trace_vprintk(struct oracle_world *world, const uint64_t *args)
{
	char *format = (char *)oracle_take(world, args[0], (uint32_t)args[1]);
	uint64_t *values = (uint64_t *)oracle_take(world, args[2], (uint32_t)args[3]);

	if (!world->is_stopped && (uint32_t)args[1])
		record_print(world, format, values, (uint32_t)args[3] / 8);
	free(format);
	free(values);
	return 0;
}

/* ---- packets ----------------------------------------------------------------------------- */

static uint64_t load_bytes(struct oracle_world *world, const uint64_t *args)
{
	uint32_t offset = args[1], size = args[3];
	uint8_t *bytes;

	if ((uint64_t)offset + size > world->packet_size)
		return fail(-EFAULT);
	bytes = oracle_take(world, world->packet + offset, size);
	oracle_write(world, args[2], bytes, size);
	free(bytes);
	return 0;
}

static uint64_t store_bytes(struct oracle_world *world, const uint64_t *args)
{
	uint32_t offset = args[1], size = args[3];
	uint8_t *bytes;

	if ((uint64_t)offset + size > world->packet_size)
		return fail(-EFAULT);
	fprintf(world->record, "store %u ", offset);
	record_data(world, args[2], size);
	bytes = oracle_take(world, args[2], size);
	oracle_write(world, world->packet + offset, bytes, size);
	free(bytes);
	return 0;
}

/* ---- other ------------------------------------------------------------------------------- */

static uint64_t loop(struct oracle_world *world, const uint64_t *args)
{
	uint32_t i;

	for (i = 0; i < (uint32_t)args[0] && i < LOOPS_MAX && !world->is_stopped; i++) {
		uint64_t call[5] = { i, args[2] };

		if (oracle_call(world, (uint32_t)args[1], call))
			return i + 1;
	}
	return i;
}

static uint64_t compare_text(struct oracle_world *world, const uint64_t *args)
{
	char left[256], right[256];
	size_t size = (uint32_t)args[1];

	oracle_read_text(world, args[0], left, sizeof(left), ORACLE_PLAIN);
	oracle_read_text(world, args[2], right, sizeof(right), ORACLE_PLAIN);
	return fail(strncmp(left, right, size));
}

static uint64_t read_counter(struct oracle_world *world, const uint64_t *args)
{
	return 5;
}

static uint64_t read_counter_value(struct oracle_world *world, const uint64_t *args)
{
	uint64_t value[3] = { 5, 6, 7 };

	if ((uint32_t)args[3] != sizeof(value))
		return fail(-EINVAL);
	oracle_write(world, args[2], value, sizeof(value));
	return 0;
}

static uint64_t read_program_value(struct oracle_world *world, const uint64_t *args)
{
	const uint64_t shifted[] = { 0, 0, args[1], args[2] };

	return read_counter_value(world, shifted);
}

static const oracle_helper_fn helpers[] = {
	[BPF_FUNC_probe_read] = read_either,
	[BPF_FUNC_ktime_get_ns] = get_time,
	[BPF_FUNC_trace_printk] = trace_printk,
	[BPF_FUNC_get_prandom_u32] = get_random,
	[BPF_FUNC_get_smp_processor_id] = get_one,
	[BPF_FUNC_skb_store_bytes] = store_bytes,
	[BPF_FUNC_tail_call] = tail_call,
	[BPF_FUNC_get_current_pid_tgid] = get_pid_tgid,
	[BPF_FUNC_get_current_uid_gid] = get_uid_gid,
	[BPF_FUNC_get_current_comm] = get_comm,
	[BPF_FUNC_perf_event_read] = read_counter,
	[BPF_FUNC_perf_event_output] = perf_output,
	[BPF_FUNC_skb_load_bytes] = load_bytes,
	[BPF_FUNC_get_stackid] = get_stack_id,
	[BPF_FUNC_get_current_task] = get_task,
	[BPF_FUNC_current_task_under_cgroup] = get_one,
	[BPF_FUNC_probe_read_str] = read_either_text,
	[BPF_FUNC_perf_event_read_value] = read_counter_value,
	[BPF_FUNC_perf_prog_read_value] = read_program_value,
	[BPF_FUNC_get_stack] = get_stack,
	[BPF_FUNC_get_current_cgroup_id] = get_one,
	[BPF_FUNC_probe_read_user] = read_user,
	[BPF_FUNC_probe_read_kernel] = read_kernel,
	[BPF_FUNC_probe_read_user_str] = read_user_text,
	[BPF_FUNC_probe_read_kernel_str] = read_kernel_text,
	[BPF_FUNC_get_ns_current_pid_tgid] = get_ns_pid_tgid,
	[BPF_FUNC_ktime_get_boot_ns] = get_time,
	[BPF_FUNC_ringbuf_output] = ring_output,
	[BPF_FUNC_ringbuf_reserve] = ring_reserve,
	[BPF_FUNC_ringbuf_submit] = ring_submit,
	[BPF_FUNC_ringbuf_discard] = ring_discard,
	[BPF_FUNC_copy_from_user] = read_user,
	[BPF_FUNC_get_current_task_btf] = get_task_typed,
	[BPF_FUNC_ktime_get_coarse_ns] = get_time,
	[BPF_FUNC_get_func_ip] = get_cookie,
	[BPF_FUNC_get_attach_cookie] = get_cookie,
	[BPF_FUNC_task_pt_regs] = get_task_regs,
	[BPF_FUNC_trace_vprintk] = trace_vprintk,
	[BPF_FUNC_loop] = loop,
	[BPF_FUNC_strncmp] = compare_text,
};

/* Of a helper that is not known, what can be said is that it was called, in which order. */
uint64_t oracle_help(struct oracle_world *world, uint32_t number, const uint64_t args[5])
{
	oracle_helper_fn helper = oracle_map_helper(number);

	if (!helper && number < ORACLE_LEN(helpers))
		helper = helpers[number];
	if (helper)
		return helper(world, args);
	fprintf(world->record, "helper %u\n", number);
	return 0;
}
