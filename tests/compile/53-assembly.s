	.section	"tracepoint/syscalls/sys_enter_read","ax",@progbits
	.globl	on_read
	.type	on_read,@function
on_read:
	call 14
	r1 = r0
	if w1 == 0 goto none
	r1 >>= 32
none:
	w0 = 0
	exit
	.size	on_read, .-on_read
