// libbpf keeps constants in .rodata, variables with a value in .data, those without in .bss.
const volatile u32 min_us = 5;
u32 level = 3;
u64 calls;

int kprobe__vfs_read(struct pt_regs *ctx)
{
	if (level > min_us)
		calls++;
	return 0;
}
