/* Macros that the kernel's headers have for every source; what they are is told by include/linux/. */
_Static_assert(DIV_ROUND_UP(9, 4) == 3 && DIV_ROUND_UP(8, 4) == 2, "math.h");
_Static_assert(roundup(9, 6) == 12 && rounddown(9, 6) == 6, "math.h");
_Static_assert(round_up(9, 8) == 16 && round_down(15, 8) == 8, "math.h");
_Static_assert(ALIGN(13ull, 4) == 16 && ALIGN_DOWN(13, 4) == 12 && IS_ALIGNED(12, 4), "align.h");
_Static_assert(GENMASK(7, 4) == 0xf0 && GENMASK(63, 0) == ~0ul && GENMASK_ULL(39, 21) == 0x000000ffffe00000ull, "bits.h");
_Static_assert(upper_32_bits(0x1234567890ull) == 0x12 && lower_32_bits(0x1234567890ull) == 0x34567890, "");
_Static_assert(clamp(5, 1, 3) == 3 && clamp(0, 1, 3) == 1 && clamp_t(u8, 257, 0, 9) == 1 && abs(-3) == 3, "minmax.h");
_Static_assert(ilog2(1) == 0 && ilog2(4096) == 12 && ilog2(4097) == 12, "log2.h");
_Static_assert(swab16(0x1234) == 0x3412 && __swab32(1) == 0x01000000, "swab.h");
_Static_assert(MAJOR(MKDEV(8, 17)) == 8 && MINOR(MKDEV(8, 17)) == 17, "kdev_t.h");
_Static_assert(BITS_TO_LONGS(65) == 2 && BITS_PER_LONG == 64 && FIELD_SIZEOF(struct iphdr, saddr) == 4, "");
_Static_assert(REQ_SYNC == 1ull << __REQ_SYNC && REQ_FUA != REQ_META && (REQ_RAHEAD & REQ_OP_MASK) == 0, "blk_types.h");
_Static_assert((0x6123 & VLAN_VID_MASK) == 0x123 && (0x6123 & VLAN_PRIO_MASK) >> VLAN_PRIO_SHIFT == 3, "");
_Static_assert(S32_MIN == INT_MIN && S8_MIN == -128 && S64_MIN == (-9223372036854775807LL - 1), "limits.h");

/* The user's own win, as functions, as macros, and as members. */
#define req_op(rq) 7
static inline int swab64(int n)
{
	return n + 1;
}
struct own {
	int file_inode, abs;
	int (*sock_net)(int);
};

int kprobe__do_filp_open(struct pt_regs *ctx, struct file *file, struct sock *sk)
{
	struct own own = { .file_inode = 1, .abs = 2 };
	struct inode *inode = file_inode(file);

	if (IS_ERR_OR_NULL(file) || IS_ERR_VALUE(PT_REGS_RC(ctx)))
		return PTR_ERR(file);
	return inode->i_ino + d_inode(file->f_path.dentry)->i_mode + kuid_val(inode->i_uid) +
	       sock_net(sk)->ns.inum + own.file_inode + own.abs + swab64(3) + req_op(1);
}

int kprobe__dev_queue_xmit(struct pt_regs *ctx, struct sk_buff *skb, struct request *rq, struct bio *bio)
{
	return eth_hdr(skb)->h_proto + icmp_hdr(skb)->type + skb_shinfo(skb)->gso_size +
	       skb_headlen(skb) + *(u8 *)skb_network_header(skb) + dev_net(skb->dev)->ns.inum +
	       blk_rq_bytes(rq) + blk_rq_pos(rq) + rq_data_dir(rq) + bio_sectors(bio) + bio_op(bio) +
	       atomic_read(&bio->__bi_cnt) + op_is_write(1);
}

int kretprobe__vfs_read(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *child = list_first_entry(&task->children, struct task_struct, sibling);

	if (PT_REGS_RC(ctx) == -ERESTARTSYS)
		return 0;
	return task_pid_nr(child) + task_tgid_nr(task) + atomic_read(&task->mm->mm_users);
}
