// Loads that may not be merged or left out, and addresses made of numbers.
// probe reads
#ifndef PLAIN
int kprobe__f(struct pt_regs *ctx, unsigned long address)
{
	u32 *p = (u32 *)address;
	u64 *q = (u64 *)((address + 64) & ~7ul);

	return READ_ONCE(p[1]) + *(volatile u16 *)(p + 3) + *(u8 *)(address + 5) + *q;
}
#else
SEC("kprobe/f") int kprobe__f(struct pt_regs *ctx)
{
	unsigned long address = PT_REGS_PARM1(ctx);

	return AT(u32, address + 4) + AT(u16, address + 12) + AT(u8, address + 5) +
	       AT(u64, (address + 64) & ~7ul);
}
#endif
