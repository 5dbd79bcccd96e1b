// A `const` that is dropped is what C compilers warn of, BCC's too: no error.
BPF_HASH(seen, u32, u64);

static u32 first(char *text)
{
	return text[0];
}

int kprobe__vfs_read(struct pt_regs *ctx, const char *text)
{
	return first(text);
}
