// Where the verifier knows kernel pointers, plain loads stay, and mean the same.
#ifndef PLAIN
KFUNC_PROBE(vfs_read, struct file *file, char *buf, u64 count)
{
	return file->f_inode->i_sb->s_dev + count;
}
KRETFUNC_PROBE(vfs_read, struct file *file, char *buf, u64 count, void *pos, int ret)
{
	return file->f_flags + ret;
}
#else
SEC("fentry/vfs_read") int kfunc__vmlinux__vfs_read(u64 *ctx)
{
	struct file *file = (void *)ctx[0];
	struct inode *inode = GET(file, f_inode);
	struct super_block *sb = GET(inode, i_sb);

	return GET(sb, s_dev) + ctx[2];
}
SEC("fexit/vfs_read") int kretfunc__vmlinux__vfs_read(u64 *ctx)
{
	struct file *file = (void *)ctx[0];

	return GET(file, f_flags) + (int)ctx[4];
}
#endif
