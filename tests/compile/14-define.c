// define: LIMIT=42
// define: VERBOSE
#if !defined(VERBOSE) || LIMIT != 42
#error the definitions did not come through
#endif

int kprobe__vfs_read(struct pt_regs *ctx)
{
	return LIMIT;
}
