// wish: on_read kprob:vfs_read
int on_read(void *ctx)
{
	return 0;
}
