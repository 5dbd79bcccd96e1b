// Global variables, constants and arrays of them.
#ifndef PLAIN
u64 calls;
const volatile u32 limit = 5;
static u32 table[4] = { 10, 20, 30, 40 };
int kprobe__f(struct pt_regs *ctx, u32 i)
{
	calls++;
	table[i & 3] += i & 15;
	if (calls > limit)
		calls = 0;
	return table[(i + 1) & 3] + limit;
}
#else
u64 calls;
static u32 table[4] = { 10, 20, 30, 40 };
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	u32 i = PT_REGS_PARM1(ctx);

	calls++;
	table[i & 3] += i & 15;
	if (calls > 5)
		calls = 0;
	return table[(i + 1) & 3] + 5;
}
#endif
