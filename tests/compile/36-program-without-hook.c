// Nothing says what calls this: neither a name, nor a SEC, nor a wish, nor the context.
int lost(void *ctx)
{
	return 0;
}
