	.section	"xdp","ax",@progbits
	.globl	drop
	.type	drop,@function
drop:
	w0 = 1
	mov r0, 1
	exit
