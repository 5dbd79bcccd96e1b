/* Which text is meant is known here, and there it is not. */
static const char *const names[] = { "alpha", "beta" };
static const char letters[][6] = { "alpha", "beta" };
BPF_ARRAY(out, u64, 2);
int kprobe__f(struct pt_regs *ctx, int i)
{
	int k = 0;
	u64 v = names[0][1] + names[1][0];
	out.update(&k, &v);
	k = 1;
	v = letters[i & 1][2];
	out.update(&k, &v);
	return 0;
}
int kprobe__g(struct pt_regs *ctx, int i)
{
	int k = 0;
	u64 v = names[i & 1][0];
	out.update(&k, &v);
	return 0;
}
// show: calls
